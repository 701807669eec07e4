/*
 * kernel/acpi/layout.h - what many tables have in common: the header, and entries behind it.
 *
 * Private to this folder and to tests.
 *
 * SOURCES  ACPI 6.4, 5.2.6 "System Description Table Header".
 */
#ifndef KERNEL_ACPI_LAYOUT_H
#define KERNEL_ACPI_LAYOUT_H

#include "kernel/acpi/acpi.h"

struct acpi_header_layout {
    char signature[4];
    uint32_t length; /* of the whole table, this header included */
    uint8_t revision;
    uint8_t checksum; /* makes the sum of all bytes 0 */
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    uint32_t creator_id;
    uint32_t creator_revision;
} __packed;

#define ACPI_HEADER_SIZE 36
_Static_assert(sizeof(struct acpi_header_layout) == ACPI_HEADER_SIZE, "ACPI 6.4, 5.2.6");
_Static_assert(offsetof(struct acpi_header_layout, checksum) == 9, "ACPI 6.4, 5.2.6");

/* SRAT and MADT have a row of entries, each of which begins with bytes of type and length. */
struct acpi_entry {
    const uint8_t *bytes; /* `length` of them, inside the table */
    size_t offset;        /* from the table's start */
    uint8_t type;
    uint8_t length; /* at least 2 */
};

/*
 * Read the entry at *@offset and move *@offset behind it. Returns 1; 0 at the table's end; -EINVAL,
 * with *@diag filled and nothing moved, if there is no whole entry.
 */
int acpi_entry_next(const char *signature, const uint8_t *table, size_t size, size_t *offset,
                    struct acpi_entry *entry, struct acpi_diag *diag);

#endif
