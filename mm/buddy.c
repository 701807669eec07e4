/*
 * mm/buddy.c - blocks of 2^order pages of one zone: split, merge, and no policy.
 *
 * THEORY
 *
 * Free memory is kept as blocks of 2^order pages, each aligned to its own size, one list per order.
 * A block of order n is two *buddies* of order n-1, whose page numbers differ in one bit. To serve
 * order n, take a block of that order, or split a larger one and keep the other halves; to free,
 * merge with the buddy for as long as it is free and whole.
 *
 * Example: one free block of order 3 at page 8, and a request for order 0:
 *
 *     page      8   9   10  11  12  13  14  15
 *               [            3             ]        one block of order 3
 *               [      2     ] [     2     ]        12..15 goes to the list of order 2
 *               [  1  ] [  1 ]                      10..11 to the list of order 1
 *               [0][0]                              9 to the list of order 0; page 8 is handed out
 *
 * Freeing page 8 finds its buddy 9 (8 ^ 1) free with order 0, then 10 (8 ^ 2) free with order 1,
 * then 12 (8 ^ 4) free with order 2, and the block of order 3 is whole again. Cost: the order, not
 * the size; no page but the heads is touched.
 *
 * INVARIANTS
 *   B1  A block's first page number is a multiple of its size.
 *   B2  Blocks of a zone don't overlap and lie inside its span, in pages of its node and zone.
 *   B3  Every block in the list of order n has a head with PAGE_FREE and n; no other page has.
 *   B4  free_area[n].nr_free counts the list, nr_free_pages all of them, free_orders the non-empty.
 *   B5  Two free buddies of one order below the highest don't exist: they would be one block.
 *
 * LOCKING  The caller holds zone->lock.
 * UNITS    Pages; orders 0..MAX_ORDER-1.
 * NOT HERE Which zone (mm/page_alloc.c); what a caller may do wrong (mm/page_check.c).
 */
#include "mm/buddy.h"
#include "kernel/bug.h"
#include "mm/node.h"

/* What `flags` of a free block's head of this order in this place must be, exactly. */
static unsigned long free_flags(const struct page *page, unsigned order)
{
    unsigned long place = page->flags & ~(PAGE_ORDER_MASK | PAGE_STATE_MASK);

    return place | PAGE_FREE | order;
}

static void set_state(struct page *page, unsigned long state_and_order)
{
    page->flags = (page->flags & ~(PAGE_ORDER_MASK | PAGE_STATE_MASK)) | state_and_order;
}

static void push(struct zone *zone, struct page *page, unsigned order) __must_hold(zone->lock)
{
    set_state(page, PAGE_FREE | order);
    list_add(&page->lru, &zone->free_area[order].free_list);
    zone->free_area[order].nr_free++;
    zone->free_orders |= 1UL << order;
}

static void unlink_block(struct zone *zone, struct page *page, unsigned order)
    __must_hold(zone->lock)
{
    list_del(&page->lru);
    if (--zone->free_area[order].nr_free == 0)
        zone->free_orders &= ~(1UL << order);
}

/*
 * buddy_alloc - take a block of 2^@order pages.
 *
 * @order  0..MAX_ORDER-1.
 *
 * Returns its head, marked PAGE_ALLOCATED, or NULL if no block is large enough.
 * Context: zone->lock held. At most MAX_ORDER splits.
 */
struct page *buddy_alloc(struct zone *zone, unsigned order)
{
    unsigned long fitting = zone->free_orders >> order << order;
    struct page *page;
    unsigned have;

    if (!fitting)
        return NULL;
    have = (unsigned)__builtin_ctzl(fitting);
    page = list_first_entry(&zone->free_area[have].free_list, struct page, lru);
    unlink_block(zone, page, have);
    while (have > order) {
        have--;
        push(zone, page + (1UL << have), have);
    }
    set_state(page, PAGE_ALLOCATED | order);
    zone->nr_free_pages -= 1UL << order;
    return page;
}

/*
 * buddy_free - give a block back and merge it as far as possible.
 *
 * @page   its head, of this zone, not in a free list (the caller has checked).
 * @order  the block's.
 *
 * Context: zone->lock held. At most MAX_ORDER merges.
 */
void buddy_free(struct zone *zone, struct page *page, unsigned order)
{
    unsigned long pfn = page_to_pfn(page);

    zone->nr_free_pages += 1UL << order;
    while (order < MAX_ORDER - 1) {
        struct page *buddy = pfn_to_page(pfn ^ 1UL << order);

        /* Its place in the comparison is this page's: a block never merges out of its zone. */
        if (buddy->flags != free_flags(page, order))
            break;
        unlink_block(zone, buddy, order);
        set_state(buddy, 0);
        set_state(page, 0);
        pfn &= ~(1UL << order);
        page = pfn_to_page(pfn);
        order++;
    }
    push(zone, page, order);
}

/*
 * buddy_give - boot hands over the pages [start_pfn, end_pfn) of this zone.
 *
 * They become the largest aligned blocks that fit; PAGE_RESERVED goes from their heads (the other
 * pages' descriptors are the caller's to clear). Context: zone->lock held.
 */
void buddy_give(struct zone *zone, unsigned long start_pfn, unsigned long end_pfn)
{
    zone->managed_pages += end_pfn - start_pfn;
    while (start_pfn < end_pfn) {
        unsigned order = MAX_ORDER - 1;

        if (start_pfn)
            order = min(order, (unsigned)__builtin_ctzl(start_pfn));
        while ((1UL << order) > end_pfn - start_pfn)
            order--;
        set_state(pfn_to_page(start_pfn), 0);
        buddy_free(zone, pfn_to_page(start_pfn), order);
        start_pfn += 1UL << order;
    }
}

/* B1, B2, B3, B5 for one block of a list. */
static int verify_block(const struct zone *zone, struct page *page, unsigned order)
{
    unsigned long pfn = page_to_pfn(page), size = 1UL << order;
    int nid = zone->zone_pgdat->node_id;

    if (pfn & (size - 1)) {
        report_bug("B1: free block at pfn 0x%lx is not aligned to its order %u", pfn, order);
        return 1;
    }
    if (pfn < zone->zone_start_pfn || pfn + size > zone_end_pfn(zone) || page_to_nid(page) != nid ||
        page_to_nid(page + size - 1) != nid ||
        page_zonenum(page) != page_zonenum(page + size - 1)) {
        report_bug("B2: free block at pfn 0x%lx order %u is not in node %d zone %s", pfn, order,
                   nid, zone->name);
        return 1;
    }
    if (page->flags != free_flags(page, order)) {
        report_bug("B3: head at pfn 0x%lx of a free block of order %u has flags 0x%lx", pfn, order,
                   page->flags);
        return 1;
    }
    if (order < MAX_ORDER - 1 && pfn_to_page(pfn ^ size)->flags == free_flags(page, order)) {
        report_bug("B5: buddies at pfn 0x%lx and 0x%lx of order %u are both free", pfn, pfn ^ size,
                   order);
        return 1;
    }
    return 0;
}

/* One list, and its count. */
static int verify_area(struct zone *zone, unsigned order, unsigned long *nr_pages)
    __must_hold(zone->lock)
{
    struct free_area *area = &zone->free_area[order];
    unsigned long nr = 0;
    struct page *page;
    int errors = 0;

    list_for_each_entry (page, &area->free_list, lru) {
        errors += verify_block(zone, page, order);
        if (++nr > area->nr_free)
            break;
    }
    if (nr != area->nr_free || (nr != 0) != (zone->free_orders >> order & 1)) {
        report_bug("B4: node %d zone %s order %u has %lu blocks, counted %lu, orders 0x%lx",
                   zone->zone_pgdat->node_id, zone->name, order, nr, area->nr_free,
                   zone->free_orders);
        errors++;
    }
    *nr_pages += nr << order;
    return errors;
}

/*
 * buddy_verify - check B1 to B5. Reports each violation; returns how many.
 *
 * Context: zone->lock held; walks all free blocks.
 */
int buddy_verify(struct zone *zone)
{
    unsigned long nr_pages = 0;
    int errors = 0;

    for (unsigned order = 0; order < MAX_ORDER; order++)
        errors += verify_area(zone, order, &nr_pages);
    if (nr_pages != zone->nr_free_pages || nr_pages > zone->managed_pages) {
        report_bug("B4: node %d zone %s has %lu free pages, counted %lu, managed %lu",
                   zone->zone_pgdat->node_id, zone->name, nr_pages, zone->nr_free_pages,
                   zone->managed_pages);
        errors++;
    }
    return errors;
}
