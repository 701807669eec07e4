/*
 * mm/slab_node.c - a cache's slabs of one node.
 *
 * THEORY
 *
 * Each node keeps a cache's slabs in three lists, by how many of their objects are free. What is wanted
 * comes from partly used slabs first, so that the others can become empty; of the empty ones a node
 * keeps a few for the next rush (max_empty), the others go back to the page allocator at once.
 *
 *           take the last free one           put the first
 *     empty ----> partial ------------> full ------> partial ----> empty ----> page allocator
 *
 * An object is free here, in the bits of its slab, or it is out: in somebody's hands, or in a CPU's stack.
 * The slab cannot tell these two apart, and need not.
 *
 * INVARIANTS  S1 to S3 and S5 at the head of mm/slab_verify.c.
 * LOCKING  kmem_cache_node.lock, one at a time, interrupts off. Pages come and go without it.
 * NOT HERE The slab itself (mm/slab_page.c); CPUs (mm/slab.c).
 */
#include "kernel/bug.h"
#include "kernel/lib/string.h"
#include "mm/page_alloc.h"
#include "mm/slab_internal.h"

/* ---- slabs come and go -------------------------------------------------------------------------- */

static void prepare_objects(struct kmem_cache *cache, struct page *head)
{
    for (unsigned i = 0; i < slab_objects(&cache->shape, head); i++) {
        void *object = slab_object(&cache->shape, head, i);

        if (cache->ctor)
            cache->ctor(object);
        slab_debug_new(cache, object);
        slab_kasan_new(cache, object);
    }
}

/*
 * slab_new - a slab with all objects free, in no list, as near to @nid as @gfp allows.
 *
 * NULL without memory. Context: as alloc_pages(@gfp).
 */
struct page *slab_new(struct kmem_cache *cache, int nid, gfp_t gfp)
{
    const struct slab_shape *s = &cache->shape;
    gfp_t wish = (gfp | cache->page_gfp | __GFP_NOWARN) & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);
    struct page *head = NULL;

    if (s->order > s->min_order)
        head = alloc_pages_node(nid, wish, s->order);
    if (!head)
        head = alloc_pages_node(nid, gfp | cache->page_gfp, s->min_order);
    if (!head)
        return NULL;
    slab_format(s, head, cache);
    prepare_objects(cache, head);
    mod_node_page_state(page_to_nid(head), cache->stat, 1L << page_order(head));
    return head;
}

/* slab_release - @head, in no list and unused, goes back to the page allocator. Context: any. */
void slab_release(struct kmem_cache *cache, struct page *head)
{
    mod_node_page_state(page_to_nid(head), cache->stat, -(1L << page_order(head)));
    slab_unformat(head);
    __free_pages(head, page_order(head));
}

static void release_all(struct kmem_cache *cache, struct list_head *slabs)
{
    struct page *head, *next;

    list_for_each_entry_safe (head, next, slabs, lru) {
        list_del(&head->lru);
        slab_release(cache, head);
    }
}

/* ---- lists -------------------------------------------------------------------------------------- */

void slab_node_init(struct kmem_cache_node *n)
{
    memset(n, 0, sizeof(*n));
    spin_lock_init(&n->lock, "kmem_cache_node.lock", LOCK_SLAB);
    list_init(&n->partial);
    list_init(&n->full);
    list_init(&n->empty);
}

static void lock_node(struct kmem_cache_node *n) __acquires(n->lock) __no_lock_analysis
{
    bool taken = spin_is_locked(&n->lock);

    spin_lock_irqs_off(&n->lock);
    n->nr_locked++;
    n->nr_waited += taken;
}

static void unlock_node(struct kmem_cache_node *n) __releases(n->lock) __no_lock_analysis
{
    spin_unlock_irqs_off(&n->lock);
}

static struct page *next_slab(struct kmem_cache_node *n)
{
    if (!list_empty(&n->partial))
        return list_first_entry(&n->partial, struct page, lru);
    if (!list_empty(&n->empty))
        return list_first_entry(&n->empty, struct page, lru);
    return NULL;
}

/*
 * slab_node_take - up to @max objects that are free on node @nid. Returns how many.
 *
 * Context: interrupts off; takes the node's lock.
 */
unsigned slab_node_take(struct kmem_cache *cache, int nid, void **objects, unsigned max)
{
    struct kmem_cache_node *n = cache->node[nid];
    struct page *head;
    unsigned nr = 0;

    if (!n)
        return 0;
    lock_node(n);
    while (nr < max && (head = next_slab(n))) {
        n->nr_empty -= slab_is_unused(&cache->shape, head);
        nr += slab_take(&cache->shape, head, objects + nr, max - nr);
        list_del(&head->lru);
        list_add(&head->lru, slab_has_free(&cache->shape, head) ? &n->partial : &n->full);
    }
    n->nr_free -= nr;
    unlock_node(n);
    return nr;
}

/*
 * slab_node_add - the new slab @head joins its node. Returns one of its objects.
 *
 * Context: as slab_node_take.
 */
void *slab_node_add(struct kmem_cache *cache, struct page *head)
{
    struct kmem_cache_node *n = cache->node[page_to_nid(head)];
    unsigned nr = slab_objects(&cache->shape, head);
    void *object;

    slab_take(&cache->shape, head, &object, 1);
    lock_node(n);
    list_add(&head->lru, nr > 1 ? &n->partial : &n->full);
    n->nr_slabs++;
    n->nr_objects += nr;
    n->nr_free += nr - 1;
    unlock_node(n);
    return object;
}

/* The node gives up @head, which is empty; it goes to @surplus. */
static void remove_slab(struct kmem_cache *cache, struct kmem_cache_node *n, struct page *head,
                        struct list_head *surplus)
{
    unsigned nr = slab_objects(&cache->shape, head);

    list_del(&head->lru);
    list_add(&head->lru, surplus);
    n->nr_slabs--;
    n->nr_objects -= nr;
    n->nr_free -= nr;
}

/* One more object of @head is free: which list is its now? */
static void sort_slab(struct kmem_cache *cache, struct kmem_cache_node *n, struct page *head,
                      bool was_full, struct list_head *surplus)
{
    if (slab_is_unused(&cache->shape, head)) {
        if (n->nr_empty >= cache->max_empty) {
            remove_slab(cache, n, head, surplus);
            return;
        }
        list_del(&head->lru);
        list_add(&head->lru, &n->empty);
        n->nr_empty++;
    } else if (was_full) {
        list_del(&head->lru);
        list_add(&head->lru, &n->partial);
    }
}

/* Reports what is wrong with it instead, if something is. */
static void put_one(struct kmem_cache *cache, struct kmem_cache_node *n, void *p, uintptr_t pc,
                    struct list_head *surplus)
{
    struct page *head = slab_head(slab_page_of(p));
    bool was_full = !slab_has_free(&cache->shape, head);
    unsigned long index = 0;

    if (unlikely(!slab_index(&cache->shape, head, p, &index) ||
                 !slab_put(&cache->shape, head, index))) {
        slab_report_bad_put(cache, head, p);
        return;
    }
    if (cache_has_checks(cache))
        slab_debug_free(cache, p, pc);
    n->nr_free++;
    sort_slab(cache, n, head, was_full, surplus);
}

/*
 * slab_node_put - @nr objects of @cache that lie on node @nid are free.
 *
 * @pc  who frees, if that is known, for caches with checks; 0: not known.
 *
 * Those that were free already are reported and left out. Context: as slab_node_take.
 */
void slab_node_put(struct kmem_cache *cache, int nid, void **objects, unsigned nr, uintptr_t pc)
{
    struct kmem_cache_node *n = cache->node[nid];
    struct list_head surplus = LIST_HEAD_INIT(surplus);

    lock_node(n);
    for (unsigned i = 0; i < nr; i++)
        put_one(cache, n, objects[i], pc, &surplus);
    unlock_node(n);
    release_all(cache, &surplus);
}

/* slab_node_shrink - empty slabs of node @nid go back. Context: as slab_node_take. */
void slab_node_shrink(struct kmem_cache *cache, int nid)
{
    struct kmem_cache_node *n = cache->node[nid];
    struct list_head surplus = LIST_HEAD_INIT(surplus);
    struct page *head, *next;

    if (!n)
        return;
    lock_node(n);
    list_for_each_entry_safe (head, next, &n->empty, lru)
        remove_slab(cache, n, head, &surplus);
    n->nr_empty = 0;
    unlock_node(n);
    release_all(cache, &surplus);
}
