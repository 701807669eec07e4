/*
 * mm/buddy.c - blocks of 2^order pages of one zone: split, merge, and no policy.
 *
 * THEORY
 *
 * Free memory is kept as blocks of 2^order pages, each aligned to its own size, one list per order
 * and type (mm/pageblock.h). A block of order n is two *buddies* of order n-1, whose page numbers differ in one bit. To serve
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
 *   B3  Every block in the list of order n and type t has a head with PAGE_FREE, n and t; no other
 *       page has.
 *   B4  free_area[n].nr_free counts the lists, nr_free_pages all of them, free_orders[t] the non-empty.
 *   B5  Two free buddies of one order below the highest don't exist: they would be one block.
 *
 * LOCKING  The caller holds zone->lock.
 * UNITS    Pages; orders 0..MAX_ORDER-1.
 * NOT HERE buddy_alloc, short enough to stand in mm/buddy.h; blocks of another type
 *          (mm/buddy_steal.c); which zone (mm/page_alloc.c); what a caller may do wrong
 *          (mm/page_check.c).
 */
#include "mm/buddy.h"
#include "kernel/bug.h"
#include "mm/node.h"

/*
 * buddy_free - give a block back and merge it as far as possible.
 *
 * @page   its head, of this zone, not in a free list (the caller has checked).
 * @order  the block's.
 *
 * The merged block goes to the list of the type of @page's pageblock.
 * Context: zone->lock held. At most MAX_ORDER merges.
 */
void buddy_free(struct zone *zone, struct page *page, unsigned order)
{
    unsigned long pfn = page_to_pfn(page), place = buddy_place(page);
    enum migrate_type type = pageblock_type(page);

    zone->nr_free_pages += 1UL << order;
    zone->nr_freed += 1UL << order;
    page->flags = place;
    for (; order < MAX_ORDER - 1; order++) {
        struct page *buddy = pfn_to_page(pfn ^ 1UL << order);

        /* Node and zone are part of the comparison: a block never merges out of its zone. */
        if (!buddy_is_free(buddy, place, order))
            break;
        buddy_unlink(zone, buddy, order);
        buddy->flags = place;
        pfn &= ~(1UL << order);
    }
    buddy_link(zone, pfn_to_page(pfn), place, order, type);
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
        buddy_free(zone, pfn_to_page(start_pfn), order);
        start_pfn += 1UL << order;
    }
}

/* The head of a larger free block that this one lies in, or NULL. */
static struct page *block_around(unsigned long pfn, unsigned order)
{
    for (unsigned larger = order + 1; larger < MAX_ORDER; larger++) {
        struct page *head = pfn_to_page(pfn >> larger << larger);

        if (buddy_is_free(head, buddy_place(pfn_to_page(pfn)), larger))
            return head;
    }
    return NULL;
}

/* B1, B2, B3, B5 for one block of a list. */
static int verify_block(const struct zone *zone, struct page *page, unsigned order,
                        enum migrate_type type)
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
    if (block_around(pfn, order)) {
        report_bug("B2: free block at pfn 0x%lx order %u lies in the one at pfn 0x%lx", pfn, order,
                   page_to_pfn(block_around(pfn, order)));
        return 1;
    }
    if (page->flags != buddy_free_flags(buddy_place(page), order, type)) {
        report_bug("B3: head at pfn 0x%lx of a free block of order %u, type %d, has flags 0x%lx",
                   pfn, order, type, page->flags);
        return 1;
    }
    if (order < MAX_ORDER - 1 && buddy_is_free(pfn_to_page(pfn ^ size), buddy_place(page), order)) {
        report_bug("B5: buddies at pfn 0x%lx and 0x%lx of order %u are both free", pfn, pfn ^ size,
                   order);
        return 1;
    }
    return 0;
}

/* One list, of at most @limit blocks; how many go to @nr. */
static int verify_list(struct zone *zone, unsigned order, enum migrate_type type,
                       unsigned long limit, unsigned long *nr) __must_hold(zone->lock)
{
    struct page *page;
    int errors = 0;

    *nr = 0;
    list_for_each_entry (page, &zone->free_area[order].free_list[type], lru) {
        errors += verify_block(zone, page, order, type);
        if (++*nr > limit)
            break;
    }
    if ((*nr != 0) != (zone->free_orders[type] >> order & 1)) {
        report_bug("B4: node %d zone %s order %u type %d has %lu blocks, orders 0x%lx",
                   zone->zone_pgdat->node_id, zone->name, order, type, *nr,
                   zone->free_orders[type]);
        errors++;
    }
    return errors;
}

/* The lists of one order, and their count. */
static int verify_area(struct zone *zone, unsigned order, unsigned long *nr_pages)
    __must_hold(zone->lock)
{
    struct free_area *area = &zone->free_area[order];
    unsigned long nr = 0, nr_of_type;
    int errors = 0;

    for (int type = 0; type < MIGRATE_TYPES; type++) {
        errors += verify_list(zone, order, (enum migrate_type)type, area->nr_free, &nr_of_type);
        nr += nr_of_type;
    }
    if (nr != area->nr_free) {
        report_bug("B4: node %d zone %s order %u has %lu blocks, counted %lu",
                   zone->zone_pgdat->node_id, zone->name, order, nr, area->nr_free);
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
