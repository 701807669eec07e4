/*
 * mm/slab.h - memory for objects: caches of one size, and kmalloc() for any.
 *
 * Names and meaning are Linux's; the theory is at the head of mm/slab.c.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "kernel/lib/compiler.h"
#include "mm/gfp.h"
#include "mm/page.h"

struct kmem_cache;
struct seqbuf;

/* What a cache is like, with Linux's values. */
#define SLAB_RED_ZONE        0x00000400u /* bytes around each object that must not change */
#define SLAB_POISON          0x00000800u /* free objects are filled, and must not change */
#define SLAB_HWCACHE_ALIGN   0x00002000u /* objects share no cache line, if they are large enough */
#define SLAB_STORE_USER      0x00010000u /* who allocated and freed each object */
#define SLAB_RECLAIM_ACCOUNT 0x00020000u /* a shrinker can have the objects freed */
#define SLAB_PANIC           0x00040000u /* without this cache the kernel cannot go on */
#define SLAB_DEBUG_FLAGS     (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

struct kmem_cache *kmem_cache_create(const char *name, unsigned size, unsigned align,
                                     unsigned flags, void (*ctor)(void *object));
int kmem_cache_destroy(struct kmem_cache *cache);
void kmem_cache_shrink(struct kmem_cache *cache);
void kmem_cache_drain_all(void);
unsigned long kmem_cache_nr_used(void);
/* May CPUs keep objects for their fast path? Context: a thread, may sleep. */
void slab_set_fast(bool on);
unsigned kmem_cache_size(const struct kmem_cache *cache);

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void *kmem_cache_alloc_node(struct kmem_cache *cache, gfp_t gfp, int nid);
void kmem_cache_free(struct kmem_cache *cache, void *p);

static __always_inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
    return kmem_cache_alloc(cache, gfp | __GFP_ZERO);
}

/* ---- any size ---------------------------------------------------------------------------------- */

#define NR_KMALLOC_CACHES      13
#define KMALLOC_MAX_CACHE_SIZE 8192u                          /* above, whole blocks of pages */
#define KMALLOC_MAX_SIZE       (PAGE_SIZE << (MAX_ORDER - 1)) /* 4 MiB */

extern struct kmem_cache *kmalloc_caches[NR_KMALLOC_CACHES];

void *kmalloc_any(size_t size, gfp_t gfp);
void *kmalloc_any_node(size_t size, gfp_t gfp, int nid);
void kfree(const void *p);
size_t ksize(const void *p);

/* Which of the kmalloc caches has room for @size, a constant of at most KMALLOC_MAX_CACHE_SIZE. */
static __always_inline unsigned kmalloc_index(size_t size)
{
    return size <= 8      ? 0
           : size <= 16   ? 1
           : size <= 32   ? 2
           : size <= 64   ? 3
           : size <= 96   ? 4
           : size <= 128  ? 5
           : size <= 192  ? 6
           : size <= 256  ? 7
           : size <= 512  ? 8
           : size <= 1024 ? 9
           : size <= 2048 ? 10
           : size <= 4096 ? 11
                          : 12;
}

/* Builds that watch over each byte want to know the size that was asked for. */
#if defined(CONFIG_KASAN) || defined(CONFIG_DEBUG)
#define KMALLOC_BY_CONSTANT false
#else
#define KMALLOC_BY_CONSTANT true
#endif

/* Does the compiler know which cache? Bits for a zone take another way. */
#define kmalloc_is_constant(size, gfp)                                                             \
    (KMALLOC_BY_CONSTANT && __builtin_constant_p(size) && (size) <= KMALLOC_MAX_CACHE_SIZE &&      \
     __builtin_constant_p(gfp) && !((gfp) & (__GFP_DMA | __GFP_DMA32)))

/*
 * kmalloc - @size bytes, as near to this CPU as possible.
 *
 * @size  up to KMALLOC_MAX_SIZE; 0 gives an object, too.
 * @gfp   with __GFP_DMA or __GFP_DMA32 whole pages, see kmalloc_any().
 *
 * Aligned to 8 bytes, powers of two to themselves. NULL if there is no memory, or @size is too large.
 * Context: as alloc_pages(@gfp); without __GFP_DIRECT_RECLAIM any but an NMI.
 */
static __always_inline void *kmalloc(size_t size, gfp_t gfp)
{
    if (kmalloc_is_constant(size, gfp))
        return kmem_cache_alloc(kmalloc_caches[kmalloc_index(size)], gfp);
    return kmalloc_any(size, gfp);
}

/* kmalloc_node - the same, as near to @nid as possible; with __GFP_THISNODE from there or NULL. */
static __always_inline void *kmalloc_node(size_t size, gfp_t gfp, int nid)
{
    if (kmalloc_is_constant(size, gfp))
        return kmem_cache_alloc_node(kmalloc_caches[kmalloc_index(size)], gfp, nid);
    return kmalloc_any_node(size, gfp, nid);
}

static __always_inline void *kzalloc(size_t size, gfp_t gfp)
{
    return kmalloc(size, gfp | __GFP_ZERO);
}

/* An array of @n elements of @size bytes, not cleared; NULL if that is more than a size_t holds. */
static __always_inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
    size_t bytes;

    if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
        return NULL;
    return kmalloc(bytes, gfp);
}

/* The same, cleared. */
static __always_inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
    return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

/* ---- for boot, files and tests ------------------------------------------------------------------ */

void kmem_init(void);
void slabinfo_show(struct seqbuf *s);
void slab_name_show(struct seqbuf *s, const struct page *page);
void slab_page_show(struct seqbuf *s, const struct page *page);
unsigned kmem_cache_verify(struct kmem_cache *cache);
unsigned kmem_cache_verify_all(void);

#endif
