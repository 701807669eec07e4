/*
 * mm/slab_cache.c - caches: how they are made, cleared and ended.
 *
 * THEORY
 *
 * A cache is itself an object, and so is its part of each node: of the caches kmem_cache and
 * kmem_cache_node. The first two must come from somewhere else:
 *
 *     1. two structures in a page of their own
 *     2. kmem_cache_node: on each node a slab, whose first object becomes the node's part of
 *        kmem_cache_node itself
 *     3. kmem_cache: its parts come from kmem_cache_node
 *     4. the caches of kmalloc()
 *
 * After that a CPU that uses a cache can have a part of it (mm/slab.c). All this happens on the boot CPU
 * as soon as there are pages, before CPUs have areas of their own: what belongs to a CPU is found by its
 * number and not by its area, so nothing needs to move then.
 *
 * How many objects a CPU keeps: as many as fit into STACK_TARGET bytes, within limits. Half of them go or
 * come at once.
 *
 * LOCKING  slab_mutex protects the list of caches, and holds off whoever would take the CPUs' parts away.
 */
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/preempt.h"
#include "kernel/printk.h"
#include "kernel/smp_call.h"
#include "mm/page_alloc.h"
#include "mm/slab_internal.h"

#define STACK_TARGET KiB(16) /* bytes of objects in a CPU's local stack, */
#define STACK_MOST   120u    /* at most, */
#define STACK_LEAST  8u      /* and at least so many objects */

#ifdef CONFIG_DEBUG
#define DEFAULT_FLAGS SLAB_DEBUG_FLAGS
#else
#define DEFAULT_FLAGS 0u
#endif

/* KASan sees more than the checks do, and would see the checks themselves. */
#ifdef CONFIG_KASAN
#define IGNORED_FLAGS SLAB_DEBUG_FLAGS
#else
#define IGNORED_FLAGS 0u
#endif

#define MAX_ALIGN KMALLOC_MAX_CACHE_SIZE /* a block that holds an object is aligned to as much */
#define MAX_LEAD  (PAGE_SIZE / 8)        /* bytes before the first object, for its left red zone */

DEFINE_MUTEX(slab_mutex);
struct list_head slab_caches = LIST_HEAD_INIT(slab_caches);

static struct kmem_cache *cache_cache; /* of struct kmem_cache */
static struct kmem_cache *node_cache;  /* of struct kmem_cache_node */

/* ---- making ------------------------------------------------------------------------------------- */

static size_t cache_bytes(void)
{
    return sizeof(struct kmem_cache) + (size_t)nr_cpu_ids * sizeof(struct kmem_cache_cpu *) +
           (size_t)nr_node_ids * sizeof(struct kmem_cache_node *);
}

/* A cache line, or as much of one as keeps two small objects from sharing more than they must. */
static unsigned choose_align(unsigned size, unsigned align, unsigned flags)
{
    unsigned line = CACHE_LINE;

    while (line > 8 && size <= line / 2)
        line /= 2;
    if (!(flags & SLAB_HWCACHE_ALIGN))
        line = 8;
    return max(max(align, line), 8u);
}

static bool set_shape(struct kmem_cache *cache)
{
    unsigned align = cache->align, lead = 0, stride;

    if (cache_has_checks(cache)) {
        stride = slab_debug_stride(cache->object_size, align, &cache->meta);
        lead = align <= MAX_LEAD ? align : 0;
    } else {
        stride = ALIGN_UP(cache->object_size + SLAB_KASAN_ZONE, align);
    }
    return slab_shape_init(&cache->shape, stride, lead);
}

static void set_limits(struct kmem_cache *cache)
{
    unsigned fitting = (unsigned)(STACK_TARGET / cache->object_size);

    if (!cache_has_checks(cache)) {
        cache->max_local = clamp(fitting, STACK_LEAST, STACK_MOST);
        cache->batch = cache->max_local / 2;
        cache->max_foreign = cache->batch;
    }
    cache->max_empty = 1 + 2 * cache->batch / cache->shape.objects;
}

/* All but the parts of nodes. False: an object is too large. */
static bool init_cache(struct kmem_cache *cache, const char *name, unsigned size, unsigned align,
                       unsigned flags, void (*ctor)(void *object))
{
    memset(cache, 0, cache_bytes());
    strlcpy(cache->name, name, sizeof(cache->name));
    cache->object_size = size;
    cache->flags = (flags | DEFAULT_FLAGS) & ~IGNORED_FLAGS;
    if (ctor)
        cache->flags &= ~SLAB_POISON;
    cache->ctor = ctor;
    cache->align = choose_align(size, align, flags);
    cache->page_gfp = flags & SLAB_RECLAIM_ACCOUNT ? __GFP_RECLAIMABLE : 0;
    cache->stat = flags & SLAB_RECLAIM_ACCOUNT ? NR_SLAB_RECLAIMABLE : NR_SLAB_UNRECLAIMABLE;
    cache->node = (struct kmem_cache_node **)&cache->cpu[nr_cpu_ids];
    for (int cpu = 0; cpu < nr_cpu_ids; cpu++)
        cache->cpu[cpu] = &no_cpu_part;
    if (!set_shape(cache))
        return false;
    set_limits(cache);
    return true;
}

static void free_nodes(struct kmem_cache *cache)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        if (cache->node[nid])
            kmem_cache_free(node_cache, cache->node[nid]);
    }
}

static bool make_nodes(struct kmem_cache *cache)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        struct kmem_cache_node *n = cache->node[nid];

        if (n)
            continue;
        n = slab_alloc_direct(node_cache, GFP_KERNEL, nid);
        if (!n)
            return false;
        slab_node_init(n);
        cache->node[nid] = n;
    }
    return true;
}

static bool request_ok(const char *name, unsigned size, unsigned align)
{
    if (name && *name && size > 0 && size <= KMALLOC_MAX_SIZE && align <= MAX_ALIGN &&
        (align & (align - 1)) == 0)
        return true;
    pr_err("kmem_cache_create: %s, size %u, align %u: it needs a name, 1 to %lu bytes, and a power "
           "of two up to %u",
           name && *name ? name : "(no name)", size, align, KMALLOC_MAX_SIZE, MAX_ALIGN);
    return false;
}

static struct kmem_cache *create(const char *name, unsigned size, unsigned align, unsigned flags,
                                 void (*ctor)(void *object))
{
    struct kmem_cache *cache;

    if (!request_ok(name, size, align))
        return NULL;
    cache = slab_alloc_direct(cache_cache, GFP_KERNEL, NUMA_NO_NODE);
    if (!cache)
        return NULL;
    if (!init_cache(cache, name, size, align, flags, ctor) || !make_nodes(cache)) {
        free_nodes(cache);
        kmem_cache_free(cache_cache, cache);
        return NULL;
    }
    mutex_lock(&slab_mutex);
    list_add_tail(&cache->caches, &slab_caches);
    mutex_unlock(&slab_mutex);
    return cache;
}

/*
 * kmem_cache_create - a cache of objects of @size bytes.
 *
 * @name   for reports and /proc/slabinfo, cut at 31 characters.
 * @size   1 byte to 4 MiB.
 * @align  0, or a power of two up to MAX_ALIGN; 8 at least is given.
 * @flags  SLAB_*.
 * @ctor   NULL, or called once for each object when its slab is made; whoever frees an object leaves it as
 *         if it were fresh from there.
 *
 * NULL without memory, or if the request makes no sense, which the log tells; with SLAB_PANIC a panic.
 * Context: a thread, may sleep; or boot.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned size, unsigned align,
                                     unsigned flags, void (*ctor)(void *object))
{
    struct kmem_cache *cache = create(name, size, align, flags, ctor);

    if (!cache && (flags & SLAB_PANIC))
        panic("no memory for the cache %s of objects of %u bytes", name, size);
    return cache;
}

/* kmem_cache_size - bytes of an object, as asked for. */
unsigned kmem_cache_size(const struct kmem_cache *cache)
{
    return cache->object_size;
}

/* ---- clearing ----------------------------------------------------------------------------------- */

/* On each CPU: the parts of one cache, or of all. */
static void flush_cpu(void *arg)
{
    struct kmem_cache *only = arg, *cache;

    if (only) {
        slab_flush_cpu(only);
        return;
    }
    list_for_each_entry (cache, &slab_caches, caches)
        slab_flush_cpu(cache);
}

static void add_users(cpumask_t *users, const struct kmem_cache *cache)
{
    for (int cpu = 0; cpu < nr_cpu_ids; cpu++) {
        if (READ_ONCE(cache->cpu[cpu]) != &no_cpu_part)
            cpumask_set(users, cpu);
    }
}

/* The CPUs that have a part of @only, or of any cache. */
static cpumask_t users_of(struct kmem_cache *only) __must_hold(slab_mutex)
{
    struct kmem_cache *cache;
    cpumask_t users;

    cpumask_zero(&users);
    if (only)
        add_users(&users, only);
    else
        list_for_each_entry (cache, &slab_caches, caches)
            add_users(&users, cache);
    return users;
}

/* All CPUs give up their parts of @only, or (NULL) of all caches. */
static void flush_cpus(struct kmem_cache *only) __must_hold(slab_mutex)
{
    cpumask_t users = users_of(only);
    unsigned long flags;

    preempt_disable();
    smp_call_function_many(&users, flush_cpu, only, true);
    flags = irq_save();
    flush_cpu(only);
    irq_restore(flags);
    preempt_enable();
}

static void shrink_nodes(struct kmem_cache *cache)
{
    unsigned long flags;
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        flags = irq_save();
        slab_node_shrink(cache, nid);
        irq_restore(flags);
    }
}

/*
 * kmem_cache_shrink - all that is free of @cache goes back to the page allocator, from all CPUs and nodes.
 *
 * Context: a thread, may sleep; interrupts every CPU that uses the cache.
 */
void kmem_cache_shrink(struct kmem_cache *cache)
{
    mutex_lock(&slab_mutex);
    flush_cpus(cache);
    mutex_unlock(&slab_mutex);
    shrink_nodes(cache);
}

/*
 * kmem_cache_drain_all - the same for all caches: what is left is in use.
 *
 * The harness of tests counts free pages after it.
 */
void kmem_cache_drain_all(void)
{
    struct kmem_cache *cache;

    mutex_lock(&slab_mutex);
    flush_cpus(NULL);
    list_for_each_entry (cache, &slab_caches, caches)
        shrink_nodes(cache);
    mutex_unlock(&slab_mutex);
}

/* ---- ending ------------------------------------------------------------------------------------- */

/*
 * kmem_cache_destroy - @cache is not used any more; NULL is allowed.
 *
 * Returns 0, or -EBUSY if objects are still in use: the log tells which, and who allocated them, as far as
 * the cache keeps that; the cache goes on to exist with all that is in it.
 * Context: a thread, may sleep.
 */
int kmem_cache_destroy(struct kmem_cache *cache)
{
    unsigned long nr_used;

    if (!cache)
        return 0;
    kmem_cache_shrink(cache);
    nr_used = slab_report_used(cache);
    if (nr_used > 0) {
        report_bug("kmem_cache_destroy: %lu objects of cache %s are still in use", nr_used,
                   cache->name);
        return -EBUSY;
    }
    mutex_lock(&slab_mutex);
    list_del(&cache->caches);
    mutex_unlock(&slab_mutex);
    free_nodes(cache);
    kmem_cache_free(cache_cache, cache);
    return 0;
}

/* ---- boot --------------------------------------------------------------------------------------- */

static struct kmem_cache *boot_cache(void *memory, const char *name, unsigned size, unsigned flags)
{
    struct kmem_cache *cache = memory;

    if (!init_cache(cache, name, size, 0, flags, NULL))
        panic("no slab has room for an object of %s, %u bytes", name, size);
    list_add_tail(&cache->caches, &slab_caches);
    return cache;
}

/* The first object of the first slab of node @nid keeps that slab. */
static void make_first_node(int nid)
{
    struct page *head = slab_new(node_cache, nid, GFP_NOWAIT | __GFP_THISNODE | __GFP_NOWARN);
    struct kmem_cache_node *n;

    if (!head)
        return;
    n = head->s_mem;
    slab_kasan_alloc(node_cache, n, sizeof(*n));
    if (cache_has_checks(node_cache))
        slab_debug_alloc(node_cache, n, sizeof(*n), 0);
    slab_node_init(n);
    node_cache->node[nid] = n;
    BUG_ON(slab_node_add(node_cache, head) != (void *)n);
}

/*
 * kmem_init - kmalloc() works. Panics without memory.
 *
 * Context: boot, the page allocator works; CPUs and nodes have numbers.
 */
void kmem_init(void)
{
    unsigned order = get_order(2 * ALIGN_UP(cache_bytes(), (size_t)CACHE_LINE));
    struct page *page = alloc_pages(GFP_KERNEL, order);
    char *memory;
    int nid;

    if (!page)
        panic("no memory for the first two caches of the slab allocator");
    memory = page_address(page);
    slab_kasan_init();
    node_cache =
        boot_cache(memory, "kmem_cache_node", sizeof(struct kmem_cache_node), SLAB_HWCACHE_ALIGN);
    for_each_node_mask (nid, &node_states[N_MEMORY])
        make_first_node(nid);
    cache_cache = boot_cache(memory + ALIGN_UP(cache_bytes(), (size_t)CACHE_LINE), "kmem_cache",
                             (unsigned)cache_bytes(), SLAB_HWCACHE_ALIGN);
    if (!make_nodes(node_cache) || !make_nodes(cache_cache))
        panic("no memory for the nodes' parts of the first caches");
    kmalloc_init();
}
