/*
 * kernel/acpi/tables.c - finds the firmware's tables and checks each one.
 *
 * THEORY
 *
 * Three steps lead to a table. The RSDP, a small structure, holds the address of a root table. The
 * root table, RSDT with 32-bit or XSDT with 64-bit addresses, is a header and an array of
 * addresses. Each of these is a table, with a header that tells its name, length and checksum:
 *
 *     RSDP 0xf59e0 --> RSDT 0x7fe25f4 --> FACP 0x7fe2264 --> DSDT 0x7fe0040
 *      (or the loader's copy)         +-> APIC 0x7fe2358     (known to the FADT alone)
 *                                     +-> SRAT 0x7fe2430
 *                                     +-> SLIT 0x7fe2560
 *
 * All of it is input that may be wrong. The root must be right to the last bit, as nothing that it
 * says can be checked otherwise. A single table may have a wrong checksum: such firmware exists,
 * and the parsers check what they read anyhow, so it is reported and kept. A table of which not
 * even the header holds is reported and listed without bytes.
 *
 * INVARIANTS
 *   A1  Bytes are read only inside a range that map() returned.
 *   A2  A listed table has either no bytes or `length` of them, at least a header.
 *   A3  The work is bounded by the root table's length and ACPI_MAX_TABLES tables.
 *
 * LOCKING  None: pure.
 * UNITS    Addresses are physical; offsets and lengths are bytes.
 * SOURCES  ACPI 6.4, 5.2.5 "Root System Description Pointer (RSDP)", 5.2.5.1 "Finding the RSDP on
 *          IA-PC Systems", 5.2.6 "System Description Table Header", 5.2.7 "Root System Description
 *          Table (RSDT)", 5.2.8 "Extended System Description Table (XSDT)".
 * NOT HERE What is inside a table: madt.c, srat.c, slit.c, fadt.c.
 */
#include "kernel/acpi/tables.h"

#include "kernel/acpi/bytes.h"
#include "kernel/acpi/layout.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

/* ACPI 6.4, 5.2.5.3, table "RSDP Structure". Revision 0 ends before `length`. */
struct rsdp_layout {
    char signature[8];
    uint8_t checksum; /* over the first 20 bytes */
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt_pa;
    uint32_t length;
    uint64_t xsdt_pa;
    uint8_t extended_checksum; /* over `length` bytes */
    uint8_t reserved[3];
} __packed;

#define RSDP_SIGNATURE "RSD PTR "
#define RSDP_V1_SIZE   20
#define RSDP_V2_SIZE   36
_Static_assert(offsetof(struct rsdp_layout, length) == RSDP_V1_SIZE, "ACPI 6.4, 5.2.5.3");
_Static_assert(sizeof(struct rsdp_layout) == RSDP_V2_SIZE, "ACPI 6.4, 5.2.5.3");

/* The longest RSDP and table that are believed; the largest real DSDTs have about 1 MiB. */
#define RSDP_MAX_SIZE  4096
#define TABLE_MAX_SIZE ((uint32_t)MiB(16))

/* ACPI 6.4, 5.2.5.1 "Finding the RSDP on IA-PC Systems"; the EBDA's segment is in the BIOS data. */
#define EBDA_SEGMENT_PA 0x40e
#define EBDA_SIZE       1024
#define BIOS_START_PA   0xe0000
#define BIOS_SIZE       0x20000
#define RSDP_ALIGNMENT  16

/* What an RSDP says. */
struct rsdp {
    uint8_t revision;
    uint64_t rsdt_pa; /* 0 = none */
    uint64_t xsdt_pa; /* 0 = none, or not to be trusted */
};

/* Keep a complaint, if there is room. */
static void __printf(4, 5)
    complain(struct acpi_tables *out, const char *table, size_t offset, const char *fmt, ...)
{
    va_list args;

    if (out->nr_diags == ACPI_MAX_DIAGS) {
        out->nr_diags_dropped++;
        return;
    }
    va_start(args, fmt);
    acpi_diag_vset(&out->diags[out->nr_diags++], table, offset, fmt, args);
    va_end(args);
}

static void complain_diag(struct acpi_tables *out, const struct acpi_diag *diag)
{
    complain(out, diag->table, diag->offset, "%s", diag->reason);
}

/* map(), for a range that may wrap around the end of the address space. */
static const uint8_t *map_range(acpi_map_fn map, uint64_t pa, size_t size)
{
    if (pa == 0 || pa + size < pa)
        return NULL;
    return map(pa, size);
}

/* ---- the RSDP ---- */

/* The XSDT's address, if the part of the RSDP that revision 2 added holds together; else 0. */
static uint64_t rsdp_xsdt_pa(const uint8_t *bytes, size_t size, struct acpi_tables *out)
{
    if (size < RSDP_V2_SIZE) {
        complain(out, "RSDP", RSDP_V1_SIZE,
                 "revision 2 has %u bytes, only %u are known: XSDT unused", RSDP_V2_SIZE,
                 (unsigned)size);
        return 0;
    }
    uint32_t length = le_field(bytes, struct rsdp_layout, length);
    if (length < RSDP_V2_SIZE || length > size) {
        complain(out, "RSDP", offsetof(struct rsdp_layout, length),
                 "length %u, %u to %u expected: XSDT unused", length, RSDP_V2_SIZE, (unsigned)size);
        return 0;
    }
    uint8_t sum = byte_sum(bytes, length);
    if (sum != 0) {
        complain(out, "RSDP", offsetof(struct rsdp_layout, extended_checksum),
                 "%u bytes add up to 0x%02x, expected 0: XSDT unused", length, sum);
        return 0;
    }
    return le_field(bytes, struct rsdp_layout, xsdt_pa);
}

/* Read the RSDP in @bytes. False, with a complaint, if it isn't one. */
static bool rsdp_parse(const uint8_t *bytes, size_t size, struct rsdp *rsdp,
                       struct acpi_tables *out)
{
    if (size < RSDP_V1_SIZE) {
        complain(out, "RSDP", 0, "%u bytes, at least %u expected", (unsigned)size, RSDP_V1_SIZE);
        return false;
    }
    if (memcmp(bytes, RSDP_SIGNATURE, strlen(RSDP_SIGNATURE)) != 0) {
        complain(out, "RSDP", 0, "signature is not \"%s\"", RSDP_SIGNATURE);
        return false;
    }
    uint8_t sum = byte_sum(bytes, RSDP_V1_SIZE);
    if (sum != 0) {
        complain(out, "RSDP", offsetof(struct rsdp_layout, checksum),
                 "%u bytes add up to 0x%02x, expected 0", RSDP_V1_SIZE, sum);
        return false;
    }
    rsdp->revision = le_field(bytes, struct rsdp_layout, revision);
    rsdp->rsdt_pa = le_field(bytes, struct rsdp_layout, rsdt_pa);
    rsdp->xsdt_pa = rsdp->revision >= 2 ? rsdp_xsdt_pa(bytes, size, out) : 0;
    return true;
}

/* Read the RSDP at @pa, as much of it as its revision says. */
static bool rsdp_at(acpi_map_fn map, uint64_t pa, struct rsdp *rsdp, struct acpi_tables *out)
{
    const uint8_t *bytes = map_range(map, pa, RSDP_V1_SIZE);
    const uint8_t *longer;
    size_t size = RSDP_V1_SIZE;

    if (!bytes) {
        complain(out, "RSDP", 0, "memory at 0x%lx is not readable", pa);
        return false;
    }
    if (le_field(bytes, struct rsdp_layout, revision) >= 2) {
        longer = map_range(map, pa, RSDP_V2_SIZE);
        if (longer) {
            bytes = longer;
            size = RSDP_V2_SIZE;
            uint32_t length = le_field(bytes, struct rsdp_layout, length);
            if (length > RSDP_V2_SIZE && length <= RSDP_MAX_SIZE) {
                longer = map_range(map, pa, length);
                bytes = longer ? longer : bytes;
                size = longer ? length : size;
            }
        }
    }
    if (!rsdp_parse(bytes, size, rsdp, out))
        return false;
    out->rsdp_pa = pa;
    return true;
}

/* Look for the RSDP in [pa, pa + size), where it is aligned to 16 bytes. */
static bool rsdp_scan(acpi_map_fn map, uint64_t pa, size_t size, struct rsdp *rsdp,
                      struct acpi_tables *out)
{
    const uint8_t *bytes = map_range(map, pa, size);

    if (!bytes)
        return false;
    for (size_t at = 0; at + RSDP_V1_SIZE <= size; at += RSDP_ALIGNMENT)
        if (memcmp(bytes + at, RSDP_SIGNATURE, strlen(RSDP_SIGNATURE)) == 0 &&
            rsdp_at(map, pa + at, rsdp, out))
            return true;
    return false;
}

/* The first KiB of the extended BIOS data area, whose segment the BIOS data area tells. */
static bool rsdp_scan_ebda(acpi_map_fn map, struct rsdp *rsdp, struct acpi_tables *out)
{
    const uint8_t *segment = map_range(map, EBDA_SEGMENT_PA, 2);

    return segment && rsdp_scan(map, le_read(segment, 2) << 4, EBDA_SIZE, rsdp, out);
}

static bool rsdp_find(acpi_map_fn map, const uint8_t *copy, size_t copy_len, uint64_t pa,
                      struct rsdp *rsdp, struct acpi_tables *out)
{
    if (copy_len > 0 && rsdp_parse(copy, copy_len, rsdp, out))
        return true;
    if (pa != 0 && rsdp_at(map, pa, rsdp, out))
        return true;
    return rsdp_scan_ebda(map, rsdp, out) || rsdp_scan(map, BIOS_START_PA, BIOS_SIZE, rsdp, out);
}

/* ---- one table ---- */

/* Copy the signature; "????" and false if it isn't printable. */
static bool signature_copy(char *to, const uint8_t *from)
{
    bool printable = true;

    for (unsigned i = 0; i < 4; i++) {
        to[i] = (char)from[i];
        printable = printable && from[i] >= ' ' && from[i] <= '~';
    }
    to[4] = '\0';
    for (unsigned i = 0; i < 4 && !printable; i++)
        to[i] = '?';
    return printable;
}

/*
 * acpi_table_at - map and check the table at @pa.
 *
 * @map    see acpi_map_fn.
 * @table  out, always written: signature "????" if it couldn't be read or isn't text, length 0 if
 *         it couldn't be read, bytes NULL on error.
 * @diag   out, always written; its reason is "" if nothing is wrong.
 *
 * Returns 0, also if only the checksum is wrong (checksum_ok says so); -EINVAL if the address is
 * not readable, the signature is not text, or the length is less than a header or more than 16 MiB.
 * Context: any; takes no lock beyond @map's.
 */
int acpi_table_at(acpi_map_fn map, uint64_t pa, struct acpi_table *table, struct acpi_diag *diag)
{
    const uint8_t *header = map_range(map, pa, ACPI_HEADER_SIZE);
    const uint8_t *bytes;

    *table = (struct acpi_table){.signature = "????", .pa = pa};
    acpi_diag_clear(diag);
    if (!header) {
        acpi_diag_set(diag, table->signature, 0, "header at 0x%lx is not readable", pa);
        return -EINVAL;
    }
    table->length = le_field(header, struct acpi_header_layout, length);
    if (!signature_copy(table->signature, header)) {
        acpi_diag_set(diag, table->signature, 0,
                      "signature bytes %02x %02x %02x %02x at 0x%lx are not text", header[0],
                      header[1], header[2], header[3], pa);
        return -EINVAL;
    }
    if (table->length < ACPI_HEADER_SIZE || table->length > TABLE_MAX_SIZE) {
        acpi_diag_set(diag, table->signature, offsetof(struct acpi_header_layout, length),
                      "length %u, %u to %u expected", table->length, ACPI_HEADER_SIZE,
                      TABLE_MAX_SIZE);
        return -EINVAL;
    }
    bytes = map_range(map, pa, table->length);
    if (!bytes) {
        acpi_diag_set(diag, table->signature, offsetof(struct acpi_header_layout, length),
                      "%u bytes at 0x%lx are not readable", table->length, pa);
        return -EINVAL;
    }
    table->bytes = bytes;
    uint8_t sum = byte_sum(bytes, table->length);
    table->checksum_ok = sum == 0;
    if (!table->checksum_ok)
        acpi_diag_set(diag, table->signature, offsetof(struct acpi_header_layout, checksum),
                      "all bytes add up to 0x%02x, expected 0", sum);
    return 0;
}

/* ---- the root table ---- */

/* The root table at @pa, if it can be trusted: the right signature and checksum. */
static bool root_open(acpi_map_fn map, uint64_t pa, const char *signature, struct acpi_table *root,
                      struct acpi_tables *out)
{
    struct acpi_diag diag;

    if (pa == 0)
        return false;
    if (acpi_table_at(map, pa, root, &diag) != 0) {
        complain(out, signature, diag.offset, "%s", diag.reason);
        return false;
    }
    if (strcmp(root->signature, signature) != 0) {
        complain(out, signature, 0, "signature at 0x%lx is \"%s\"", pa, root->signature);
        return false;
    }
    if (!root->checksum_ok) {
        complain_diag(out, &diag);
        return false;
    }
    return true;
}

/* Tables of which a machine may have several; the first of any other counts. */
static bool signature_may_repeat(const char *signature)
{
    return strcmp(signature, "SSDT") == 0 || strcmp(signature, "PSDT") == 0 ||
           strcmp(signature, "UEFI") == 0 || strncmp(signature, "OEM", 3) == 0;
}

static bool address_is_listed(const struct acpi_tables *out, uint64_t pa)
{
    for (unsigned i = 0; i < out->nr_tables; i++)
        if (out->tables[i].pa == pa)
            return true;
    return false;
}

/* Check the table that entry @nr of the root points at, and list it. */
static void root_add_table(acpi_map_fn map, const struct acpi_table *root, unsigned nr,
                           size_t offset, uint64_t pa, struct acpi_tables *out)
{
    struct acpi_table *table = &out->tables[out->nr_tables];
    struct acpi_diag diag;

    if (acpi_table_at(map, pa, table, &diag) != 0) {
        complain_diag(out, &diag);
    } else if (strcmp(table->signature, "RSDT") == 0 || strcmp(table->signature, "XSDT") == 0) {
        complain(out, root->signature, offset, "entry %u points at a root table, %s at 0x%lx", nr,
                 table->signature, pa);
        table->bytes = NULL;
    } else {
        if (!table->checksum_ok)
            complain_diag(out, &diag);
        if (acpi_table_get(out, table->signature) && !signature_may_repeat(table->signature))
            complain(out, root->signature, offset, "entry %u is one more %s, the first counts", nr,
                     table->signature);
    }
    out->nr_tables++;
}

/* List the tables that the root's entries, addresses of @width bytes, point at. */
static void root_walk(acpi_map_fn map, const struct acpi_table *root, size_t width,
                      struct acpi_tables *out)
{
    unsigned nr = 0;
    size_t offset;

    for (offset = ACPI_HEADER_SIZE; offset + width <= root->length; offset += width, nr++) {
        uint64_t pa = le_read(root->bytes + offset, width);

        if (pa == 0) {
            complain(out, root->signature, offset, "entry %u is 0", nr);
        } else if (pa == root->pa) {
            complain(out, root->signature, offset, "entry %u points at the %s itself", nr,
                     root->signature);
        } else if (address_is_listed(out, pa)) {
            complain(out, root->signature, offset, "entry %u repeats the address 0x%lx", nr, pa);
        } else if (out->nr_tables == ACPI_MAX_TABLES) {
            complain(out, root->signature, offset,
                     "entry %u: there is room for %u tables, the rest is left out", nr,
                     ACPI_MAX_TABLES);
            return;
        } else {
            root_add_table(map, root, nr, offset, pa, out);
        }
    }
    if (offset != root->length)
        complain(out, root->signature, offset, "%u bytes are left, an entry has %u",
                 (unsigned)(root->length - offset), (unsigned)width);
}

/*
 * acpi_find_tables - list all tables that the root table names, each checked.
 *
 * @map            see acpi_map_fn; what it returns is kept in out->tables.
 * @rsdp_copy      the loader's copy of the RSDP, @rsdp_copy_len bytes; unused if that is 0.
 * @rsdp_pa        the RSDP's address, tried if there is no good copy; 0 = not told. After that the
 *                 places where a BIOS leaves the RSDP are searched.
 * @out            always written whole.
 *
 * The XSDT is preferred; the RSDT is taken if the XSDT can't be trusted.
 *
 * Returns 0 (nr_tables may be 0), or -ENOENT if there is no RSDP, or no root table with the right
 * signature, length and checksum; out->diags tell each step's reason.
 * Context: any; takes no lock beyond @map's. Time is bounded by the root table's length, at most
 * 16 MiB, and the length of at most ACPI_MAX_TABLES tables.
 */
int acpi_find_tables(acpi_map_fn map, const uint8_t *rsdp_copy, size_t rsdp_copy_len,
                     uint64_t rsdp_pa, struct acpi_tables *out)
{
    struct acpi_table root;
    struct rsdp rsdp;

    *out = (struct acpi_tables){0};
    if (!rsdp_find(map, rsdp_copy, rsdp_copy_len, rsdp_pa, &rsdp, out)) {
        complain(out, "RSDP", 0, "not found");
        return -ENOENT;
    }
    out->revision = rsdp.revision;
    if (root_open(map, rsdp.xsdt_pa, "XSDT", &root, out)) {
        out->xsdt = true;
        root_walk(map, &root, sizeof(uint64_t), out);
        return 0;
    }
    if (root_open(map, rsdp.rsdt_pa, "RSDT", &root, out)) {
        root_walk(map, &root, sizeof(uint32_t), out);
        return 0;
    }
    complain(out, "RSDP", offsetof(struct rsdp_layout, rsdt_pa), "no usable root table");
    return -ENOENT;
}

/*
 * acpi_table_get - the first table of a signature that has bytes.
 *
 * @signature  at least four characters; the first four are compared.
 *
 * Returns a pointer into *@t, or NULL. The table's checksum may be wrong.
 * Context: any.
 */
const struct acpi_table *acpi_table_get(const struct acpi_tables *t, const char *signature)
{
    for (unsigned i = 0; i < t->nr_tables; i++)
        if (t->tables[i].bytes && strncmp(t->tables[i].signature, signature, 4) == 0)
            return &t->tables[i];
    return NULL;
}
