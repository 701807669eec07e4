/*
 * mm/shrinker.c - caches that are no lists of pages, and give back objects when memory is short.
 *
 * THEORY
 *
 * A cache of objects registers two functions: one that counts what could be freed on a node, one that
 * frees. Reclaim for a node asks each cache for the same share of its objects there as it looks at of
 * the node's pages (mm/reclaim_math.c), in batches. Objects of other nodes are left alone: what they
 * would free is not what is short.
 *
 * LOCKING  shrinkers_lock is held for reading while shrinkers run, which may sleep, and for writing to
 *          change the list. Reclaim doesn't wait for it: who finds it taken goes without shrinkers.
 */
#include "mm/shrinker.h"
#include "kernel/bug.h"
#include "kernel/lib/compiler.h"
#include "kernel/rwsem.h"
#include "mm/counters.h"
#include "mm/reclaim_math.h"

static DEFINE_RWSEM(shrinkers_lock);
static struct list_head shrinkers = LIST_HEAD_INIT(shrinkers); /* protected by shrinkers_lock */

/*
 * register_shrinker - @s is asked from now on.
 *
 * @s, @name  live until unregister_shrinker(). Context: may sleep.
 */
void register_shrinker(struct shrinker *s, const char *name)
{
    BUG_ON(!s->count_objects || !s->scan_objects);
    s->name = name;
    for (int nid = 0; nid < MAX_NUMNODES; nid++)
        s->nr_deferred[nid] = 0;
    down_write(&shrinkers_lock);
    list_add_tail(&s->link, &shrinkers);
    up_write(&shrinkers_lock);
}

/* unregister_shrinker - @s is asked no more, and doesn't run when this returns. Context: may sleep. */
void unregister_shrinker(struct shrinker *s)
{
    down_write(&shrinkers_lock);
    list_del(&s->link);
    up_write(&shrinkers_lock);
}

/* One call. Returns how many were freed, or SHRINK_STOP; *@scanned grows. */
static unsigned long scan_batch(struct shrinker *s, struct shrink_control *sc, unsigned long nr,
                                unsigned long *scanned)
{
    unsigned long freed;

    sc->nr_to_scan = nr;
    sc->nr_scanned = nr;
    freed = s->scan_objects(s, sc);
    if (freed == SHRINK_STOP)
        return SHRINK_STOP;
    count_vm_events(SLABS_SCANNED, sc->nr_scanned);
    *scanned += sc->nr_scanned;
    return freed;
}

/* Ask @s for its share of the objects of @sc->nid. Returns how many it has freed. */
static unsigned long shrink_one(struct shrinker *s, struct shrink_control *sc, int priority)
{
    unsigned long batch = s->batch ? (unsigned long)s->batch : SHRINK_BATCH;
    unsigned long freeable = s->count_objects(s, sc), freed = 0, scanned = 0, deferred, left;

    if (freeable == 0 || freeable == SHRINK_EMPTY)
        return 0;
    deferred = __atomic_exchange_n(&s->nr_deferred[sc->nid], 0, __ATOMIC_RELAXED);
    left = shrink_target(freeable, deferred, priority, s->seeks);
    /* What is less than a batch waits, unless there is not more than that. */
    while (left > 0 && (left >= batch || left >= freeable)) {
        unsigned long before = scanned, nr = scan_batch(s, sc, min(batch, left), &scanned);

        if (nr == SHRINK_STOP || scanned == before)
            break;
        freed += nr;
        left -= min(left, scanned - before);
    }
    __atomic_fetch_add(&s->nr_deferred[sc->nid], shrink_defer(freeable, deferred, scanned, left),
                       __ATOMIC_RELAXED);
    return freed;
}

/*
 * shrink_slab - ask every shrinker for its share of node @nid at @priority, 0..12.
 *
 * Returns how many objects were freed, all together. Context: may sleep.
 */
unsigned long shrink_slab(gfp_t gfp, int nid, int priority)
{
    unsigned long freed = 0;
    struct shrinker *s;

    if (!down_read_trylock(&shrinkers_lock))
        return 0;
    list_for_each_entry (s, &shrinkers, link) {
        struct shrink_control sc = {.gfp_mask = gfp,
                                    .nid = s->flags & SHRINKER_NUMA_AWARE ? nid : 0};

        freed += shrink_one(s, &sc, priority);
    }
    up_read(&shrinkers_lock);
    return freed;
}
