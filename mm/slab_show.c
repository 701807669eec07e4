/*
 * mm/slab_show.c - /proc/slabinfo, in Linux's format, version 2.1, and whose a slab's page is.
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

/* Objects of @cache: all, and those of them that are not in use. */
static void count_objects(const struct kmem_cache *cache, unsigned long *nr_objects,
                          unsigned long *nr_free)
{
    int nid;

    *nr_objects = 0;
    *nr_free = nr_stacked(cache);
    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        *nr_objects += READ_ONCE(cache->node[nid]->nr_objects);
        *nr_free += READ_ONCE(cache->node[nid]->nr_free);
    }
}

/* kmem_cache_nr_used - objects of all caches that are in use, about. Context: may sleep. */
unsigned long kmem_cache_nr_used(void)
{
    const struct kmem_cache *cache;
    unsigned long nr_used = 0, nr_objects, nr_free;

    mutex_lock(&slab_mutex);
    list_for_each_entry (cache, &slab_caches, caches) {
        count_objects(cache, &nr_objects, &nr_free);
        nr_used += nr_objects - nr_free;
    }
    mutex_unlock(&slab_mutex);
    return nr_used;
}

static void show_cache(struct seqbuf *s, const struct kmem_cache *cache) __must_hold(slab_mutex)
{
    unsigned long nr_objects, nr_free, nr_slabs = 0, nr_empty = 0;
    int nid;

    count_objects(cache, &nr_objects, &nr_free);
    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        const struct kmem_cache_node *n = cache->node[nid];

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

/* ---- whose a page is --------------------------------------------------------------------------- */

/* The cache that @page names, if it is one: the page may change meanwhile. */
static struct kmem_cache *find_cache(const struct page *page) __must_hold(slab_mutex)
{
    const struct kmem_cache *wanted = READ_ONCE(page->slab_cache);
    struct kmem_cache *cache;

    list_for_each_entry (cache, &slab_caches, caches) {
        if (cache == wanted)
            return cache;
    }
    return NULL;
}

/* slab_name_show - "kmalloc-64", the cache of @page, which has a descriptor. Context: may sleep. */
void slab_name_show(struct seqbuf *s, const struct page *page)
{
    const struct kmem_cache *cache;

    mutex_lock(&slab_mutex);
    cache = page->slab_cache == &kmalloc_large_marker ? &kmalloc_large_marker : find_cache(page);
    seq_puts(s, cache ? cache->name : "which is on its way");
    mutex_unlock(&slab_mutex);
}

static bool list_has(const struct list_head *list, const struct page *head)
{
    const struct list_head *at = list->next;

    while (at != list && at != &head->lru)
        at = at->next;
    return at != list;
}

/* How many objects of the slab that @page is a part of are free; -1 if it is in no list of its node. */
static int count_free(const struct kmem_cache *cache, const struct page *page, unsigned *objects)
{
    struct kmem_cache_node *n = cache->node[page_to_nid(page)];
    const void *first = READ_ONCE(page->s_mem);
    unsigned long flags;
    struct page *head;
    int nr_free = -1;

    if (!n || !slab_has_page(first))
        return -1;
    head = slab_page_of(first);
    spin_lock_irqsave(&n->lock, flags);
    if (list_has(&n->partial, head) || list_has(&n->full, head) || list_has(&n->empty, head)) {
        nr_free = (int)slab_nr_free(&cache->shape, head);
        *objects = slab_objects(&cache->shape, head);
    }
    spin_unlock_irqrestore(&n->lock, flags);
    return nr_free;
}

static void show_objects(struct seqbuf *s, const struct kmem_cache *cache, const struct page *page)
{
    unsigned objects = 0;
    int nr_free = count_free(cache, page, &objects);

    if (nr_free >= 0)
        seq_printf(s, ": %u objects of %u bytes, %u in use or in CPUs' stacks, %d free", objects,
                   cache->object_size, objects - (unsigned)nr_free, nr_free);
}

/* slab_page_show - what is in the slab that @page, with PAGE_SLAB, is a part of. Context: may sleep. */
void slab_page_show(struct seqbuf *s, const struct page *page)
{
    const struct kmem_cache *cache;

    seq_puts(s, "slab of cache ");
    slab_name_show(s, page);
    mutex_lock(&slab_mutex);
    cache = find_cache(page);
    if (cache)
        show_objects(s, cache, page);
    mutex_unlock(&slab_mutex);
}
