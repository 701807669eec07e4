/*
 * tests/kernel/test_pressure.c - files that don't fit into memory, read and changed by all CPUs at once: no byte
 * is wrong, nothing is lost, and nobody waits for ever.
 *
 * All nodes are brought down to a little memory, so that each page that comes in pushes another one out, by
 * kswapd, by direct reclaim, or both at once.
 */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/mutex.h"
#include "kernel/timer.h"
#include "mm/lru.h"
#include "mm/watermark.h"
#include "tests/kernel/cache_helpers.h"
#include "tests/kernel/mm_helpers.h"
#include <arch/clock.h>

#define MAX_READERS 16
#define CACHE_PAGES 512 /* that are left above the low marks, for all nodes together */
#define FILE_PAGES  (16 * CACHE_PAGES)
#define RUN_NS      (2 * NS_PER_S)
#define NO_RECLAIM  (__GFP_THISNODE | __GFP_NOWARN)

static struct test_file file;
static struct hoard hoard;
static DEFINE_MUTEX(changing); /* one changes a page at a time, so that its version is known */
static uint64_t end_ns;

/* Leave @nid its low marks and reserves, and @more pages. */
static void hoard_down(int nid, unsigned long more)
{
    unsigned long rest = more;

    for (int i = 0; i < MAX_NR_ZONES; i++) {
        const struct zone *zone = &NODE_DATA(nid)->node_zones[i];

        if (zone->managed_pages)
            rest += wmark_pages(zone, WMARK_LOW) + zone->lowmem_reserve[ZONE_NORMAL];
    }
    for (unsigned order = MAX_ORDER; order-- > 0;) {
        while (node_free_pages(nid) >= rest + (1ul << order)) {
            struct page *page = alloc_pages_node(nid, NO_RECLAIM, order);

            if (!page)
                break;
            hoard_add(&hoard, page);
        }
    }
}

/* Reads of the part of the file that nobody changes. Returns how many were wrong. */
static int read_at_random(void *arg)
{
    struct rng rng = {.state = (uint64_t)(uintptr_t)arg + 1};
    int wrong = 0;

    while (clock_ns() < end_ns) {
        unsigned long index =
            NR_VERSIONS + (unsigned long)(rng_next(&rng) % (FILE_PAGES - NR_VERSIONS));

        wrong += !test_file_check(&file, index);
    }
    return wrong;
}

/* Changes of the first pages, each looked at afterwards. Returns how many were wrong. */
static int change_at_random(void *arg)
{
    struct rng rng = {.state = (uint64_t)(uintptr_t)arg + 1};
    static unsigned long changes[NR_VERSIONS];
    int wrong = 0;

    while (clock_ns() < end_ns) {
        unsigned long index = (unsigned long)(rng_next(&rng) % NR_VERSIONS);

        mutex_lock(&changing);
        if (test_file_change_to(&file, index, changes[index] + 1))
            changes[index]++;
        wrong += !test_file_is_at(&file, index, changes[index]);
        mutex_unlock(&changing);
        msleep(1);
    }
    for (unsigned long index = 0; index < NR_VERSIONS; index++) {
        wrong += !test_file_is_at(&file, index, changes[index]);
        changes[index] = 0;
    }
    return wrong;
}

static int run_all(void)
{
    static struct task *threads[MAX_READERS + 1];
    int cpu, nr = 0, wrong = 0;

    for_each_cpu (cpu, &cpu_online_mask) {
        if (nr == MAX_READERS)
            break;
        threads[nr] =
            kthread_create(read_at_random, (void *)(uintptr_t)(cpu + 1), "reader/%d", cpu);
        if (!threads[nr])
            break;
        kthread_bind(threads[nr], cpu);
        nr++;
    }
    threads[nr] = kthread_create(change_at_random, (void *)77ul, "changer");
    nr += threads[nr] != NULL;
    end_ns = clock_ns() + RUN_NS;
    for (int i = 0; i < nr; i++)
        kthread_start(threads[i]);
    for (int i = 0; i < nr; i++)
        wrong += kthread_join(threads[i]);
    return wrong;
}

/* The whole machine under load; a deadlock of reclaim with itself would hang here. */
KTEST_SLOW(pressure, files_larger_than_memory_are_read_and_changed_truly)
{
    unsigned long steals = vm_event_sum(PGSTEAL_KSWAPD) + vm_event_sum(PGSTEAL_DIRECT);
    int nid, nr_nodes = nodemask_weight(&node_states[N_MEMORY]);

    KSKIP_IF(hoarding_is_slow(), "a debug build would fill more than 2 GiB");
    test_file_init(&file, FILE_PAGES, true);
    hoard_init(&hoard);
    for_each_node_mask (nid, &node_states[N_MEMORY])
        hoard_down(nid, CACHE_PAGES / (unsigned)nr_nodes);
    KEXPECT_EQ(0, run_all());
    KEXPECT(vm_event_sum(PGSTEAL_KSWAPD) + vm_event_sum(PGSTEAL_DIRECT) > steals + CACHE_PAGES);
    KEXPECT(file.nr_writes > 0);
    for_each_node (nid)
        KEXPECT_EQ(0, lru_verify(NODE_DATA(nid)));
    KEXPECT(nothing_is_isolated());
    address_space_drop(&file.mapping);
    KEXPECT_EQ(0, global_node_page_state(NR_FILE_PAGES));
    hoard_release(&hoard);
}
