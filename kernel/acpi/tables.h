/*
 * kernel/acpi/tables.h - find the firmware's tables and check them.
 */
#ifndef KERNEL_ACPI_TABLES_H
#define KERNEL_ACPI_TABLES_H

#include "kernel/acpi/acpi.h"

/* Make [pa, pa + len) readable and return it, or NULL. The result stays valid. */
typedef const void *(*acpi_map_fn)(uint64_t pa, size_t len);

/*
 * Fill *@out from the loader's copy of the RSDP (@rsdp_copy_len bytes, 0 = none), else from its
 * address (0 = not told), else from where a BIOS leaves it. Returns 0, or -ENOENT if there is no
 * usable RSDP or root table; out->diags say why.
 */
int acpi_find_tables(acpi_map_fn map, const uint8_t *rsdp_copy, size_t rsdp_copy_len,
                     uint64_t rsdp_pa, struct acpi_tables *out);

/*
 * Map and check the one table at @pa (the DSDT, which only the FADT points at). Returns 0, with
 * a complaint in *@diag if the checksum is wrong; or -EINVAL with the reason, table->bytes is NULL.
 */
int acpi_table_at(acpi_map_fn map, uint64_t pa, struct acpi_table *table, struct acpi_diag *diag);

/* The first table of this signature (four characters) that was not rejected, or NULL. */
const struct acpi_table *acpi_table_get(const struct acpi_tables *t, const char *signature);

#endif
