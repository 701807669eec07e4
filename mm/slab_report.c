/*
 * mm/slab_report.c - mistakes of those who use objects, in words.
 *
 * THEORY
 *
 * What every build looks at, and how many of a free's 42 instructions that is:
 *
 *     can there be a page at the address?             slab_may_have_page()  2
 *     does it belong to a slab?                       PAGE_SLAB             2
 *     does an object begin there?                     slab_has_object()     5
 *     is it the one that this CPU freed last?         top of the stack      2
 *     was it free already, when it goes to its slab?  the slab's bit        2, in batches
 *     kmem_cache_free(): is it this cache's?          slab_cache            2
 *
 * So a double free is seen if it follows the first one at once, or if the first one has reached the slab
 * by the time that the second one does; in between, the object may be handed out twice. Caches with checks
 * (mm/slab_debug.c) and KASan builds see all of them.
 *
 * The search for what is wrong happens here, on the slow path. Every report names the cache and the
 * object's address, and who allocated and freed it, if the cache keeps that.
 *
 * LOCKING  Any context; reads without a lock what may change meanwhile.
 */
#include "kernel/bug.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/page_check.h"
#include "mm/slab_internal.h"

#define MAX_PRINTED 16 /* objects in use of a cache that is to end */

/* slab_report - @what happened to @object of @cache. */
void slab_report(const struct kmem_cache *cache, const void *object, const char *what)
{
    char owners[128];
    struct seqbuf s;

    seqbuf_init(&s, owners, sizeof(owners));
    slab_debug_describe(cache, object, &s);
    report_bug("slab %s, object 0x%lx: %s%s", cache->name, (unsigned long)object, what,
               seqbuf_str(&s));
}

/* slab_report_bad_put - @p, on its way into @head, is free already, or no object. */
void slab_report_bad_put(const struct kmem_cache *cache, struct page *head, const void *p)
{
    unsigned long index;

    if (slab_index(&cache->shape, head, p, &index) && index < slab_objects(&cache->shape, head))
        slab_report(cache, p, "double free");
    else
        report_bug("slab %s: free of 0x%lx, where no object begins", cache->name, (unsigned long)p);
}

static void report_not_slab(const struct page *page, const void *p)
{
    const char *state = "one that alloc_pages() gave out";

    if (page->flags & PAGE_RESERVED)
        state = "reserved at boot";
    else if (page_find_head(page_to_pfn(page), PAGE_FREE | PAGE_PCP))
        state = "free; a double free?";
    else if (!(page->flags & PAGE_ALLOCATED))
        state = "inside of a block";

    report_bug("kfree of 0x%lx, pfn 0x%lx (node %d), which is no slab's: its page is %s",
               (unsigned long)p, page_to_pfn(page), page_to_nid(page), state);
}

/* @p lies in a slab of @cache, but no object begins there. */
static void report_inside(const struct kmem_cache *cache, const struct page *page, const void *p)
{
    unsigned long index;
    const char *object;

    slab_index(&cache->shape, page, p, &index);
    object = slab_object(&cache->shape, page, (unsigned)index);
    if (index >= cache->shape.objects || page->s_mem > p)
        report_bug("slab %s: free of 0x%lx, outside of all objects of its slab", cache->name,
                   (unsigned long)p);
    else
        report_bug("slab %s, object 0x%lx: free of 0x%lx, %lu bytes behind its start", cache->name,
                   (unsigned long)object, (unsigned long)p, (uintptr_t)p - (uintptr_t)object);
}

/*
 * slab_report_bad_free - say what is wrong with freeing @p.
 *
 * @cache  that it was to go to, or NULL: kfree().
 */
void slab_report_bad_free(const struct kmem_cache *cache, const void *p)
{
    const struct page *page;

    if (!slab_has_page(p)) {
        report_bug("kfree of 0x%lx: no memory of any node is there", (unsigned long)p);
        return;
    }
    page = slab_page_of(p);
    if (!page_flag_test(page, PAGE_SLAB))
        report_not_slab(page, p);
    else if (page->slab_cache == &kmalloc_large_marker)
        report_bug("free of 0x%lx, which belongs to the block 0x%lx of kmalloc()", (unsigned long)p,
                   (unsigned long)page->s_mem);
    else if (cache && page->slab_cache != cache)
        report_bug("free of object 0x%lx of cache %s into cache %s", (unsigned long)p,
                   page->slab_cache->name, cache->name);
    else
        report_inside(page->slab_cache, page, p);
}

/* ---- a cache that ends -------------------------------------------------------------------------- */

static void print_used(const struct kmem_cache *cache, const void *object)
{
    char owners[128];
    struct seqbuf s;

    seqbuf_init(&s, owners, sizeof(owners));
    slab_debug_describe(cache, object, &s);
    pr_err("  object 0x%lx on node %d%s", (unsigned long)object, page_to_nid(slab_page_of(object)),
           seqbuf_str(&s));
}

static unsigned long print_slab(const struct kmem_cache *cache, struct page *head,
                                unsigned long nr_printed)
{
    unsigned long nr = 0;

    for (unsigned i = 0; i < slab_objects(&cache->shape, head); i++) {
        if (bitmap_test(slab_map(&cache->shape, head), i))
            continue;
        if (nr_printed + nr++ < MAX_PRINTED && !report_is_expected())
            print_used(cache, slab_object(&cache->shape, head, i));
    }
    return nr;
}

static unsigned long print_list(const struct kmem_cache *cache, struct list_head *slabs,
                                unsigned long nr_printed)
{
    unsigned long nr = 0;
    struct page *head;

    list_for_each_entry (head, slabs, lru)
        nr += print_slab(cache, head, nr_printed + nr);
    return nr;
}

/*
 * slab_report_used - log the objects of @cache that are in use, the first ones by address and owner.
 *
 * Returns how many there are. Context: no CPU has a part of the cache.
 */
unsigned long slab_report_used(struct kmem_cache *cache)
{
    unsigned long nr = 0;
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        struct kmem_cache_node *n = cache->node[nid];
        unsigned long flags;

        spin_lock_irqsave(&n->lock, flags);
        nr += print_list(cache, &n->partial, nr);
        nr += print_list(cache, &n->full, nr);
        spin_unlock_irqrestore(&n->lock, flags);
    }
    return nr;
}
