/*
 * kernel/acpi/entries.c - walks the entries of an SRAT or a MADT.
 */
#include "kernel/acpi/layout.h"
#include "kernel/lib/errno.h"

/*
 * acpi_entry_next - the entry at *@offset.
 *
 * @signature  of the table, for the complaint.
 * @table      @size bytes.
 * @offset     in and out: of the entry, at most @size; then of the byte behind it.
 * @entry      out, written on 1 only.
 *
 * Returns 1 and the entry, which lies wholly inside the table; 0 if *@offset is the table's end;
 * -EINVAL with *@diag filled if the entry is cut off or its length is less than its own two bytes.
 * Every success moves *@offset by 2 or more, so a walk ends.
 */
int acpi_entry_next(const char *signature, const uint8_t *table, size_t size, size_t *offset,
                    struct acpi_entry *entry, struct acpi_diag *diag)
{
    size_t start = *offset;
    size_t left = size - start;

    if (left == 0)
        return 0;
    if (left < 2) {
        acpi_diag_set(diag, signature, start, "1 byte is left, an entry has at least 2");
        return -EINVAL;
    }
    uint8_t type = table[start];
    uint8_t length = table[start + 1];
    if (length < 2) {
        acpi_diag_set(diag, signature, start, "entry of type %u has length %u, at least 2 expected",
                      type, length);
        return -EINVAL;
    }
    if (length > left) {
        acpi_diag_set(diag, signature, start,
                      "entry of type %u has length %u, only %u bytes are left", type, length,
                      (unsigned)left);
        return -EINVAL;
    }
    *entry = (struct acpi_entry){
        .bytes = table + start, .offset = start, .type = type, .length = length};
    *offset = start + length;
    return 1;
}
