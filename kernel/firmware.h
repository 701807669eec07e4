/*
 * kernel/firmware.h - this machine's firmware tables.
 */
#ifndef KERNEL_FIRMWARE_H
#define KERNEL_FIRMWARE_H

#include "kernel/acpi/tables.h"

struct boot_info;
struct madt;

void firmware_init(const struct boot_info *bi);
/* What the MADT says, or NULL if there is none. */
const struct madt *firmware_madt(void);
/* The first table of this signature, mapped and checked, or NULL. */
const struct acpi_table *firmware_table(const char *signature);
/* Walk the tables: the @i-th, NULL past the last. */
const struct acpi_table *firmware_table_nth(unsigned i);

#endif
