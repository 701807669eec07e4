/*
 * kernel/acpi/acpi.h - what all of the table code shares: complaints, and the list of tables.
 *
 * Everything in this folder is pure: bytes in, structs out. No function reads outside the bytes it
 * was given, keeps a pointer past its call unless it says so, prints, or allocates. So the same
 * files run on the host, where tests and fuzzers feed them.
 */
#ifndef KERNEL_ACPI_ACPI_H
#define KERNEL_ACPI_ACPI_H

#include "kernel/lib/compiler.h"
#include <stdarg.h>

/* What is wrong with a table: enough for one printed sentence. */
struct acpi_diag {
    char table[5];   /* signature, NUL-terminated; "????" if it isn't text */
    uint32_t offset; /* of the entry or field at fault, from the table's start */
    char reason[96]; /* a clause: "entry of length 0", with values; "" if nothing is wrong */
};

#define ACPI_MAX_TABLES 64
#define ACPI_MAX_DIAGS  16

struct acpi_table {
    char signature[5];
    uint64_t pa;
    uint32_t length;      /* of the whole table, header included */
    const uint8_t *bytes; /* mapped, `length` of them; NULL if rejected */
    bool checksum_ok;     /* a wrong checksum alone does not reject a table */
};

struct acpi_tables {
    uint8_t revision;   /* of the RSDP */
    bool xsdt;          /* the tables were found through the XSDT */
    uint64_t rsdp_pa;   /* where the RSDP was found; 0 if the loader's copy was used */
    unsigned nr_tables; /* in the order of the root table, rejected ones included */
    struct acpi_table tables[ACPI_MAX_TABLES];
    unsigned nr_diags;         /* complaints kept, the first ones */
    unsigned nr_diags_dropped; /* complaints for which there was no room */
    struct acpi_diag diags[ACPI_MAX_DIAGS];
};

/* Fill @diag; a reason that is too long is cut. */
void acpi_diag_set(struct acpi_diag *diag, const char *table, size_t offset, const char *fmt, ...)
    __printf(4, 5);
void acpi_diag_vset(struct acpi_diag *diag, const char *table, size_t offset, const char *fmt,
                    va_list args) __printf(4, 0);
/* Nothing is wrong. */
void acpi_diag_clear(struct acpi_diag *diag);

#endif
