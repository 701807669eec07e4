/*
 * kernel/acpi/diag.c - a complaint about a table, as text.
 */
#include "kernel/acpi/acpi.h"
#include "kernel/lib/vsprintf.h"

/*
 * acpi_diag_vset - fill @diag with a complaint.
 *
 * @table   at least four characters or NUL-terminated earlier; the first four are taken.
 * @offset  from the table's start, bytes.
 * @fmt     a clause without a full stop; what doesn't fit into the reason is cut.
 * @args    none of them may lie in @diag.
 *
 * Context: any; takes no lock.
 */
void acpi_diag_vset(struct acpi_diag *diag, const char *table, size_t offset, const char *fmt,
                    va_list args)
{
    acpi_diag_clear(diag);
    for (unsigned i = 0; i < 4 && table[i] != '\0'; i++)
        diag->table[i] = table[i];
    diag->offset = (uint32_t)offset;
    vsnprintf(diag->reason, sizeof(diag->reason), fmt, args);
}

/* acpi_diag_set - acpi_diag_vset() with the arguments listed. */
void acpi_diag_set(struct acpi_diag *diag, const char *table, size_t offset, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    acpi_diag_vset(diag, table, offset, fmt, args);
    va_end(args);
}

/*
 * acpi_diag_clear - make @diag say that nothing is wrong: empty table, empty reason, offset 0.
 */
void acpi_diag_clear(struct acpi_diag *diag)
{
    *diag = (struct acpi_diag){0};
}
