/*
 * mm/slab_show.c - /proc/slabinfo, in Linux's format, version 2.1.
 *
 * An object is active if somebody has it; those in CPUs' stacks are not. Objects of a debug build are
 * shown with the size of what surrounds them, as in Linux. `limit` and `batchcount` are those of the
 * CPUs' stacks.
 *
 * LOCKING  slab_mutex; numbers of nodes and CPUs are read as they are.
 */
#include "kernel/cpu.h"
#include "kernel/lib/seqbuf.h"
#include "mm/slab_internal.h"

static unsigned long nr_stacked(const struct kmem_cache *cache)
{
    unsigned long nr = 0;

    for (int cpu = 0; cpu < nr_cpu_ids; cpu++) {
        const struct kmem_cache_cpu *c = READ_ONCE(cache->cpu[cpu]);

        nr += READ_ONCE(c->local.nr) + READ_ONCE(c->foreign->nr);
    }
    return nr;
}

static void show_cache(struct seqbuf *s, const struct kmem_cache *cache) __must_hold(slab_mutex)
{
    unsigned long nr_objects = 0, nr_free = nr_stacked(cache), nr_slabs = 0, nr_empty = 0;
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        const struct kmem_cache_node *n = cache->node[nid];

        nr_objects += READ_ONCE(n->nr_objects);
        nr_free += READ_ONCE(n->nr_free);
        nr_slabs += READ_ONCE(n->nr_slabs);
        nr_empty += READ_ONCE(n->nr_empty);
    }
    seq_printf(s, "%-17s %6lu %6lu %6u %4u %4lu", cache->name,
               nr_objects > nr_free ? nr_objects - nr_free : 0, nr_objects, cache->shape.stride,
               cache->shape.objects, 1UL << cache->shape.order);
    seq_printf(s, " : tunables %4u %4u %4u", cache->max_local, cache->batch, 0u);
    seq_printf(s, " : slabdata %6lu %6lu %6lu\n", nr_slabs - nr_empty, nr_slabs, 0ul);
}

/* slabinfo_show - /proc/slabinfo: a line a cache. Context: may sleep. */
void slabinfo_show(struct seqbuf *s)
{
    const struct kmem_cache *cache;

    seq_printf(s, "slabinfo - version: 2.1\n"
                  "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
                  " : tunables <limit> <batchcount> <sharedfactor>"
                  " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
    mutex_lock(&slab_mutex);
    list_for_each_entry (cache, &slab_caches, caches)
        show_cache(s, cache);
    mutex_unlock(&slab_mutex);
}
