/*
 * mm/slab_verify.c - does what a cache holds fit together?
 *
 * INVARIANTS
 *   S1  A slab is in the list that its bits say: full if no object is free, empty if all are, else partial.
 *   S2  A node's counts are the sums over its lists.
 *   S3  Each page of a slab of node n lies on n, has PAGE_SLAB, and names the cache and the first object.
 *   S4  An object in a CPU's stack is one of the cache's, in use by the bits of its slab, and in no stack
 *       of the CPU twice; no stack holds more than it has room for.
 *   S5  A node keeps at most max_empty empty slabs.
 *   S6  Objects of a local stack lie on the CPU's node, those of the foreign one on others.
 *
 * LOCKING  A node's lists under its lock; a CPU's part by the CPU, in an interrupt, under slab_mutex.
 */
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/preempt.h"
#include "kernel/smp_call.h"
#include "mm/slab_internal.h"

struct check {
    struct kmem_cache *cache;
    unsigned nr_errors; /* atomic */
};

#define broken(_check, ...)                                                                        \
    do {                                                                                           \
        __atomic_fetch_add(&(_check)->nr_errors, 1, __ATOMIC_RELAXED);                             \
        report_bug(__VA_ARGS__);                                                                   \
    } while (0)

/* ---- nodes -------------------------------------------------------------------------------------- */

enum list_kind { LIST_PARTIAL, LIST_FULL, LIST_EMPTY };

static enum list_kind kind_of(const struct slab_shape *s, struct page *head)
{
    if (!slab_has_free(s, head))
        return LIST_FULL;
    return slab_is_unused(s, head) ? LIST_EMPTY : LIST_PARTIAL;
}

static void check_pages(struct check *check, struct page *head, int nid)
{
    const struct kmem_cache *cache = check->cache;
    char *first = (char *)page_address(head) + cache->shape.lead;

    for (unsigned i = 0; i < 1U << page_order(head); i++) {
        if (page_to_nid(&head[i]) != nid || !page_flag_test(&head[i], PAGE_SLAB) ||
            head[i].slab_cache != cache || head[i].s_mem != first)
            broken(check, "S3: page 0x%lx of a slab of %s on node %d: node %d, flags 0x%lx",
                   page_to_pfn(&head[i]), cache->name, nid, page_to_nid(&head[i]), head[i].flags);
    }
}

static void check_list(struct check *check, struct list_head *slabs, enum list_kind kind, int nid,
                       struct kmem_cache_node *sum)
{
    const struct slab_shape *s = &check->cache->shape;
    struct page *head;

    list_for_each_entry (head, slabs, lru) {
        check_pages(check, head, nid);
        if (kind_of(s, head) != kind)
            broken(check, "S1: slab 0x%lx of %s with %u of %u objects free is in list %d",
                   page_to_pfn(head), check->cache->name, slab_nr_free(s, head),
                   slab_objects(s, head), kind);
        sum->nr_slabs++;
        sum->nr_empty += kind == LIST_EMPTY;
        sum->nr_objects += slab_objects(s, head);
        sum->nr_free += slab_nr_free(s, head);
    }
}

static void check_node(struct check *check, int nid)
{
    struct kmem_cache_node *n = check->cache->node[nid], sum = {.nr_slabs = 0};
    unsigned long flags;

    spin_lock_irqsave(&n->lock, flags);
    check_list(check, &n->partial, LIST_PARTIAL, nid, &sum);
    check_list(check, &n->full, LIST_FULL, nid, &sum);
    check_list(check, &n->empty, LIST_EMPTY, nid, &sum);
    if (sum.nr_slabs != n->nr_slabs || sum.nr_empty != n->nr_empty ||
        sum.nr_objects != n->nr_objects || sum.nr_free != n->nr_free)
        broken(check,
               "S2: %s on node %d: slabs %lu, counted %lu; empty %lu, %lu; objects %lu, %lu; free "
               "%lu, %lu",
               check->cache->name, nid, sum.nr_slabs, n->nr_slabs, sum.nr_empty, n->nr_empty,
               sum.nr_objects, n->nr_objects, sum.nr_free, n->nr_free);
    if (n->nr_empty > check->cache->max_empty)
        broken(check, "S5: %s keeps %lu empty slabs on node %d, more than %u", check->cache->name,
               n->nr_empty, nid, check->cache->max_empty);
    spin_unlock_irqrestore(&n->lock, flags);
}

/* ---- CPUs --------------------------------------------------------------------------------------- */

/* Is @p an object of the cache, which its slab believes to be in use? */
static bool is_object(struct kmem_cache *cache, const void *p)
{
    struct page *page;
    unsigned long index;

    if (!slab_has_page(p))
        return false;
    page = slab_page_of(p);
    return page_flag_test(page, PAGE_SLAB) && page->slab_cache == cache &&
           slab_index(&cache->shape, page, p, &index) &&
           index < slab_objects(&cache->shape, slab_head(page)) &&
           !bitmap_test(slab_map(&cache->shape, slab_head(page)), (unsigned)index);
}

static bool is_below(const struct object_stack *s, unsigned long i)
{
    for (unsigned long j = 1; j < i; j++) {
        if (s->object[j] == s->object[i])
            return true;
    }
    return false;
}

static void check_stack(struct check *check, const struct object_stack *s, int nid, bool is_local)
{
    struct kmem_cache *cache = check->cache;

    if (s->nr > s->max || s->object[0])
        broken(check, "S4: a stack of %s on CPU %d has %lu objects, and room for %lu", cache->name,
               this_cpu(), s->nr, s->max);
    for (unsigned long i = 1; i <= s->nr; i++) {
        if (!is_object(cache, s->object[i]) || is_below(s, i))
            broken(check, "S4: 0x%lx in a stack of %s on CPU %d is no object, free, or there twice",
                   (unsigned long)s->object[i], cache->name, this_cpu());
        else if ((page_to_nid(slab_page_of(s->object[i])) == nid) != is_local)
            broken(check, "S6: object 0x%lx of %s, node %d, is in the %s stack of CPU %d, node %d",
                   (unsigned long)s->object[i], cache->name,
                   page_to_nid(slab_page_of(s->object[i])), is_local ? "local" : "foreign",
                   this_cpu(), nid);
    }
}

static void check_cpu(void *arg)
{
    struct check *check = arg;
    unsigned long flags = irq_save();
    const struct kmem_cache_cpu *c = check->cache->cpu[this_cpu()];

    if (c != &no_cpu_part) {
        check_stack(check, &c->local, c->nid, true);
        check_stack(check, c->foreign, c->nid, false);
    }
    irq_restore(flags);
}

/* Those that have a part; what they have in it may change until they are asked. */
static cpumask_t users_of(const struct kmem_cache *cache)
{
    cpumask_t users;

    cpumask_zero(&users);
    for (int cpu = 0; cpu < nr_cpu_ids; cpu++) {
        if (READ_ONCE(cache->cpu[cpu]) != &no_cpu_part)
            cpumask_set(&users, cpu);
    }
    return users;
}

static unsigned verify(struct kmem_cache *cache) __must_hold(slab_mutex)
{
    struct check check = {.cache = cache};
    cpumask_t users = users_of(cache);
    int nid;

    preempt_disable();
    smp_call_function_many(&users, check_cpu, &check, true);
    check_cpu(&check);
    preempt_enable();
    for_each_node_mask (nid, &node_states[N_MEMORY])
        check_node(&check, nid);
    return check.nr_errors;
}

/*
 * kmem_cache_verify - check S1 to S6 of @cache. Reports each violation; returns how many.
 *
 * Context: a thread, may sleep; others may use the cache meanwhile. Walks all slabs.
 */
unsigned kmem_cache_verify(struct kmem_cache *cache)
{
    unsigned nr;

    mutex_lock(&slab_mutex);
    nr = verify(cache);
    mutex_unlock(&slab_mutex);
    return nr;
}

/* kmem_cache_verify_all - the same for all caches. */
unsigned kmem_cache_verify_all(void)
{
    struct kmem_cache *cache;
    unsigned nr = 0;

    mutex_lock(&slab_mutex);
    list_for_each_entry (cache, &slab_caches, caches)
        nr += verify(cache);
    mutex_unlock(&slab_mutex);
    return nr;
}
