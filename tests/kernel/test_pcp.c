/*
 * tests/kernel/test_pcp.c - each CPU's own lists of pages, on the machine's zones.
 */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/string.h"
#include "kernel/smp_call.h"
#include "mm/fault_inject.h"
#include "mm/numa_verify.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"
#include "tests/kernel/mm_helpers.h"
#include <arch/irq.h>

#define QUIET    (GFP_KERNEL | __GFP_NOWARN)
#define NR_CROSS 64
#define NR_STORM 200

static struct hoard hoard;

/* This CPU's lists of a page's zone. Context: pinned, or it may be another's. */
static const struct pcp *pcp_of_page(const struct page *page)
{
    return pcp_of(raw_this_cpu(), &NODE_DATA(page_to_nid(page))->node_zones[page_zonenum(page)]);
}

/* Does every CPU have lists? Without memory for them there is nothing to test. */
static bool have_lists(void)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0);
    bool have = page && pcp_of_page(page)->zone;

    if (page)
        __free_pages(page, 0);
    return have;
}

/* 64 allocations and frees of this CPU; what its list of @page's zone had to fetch for it. */
static unsigned long refilled_for_pairs(const struct page *page, unsigned long *served)
{
    unsigned long irq_flags = irq_save(), refilled = 0, before = 0;
    const struct pcp *pcp = pcp_of_page(page);
    int nid = page_to_nid(page);

    for (int i = 0; i < 65; i++) {
        struct page *again = alloc_pages_node(nid, GFP_ATOMIC, 0);

        if (again)
            __free_pages(again, 0);
        if (i == 0) { /* from here on there is a page in the list */
            refilled = pcp->nr_refilled;
            before = pcp->nr_served[0];
        }
    }
    *served = pcp->nr_served[0] - before;
    refilled = pcp->nr_refilled - refilled;
    irq_restore(irq_flags);
    return refilled;
}

/* The reason for the lists: whoever frees and allocates in turn must not need the zone for it. */
KTEST(pcp, pairs_of_allocation_and_free_need_nothing_from_the_zone)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0);
    unsigned long served;

    KASSERT(page != NULL);
    if (pcp_of_page(page)->zone && pageblock_type(page) == MIGRATE_UNMOVABLE) {
        KEXPECT_EQ(0, refilled_for_pairs(page, &served));
        KEXPECT(served == 64 || pcp_of_page(page)->zone->pcp_high == 0);
    }
    __free_pages(page, 0);
}

/* A test that lets the nth allocation fail must not be served behind its back. */
KTEST(pcp, allocation_that_is_to_fail_fails_though_a_list_has_pages)
{
    struct page *page;

    KSKIP_IF(ktest_lets_fail(), "it lets allocations fail itself");
    page = alloc_pages(GFP_KERNEL, 0);
    if (page)
        __free_pages(page, 0);
    fault_inject_nth(1);
    page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0);
    fault_inject_nth(0);
    KEXPECT(page == NULL);
    if (page)
        __free_pages(page, 0);
    page = alloc_pages(GFP_KERNEL, 0);
    KEXPECT(page != NULL);
    if (page)
        __free_pages(page, 0);
}

/* Pages that a user freed and the zone already counts as free would be given out by both. */
KTEST(pcp, freed_page_lies_in_this_cpus_list_and_is_not_free_in_its_zone)
{
    unsigned long irq_flags, nr_free;
    const struct pcp *pcp;
    struct page *page;
    int count;

    KSKIP_IF(!have_lists(), "there was no memory for lists");
    irq_flags = irq_save();
    page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0);
    if (page) {
        pcp = pcp_of_page(page);
        count = pcp_count(pcp);
        nr_free = node_free_pages(page_to_nid(page));
        __free_pages(page, 0);
        KEXPECT_EQ(PAGE_PCP, page->flags & PAGE_STATE_MASK);
        KEXPECT_EQ(count + 1, pcp_count(pcp));
        KEXPECT_EQ(nr_free, node_free_pages(page_to_nid(page)));
    }
    irq_restore(irq_flags);
    KASSERT(page != NULL);
    drain_all_pages(NULL);
    KEXPECT(!(page->flags & PAGE_PCP));
}

/* The page that was freed last is in the cache. */
KTEST(pcp, page_that_was_freed_last_is_given_out_first)
{
    unsigned long irq_flags;
    struct page *page, *again;

    KSKIP_IF(!have_lists(), "there was no memory for lists");
    irq_flags = irq_save();
    page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 1);
    if (page)
        __free_pages(page, 1);
    again = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 1);
    irq_restore(irq_flags);
    if (pageblock_type(page) == MIGRATE_UNMOVABLE)
        KEXPECT(again == page);
    if (again)
        __free_pages(again, 1);
}

/* Free pages before and after could never be compared, and the last pages of a node never be had. */
KTEST(pcp, drain_leaves_nothing_in_any_list)
{
    int nid;

    drain_all_pages(NULL);
    for_each_node (nid)
        for (int i = 0; i < MAX_NR_ZONES; i++)
            KEXPECT_EQ(0, zone_pcp_pages(&NODE_DATA(nid)->node_zones[i]));
    KEXPECT_EQ(0, numa_verify());
}

/* A page of node 1 that a CPU of node 0 frees must not become memory of node 0. */
KTEST(pcp, page_of_another_node_goes_back_to_its_own)
{
    int nid;

    for (nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        unsigned long before = exact_free_pages(nid);
        struct page *page = alloc_pages_node(nid, QUIET | __GFP_THISNODE, 0);

        if (!page) /* at its watermark */
            continue;
        KEXPECT_EQ(nid, page_to_nid(page));
        __free_pages(page, 0);
        page = alloc_pages_node(nid, QUIET | __GFP_THISNODE, 0);
        KEXPECT(page && page_to_nid(page) == nid);
        if (page)
            __free_pages(page, 0);
        KEXPECT_EQ(before, exact_free_pages(nid));
    }
}

/* Another CPU's list is not ours to look into, but what lies there must be had before a request fails. */
KTEST(pcp, pages_in_other_cpus_lists_are_had_before_a_request_fails)
{
    unsigned long total = 0;
    int nid = next_node_with_free(-1);

    KSKIP_IF(hoarding_is_slow(), "a debug build would fill more than 2 GiB");
    total = exact_free_pages(nid);
    hoard_init(&hoard);
    hoard_node(&hoard, nid, GFP_NOWAIT | __GFP_MEMALLOC);
    KEXPECT_EQ(total, hoard.nr_pages);
    KEXPECT_EQ(0, exact_free_pages(nid));
    hoard_release(&hoard);
}

static struct page *crossing[NR_CROSS];

static int free_crossing(void *unused)
{
    (void)unused;
    for (int i = 0; i < NR_CROSS; i++) {
        if (crossing[i])
            __free_pages(crossing[i], (unsigned)i % PCP_ORDERS);
    }
    return 0;
}

/* What one CPU allocates and another frees is most of what a kernel does with pages. */
KTEST(pcp, pages_freed_by_every_other_cpu_are_all_there_afterwards)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        struct task *t;

        for (int i = 0; i < NR_CROSS; i++)
            crossing[i] = alloc_pages(QUIET, (unsigned)i % PCP_ORDERS);
        t = kthread_create(free_crossing, NULL, "cross/%d", cpu);
        if (!t) {
            free_crossing(NULL);
            continue;
        }
        kthread_bind(t, cpu);
        kthread_start(t);
        kthread_join(t);
    }
    KEXPECT_EQ(0, numa_verify());
}

static unsigned long nr_in_interrupts;

/* In an interrupt, perhaps in the middle of an allocation of the thread that it interrupted. */
static void allocate_in_interrupt(void *unused)
{
    struct page *page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0);

    (void)unused;
    if (page) {
        __atomic_fetch_add(&nr_in_interrupts, 1, __ATOMIC_RELAXED);
        __free_pages(page, 0);
    }
}

static int storm(void *unused)
{
    (void)unused;
    while (!kthread_should_stop()) {
        struct page *page = alloc_pages(QUIET, 0);

        if (page)
            __free_pages(page, 0);
        preempt_check();
    }
    return 0;
}

/* The list in the hands of a thread must not be seen half changed by an interrupt on its CPU. */
KTEST(pcp, interrupts_that_allocate_do_not_disturb_their_cpus_list)
{
    int cpu = (int)cpumask_next(&cpu_online_mask, raw_this_cpu());
    struct task *t;

    KSKIP_IF(cpu >= NR_CPUS, "no CPU behind this one");
    t = kthread_create(storm, NULL, "storm");
    KASSERT(t != NULL);
    kthread_bind(t, cpu);
    kthread_start(t);
    nr_in_interrupts = 0;
    for (int i = 0; i < NR_STORM; i++)
        smp_call_function_single(cpu, allocate_in_interrupt, NULL, true);
    kthread_stop(t);
    KEXPECT_EQ(NR_STORM, nr_in_interrupts);
    KEXPECT_EQ(0, numa_verify());
}

/* /proc/vmstat's pgalloc and pgfree are worked out from the lists; they must count like a clerk. */
KTEST(pcp, pgalloc_and_pgfree_count_pages_that_users_got_and_gave)
{
    for (unsigned order = 0; order < 6; order++) {
        struct page *page = alloc_pages(QUIET, order);
        unsigned long irq_flags, nr_alloc, nr_free;
        const struct zone *zone;

        KASSERT(page != NULL);
        zone = &NODE_DATA(page_to_nid(page))->node_zones[page_zonenum(page)];
        irq_flags = irq_save();
        nr_alloc = zone_pgalloc(zone);
        nr_free = zone_pgfree(zone);
        __free_pages(page, order);
        KEXPECT_EQ(nr_free + (1UL << order), zone_pgfree(zone));
        KEXPECT_EQ(nr_alloc, zone_pgalloc(zone));
        page = alloc_pages_node(zone->zone_pgdat->node_id, GFP_ATOMIC, order);
        irq_restore(irq_flags);
        KASSERT(page != NULL);
        if (&NODE_DATA(page_to_nid(page))->node_zones[page_zonenum(page)] == zone)
            KEXPECT_EQ(nr_alloc + (1UL << order), zone_pgalloc(zone));
        __free_pages(page, order);
    }
}

/* Somebody's page in somebody else's hands, a moment later. */
KTEST(pcp, page_whose_owner_still_uses_it_is_not_taken)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0);

    KASSERT(page != NULL);
    page_flag_set(page, PAGE_LRU);
    report_expect();
    __free_pages(page, 0);
    KEXPECT_EQ(1, report_expect_end());
    KEXPECT(strstr(report_last(), "its owner still uses it") != NULL);
    page_flag_clear(page, PAGE_LRU);
    __free_pages(page, 0);
}

/* A page in a list was freed; whoever frees it again must be told so. */
KTEST(pcp, double_free_of_a_page_in_a_list_is_named)
{
    unsigned long irq_flags;
    struct page *page;
    bool in_list;

    KSKIP_IF(!have_lists(), "there was no memory for lists");
    page = alloc_pages(GFP_KERNEL, 2);
    KASSERT(page != NULL);
    irq_flags = irq_save();
    __free_pages(page, 2);
    in_list = page_flag_test(page, PAGE_PCP);
    report_expect();
    __free_pages(page, 2);
    __free_pages(page + 1, 0);
    KEXPECT_EQ(2, report_expect_end());
    irq_restore(irq_flags);
    KSKIP_IF(!in_list, "the zone is so small that a list has no room for four pages");
    KEXPECT(strstr(report_last(), "it lies in a CPU's list, in a block of order 2") != NULL);
}

/* Limits follow from the zone by Linux's arithmetic, also after an administrator changed the marks. */
KTEST(pcp, limits_follow_the_zone_and_its_watermark)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        cpumask_t cpus = node_cpus(nid);

        cpumask_and(&cpus, &cpus, &cpu_online_mask);
        for (int i = 0; i < MAX_NR_ZONES; i++) {
            const struct zone *zone = &NODE_DATA(nid)->node_zones[i];
            const struct pcp *pcp = pcp_of(raw_this_cpu(), zone);
            unsigned nr = (unsigned)cpumask_weight(&cpus);

            if (!pcp->zone)
                continue;
            nr = nr ? nr : (unsigned)cpumask_weight(&cpu_online_mask);
            KEXPECT_EQ(zone_batchsize(zone->managed_pages), pcp->batch);
            KEXPECT_EQ(zone_highsize(wmark_pages(zone, WMARK_LOW), pcp->batch, nr), pcp->high);
        }
    }
}

/* The file that tells how much lies where. */
KTEST(pcp, zoneinfo_shows_a_pageset_for_each_online_cpu)
{
    static char text[65536];
    struct seqbuf s;

    KSKIP_IF(!have_lists(), "there was no memory for lists");
    seqbuf_init(&s, text, sizeof(text));
    zoneinfo_show(&s);
    KEXPECT(strstr(seqbuf_str(&s), "  pagesets\n    cpu: 0\n              count: ") != NULL);
    KEXPECT(strstr(seqbuf_str(&s), "\n              high:  ") != NULL);
    KEXPECT(strstr(seqbuf_str(&s), "\n              batch: ") != NULL);
}
