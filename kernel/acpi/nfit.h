/*
 * kernel/acpi/nfit.h - the NFIT: where persistent memory is.
 */
#ifndef KERNEL_ACPI_NFIT_H
#define KERNEL_ACPI_NFIT_H

#include "kernel/acpi/acpi.h"

#define NFIT_MAX_RANGES 64

/* A range of the system's physical addresses that is persistent memory. */
struct nfit_range {
    uint32_t offset; /* of the structure in the table */
    uint16_t index;  /* the firmware's own number for it, 1 or more */
    bool pxm_valid;
    uint32_t pxm;  /* proximity domain, if it is valid */
    uint64_t base; /* physical, bytes */
    uint64_t size;
};

struct nfit {
    unsigned nr_structures; /* of all types */
    unsigned nr_others;     /* ranges of another kind than persistent memory */
    unsigned nr_ranges;
    struct nfit_range ranges[NFIT_MAX_RANGES];
};

/*
 * Find the ranges of persistent memory in @table. Returns 0; -EINVAL if the table is damaged, -ENOSPC if
 * it has more than NFIT_MAX_RANGES; *@diag is filled, ranges before that are in *@out.
 */
int nfit_parse(const uint8_t *table, size_t size, struct nfit *out, struct acpi_diag *diag);

#endif
