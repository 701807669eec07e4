/*
 * tests/host/test_mobility.c - mm/buddy_steal.c: who takes over whose pageblocks, on a private zone.
 */
#include "mm/buddy.h"
#include "mm/node.h"
#include "tests/host/pageblocks.h"
#include "tests/host/test.h"

#define FIRST_PFN 0x2000UL
#define NR_BLOCKS 16
#define NR_PAGES  (NR_BLOCKS * PAGEBLOCK_PAGES)
#define NID       1
#define ZONE      ZONE_NORMAL
#define MAX_HELD  2048

static struct page pages[NR_PAGES];
static pg_data_t node;
static struct zone *zone;
static struct held {
    struct page *page;
    unsigned order;
} held[MAX_HELD];
static unsigned nr_held;

static void begin_with(unsigned long nr_pages)
{
    memset(&node, 0, sizeof(node));
    memset(pages, 0, sizeof(pages));
    nr_held = 0;
    vmemmap = (struct page *)((uintptr_t)pages - FIRST_PFN * sizeof(struct page));
    node.node_id = NID;
    zone = &node.node_zones[ZONE];
    zone->name = "Normal";
    zone->zone_pgdat = &node;
    zone->zone_start_pfn = FIRST_PFN;
    zone->spanned_pages = zone->present_pages = NR_PAGES;
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        for (int type = 0; type < MIGRATE_TYPES; type++)
            list_init(&zone->free_area[order].free_list[type]);
    }
    for (unsigned long i = 0; i < NR_PAGES; i++)
        pages[i].flags = page_flags_place(NID, ZONE) | (i < nr_pages ? 0 : PAGE_RESERVED);
    host_pageblocks(FIRST_PFN + NR_PAGES);
    buddy_give(zone, FIRST_PFN, FIRST_PFN + nr_pages);
}

static enum migrate_type type_of(unsigned long block)
{
    return pageblock_type(&pages[block * PAGEBLOCK_PAGES]);
}

static unsigned long block_of(const struct page *page)
{
    return (unsigned long)(page - pages) / PAGEBLOCK_PAGES;
}

/* The largest order of which a free block exists, whatever its type; -1 if none. */
static int largest_free(void)
{
    for (int order = MAX_ORDER - 1; order >= 0; order--) {
        if (zone->free_area[order].nr_free)
            return order;
    }
    return -1;
}

/* A type with empty lists must be served as long as any other has a block that is large enough. */
HTEST(mobility, a_request_fails_only_if_no_type_has_a_block)
{
    begin_with(NR_PAGES - 77);
    for (unsigned i = 0; i < 60000; i++) {
        if (nr_held < MAX_HELD && host_random_below(100) < (i / 7000 % 2 ? 40U : 62U)) {
            unsigned order = host_random_below(host_random_below(MAX_ORDER) + 1);
            enum migrate_type type = (enum migrate_type)host_random_below(MIGRATE_TYPES);
            bool there = largest_free() >= (int)order;
            struct page *page = buddy_alloc(zone, order, type);

            EXPECT_EQ(there, page != NULL);
            if (page)
                held[nr_held++] = (struct held){page, order};
        } else if (nr_held) {
            struct held *h = &held[host_random_below(nr_held)];

            buddy_free(zone, h->page, h->order);
            *h = held[--nr_held];
        }
        if (i % 500 == 0)
            EXPECT_EQ(0, buddy_verify(zone));
    }
    while (nr_held--)
        buddy_free(zone, held[nr_held].page, held[nr_held].order);
    EXPECT_EQ(0, buddy_verify(zone));
    EXPECT_EQ(NR_PAGES - 77, zone->nr_free_pages);
    EXPECT_EQ(NR_PAGES / MAX_ORDER_PAGES - 1, zone->free_area[MAX_ORDER - 1].nr_free);
}

/* Unmovable pages would be strewn over all of memory, and none of it be whole again. */
HTEST(mobility, unmovable_pages_come_together_in_as_few_pageblocks_as_hold_them)
{
    bool used[NR_BLOCKS] = {false};
    unsigned long nr_used = 0;

    begin_with(NR_PAGES);
    for (unsigned i = 0; i < 3000; i++) {
        struct page *page = buddy_alloc(zone, 0, i % 3 ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);

        ASSERT(page != NULL);
        if (i % 3 == 0)
            used[block_of(page)] = true;
    }
    for (unsigned long i = 0; i < NR_BLOCKS; i++)
        nr_used += used[i];
    EXPECT_EQ(2, nr_used); /* 1000 pages */
}

/* What is freed in a block that was taken over must come to the new owner. */
HTEST(mobility, a_whole_pageblock_changes_its_type_when_it_is_taken)
{
    struct page *page;

    begin_with(PAGEBLOCK_PAGES);
    page = buddy_alloc(zone, 0, MIGRATE_RECLAIMABLE);
    ASSERT(page != NULL);
    EXPECT_EQ(MIGRATE_RECLAIMABLE, type_of(0));
    buddy_free(zone, page, 0);
    EXPECT_EQ(1UL << PAGEBLOCK_ORDER, zone->free_orders[MIGRATE_RECLAIMABLE]);
    EXPECT_EQ(0, zone->free_orders[MIGRATE_MOVABLE]);
}

/* Take @nr single pages of a lone movable pageblock, and then one that is unmovable. */
static void steal_after(unsigned nr)
{
    begin_with(PAGEBLOCK_PAGES);
    for (unsigned i = 0; i < nr; i++) {
        struct page *page = buddy_alloc(zone, 0, MIGRATE_MOVABLE);

        ASSERT(page != NULL);
        page->flags |= PAGE_LRU; /* known to be movable */
    }
    ASSERT(buddy_alloc(zone, 0, MIGRATE_UNMOVABLE) != NULL);
    EXPECT_EQ(0, buddy_verify(zone));
}

/* A pageblock that is mostly somebody else's stays theirs, though its free pages are lent. */
HTEST(mobility, a_pageblock_is_taken_over_when_half_of_it_is_free_or_alike)
{
    steal_after(PAGEBLOCK_PAGES / 2);
    EXPECT_EQ(MIGRATE_UNMOVABLE, type_of(0));
    EXPECT_EQ(0, zone->free_orders[MIGRATE_MOVABLE]);
    steal_after(PAGEBLOCK_PAGES / 2 + 1);
    EXPECT_EQ(MIGRATE_MOVABLE, type_of(0));
    EXPECT_EQ(0, zone->free_orders[MIGRATE_MOVABLE]);
}

/* Allocated pages of a movable block that nobody knows to be movable count as alike: as in Linux. */
HTEST(mobility, pages_in_use_that_are_not_movable_count_as_alike)
{
    begin_with(PAGEBLOCK_PAGES);
    for (unsigned i = 0; i < PAGEBLOCK_PAGES - 8; i++)
        ASSERT(buddy_alloc(zone, 0, MIGRATE_MOVABLE) != NULL);
    ASSERT(buddy_alloc(zone, 0, MIGRATE_UNMOVABLE) != NULL);
    EXPECT_EQ(MIGRATE_UNMOVABLE, type_of(0));
}

/*
 * Two unmovable blocks with holes of 2 pages and of 8: a movable page takes the small one, and leaves the
 * pageblock alone. It will be gone again.
 */
HTEST(mobility, a_small_movable_request_takes_the_smallest_block_and_nothing_else)
{
    struct page *all[PAGEBLOCK_PAGES], *page;

    begin_with(PAGEBLOCK_PAGES);
    for (unsigned i = 0; i < PAGEBLOCK_PAGES; i++)
        all[i] = buddy_alloc(zone, 0, MIGRATE_UNMOVABLE);
    EXPECT_EQ(MIGRATE_UNMOVABLE, type_of(0));
    for (unsigned i = 0; i < 8; i++)
        buddy_free(zone, &pages[64 + i], 0);
    for (unsigned i = 0; i < 2; i++)
        buddy_free(zone, &pages[32 + i], 0);
    (void)all;
    page = buddy_alloc(zone, 0, MIGRATE_MOVABLE);
    EXPECT_EQ(32, (unsigned long)(page - pages) & ~1UL);
    EXPECT_EQ(MIGRATE_UNMOVABLE, type_of(0));
    EXPECT_EQ(1UL << 3, zone->free_orders[MIGRATE_UNMOVABLE]);
    EXPECT_EQ(0, buddy_verify(zone));
}

/* Reclaimable memory is given up before movable memory is cut up by what stays. */
HTEST(mobility, unmovable_requests_ask_reclaimable_blocks_first)
{
    begin_with(2 * PAGEBLOCK_PAGES);
    ASSERT(buddy_alloc(zone, PAGEBLOCK_ORDER, MIGRATE_MOVABLE) != NULL);
    ASSERT(buddy_alloc(zone, PAGEBLOCK_ORDER - 1, MIGRATE_RECLAIMABLE) != NULL);
    EXPECT_EQ(1UL << (PAGEBLOCK_ORDER - 1), zone->free_orders[MIGRATE_RECLAIMABLE]);
    ASSERT(buddy_alloc(zone, PAGEBLOCK_ORDER - 1, MIGRATE_UNMOVABLE) != NULL);
    EXPECT_EQ(0, zone_free_orders(zone));
    EXPECT_EQ(0, buddy_verify(zone));
}

/* Two zones may share a pageblock; the lock of one says nothing about the other's lists. */
HTEST(mobility, pages_of_another_zone_in_the_pageblock_are_left_alone)
{
    unsigned long other = page_flags_place(NID + 1, ZONE) | PAGE_FREE | 7 |
                          (unsigned long)MIGRATE_MOVABLE << PAGE_MIGRATETYPE_SHIFT;

    begin_with(PAGEBLOCK_PAGES / 2);
    pages[384].flags = other;
    ASSERT(buddy_alloc(zone, 0, MIGRATE_UNMOVABLE) != NULL);
    EXPECT_EQ(other, pages[384].flags);
    EXPECT_EQ(MIGRATE_UNMOVABLE, type_of(0));
}

/* A block that says another type than its list: the list would seem empty, or never be. */
HTEST(mobility, verify_catches_a_block_in_the_list_of_another_type_as_B3)
{
    begin_with(PAGEBLOCK_PAGES);
    pages[0].flags ^= 1UL << PAGE_MIGRATETYPE_SHIFT;
    report_expect();
    EXPECT(buddy_verify(zone) > 0);
    EXPECT(report_expect_end() > 0);
    EXPECT(strncmp(report_last(), "B3", 2) == 0);
}
