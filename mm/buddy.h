/*
 * mm/buddy.h - blocks of 2^order pages of one zone.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include "mm/zone.h"

/* Node and zone of a page, as they stand in its flags. */
static inline unsigned long buddy_place(const struct page *page)
{
    return page->flags & ~(PAGE_ORDER_MASK | PAGE_STATE_MASK);
}

/* What `flags` of a free block's head of this order in this place must be, exactly. */
static inline unsigned long buddy_free_flags(unsigned long place, unsigned order)
{
    return place | PAGE_FREE | order;
}

void buddy_free(struct zone *zone, struct page *page, unsigned order) __must_hold(zone->lock);
void buddy_give(struct zone *zone, unsigned long start_pfn, unsigned long end_pfn)
    __must_hold(zone->lock);
int buddy_verify(struct zone *zone) __must_hold(zone->lock);

/*
 * Split a block of order @have, that is in no list, down to @order: each order from there up to
 * @have gets an upper half. One order down, everything is one less or half: the flags that a head
 * has, the place in free_area, the distance to the upper half.
 */
static inline void buddy_split(struct zone *zone, struct page *page, unsigned have, unsigned order)
    __must_hold(zone->lock)
{
    struct free_area *area = &zone->free_area[have];
    unsigned long flags = buddy_free_flags(buddy_place(page), have), size = 1UL << have;

    zone->free_orders |= size - (1UL << order);
    do {
        struct page *half = page + (size >>= 1);

        area--;
        half->flags = --flags;
        list_add(&half->lru, &area->free_list);
        area->nr_free++;
    } while (--have > order);
}

/*
 * buddy_alloc - take a block of 2^@order pages.
 *
 * @order  0..MAX_ORDER-1.
 *
 * Returns its head, marked PAGE_ALLOCATED, or NULL if no block is large enough.
 * Context: zone->lock held. At most MAX_ORDER splits.
 */
static inline struct page *buddy_alloc(struct zone *zone, unsigned order) __must_hold(zone->lock)
{
    unsigned long fitting = zone->free_orders >> order << order;
    struct page *page;
    unsigned have;

    if (unlikely(!fitting))
        return NULL;
    have = (unsigned)__builtin_ctzl(fitting);
    page = list_first_entry(&zone->free_area[have].free_list, struct page, lru);
    list_del(&page->lru);
    if (--zone->free_area[have].nr_free == 0)
        zone->free_orders &= ~(1UL << have);
    if (have > order)
        buddy_split(zone, page, have, order);
    page->flags = buddy_place(page) | PAGE_ALLOCATED | order;
    zone->nr_free_pages -= 1UL << order;
    zone->nr_alloc += 1UL << order;
    return page;
}

#endif
