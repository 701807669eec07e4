/*
 * kernel/acpi/madt.c - reads the MADT, signature "APIC".
 *
 * THEORY
 *
 * The MADT lists every processor with its APIC id, the number by which interrupts and the SRAT name
 * it. Ids below 255 come as local APIC entries, greater ones as local x2APIC entries; firmware that
 * lists a processor both ways is common, and the second time it is dropped. Entries of processors
 * that aren't there are flagged as not enabled, and often repeat the id of one that is: an enabled
 * entry therefore takes the place of a disabled one with the same id.
 *
 * INVARIANTS
 *   M1  Each APIC id is in cpus[] once, and none is a broadcast id.
 *   M2  Every entry of the table, up to the damage if there is one, is in a list or counted in one
 *       of nr_unknown, nr_malformed, nr_invalid, nr_duplicates, nr_dropped, or is an address
 *       override.
 *
 * LOCKING  None: pure.
 * SOURCES  ACPI 6.4, 5.2.12 "Multiple APIC Description Table (MADT)", subsections named below.
 * NOT HERE Which CPU gets which number, and its node: boot and mm/numa.c.
 */
#include "kernel/acpi/madt.h"

#include "kernel/acpi/bytes.h"
#include "kernel/acpi/layout.h"
#include "kernel/lib/errno.h"

/* ACPI 6.4, 5.2.12, table "Multiple APIC Description Table (MADT) Format". */
struct madt_layout {
    struct acpi_header_layout header;
    uint32_t lapic_pa;
    uint32_t flags;
} __packed;
_Static_assert(sizeof(struct madt_layout) == 44, "ACPI 6.4, 5.2.12");

/* ACPI 6.4, 5.2.12, table "Multiple APIC Flags". */
#define MADT_FLAG_PCAT_COMPAT 0x1u

/* ACPI 6.4, 5.2.12, table "Interrupt Controller Structure Types". */
enum madt_type {
    MADT_LAPIC = 0,
    MADT_IOAPIC = 1,
    MADT_OVERRIDE = 2,
    MADT_NMI_SOURCE = 3,
    MADT_LAPIC_NMI = 4,
    MADT_LAPIC_ADDRESS = 5,
    MADT_X2APIC = 9,
    MADT_X2APIC_NMI = 10,
};

/* ACPI 6.4, 5.2.12.2 "Processor Local APIC Structure". */
struct lapic_layout {
    uint8_t type;
    uint8_t length;
    uint8_t uid;
    uint8_t apic_id;
    uint32_t flags;
} __packed;
_Static_assert(sizeof(struct lapic_layout) == 8, "ACPI 6.4, 5.2.12.2");

/* ACPI 6.4, 5.2.12.2, table "Local APIC Flags"; the second bit is reserved before revision 5. */
#define LAPIC_ENABLED                0x1u
#define LAPIC_ONLINE_CAPABLE         0x2u
#define MADT_REVISION_ONLINE_CAPABLE 5

/* Interrupts sent to these ids reach every processor, so none can have them. */
#define LAPIC_BROADCAST_ID  0xffu
#define X2APIC_BROADCAST_ID 0xffffffffu

/* The uid that means all processors, in an entry with 8 bits for it. */
#define LAPIC_NMI_ALL 0xffu

/* ACPI 6.4, 5.2.12.3 "I/O APIC Structure". */
struct ioapic_layout {
    uint8_t type;
    uint8_t length;
    uint8_t id;
    uint8_t reserved;
    uint32_t pa;
    uint32_t gsi_base;
} __packed;
_Static_assert(sizeof(struct ioapic_layout) == 12, "ACPI 6.4, 5.2.12.3");

/* ACPI 6.4, 5.2.12.5 "Interrupt Source Override Structure". */
struct override_layout {
    uint8_t type;
    uint8_t length;
    uint8_t bus;
    uint8_t source;
    uint32_t gsi;
    uint16_t flags;
} __packed;
_Static_assert(sizeof(struct override_layout) == 10, "ACPI 6.4, 5.2.12.5");

/* ACPI 6.4, 5.2.12.6 "Non-Maskable Interrupt (NMI) Source Structure". */
struct nmi_source_layout {
    uint8_t type;
    uint8_t length;
    uint16_t flags;
    uint32_t gsi;
} __packed;
_Static_assert(sizeof(struct nmi_source_layout) == 8, "ACPI 6.4, 5.2.12.6");

/* ACPI 6.4, 5.2.12.7 "Local APIC NMI Structure". */
struct lapic_nmi_layout {
    uint8_t type;
    uint8_t length;
    uint8_t uid;
    uint16_t flags;
    uint8_t lint;
} __packed;
_Static_assert(sizeof(struct lapic_nmi_layout) == 6, "ACPI 6.4, 5.2.12.7");

/* ACPI 6.4, 5.2.12.8 "Local APIC Address Override Structure". */
struct lapic_address_layout {
    uint8_t type;
    uint8_t length;
    uint16_t reserved;
    uint64_t pa;
} __packed;
_Static_assert(sizeof(struct lapic_address_layout) == 12, "ACPI 6.4, 5.2.12.8");

/* ACPI 6.4, 5.2.12.12 "Processor Local x2APIC Structure". */
struct x2apic_layout {
    uint8_t type;
    uint8_t length;
    uint16_t reserved;
    uint32_t apic_id;
    uint32_t flags;
    uint32_t uid;
} __packed;
_Static_assert(sizeof(struct x2apic_layout) == 16, "ACPI 6.4, 5.2.12.12");

/* ACPI 6.4, 5.2.12.13 "Local x2APIC NMI Structure". */
struct x2apic_nmi_layout {
    uint8_t type;
    uint8_t length;
    uint16_t flags;
    uint32_t uid;
    uint8_t lint;
    uint8_t reserved[3];
} __packed;
_Static_assert(sizeof(struct x2apic_nmi_layout) == 12, "ACPI 6.4, 5.2.12.13");

/* A walk under way. */
struct madt_reader {
    struct madt *out;
    struct acpi_diag *diag;
};

/* Remember the first complaint about entry @e. */
static void __printf(3, 4)
    complain(struct madt_reader *r, const struct acpi_entry *e, const char *fmt, ...)
{
    va_list args;

    if (r->diag->reason[0] != '\0')
        return;
    va_start(args, fmt);
    acpi_diag_vset(r->diag, "APIC", e->offset, fmt, args);
    va_end(args);
}

/* Whether a list of @capacity has room for one more entry than the @nr that it has. */
static bool has_room(struct madt_reader *r, const struct acpi_entry *e, unsigned nr,
                     unsigned capacity)
{
    if (nr < capacity)
        return true;
    r->out->nr_dropped++;
    complain(r, e, "entry of type %u left out, there is room for %u", e->type, capacity);
    return false;
}

/* Set both flags of @cpu from an entry's. */
static void cpu_set_flags(struct madt_cpu *cpu, uint32_t flags, uint8_t revision)
{
    bool may_come = revision < MADT_REVISION_ONLINE_CAPABLE || (flags & LAPIC_ONLINE_CAPABLE) != 0;

    cpu->enabled = (flags & LAPIC_ENABLED) != 0;
    cpu->online_capable = !cpu->enabled && may_come;
}

static struct madt_cpu *cpu_find(struct madt *out, uint32_t apic_id)
{
    for (unsigned i = 0; i < out->nr_cpus; i++)
        if (out->cpus[i].apic_id == apic_id)
            return &out->cpus[i];
    return NULL;
}

static void add_cpu(struct madt_reader *r, const struct acpi_entry *e, const struct madt_cpu *cpu)
{
    struct madt_cpu *known = cpu_find(r->out, cpu->apic_id);

    if (known) {
        r->out->nr_duplicates++;
        complain(r, e, "APIC id %u is there for the second time", cpu->apic_id);
        if (cpu->enabled && !known->enabled)
            *known = *cpu;
        return;
    }
    if (has_room(r, e, r->out->nr_cpus, MADT_MAX_CPUS))
        r->out->cpus[r->out->nr_cpus++] = *cpu;
}

static void read_lapic(struct madt_reader *r, const struct acpi_entry *e)
{
    struct madt_cpu cpu = {
        .apic_id = le_field(e->bytes, struct lapic_layout, apic_id),
        .uid = le_field(e->bytes, struct lapic_layout, uid),
    };

    if (cpu.apic_id == LAPIC_BROADCAST_ID) {
        r->out->nr_invalid++;
        complain(r, e, "APIC id %u means all processors", cpu.apic_id);
        return;
    }
    cpu_set_flags(&cpu, le_field(e->bytes, struct lapic_layout, flags), r->out->revision);
    add_cpu(r, e, &cpu);
}

static void read_x2apic(struct madt_reader *r, const struct acpi_entry *e)
{
    struct madt_cpu cpu = {
        .apic_id = le_field(e->bytes, struct x2apic_layout, apic_id),
        .uid = le_field(e->bytes, struct x2apic_layout, uid),
        .x2apic = true,
    };

    if (cpu.apic_id == X2APIC_BROADCAST_ID) {
        r->out->nr_invalid++;
        complain(r, e, "x2APIC id 0x%x means all processors", cpu.apic_id);
        return;
    }
    cpu_set_flags(&cpu, le_field(e->bytes, struct x2apic_layout, flags), r->out->revision);
    add_cpu(r, e, &cpu);
}

static void read_ioapic(struct madt_reader *r, const struct acpi_entry *e)
{
    if (!has_room(r, e, r->out->nr_ioapics, MADT_MAX_IOAPICS))
        return;
    r->out->ioapics[r->out->nr_ioapics++] = (struct madt_ioapic){
        .id = le_field(e->bytes, struct ioapic_layout, id),
        .gsi_base = le_field(e->bytes, struct ioapic_layout, gsi_base),
        .pa = le_field(e->bytes, struct ioapic_layout, pa),
    };
}

static void read_override(struct madt_reader *r, const struct acpi_entry *e)
{
    if (!has_room(r, e, r->out->nr_overrides, MADT_MAX_OVERRIDES))
        return;
    r->out->overrides[r->out->nr_overrides++] = (struct madt_override){
        .bus = le_field(e->bytes, struct override_layout, bus),
        .source = le_field(e->bytes, struct override_layout, source),
        .gsi = le_field(e->bytes, struct override_layout, gsi),
        .flags = le_field(e->bytes, struct override_layout, flags),
    };
}

static void read_nmi_source(struct madt_reader *r, const struct acpi_entry *e)
{
    if (!has_room(r, e, r->out->nr_nmi_sources, MADT_MAX_NMI_SOURCES))
        return;
    r->out->nmi_sources[r->out->nr_nmi_sources++] = (struct madt_nmi_source){
        .gsi = le_field(e->bytes, struct nmi_source_layout, gsi),
        .flags = le_field(e->bytes, struct nmi_source_layout, flags),
    };
}

static void read_lapic_nmi(struct madt_reader *r, const struct acpi_entry *e)
{
    if (!has_room(r, e, r->out->nr_lapic_nmis, MADT_MAX_CPUS))
        return;
    uint8_t uid = le_field(e->bytes, struct lapic_nmi_layout, uid);
    r->out->lapic_nmis[r->out->nr_lapic_nmis++] = (struct madt_lapic_nmi){
        .uid = uid == LAPIC_NMI_ALL ? MADT_ALL_PROCESSORS : uid,
        .lint = le_field(e->bytes, struct lapic_nmi_layout, lint),
        .flags = le_field(e->bytes, struct lapic_nmi_layout, flags),
    };
}

static void read_x2apic_nmi(struct madt_reader *r, const struct acpi_entry *e)
{
    if (!has_room(r, e, r->out->nr_lapic_nmis, MADT_MAX_CPUS))
        return;
    r->out->lapic_nmis[r->out->nr_lapic_nmis++] = (struct madt_lapic_nmi){
        .uid = le_field(e->bytes, struct x2apic_nmi_layout, uid),
        .lint = le_field(e->bytes, struct x2apic_nmi_layout, lint),
        .flags = le_field(e->bytes, struct x2apic_nmi_layout, flags),
    };
}

static void read_lapic_address(struct madt_reader *r, const struct acpi_entry *e)
{
    r->out->lapic_pa = le_field(e->bytes, struct lapic_address_layout, pa);
}

/* How to read an entry of each type, and how long it is at least. */
static const struct {
    uint8_t type;
    uint8_t size;
    void (*read)(struct madt_reader *r, const struct acpi_entry *e);
} readers[] = {
    {MADT_LAPIC, sizeof(struct lapic_layout), read_lapic},
    {MADT_IOAPIC, sizeof(struct ioapic_layout), read_ioapic},
    {MADT_OVERRIDE, sizeof(struct override_layout), read_override},
    {MADT_NMI_SOURCE, sizeof(struct nmi_source_layout), read_nmi_source},
    {MADT_LAPIC_NMI, sizeof(struct lapic_nmi_layout), read_lapic_nmi},
    {MADT_LAPIC_ADDRESS, sizeof(struct lapic_address_layout), read_lapic_address},
    {MADT_X2APIC, sizeof(struct x2apic_layout), read_x2apic},
    {MADT_X2APIC_NMI, sizeof(struct x2apic_nmi_layout), read_x2apic_nmi},
};

static void read_entry(struct madt_reader *r, const struct acpi_entry *e)
{
    for (unsigned i = 0; i < ARRAY_SIZE(readers); i++) {
        if (readers[i].type != e->type)
            continue;
        if (e->length < readers[i].size) {
            r->out->nr_malformed++;
            complain(r, e, "entry of type %u has length %u, at least %u expected", e->type,
                     e->length, readers[i].size);
            return;
        }
        readers[i].read(r, e);
        return;
    }
    r->out->nr_unknown++;
}

/*
 * madt_parse - read the whole MADT.
 *
 * @table  @size bytes, header included.
 * @out    always written whole.
 * @diag   out, always written.
 *
 * Returns 0, also if single entries were left out: the counts at the end of struct madt tell how
 * many and why, and *@diag is the first such complaint, "" if there is none. Unknown types are
 * counted without complaint. Returns -EINVAL if the table is shorter than its fixed part of 44
 * bytes or an entry is damaged so that the next can't be found; *@diag tells where, and the entries
 * before it are in *@out.
 * Context: any; takes no lock, allocates nothing. O(entries x processors).
 */
int madt_parse(const uint8_t *table, size_t size, struct madt *out, struct acpi_diag *diag)
{
    struct madt_reader r = {.out = out, .diag = diag};
    size_t offset = sizeof(struct madt_layout);
    struct acpi_entry e;
    int rc;

    *out = (struct madt){0};
    acpi_diag_clear(diag);
    if (size < sizeof(struct madt_layout)) {
        acpi_diag_set(diag, "APIC", size, "table of %u bytes, at least %u expected", (unsigned)size,
                      (unsigned)sizeof(struct madt_layout));
        return -EINVAL;
    }
    out->revision = le_field(table, struct madt_layout, header.revision);
    out->lapic_pa = le_field(table, struct madt_layout, lapic_pa);
    out->pcat_compat = (le_field(table, struct madt_layout, flags) & MADT_FLAG_PCAT_COMPAT) != 0;
    while ((rc = acpi_entry_next("APIC", table, size, &offset, &e, diag)) > 0)
        read_entry(&r, &e);
    return rc;
}
