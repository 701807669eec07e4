/*
 * mm/slab.c - objects of one size: the CPUs' stacks, and the way to the nodes.
 *
 * THEORY
 *
 * Nobody wants pages; everybody wants 64 bytes. A cache (struct kmem_cache) hands out objects of one
 * size, and has three stores of them, each a step slower than the one before:
 *
 *     CPU 0 of node 0                     CPU 2 of node 1
 *     local stack    foreign stack        local stack    foreign stack     interrupts off, no lock
 *     [a][b][c]      [x][y]               [z]            [d]
 *         |  ^            \                 |  ^         /
 *         v  | a batch     `--------------> v  |  <-----'                  one lock each node
 *     node 0: partial, full, empty slabs  node 1: the same                 (mm/slab_node.c)
 *         |  ^                                |  ^
 *         v  | a slab                         v  |
 *     page allocator, node 0              page allocator, node 1
 *
 * A CPU takes the topmost object of its local stack and puts back what is freed on top, where it is still
 * in the CPU's own cache: a few instructions with interrupts off. An empty stack is filled, and a full
 * one relieved of its oldest objects, by `batch` at once, for which the node's lock is taken once.
 *
 * All objects of a local stack lie on the CPU's node, so whoever doesn't say from where he wants an object
 * gets a near one. What is freed here and lies elsewhere goes to the foreign stack; when that is full, its
 * objects go home, node by node, under one lock for each. With a batch of 60, a CPU that frees nothing but
 * another node's objects takes that node's lock once in 60 times, and touches it in no other way. The
 * same stack serves kmem_cache_alloc_node() for another node: objects come from there by batches, too.
 *
 * Worked example: size 64, batch 60, a local stack of 120. CPU 0 allocates for the first time: its part of
 * the cache is made, in its own node; the node has no slab, so one comes from the page allocator, 64
 * objects; the first goes to the caller. The second call takes 60 of the other 63 to the stack, and 59
 * more calls need no lock.
 *
 * When a node has no memory, free objects of other nodes serve, nearest first, then their pages; but one
 * at a time, past the stacks, so that local stays local.
 *
 * A CPU's part of a cache is memory of the kmalloc caches, made when the CPU first uses the cache and
 * taken away by kmem_cache_shrink(). Until then cache->cpu[] points to no_cpu_part, whose stack is empty
 * and has room for nothing, so that the fast path needs no question of its own. Caches with checks
 * (SLAB_DEBUG_FLAGS) stay like that for ever: each of their calls goes to the node, where the bits of
 * the slab know every object that is free.
 *
 * INVARIANTS  S1 to S6 at the head of mm/slab_verify.c.
 * LOCKING  A CPU's part belongs to the CPU, interrupts off. The way to a node takes its lock.
 * SOURCES  Bonwick, Adams, "Magazines and Vmem", USENIX 2001, 3 "Magazines".
 * NOT HERE Any size (mm/kmalloc.c); making and ending caches (mm/slab_cache.c); mistakes of callers
 *          (mm/slab_debug.c).
 */
#include "mm/slab.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/fault_inject.h"
#include "mm/slab_internal.h"
#include "mm/zonelist.h"

static struct object_stack no_foreign;
static bool parts_are_allowed = true; /* false while objects may fail on purpose */
struct kmem_cache_cpu no_cpu_part = {.nid = NUMA_NO_NODE, .foreign = &no_foreign};

/* ---- one object, past the stacks ---------------------------------------------------------------- */

/* Which node with memory shall serve; NUMA_NO_NODE: none may. */
static int serving_node(int nid, gfp_t gfp)
{
    if (nid == NUMA_NO_NODE)
        return node_nearest_with_memory(numa_node_id());
    if (!node_state(nid, N_POSSIBLE)) {
        pr_warn("kmem_cache_alloc_node: node %d does not exist", nid);
        return NUMA_NO_NODE;
    }
    if ((gfp & __GFP_THISNODE) && !node_state(nid, N_MEMORY))
        return NUMA_NO_NODE;
    return node_nearest_with_memory(nid);
}

static void *take_one(struct kmem_cache *cache, int nid)
{
    unsigned long flags = irq_save();
    void *object = NULL;

    slab_node_take(cache, nid, &object, 1);
    irq_restore(flags);
    return object;
}

static void *take_from_new_slab(struct kmem_cache *cache, int nid, gfp_t gfp)
{
    struct page *head = slab_new(cache, nid, gfp);
    unsigned long flags;
    void *object;

    if (!head)
        return NULL;
    flags = irq_save();
    object = slab_node_add(cache, head);
    irq_restore(flags);
    return object;
}

/* What other nodes have in slabs that are there already, nearest first. */
static void *take_from_others(struct kmem_cache *cache, int nid)
{
    const struct zoneref *ref;
    void *object = NULL;

    for (ref = node_zonelist(nid, false)->zonerefs; ref->zone && !object; ref++)
        object = take_one(cache, ref->zone->zone_pgdat->node_id);
    return object;
}

static void *take_direct(struct kmem_cache *cache, gfp_t gfp, int nid)
{
    gfp_t here = (gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL)) | __GFP_THISNODE | __GFP_NOWARN;
    void *object = take_one(cache, nid);

    if (!object && !(gfp & __GFP_THISNODE)) {
        object = take_from_new_slab(cache, nid, here);
        if (!object)
            object = take_from_others(cache, nid);
    }
    return object ? object : take_from_new_slab(cache, nid, gfp);
}

/* An object for the allocator itself, with what is done to every object that is handed out. */
static void *alloc_direct(struct kmem_cache *cache, gfp_t gfp, int nid, size_t size, uintptr_t pc)
{
    void *object = take_direct(cache, gfp, nid);

    if (!object)
        return NULL;
    slab_kasan_alloc(cache, object, size);
    if (cache_has_checks(cache))
        slab_debug_alloc(cache, object, size, pc);
    return object;
}

/* slab_alloc_direct - the same for mm/slab_cache.c. Context: as alloc_pages(@gfp). */
void *slab_alloc_direct(struct kmem_cache *cache, gfp_t gfp, int nid)
{
    if (should_failslab(gfp, cache->object_size))
        return NULL;
    return alloc_direct(cache, gfp, serving_node(nid, gfp), cache->object_size,
                        (uintptr_t)__builtin_return_address(0));
}

/* slab_free_direct - its counterpart. Context: interrupts off. */
void slab_free_direct(struct kmem_cache *cache, void *p)
{
    if (slab_kasan_free(cache, p))
        slab_node_put(cache, page_to_nid(slab_page_of(p)), &p, 1,
                      (uintptr_t)__builtin_return_address(0));
}

/* ---- a CPU's part ------------------------------------------------------------------------------- */

static size_t stack_bytes(unsigned max)
{
    return sizeof(struct object_stack) + max * sizeof(void *);
}

static struct kmem_cache *part_holder(const struct kmem_cache *cache)
{
    return kmalloc_cache(offsetof(struct kmem_cache_cpu, local) + stack_bytes(cache->max_local) +
                         stack_bytes(cache->max_foreign));
}

/* This CPU begins to use @cache. NULL if it is too early, or without memory. */
static struct kmem_cache_cpu *make_part(struct kmem_cache *cache)
{
    struct kmem_cache *holder = part_holder(cache);
    int nid = node_nearest_with_memory(numa_node_id());
    struct kmem_cache_cpu *c;

    if (!holder)
        return NULL;
    c = slab_alloc_direct(holder, GFP_NOWAIT | __GFP_NOWARN, nid);
    if (!c)
        return NULL;
    c->nid = nid;
    c->local.nr = 0;
    c->local.max = cache->max_local;
    c->local.object[0] = NULL;
    c->foreign = (struct object_stack *)&c->local.object[cache->max_local + 1];
    c->foreign->nr = 0;
    c->foreign->max = cache->max_foreign;
    c->foreign->object[0] = NULL;
    cache->cpu[this_cpu()] = c;
    return c;
}

static struct kmem_cache_cpu *own_part(struct kmem_cache *cache)
{
    struct kmem_cache_cpu *c = cache->cpu[this_cpu()];

    if (likely(c != &no_cpu_part))
        return c;
    return READ_ONCE(parts_are_allowed) ? make_part(cache) : NULL;
}

static void *pop(struct object_stack *s)
{
    return s->object[s->nr--];
}

static void push(struct object_stack *s, void *object)
{
    s->object[++s->nr] = object;
}

static int object_nid(const void *object)
{
    return page_to_nid(slab_page_of(object));
}

/* The newest @nr objects of the node of the topmost one come to stand on top; returns how many. */
static unsigned long gather_top_node(struct object_stack *s)
{
    int nid = object_nid(s->object[s->nr]);
    unsigned long border = s->nr; /* (border, nr] are of the node */

    for (unsigned long i = s->nr; i > 0; i--) {
        void *object = s->object[i];

        if (object_nid(object) != nid)
            continue;
        s->object[i] = s->object[border];
        s->object[border--] = object;
    }
    return s->nr - border;
}

/* All objects go to their nodes. */
static void send_home(struct kmem_cache *cache, struct object_stack *s)
{
    while (s->nr > 0) {
        unsigned long nr = gather_top_node(s);

        s->nr -= nr;
        slab_node_put(cache, object_nid(s->object[s->nr + 1]), &s->object[s->nr + 1], (unsigned)nr,
                      0);
    }
}

/* The oldest objects go back to the node. */
static void relieve(struct kmem_cache *cache, struct kmem_cache_cpu *c)
{
    struct object_stack *s = &c->local;
    unsigned nr = cache->batch;

    slab_node_put(cache, c->nid, &s->object[1], nr, 0);
    s->nr -= nr;
    memmove(&s->object[1], &s->object[1 + nr], s->nr * sizeof(void *));
}

/*
 * slab_flush_cpu - this CPU gives up its part of @cache and all objects in it.
 *
 * Context: interrupts off, slab_mutex held by whoever has this called.
 */
void slab_flush_cpu(struct kmem_cache *cache)
{
    struct kmem_cache_cpu *c = cache->cpu[this_cpu()];

    if (c == &no_cpu_part)
        return;
    cache->cpu[this_cpu()] = &no_cpu_part;
    send_home(cache, &c->local);
    send_home(cache, c->foreign);
    slab_free_direct(part_holder(cache), c);
}

/*
 * slab_set_fast - may CPUs have parts? If not, all give them up, and each call takes the slow path.
 *
 * A CPU that has just been allowed one makes it with interrupts off, so the call that takes it away comes
 * after it. Context: a thread, may sleep.
 */
void slab_set_fast(bool on)
{
    WRITE_ONCE(parts_are_allowed, on);
    if (!on)
        kmem_cache_drain_all();
}

/* ---- what the fast paths leave ------------------------------------------------------------------ */

/* From the stacks, after they have been filled; NULL if node @nid has no free objects. */
static void *refill(struct kmem_cache *cache, struct kmem_cache_cpu *c, int nid)
{
    struct object_stack *s = nid == c->nid ? &c->local : c->foreign;
    unsigned room = min(cache->batch, (unsigned)(s->max - s->nr));

    if (s->nr > 0 && object_nid(s->object[s->nr]) == nid)
        return pop(s);
    s->nr += slab_node_take(cache, nid, &s->object[s->nr + 1], room);
    return s->nr > 0 && object_nid(s->object[s->nr]) == nid ? pop(s) : NULL;
}

/*
 * slab_alloc_slow - an object of @cache for @size bytes, as near to @nid (NUMA_NO_NODE: this CPU) as
 * possible. NULL without memory.
 *
 * Context: as alloc_pages(@gfp).
 */
void *slab_alloc_slow(struct kmem_cache *cache, gfp_t gfp, int nid, size_t size, uintptr_t pc)
{
    struct kmem_cache_cpu *c;
    unsigned long flags;
    void *object = NULL;

    nid = serving_node(nid, gfp);
    if (nid == NUMA_NO_NODE || should_failslab(gfp, cache->object_size))
        return NULL;
    if (cache_has_checks(cache))
        return alloc_direct(cache, gfp, nid, size, pc);
    flags = irq_save();
    c = own_part(cache);
    if (likely(c))
        object = refill(cache, c, nid);
    irq_restore(flags);
    if (!object)
        return alloc_direct(cache, gfp, nid, size, pc);
    slab_kasan_alloc(cache, object, size);
    return object;
}

/*
 * slab_alloc_special - the same with the bits of GFP_SLAB_SPECIAL: cleared, or for a zone.
 *
 * A zone cannot be had from a cache: that is reported, and NULL.
 */
void *slab_alloc_special(struct kmem_cache *cache, gfp_t gfp, int nid, size_t size, uintptr_t pc)
{
    void *object;

    if (WARN_ON_ONCE((gfp & (__GFP_DMA | __GFP_DMA32)) || ((gfp & __GFP_ZERO) && cache->ctor)))
        return NULL;
    object = slab_alloc_slow(cache, gfp & ~GFP_SLAB_SPECIAL, nid, size, pc);
    if (object && (gfp & __GFP_ZERO))
        memset(object, 0, size);
    return object;
}

/* To the stack that it belongs into. */
static void free_to_stack(struct kmem_cache *cache, struct kmem_cache_cpu *c, int nid, void *p)
{
    struct object_stack *s = nid == c->nid ? &c->local : c->foreign;

    if (unlikely(s->object[s->nr] == p)) {
        slab_report(cache, p, "double free");
        return;
    }
    if (unlikely(s->nr == s->max)) {
        if (s == &c->local)
            relieve(cache, c);
        else
            send_home(cache, s);
    }
    push(s, p);
}

/*
 * slab_free_slow - what slab_push() left: @p is free.
 *
 * Context: interrupts are off; they are set as @flags says.
 */
void slab_free_slow(struct kmem_cache *cache, void *p, unsigned long flags, uintptr_t pc)
{
    struct kmem_cache_cpu *c = cache_has_checks(cache) ? NULL : own_part(cache);

    if (likely(c))
        free_to_stack(cache, c, object_nid(p), p);
    else
        slab_node_put(cache, object_nid(p), &p, 1, pc);
    irq_restore(flags);
}

/*
 * kmem_cache_alloc - an object, as near to this CPU as possible.
 *
 * @gfp  with __GFP_ZERO cleared (not for caches with a constructor); no bits for a zone.
 *
 * NULL without memory. With a constructor the object is as that left it, or as it was freed.
 * Context: as alloc_pages(@gfp); without __GFP_DIRECT_RECLAIM any but an NMI.
 */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
    return slab_alloc(cache, gfp, cache->object_size, (uintptr_t)__builtin_return_address(0));
}

/*
 * kmem_cache_alloc_node - the same, as near to node @nid as possible.
 *
 * @nid  NUMA_NO_NODE: as kmem_cache_alloc(); a node without memory: the nearest one that has some.
 *       One that does not exist: NULL, and a line in the log.
 *
 * With __GFP_THISNODE from that node or NULL.
 */
void *kmem_cache_alloc_node(struct kmem_cache *cache, gfp_t gfp, int nid)
{
    uintptr_t pc = (uintptr_t)__builtin_return_address(0);

    if (nid == NUMA_NO_NODE)
        return slab_alloc(cache, gfp, cache->object_size, pc);
    return slab_alloc_node(cache, gfp, nid, cache->object_size, pc);
}

/*
 * kmem_cache_free - @p, which kmem_cache_alloc(@cache) returned, is free; NULL is allowed.
 *
 * Another cache's object, an address inside of one, no object at all: reported, and nothing changes; but
 * for addresses in a gap of the machine's memory, which fault in release builds.
 * Context: any but an NMI; never sleeps.
 */
void kmem_cache_free(struct kmem_cache *cache, void *p)
{
    struct page *page = slab_page_of(p);
    unsigned long page_flags, flags;

    if (unlikely(!slab_may_have_page(p)))
        goto bad;
    page_flags = page->flags;
    if (unlikely(!(page_flags & PAGE_SLAB) || page->slab_cache != cache ||
                 !slab_has_object(cache, page, p)))
        goto bad;
    if (slab_kasan_free(cache, p) && unlikely(!slab_push(cache, page_flags, p, &flags)))
        slab_free_slow(cache, p, flags, (uintptr_t)__builtin_return_address(0));
    return;
bad:
    if (p)
        slab_report_bad_free(cache, p);
}
