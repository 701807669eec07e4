/*
 * tests/host/test_pcp.c - mm/pcp_lists.c: batch and high against Linux's numbers, and two CPUs' lists of
 * a private zone against a map with one letter a page.
 */
#include "mm/node.h"
#include "mm/pcp_lists.h"
#include "tests/host/pageblocks.h"
#include "tests/host/test.h"

#define FIRST_PFN 0x1000UL
#define NR_PAGES  (4 * MAX_ORDER_PAGES)
#define NID       2
#define ZONE      ZONE_DMA32
#define NR_CPU    2
#define MAX_HELD  3000
#define HIGH      100
#define BATCH     15

static struct page pages[NR_PAGES];
static pg_data_t node;
static struct zone *zone;
static struct pcp cpus[NR_CPU];
static struct held {
    struct page *page;
    unsigned order;
} held[MAX_HELD];
static unsigned nr_held;
static unsigned long pages_held, nr_locked;

static void begin(void)
{
    memset(&node, 0, sizeof(node));
    memset(pages, 0, sizeof(pages));
    nr_held = 0;
    pages_held = nr_locked = 0;
    vmemmap = (struct page *)((uintptr_t)pages - FIRST_PFN * sizeof(struct page));
    node.node_id = NID;
    zone = &node.node_zones[ZONE];
    zone->name = "DMA32";
    zone->zone_pgdat = &node;
    zone->zone_start_pfn = FIRST_PFN;
    zone->spanned_pages = zone->present_pages = NR_PAGES;
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        for (int type = 0; type < MIGRATE_TYPES; type++)
            list_init(&zone->free_area[order].free_list[type]);
    }
    for (unsigned long i = 0; i < NR_PAGES; i++)
        pages[i].flags = page_flags_place(NID, ZONE);
    host_pageblocks(FIRST_PFN + NR_PAGES);
    buddy_give(zone, FIRST_PFN, FIRST_PFN + NR_PAGES);
    for (int cpu = 0; cpu < NR_CPU; cpu++) {
        pcp_lists_init(&cpus[cpu], zone);
        pcp_set_limits(&cpus[cpu], HIGH, BATCH);
    }
}

/* As mm/pcp.c does it. */
static struct page *take(struct pcp *pcp, unsigned order, enum migrate_type type)
{
    struct list_head *list = &pcp->lists[pcp_index(order, type)];
    struct page *page;

    if (list_empty(list)) {
        nr_locked++;
        if (!pcp_refill_locked(pcp, order, type))
            return NULL;
    }
    page = pcp_pop(list);
    page->flags ^= PAGE_PCP ^ PAGE_ALLOCATED;
    pcp->room += 1L << order;
    return page;
}

static void give_back(struct pcp *pcp, struct page *page, unsigned order)
{
    unsigned long index = pcp_index(order, pageblock_type(page));

    page->flags ^= PAGE_ALLOCATED ^ PAGE_PCP;
    pcp->room -= 1L << order;
    list_add(&page->lru, &pcp->lists[index]);
    if (pcp->room < 0) {
        nr_locked++;
        pcp_drain_locked(pcp, pcp_nr_to_drain(pcp), index);
    }
}

static void hold(struct page *page, unsigned order)
{
    held[nr_held++] = (struct held){page, order};
    pages_held += 1UL << order;
}

static struct page *let_go(unsigned i, unsigned *order)
{
    struct page *page = held[i].page;

    *order = held[i].order;
    held[i] = held[--nr_held];
    pages_held -= 1UL << *order;
    return page;
}

/* L1 and L2 for one CPU: what its lists hold, in pages. */
static unsigned long count_lists(struct pcp *pcp)
{
    unsigned long nr = 0;

    for (unsigned long i = 0; i < PCP_LISTS; i++) {
        struct page *page;
        unsigned order = (unsigned)(i / PCP_TYPES);

        list_for_each_entry (page, &pcp->lists[i], lru) {
            EXPECT_EQ(page_flags_place(NID, ZONE) | PAGE_PCP | order, page->flags);
            EXPECT_EQ(1, page->refcount);
            nr += 1UL << order;
        }
    }
    EXPECT_EQ(nr, pcp_count(pcp));
    return nr;
}

static void expect_sound(void)
{
    static char state[NR_PAGES]; /* how often a page is somewhere */
    unsigned long in_lists = 0;

    for (int cpu = 0; cpu < NR_CPU; cpu++)
        in_lists += count_lists(&cpus[cpu]);
    EXPECT_EQ(NR_PAGES, zone->nr_free_pages + in_lists + pages_held);
    EXPECT_EQ(0, buddy_verify(zone));
    memset(state, 0, sizeof(state));
    for (unsigned i = 0; i < nr_held; i++) {
        for (unsigned long j = 0; j < 1UL << held[i].order; j++)
            EXPECT_EQ(0, state[held[i].page - pages + (long)j]++);
    }
    for (unsigned long i = 0; i < NR_PAGES; i++) {
        if (!(pages[i].flags & (PAGE_FREE | PAGE_PCP)))
            continue;
        for (unsigned long j = 0; j < 1UL << page_order(&pages[i]); j++)
            EXPECT_EQ(0, state[i + j]++);
    }
}

/* Pages that two CPUs have, or none; counts that drift until nothing adds up. */
HTEST(pcp, random_operations_of_two_cpus_lose_and_double_no_page)
{
    begin();
    for (unsigned i = 0; i < 40000; i++) {
        struct pcp *pcp = &cpus[host_random_below(NR_CPU)];
        unsigned order = host_random_below(PCP_ORDERS);

        if (host_random_below(1000) == 0) {
            pcp_drain_locked(pcp, pcp_count(pcp), 0);
            EXPECT_EQ(0, pcp_count(pcp));
        } else if (host_random_below(1000) == 0) {
            pcp_set_limits(pcp, (int)host_random_below(300), (int)host_random_below(40));
        } else if (nr_held < MAX_HELD && host_random_below(100) < (i / 6000 % 2 ? 40U : 60U)) {
            struct page *page = take(pcp, order, (enum migrate_type)host_random_below(3));

            if (page)
                hold(page, order);
        } else if (nr_held) {
            struct page *page = let_go(host_random_below(nr_held), &order);

            give_back(pcp, page, order);
        }
        if (i % 500 == 0)
            expect_sound();
    }
    while (nr_held) {
        unsigned order;
        struct page *page = let_go(0, &order);

        give_back(&cpus[0], page, order);
    }
    for (int cpu = 0; cpu < NR_CPU; cpu++)
        pcp_drain_locked(&cpus[cpu], pcp_count(&cpus[cpu]), 5);
    expect_sound();
    EXPECT_EQ(NR_PAGES / MAX_ORDER_PAGES, zone->free_area[MAX_ORDER - 1].nr_free);
}

/* A stock without bounds would be a second memory that nobody else can use. */
HTEST(pcp, lists_never_hold_more_than_high_after_a_free)
{
    unsigned order;

    begin();
    while (nr_held < 1000)
        hold(take(&cpus[0], 0, MIGRATE_MOVABLE), 0);
    while (nr_held) {
        give_back(&cpus[1], let_go(0, &order), 0);
        EXPECT(pcp_count(&cpus[1]) <= HIGH);
    }
    expect_sound();
}

/* A lock for every page is what the lists are there to avoid. */
HTEST(pcp, the_lock_is_taken_once_for_a_batch)
{
    unsigned order;

    begin();
    for (unsigned i = 0; i < 20 * BATCH; i++)
        hold(take(&cpus[0], 0, MIGRATE_MOVABLE), 0);
    EXPECT_EQ(20, nr_locked);
    nr_locked = 0;
    while (nr_held)
        give_back(&cpus[0], let_go(nr_held - 1, &order), 0);
    /* 200 pages more than there is room for: 15, 30, 60, 85, and another one at most. */
    EXPECT(nr_locked <= 5);
}

/* The page that a CPU used last is in its cache: it should get just that one again. */
HTEST(pcp, the_block_that_was_freed_last_is_handed_out_first)
{
    struct page *a, *b;

    begin();
    a = take(&cpus[0], 1, MIGRATE_MOVABLE);
    b = take(&cpus[0], 1, MIGRATE_MOVABLE);
    give_back(&cpus[0], a, 1);
    give_back(&cpus[0], b, 1);
    EXPECT(take(&cpus[0], 1, MIGRATE_MOVABLE) == b);
    EXPECT(take(&cpus[0], 1, MIGRATE_MOVABLE) == a);
}

/* Blocks that nobody asked for in a long time go first, not those in use. */
HTEST(pcp, a_drain_begins_with_the_other_lists_and_with_what_is_oldest)
{
    struct page *first, *second;

    begin();
    first = take(&cpus[0], 0, MIGRATE_MOVABLE);
    second = take(&cpus[0], 0, MIGRATE_MOVABLE);
    pcp_drain_locked(&cpus[0], HIGH, 0);
    give_back(&cpus[0], first, 0);
    give_back(&cpus[0], second, 0);
    hold(take(&cpus[0], 2, MIGRATE_MOVABLE), 2); /* and others of the batch are in the list */
    EXPECT(!list_empty(&cpus[0].lists[pcp_index(2, MIGRATE_MOVABLE)]));
    pcp_drain_locked(&cpus[0], pcp_count(&cpus[0]) - 1, pcp_index(0, MIGRATE_MOVABLE));
    EXPECT(list_empty(&cpus[0].lists[pcp_index(2, MIGRATE_MOVABLE)]));
    EXPECT_EQ(1, pcp_count(&cpus[0]));
    EXPECT(second->flags & PAGE_PCP);
    expect_sound();
}

/* An empty zone is an answer; a list that counts pages it doesn't have is a crash later. */
HTEST(pcp, an_empty_zone_refills_nothing)
{
    struct page *page;

    begin();
    while ((page = buddy_alloc(zone, 0, MIGRATE_MOVABLE)))
        pages_held++;
    EXPECT(take(&cpus[0], 0, MIGRATE_UNMOVABLE) == NULL);
    EXPECT_EQ(0, pcp_count(&cpus[0]));
    EXPECT(list_empty(&cpus[0].lists[0]));
}

/* As Linux 6.1 shows them in /proc/zoneinfo for zones of these sizes. */
HTEST(pcp, batch_is_that_of_linux)
{
    static const struct {
        unsigned long pages;
        int batch;
    } known[] = {{0, 1},       {512, 1},     {3840, 1},    {16384, 3},    {32768, 7},   {65536, 15},
                 {131072, 31}, {262144, 63}, {257994, 63}, {1048576, 63}, {5242880, 63}};

    for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
        EXPECT_EQ(known[i].batch, zone_batchsize(known[i].pages));
}

HTEST(pcp, high_shares_the_low_watermark_but_is_four_batches_at_least)
{
    EXPECT_EQ(491, zone_highsize(982, 63, 2));
    EXPECT_EQ(252, zone_highsize(982, 63, 16));
    EXPECT_EQ(252, zone_highsize(0, 63, 1));
    EXPECT_EQ(982, zone_highsize(982, 63, 0)); /* no CPU at all is taken for one */
    EXPECT_EQ(4, zone_highsize(3, 1, 4));
}

/* Whoever only frees takes the lock less and less often, but keeps a batch for those who allocate. */
HTEST(pcp, drains_in_a_row_double_up_to_all_but_a_batch)
{
    static const int want[] = {15, 30, 60, 85, 85, 85};

    begin();
    for (unsigned i = 0; i < ARRAY_SIZE(want); i++)
        EXPECT_EQ(want[i], pcp_nr_to_drain(&cpus[0]));
    pcp_set_limits(&cpus[1], 0, 1);
    EXPECT_EQ(1, pcp_nr_to_drain(&cpus[1]));
}
