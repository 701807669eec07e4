/*
 * kernel/acpi/srat.c - reads the SRAT.
 *
 * THEORY
 *
 * The SRAT is the firmware's map of the islands. Each entry says that a processor, a range of
 * memory or a device is in a proximity domain, a number that means nothing but "the same place":
 *
 *     type  what            says
 *     0     processor       APIC id 3 is in domain 1
 *     1     memory          [4 GiB, 6 GiB) is in domain 1; it may be plugged later, or persistent
 *     2     x2APIC          APIC id 300 is in domain 2
 *     5     generic initiator   a device that accesses memory is in domain 2
 *
 * A domain has 32 bits from revision 2 on. It had 8 before, and what the other bytes hold in such
 * tables means nothing.
 *
 * INVARIANTS
 *   S1  entries[0..nr_entries) are in the table's order, each wholly inside the table.
 *   S2  srat_count() equals nr_entries of a parse with enough capacity.
 *
 * LOCKING  None: pure.
 * UNITS    Addresses and sizes are bytes.
 * SOURCES  ACPI 6.4, 5.2.16 "System Resource Affinity Table (SRAT)", subsections named below.
 * NOT HERE Whether the entries make sense together: mm/numa.c.
 */
#include "kernel/acpi/srat.h"

#include "kernel/acpi/bytes.h"
#include "kernel/acpi/layout.h"
#include "kernel/lib/errno.h"

/* ACPI 6.4, 5.2.16, table "Static Resource Affinity Table Format". */
struct srat_layout {
    struct acpi_header_layout header;
    uint32_t one; /* 1, for compatibility */
    uint64_t reserved;
} __packed;
_Static_assert(sizeof(struct srat_layout) == 48, "ACPI 6.4, 5.2.16");

/* ACPI 6.4, 5.2.16.1 "Processor Local APIC/SAPIC Affinity Structure". */
struct srat_cpu_layout {
    uint8_t type;
    uint8_t length;
    uint8_t pxm_low;
    uint8_t apic_id;
    uint32_t flags;
    uint8_t sapic_eid;
    uint8_t pxm_high[3];
    uint32_t clock_domain;
} __packed;
_Static_assert(sizeof(struct srat_cpu_layout) == 16, "ACPI 6.4, 5.2.16.1");
_Static_assert(offsetof(struct srat_cpu_layout, pxm_high) == 9, "ACPI 6.4, 5.2.16.1");

/* ACPI 6.4, 5.2.16.2 "Memory Affinity Structure". */
struct srat_memory_layout {
    uint8_t type;
    uint8_t length;
    uint32_t pxm;
    uint16_t reserved1;
    uint64_t base;
    uint64_t size;
    uint32_t reserved2;
    uint32_t flags;
    uint64_t reserved3;
} __packed;
_Static_assert(sizeof(struct srat_memory_layout) == 40, "ACPI 6.4, 5.2.16.2");
_Static_assert(offsetof(struct srat_memory_layout, flags) == 28, "ACPI 6.4, 5.2.16.2");

/* ACPI 6.4, 5.2.16.3 "Processor Local x2APIC Affinity Structure". */
struct srat_x2apic_layout {
    uint8_t type;
    uint8_t length;
    uint16_t reserved1;
    uint32_t pxm;
    uint32_t apic_id;
    uint32_t flags;
    uint32_t clock_domain;
    uint32_t reserved2;
} __packed;
_Static_assert(sizeof(struct srat_x2apic_layout) == 24, "ACPI 6.4, 5.2.16.3");

/* ACPI 6.4, 5.2.16.6 "Generic Initiator Affinity Structure". */
struct srat_initiator_layout {
    uint8_t type;
    uint8_t length;
    uint8_t reserved1;
    uint8_t handle_type;
    uint32_t pxm;
    uint8_t handle[16];
    uint32_t flags;
    uint32_t reserved2;
} __packed;
_Static_assert(sizeof(struct srat_initiator_layout) == 32, "ACPI 6.4, 5.2.16.6");
_Static_assert(offsetof(struct srat_initiator_layout, flags) == 24, "ACPI 6.4, 5.2.16.6");

/* The flags of all entries begin with "enabled"; the others are those of 5.2.16.2, table
 * "Flags - Memory Affinity Structure". */
#define SRAT_ENABLED            0x1u
#define SRAT_MEMORY_HOTPLUG     0x2u
#define SRAT_MEMORY_NONVOLATILE 0x4u

/* From this revision on a domain has 32 bits. */
#define SRAT_REVISION_PXM32 2

static void read_cpu(const uint8_t *e, uint8_t revision, struct srat_entry *out)
{
    out->enabled = (le_field(e, struct srat_cpu_layout, flags) & SRAT_ENABLED) != 0;
    out->apic_id = le_field(e, struct srat_cpu_layout, apic_id);
    out->pxm = le_field(e, struct srat_cpu_layout, pxm_low);
    if (revision >= SRAT_REVISION_PXM32)
        out->pxm |= (uint32_t)le_read(e + offsetof(struct srat_cpu_layout, pxm_high), 3) << 8;
}

static void read_memory(const uint8_t *e, uint8_t revision, struct srat_entry *out)
{
    uint32_t flags = le_field(e, struct srat_memory_layout, flags);

    out->enabled = (flags & SRAT_ENABLED) != 0;
    out->hotplug = (flags & SRAT_MEMORY_HOTPLUG) != 0;
    out->nonvolatile = (flags & SRAT_MEMORY_NONVOLATILE) != 0;
    out->base = le_field(e, struct srat_memory_layout, base);
    out->size = le_field(e, struct srat_memory_layout, size);
    out->pxm = le_field(e, struct srat_memory_layout, pxm);
    if (revision < SRAT_REVISION_PXM32)
        out->pxm &= 0xff;
}

static void read_x2apic(const uint8_t *e, struct srat_entry *out)
{
    out->enabled = (le_field(e, struct srat_x2apic_layout, flags) & SRAT_ENABLED) != 0;
    out->apic_id = le_field(e, struct srat_x2apic_layout, apic_id);
    out->pxm = le_field(e, struct srat_x2apic_layout, pxm);
}

static void read_initiator(const uint8_t *e, struct srat_entry *out)
{
    out->enabled = (le_field(e, struct srat_initiator_layout, flags) & SRAT_ENABLED) != 0;
    out->pxm = le_field(e, struct srat_initiator_layout, pxm);
}

/* An entry of a known type is as long as the type needs. A processor's is exactly that, as it is on
 * Linux; the others may grow, and a generic initiator's may lack what is behind its flags. */
static bool length_is_right(uint8_t type, uint8_t length)
{
    switch (type) {
    case SRAT_CPU:
        return length == sizeof(struct srat_cpu_layout);
    case SRAT_MEMORY:
        return length >= sizeof(struct srat_memory_layout);
    case SRAT_X2APIC:
        return length >= sizeof(struct srat_x2apic_layout);
    case SRAT_GENERIC_INITIATOR:
        return length >= offsetof(struct srat_initiator_layout, reserved2);
    default:
        return true;
    }
}

static void read_entry(const struct acpi_entry *e, uint8_t revision, struct srat_entry *out)
{
    *out = (struct srat_entry){
        .offset = (uint32_t)e->offset,
        .type = e->type,
        .length = e->length,
        .malformed = !length_is_right(e->type, e->length),
    };
    if (out->malformed)
        return;
    switch (e->type) {
    case SRAT_CPU:
        read_cpu(e->bytes, revision, out);
        break;
    case SRAT_MEMORY:
        read_memory(e->bytes, revision, out);
        break;
    case SRAT_X2APIC:
        read_x2apic(e->bytes, out);
        break;
    case SRAT_GENERIC_INITIATOR:
        read_initiator(e->bytes, out);
        break;
    default:
        break;
    }
}

/*
 * srat_count - the number of entries before the table's end or its first damage.
 *
 * @table  @size bytes, header included.
 *
 * Returns 0 for a table without room for its fixed part of 48 bytes.
 * Context: any; takes no lock, allocates nothing.
 */
unsigned srat_count(const uint8_t *table, size_t size)
{
    size_t offset = sizeof(struct srat_layout);
    struct acpi_entry e;
    struct acpi_diag diag;
    unsigned nr = 0;

    if (size < sizeof(struct srat_layout))
        return 0;
    while (acpi_entry_next("SRAT", table, size, &offset, &e, &diag) > 0)
        nr++;
    return nr;
}

/*
 * srat_parse - read the whole SRAT.
 *
 * @table  @size bytes, header included.
 * @out    in: entries and their capacity; out: revision, nr_entries and so many entries.
 * @diag   out, always written; its reason is "" on success.
 *
 * Entries of an unknown type are kept with offset, type and length alone, malformed ones of a known
 * type likewise and marked.
 *
 * Returns 0; -EINVAL if the table is shorter than its fixed part of 48 bytes, or an entry has
 * length 0 or 1 or runs past the end; -ENOSPC if there are more entries than out->capacity. *@diag
 * then tells where and why, and the entries before that are in *@out.
 * Context: any; takes no lock, allocates nothing.
 */
int srat_parse(const uint8_t *table, size_t size, struct srat *out, struct acpi_diag *diag)
{
    size_t offset = sizeof(struct srat_layout);
    struct acpi_entry e;
    int rc;

    out->revision = 0;
    out->nr_entries = 0;
    acpi_diag_clear(diag);
    if (size < sizeof(struct srat_layout)) {
        acpi_diag_set(diag, "SRAT", size, "table of %u bytes, at least %u expected", (unsigned)size,
                      (unsigned)sizeof(struct srat_layout));
        return -EINVAL;
    }
    out->revision = le_field(table, struct srat_layout, header.revision);
    while ((rc = acpi_entry_next("SRAT", table, size, &offset, &e, diag)) > 0) {
        if (out->nr_entries == out->capacity) {
            acpi_diag_set(diag, "SRAT", e.offset, "more than %u entries", out->capacity);
            return -ENOSPC;
        }
        read_entry(&e, out->revision, &out->entries[out->nr_entries++]);
    }
    return rc;
}
