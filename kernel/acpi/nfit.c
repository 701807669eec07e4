/*
 * kernel/acpi/nfit.c - finds persistent memory in the NFIT.
 *
 * THEORY
 *
 * The NFIT is a row of structures, each of which begins with type and length, 16 bits each. Those of
 * type 0 say "from here on, so many bytes, are such memory", where "such" is a GUID: persistent memory,
 * a control region, a RAM disk of the firmware. The others say which module of which slot is behind a
 * range, in which order their cache lines take turns, and where to send commands; nobody needs that to
 * use the memory.
 *
 *     offset 40  00 00 38 00  index 1  flags 2  domain 1  GUID  base 0x100000000  size 0x10000000 ...
 *     offset 96  04 00 50 00  ...
 *
 * INVARIANTS
 *   N1  ranges[0..nr_ranges) are in the table's order, each read from a structure wholly inside of it.
 *
 * LOCKING  None: pure.
 * UNITS    Bytes.
 * SOURCES  ACPI 6.4, 5.2.25 "NVDIMM Firmware Interface Table (NFIT)".
 * NOT HERE Whether the ranges make sense: mm/pmem.c.
 */
#include "kernel/acpi/nfit.h"

#include "kernel/acpi/bytes.h"
#include "kernel/acpi/layout.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

/* ACPI 6.4, 5.2.25, table "NVDIMM Firmware Interface Table (NFIT)"; the structures follow. */
struct nfit_layout {
    struct acpi_header_layout header;
    uint32_t reserved;
} __packed;
_Static_assert(sizeof(struct nfit_layout) == 40, "ACPI 6.4, 5.2.25");

struct nfit_structure_layout {
    uint16_t type;
    uint16_t length;
} __packed;

/* ACPI 6.4, 5.2.25.2 "System Physical Address (SPA) Range Structure"; the last field is new in 6.4. */
struct nfit_spa_layout {
    uint16_t type;
    uint16_t length;
    uint16_t index;
    uint16_t flags;
    uint32_t reserved;
    uint32_t pxm;
    uint8_t guid[16];
    uint64_t base;
    uint64_t size;
    uint64_t attributes;
    uint64_t location_cookie;
} __packed;
_Static_assert(sizeof(struct nfit_spa_layout) == 64, "ACPI 6.4, 5.2.25.2");
_Static_assert(offsetof(struct nfit_spa_layout, guid) == 16, "ACPI 6.4, 5.2.25.2");

#define NFIT_TYPE_SPA      0
#define NFIT_SPA_MIN       offsetof(struct nfit_spa_layout, location_cookie)
#define NFIT_SPA_PXM_VALID 0x2u /* flags, bit 1 */

/* "Persistent Memory (PM) Region", 66F0D379-B4F3-4074-AC43-0D3318B78CDB, as it lies in memory. */
static const uint8_t guid_persistent[16] = {0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40,
                                            0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdb};

static int complain_short(struct acpi_diag *diag, size_t offset, size_t length, size_t least)
{
    acpi_diag_set(diag, "NFIT", offset, "structure of %u bytes, at least %u expected",
                  (unsigned)length, (unsigned)least);
    return -EINVAL;
}

/* The length of the structure at @offset, which is inside of the table; or -EINVAL. */
static int structure_length(const uint8_t *table, size_t size, size_t offset,
                            struct acpi_diag *diag)
{
    size_t left = size - offset, length;

    if (left < sizeof(struct nfit_structure_layout)) {
        acpi_diag_set(diag, "NFIT", offset, "%u bytes are left, a structure has at least 4",
                      (unsigned)left);
        return -EINVAL;
    }
    length = le_field(table + offset, struct nfit_structure_layout, length);
    if (length < sizeof(struct nfit_structure_layout))
        return complain_short(diag, offset, length, sizeof(struct nfit_structure_layout));
    if (length > left) {
        acpi_diag_set(diag, "NFIT", offset, "structure of %u bytes, only %u are left",
                      (unsigned)length, (unsigned)left);
        return -EINVAL;
    }
    return (int)length;
}

/* A structure of type 0, which has NFIT_SPA_MIN bytes or more. */
static int read_range(const uint8_t *s, size_t offset, struct nfit *out, struct acpi_diag *diag)
{
    uint16_t flags = (uint16_t)le_field(s, struct nfit_spa_layout, flags);

    if (memcmp(s + offsetof(struct nfit_spa_layout, guid), guid_persistent, 16) != 0) {
        out->nr_others++;
        return 0;
    }
    if (out->nr_ranges == NFIT_MAX_RANGES) {
        acpi_diag_set(diag, "NFIT", offset, "more than %u ranges of persistent memory",
                      NFIT_MAX_RANGES);
        return -ENOSPC;
    }
    out->ranges[out->nr_ranges++] = (struct nfit_range){
        .offset = (uint32_t)offset,
        .index = (uint16_t)le_field(s, struct nfit_spa_layout, index),
        .pxm_valid = (flags & NFIT_SPA_PXM_VALID) != 0,
        .pxm = (uint32_t)le_field(s, struct nfit_spa_layout, pxm),
        .base = le_field(s, struct nfit_spa_layout, base),
        .size = le_field(s, struct nfit_spa_layout, size),
    };
    return 0;
}

/*
 * nfit_parse - contract in the header.
 *
 * @table  @size bytes, header included.
 * @diag   out, always written; its reason is "" on success.
 *
 * Structures of an unknown type are counted and skipped. Damage is: a table shorter than its fixed part
 * of 40 bytes, a structure that runs past the end or is shorter than its type needs.
 * Context: any; takes no lock, allocates nothing.
 */
int nfit_parse(const uint8_t *table, size_t size, struct nfit *out, struct acpi_diag *diag)
{
    size_t offset = sizeof(struct nfit_layout);

    *out = (struct nfit){0};
    acpi_diag_clear(diag);
    if (size < offset) {
        acpi_diag_set(diag, "NFIT", size, "table of %u bytes, at least %u expected", (unsigned)size,
                      (unsigned)offset);
        return -EINVAL;
    }
    while (offset < size) {
        int length = structure_length(table, size, offset, diag), err = 0;

        if (length < 0)
            return length;
        if (le_field(table + offset, struct nfit_structure_layout, type) == NFIT_TYPE_SPA) {
            if ((size_t)length < NFIT_SPA_MIN)
                return complain_short(diag, offset, (size_t)length, NFIT_SPA_MIN);
            err = read_range(table + offset, offset, out, diag);
        }
        if (err)
            return err;
        out->nr_structures++;
        offset += (size_t)length;
    }
    return 0;
}
