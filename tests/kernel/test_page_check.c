/*
 * tests/kernel/test_page_check.c - mistakes of those who free pages are caught, named, and change
 * nothing.
 */
#include "kernel/bug.h"
#include "kernel/ktest.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include "mm/page_check.h"
#include "sched/sched.h"
#include "tests/kernel/mm_helpers.h"

/* Free @page with @order, which must be refused with a report that has all of: pfn, node, zone,
 * order, and @why. */
static void expect_refused(struct page *page, unsigned order, const char *why)
{
    struct page copy = *page;
    unsigned long nr_free = node_free_pages(page_to_nid(page));
    char want[96];
    struct seqbuf s;

    seqbuf_init(&s, want, sizeof(want));
    seq_printf(&s, "pfn 0x%lx (node %d, zone %s, order %u)", page_to_pfn(page), page_to_nid(page),
               zone_name((enum zone_type)page_zonenum(page)), order);
    report_expect();
    __free_pages(page, order);
    KEXPECT_EQ(1, report_expect_end());
    if (!strstr(report_last(), seqbuf_str(&s)) || !strstr(report_last(), why))
        ktest_fail(__FILE__, __LINE__, "expected '%s' and '%s', got: %s", want, why, report_last());
    KEXPECT_EQ(nr_free, node_free_pages(page_to_nid(page)));
    KEXPECT_EQ(copy.flags, page->flags);
}

/* A page that is freed twice has two owners soon after. */
KTEST(page_check, double_free_is_caught)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0);

    KASSERT(page != NULL);
    __free_pages(page, 0);
    expect_refused(page, 0, "double free");
}

/* The same when the block has merged meanwhile and the page is a head no more. */
KTEST(page_check, double_free_is_caught_inside_a_merged_block)
{
    struct page *page = alloc_pages(GFP_KERNEL, 3);

    KASSERT(page != NULL);
    __free_pages(page, 3);
    expect_refused(page + 1, 0, "double free");
    expect_refused(page + 6, 1, "double free");
    expect_refused(page, 3, "double free");
}

/* Too large takes the neighbours' pages from under them, too small loses pages. */
KTEST(page_check, free_with_a_wrong_order_is_caught)
{
    struct page *page = alloc_pages(GFP_KERNEL, 2);

    KASSERT(page != NULL);
    expect_refused(page, 1, "wrong order");
    expect_refused(page, 3, "allocated with order 2");
    expect_refused(page, 0, "wrong order");
    __free_pages(page, 2);
}

/* An order that is a wild number must not be mistaken for a bit of the page's state. */
KTEST(page_check, free_with_an_impossible_order_is_caught)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0);

    KASSERT(page != NULL);
    expect_refused(page, MAX_ORDER, "wrong order");
    expect_refused(page, 16, "wrong order");
    expect_refused(page, PAGE_ALLOCATED, "wrong order");
    expect_refused(page, ~0u, "wrong order");
    __free_pages(page, 0);
}

/* A page inside of a block is not the block. */
KTEST(page_check, free_of_a_tail_page_is_caught)
{
    struct page *page = alloc_pages(GFP_KERNEL, 3);

    KASSERT(page != NULL);
    expect_refused(page + 1, 0, "not the first page");
    expect_refused(page + 4, 2, "which has order 3");
    expect_refused(page + 7, 0, "not the first page");
    __free_pages(page, 3);
}

/* The kernel's own text, handed out as free memory. */
KTEST(page_check, free_of_a_reserved_page_is_caught)
{
    struct page *page = virt_to_page(__text_start);

    expect_refused(page, 0, "reserved at boot");
}

/* Devices and firmware live in the holes. */
KTEST(page_check, free_of_a_page_that_is_not_ram_is_caught)
{
    struct page *page = NULL;

    for (unsigned long pfn = 0; pfn < max_pfn && !page; pfn++)
        if (pfn_valid(pfn) && (pfn_to_page(pfn)->flags & PAGE_HOLE))
            page = pfn_to_page(pfn);
    KASSERT(page != NULL); /* page 0 at least */
    expect_refused(page, 0, "not RAM");
}

/* A descriptor that isn't there must not be read to find out. */
KTEST(page_check, free_of_a_pfn_outside_of_memory_is_caught)
{
    report_expect();
    __free_pages(pfn_to_page(max_pfn), 0);
    KEXPECT_EQ(1, report_expect_end());
    KEXPECT(strstr(report_last(), "no memory of any node") != NULL);
    report_expect();
    __free_pages(pfn_to_page(1UL << 34), 3);
    __free_pages(NULL, 0);
    KEXPECT_EQ(2, report_expect_end());
    KEXPECT(strstr(report_last(), "bad free of pfn 0x") != NULL);
}

/* Somebody else still uses the page. */
KTEST(page_check, free_of_a_page_with_two_users_is_caught)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0);

    KASSERT(page != NULL);
    page->refcount = 2;
    expect_refused(page, 0, "reference count is not 1 but 2");
    page->refcount = 1;
    __free_pages(page, 0);
}

/* ---- debug builds ----------------------------------------------------------------------------- */

#define NEEDS_DEBUG() KSKIP_IF(!FREE_FILLS_PAGES, "not built with DEBUG=1")
#define POISON_WORD   0xaaaaaaaaaaaaaaaaUL

/* The function whose name the report must tell. */
static __noinline struct page *allocate_as_culprit(unsigned order)
{
    struct page *page = alloc_pages(GFP_KERNEL, order);

    if (page)
        page->private[1] = order; /* so that the call is not the last instruction */
    return page;
}

/* The free block that @page is in, taken whole. It is the first of its list and none smaller
 * exists, so a request for its order gets just this one. */
static struct page *take_block_around(struct page *page)
{
    unsigned long pfn = page_to_pfn(page);

    for (unsigned order = 0; order < MAX_ORDER; order++) {
        struct page *head = pfn_to_page(pfn >> order << order);

        if ((head->flags & (PAGE_STATE_MASK | PAGE_ORDER_MASK)) == (PAGE_FREE | order))
            return alloc_pages_node(page_to_nid(page), GFP_KERNEL, order);
    }
    return NULL;
}

/* Whoever keeps a pointer to a page and writes after the free destroys the next owner's data. */
KTEST(page_check, write_after_free_is_reported_with_its_owner)
{
    struct page *page = allocate_as_culprit(0), *block;
    char want[64];
    struct seqbuf s;

    KASSERT(page != NULL);
    if (!FREE_FILLS_PAGES)
        __free_pages(page, 0);
    NEEDS_DEBUG();
    seqbuf_init(&s, want, sizeof(want));
    seq_printf(&s, "write after free: pfn 0x%lx (node %d) offset 0x7b8", page_to_pfn(page),
               page_to_nid(page));
    __free_pages(page, 0);
    drain_all_pages(NULL);
    ((volatile unsigned long *)page_address(page))[0x7b8 / 8] = 42;
    report_expect();
    block = take_block_around(page);
    KEXPECT_EQ(1, report_expect_end());
    KEXPECT(strstr(report_last(), seqbuf_str(&s)) != NULL);
    KEXPECT(strstr(report_last(), "allocate_as_culprit") != NULL);
    KASSERT(block != NULL);
    __free_pages(block, page_order(block));
}

/* Old contents in free pages would let use after free go on unseen for a long time. */
KTEST(page_check, freed_pages_are_filled_with_poison)
{
    struct page *page = alloc_pages(GFP_KERNEL, 2);
    const unsigned long *word;
    unsigned long i, nr = (PAGE_SIZE << 2) / sizeof(*word);

    KASSERT(page != NULL);
    word = page_address(page);
    memset(page_address(page), 0, PAGE_SIZE << 2);
    __free_pages(page, 2);
    NEEDS_DEBUG();
    for (i = 0; i < nr && word[i] == POISON_WORD; i++)
        ;
    KEXPECT_EQ(nr, i);
}

/* "Who has all these pages?" is the first question of every leak. */
KTEST(page_check, owner_is_remembered)
{
    cpumask_t all = current->cpus_mask, here = {0};
    struct page *page;
    int cpu = raw_this_cpu();

    NEEDS_DEBUG();
    cpumask_set(&here, cpu);
    KEXPECT_EQ(0, set_cpus_allowed(current, &here));
    page = allocate_as_culprit(1);
    KEXPECT_EQ(0, set_cpus_allowed(current, &all));
    KASSERT(page != NULL);
    KEXPECT_EQ(1, page->owner_order);
    KEXPECT_EQ(cpu, page->owner_cpu);
    KEXPECT(page->owner_pc >= (uintptr_t)allocate_as_culprit &&
            page->owner_pc < (uintptr_t)allocate_as_culprit + 256);
    __free_pages(page, 1);
}
