/*
 * tests/kernel/test_fill.c - every node is filled in turn, and the machine as a whole: pages go where the
 * lists say, the reserves stay for those who need them, and all comes back.
 *
 * Two witnesses: the page says where it lies, and the node's free count falls. What is expected is worked out
 * from the watermarks and from the model of the order (tests/kernel/mm_helpers.h), without the allocator's walk.
 */
#include "kernel/ktest.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/timer.h"
#include "mm/explain.h"
#include "mm/vmscan.h"
#include "mm/watermark.h"
#include "tests/kernel/mm_helpers.h"
#include <arch/clock.h>

#define PATIENCE_NS   (20 * NS_PER_S)
#define SLOW_TO_FILL  "a debug build would fill more than 2 GiB"
#define QUIET         __GFP_NOWARN /* wakes no kswapd, reclaims nothing */
#define HIGH_ORDER    3
#define LEAST_RESERVE 2 /* pages that GFP_ATOMIC may take below min, in a zone that is looked at */

static struct hoard hoard;
static struct free_counts before;
static char text[4096];

/* ---- what is expected ------------------------------------------------------------------------ */

/* Would a zone of @nid give a page to @gfp with this mark? */
static bool node_serves(int nid, gfp_t gfp, enum zone_watermarks mark)
{
    enum zone_type highest = gfp_zone(gfp);

    for (int i = 0; i <= (int)highest; i++) {
        const struct zone *zone = &NODE_DATA(nid)->node_zones[i];

        if (zone->managed_pages && zone_watermark_ok(zone, 0, wmark_pages(zone, mark), highest, 0))
            return true;
    }
    return false;
}

/* The node that a page for @from should come from, -1 if there is none: first above low, then above min. */
static int expected_node(int from, gfp_t gfp)
{
    static const enum zone_watermarks marks[] = {WMARK_LOW, WMARK_MIN};
    static int order[MAX_NUMNODES];
    int nr = model_node_order(order, from);

    for (size_t pass = 0; pass < ARRAY_SIZE(marks); pass++) {
        for (int i = 0; i < nr; i++)
            if (node_serves(order[i], gfp, marks[pass]))
                return order[i];
    }
    return -1;
}

/* The node whose zone is the first in the list of @from: that is what numa_foreign is counted for. */
static int preferred_node(int from, gfp_t gfp)
{
    static int order[MAX_NUMNODES];
    int nr = model_node_order(order, from);

    for (int i = 0; i < nr; i++) {
        for (int type = 0; type <= (int)gfp_zone(gfp); type++)
            if (NODE_DATA(order[i])->node_zones[type].managed_pages)
                return order[i];
    }
    return -1;
}

static unsigned long node_numa_stat(int nid, enum numa_stat_item item)
{
    unsigned long nr = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++)
        nr += zone_numa_stat(&NODE_DATA(nid)->node_zones[i], item);
    return nr;
}

/* ---- filling --------------------------------------------------------------------------------- */

/* All that @nid gives to @gfp down to its min marks, largest blocks first. Returns how many came from elsewhere. */
static int fill_node(int nid, gfp_t gfp)
{
    int nr_strays = 0;

    for (unsigned order = MAX_ORDER; order-- > 0;) {
        struct page *page;

        while ((page = alloc_pages_node(nid, gfp | QUIET | __GFP_THISNODE, order))) {
            nr_strays += page_to_nid(page) != nid;
            hoard_add(&hoard, page);
        }
    }
    drain_all_pages(NULL);
    return nr_strays;
}

static void begin(void)
{
    free_counts_take(&before);
    hoard_init(&hoard);
}

/* Everything is free again, on every node. */
static void release_all(void)
{
    int nid;

    hoard_release(&hoard);
    for_each_online_node (nid)
        KEXPECT_EQ(before.pages[nid], exact_free_pages(nid));
}

/* ---- the machine as a whole ------------------------------------------------------------------ */

/* One page for @from; where it should come from and what is counted for it. */
static bool take_one(int from, gfp_t gfp)
{
    int want = expected_node(from, gfp), preferred = preferred_node(from, gfp);
    unsigned long miss, foreign;
    struct page *page;

    if (want < 0)
        return false;
    miss = node_numa_stat(want, NUMA_MISS);
    foreign = node_numa_stat(preferred, NUMA_FOREIGN);
    page = alloc_pages_node(from, gfp | QUIET, 0);
    if (!KEXPECT(page != NULL))
        return false;
    hoard_add(&hoard, page);
    KEXPECT_EQ(want, page_to_nid(page));
    if (want != preferred) {
        KEXPECT(node_numa_stat(want, NUMA_MISS) > miss);
        KEXPECT(node_numa_stat(preferred, NUMA_FOREIGN) > foreign);
    }
    return true;
}

/* Node by node, as pages for @from come from them, until there are none. */
static void fill_machine_from(int from, gfp_t gfp)
{
    int last;

    begin();
    drain_all_pages(NULL);
    while ((last = expected_node(from, gfp)) >= 0 && take_one(from, gfp))
        KEXPECT_EQ(0, fill_node(last, gfp));
    KEXPECT(alloc_pages_node(from, gfp | QUIET, 0) == NULL);
    release_all();
}

/* Overflow would go to the wrong node, or a machine that has memory would say that it has none. */
KTEST_SLOW(pressure, pages_of_a_full_machine_come_from_the_nodes_in_the_lists_order)
{
    int first = nodemask_first(&node_states[N_ONLINE]), nid;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_FILL);
    fill_machine_from(first, 0);
    fill_machine_from(first, __GFP_MOVABLE);
    for_each_online_node (nid) {
        bool is_last = nodemask_next(&node_states[N_ONLINE], nid) >= MAX_NUMNODES;

        if (nid != first && (is_last || !node_state(nid, N_MEMORY)))
            fill_machine_from(nid, 0);
    }
}

/* ---- each node ------------------------------------------------------------------------------- */

/* Does a zone of @nid keep pages below min for GFP_ATOMIC? Small ones don't. */
static bool has_reserve(int nid)
{
    for (int i = 0; i <= ZONE_NORMAL; i++) {
        const struct zone *zone = &NODE_DATA(nid)->node_zones[i];
        unsigned long min = wmark_pages(zone, WMARK_MIN);

        if (zone->managed_pages &&
            min >= zone_lowered_mark(min, ALLOC_HIGH | ALLOC_HARDER) + LEAST_RESERVE &&
            zone->nr_free_pages + LEAST_RESERVE >= min + zone->lowmem_reserve[ZONE_NORMAL])
            return true;
    }
    return false;
}

/* Only who cannot wait gets more, and what he gets is the node's. */
static void expect_reserve(int nid)
{
    struct page *page;

    KEXPECT(alloc_pages_node(nid, QUIET | __GFP_THISNODE, 0) == NULL);
    if (!has_reserve(nid))
        return;
    page = alloc_pages_node(nid, __GFP_HIGH | __GFP_ATOMIC | QUIET | __GFP_THISNODE, 0);
    if (KEXPECT(page != NULL)) {
        KEXPECT_EQ(nid, page_to_nid(page));
        hoard_add(&hoard, page);
    }
}

/* A block is there, or each zone that could have it is named with what it lacks. */
static void expect_reason(int nid, unsigned order)
{
    struct seqbuf s;
    struct page *page;

    seqbuf_init(&s, text, sizeof(text));
    page = alloc_pages_explained(nid, QUIET | __GFP_THISNODE, order, &s);
    seqbuf_str(&s);
    if (page) {
        KEXPECT_EQ(nid, page_to_nid(page));
        hoard_add(&hoard, page);
        return;
    }
    for (int i = 0; i <= ZONE_NORMAL; i++) {
        const struct zone *zone = &NODE_DATA(nid)->node_zones[i];
        char name[32], *line;
        struct seqbuf n;

        if (!zone->managed_pages)
            continue;
        seqbuf_init(&n, name, sizeof(name));
        seq_printf(&n, " %d:%s ", nid, zone->name);
        line = strstr(text, seqbuf_str(&n));
        KEXPECT(line && (strstr(line, "below the mark: ") || strstr(line, "reserved: ") ||
                         strstr(line, "fragmented: ")));
    }
}

/* Its kswapd goes to work, or has tried so often that it is left alone. */
static void expect_kswapd_wakes(int nid)
{
    pg_data_t *pgdat = NODE_DATA(nid);
    unsigned long runs = vm_event_sum(PAGEOUTRUN), stolen = vm_event_sum(PGSTEAL_KSWAPD);
    uint64_t end = clock_ns() + PATIENCE_NS;

    if (!pgdat->kswapd)
        return;
    WRITE_ONCE(pgdat->kswapd_failures, 0);
    while (vm_event_sum(PAGEOUTRUN) == runs && clock_ns() < end) {
        struct page *page = alloc_pages_node(nid, GFP_NOWAIT | QUIET | __GFP_THISNODE, 0);

        if (page)
            hoard_add(&hoard, page);
        msleep(1);
    }
    KEXPECT(vm_event_sum(PAGEOUTRUN) > runs);
    while (READ_ONCE(pgdat->kswapd_failures) == 0 && vm_event_sum(PGSTEAL_KSWAPD) == stolen &&
           clock_ns() < end)
        msleep(1);
    KEXPECT(READ_ONCE(pgdat->kswapd_failures) > 0 || vm_event_sum(PGSTEAL_KSWAPD) > stolen);
    WRITE_ONCE(pgdat->kswapd_failures, 0);
}

static void fill_and_look(int nid)
{
    begin();
    KEXPECT_EQ(0, fill_node(nid, 0));
    KEXPECT(hoard.nr_pages == 0 || free_counts_fell(&before, hoard.nr_pages) == nid);
    expect_reason(nid, 0);
    expect_reserve(nid);
    expect_reason(nid, HIGH_ORDER);
    take_one(nid, 0);
    expect_kswapd_wakes(nid);
    release_all();
}

/* A node without memory to spare would take others' with it, or leave interrupts without any. */
KTEST_SLOW(pressure, full_node_overflows_keeps_its_reserve_and_wakes_its_kswapd)
{
    int nid;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_FILL);
    for_each_node_mask (nid, &node_states[N_MEMORY])
        if (NODE_DATA(nid)->node_zones[ZONE_DMA].managed_pages +
                NODE_DATA(nid)->node_zones[ZONE_DMA32].managed_pages +
                NODE_DATA(nid)->node_zones[ZONE_NORMAL].managed_pages >
            0)
            fill_and_look(nid);
}
