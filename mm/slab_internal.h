/*
 * mm/slab_internal.h - what the files of the slab allocator share. Theory: mm/slab.c.
 */
#ifndef MM_SLAB_INTERNAL_H
#define MM_SLAB_INTERNAL_H

#include "kernel/lock.h"
#include "kernel/mutex.h"
#include "mm/node.h"
#include "mm/slab.h"
#include "mm/slab_page.h"
#include "mm/vmemmap.h"

#define SLAB_NAME_LEN 32 /* of a cache's name, NUL included */
#define CACHE_LINE    64

#if defined(CONFIG_DEBUG) || defined(CONFIG_KASAN)
#define SLAB_SEES_GAPS true
#else
#define SLAB_SEES_GAPS false
#endif

/* Objects of which a CPU may have the topmost without asking anybody. */
struct object_stack {
    unsigned long nr;  /* objects[1..nr], the newest last */
    unsigned long max; /* 0: none fits */
    void *object[1];   /* 1 + max of them; object[0] is NULL always, below the lowest */
};

/* A CPU's own part of a cache; used with interrupts off, by that CPU. */
struct kmem_cache_cpu {
    int nid;                      /* where the objects of `local` lie; the part itself, too */
    struct object_stack *foreign; /* objects of other nodes */
    struct object_stack local;    /* behind it lies *foreign */
};

/* A cache's part of a node, in the node's own memory. */
struct kmem_cache_node {
    struct spinlock lock; /* rank LOCK_SLAB, interrupts off */

    /* Protected by lock. */
    struct list_head partial; /* slabs by page.lru: some objects are free, */
    struct list_head full;    /* none, */
    struct list_head empty;   /* all */
    unsigned long nr_slabs;   /* in the three lists, */
    unsigned long nr_empty;   /* in the last */
    unsigned long nr_objects; /* in all slabs, */
    unsigned long nr_free;    /* of these, free in their slab */
    unsigned long nr_locked;  /* how often the lock was taken, */
    unsigned long nr_waited;  /* and how often it was found taken */
} __aligned(CACHE_LINE);

struct kmem_cache {
    /* Fixed when the cache is made. */
    struct slab_shape shape;
    unsigned object_size; /* bytes for the user */
    unsigned align;
    unsigned flags;                /* SLAB_* */
    unsigned meta;                 /* debug: where in an object's stride its tracks lie */
    unsigned max_local;            /* objects in a CPU's stacks */
    unsigned max_foreign;          /**/
    unsigned batch;                /* so many go to or come from a node at once */
    unsigned max_empty;            /* slabs that a node keeps */
    gfp_t page_gfp;                /* added for its pages */
    enum node_stat_item stat;      /* where the pages are counted */
    void (*ctor)(void *object);    /* NULL: none */
    struct kmem_cache_node **node; /* by node, NULL: it has no memory; behind cpu[] */
    char name[SLAB_NAME_LEN];

    struct list_head caches; /* protected by slab_mutex */

    /* By CPU, nr_cpu_ids of them; changed by the CPU itself, interrupts off. */
    struct kmem_cache_cpu *cpu[];
};

extern struct mutex slab_mutex; /* protects slab_caches; no CPU's part goes away under it */
extern struct list_head slab_caches;
extern struct kmem_cache_cpu no_cpu_part; /* of a CPU that has not used the cache yet */
extern struct kmem_cache
    kmalloc_large_marker; /* slab_cache of blocks that kmalloc gave out whole */

static inline bool cache_has_checks(const struct kmem_cache *cache)
{
    return (cache->flags & SLAB_DEBUG_FLAGS) != 0;
}

/* mm/slab_node.c: a cache's slabs of one node. Interrupts are off in all but slab_new(). */
struct page *slab_new(struct kmem_cache *cache, int nid, gfp_t gfp);
void slab_release(struct kmem_cache *cache, struct page *head);
void slab_node_init(struct kmem_cache_node *n);
unsigned slab_node_take(struct kmem_cache *cache, int nid, void **objects, unsigned max);
void *slab_node_add(struct kmem_cache *cache, struct page *head);
void slab_node_put(struct kmem_cache *cache, int nid, void **objects, unsigned nr, uintptr_t pc);
void slab_node_shrink(struct kmem_cache *cache, int nid);

/* mm/slab.c: what the inline functions below leave. */
void *slab_alloc_slow(struct kmem_cache *cache, gfp_t gfp, int nid, size_t size, uintptr_t pc);
void *slab_alloc_special(struct kmem_cache *cache, gfp_t gfp, int nid, size_t size, uintptr_t pc);
void *slab_alloc_direct(struct kmem_cache *cache, gfp_t gfp, int nid);
void slab_free_direct(struct kmem_cache *cache, void *p);
void slab_free_slow(struct kmem_cache *cache, void *p, unsigned long flags, uintptr_t pc);
void slab_flush_cpu(struct kmem_cache *cache);

/* mm/kmalloc.c */
void kmalloc_init(void);
/* The cache for @size, or NULL: not there yet, or too large. */
struct kmem_cache *kmalloc_cache(size_t size);

/* mm/slab_debug.c: caches with SLAB_DEBUG_FLAGS, */
unsigned slab_debug_stride(unsigned size, unsigned align, unsigned *meta);
void slab_debug_new(const struct kmem_cache *cache, void *object);
void slab_debug_alloc(const struct kmem_cache *cache, void *object, size_t size, uintptr_t pc);
void slab_debug_free(const struct kmem_cache *cache, void *object, uintptr_t pc);
void slab_debug_widen(const struct kmem_cache *cache, void *object);
void slab_debug_describe(const struct kmem_cache *cache, const void *object, struct seqbuf *s);
/* and mm/slab_report.c: mistakes that are seen without. */
void slab_report(const struct kmem_cache *cache, const void *object, const char *what);
void slab_report_bad_put(const struct kmem_cache *cache, struct page *head, const void *p);
void slab_report_bad_free(const struct kmem_cache *cache, const void *p);
unsigned long slab_report_used(struct kmem_cache *cache);

/*
 * mm/slab_kasan.c; nothing in other builds.
 *
 * slab_kasan_new - @object of a new slab is free, and what lies behind it is nobody's.
 * slab_kasan_alloc - the first @size bytes may be touched.
 * slab_kasan_free - none may. False, and a report, if that was so already.
 */
#ifdef CONFIG_KASAN
#define SLAB_KASAN_ZONE 16u /* bytes behind each object that are nobody's */
void slab_kasan_new(const struct kmem_cache *cache, const void *object);
void slab_kasan_alloc(const struct kmem_cache *cache, const void *object, size_t size);
bool slab_kasan_free(struct kmem_cache *cache, const void *p);
void slab_kasan_init(void);
#else
#define SLAB_KASAN_ZONE 0u
static inline void slab_kasan_new(const struct kmem_cache *cache, const void *object)
{
    (void)cache;
    (void)object;
}

static inline void slab_kasan_alloc(const struct kmem_cache *cache, const void *object, size_t size)
{
    (void)cache;
    (void)object;
    (void)size;
}

static inline bool slab_kasan_free(struct kmem_cache *cache, const void *p)
{
    (void)cache;
    (void)p;
    return true;
}

static inline void slab_kasan_init(void)
{
}
#endif

/* ---- the fast paths ----------------------------------------------------------------------------- */

#define GFP_SLAB_SPECIAL (__GFP_ZERO | GFP_ZONEMASK)

/* May @p be looked up at all? Its page has a descriptor. */
static inline bool slab_has_page(const void *p)
{
    return pfn_valid(((uintptr_t)p - DIRECT_MAP_BASE) >> PAGE_SHIFT);
}

/*
 * The same in two instructions, true also for the gaps between the pieces of memory: what looks at the
 * descriptor then faults, and the machine stops. Debug builds look more closely.
 */
static __always_inline bool slab_may_have_page(const void *p)
{
    return SLAB_SEES_GAPS ? slab_has_page(p)
                          : ((uintptr_t)p - DIRECT_MAP_BASE) >> PAGE_SHIFT < max_pfn;
}

static __always_inline struct page *slab_page_of(const void *p)
{
    return pfn_to_page(((uintptr_t)p - DIRECT_MAP_BASE) >> PAGE_SHIFT);
}

static __always_inline void *slab_alloc(struct kmem_cache *cache, gfp_t gfp, size_t size,
                                        uintptr_t pc)
{
    struct kmem_cache_cpu *c;
    unsigned long flags, nr;
    void *object;

    if (unlikely(gfp & GFP_SLAB_SPECIAL))
        return slab_alloc_special(cache, gfp, NUMA_NO_NODE, size, pc);
    flags = irq_save();
    c = cache->cpu[raw_this_cpu()];
    nr = c->local.nr;
    if (unlikely(nr == 0)) {
        irq_restore(flags);
        return slab_alloc_slow(cache, gfp, NUMA_NO_NODE, size, pc);
    }
    object = c->local.object[nr];
    c->local.nr = nr - 1;
    irq_restore(flags);
    slab_kasan_alloc(cache, object, size);
    return object;
}

/* The same from @nid: from the stack for near objects, or the one for far ones if it has one on top. */
static __always_inline void *slab_alloc_node(struct kmem_cache *cache, gfp_t gfp, int nid,
                                             size_t size, uintptr_t pc)
{
    struct kmem_cache_cpu *c;
    struct object_stack *s;
    unsigned long flags;
    void *object;

    if (unlikely(gfp & GFP_SLAB_SPECIAL))
        return slab_alloc_special(cache, gfp, nid, size, pc);
    flags = irq_save();
    c = cache->cpu[raw_this_cpu()];
    s = likely(c->nid == nid) ? &c->local : c->foreign;
    object = s->object[s->nr];
    if (unlikely(!object || (s != &c->local && page_to_nid(slab_page_of(object)) != nid))) {
        irq_restore(flags);
        return slab_alloc_slow(cache, gfp, nid, size, pc);
    }
    s->nr--;
    irq_restore(flags);
    slab_kasan_alloc(cache, object, size);
    return object;
}

/* Does an object of the cache begin at @p? What lies behind the last one is found when it is put. */
static __always_inline bool slab_has_object(const struct kmem_cache *cache, const struct page *page,
                                            const void *p)
{
    unsigned long index;

    return slab_index(&cache->shape, page, p, &index);
}

/*
 * Put @p, an object of @cache by its address, on top of this CPU's stack. False, and interrupts are off
 * (*@flags remembers how they were), if that must be left to slab_free_slow(): it is another node's, the
 * stack is full, or @p is on top already. @page_flags: of the page that it lies in.
 */
static __always_inline bool slab_push(struct kmem_cache *cache, unsigned long page_flags, void *p,
                                      unsigned long *flags)
{
    struct kmem_cache_cpu *c;
    unsigned long nr;

    *flags = irq_save();
    c = cache->cpu[raw_this_cpu()];
    nr = c->local.nr;
    if (unlikely((int)(page_flags >> PAGE_NODE_SHIFT) != c->nid || nr == c->local.max ||
                 c->local.object[nr] == p))
        return false;
    c->local.object[nr + 1] = p;
    c->local.nr = nr + 1;
    irq_restore(*flags);
    return true;
}

#endif
