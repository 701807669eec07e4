/*
 * mm/buddy.h - blocks of 2^order pages of one zone.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include "mm/zone.h"

struct page *buddy_alloc(struct zone *zone, unsigned order) __must_hold(zone->lock);
void buddy_free(struct zone *zone, struct page *page, unsigned order) __must_hold(zone->lock);
void buddy_give(struct zone *zone, unsigned long start_pfn, unsigned long end_pfn)
    __must_hold(zone->lock);
int buddy_verify(struct zone *zone) __must_hold(zone->lock);

#endif
