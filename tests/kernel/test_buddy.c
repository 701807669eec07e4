/*
 * tests/kernel/test_buddy.c - blocks of one zone: split, merge, alignment, exhaustion.
 *
 * The zone is the test's own (buddy_lab.h): one block of order 10, so every list is known exactly.
 */
#include "kernel/ktest.h"
#include "mm/buddy.h"
#include "tests/kernel/buddy_lab.h"
#include "tests/kernel/mm_helpers.h"

#define TOP_ORDER (MAX_ORDER - 1)

static struct page *taken[LAB_PAGES];

/* Does the test's body with a whole lab, and closes it whatever happened. */
static void in_whole_lab(void (*body)(void))
{
    if (!lab_open())
        return;
    lab_give(0, LAB_PAGES);
    body();
    KEXPECT_EQ(0, lab_verify());
    lab_close();
}

/* All is one block again. */
static void expect_whole(void)
{
    for (unsigned order = 0; order < TOP_ORDER; order++)
        KEXPECT_EQ(0, lab_nr_free(order));
    KEXPECT_EQ(1, lab_nr_free(TOP_ORDER));
    KEXPECT_EQ(LAB_PAGES, lab_zone.nr_free_pages);
    KEXPECT_EQ(PAGE_FREE | TOP_ORDER, lab_block->flags & (PAGE_STATE_MASK | PAGE_ORDER_MASK));
}

static void take_all_pages(void)
{
    for (unsigned long i = 0; i < LAB_PAGES; i++) {
        taken[i] = lab_alloc(0);
        KASSERT(taken[i] != NULL);
    }
}

/* Taken pages by position, so that a test may free them by their neighbourhood. */
static struct page *page_at(unsigned long i)
{
    return lab_block + i;
}

static void split_once(void)
{
    struct page *page = lab_alloc(0);

    KASSERT(page == lab_block);
    KEXPECT_EQ(PAGE_ALLOCATED, page->flags & (PAGE_STATE_MASK | PAGE_ORDER_MASK));
    for (unsigned order = 0; order < TOP_ORDER; order++) {
        KEXPECT_EQ(1, lab_nr_free(order));
        KEXPECT_EQ(PAGE_FREE | order,
                   page_at(1UL << order)->flags & (PAGE_STATE_MASK | PAGE_ORDER_MASK));
    }
    KEXPECT_EQ(0, lab_nr_free(TOP_ORDER));
    KEXPECT_EQ(LAB_PAGES - 1, lab_zone.nr_free_pages);
}

/*
 *     |0|0| 1 |   2   |       3       | ...       page 0 is handed out, the other halves stay
 *
 * A half that is forgotten is memory lost with every split.
 */
KTEST(buddy, split_leaves_one_block_of_each_smaller_order)
{
    in_whole_lab(split_once);
}

static void split_and_merge(void)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        struct page *page = lab_alloc(order);

        KASSERT(page != NULL);
        lab_free(page, order);
        expect_whole();
        for (unsigned long i = 1; i < LAB_PAGES; i++)
            KASSERT_EQ(0, page_at(i)->flags & (PAGE_STATE_MASK | PAGE_ORDER_MASK));
    }
}

/* Memory that doesn't grow together is soon good for single pages only. */
KTEST(buddy, merge_rebuilds_the_largest_block)
{
    in_whole_lab(split_and_merge);
}

static void free_shuffled(void)
{
    struct rng r = {.state = 4711};

    take_all_pages();
    for (unsigned long i = LAB_PAGES - 1; i > 0; i--) {
        unsigned long j = rng_next(&r) % (i + 1);
        struct page *page = taken[i];

        taken[i] = taken[j];
        taken[j] = page;
    }
    for (unsigned long i = 0; i < LAB_PAGES; i++) {
        lab_free(taken[i], 0);
        if (i % 64 == 0)
            KASSERT_EQ(0, lab_verify());
    }
    expect_whole();
}

/* In whatever order pages come back, the last one makes the block whole. */
KTEST(buddy, merge_does_not_depend_on_the_order_of_frees)
{
    in_whole_lab(free_shuffled);
}

static void free_every_second(void)
{
    take_all_pages();
    for (unsigned long i = 0; i < LAB_PAGES; i += 2)
        lab_free(page_at(i), 0);
    KEXPECT_EQ(LAB_PAGES / 2, lab_nr_free(0));
    KEXPECT_EQ(LAB_PAGES / 2, lab_zone.nr_free_pages);
    for (unsigned order = 1; order < MAX_ORDER; order++) {
        KEXPECT_EQ(0, lab_nr_free(order));
        KEXPECT(lab_alloc(order) == NULL);
    }
    for (unsigned long i = 1; i < LAB_PAGES; i += 2)
        lab_free(page_at(i), 0);
    expect_whole();
}

/* Half of the memory is free and no two pages of it are neighbours: a block of two would overlap a
 * page that somebody has. */
KTEST(buddy, every_second_page_freed_yields_no_order_1)
{
    in_whole_lab(free_every_second);
}

static void take_each_order(void)
{
    unsigned long start = page_to_pfn(lab_block);

    for (unsigned order = 0; order < MAX_ORDER; order++) {
        unsigned long size = 1UL << order, nr = 0;

        for (; nr < LAB_PAGES / size; nr++) {
            taken[nr] = lab_alloc(order);
            KASSERT(taken[nr] != NULL);
            KEXPECT_EQ(0, page_to_pfn(taken[nr]) & (size - 1));
            KEXPECT(page_to_pfn(taken[nr]) - start <= LAB_PAGES - size);
        }
        KEXPECT_EQ(0, lab_zone.nr_free_pages);
        while (nr-- > 0)
            lab_free(taken[nr], order);
    }
    expect_whole();
}

/* A block of 2 MiB that isn't aligned to 2 MiB can't be mapped by one large page. */
KTEST(buddy, block_is_aligned_to_its_size_and_inside_the_zone)
{
    in_whole_lab(take_each_order);
}

static void take_mixed(void)
{
    static bool used[LAB_PAGES];
    struct rng r = {.state = 99};
    unsigned long nr = 0, nr_pages = 0;

    for (unsigned long i = 0; i < LAB_PAGES; i++)
        used[i] = false;
    for (unsigned order = 4; lab_zone.nr_free_pages; order = rng_next(&r) % 5) {
        struct page *page = lab_alloc(order);

        if (!page)
            continue;
        taken[nr++] = page;
        for (unsigned long i = 0; i < 1UL << order; i++, nr_pages++) {
            KASSERT(!used[page - lab_block + (long)i]);
            used[page - lab_block + (long)i] = true;
        }
    }
    KEXPECT_EQ(LAB_PAGES, nr_pages);
    while (nr-- > 0)
        lab_free(taken[nr], page_order(taken[nr]));
    expect_whole();
}

/* Two owners of one page is the worst that an allocator can do. */
KTEST(buddy, blocks_of_mixed_orders_never_overlap)
{
    in_whole_lab(take_mixed);
}

static void prefer_small(void)
{
    struct page *big = lab_alloc(TOP_ORDER), *page;

    KASSERT(big == lab_block);
    lab_free(page_at(512), 9); /* a large block */
    lab_free(page_at(8), 3);   /* and one that just fits */
    page = lab_alloc(2);
    KEXPECT(page == page_at(8));
    KEXPECT_EQ(1, lab_nr_free(9));
    lab_free(page, 2);
    lab_free(page_at(0), 3);
    for (unsigned order = 4; order < 9; order++)
        lab_free(page_at(1UL << order), order);
    expect_whole();
}

/* Whoever splits a large block though a small one fits has no large one left when it matters. */
KTEST(buddy, smallest_block_that_fits_is_taken)
{
    in_whole_lab(prefer_small);
}

static void exhaust(void)
{
    take_all_pages();
    KEXPECT_EQ(0, lab_zone.nr_free_pages);
    KEXPECT_EQ(0, zone_free_orders(&lab_zone));
    for (unsigned order = 0; order < MAX_ORDER; order++)
        KEXPECT(lab_alloc(order) == NULL);
    lab_free(page_at(77), 0);
    KEXPECT(lab_alloc(1) == NULL);
    KEXPECT(lab_alloc(0) == page_at(77));
    for (unsigned long i = 0; i < LAB_PAGES; i++)
        lab_free(page_at(i), 0);
    expect_whole();
}

/* An empty zone says so, and a single free makes it useful again. */
KTEST(buddy, exhausted_zone_gives_nothing_until_a_page_is_freed)
{
    in_whole_lab(exhaust);
}

/* The upper half is a free block of another node's; all that tells it apart is its place bits. */
static void free_next_to_other_node(void)
{
    struct page *other = page_at(LAB_PAGES / 2);
    int nid = (page_to_nid(lab_block) + 1) % MAX_NUMNODES;

    other->flags = page_flags_place(nid, page_zonenum(lab_block)) | PAGE_FREE | (TOP_ORDER - 1);
    lab_give(0, LAB_PAGES / 2);
    KEXPECT_EQ(1, lab_nr_free(TOP_ORDER - 1));
    KEXPECT_EQ(0, lab_nr_free(TOP_ORDER));
    KEXPECT_EQ(PAGE_FREE | (TOP_ORDER - 1), other->flags & (PAGE_STATE_MASK | PAGE_ORDER_MASK));
}

/* Nodes may meet in the middle of a block. One that spans both belongs to neither. */
KTEST(buddy, block_does_not_merge_with_another_nodes)
{
    if (!lab_open())
        return;
    free_next_to_other_node();
    lab_close();
}

static void give_odd_range(void)
{
    lab_give(3, 1000);
    KEXPECT_EQ(997, lab_zone.nr_free_pages);
    KEXPECT_EQ(997, lab_zone.managed_pages);
    /* 3, 4-7, 8-15, ... 256-511, 512-767, 768-895, 896-959, 960-991, 992-999 */
    KEXPECT_EQ(1, lab_nr_free(0));
    KEXPECT_EQ(0, lab_nr_free(1));
    KEXPECT_EQ(1, lab_nr_free(2));
    KEXPECT_EQ(2, lab_nr_free(3));
    KEXPECT_EQ(1, lab_nr_free(4));
    KEXPECT_EQ(2, lab_nr_free(5));
    KEXPECT_EQ(2, lab_nr_free(8));
    KEXPECT_EQ(0, lab_nr_free(9));
    KEXPECT_EQ(0, lab_verify());
}

/* Boot gives ranges as they are between the reserved ones, at any page. */
KTEST(buddy, range_that_boot_gives_becomes_the_largest_aligned_blocks)
{
    if (!lab_open())
        return;
    give_odd_range();
    lab_close();
}
