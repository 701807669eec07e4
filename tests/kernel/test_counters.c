/*
 * tests/kernel/test_counters.c - numa_hit, miss, foreign, local and other, as Linux counts them.
 *
 *     wanted from   served from   CPU on      counted
 *     A             A             A           hit and local on A
 *     A             A             B           hit and other on A
 *     A             B             A           miss and other on B, foreign on A
 *     A             B             B           miss and local on B, foreign on A
 *
 * A node without memory wants from the first zone of its list, so its requests are hits there.
 */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "mm/pcp.h"
#include "mm/zonelist.h"
#include "tests/kernel/mm_helpers.h"

#define QUIET         (GFP_KERNEL | __GFP_NOWARN)
#define SLOW_TO_HOARD "a debug build would fill more than 2 GiB"

struct stats {
    long nr[MAX_NUMNODES][NR_NUMA_STATS];
};

static struct stats then, now;
static struct hoard hoard;

static void read_stats(struct stats *s)
{
    int nid;

    for_each_node (nid)
        for (int item = 0; item < NR_NUMA_STATS; item++) {
            s->nr[nid][item] = 0;
            for (int i = 0; i < MAX_NR_ZONES; i++)
                s->nr[nid][item] +=
                    (long)zone_numa_stat(&NODE_DATA(nid)->node_zones[i], (enum numa_stat_item)item);
        }
}

/* Since `then`, these rose by one, and nothing else changed. @served, @foreign: -1 for no node. */
static void expect_counted(int served, enum numa_stat_item how, int foreign)
{
    int cpu_node = numa_node_id(), nid;

    read_stats(&now);
    for_each_node (nid) {
        for (int item = 0; item < NR_NUMA_STATS; item++) {
            long want = nid == foreign && item == NUMA_FOREIGN;

            if (nid == served)
                want += item == (int)how || item == (served == cpu_node ? NUMA_LOCAL : NUMA_OTHER);
            /* cppcheck-suppress negativeIndex */
            if (now.nr[nid][item] - then.nr[nid][item] != want)
                ktest_fail(__FILE__, __LINE__, "node %d stat %d: expected %ld more, got %ld", nid,
                           item, want, now.nr[nid][item] - then.nr[nid][item]);
        }
    }
}

/* The first node of the list of @from that has free memory. */
static int serving_node(int from)
{
    const struct zoneref *ref;

    drain_all_pages(NULL);
    for_each_zone_in (ref, node_zonelist(from, false), ZONE_NORMAL) {
        if (ref->zone->nr_free_pages)
            return ref->zone->zone_pgdat->node_id;
    }
    return -1;
}

/* The node that a request of @from is counted as wanted from: that of its list's first zone for the kernel. */
static int wanted_node(int from)
{
    const struct zoneref *ref;

    for_each_zone_in (ref, node_zonelist(from, false), ZONE_NORMAL)
        return ref->zone->zone_pgdat->node_id;
    return -1;
}

/* Ask @from; the counters say the same as the zonelist. */
static void expect_plain_request(int from, gfp_t gfp, unsigned order)
{
    int wanted = wanted_node(from), served = serving_node(from);
    struct page *page;

    read_stats(&then);
    page = alloc_pages_node(from, gfp, order);
    KASSERT(page != NULL);
    KEXPECT_EQ(served, page_to_nid(page));
    if (served == wanted)
        expect_counted(served, NUMA_HIT, -1);
    else
        expect_counted(served, NUMA_MISS, wanted);
    __free_pages(page, order);
}

/* numastat's first two columns, in the ordinary case. */
KTEST(counters, request_of_the_own_node_is_hit_and_local)
{
    int nid = numa_node_id();

    KSKIP_IF(kernel_free_pages(nid) == 0, "node %d, the boot CPU's, has no memory", nid);
    expect_plain_request(nid, GFP_KERNEL, 0);
    KEXPECT_EQ(1, now.nr[nid][NUMA_HIT] - then.nr[nid][NUMA_HIT]);
    KEXPECT_EQ(1, now.nr[nid][NUMA_LOCAL] - then.nr[nid][NUMA_LOCAL]);
}

/* Memory that was meant to be on the other node and is there: a hit, though not a local one. */
KTEST(counters, request_of_another_node_is_hit_and_other)
{
    int nr = 0;

    for (int nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        if (nid == numa_node_id())
            continue;
        nr++;
        expect_plain_request(nid, GFP_KERNEL, 0);
        KEXPECT_EQ(1, now.nr[nid][NUMA_HIT] - then.nr[nid][NUMA_HIT]);
        KEXPECT_EQ(1, now.nr[nid][NUMA_OTHER] - then.nr[nid][NUMA_OTHER]);
        expect_plain_request(nid, GFP_KERNEL | __GFP_THISNODE, 0);
    }
    KSKIP_IF(nr == 0, "no second node has memory");
}

/* numa_miss is what an administrator looks at to see that a node is too small. */
KTEST(counters, request_served_elsewhere_is_miss_there_and_foreign_here)
{
    int nr = 0;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    for (int nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        hoard_init(&hoard);
        hoard_node(&hoard, nid, GFP_KERNEL);
        if (serving_node(nid) >= 0) {
            nr++;
            expect_plain_request(nid, GFP_KERNEL, 0);
            KEXPECT_EQ(1, now.nr[nid][NUMA_FOREIGN] - then.nr[nid][NUMA_FOREIGN]);
        }
        hoard_release(&hoard);
    }
    KSKIP_IF(nr == 0, "no second node has memory");
}

/* The CPU's own node serves what was meant for another: a miss that is local all the same. */
KTEST(counters, miss_on_the_cpus_own_node_is_local)
{
    int here = numa_node_id(), nid, nr = 0;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    KSKIP_IF(kernel_free_pages(here) == 0, "node %d, the boot CPU's, has no memory", here);
    for (nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        hoard_init(&hoard);
        hoard_node(&hoard, nid, GFP_KERNEL);
        if (nid != here && serving_node(nid) == here) {
            nr++;
            expect_plain_request(nid, GFP_KERNEL, 0);
            KEXPECT_EQ(1, now.nr[here][NUMA_LOCAL] - then.nr[here][NUMA_LOCAL]);
        }
        hoard_release(&hoard);
    }
    KSKIP_IF(nr == 0, "no node overflows onto node %d", here);
}

/* Nothing was served, so nothing is counted. */
KTEST(counters, failed_request_counts_nothing)
{
    int nid = next_node_with_free(-1);

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    hoard_init(&hoard);
    hoard_node(&hoard, nid, GFP_KERNEL);
    read_stats(&then);
    KEXPECT(alloc_pages_node(nid, QUIET | __GFP_THISNODE, 0) == NULL);
    expect_counted(-1, NUMA_HIT, -1);
    hoard_release(&hoard);
}

/* Its requests can't miss: nobody expects them to be served there. */
KTEST(counters, request_of_a_memoryless_node_is_a_hit_on_the_nearest)
{
    int nid, nr = 0;

    for_each_node (nid) {
        int served = wanted_node(nid);

        if (node_state(nid, N_NORMAL_MEMORY) || serving_node(nid) != served)
            continue;
        nr++;
        expect_plain_request(nid, GFP_KERNEL, 0);
        KEXPECT_EQ(1, now.nr[served][NUMA_HIT] - then.nr[served][NUMA_HIT]);
        KEXPECT_EQ(0, now.nr[nid][NUMA_FOREIGN] - then.nr[nid][NUMA_FOREIGN]);
    }
    KSKIP_IF(nr == 0, "every node has memory");
}

/* Linux counts allocations, not pages. */
KTEST(counters, block_of_any_order_counts_once)
{
    for (unsigned order = 1; order <= 5; order++) {
        struct page *page;

        read_stats(&then);
        page = alloc_pages_node(next_node_with_free(-1), GFP_KERNEL, order);
        KASSERT(page != NULL);
        expect_counted(page_to_nid(page), NUMA_HIT, -1);
        __free_pages(page, order);
    }
}

/* The counters tell of placements; giving back is none. */
KTEST(counters, free_counts_nothing)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0);

    KASSERT(page != NULL);
    read_stats(&then);
    __free_pages(page, 0);
    expect_counted(-1, NUMA_HIT, -1);
}

/* All of the node's highest zone, largest blocks first; blocks of lower zones go back. */
static void hoard_highest_zone(struct hoard *h, int nid)
{
    int highest = NODE_DATA(nid)->nr_zones - 1;

    hoard_init(h);
    for (unsigned order = MAX_ORDER; order-- > 0;) {
        struct page *page;

        while ((page = alloc_pages_node(nid, QUIET | __GFP_THISNODE, order)) &&
               page_zonenum(page) == highest)
            hoard_add(h, page);
        if (page)
            __free_pages(page, order);
    }
}

/* Does a zone below the node's highest have a free page? */
static bool has_low_zone(int nid)
{
    for (int i = 0; i < NODE_DATA(nid)->nr_zones - 1; i++)
        if (NODE_DATA(nid)->node_zones[i].nr_free_pages)
            return true;
    return false;
}

/* A low zone of the wanted node is still the wanted node. */
KTEST(counters, lower_zone_of_the_same_node_is_a_hit)
{
    int nid, nr = 0;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    for_each_node (nid) {
        if (!has_low_zone(nid))
            continue;
        nr++;
        hoard_highest_zone(&hoard, nid);
        expect_plain_request(nid, GFP_KERNEL, 0);
        KEXPECT_EQ(1, now.nr[nid][NUMA_HIT] - then.nr[nid][NUMA_HIT]);
        hoard_release(&hoard);
    }
    KSKIP_IF(nr == 0, "no node has free pages in two zones");
}
