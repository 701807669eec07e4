/*
 * mm/buddy.h - blocks of 2^order pages of one zone.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include "mm/pageblock.h"
#include "mm/zone.h"

/* Node and zone of a page, as they stand in its flags. */
static inline unsigned long buddy_place(const struct page *page)
{
    return page->flags >> PAGE_ZONE_SHIFT << PAGE_ZONE_SHIFT;
}

/* What `flags` of a free block's head of this order and type in this place must be, exactly. */
static inline unsigned long buddy_free_flags(unsigned long place, unsigned order,
                                             enum migrate_type type)
{
    return place | PAGE_FREE | order | (unsigned long)type << PAGE_MIGRATETYPE_SHIFT;
}

/* Is it the head of a free block of this order in this place? */
static inline bool buddy_is_free(const struct page *page, unsigned long place, unsigned order)
{
    return (page->flags & ~PAGE_MIGRATETYPE_MASK) == (place | PAGE_FREE | order);
}

/* The type of the list that a free block lies in. */
static inline enum migrate_type buddy_type(const struct page *page)
{
    return (enum migrate_type)((page->flags & PAGE_MIGRATETYPE_MASK) >> PAGE_MIGRATETYPE_SHIFT);
}

/* A block that is in no list goes to one; nr_free_pages is the caller's. */
static inline void buddy_link(struct zone *zone, struct page *page, unsigned long place,
                              unsigned order, enum migrate_type type) __must_hold(zone->lock)
{
    struct free_area *area = &zone->free_area[order];

    page->flags = buddy_free_flags(place, order, type);
    list_add(&page->lru, &area->free_list[type]);
    area->nr_free++;
    zone->free_orders[type] |= 1UL << order;
}

/* And leaves it; its flags and nr_free_pages are the caller's. */
static inline void buddy_unlink(struct zone *zone, struct page *page, unsigned order)
    __must_hold(zone->lock)
{
    struct free_area *area = &zone->free_area[order];
    enum migrate_type type = buddy_type(page);

    list_del(&page->lru);
    area->nr_free--;
    if (list_empty(&area->free_list[type]))
        zone->free_orders[type] &= ~(1UL << order);
}

void buddy_free(struct zone *zone, struct page *page, unsigned order) __must_hold(zone->lock);
void buddy_give(struct zone *zone, unsigned long start_pfn, unsigned long end_pfn)
    __must_hold(zone->lock);
int buddy_verify(struct zone *zone) __must_hold(zone->lock);
bool buddy_steal(struct zone *zone, unsigned order, enum migrate_type type) __must_hold(zone->lock);

/*
 * Split a block of order @have, that is in no list, down to @order: each order from there up to
 * @have gets an upper half.
 */
static inline void buddy_split(struct zone *zone, struct page *page, unsigned have, unsigned order,
                               enum migrate_type type) __must_hold(zone->lock)
{
    unsigned long place = buddy_place(page);

    while (have > order) {
        have--;
        buddy_link(zone, page + (1UL << have), place, have, type);
    }
}

/*
 * buddy_alloc - take a block of 2^@order pages.
 *
 * @order  0..MAX_ORDER-1.
 * @type   what it is for: from a block of that type if there is one, else from another.
 *
 * Returns its head, marked PAGE_ALLOCATED, or NULL if no block is large enough.
 * Context: zone->lock held. At most MAX_ORDER splits, and a walk over one pageblock.
 */
static inline struct page *buddy_alloc(struct zone *zone, unsigned order, enum migrate_type type)
    __must_hold(zone->lock)
{
    struct page *page;
    unsigned have;

    if (unlikely(!(zone->free_orders[type] >> order)) && !buddy_steal(zone, order, type))
        return NULL;
    have = (unsigned)__builtin_ctzl(zone->free_orders[type] >> order << order);
    page = list_first_entry(&zone->free_area[have].free_list[type], struct page, lru);
    buddy_unlink(zone, page, have);
    buddy_split(zone, page, have, order, type);
    page->flags = buddy_place(page) | PAGE_ALLOCATED | order;
    zone->nr_free_pages -= 1UL << order;
    zone->nr_alloc += 1UL << order;
    return page;
}

#endif
