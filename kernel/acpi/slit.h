/*
 * kernel/acpi/slit.h - the SLIT: how far each locality is from each other.
 */
#ifndef KERNEL_ACPI_SLIT_H
#define KERNEL_ACPI_SLIT_H

#include "kernel/acpi/acpi.h"

struct slit {
    unsigned nr_localities;
    const uint8_t *distance; /* inside the table: nr_localities x nr_localities, row-major */
};

/*
 * Find the matrix in @table. Returns 0; or -EINVAL with *@diag filled, nr_localities 0 and distance
 * NULL, if the table is too short for its own count. The distances are not judged.
 */
int slit_parse(const uint8_t *table, size_t size, struct slit *out, struct acpi_diag *diag);

#endif
