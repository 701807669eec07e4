/*
 * mm/kmalloc.c - memory of any size.
 *
 * THEORY
 *
 * A request is rounded up to the next of 13 sizes, each of which has a cache; 96 and 192 are there
 * because so many structures are a little larger than a power of two:
 *
 *     8 16 32 64 96 128 192 256 512 1024 2048 4096 8192
 *
 * Which cache has room for n bytes? Sizes are multiples of 8, so n in units of 8, rounded up, is looked
 * up in a table of 1025 bytes. What is larger than 8 KiB is a block of the page allocator. Its head is
 * marked as a slab's page is (PAGE_SLAB), and belongs to kmalloc_large_marker, a cache in which no address
 * is an object's: so kfree() asks no question about it until something is wrong anyway.
 *
 * In the same way requests for a zone (__GFP_DMA, __GFP_DMA32) get whole pages, of whatever size they are:
 * devices with few address lines are rare, and a set of caches for each zone would not be.
 *
 * LOCKING  None of its own.
 * UNITS    Bytes.
 */
#include "kernel/bug.h"
#include "kernel/lib/string.h"
#include "mm/page_alloc.h"
#include "mm/slab_internal.h"

#define UNIT 8u /* all sizes are multiples */

struct kmem_cache *kmalloc_caches[NR_KMALLOC_CACHES];
struct kmem_cache kmalloc_large_marker = {.name = "kmalloc-large"};

static const struct {
    const char *name;
    unsigned size;
} kinds[NR_KMALLOC_CACHES] = {
    {"kmalloc-8", 8},     {"kmalloc-16", 16},   {"kmalloc-32", 32},   {"kmalloc-64", 64},
    {"kmalloc-96", 96},   {"kmalloc-128", 128}, {"kmalloc-192", 192}, {"kmalloc-256", 256},
    {"kmalloc-512", 512}, {"kmalloc-1k", 1024}, {"kmalloc-2k", 2048}, {"kmalloc-4k", 4096},
    {"kmalloc-8k", 8192},
};

/* By size in units, rounded up. */
static uint8_t index_of_units[KMALLOC_MAX_CACHE_SIZE / UNIT + 1];

static unsigned size_index(size_t size)
{
    return index_of_units[(size + UNIT - 1) / UNIT];
}

/* kmalloc_init - the caches are there. Panics without memory. Context: boot. */
void kmalloc_init(void)
{
    unsigned index = 0;

    for (unsigned units = 0; units < ARRAY_SIZE(index_of_units); units++) {
        if (units * UNIT > kinds[index].size)
            index++;
        index_of_units[units] = (uint8_t)index;
    }
    for (unsigned i = 0; i < NR_KMALLOC_CACHES; i++) {
        unsigned size = kinds[i].size;
        unsigned align = size & (size - 1) ? UNIT : size;

        BUG_ON(kmalloc_index(size) != i || kmalloc_index(size + 1) != min(i + 1, 12u));
        kmalloc_caches[i] = kmem_cache_create(kinds[i].name, size, align, SLAB_PANIC, NULL);
    }
}

/* kmalloc_cache - contract in the header. Context: any. */
struct kmem_cache *kmalloc_cache(size_t size)
{
    return size <= KMALLOC_MAX_CACHE_SIZE ? kmalloc_caches[size_index(size)] : NULL;
}

/* ---- whole blocks of pages ---------------------------------------------------------------------- */

static __noinline void *alloc_large(size_t size, gfp_t gfp, int nid)
{
    struct page *head;

    if (size > KMALLOC_MAX_SIZE)
        return NULL;
    head = alloc_pages_node(nid, gfp & ~__GFP_MOVABLE, get_order(size));
    if (!head)
        return NULL;
    head->slab_cache = &kmalloc_large_marker;
    head->s_mem = page_address(head);
    page_flag_set(head, PAGE_SLAB);
    mod_node_page_state(page_to_nid(head), NR_SLAB_UNRECLAIMABLE, 1L << page_order(head));
    return page_address(head);
}

static bool is_large(const struct page *page, const void *p)
{
    return page_flag_test(page, PAGE_SLAB) && page->slab_cache == &kmalloc_large_marker &&
           page->s_mem == p;
}

static void free_large(struct page *head)
{
    mod_node_page_state(page_to_nid(head), NR_SLAB_UNRECLAIMABLE, -(1L << page_order(head)));
    page_flag_clear(head, PAGE_SLAB);
    head->slab_cache = NULL;
    head->s_mem = NULL;
    __free_pages(head, page_order(head));
}

/* ---- for everybody ------------------------------------------------------------------------------ */

/* kmalloc_any - kmalloc() when the compiler doesn't know the size. Contract there. */
void *kmalloc_any(size_t size, gfp_t gfp)
{
    if (unlikely(size > KMALLOC_MAX_CACHE_SIZE || (gfp & (__GFP_DMA | __GFP_DMA32))))
        return alloc_large(size, gfp, NUMA_NO_NODE);
    return slab_alloc(kmalloc_caches[size_index(size)], gfp, size,
                      (uintptr_t)__builtin_return_address(0));
}

/* kmalloc_any_node - kmalloc_node() likewise. */
void *kmalloc_any_node(size_t size, gfp_t gfp, int nid)
{
    if (unlikely(size > KMALLOC_MAX_CACHE_SIZE || (gfp & (__GFP_DMA | __GFP_DMA32))))
        return alloc_large(size, gfp, nid);
    if (nid == NUMA_NO_NODE)
        return slab_alloc(kmalloc_caches[size_index(size)], gfp, size,
                          (uintptr_t)__builtin_return_address(0));
    return slab_alloc_node(kmalloc_caches[size_index(size)], gfp, nid, size,
                           (uintptr_t)__builtin_return_address(0));
}

/* What kfree() found to be no object of a slab. */
static __noinline void free_other(const void *p)
{
    if (!p)
        return;
    if (slab_has_page(p) && is_large(slab_page_of(p), p))
        free_large(slab_page_of(p));
    else
        slab_report_bad_free(NULL, p);
}

/*
 * kfree - give back what kmalloc() or kmem_cache_alloc() returned; NULL is allowed.
 *
 * Anything else (an address inside of an object, a page, a variable, a double free as far as it can be
 * seen, mm/slab_debug.c) is reported, and nothing changes; but for addresses in a gap of the machine's
 * memory, which fault in release builds.
 * Context: any but an NMI; never sleeps.
 */
void kfree(const void *p)
{
    struct page *page = slab_page_of(p);
    void *object = (void *)(uintptr_t)p;
    unsigned long page_flags, flags;

    if (unlikely(!slab_may_have_page(p)))
        goto other; /* NULL, too */
    page_flags = page->flags;
    if (unlikely(!(page_flags & PAGE_SLAB) || !slab_has_object(page->slab_cache, page, p)))
        goto other;
    if (slab_kasan_free(page->slab_cache, p) &&
        unlikely(!slab_push(page->slab_cache, page_flags, object, &flags)))
        slab_free_slow(page->slab_cache, object, flags, (uintptr_t)__builtin_return_address(0));
    return;
other:
    free_other(p);
}

/*
 * ksize - how many bytes may be used at @p, which kmalloc() returned: all that its size has room for.
 *
 * 0, and a report, if @p is nothing of kmalloc's; 0 for NULL. Context: any.
 */
size_t ksize(const void *p)
{
    struct page *page = slab_page_of(p);

    if (!p)
        return 0;
    if (slab_has_page(p) && is_large(page, p))
        return PAGE_SIZE << page_order(page);
    if (!slab_has_page(p) || !page_flag_test(page, PAGE_SLAB) ||
        !slab_has_object(page->slab_cache, page, p)) {
        slab_report_bad_free(NULL, p);
        return 0;
    }
    slab_debug_widen(page->slab_cache, (void *)(uintptr_t)p);
    slab_kasan_alloc(page->slab_cache, p, page->slab_cache->object_size);
    return page->slab_cache->object_size;
}
