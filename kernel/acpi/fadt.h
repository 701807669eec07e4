/*
 * kernel/acpi/fadt.h - the FADT and the DSDT's \_S5: how the machine is switched off.
 */
#ifndef KERNEL_ACPI_FADT_H
#define KERNEL_ACPI_FADT_H

#include "kernel/acpi/acpi.h"

struct fadt {
    uint8_t revision;
    uint64_t dsdt_pa;   /* 0 = none */
    uint16_t pm1a_port; /* PM1 control registers, in I/O space; 0 = none */
    uint16_t pm1b_port;
    uint16_t pm_timer_port; /* counts 3579545 ticks a second; 0 = none */
    bool pm_timer_32bit;    /* else it has 24 bits */
};

/*
 * Read the FADT (signature "FACP"). Returns 0, with *@diag saying what is missing ("" if nothing);
 * or -EINVAL with *@diag filled and *@out all zero.
 */
int fadt_parse(const uint8_t *table, size_t size, struct fadt *out, struct acpi_diag *diag);

/*
 * Find the package \_S5 in the DSDT or an SSDT: the values that PM1 control's SLP_TYP takes for
 * soft off. False, and nothing written, if there is none or it isn't made of constants below 8.
 */
bool dsdt_find_s5(const uint8_t *dsdt, size_t size, uint8_t *slp_typa, uint8_t *slp_typb);

#endif
