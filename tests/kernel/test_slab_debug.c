/*
 * tests/kernel/test_slab_debug.c - mistakes of those who use objects are caught and named.
 *
 * Caches ask for checks by their flags, so that they are tried in every build but KASan's, which sees the
 * same mistakes earlier, in its own way.
 */
#include "kernel/bug.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include "mm/vmemmap.h"
#include "tests/kernel/slab_helpers.h"

#ifdef CONFIG_KASAN
#define SKIP_WITH_KASAN() KSKIP_IF(true, "a KASan build reports the access itself")
#else
#define SKIP_WITH_KASAN() ((void)0)
#endif

/* @nr reports came, and the last one has @text in it. */
static void expect_reports(unsigned nr, const char *text)
{
    KEXPECT_EQ(nr, report_expect_end());
    if (!strstr(report_last(), text))
        ktest_fail(__FILE__, __LINE__, "expected a report with '%s', got: %s", text, report_last());
}

static struct kmem_cache *checked_cache(unsigned size)
{
    return test_cache("checked", size, 0, SLAB_DEBUG_FLAGS, NULL);
}

/* The function whose name reports must tell. */
static __noinline void *allocate_as_culprit(struct kmem_cache *cache)
{
    void *p = kmem_cache_alloc(cache, GFP_KERNEL);

    if (p)
        *(volatile uint8_t *)p = 1; /* so that the call is not the last instruction */
    return p;
}

static __noinline void free_as_culprit(struct kmem_cache *cache, void *p)
{
    static volatile int nr_freed;

    kmem_cache_free(cache, p);
    nr_freed++;
}

/* ---- caught in every build ---------------------------------------------------------------------- */

/* Freed twice, an object has two owners soon after. */
KTEST(slab_debug, double_free_is_caught)
{
    void *p = kmalloc(64, GFP_KERNEL);
    unsigned long flags;

    KASSERT(p != NULL);
    report_expect();
    flags = irq_save();
    kfree(p);
    kfree(p);
    irq_restore(flags);
    expect_reports(1, "double free");
    KEXPECT(strstr(report_last(), "kmalloc-64") != NULL);
    KEXPECT_EQ(0, kmem_cache_verify(kmalloc_caches[kmalloc_index(64)]));
}

/* The same when the first one has reached the slab, or the slab has gone. */
KTEST(slab_debug, double_free_is_caught_after_the_object_went_home)
{
    struct kmem_cache *cache = test_cache("test", 64, 0, 0, NULL);
    void *keep, *p;

    KASSERT(cache != NULL);
    keep = kmem_cache_alloc(cache, GFP_KERNEL);
    p = kmem_cache_alloc(cache, GFP_KERNEL);
    if (!KEXPECT(keep != NULL && p != NULL)) {
        kmem_cache_free(cache, keep);
        kmem_cache_free(cache, p);
        return;
    }
    kmem_cache_free(cache, p);
    kmem_cache_shrink(cache);
    report_expect();
    kmem_cache_free(cache, p);
    kmem_cache_shrink(cache);
    expect_reports(1, "double free");
    kmem_cache_free(cache, keep);
    kmem_cache_shrink(cache);
    report_expect();
    kmem_cache_free(cache, p);
    expect_reports(1, "no slab's: its page is free");
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* An object of one size in a stack of another would be handed out too small. */
KTEST(slab_debug, free_into_another_cache_is_caught)
{
    struct kmem_cache *mine = test_cache("mine", 64, 0, 0, NULL);
    struct kmem_cache *yours = test_cache("yours", 128, 0, 0, NULL);
    void *p;

    KASSERT(mine != NULL && yours != NULL);
    p = kmem_cache_alloc(mine, GFP_KERNEL);
    KASSERT(p != NULL);
    report_expect();
    kmem_cache_free(yours, p);
    expect_reports(1, "of cache mine into cache yours");
    kmem_cache_free(mine, p);
    KEXPECT_EQ(0, test_cache_destroy(mine));
    KEXPECT_EQ(0, test_cache_destroy(yours));
}

/* An address inside of an object would become two halves of two objects. */
KTEST(slab_debug, free_of_the_middle_of_an_object_is_caught)
{
    static const size_t sizes[] = {8, 96, 100, 1024, 8192};

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        char *p = kmalloc(sizes[i], GFP_KERNEL);

        KASSERT(p != NULL);
        report_expect();
        kfree(p + 1);
        kfree(p + 4);
        expect_reports(2, "4 bytes behind its start");
        kfree(p);
    }
}

/* Whole blocks have insides, too. */
KTEST(slab_debug, free_of_the_middle_of_a_large_block_is_caught)
{
    char *p = kmalloc(4 * PAGE_SIZE, GFP_KERNEL);

    KASSERT(p != NULL);
    report_expect();
    kfree(p + 64);
    expect_reports(1, "belongs to the block");
    report_expect();
    kfree(p + PAGE_SIZE);
    expect_reports(1, "inside of a block");
    kfree(p);
    report_expect();
    kfree(p);
    expect_reports(1, "no slab's");
}

/* Pages go back to where they came from. */
KTEST(slab_debug, free_of_what_is_no_object_is_caught)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0);
    int local = 0;

    KASSERT(page != NULL);
    report_expect();
    kfree(page_address(page));
    expect_reports(1, "one that alloc_pages() gave out");
    __free_pages(page, 0);
    report_expect();
    kfree(page_address(page));
    expect_reports(1, "its page is");
    report_expect();
    kfree(&local);
    expect_reports(1, "no memory of any node is there");
    report_expect();
    kfree(__text_start);
    expect_reports(1, "no memory of any node is there");
    report_expect();
    kfree((void *)16);
    expect_reports(1, "no memory of any node is there");
    report_expect();
    KEXPECT_EQ(0, ksize((void *)16));
    expect_reports(1, "no memory of any node is there");
}

/* Between the pieces of memory there are no page descriptors to look at. */
KTEST(slab_debug, free_of_an_address_in_a_gap_of_memory_is_caught)
{
    unsigned long pfn = 0;

    while (pfn < max_pfn && pfn_valid(pfn))
        pfn += MAX_ORDER_PAGES;
    KSKIP_IF(!SLAB_SEES_GAPS, "a release build doesn't look for gaps");
    KSKIP_IF(pfn >= max_pfn, "memory has no gap");
    report_expect();
    kfree(phys_to_virt((paddr_t)pfn << PAGE_SHIFT));
    expect_reports(1, "no memory of any node is there");
    report_expect();
    kmem_cache_free(kmalloc_cache(64), phys_to_virt((paddr_t)pfn << PAGE_SHIFT));
    expect_reports(1, "no memory of any node is there");
}

/* Behind the last object of a slab there may be bytes that look like one more. */
KTEST(slab_debug, free_behind_the_last_object_is_caught)
{
    struct kmem_cache *cache = test_cache("test", 1360, 8, 0, NULL);
    char *p, *behind;

    KASSERT(cache != NULL);
    p = kmem_cache_alloc(cache, GFP_KERNEL);
    KASSERT(p != NULL);
    behind = slab_object(&cache->shape, slab_head(virt_to_page(p)),
                         slab_objects(&cache->shape, slab_head(virt_to_page(p))));
    if (virt_to_page(behind)->slab_cache == cache) {
        report_expect();
        kmem_cache_free(cache, behind);
        kmem_cache_shrink(cache);
        KEXPECT(report_expect_end() >= 1);
    }
    kmem_cache_free(cache, p);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* ---- caught in caches with checks --------------------------------------------------------------- */

/* An object of 40 bytes is freed after @value was written at @offset: the report says @text. */
static void expect_write_reported(int offset, uint8_t value, const char *text)
{
    struct kmem_cache *cache = checked_cache(40);
    uint8_t *p;

    KASSERT(cache != NULL);
    p = allocate_as_culprit(cache);
    KASSERT(p != NULL);
    p[offset] = value;
    report_expect();
    kmem_cache_free(cache, p);
    expect_reports(1, text);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* Overruns destroy a neighbour whose owner then looks guilty. */
KTEST(slab_debug, overrun_is_reported_with_owner)
{
    SKIP_WITH_KASAN();
    expect_write_reported(40, 0x11, "overrun: byte 40 is 0x11, not 0xcc");
    KEXPECT(strstr(report_last(), "slab checked, object 0x") != NULL);
    KEXPECT(strstr(report_last(), "allocated by allocate_as_culprit on CPU") != NULL);
}

KTEST(slab_debug, underrun_is_reported)
{
    SKIP_WITH_KASAN();
    expect_write_reported(-1, 0x22, "underrun: byte -1 is 0x22");
}

/* Whoever writes to what he freed destroys the next owner's data. */
KTEST(slab_debug, use_after_free_is_reported_with_who_freed)
{
    struct kmem_cache *cache;
    uint8_t *p, *again;

    SKIP_WITH_KASAN();
    cache = checked_cache(40);
    KASSERT(cache != NULL);
    p = allocate_as_culprit(cache);
    KASSERT(p != NULL);
    free_as_culprit(cache, p);
    p[7] = 0x33;
    report_expect();
    again = kmem_cache_alloc(cache, GFP_KERNEL);
    expect_reports(1, "use after free: byte 7 is 0x33, not 0x6b");
    KEXPECT(again == p);
    KEXPECT(strstr(report_last(), "freed by free_as_culprit on CPU") != NULL);
    kmem_cache_free(cache, again);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* With checks there is no time in which a double free goes unseen. */
KTEST(slab_debug, every_double_free_is_seen_with_both_callers)
{
    struct kmem_cache *cache;
    void *first, *second;

    SKIP_WITH_KASAN();
    cache = checked_cache(40);
    KASSERT(cache != NULL);
    first = allocate_as_culprit(cache);
    second = allocate_as_culprit(cache);
    if (!KEXPECT(first != NULL && second != NULL)) {
        kmem_cache_free(cache, first);
        kmem_cache_free(cache, second);
        return;
    }
    free_as_culprit(cache, first);
    report_expect();
    kmem_cache_free(cache, first);
    expect_reports(1, "double free, allocated by allocate_as_culprit");
    KEXPECT(strstr(report_last(), "freed by free_as_culprit") != NULL);
    free_as_culprit(cache, second);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* Red zones around objects must not cost them their constructor or their alignment. */
KTEST(slab_debug, checks_leave_constructed_and_aligned_objects_alone)
{
    static const unsigned aligns[] = {8, 64, 512, 4096};

    for (unsigned i = 0; i < ARRAY_SIZE(aligns); i++) {
        struct kmem_cache *cache = test_cache("checked", 100, aligns[i], SLAB_DEBUG_FLAGS, NULL);
        void *p[10];

        KASSERT(cache != NULL);
        for (unsigned j = 0; j < ARRAY_SIZE(p); j++) {
            p[j] = kmem_cache_zalloc(cache, GFP_KERNEL);
            KEXPECT(p[j] != NULL && IS_ALIGNED((uintptr_t)p[j], aligns[i]));
            if (p[j])
                memset(p[j], 0xff, 100);
        }
        KEXPECT_EQ(0, kmem_cache_verify(cache));
        for (unsigned j = 0; j < ARRAY_SIZE(p); j++)
            kmem_cache_free(cache, p[j]);
        KEXPECT_EQ(0, test_cache_destroy(cache));
    }
}

/* "Who has all these objects?" is the first question when a cache will not end. */
KTEST(slab_debug, leaked_objects_stay_usable)
{
    struct kmem_cache *cache = checked_cache(100);
    void *p[3];

    KASSERT(cache != NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
        p[i] = allocate_as_culprit(cache);
    report_expect();
    test_cache_destroy(cache);
    expect_reports(1, "3 objects of cache checked are still in use");
    for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
        kmem_cache_free(cache, p[i]);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* ---- builds that check all ---------------------------------------------------------------------- */

/* kmalloc(60) has 64 bytes; the 61st is somebody's mistake all the same. */
KTEST(slab_debug, overrun_of_what_was_asked_for_is_reported)
{
    volatile size_t size = 60;
    volatile uint8_t *p;

    KSKIP_IF(!ALL_DOUBLE_FREES, "neither DEBUG=1 nor KASAN=1");
    p = kmalloc(size, GFP_KERNEL);
    KASSERT(p != NULL);
    report_expect();
    p[60] = 1;
    kfree((void *)(uintptr_t)p);
    KEXPECT_EQ(1, report_expect_end());
    KEXPECT(strstr(report_last(), "slab") != NULL);
}

/* ... unless he asked for more. */
KTEST(slab_debug, ksize_makes_the_rest_usable)
{
    volatile size_t size = 60;
    uint8_t *p = kmalloc(size, GFP_KERNEL);

    KASSERT(p != NULL);
    memset(p, 1, ksize(p));
    kfree(p);
}

#ifdef CONFIG_KASAN
#define SKIP_WITHOUT_KASAN() ((void)0)
#else
#define SKIP_WITHOUT_KASAN() KSKIP_IF(true, "not built with KASAN=1")
#endif

/* The access itself is reported, not its result long after. */
KTEST(slab_debug, kasan_sees_use_after_free_and_overrun)
{
    volatile size_t size = 60;
    volatile uint8_t *p;

    SKIP_WITHOUT_KASAN();
    p = kmalloc(size, GFP_KERNEL);
    KASSERT(p != NULL);
    report_expect();
    p[64] = 1;
    expect_reports(1, "KASAN: slab-out-of-bounds");
    kfree((void *)(uintptr_t)p);
    report_expect();
    p[3] = 1;
    expect_reports(1, "KASAN: use-after-free");
}
