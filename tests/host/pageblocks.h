/*
 * tests/host/pageblocks.h - a map of pageblocks for tests with page arrays of their own.
 */
#ifndef TESTS_HOST_PAGEBLOCKS_H
#define TESTS_HOST_PAGEBLOCKS_H

#include "mm/pageblock.h"
#include "tests/host/test.h"

#define HOST_PAGEBLOCKS 64

static uint8_t host_pageblock_map[HOST_PAGEBLOCKS];

/* All pageblocks below @end_pfn are movable, and grouping is on. */
static inline void host_pageblocks(unsigned long end_pfn)
{
    nr_pageblocks = (end_pfn + PAGEBLOCK_PAGES - 1) / PAGEBLOCK_PAGES;
    ASSERT(nr_pageblocks <= HOST_PAGEBLOCKS);
    memset(host_pageblock_map, MIGRATE_MOVABLE, sizeof(host_pageblock_map));
    pageblock_map = host_pageblock_map;
    page_group_by_mobility_disabled = false;
}

#endif
