/*
 * tests/host/test_buddy.c - mm/buddy.c: one private zone against a map with one letter a page.
 */
#include "mm/buddy.h"
#include "mm/node.h"
#include "tests/host/pageblocks.h"
#include "tests/host/test.h"

#define FIRST_PFN  0x3400UL /* of the array: aligned to MAX_ORDER_PAGES */
#define NR_PAGES   (8 * MAX_ORDER_PAGES)
#define NID        3
#define ZONE       ZONE_DMA32
#define MAX_BLOCKS 512

static struct page pages[NR_PAGES];
static pg_data_t node;
static struct zone *zone;

/* The model: which pages are free, and which blocks somebody has. */
static bool page_free[NR_PAGES];
static unsigned long nr_free;
static struct block {
    struct page *page;
    unsigned order;
} blocks[MAX_BLOCKS];
static unsigned nr_blocks;

/* A zone that spans all of the array, and owns nothing of it yet. */
static void begin(void)
{
    memset(&node, 0, sizeof(node));
    memset(pages, 0, sizeof(pages));
    memset(page_free, 0, sizeof(page_free));
    nr_free = 0;
    nr_blocks = 0;
    vmemmap = (struct page *)((uintptr_t)pages - FIRST_PFN * sizeof(struct page));
    node.node_id = NID;
    zone = &node.node_zones[ZONE];
    zone->name = "DMA32";
    zone->zone_pgdat = &node;
    zone->zone_start_pfn = FIRST_PFN;
    zone->spanned_pages = NR_PAGES;
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        for (int type = 0; type < MIGRATE_TYPES; type++)
            list_init(&zone->free_area[order].free_list[type]);
    }
    host_pageblocks(FIRST_PFN + NR_PAGES);
    for (unsigned long i = 0; i < NR_PAGES; i++)
        pages[i].flags = page_flags_place(NID, ZONE) | PAGE_RESERVED;
}

/* Boot gives [start, end) of the array, as mm/vmemmap.c does: plain descriptors first. */
static void give(unsigned long start, unsigned long end)
{
    for (unsigned long i = start; i < end; i++) {
        pages[i].flags = page_flags_place(NID, ZONE);
        page_free[i] = true;
    }
    zone->present_pages += end - start;
    nr_free += end - start;
    buddy_give(zone, FIRST_PFN + start, FIRST_PFN + end);
}

static void begin_full(void)
{
    begin();
    give(0, NR_PAGES);
}

static unsigned long index_of(const struct page *page)
{
    return (unsigned long)(page - pages);
}

/* Are all pages of the block at @i free in the model? */
static bool model_free(unsigned long i, unsigned order)
{
    for (unsigned long j = i; j < i + (1UL << order); j++) {
        if (j >= NR_PAGES || !page_free[j])
            return false;
    }
    return true;
}

/* Does the model have an aligned free block of this order? */
static bool model_has(unsigned order)
{
    for (unsigned long i = 0; i < NR_PAGES; i += 1UL << order) {
        if (model_free(i, order))
            return true;
    }
    return false;
}

static void model_set(unsigned long i, unsigned order, bool free)
{
    for (unsigned long j = i; j < i + (1UL << order); j++)
        page_free[j] = free;
    nr_free += free ? 1UL << order : -(1UL << order);
}

/* The largest aligned block of free pages that begins at @i: with whole merging, a free block. */
static unsigned model_order(unsigned long i)
{
    unsigned order = 0;

    while (order + 1 < MAX_ORDER && i % (2UL << order) == 0 && model_free(i, order + 1))
        order++;
    return order;
}

/* B3: no page of [first, last) is marked as the head of a free block. */
static bool none_marked(unsigned long first, unsigned long last)
{
    for (unsigned long i = first; i < last; i++) {
        if ((pages[i].flags & PAGE_FREE) && pages[i].flags >> PAGE_NODE_SHIFT == NID)
            return false;
    }
    return true;
}

/* The free lists hold just the blocks that the model gives. */
static bool lists_match(void)
{
    unsigned long count[MAX_ORDER] = {0}, i = 0;

    while (i < NR_PAGES) {
        unsigned order;

        if (!page_free[i]) {
            if (page_zonenum(&pages[i]) == ZONE && !none_marked(i, i + 1))
                return false;
            i++;
            continue;
        }
        order = model_order(i);
        count[order]++;
        if ((pages[i].flags & (PAGE_STATE_MASK | PAGE_ORDER_MASK)) != (PAGE_FREE | order) ||
            !none_marked(i + 1, i + (1UL << order)))
            return false;
        i += 1UL << order;
    }
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        if (count[order] != zone->free_area[order].nr_free)
            return false;
    }
    return nr_free == zone->nr_free_pages;
}

static void expect_sound(void)
{
    EXPECT_EQ(0, buddy_verify(zone));
    EXPECT(lists_match());
}

/* One allocation; it fails just when the model has no such block. */
static struct page *take(unsigned order)
{
    bool there = model_has(order);
    struct page *page = buddy_alloc(zone, order, MIGRATE_MOVABLE);

    if (!EXPECT_EQ(there, page != NULL) || !page)
        return NULL;
    EXPECT_EQ(0, index_of(page) % (1UL << order));
    EXPECT(model_free(index_of(page), order));
    EXPECT_EQ(PAGE_ALLOCATED | order, page->flags & (PAGE_STATE_MASK | PAGE_ORDER_MASK));
    EXPECT_EQ(NID, page_to_nid(page));
    EXPECT_EQ(ZONE, page_zonenum(page));
    model_set(index_of(page), order, false);
    return page;
}

static void give_back(struct page *page, unsigned order)
{
    model_set(index_of(page), order, true);
    buddy_free(zone, page, order);
}

/* Two owners of one page, or pages that nobody can get any more. */
HTEST(buddy, random_operations_agree_with_a_page_map)
{
    begin();
    give(5, 1700);
    give(1703, 1704);
    give(2048, NR_PAGES - 3);
    for (unsigned i = 0; i < 30000; i++) {
        if (nr_blocks < MAX_BLOCKS && host_random_below(100) < (i / 5000 % 2 ? 35U : 65U)) {
            unsigned order = host_random_below(host_random_below(MAX_ORDER) + 1);
            struct page *page = take(order);

            if (page)
                blocks[nr_blocks++] = (struct block){page, order};
        } else if (nr_blocks) {
            struct block *b = &blocks[host_random_below(nr_blocks)];

            give_back(b->page, b->order);
            *b = blocks[--nr_blocks];
        }
        if (i % 100 == 0)
            expect_sound();
    }
    while (nr_blocks--)
        give_back(blocks[nr_blocks].page, blocks[nr_blocks].order);
    expect_sound();
}

/*
 * Order 0 out of one block of 1024:   [ 512 ][ 256 ]...[2][1][x]
 */
HTEST(buddy, a_split_leaves_one_block_of_each_smaller_order)
{
    begin();
    give(0, MAX_ORDER_PAGES);
    ASSERT(take(0) != NULL);
    for (unsigned order = 0; order < MAX_ORDER - 1; order++)
        EXPECT_EQ(1, zone->free_area[order].nr_free);
    EXPECT_EQ(0, zone->free_area[MAX_ORDER - 1].nr_free);
    expect_sound();
}

/* Memory would stay in crumbs for ever. */
HTEST(buddy, freeing_all_pages_one_by_one_in_any_order_restores_the_blocks)
{
    static struct page *taken[NR_PAGES];

    begin_full();
    for (unsigned long i = 0; i < NR_PAGES; i++)
        ASSERT((taken[i] = buddy_alloc(zone, 0, MIGRATE_MOVABLE)) != NULL);
    EXPECT(buddy_alloc(zone, 0, MIGRATE_MOVABLE) == NULL);
    EXPECT_EQ(0, zone->nr_free_pages);
    EXPECT_EQ(0, buddy_verify(zone));
    for (unsigned long i = NR_PAGES; i > 0; i--) {
        unsigned long j = host_random_below((unsigned)i);
        struct page *page = taken[j];

        taken[j] = taken[i - 1];
        buddy_free(zone, page, 0);
    }
    EXPECT_EQ(NR_PAGES / MAX_ORDER_PAGES, zone->free_area[MAX_ORDER - 1].nr_free);
    expect_sound();
}

/* The first block that was asked for would be larger than it must: fragmentation for nothing. */
HTEST(buddy, the_smallest_block_that_is_large_enough_is_taken)
{
    begin();
    give(0, MAX_ORDER_PAGES);
    give(2048, 2048 + 8);
    EXPECT_EQ(2048, index_of(take(2)) & ~7UL);
    EXPECT_EQ(1, zone->free_area[MAX_ORDER - 1].nr_free);
    EXPECT(take(3) != NULL);
    EXPECT_EQ(0, zone->free_area[MAX_ORDER - 1].nr_free);
    expect_sound();
}

/* Boot's ranges begin and end anywhere: no page may be lost, none given that is not in the range. */
HTEST(buddy, given_ranges_become_the_largest_aligned_blocks)
{
    for (unsigned i = 0; i < 300; i++) {
        unsigned long a = host_random_below(NR_PAGES), b = host_random_below(NR_PAGES);

        begin();
        give(min(a, b), max(a, b));
        EXPECT_EQ(nr_free, zone->managed_pages);
        expect_sound();
    }
    begin();
    give(100, 100);
    EXPECT_EQ(0, zone->managed_pages);
    expect_sound();
}

/* Page frame 0 is aligned to everything: it would be a block larger than there is. */
HTEST(buddy, page_frame_0_can_be_given)
{
    begin();
    vmemmap = pages;
    zone->zone_start_pfn = 0;
    for (unsigned i = 0; i < 11; i++)
        pages[i].flags = page_flags_place(NID, ZONE);
    buddy_give(zone, 0, 11);
    EXPECT_EQ(0, buddy_verify(zone));
    EXPECT_EQ(11, zone->nr_free_pages);
    EXPECT_EQ(1, zone->free_area[3].nr_free);
    EXPECT_EQ(1, zone->free_area[1].nr_free);
    EXPECT_EQ(1, zone->free_area[0].nr_free);
}

/* A free page of the neighbour would be merged into this zone, and be handed out by both. */
HTEST(buddy, blocks_do_not_merge_across_nodes_or_zones)
{
    const unsigned long places[] = {page_flags_place(NID + 1, ZONE),
                                    page_flags_place(NID, ZONE_NORMAL)};

    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        begin();
        give(8, 9);
        pages[9].flags = places[i] | PAGE_FREE;
        give_back(take(0), 0);
        EXPECT_EQ(1, zone->free_area[0].nr_free);
        EXPECT_EQ(places[i] | PAGE_FREE, pages[9].flags);
        expect_sound();
    }
}

/* Blocks of a higher order would lie over pages that are not RAM. */
HTEST(buddy, reserved_and_allocated_buddies_are_not_merged_with)
{
    begin();
    give(8, 9);
    give(10, 12);
    EXPECT_EQ(1, zone->free_area[0].nr_free);
    EXPECT_EQ(1, zone->free_area[1].nr_free);
    EXPECT(take(2) == NULL);
    expect_sound();
}

/* ---- the checker fires: a broken invariant that nobody sees is found by its victims ---- */

/* Something is wrong, and its report begins with @code. */
static void expect_caught(const char *code)
{
    unsigned reports;

    report_expect();
    EXPECT(buddy_verify(zone) > 0);
    reports = report_expect_end();
    EXPECT(reports > 0);
    EXPECT(strncmp(report_last(), code, strlen(code)) == 0);
}

static struct page *first_free(unsigned order)
{
    return list_first_entry(&zone->free_area[order].free_list[MIGRATE_MOVABLE], struct page, lru);
}

HTEST(buddy, verify_catches_a_block_that_is_not_aligned_as_B1)
{
    struct page *page;

    begin();
    give(0, 4);
    give(8, 12);
    page = first_free(2);
    list_del(&page->lru);
    page[1].flags = page->flags;
    list_add_tail(&page[1].lru, &zone->free_area[2].free_list[MIGRATE_MOVABLE]);
    expect_caught("B1");
}

HTEST(buddy, verify_catches_a_block_of_another_node_or_zone_or_outside_as_B2)
{
    begin();
    give(16, 32);
    pages[16].flags = page_flags_place(NID + 1, ZONE) | PAGE_FREE | 4;
    expect_caught("B2");
    begin();
    give(16, 32);
    pages[31].flags = page_flags_place(NID, ZONE_NORMAL);
    expect_caught("B2");
    begin();
    give(16, 32);
    zone->zone_start_pfn += 17;
    expect_caught("B2");
    begin();
    give(16, 32);
    zone->spanned_pages = 31;
    expect_caught("B2");
}

/*
 *     order 3   [ 8 ................ 15 ]
 *     order 0             [12]              would be handed out twice
 */
HTEST(buddy, verify_catches_a_block_inside_of_another_as_B2)
{
    begin();
    give(8, 16);
    give(32, 33);
    list_del(&pages[32].lru);
    pages[12].flags = buddy_free_flags(page_flags_place(NID, ZONE), 0, MIGRATE_MOVABLE);
    list_add(&pages[12].lru, &zone->free_area[0].free_list[MIGRATE_MOVABLE]);
    expect_caught("B2");
}

HTEST(buddy, verify_catches_a_head_without_its_mark_as_B3)
{
    begin();
    give(16, 32);
    pages[16].flags = page_flags_place(NID, ZONE) | PAGE_ALLOCATED | 4;
    expect_caught("B3");
    pages[16].flags = page_flags_place(NID, ZONE) | PAGE_FREE | 3;
    expect_caught("B3");
    pages[16].flags = page_flags_place(NID, ZONE) | PAGE_FREE | PAGE_RESERVED | 4;
    expect_caught("B3");
}

HTEST(buddy, verify_catches_wrong_counts_as_B4)
{
    begin();
    give(16, 32);
    zone->free_area[4].nr_free++;
    expect_caught("B4");
    zone->free_area[4].nr_free -= 2;
    expect_caught("B4");
    begin();
    give(16, 32);
    zone->nr_free_pages--;
    expect_caught("B4");
    begin();
    give(16, 32);
    zone->free_orders[MIGRATE_MOVABLE] |= 1;
    expect_caught("B4");
    zone->free_orders[MIGRATE_MOVABLE] = 0;
    expect_caught("B4");
    begin();
    give(16, 32);
    zone->managed_pages = 15;
    expect_caught("B4");
}

/* A list that bites its own tail must end the check, not hang it. */
HTEST(buddy, verify_ends_on_a_list_with_a_cycle)
{
    begin();
    give(16, 32);
    give(64, 80);
    first_free(4)->lru.next = &first_free(4)->lru;
    expect_caught("B4");
}

HTEST(buddy, verify_catches_free_buddies_that_were_not_merged_as_B5)
{
    begin();
    give(16, 24);
    give(32, 40);
    list_del(&pages[32].lru);
    pages[32].flags = page_flags_place(NID, ZONE) | PAGE_RESERVED;
    pages[24].flags = buddy_free_flags(page_flags_place(NID, ZONE), 3, MIGRATE_MOVABLE);
    list_add(&pages[24].lru, &zone->free_area[3].free_list[MIGRATE_MOVABLE]);
    expect_caught("B5");
}
