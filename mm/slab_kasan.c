/*
 * mm/slab_kasan.c - objects in KASan builds: what of them may be touched.
 *
 * An object is free (KASAN_OBJECT_FREE) wherever it lies, in its slab or in a CPU's stack, so each free of
 * a free object is seen at once. What a request left of its object, and SLAB_KASAN_ZONE bytes behind that,
 * are nobody's (KASAN_OBJECT_REDZONE).
 *
 *     kmalloc(20) from kmalloc-32, stride 64:   | 20 | 12 nobody's | 32 nobody's |
 *
 * LOCKING  The shadow of an object is its owner's.
 */
#ifdef CONFIG_KASAN

#include "kernel/kasan.h"
#include "kernel/kasan_report.h"
#include "kernel/printk.h"
#include "mm/slab_internal.h"

#define GRANULE 8u

/* The whole of what a kmalloc or kmem_cache_alloc can be given. */
static size_t object_bytes(const struct kmem_cache *cache)
{
    return ALIGN_UP((size_t)cache->object_size, GRANULE);
}

/* slab_kasan_new - contract in the header. */
void slab_kasan_new(const struct kmem_cache *cache, const void *object)
{
    size_t size = object_bytes(cache);

    kasan_poison((const char *)object + size, cache->shape.stride - size, KASAN_OBJECT_REDZONE);
    kasan_poison(object, size, KASAN_OBJECT_FREE);
}

/* slab_kasan_alloc - contract in the header. */
void slab_kasan_alloc(const struct kmem_cache *cache, const void *object, size_t size)
{
    size_t used = ALIGN_UP(size, GRANULE);

    kasan_poison((const char *)object + used, object_bytes(cache) - used, KASAN_OBJECT_REDZONE);
    kasan_unpoison(object, size);
}

/* slab_kasan_free - contract in the header. Context: any. */
bool slab_kasan_free(struct kmem_cache *cache, const void *p)
{
    if (unlikely(kasan_is_forbidden(p))) {
        slab_report(cache, p, "double free");
        return false;
    }
    kasan_poison(p, object_bytes(cache), KASAN_OBJECT_FREE);
    return true;
}

/* The cache and the object that @addr is in, for a report. */
static void describe(uintptr_t addr)
{
    const struct page *page;
    unsigned long index;

    if (!slab_has_page((const void *)addr))
        return;
    page = slab_page_of((const void *)addr);
    if (!page_flag_test(page, PAGE_SLAB) || page->slab_cache == &kmalloc_large_marker)
        return;
    slab_index(&page->slab_cache->shape, page, (const void *)addr, &index);
    pr_err("The buggy address is %lu bytes behind the start of object %lu of cache %s, size %u",
           addr - (uintptr_t)slab_object(&page->slab_cache->shape, page, (unsigned)index), index,
           page->slab_cache->name, page->slab_cache->object_size);
}

/* slab_kasan_init - reports name objects. Context: boot. */
void slab_kasan_init(void)
{
    kasan_describe = describe;
}

#endif
