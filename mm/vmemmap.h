/*
 * mm/vmemmap.h - where the page descriptors lie.
 */
#ifndef MM_VMEMMAP_H
#define MM_VMEMMAP_H

#include "mm/memblock.h"
#include "mm/page.h"

struct zone;

/* One bit for each block of MAX_ORDER_PAGES below max_pfn: has it descriptors? */
extern unsigned long *pfn_block_map;
extern unsigned long
    max_pfn; /* pages of RAM and of devices lie below; a multiple of MAX_ORDER_PAGES */

/* Is there a descriptor for @pfn, RAM or hole? */
static inline bool pfn_valid(unsigned long pfn)
{
    unsigned long block = pfn / MAX_ORDER_PAGES;

    return pfn < max_pfn && (pfn_block_map[block / 64] >> block % 64 & 1);
}

void vmemmap_init(struct memblock *mb);
void vmemmap_release(const struct memblock *mb);
void vmemmap_give(struct zone *zone, unsigned long start, unsigned long end);

#endif
