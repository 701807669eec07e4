/*
 * mm/pmem_ranges.h - which of the ranges that were told of are usable persistent memory.
 */
#ifndef MM_PMEM_RANGES_H
#define MM_PMEM_RANGES_H

#include "mm/memblock.h"

#define PMEM_MAX_RANGES 64

struct pmem_range {
    uint64_t start; /* physical, bytes, [start, end) */
    uint64_t end;
    bool from_nfit;
    bool pxm_valid;
    uint32_t pxm; /* proximity domain */
};

/* Sorted by start, disjoint, whole pages. */
struct pmem_ranges {
    uint64_t limit; /* in: what the direct map has room for and the CPU can address ends here */
    unsigned nr;
    struct pmem_range range[PMEM_MAX_RANGES];
};

int pmem_ranges_add(struct pmem_ranges *list, const struct memblock *ram,
                    const struct pmem_range *range, const char **why);

#endif
