/*
 * tests/kernel/test_shrinker.c - caches that are no lists of pages are asked for their share.
 */
#include "kernel/ktest.h"
#include "mm/node.h"
#include "mm/reclaim_internal.h"
#include "mm/shrinker.h"
#include "mm/vmscan.h"
#include "mm/zonelist.h"
#include "tests/kernel/cache_helpers.h"

/* A cache with so many objects on each node. */
static unsigned long objects[MAX_NUMNODES];
static unsigned long scanned[MAX_NUMNODES];
static unsigned nr_calls;
static bool stubborn;        /* refuses */
static bool was_in_reclaim;  /* as seen from scan_objects */
static unsigned long nested; /* what reclaim within reclaim returned */

static unsigned long count_objects(struct shrinker *s, struct shrink_control *sc)
{
    (void)s;
    return objects[sc->nid];
}

static unsigned long scan_objects(struct shrinker *s, struct shrink_control *sc)
{
    unsigned long nr = min(sc->nr_to_scan, objects[sc->nid]);

    (void)s;
    nr_calls++;
    was_in_reclaim = in_reclaim();
    nested = try_to_free_pages(node_zonelist(sc->nid, false), 0, GFP_KERNEL);
    if (stubborn)
        return SHRINK_STOP;
    scanned[sc->nid] += sc->nr_to_scan;
    objects[sc->nid] -= nr;
    mm_account_reclaimed_pages(nr);
    return nr;
}

static struct shrinker cache = {.count_objects = count_objects,
                                .scan_objects = scan_objects,
                                .seeks = DEFAULT_SEEKS,
                                .flags = SHRINKER_NUMA_AWARE};

static void begin(unsigned long nr_objects)
{
    int nid;

    for (nid = 0; nid < MAX_NUMNODES; nid++) {
        objects[nid] = nr_objects;
        scanned[nid] = 0;
    }
    nr_calls = 0;
    stubborn = false;
    was_in_reclaim = false;
    register_shrinker(&cache, "test");
}

static unsigned long shrink(int nid, int priority)
{
    bool was = reclaim_begin();
    unsigned long nr = shrink_slab(GFP_KERNEL, nid, priority);

    reclaim_end(was);
    return nr;
}

/* Priority 6 looks at a 64th of the pages; so 10,000 objects are asked for 312, seeks being 2. */
KTEST(shrinker, share_is_in_proportion_to_the_priority)
{
    int nid = nodemask_first(&node_states[N_MEMORY]);

    begin(10000);
    KEXPECT_EQ(256, shrink(nid, 6)); /* two batches of 128; 56 are deferred */
    KEXPECT_EQ(2, nr_calls);
    KEXPECT_EQ(56, cache.nr_deferred[nid]);
    unregister_shrinker(&cache);
}

/* What would be free on another node doesn't help this one. */
KTEST(shrinker, only_the_node_that_is_short_is_asked)
{
    int nid, other;

    begin(1000);
    for_each_node (nid) {
        KEXPECT_EQ(1000, shrink(nid, 0));
        KEXPECT_EQ(0, objects[nid]);
        for_each_node (other)
            if (other > nid)
                KEXPECT_EQ(0, scanned[other]);
    }
    unregister_shrinker(&cache);
}

/* A small cache must give its last object when there is nothing else. */
KTEST(shrinker, less_than_a_batch_is_asked_for_at_last)
{
    int nid = nodemask_first(&node_states[N_MEMORY]);

    begin(10);
    for (int priority = DEF_PRIORITY; priority >= 0; priority--)
        shrink(nid, priority);
    KEXPECT_EQ(0, objects[nid]);
    unregister_shrinker(&cache);
}

/* A cache whose lock is taken says so; asking on would spin. */
KTEST(shrinker, stop_ends_the_call_and_is_made_up_for_later)
{
    int nid = nodemask_first(&node_states[N_MEMORY]);

    begin(1000);
    stubborn = true;
    KEXPECT_EQ(0, shrink(nid, 1));
    KEXPECT_EQ(1, nr_calls);
    KEXPECT_EQ(1000, cache.nr_deferred[nid]);
    stubborn = false;
    KEXPECT(shrink(nid, 2) > 500); /* 1000/4*2 of this time, and a quarter of what was left */
    unregister_shrinker(&cache);
}

/* A shrinker that allocates must not start reclaim in reclaim: the stack has an end. */
KTEST(shrinker, reclaim_does_not_nest)
{
    int nid = nodemask_first(&node_states[N_MEMORY]);

    begin(1000);
    nested = 1;
    KEXPECT(!in_reclaim());
    KEXPECT(try_to_free_pages(node_zonelist(nid, true), 0, GFP_KERNEL) >= SWAP_CLUSTER_MAX);
    KEXPECT(was_in_reclaim);
    KEXPECT_EQ(0, nested);
    KEXPECT(!in_reclaim());
    unregister_shrinker(&cache);
}

/* Its owner may be gone after that. */
KTEST(shrinker, unregistered_cache_is_not_asked)
{
    begin(1000);
    unregister_shrinker(&cache);
    shrink(0, 0);
    KEXPECT_EQ(0, nr_calls);
}

/* drop_caches=2: all that caches have. */
KTEST(shrinker, drop_caches_asks_for_everything)
{
    int nid;

    begin(500);
    KEXPECT_EQ(0, drop_caches_store("2", 1));
    for_each_online_node (nid)
        KEXPECT_EQ(0, objects[nid]);
    unregister_shrinker(&cache);
}
