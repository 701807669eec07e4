/*
 * tests/kernel/test_page_alloc.c - the whole allocator on the machine's own zones: which node
 * serves, what when nothing is left, what requests may say.
 *
 * Where a page comes from is asked of two witnesses: its descriptor, and the free pages by node.
 */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/buddy.h"
#include "mm/numa_verify.h"
#include "mm/pcp.h"
#include "mm/vmemmap.h"
#include "mm/watermark.h"
#include "mm/zonelist.h"
#include "tests/kernel/mm_helpers.h"

#define QUIET          (GFP_KERNEL | __GFP_NOWARN)
#define SLOW_TO_HOARD  "a debug build would fill more than 2 GiB"
#define WALK_STEPS     100000
#define WALK_SLOTS     1024
#define STEPS_A_VERIFY 10000

static struct hoard hoard;
static struct free_counts before;

/* The node that served @page, if both witnesses agree; else -1. */
static int witnessed_node(const struct page *page)
{
    int nid = free_counts_fell(&before, 1UL << page_order(page));

    return page_to_nid(page) == nid ? nid : -1;
}

/* The node that a plain allocation should come from: the first with free memory. */
static int expected_node(int from)
{
    int order[MAX_NUMNODES], nr = model_node_order(order, from);

    drain_all_pages(NULL);
    for (int i = 0; i < nr; i++)
        if (kernel_free_pages(order[i]))
            return order[i];
    return -1;
}

/* The reason why this kernel exists. */
KTEST(page_alloc, page_comes_from_the_cpus_own_node)
{
    struct page *page;
    int want = expected_node(numa_node_id());

    free_counts_take(&before);
    page = alloc_pages(GFP_KERNEL, 0);
    KASSERT(page != NULL);
    KEXPECT_EQ(want, witnessed_node(page));
    __free_pages(page, 0);
}

/* Memory for another node's use must come from there, whoever asks. */
KTEST(page_alloc, page_comes_from_the_node_that_is_named)
{
    int nid;

    for_each_node (nid) {
        int want = expected_node(nid);
        struct page *page;

        free_counts_take(&before);
        page = alloc_pages_node(nid, GFP_KERNEL, 0);
        KASSERT(page != NULL);
        KEXPECT_EQ(want, witnessed_node(page));
        __free_pages(page, 0);
    }
}

/* Whoever gets a page relies on these: one user, known order, its own memory. */
KTEST(page_alloc, block_is_aligned_counted_and_of_one_node)
{
    for (int nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        for (unsigned order = 0; order < MAX_ORDER; order++) {
            struct page *page = alloc_pages_node(nid, QUIET | __GFP_THISNODE, order);

            if (!page)
                continue; /* a node of 2 MiB has no block of 4 */
            KEXPECT_EQ(0, page_to_pfn(page) & ((1UL << order) - 1));
            KEXPECT_EQ(order, page_order(page));
            KEXPECT_EQ(1, page->refcount);
            for (unsigned long i = 0; i < 1UL << order; i++) {
                KEXPECT_EQ(nid, page_to_nid(page + i));
                KEXPECT_EQ(nid, memblock_nid_of(&memblock, (page_to_pfn(page) + i) << PAGE_SHIFT));
            }
            __free_pages(page, order);
        }
    }
}

/* __GFP_THISNODE promises this node or nothing; the others keep theirs. */
KTEST(page_alloc, exhausted_node_gives_nothing_with_thisnode)
{
    int nid, other;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    for_each_node (nid) {
        free_counts_take(&before);
        hoard_init(&hoard);
        hoard_node(&hoard, nid, GFP_KERNEL);
        KEXPECT_EQ(before.pages[nid], hoard.nr_pages);
        KEXPECT_EQ(0, node_free_pages(nid));
        KEXPECT(alloc_pages_node(nid, QUIET | __GFP_THISNODE, 0) == NULL);
        for_each_online_node (other)
            if (other != nid)
                KEXPECT_EQ(before.pages[other], node_free_pages(other));
        hoard_release(&hoard);
    }
}

/* The last page of the machine is served, and the one after it is an answer, not a crash. */
KTEST(page_alloc, exhausted_machine_gives_null_and_recovers)
{
    unsigned long total = 0;
    struct page *page;
    int nid;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    hoard_init(&hoard);
    for_each_online_node (nid)
        total += node_free_pages(nid);
    for (unsigned order = MAX_ORDER; order-- > 0;)
        while ((page = alloc_pages(GFP_LAST_PAGE | __GFP_MOVABLE, order)))
            hoard_add(&hoard, page);
    KEXPECT_EQ(total, hoard.nr_pages);
    for_each_node (nid) {
        KEXPECT_EQ(0, node_free_pages(nid));
        for (unsigned order = 0; order < MAX_ORDER; order++)
            KEXPECT(alloc_pages_node(nid, QUIET | __GFP_MOVABLE, order) == NULL);
    }
    KEXPECT_EQ(0, __get_free_pages(QUIET, 0));
    KEXPECT_EQ(0, numa_verify());
    hoard_release(&hoard);
    page = alloc_pages(GFP_KERNEL, 0);
    KASSERT(page != NULL);
    __free_pages(page, 0);
}

/* ---- fallback --------------------------------------------------------------------------------- */

#define MAX_TICKETS (MAX_NUMNODES * MAX_NR_ZONES)

/* The only free pages of the machine: one in each zone that had any. */
static struct page *tickets[MAX_TICKETS];
static int nr_tickets;

/* A page of the very zone, or NULL. */
static struct page *page_of_zone(int nid, int type)
{
    static const gfp_t zone_gfp[] = {GFP_DMA, GFP_DMA32, 0, __GFP_MOVABLE};
    struct page *page = alloc_pages_node(nid, QUIET | __GFP_THISNODE | zone_gfp[type], 0);

    if (page && page_zonenum(page) != type) {
        __free_pages(page, 0);
        page = NULL;
    }
    return page;
}

/* Hold all memory, a ticket of each zone apart. */
static void hold_all_but_tickets(void)
{
    int nid;

    nr_tickets = 0;
    hoard_init(&hoard);
    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        for (int type = ZONE_MOVABLE; type >= 0; type--) {
            struct page *page = page_of_zone(nid, type);

            if (page)
                tickets[nr_tickets++] = page;
        }
    }
    hoard_machine(&hoard, GFP_KERNEL);
}

/* Has @zone its last page yet? @easily: above its low mark, which in a tiny zone is 0. */
static bool can_serve(const struct zone *zone, bool easily)
{
    return easily ? zone_watermark_ok(zone, 0, wmark_pages(zone, WMARK_LOW), ZONE_MOVABLE, 0)
                  : zone->nr_free_pages != 0;
}

/*
 * The next zone that must serve, @from asking: the nearest node's highest that is above its low mark; if
 * there is none, that has a page left.
 */
static const struct zone *expected_zone(const int *order, int nr)
{
    drain_all_pages(NULL);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < nr; i++) {
            for (int type = MAX_NR_ZONES - 1; type >= 0; type--)
                if (can_serve(&NODE_DATA(order[i])->node_zones[type], pass == 0))
                    return &NODE_DATA(order[i])->node_zones[type];
        }
    }
    return NULL;
}

/* With a page free in each zone, take all of them by asking one node. */
static void fall_back_from(int from)
{
    int order[MAX_NUMNODES], nr = model_node_order(order, from);
    struct page *page;

    for (int i = 0; i < nr_tickets; i++)
        __free_pages(tickets[i], 0);
    for (int i = 0; i < nr_tickets; i++) {
        const struct zone *want = expected_zone(order, nr);

        free_counts_take(&before);
        tickets[i] = alloc_pages_node(from, GFP_LAST_PAGE | __GFP_MOVABLE, 0);
        if (!tickets[i]) { /* only what was taken can be freed by the caller */
            nr_tickets = i;
            KASSERT(tickets[i] != NULL);
        }
        KEXPECT_EQ(want->zone_pgdat->node_id, witnessed_node(tickets[i]));
        KEXPECT_EQ(want - want->zone_pgdat->node_zones, page_zonenum(tickets[i]));
    }
    page = alloc_pages_node(from, GFP_LAST_PAGE | __GFP_MOVABLE, 0);
    KEXPECT(page == NULL);
    if (page)
        __free_pages(page, 0);
}

/* When the node is full the nearest one helps, then the next: never a far one before a near one. */
KTEST(page_alloc, full_nodes_fall_back_in_the_order_of_the_model)
{
    int nid;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    hold_all_but_tickets();
    for_each_node (nid)
        fall_back_from(nid);
    while (nr_tickets > 0)
        __free_pages(tickets[--nr_tickets], 0);
    hoard_release(&hoard);
}

/* ---- what a request may say ------------------------------------------------------------------- */

/* Every page that this request can get, largest blocks first, lies below @end. */
static void expect_all_below(gfp_t gfp, uint64_t end)
{
    struct page *page;

    hoard_init(&hoard);
    hoard_machine(&hoard, gfp);
    list_for_each_entry (page, &hoard.blocks, lru) {
        uint64_t block_end = (page_to_pfn(page) + (1UL << page_order(page))) << PAGE_SHIFT;

        if (!KEXPECT(block_end <= end))
            break;
    }
    KEXPECT(alloc_pages(gfp | __GFP_NOWARN, 0) == NULL);
}

/* A device that can't address the page writes into another one. */
KTEST(page_alloc, gfp_dma_is_below_16_mib)
{
    struct page *page;

    expect_all_below(GFP_KERNEL | GFP_DMA, MiB(16));
    KEXPECT(hoard.nr_pages > 0);
    /* Memory above is untouched by this. */
    page = alloc_pages(QUIET | __GFP_MOVABLE, 0);
    KEXPECT(page != NULL && page_zonenum(page) != ZONE_DMA);
    if (page)
        __free_pages(page, 0);
    hoard_release(&hoard);
}

/* The same for devices with 32 address lines, on machines with more than 4 GiB. */
KTEST(page_alloc, gfp_dma32_is_below_4_gib)
{
    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    expect_all_below(GFP_KERNEL | GFP_DMA32, GiB(4));
    KEXPECT(hoard.nr_pages > 0);
    hoard_release(&hoard);
}

/* Is every byte of the block @byte? */
static bool filled_with(const struct page *page, uint64_t byte)
{
    const uint64_t *word = page_address(page);
    unsigned long nr = (PAGE_SIZE << page_order(page)) / sizeof(*word);

    for (unsigned long i = 0; i < nr; i++)
        if (word[i] != byte * 0x0101010101010101ULL)
            return false;
    return true;
}

/* Bytes that the last owner left are another program's secrets, and a NULL that isn't. */
KTEST(page_alloc, gfp_zero_clears_every_byte)
{
    static const unsigned want_orders[] = {0, 1, 3, 6, 9};

    for (unsigned i = 0; i < ARRAY_SIZE(want_orders); i++) {
        unsigned order = want_orders[i];
        struct page *page = alloc_pages(QUIET, order);

        if (!page)
            continue;
        memset(page_address(page), 0x5a, PAGE_SIZE << order);
        KEXPECT(filled_with(page, 0x5a));
        __free_pages(page, order);
        page = alloc_pages(QUIET | __GFP_ZERO, order);
        KASSERT(page != NULL);
        KEXPECT(filled_with(page, 0));
        __free_pages(page, order);
    }
}

/* What was logged since @pos, at most 511 bytes. */
static const char *logged_since(uint64_t pos)
{
    static char text[512];

    text[log_read(&pos, text, sizeof(text) - 1)] = '\0';
    return text;
}

/* A request that makes no sense gets NULL and a sentence that says which number is wrong. */
KTEST(page_alloc, order_11_is_refused_with_a_reason)
{
    uint64_t pos = log_end();

    KEXPECT(alloc_pages(GFP_KERNEL, MAX_ORDER) == NULL);
    KEXPECT(strstr(logged_since(pos), "order 11") != NULL);
    KEXPECT(alloc_pages(GFP_KERNEL, ~0u) == NULL);
    KEXPECT(alloc_pages_node(0, GFP_KERNEL, 64) == NULL);
    KEXPECT_EQ(0, __get_free_pages(GFP_KERNEL, MAX_ORDER));
}

/* Node numbers come from users and from arithmetic; a wild one must not be an index. */
KTEST(page_alloc, node_that_does_not_exist_is_refused_with_a_reason)
{
    static const int wild[] = {-2, MAX_NUMNODES, MAX_NUMNODES + 1, 1 << 20, -2147483647};
    uint64_t pos = log_end();

    KEXPECT(alloc_pages_node(-2, GFP_KERNEL, 0) == NULL);
    KEXPECT(strstr(logged_since(pos), "node -2") != NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(wild); i++)
        KEXPECT(alloc_pages_node(wild[i], GFP_KERNEL | __GFP_THISNODE, 0) == NULL);
    if (nr_node_ids < MAX_NUMNODES)
        KEXPECT(alloc_pages_node(nr_node_ids, GFP_KERNEL, 0) == NULL);
}

/* NUMA_NO_NODE means "here", as in Linux. */
KTEST(page_alloc, no_node_means_this_node)
{
    int want = expected_node(numa_node_id());
    struct page *page;

    free_counts_take(&before);
    page = alloc_pages_node(NUMA_NO_NODE, GFP_KERNEL, 0);
    KASSERT(page != NULL);
    KEXPECT_EQ(want, witnessed_node(page));
    __free_pages(page, 0);
}

/* A failure that nobody hears of is looked for a long time; one that was announced is no news. */
KTEST(page_alloc, failure_is_logged_unless_nowarn)
{
    int nid = next_node_with_free(-1);
    uint64_t pos;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    hoard_init(&hoard);
    hoard_node(&hoard, nid, GFP_KERNEL);
    pos = log_end();
    KEXPECT(alloc_pages_node(nid, QUIET | __GFP_THISNODE, 2) == NULL);
    KEXPECT_EQ(pos, log_end());
    KEXPECT(alloc_pages_node(nid, GFP_KERNEL | __GFP_THISNODE, 2) == NULL);
    KEXPECT(strstr(logged_since(pos), "page allocation failure: order:2") != NULL);
    hoard_release(&hoard);
}

/* Callers that think in addresses get one that leads back to the page. */
KTEST(page_alloc, address_form_leads_to_the_same_block)
{
    unsigned long addr = __get_free_pages(GFP_KERNEL | __GFP_ZERO, 1);
    struct page *page;

    KASSERT(addr != 0);
    page = virt_to_page((const void *)addr);
    KEXPECT_EQ(1, page_order(page));
    KEXPECT_EQ(addr, (unsigned long)page_address(page));
    free_pages(addr, 1);
    free_pages(0, 0);
}

/* ---- random walk ------------------------------------------------------------------------------ */

static struct page *slots[WALK_SLOTS];

/* Write the slot's number into every descriptor of the block, or check that it is still there. */
static bool mark_block(struct page *page, unsigned long old_mark, unsigned long new_mark)
{
    for (unsigned long i = 0; i < 1UL << page_order(page); i++) {
        if (page[i].private[0] != old_mark)
            return false;
        page[i].private[0] = new_mark;
    }
    return true;
}

/* Order n with probability 2^-(n+1): most requests are small, as in life. */
static unsigned random_order(struct rng *r)
{
    return min((unsigned)__builtin_ctzl(rng_next(r) | 1UL << 40), (unsigned)MAX_ORDER - 1);
}

static gfp_t random_gfp(struct rng *r)
{
    static const gfp_t kinds[] = {GFP_KERNEL, GFP_ATOMIC, GFP_KERNEL | __GFP_THISNODE,
                                  GFP_KERNEL, GFP_DMA32,  GFP_DMA | __GFP_THISNODE};

    return kinds[rng_next(r) % ARRAY_SIZE(kinds)] | __GFP_NOWARN;
}

/* One step: fill an empty slot, or empty a full one. */
static bool walk_step(struct rng *r)
{
    unsigned long slot = rng_next(r) % WALK_SLOTS;
    int nid = (int)(rng_next(r) % (unsigned)nr_node_ids);
    struct page *page = slots[slot];

    if (page) {
        slots[slot] = NULL;
        if (!mark_block(page, slot + 1, 0))
            return false;
        __free_pages(page, page_order(page));
        return true;
    }
    if (!node_state(nid, N_POSSIBLE))
        nid = NUMA_NO_NODE;
    page = alloc_pages_node(nid, random_gfp(r), random_order(r));
    slots[slot] = page;
    return !page || mark_block(page, 0, slot + 1);
}

/* buddy_verify of every zone of the machine. */
static int verify_zones(void)
{
    int nid, errors = 0;

    for_each_node (nid) {
        for (int i = 0; i < MAX_NR_ZONES; i++) {
            struct zone *zone = &NODE_DATA(nid)->node_zones[i];
            unsigned long flags;

            spin_lock_irqsave(&zone->lock, flags);
            errors += buddy_verify(zone);
            spin_unlock_irqrestore(&zone->lock, flags);
        }
    }
    return errors;
}

static void empty_slots(void)
{
    for (unsigned long slot = 0; slot < WALK_SLOTS; slot++) {
        if (!slots[slot])
            continue;
        KEXPECT(mark_block(slots[slot], slot + 1, 0));
        __free_pages(slots[slot], page_order(slots[slot]));
        slots[slot] = NULL;
    }
}

/* What no thought-out case meets: 100,000 steps over all nodes and orders, no page ever in two
 * blocks, every list in order, and nothing missing at the end. */
KTEST(page_alloc, random_walk_of_100000_steps_keeps_every_invariant)
{
    struct rng r = {.state = 88172645463325252ULL};

    for (int i = 0; i < WALK_STEPS; i++) {
        if (!KEXPECT(walk_step(&r)))
            break;
        if (i % STEPS_A_VERIFY == 0 && !KEXPECT_EQ(0, verify_zones()))
            break;
    }
    KEXPECT_EQ(0, numa_verify());
    empty_slots();
    KEXPECT_EQ(0, verify_zones());
}
