/*
 * tests/kernel/soak_mm.c - the soak's workers on memory: pages, stacks, translations.
 */
#include "kernel/cpu.h"
#include "kernel/smp_call.h"
#include "mm/kstack.h"
#include "mm/vmalloc.h"
#include "mm/vmap_area.h"
#include "tests/kernel/soak.h"
#include <arch/vm.h>

/* ---- pages ----------------------------------------------------------------------------------- */

#define MAX_BLOCKS    16 /* that a worker holds */
#define NR_SHELVES    16
#define SHARE         8  /* all workers together hold no more than an eighth of what is free */
#define PATTERN_WORDS 32 /* every so many words of a page are looked at */

struct page_holder {
    struct page *blocks[MAX_BLOCKS]; /* NULL: none */
    unsigned long nr_pages;
};

static unsigned long pages_each; /* that a worker may hold; fixed before they start */
/* Blocks that one worker leaves for another to free. Exchanged atomically. */
static struct page *shelves[NR_SHELVES];

static int prepare_pages(int nr)
{
    unsigned long nr_free = 0;
    int nid;

    for_each_online_node (nid)
        nr_free += node_free_pages(nid);
    pages_each = max(nr_free / SHARE / (unsigned)nr, 16ul);
    return 0;
}

/* The word at @word of a block that says @seed; differs from word to word. */
static unsigned long pattern(const unsigned long *word, unsigned long seed)
{
    return (uintptr_t)word ^ seed;
}

static unsigned long nr_words(const struct page *page)
{
    return (PAGE_SIZE << page_order(page)) / sizeof(unsigned long);
}

/* The block is ours: its head keeps the seed. */
static void fill(struct page *page, unsigned long seed)
{
    unsigned long *words = page_address(page);

    page->private[0] = seed;
    for (unsigned long i = 0; i < nr_words(page); i += PATTERN_WORDS)
        words[i] = pattern(&words[i], seed);
}

static void check_pattern(const struct soak_worker *w, const struct page *page)
{
    const unsigned long *words = page_address(page);

    for (unsigned long i = 0; i < nr_words(page); i += PATTERN_WORDS) {
        if (words[i] != pattern(&words[i], page->private[0])) {
            soak_fail(w, "pfn 0x%lx, order %u: word %lu is 0x%lx, and 0x%lx was written",
                      page_to_pfn(page), page_order(page), i, words[i],
                      pattern(&words[i], page->private[0]));
            return;
        }
    }
}

/* What was asked for must hold of the block. */
static void check_block(const struct soak_worker *w, struct page *page, int nid, gfp_t gfp,
                        unsigned order)
{
    const unsigned long *words = page_address(page);

    if (page_order(page) != order || page->refcount != 1)
        soak_fail(w, "pfn 0x%lx: order %u was wanted, it is %u, with %u references",
                  page_to_pfn(page), order, page_order(page), page->refcount);
    if ((gfp & __GFP_THISNODE) && page_to_nid(page) != nid)
        soak_fail(w, "pfn 0x%lx of node %d was given out for node %d alone", page_to_pfn(page),
                  page_to_nid(page), nid);
    if (page_zonenum(page) > (int)gfp_zone(gfp))
        soak_fail(w, "pfn 0x%lx of zone %s was given out for gfp 0x%x", page_to_pfn(page),
                  zone_name((enum zone_type)page_zonenum(page)), gfp);
    for (unsigned long i = 0; (gfp & __GFP_ZERO) && i < nr_words(page); i += PATTERN_WORDS) {
        if (words[i] != 0) {
            soak_fail(w, "pfn 0x%lx was to be clear, and word %lu is 0x%lx", page_to_pfn(page), i,
                      words[i]);
            return;
        }
    }
}

static void free_block(struct soak_worker *w, struct page *page)
{
    check_pattern(w, page);
    __free_pages(page, page_order(page));
}

/* Half of all blocks are single pages, a quarter pairs, and so on. */
static unsigned random_order(struct soak_worker *w)
{
    return (unsigned)__builtin_ctzll(rng_next(&w->rng) | MAX_ORDER_PAGES);
}

static gfp_t random_gfp(struct soak_worker *w)
{
    static const gfp_t kinds[] = {GFP_KERNEL, GFP_KERNEL, GFP_ATOMIC, GFP_DMA32, GFP_DMA};
    gfp_t gfp = kinds[soak_random(w, ARRAY_SIZE(kinds))] | __GFP_NOWARN;

    return gfp | (soak_one_in(w, 4) ? __GFP_THISNODE : 0) | (soak_one_in(w, 8) ? __GFP_ZERO : 0);
}

static struct page *take_block(struct soak_worker *w, unsigned order)
{
    int nid = soak_random_node(w);
    gfp_t gfp = random_gfp(w);
    struct page *page;

    if (soak_one_in(w, 2)) {
        gfp &= ~__GFP_THISNODE;
        page = alloc_pages(gfp, order);
    } else {
        page = alloc_pages_node(nid, gfp, order);
    }
    if (page) {
        check_block(w, page, nid, gfp, order);
        fill(page, rng_next(&w->rng));
    }
    return page;
}

/* Take the block at @place, or, if there is none, put one there. */
static bool step_pages(struct soak_worker *w)
{
    struct page_holder *h = soak_data(w, struct page_holder);
    struct page **place = &h->blocks[soak_random(w, MAX_BLOCKS)];
    unsigned order = random_order(w);

    if (*place) {
        struct page *page = *place;

        *place = NULL;
        h->nr_pages -= 1UL << page_order(page);
        if (soak_one_in(w, 8))
            page =
                __atomic_exchange_n(&shelves[soak_random(w, NR_SHELVES)], page, __ATOMIC_ACQ_REL);
        if (page)
            free_block(w, page);
    } else if (h->nr_pages + (1UL << order) <= pages_each) {
        *place = take_block(w, order);
        h->nr_pages += *place ? 1UL << order : 0;
    }
    return soak_goes_on();
}

static void end_pages(struct soak_worker *w)
{
    struct page_holder *h = soak_data(w, struct page_holder);

    for (int i = 0; i < MAX_BLOCKS; i++)
        if (h->blocks[i])
            free_block(w, h->blocks[i]);
}

static void finish_pages(void)
{
    for (int i = 0; i < NR_SHELVES; i++) {
        struct page *page = __atomic_exchange_n(&shelves[i], NULL, __ATOMIC_ACQ_REL);

        if (page) {
            check_pattern(NULL, page);
            __free_pages(page, page_order(page));
        }
    }
}

const struct soak_kind soak_pages = {
    .name = "pages",
    .cpus_each = 1,
    .least = 1,
    .most = 48,
    .prepare = prepare_pages,
    .step = step_pages,
    .end = end_pages,
    .finish = finish_pages,
};

/* ---- stacks ---------------------------------------------------------------------------------- */

#define MAX_STACKS 4 /* that a worker holds */

struct stack_holder {
    unsigned long *stacks[MAX_STACKS]; /* lowest bytes; NULL: none */
};

/* The lowest and the highest word of a stack say whose it is. */
static void mark(unsigned long *stack, unsigned long value)
{
    stack[0] = value;
    stack[KSTACK_SIZE / sizeof(*stack) - 1] = value;
}

static void check_mark(const struct soak_worker *w, const unsigned long *stack)
{
    unsigned long low = stack[0], high = stack[KSTACK_SIZE / sizeof(*stack) - 1];

    if (low != (uintptr_t)stack || high != (uintptr_t)stack)
        soak_fail(w, "stack 0x%lx begins with 0x%lx and ends with 0x%lx: somebody else's",
                  (unsigned long)stack, low, high);
    if (vm_probe_read((uintptr_t)stack - 1) == 0)
        soak_fail(w, "there is no guard below the stack 0x%lx", (unsigned long)stack);
}

static bool step_stacks(struct soak_worker *w)
{
    struct stack_holder *h = soak_data(w, struct stack_holder);
    unsigned long **place = &h->stacks[soak_random(w, MAX_STACKS)];

    if (*place) {
        check_mark(w, *place);
        kstack_free(*place);
        *place = NULL;
    } else {
        *place = kstack_alloc(soak_random_node(w));
        if (*place)
            mark(*place, (uintptr_t)*place);
    }
    return soak_goes_on();
}

static void end_stacks(struct soak_worker *w)
{
    struct stack_holder *h = soak_data(w, struct stack_holder);

    for (int i = 0; i < MAX_STACKS; i++)
        kstack_free(h->stacks[i]);
}

const struct soak_kind soak_stacks = {
    .name = "stacks",
    .cpus_each = 4,
    .least = 1,
    .most = 8,
    .step = step_stacks,
    .end = end_stacks,
};

/* ---- translations ---------------------------------------------------------------------------- */

/* The lowest page of a stack that nobody runs on is remapped: its page tables are there. */
struct remapping {
    int *stack;
    paddr_t stack_pa;
    struct page *pages[2];
    int generation; /* what the page holds */
    bool mapped;
    int nr_stale; /* looks that saw what was there before */
};

/* The other page takes the place, and says so. */
static void map_next(struct remapping *r)
{
    struct page *page = r->pages[++r->generation % 2];

    *(volatile int *)page_address(page) = r->generation;
    vm_set_pages((uintptr_t)r->stack, (paddr_t)page_to_pfn(page) << PAGE_SHIFT, PAGE_SIZE,
                 VM_WRITE);
    tlb_flush_range((uintptr_t)r->stack, PAGE_SIZE, false);
    r->mapped = true;
}

static void map_nothing(struct remapping *r)
{
    vm_clear_pages((uintptr_t)r->stack, PAGE_SIZE);
    tlb_flush_range((uintptr_t)r->stack, PAGE_SIZE, false);
    r->mapped = false;
}

static void free_remapping(struct remapping *r)
{
    for (int i = 0; i < 2; i++)
        if (r->pages[i])
            __free_pages(r->pages[i], 0);
    kstack_free(r->stack);
}

static bool begin_remap(struct soak_worker *w)
{
    struct remapping *r = soak_data(w, struct remapping);

    r->stack = kstack_alloc(soak_random_node(w));
    for (int i = 0; i < 2; i++)
        r->pages[i] = alloc_pages_node(soak_random_node(w), GFP_KERNEL | __GFP_NOWARN, 0);
    if (r->stack && r->pages[0] && r->pages[1] &&
        vm_query((uintptr_t)r->stack, &r->stack_pa, NULL, NULL)) {
        map_next(r);
        return true;
    }
    free_remapping(r);
    return false;
}

/* In an interrupt on another CPU, or here. */
static void look(void *arg)
{
    struct remapping *r = arg;
    bool stale;

    if (r->mapped)
        stale = *(volatile int *)r->stack != r->generation;
    else
        stale = vm_probe_read((uintptr_t)r->stack) == 0;
    if (stale)
        __atomic_fetch_add(&r->nr_stale, 1, __ATOMIC_RELAXED);
}

/* Some CPUs use the translation, then it changes, then some look again. */
static bool step_remap(struct soak_worker *w)
{
    struct remapping *r = soak_data(w, struct remapping);
    cpumask_t cpus = soak_random_cpus(w);

    if (r->mapped && soak_one_in(w, 4))
        map_nothing(r);
    else
        map_next(r);
    smp_call_function_many(&cpus, look, r, true);
    look(r);
    if (r->nr_stale > 0)
        soak_fail(w, "%d CPUs went on with a translation that had been taken away", r->nr_stale);
    r->nr_stale = 0;
    return soak_goes_on();
}

static void end_remap(struct soak_worker *w)
{
    struct remapping *r = soak_data(w, struct remapping);

    vm_set_pages((uintptr_t)r->stack, r->stack_pa, PAGE_SIZE, VM_WRITE);
    tlb_flush_range((uintptr_t)r->stack, PAGE_SIZE, false);
    free_remapping(r);
}

const struct soak_kind soak_remap = {
    .name = "remap",
    .cpus_each = 8,
    .least = 1,
    .most = 3,
    .begin = begin_remap,
    .step = step_remap,
    .end = end_remap,
};

/* ---- areas of the vmalloc space ------------------------------------------------------------------ */

#define MAX_AREAS      6  /* that a worker holds, */
#define MAX_AREA_PAGES 12 /* of so many pages at most */

struct area_holder {
    unsigned long *areas[MAX_AREAS]; /* NULL: none */
    unsigned long nr_pages[MAX_AREAS];
};

/* The first word of each page says whose it is. */
static void mark_area(unsigned long *area, unsigned long nr_pages)
{
    for (unsigned long i = 0; i < nr_pages; i++)
        area[i * PAGE_SIZE / sizeof(*area)] = (uintptr_t)area + i;
}

static void check_area(const struct soak_worker *w, const unsigned long *area,
                       unsigned long nr_pages)
{
    for (unsigned long i = 0; i < nr_pages; i++) {
        unsigned long word = area[i * PAGE_SIZE / sizeof(*area)];

        if (word != (uintptr_t)area + i)
            soak_fail(w, "page %lu of the area 0x%lx holds 0x%lx: somebody else's", i,
                      (unsigned long)area, word);
    }
    if (vm_probe_read((uintptr_t)area + nr_pages * PAGE_SIZE) == 0)
        soak_fail(w, "there is no guard behind the area 0x%lx", (unsigned long)area);
}

static bool step_areas(struct soak_worker *w)
{
    struct area_holder *h = soak_data(w, struct area_holder);
    uint64_t i = soak_random(w, MAX_AREAS);

    if (h->areas[i]) {
        check_area(w, h->areas[i], h->nr_pages[i]);
        vfree(h->areas[i]);
        h->areas[i] = NULL;
    } else {
        h->nr_pages[i] = 1 + soak_random(w, MAX_AREA_PAGES);
        h->areas[i] = vmalloc_node(h->nr_pages[i] * PAGE_SIZE, soak_random_node(w));
        if (h->areas[i])
            mark_area(h->areas[i], h->nr_pages[i]);
    }
    if (soak_one_in(w, 64))
        vmap_purge();
    return soak_goes_on();
}

static void end_areas(struct soak_worker *w)
{
    struct area_holder *h = soak_data(w, struct area_holder);

    for (int i = 0; i < MAX_AREAS; i++)
        vfree(h->areas[i]);
}

static void finish_areas(void)
{
    vmap_purge();
}

const struct soak_kind soak_areas = {
    .name = "areas",
    .cpus_each = 4,
    .least = 1,
    .most = 6,
    .step = step_areas,
    .end = end_areas,
    .finish = finish_areas,
};
