/*
 * mm/buddy_steal.c - when the free lists of one mobility type have nothing left.
 *
 * THEORY
 *
 * The request is served from a pageblock of another type (mm/pageblock.h), and the damage that this
 * does to the order of things shall be small:
 *
 *   - The types are asked in a fixed order, the one that is hurt least first.
 *   - The largest free block is taken, since what it leaves serves the next requests of the type, too,
 *     so that unlike pages come together in few pageblocks. Only a movable request that needs less than
 *     half a pageblock's order takes the smallest that will do: movable pages hurt nobody for long.
 *   - With a block that isn't a whole pageblock, its pageblock is looked at. All free blocks in it
 *     change to the new type's lists; and if those pages, with the pages in use that are alike, are half
 *     of it or more, the pageblock itself changes its type, and what is freed in it comes to us.
 *
 * Example: an unmovable request, and this movable pageblock is the one with the largest free block:
 *
 *     before  movable    |m...m...|........|........|mm..mm..|    390 of 512 pages are free
 *     after   unmovable  |mu..m...|........|........|mm..mm..|    so it is ours: the next 389, too
 *
 * INVARIANTS
 *   S1  A type's block is taken only if its own lists have none that is large enough.
 *
 * LOCKING  The caller holds zone->lock. Other zones' pages in the same pageblock are left alone.
 * UNITS    Pages by order.
 * SOURCES  Order of types and thresholds are Linux 6.1's.
 */
#include "kernel/bug.h"
#include "mm/buddy.h"

/* Whom to ask, first to last. */
static const enum migrate_type donors[MIGRATE_TYPES][MIGRATE_TYPES - 1] = {
    [MIGRATE_UNMOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE},
    [MIGRATE_MOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE},
    [MIGRATE_RECLAIMABLE] = {MIGRATE_UNMOVABLE, MIGRATE_MOVABLE},
};

/* The first free block of order @have of another type, in the order of the donors; or NULL. */
static struct page *find_block(struct zone *zone, unsigned have, enum migrate_type type)
    __must_hold(zone->lock)
{
    for (int i = 0; i < MIGRATE_TYPES - 1; i++) {
        struct list_head *list = &zone->free_area[have].free_list[donors[type][i]];

        if (!list_empty(list))
            return list_first_entry(list, struct page, lru);
    }
    return NULL;
}

static struct page *find_largest(struct zone *zone, unsigned order, enum migrate_type type,
                                 unsigned *have) __must_hold(zone->lock)
{
    struct page *page = NULL;

    for (*have = MAX_ORDER; !page && (*have)-- > order;)
        page = find_block(zone, *have, type);
    return page;
}

static struct page *find_smallest(struct zone *zone, unsigned order, enum migrate_type type,
                                  unsigned *have) __must_hold(zone->lock)
{
    struct page *page = NULL;

    for (*have = order; *have < MAX_ORDER; (*have)++) {
        page = find_block(zone, *have, type);
        if (page)
            break;
    }
    return page;
}

/* May a request of this type that found a block of order @have take over more than the block? */
static bool may_claim(unsigned have, enum migrate_type type)
{
    return have >= PAGEBLOCK_ORDER / 2 || type != MIGRATE_MOVABLE ||
           page_group_by_mobility_disabled;
}

static void move_block(struct zone *zone, struct page *page, unsigned order, enum migrate_type type)
    __must_hold(zone->lock)
{
    buddy_unlink(zone, page, order);
    buddy_link(zone, page, buddy_place(page), order, type);
}

/* What a pageblock has of this zone, in pages. */
struct census {
    unsigned long nr_free;
    unsigned long nr_movable; /* in use, and known to be movable: those in an LRU list */
};

/*
 * Move the free blocks of a pageblock to the lists of @type, and count. Under the zone's lock blocks
 * change between allocated and a CPU's list, but neither their heads nor their orders.
 */
static struct census take_census(struct zone *zone, struct page *page, enum migrate_type type)
    __must_hold(zone->lock)
{
    unsigned long start = ALIGN_DOWN(page_to_pfn(page), PAGEBLOCK_PAGES), place = buddy_place(page);
    struct census c = {0};

    for (unsigned long pfn = start; pfn < start + PAGEBLOCK_PAGES;) {
        struct page *head = pfn_to_page(pfn);
        unsigned long flags = READ_ONCE(head->flags), nr = 1;

        if (buddy_place(head) == place && (flags & (PAGE_FREE | PAGE_ALLOCATED | PAGE_PCP)))
            nr = 1UL << page_order(head);
        if (buddy_is_free(head, place, page_order(head))) {
            move_block(zone, head, page_order(head), type);
            c.nr_free += nr;
        } else if (flags & PAGE_LRU) {
            c.nr_movable += nr;
        }
        pfn += nr;
    }
    return c;
}

/* A pageblock that isn't free as a whole: all its free blocks, and perhaps its type. */
static void claim_pageblock(struct zone *zone, struct page *page, enum migrate_type type)
    __must_hold(zone->lock)
{
    enum migrate_type old = pageblock_type(page);
    struct census c = take_census(zone, page, type);
    unsigned long nr_alike = 0;

    if (type == MIGRATE_MOVABLE)
        nr_alike = c.nr_movable;
    else if (old == MIGRATE_MOVABLE)
        nr_alike = PAGEBLOCK_PAGES - c.nr_free - c.nr_movable;
    if (c.nr_free + nr_alike >= PAGEBLOCK_PAGES / 2 || page_group_by_mobility_disabled)
        pageblock_set_type(page, 0, type);
}

/*
 * buddy_steal - let the lists of @type have a block of 2^@order pages or more, from another type.
 *
 * Returns whether they have one now. Context: zone->lock held; they had none.
 */
bool buddy_steal(struct zone *zone, unsigned order, enum migrate_type type)
{
    unsigned have;
    struct page *page = find_largest(zone, order, type, &have);

    if (!page)
        return false;
    if (!may_claim(have, type))
        page = find_smallest(zone, order, type, &have);
    if (have >= PAGEBLOCK_ORDER)
        pageblock_set_type(page, have, type);
    if (have < PAGEBLOCK_ORDER && may_claim(have, type))
        claim_pageblock(zone, page, type);
    else
        move_block(zone, page, have, type);
    return true;
}
