/*
 * tests/kernel/test_kswapd.c - a node that runs short gets its memory back, from its own page cache.
 *
 * A node is brought down to little free memory by blocks that the test holds, the rest is filled with
 * pages of a file by a reader on a CPU of the node. Then requests that only this node may serve wake
 * its kswapd.
 */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/string.h"
#include "kernel/sched.h"
#include "kernel/timer.h"
#include "mm/lru.h"
#include "mm/pcp.h"
#include "mm/reclaim_internal.h"
#include "mm/vmscan.h"
#include "mm/watermark.h"
#include "mm/zonelist.h"
#include "tests/kernel/cache_helpers.h"
#include "tests/kernel/mm_helpers.h"
#include "tests/kernel/trace_helpers.h"
#include <arch/clock.h>

#define CACHE_PAGES   1024 /* that are left for the cache */
#define FILE_PAGES    16384
#define MIN_MANAGED   8192 /* a node with less has no room for all that */
#define PATIENCE_NS   (20 * NS_PER_S)
#define SLOW_TO_HOARD "a debug build would fill more than 2 GiB"
#define NO_RECLAIM    (__GFP_THISNODE | __GFP_NOWARN) /* and doesn't wake kswapd */

static struct test_file file;
static struct hoard hoard;
static unsigned long nr_read; /* pages of the file that were brought in */

static bool is_balanced(int nid)
{
    for (int i = 0; i < MAX_NR_ZONES; i++) {
        const struct zone *zone = &NODE_DATA(nid)->node_zones[i];

        if (zone->managed_pages &&
            zone_watermark_ok(zone, 0, wmark_pages(zone, WMARK_HIGH), ZONE_NORMAL, 0))
            return true;
    }
    return false;
}

/* What must be left so that all zones are just above their high marks, and the cache's share. */
static unsigned long rest_of(int nid)
{
    unsigned long nr = CACHE_PAGES;

    for (int i = 0; i < MAX_NR_ZONES; i++) {
        const struct zone *zone = &NODE_DATA(nid)->node_zones[i];

        if (zone->managed_pages)
            nr += wmark_pages(zone, WMARK_HIGH) + zone->lowmem_reserve[ZONE_NORMAL];
    }
    return nr;
}

static void hoard_down_to(int nid, unsigned long rest)
{
    hoard_init(&hoard);
    for (unsigned order = MAX_ORDER; order-- > 0;) {
        while (node_free_pages(nid) >= rest + (1ul << order)) {
            struct page *page = alloc_pages_node(nid, NO_RECLAIM, order);

            if (!page)
                break;
            hoard_add(&hoard, page);
        }
    }
}

/* Read on until pages come from elsewhere or kswapd is at work. */
static int fill_cache(void *arg)
{
    int nid = *(const int *)arg;
    unsigned long runs = vm_event_sum(PAGEOUTRUN);

    for (nr_read = 0; nr_read < FILE_PAGES; nr_read++) {
        if (!test_file_check(&file, nr_read))
            return -1;
        if (test_file_node_of(&file, nr_read) != nid || vm_event_sum(PAGEOUTRUN) != runs) {
            nr_read++;
            break;
        }
    }
    return 0;
}

/* A CPU whose own node is @nid, or -1. (The pieces of a node that numa=fake has cut share its CPUs.) */
static int cpu_of(int nid)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        if (cpu_to_node(cpu) == nid)
            return cpu;
    }
    return -1;
}

/* Little free, much cache in @nid. False: the machine can't, and the reason is noted. */
static bool make_tight(int nid)
{
    test_file_init(&file, FILE_PAGES, true);
    hoard_down_to(nid, rest_of(nid));
    return run_on_cpu(cpu_of(nid), fill_cache, &nid) == 0;
}

static void make_easy(void)
{
    address_space_drop(&file.mapping);
    hoard_release(&hoard);
}

/*
 * A node that the tests can use: large enough without ZONE_MOVABLE, which ordinary requests don't empty,
 * with CPUs; above @after. MAX_NUMNODES: none.
 */
static int next_node(int after)
{
    int nid = after;

    do {
        nid = nodemask_next(&node_states[N_MEMORY], nid);
    } while (nid < MAX_NUMNODES && (node_free_pages(nid) < MIN_MANAGED ||
                                    NODE_DATA(nid)->node_zones[ZONE_MOVABLE].managed_pages ||
                                    !NODE_DATA(nid)->kswapd || cpu_of(nid) < 0));
    return nid;
}

/*
 * Requests for @nid alone that may wake kswapd, but reclaim nothing themselves, until it was at work. What
 * was taken while it worked goes back: it may have been done before, and isn't woken for so little.
 */
static void ask_until_kswapd_runs(int nid, unsigned long runs)
{
    uint64_t end = clock_ns() + PATIENCE_NS;
    struct page *last = NULL;

    while (vm_event_sum(PAGEOUTRUN) == runs && clock_ns() < end) {
        if (last && !is_balanced(nid))
            hoard_add(&hoard, last);
        else if (last)
            __free_pages(last, 0);
        last = alloc_pages_node(nid, GFP_NOWAIT | NO_RECLAIM, 0);
        usleep(200);
    }
    if (last)
        __free_pages(last, 0);
    drain_all_pages(NULL);
}

/*
 * Until kswapd has the node at high. It may have been there and gone to sleep before the last pages were taken,
 * which then wake nobody; so it is woken again.
 */
static bool wait_balanced(int nid)
{
    uint64_t end = clock_ns() + PATIENCE_NS;

    while (!is_balanced(nid) && clock_ns() < end) {
        drain_all_pages(NULL); /* it may have changed its CPU between a round and the drain */
        for (int i = 0; i <= ZONE_NORMAL; i++)
            wakeup_kswapd(&NODE_DATA(nid)->node_zones[i], 0, ZONE_NORMAL);
        msleep(1);
    }
    return is_balanced(nid);
}

/* Of the other nodes alone, since kswapd may be at work at those of @nid. */
static unsigned long file_pages_elsewhere(int nid)
{
    unsigned long nr = 0;
    int other;

    for_each_node (other)
        nr += other != nid ? node_page_state(other, NR_FILE_PAGES) : 0;
    return nr;
}

/* One node through all of it. Witnesses: free pages, file pages by node, the counters. */
static void expect_kswapd_works(int nid)
{
    unsigned long runs = vm_event_sum(PAGEOUTRUN), stolen = vm_event_sum(PGSTEAL_KSWAPD);
    unsigned long elsewhere, reads;

    KASSERT(make_tight(nid));
    elsewhere = file_pages_elsewhere(nid);
    ask_until_kswapd_runs(nid, runs);
    KEXPECT(wait_balanced(nid));
    KEXPECT(vm_event_sum(PAGEOUTRUN) > runs);
    KEXPECT(vm_event_sum(PGSTEAL_KSWAPD) > stolen);
    KEXPECT(file.mapping.nr_pages < nr_read);
    KEXPECT_EQ(elsewhere, file_pages_elsewhere(nid));
    KEXPECT_EQ(0, lru_verify(NODE_DATA(nid)));
    reads = file.nr_reads;
    KEXPECT(test_file_read(&file, 0, nr_read)); /* what was dropped is read again, and is right */
    KEXPECT(file.nr_reads > reads);
}

/* The whole of it: an empty node is filled, and the thread that belongs to it makes room there. */
KTEST(kswapd, short_node_is_refilled_from_its_own_cache)
{
    int nid, nr = 0;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    for (nid = next_node(-1); nid < MAX_NUMNODES && nr < 4; nid = next_node(nid), nr++) {
        expect_kswapd_works(nid);
        make_easy();
    }
    KSKIP_IF(nr == 0, "no node has CPUs and %d pages", MIN_MANAGED);
}

/* The trace tells who works for whom. */
KTEST(kswapd, waking_is_traced)
{
    int nid = next_node(-1);
    struct trace_session t;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    KSKIP_IF(nid == MAX_NUMNODES, "no node has CPUs and %d pages", MIN_MANAGED);
    KASSERT(trace_session_begin(&t, "64"));
    KEXPECT_EQ(0, tracing_write("set_event", "vmscan:mm_vmscan_kswapd_wake\n"
                                             "vmscan:mm_vmscan_lru_shrink_inactive"));
    expect_kswapd_works(nid);
    tracing_write("tracing_on", "0");
    KEXPECT(strstr(tracing_read("trace"), "mm_vmscan_kswapd_wake: nid=") != NULL);
    KEXPECT(strstr(tracing_read("trace"), "flags=RECLAIM_WB_FILE|RECLAIM_WB_ASYNC") != NULL);
    trace_session_end(&t);
    make_easy();
}

/* Every node with memory has one, named for it, on its own CPUs if it has any. */
KTEST(kswapd, each_node_with_memory_has_a_thread_on_its_cpus)
{
    int nid;

    for_each_node (nid) {
        const struct task *t = NODE_DATA(nid)->kswapd;
        cpumask_t cpus = node_online_cpus(nid);

        if (!node_state(nid, N_MEMORY)) {
            KEXPECT(t == NULL);
            continue;
        }
        KASSERT(t != NULL);
        KEXPECT(strncmp(t->comm, "kswapd", 6) == 0);
        if (!cpumask_empty(&cpus))
            KEXPECT(cpumask_equal(&cpus, &t->cpus_mask));
    }
}

/* With nothing to be had it must not spin: after so many failures the node is left alone. */
KTEST(kswapd, node_without_anything_to_reclaim_is_given_up)
{
    int nid = next_node(-1);
    uint64_t end = clock_ns() + PATIENCE_NS;
    unsigned long runs;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    KSKIP_IF(nid == MAX_NUMNODES, "no node has CPUs and %d pages", MIN_MANAGED);
    hoard_down_to(nid, 0);
    while (!node_is_unreclaimable(NODE_DATA(nid)) && clock_ns() < end) {
        struct page *page = alloc_pages_node(nid, GFP_NOWAIT | NO_RECLAIM, 0);

        if (page)
            hoard_add(&hoard, page);
        usleep(200);
    }
    KEXPECT(node_is_unreclaimable(NODE_DATA(nid)));
    msleep(2); /* it may be in the middle of its last run */
    runs = vm_event_sum(PAGEOUTRUN);
    for (int i = 0; i < 20; i++) {
        struct page *page = alloc_pages_node(nid, GFP_NOWAIT | NO_RECLAIM, 0);

        if (page)
            hoard_add(&hoard, page);
        usleep(200);
    }
    KEXPECT_EQ(runs, vm_event_sum(PAGEOUTRUN));
    hoard_release(&hoard);
    /* Somebody's progress is hope again. */
    test_file_init(&file, 64, false);
    test_file_read(&file, 0, 64);
    for (int i = 0; i < MAX_NUMNODES; i++)
        if (node_state(i, N_MEMORY))
            try_to_free_pages(node_zonelist(i, true), 0, GFP_KERNEL);
    KEXPECT(!node_is_unreclaimable(NODE_DATA(nid)) || test_file_node_of(&file, 0) != nid);
    WRITE_ONCE(NODE_DATA(nid)->kswapd_failures, 0);
    address_space_drop(&file.mapping);
}

/* A node that was full of what can't be had must not be left alone for ever. */
KTEST(kswapd, cache_that_comes_after_giving_up_is_hope_again)
{
    int nid = next_node(-1);

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    KSKIP_IF(nid == MAX_NUMNODES, "no node has CPUs and %d pages", MIN_MANAGED);
    WRITE_ONCE(NODE_DATA(nid)->kswapd_left, 0);
    WRITE_ONCE(NODE_DATA(nid)->kswapd_failures, 1000);
    expect_kswapd_works(nid);
    KEXPECT(!node_is_unreclaimable(NODE_DATA(nid)));
    make_easy();
}

/* An allocation that finds nothing helps itself, here as far as the node's cache reaches. */
KTEST(kswapd, direct_reclaim_frees_a_batch_near_before_far)
{
    unsigned long stalls = vm_event_sum(ALLOCSTALL_MOVABLE), freed;
    int nid, other;

    test_file_init(&file, 256, false);
    KASSERT(test_file_read(&file, 0, 256));
    nid = test_file_node_of(&file, 0);
    KASSERT(nid >= 0);
    if (node_page_state(nid, NR_INACTIVE_FILE) >= 128) {
        unsigned long before[MAX_NUMNODES] = {0};

        for_each_node (other)
            before[other] = node_page_state(other, NR_FILE_PAGES);
        freed = try_to_free_pages(node_zonelist(nid, false), 0, GFP_KERNEL | __GFP_MOVABLE);
        KEXPECT(freed >= SWAP_CLUSTER_MAX);
        KEXPECT_EQ(before[nid] - freed, node_page_state(nid, NR_FILE_PAGES));
        for_each_node (other)
            if (other != nid)
                KEXPECT_EQ(before[other], node_page_state(other, NR_FILE_PAGES));
        KEXPECT_EQ(stalls + 1, vm_event_sum(ALLOCSTALL_MOVABLE));
    }
    address_space_drop(&file.mapping);
}

/* Who may not write must not: it may hold what writing needs. */
KTEST(kswapd, reclaim_without_fs_leaves_dirty_pages)
{
    int nid;

    test_file_init(&file, 2, true);
    KEXPECT(test_file_change(&file, 0));
    KEXPECT(test_file_change(&file, 1));
    for_each_node_mask (nid, &node_states[N_MEMORY])
        try_to_free_pages(node_zonelist(nid, true), 0, GFP_NOFS);
    KEXPECT_EQ(0, file.nr_writes);
    KEXPECT_EQ(2, file.mapping.nr_pages);
    address_space_drop(&file.mapping);
}

/* ---- node_reclaim ------------------------------------------------------------------------------ */

struct reclaim_test {
    int nid;
    bool own, other, atomic;
    unsigned long freed;
};

/* On a CPU of t->nid. */
static int try_node_reclaim(void *arg)
{
    struct reclaim_test *t = arg;
    unsigned long before;
    int nid;

    test_file_init(&file, 300, false);
    if (!test_file_read(&file, 0, 300))
        return -1;
    before = node_page_state(t->nid, NR_FILE_PAGES);
    t->atomic = node_reclaim(NODE_DATA(t->nid), GFP_ATOMIC, 0);
    for_each_node (nid)
        if (nid != t->nid && cpu_of(nid) >= 0)
            t->other |= node_reclaim(NODE_DATA(nid), GFP_KERNEL, 0);
    t->own = node_reclaim(NODE_DATA(t->nid), GFP_KERNEL, 0);
    t->freed = before - node_page_state(t->nid, NR_FILE_PAGES);
    return 0;
}

/* Near before far: the CPU's own node gives up cache; what belongs to other CPUs is theirs. */
KTEST(kswapd, node_reclaim_takes_from_the_own_node_only)
{
    struct reclaim_test t = {.nid = next_node(-1)};

    KSKIP_IF(t.nid == MAX_NUMNODES, "no node has CPUs and %d pages", MIN_MANAGED);
    KEXPECT_EQ(0, min_unmapped_ratio_store("0", 1));
    KEXPECT_EQ(0, run_on_cpu(cpu_of(t.nid), try_node_reclaim, &t));
    KEXPECT(!t.atomic);
    KEXPECT(!t.other);
    KEXPECT(t.own);
    KEXPECT(t.freed >= SWAP_CLUSTER_MAX);
    address_space_drop(&file.mapping);

    /* Less than min_unmapped_ratio is the working set. */
    KEXPECT_EQ(0, min_unmapped_ratio_store("50", 2));
    t = (struct reclaim_test){.nid = t.nid};
    KEXPECT_EQ(0, run_on_cpu(cpu_of(t.nid), try_node_reclaim, &t));
    KEXPECT(!t.own);
    KEXPECT_EQ(0, t.freed);
    KEXPECT_EQ(0, min_unmapped_ratio_store("1", 1));
    address_space_drop(&file.mapping);
}

/* What is written is what is read, and nonsense is refused. */
KTEST(kswapd, switches_take_their_range)
{
    KEXPECT_EQ(0, zone_reclaim_mode_store("1\n", 2));
    KEXPECT_EQ(1, node_reclaim_mode);
    KEXPECT_EQ(0, zone_reclaim_mode_store("0\n", 2));
    KEXPECT_EQ(0, node_reclaim_mode);
    KEXPECT(zone_reclaim_mode_store("8", 1) < 0);
    KEXPECT(min_unmapped_ratio_store("101", 3) < 0);
    KEXPECT(min_slab_ratio_store("-1", 2) < 0);
}
