/*
 * kernel/acpi/slit.c - finds the matrix in the SLIT.
 *
 * THEORY
 *
 * A SLIT is a count n, then n x n bytes: byte i * n + j is the distance from locality i to j, and a
 * locality is a proximity domain of the SRAT. 10 is "the same place", 20 costs twice as much, 255
 * is "no way there". Two sockets:
 *
 *     offset 36  02 00 00 00 00 00 00 00
 *     offset 44  0a 15                        10 21
 *                15 0a                        21 10
 *
 * The count has 64 bits, so n x n may be more than a number can hold: it is compared by division.
 *
 * LOCKING  None: pure.
 * SOURCES  ACPI 6.4, 5.2.17 "System Locality Information Table (SLIT)".
 * NOT HERE Whether the distances make sense: mm/numa.c.
 */
#include "kernel/acpi/slit.h"

#include "kernel/acpi/bytes.h"
#include "kernel/acpi/layout.h"
#include "kernel/lib/errno.h"

/* ACPI 6.4, 5.2.17; the matrix follows. */
struct slit_layout {
    struct acpi_header_layout header;
    uint64_t nr_localities;
} __packed;
_Static_assert(sizeof(struct slit_layout) == 44, "ACPI 6.4, 5.2.17");

/*
 * slit_parse - find the matrix and check that it is there.
 *
 * @table  @size bytes, header included; out->distance points into it. Bytes behind the matrix are
 *         allowed.
 * @out    always written.
 * @diag   out, always written; its reason is "" on success.
 *
 * Returns 0, or -EINVAL if the table is shorter than its fixed part of 44 bytes, the count is 0, or
 * the matrix runs past the end.
 * Context: any; takes no lock, allocates nothing.
 */
int slit_parse(const uint8_t *table, size_t size, struct slit *out, struct acpi_diag *diag)
{
    const size_t fixed = sizeof(struct slit_layout);
    const size_t count_offset = offsetof(struct slit_layout, nr_localities);

    *out = (struct slit){0};
    acpi_diag_clear(diag);
    if (size < fixed) {
        acpi_diag_set(diag, "SLIT", size, "table of %u bytes, at least %u expected", (unsigned)size,
                      (unsigned)fixed);
        return -EINVAL;
    }
    uint64_t n = le_field(table, struct slit_layout, nr_localities);
    if (n == 0) {
        acpi_diag_set(diag, "SLIT", count_offset, "0 localities, at least 1 expected");
        return -EINVAL;
    }
    if (n > (size - fixed) / n) {
        acpi_diag_set(diag, "SLIT", count_offset, "%lu x %lu distances, only %u bytes are left", n,
                      n, (unsigned)(size - fixed));
        return -EINVAL;
    }
    out->nr_localities = (unsigned)n;
    out->distance = table + fixed;
    return 0;
}
