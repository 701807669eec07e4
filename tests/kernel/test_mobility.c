/*
 * tests/kernel/test_mobility.c - unlike pages are kept apart on the machine's own zones.
 */
#include "kernel/ktest.h"
#include "kernel/lib/string.h"
#include "mm/numa_verify.h"
#include "mm/pageblock.h"
#include "mm/vmemmap.h"
#include "tests/kernel/mm_helpers.h"

#define QUIET      (GFP_KERNEL | __GFP_NOWARN)
#define NR_PAGES   700 /* of each kind: more than a pageblock */
#define LEAST_FREE (16 * PAGEBLOCK_PAGES)
#define OFF        "grouping is off: the machine has too little memory"

static struct page *kept[NR_PAGES], *moved[NR_PAGES];

/* The first node with plenty of memory, or MAX_NUMNODES. */
static int roomy_node(void)
{
    int nid = next_node_with_free(-1);

    while (nid < MAX_NUMNODES && node_free_pages(nid) < LEAST_FREE)
        nid = next_node_with_free(nid);
    return nid;
}

static void free_all(struct page **pages)
{
    for (int i = 0; i < NR_PAGES; i++) {
        if (pages[i])
            __free_pages(pages[i], 0);
        pages[i] = NULL;
    }
}

static unsigned long block_of(const struct page *page)
{
    return page_to_pfn(page) / PAGEBLOCK_PAGES;
}

/* How many pageblocks hold pages of both kinds. */
static unsigned nr_mixed(void)
{
    unsigned nr = 0;

    for (int i = 0; i < NR_PAGES; i++) {
        bool first = true, both = false;

        for (int j = 0; j < i && first && kept[i]; j++)
            first = !kept[j] || block_of(kept[j]) != block_of(kept[i]);
        for (int j = 0; j < NR_PAGES && kept[i] && first && !both; j++)
            both = moved[j] && block_of(moved[j]) == block_of(kept[i]);
        nr += both;
    }
    return nr;
}

/* A large page could never be had again once the kernel's own pages are everywhere. */
KTEST(mobility, unmovable_and_movable_pages_lie_in_different_pageblocks)
{
    int nid = roomy_node();

    KSKIP_IF(page_group_by_mobility_disabled, OFF);
    KSKIP_IF(nid == MAX_NUMNODES, "no node has 32 MiB free");
    for (int i = 0; i < NR_PAGES; i++) {
        kept[i] = alloc_pages_node(nid, QUIET | __GFP_THISNODE, 0);
        moved[i] = alloc_pages_node(nid, QUIET | __GFP_THISNODE | __GFP_MOVABLE, 0);
    }
    /* Where a list was filled from what was left of other blocks, two may be shared. */
    KEXPECT(nr_mixed() <= 2);
    KEXPECT_EQ(0, numa_verify());
    free_all(kept);
    free_all(moved);
}

/* Each kind's pages come from pageblocks of that type, as long as there are whole ones to take over. */
KTEST(mobility, pages_come_from_pageblocks_of_their_type)
{
    static const gfp_t bits[MIGRATE_TYPES] = {
        [MIGRATE_MOVABLE] = __GFP_MOVABLE, [MIGRATE_RECLAIMABLE] = __GFP_RECLAIMABLE};
    int nid = roomy_node();

    KSKIP_IF(page_group_by_mobility_disabled, OFF);
    KSKIP_IF(nid == MAX_NUMNODES, "no node has 32 MiB free");
    drain_all_pages(NULL);
    for (int type = 0; type < MIGRATE_TYPES; type++) {
        struct page *page = alloc_pages_node(nid, QUIET | __GFP_THISNODE | bits[type], 5);

        KASSERT(page != NULL);
        KEXPECT_EQ(type, pageblock_type(page));
        __free_pages(page, 5);
    }
}

/* All that node @nid has for requests with just these bits: hoard_node() would ask for movable pages. */
static void hoard_as(struct hoard *h, int nid, gfp_t bits)
{
    struct page *page;

    hoard_init(h);
    for (unsigned order = MAX_ORDER; order-- > 0;)
        while ((page = alloc_pages_node(nid, bits | GFP_LAST_PAGE | __GFP_THISNODE, order)))
            hoard_add(h, page);
}

/* Wrong type bits would send the block to a list that says it is empty. */
KTEST(mobility, all_memory_can_be_had_as_any_type)
{
    static struct hoard hoard;
    int nid = next_node_with_free(-1);
    static const gfp_t bits[MIGRATE_TYPES] = {0, __GFP_MOVABLE, __GFP_RECLAIMABLE};

    KSKIP_IF(hoarding_is_slow(), "a debug build would fill more than 2 GiB");
    for (int type = 0; type < MIGRATE_TYPES; type++) {
        unsigned long total = exact_free_pages_for(nid, bits[type]);

        hoard_as(&hoard, nid, bits[type]);
        KEXPECT_EQ(total, hoard.nr_pages);
        hoard_release(&hoard);
        KEXPECT_EQ(total, exact_free_pages_for(nid, bits[type]));
    }
    KEXPECT_EQ(0, numa_verify());
}

/* Pages of blocks that change hands many times must all come back. */
KTEST(mobility, blocks_that_change_their_type_lose_no_page)
{
    static struct page *blocks[256];
    struct rng r = {.state = 4711};

    for (int i = 0; i < 8000; i++) {
        struct page **slot = &blocks[rng_next(&r) % ARRAY_SIZE(blocks)];
        unsigned order = (unsigned)__builtin_ctzll(rng_next(&r) | MAX_ORDER_PAGES);
        gfp_t bits = (gfp_t)(rng_next(&r) % 3) * __GFP_MOVABLE;

        if (*slot) {
            __free_pages(*slot, page_order(*slot));
            *slot = NULL;
        } else {
            *slot = alloc_pages(GFP_NOWAIT | __GFP_NOWARN | bits, order);
        }
    }
    KEXPECT_EQ(0, numa_verify());
    for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++) {
        if (blocks[i])
            __free_pages(blocks[i], page_order(blocks[i]));
        blocks[i] = NULL;
    }
}

/* Both bits are a mistake of the caller's, not a list that doesn't exist. */
KTEST(mobility, request_that_says_movable_and_reclaimable_is_served)
{
    struct page *page = alloc_pages(GFP_KERNEL | __GFP_MOVABLE | __GFP_RECLAIMABLE, 0);

    KASSERT(page != NULL);
    __free_pages(page, 0);
}

/* G1: a free of a wild pointer is told from a page by the map alone. */
KTEST(mobility, map_has_a_type_just_where_there_are_descriptors)
{
    unsigned long nr_wrong = 0;

    for (unsigned long i = 0; i < nr_pageblocks; i++) {
        bool valid = pfn_valid(i * PAGEBLOCK_PAGES);

        nr_wrong += valid ? pageblock_map[i] >= MIGRATE_TYPES : pageblock_map[i] != PAGEBLOCK_NONE;
    }
    KEXPECT_EQ(0, nr_wrong);
    KEXPECT_EQ(max_pfn / PAGEBLOCK_PAGES, nr_pageblocks);
}

/* The table's head, and a line a type, as programs that read Linux's expect them. */
KTEST(mobility, pagetypeinfo_has_linuxs_form)
{
    static char text[65536];
    const char *body;
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    pagetypeinfo_show(&s);
    body = seqbuf_str(&s);
    KEXPECT(strncmp(body, "Page block order: 9\nPages per block:  512\n\n", 43) == 0);
    KEXPECT(strstr(body, ", type    Unmovable ") != NULL);
    KEXPECT(strstr(body, ", type  Reclaimable ") != NULL);
    KEXPECT(strstr(body, "\nNumber of blocks type     Unmovable      Movable  Reclaimable \n"));
}
