/*
 * tests/kernel/test_vmalloc.c - memory that only looks contiguous: its pages, its guards, its addresses.
 */
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/vmap_area.h"
#include "tests/kernel/mm_helpers.h"

#define NR_PAGES   5
#define NR_THREADS 4
#define NR_TURNS   60
#define MAX_HELD   8

static struct free_counts before;
static struct hoard hoard;
static char text[8192];

/* What lies in CPUs' lists counts, too. */
static unsigned long free_pages_of_machine(void)
{
    unsigned long nr = 0;
    int nid;

    kmem_cache_drain_all();
    drain_all_pages(NULL);
    for_each_online_node (nid)
        nr += exact_free_pages(nid);
    return nr;
}

static unsigned long nr_lazy(void)
{
    struct vmap_stats stats;

    vmap_stats_get(&stats);
    return stats.nr_lazy;
}

static unsigned long nr_flushes(void)
{
    struct vmap_stats stats;

    vmap_stats_get(&stats);
    return stats.nr_flushes;
}

/* Whoever gets memory must be able to write all of it, and read it back: no page is there twice. */
KTEST(vmalloc, memory_is_contiguous_and_its_own)
{
    size_t words = NR_PAGES * PAGE_SIZE / sizeof(unsigned long);
    unsigned long *p = vmalloc(NR_PAGES * PAGE_SIZE);

    KASSERT(p != NULL);
    KEXPECT_EQ(0, (uintptr_t)p % PAGE_SIZE);
    KEXPECT(is_vmalloc_addr(p));
    for (size_t i = 0; i < words; i++)
        p[i] = i;
    for (size_t i = 0; i < words; i++)
        KASSERT_EQ(i, p[i]);
    vfree(p);
    vfree(NULL);
}

/* A size that is no multiple of a page, and one that crosses page tables. */
KTEST(vmalloc, any_size_is_served)
{
    static const size_t sizes[] = {1, 8, PAGE_SIZE - 1, PAGE_SIZE + 1, MiB(2) + PAGE_SIZE};

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        char *p = vmalloc(sizes[i]);

        KASSERT(p != NULL);
        p[0] = 1;
        p[sizes[i] - 1] = 2;
        vfree(p);
    }
}

/* Who runs out of an area at either end must fault, not write into the next one. */
KTEST(vmalloc, pages_around_an_area_fault)
{
    char *a = vmalloc(2 * PAGE_SIZE), *b = vmalloc(PAGE_SIZE), *c = vmalloc(3 * PAGE_SIZE);

    if (KEXPECT(a && b && c)) {
        KEXPECT_EQ(0, vm_probe_read((uintptr_t)b));
        KEXPECT_EQ(-EFAULT, vm_probe_write((uintptr_t)b + PAGE_SIZE));
        KEXPECT_EQ(-EFAULT, vm_probe_read((uintptr_t)b - 1));
        KEXPECT_EQ(-EFAULT, vm_probe_read((uintptr_t)a + 2 * PAGE_SIZE));
        KEXPECT_EQ(-EFAULT, vm_probe_read((uintptr_t)c + 3 * PAGE_SIZE));
        KEXPECT_EQ(-EFAULT, vm_probe_exec((uintptr_t)b));
    }
    vfree(a);
    vfree(b);
    vfree(c);
}

/* After vfree() and a flush nothing may be there: a stale pointer must fault. */
KTEST(vmalloc, freed_area_faults_after_the_flush)
{
    char *p = vmalloc(PAGE_SIZE);

    KASSERT(p != NULL);
    KEXPECT_EQ(0, vm_probe_write((uintptr_t)p));
    vfree(p);
    vmap_purge();
    KEXPECT_EQ(-EFAULT, vm_probe_read((uintptr_t)p));
    KEXPECT(vmalloc_to_page(p) == NULL);
}

/* What a node asks for must come from there: by the pages themselves, and by who has fewer free ones. */
KTEST(vmalloc, pages_come_from_the_chosen_node)
{
    int nid;

    for_each_node (nid) {
        int want = node_nearest_with_memory(nid);
        char *warm = vmalloc_node(PAGE_SIZE, nid), *p; /* descriptions and tables are there */

        if (!warm || node_free_pages(want) < 8 * NR_PAGES) {
            vfree(warm);
            continue;
        }
        free_counts_take(&before);
        p = vmalloc_node(NR_PAGES * PAGE_SIZE, nid);
        if (KEXPECT(p != NULL)) {
            for (int i = 0; i < NR_PAGES; i++)
                KEXPECT_EQ(want, page_to_nid(vmalloc_to_page(p + i * PAGE_SIZE)));
            drain_all_pages(NULL);
            KEXPECT(before.pages[want] - node_free_pages(want) >= NR_PAGES);
            KEXPECT(before.pages[want] - node_free_pages(want) <= NR_PAGES + KASAN_VMALLOC_PAGES);
        }
        vfree(p);
        vfree(warm);
    }
}

/* A table that is to be empty must be, whatever lay there before. */
KTEST(vmalloc, vzalloc_clears)
{
    for (int turn = 0; turn < 2; turn++) {
        unsigned char *p = vzalloc(NR_PAGES * PAGE_SIZE);

        KASSERT(p != NULL);
        for (size_t i = 0; i < NR_PAGES * PAGE_SIZE; i++)
            KASSERT_EQ(0, p[i]);
        memset(p, 0xa5, NR_PAGES * PAGE_SIZE);
        vfree(p);
    }
}

/* Impossible wishes are refused at once, instead of filling the machine. */
KTEST(vmalloc, impossible_sizes_and_nodes_are_refused)
{
    KEXPECT(vmalloc(0) == NULL);
    KEXPECT(vmalloc(~0UL) == NULL);
    KEXPECT(vmalloc(1UL << 46) == NULL);
    KEXPECT(vmalloc_node(PAGE_SIZE, MAX_NUMNODES) == NULL);
    KEXPECT(vmalloc_node(PAGE_SIZE, -7) == NULL);
}

/* The same pages at two places are the same memory; rights are those of each place. */
KTEST(vmalloc, vmap_shows_the_given_pages_in_their_order)
{
    struct page *block = alloc_pages(GFP_KERNEL, 2), *pages[3];
    int *p;

    KASSERT(block != NULL);
    for (int i = 0; i < 3; i++) {
        pages[i] = block + 2 - i;
        *(int *)page_address(pages[i]) = i;
    }
    p = vmap(pages, 3, 0);
    if (KEXPECT(p != NULL)) {
        for (int i = 0; i < 3; i++) {
            KEXPECT_EQ(i, p[(size_t)i * PAGE_SIZE / sizeof(*p)]);
            KEXPECT(vmalloc_to_page((char *)p + (size_t)i * PAGE_SIZE) == pages[i]);
        }
        KEXPECT_EQ(-EFAULT, vm_probe_write((uintptr_t)p));
        KEXPECT_EQ(-EFAULT, vm_probe_read((uintptr_t)p + 3 * PAGE_SIZE));
    }
    vunmap(p);
    vunmap(NULL);
    KEXPECT(vmap(pages, 0, 0) == NULL);
    __free_pages(block, 2);
}

/* The report must name the address. */
static void expect_report(uintptr_t addr, const char *why)
{
    char want[40];
    struct seqbuf s;

    KEXPECT_EQ(1, report_expect_end());
    seqbuf_init(&s, want, sizeof(want));
    seq_printf(&s, "0x%lx", addr);
    if (!strstr(report_last(), seqbuf_str(&s)) || !strstr(report_last(), why))
        ktest_fail(__FILE__, __LINE__, "expected '%s' and '%s', got: %s", want, why, report_last());
}

static void expect_vfree_refused(const void *addr, const char *why)
{
    report_expect();
    vfree(addr);
    expect_report((uintptr_t)addr, why);
}

/* A wrong free must not take another's memory, nor pass in silence. */
KTEST(vmalloc, wrong_frees_are_reported_and_change_nothing)
{
    char *p = vmalloc(2 * PAGE_SIZE), *shown;
    struct page *page;

    KASSERT(p != NULL);
    page = vmalloc_to_page(p);
    shown = vmap(&page, 1, VM_WRITE);
    if (!KEXPECT(shown != NULL)) {
        vfree(p);
        return;
    }
    expect_vfree_refused(p + PAGE_SIZE, "lies in the area");
    expect_vfree_refused(p + 1, "lies in the area");
    expect_vfree_refused(page_address(page), "no area begins there");
    expect_vfree_refused(shown, "vmap() made that area");
    report_expect();
    vunmap(p);
    expect_report((uintptr_t)p, "vmalloc() made that area");
    KEXPECT_EQ(0, vm_probe_write((uintptr_t)p));
    vunmap(shown);
    vfree(p);
    expect_vfree_refused(p, "no area begins there");
}

/* If each vfree() interrupted all CPUs it would cost more than the memory is worth; if an address came
 * back before the flush, a CPU could see what was there before. */
KTEST(vmalloc, freed_addresses_are_kept_back_until_one_flush)
{
    enum { NR = 20 };
    unsigned long flushes, unit = VMAP_UNIT >> PAGE_SHIFT;
    void *held[NR], *p;

    vmap_purge();
    flushes = nr_flushes();
    for (int i = 0; i < NR; i++)
        held[i] = vmalloc(PAGE_SIZE);
    for (int i = 0; i < NR; i++)
        vfree(held[i]);
    KEXPECT_EQ(flushes, nr_flushes());
    KEXPECT_EQ(NR * ALIGN_UP(2, unit), nr_lazy());
    p = vmalloc(PAGE_SIZE);
    for (int i = 0; i < NR; i++)
        KEXPECT(p != held[i]);
    vfree(p);
    KEXPECT_EQ((NR + 1) * ALIGN_UP(2, unit), vmap_purge());
    KEXPECT_EQ(flushes + 1, nr_flushes());
    KEXPECT_EQ(0, nr_lazy());
    KEXPECT_EQ(0, vmap_purge());
    KEXPECT_EQ(flushes + 1, nr_flushes());
}

/* Without a limit, addresses and page tables would be kept back for ever. */
KTEST(vmalloc, too_many_that_are_kept_back_are_flushed_for)
{
    unsigned long flushes, unit = VMAP_UNIT, size = MiB(2), max = vmap_lazy_max_pages() * PAGE_SIZE;

    KSKIP_IF(node_free_pages(node_nearest_with_memory(numa_node_id())) < 1024, "too little memory");
    vmap_purge();
    flushes = nr_flushes();
    for (unsigned long done = 0; done <= max; done += ALIGN_UP(size + PAGE_SIZE, unit)) {
        void *p = vmalloc(size);

        KASSERT(p != NULL);
        KEXPECT(nr_lazy() * PAGE_SIZE <= max);
        vfree(p);
    }
    KEXPECT_EQ(flushes + 1, nr_flushes());
}

/* Free blocks of the hoard until @nr_pages can be had. */
static void free_until_served(unsigned long nr_pages)
{
    void *p;

    while (!(p = vmalloc(nr_pages * PAGE_SIZE)) && !list_empty(&hoard.blocks)) {
        struct page *page = list_first_entry(&hoard.blocks, struct page, lru);

        list_del(&page->lru);
        hoard.nr_pages -= 1UL << page_order(page);
        __free_pages(page, page_order(page));
    }
    vfree(p);
}

/* When the machine is full in the middle of it, all that was taken must go back. */
KTEST_SLOW(vmalloc, failure_midway_leaks_nothing)
{
    unsigned long nr_free, left;

    KSKIP_IF(hoarding_is_slow(), "too much memory to fill");
    hoard_init(&hoard);
    hoard_machine(&hoard, GFP_ATOMIC);
    free_until_served(16);
    vmap_purge();
    nr_free = free_pages_of_machine();
    for (int i = 0; i < 3; i++) {
        KEXPECT(vmalloc((nr_free + 64) * PAGE_SIZE) == NULL);
        vmap_purge();
        left = free_pages_of_machine();
        KEXPECT_EQ(nr_free, left);
    }
    hoard_release(&hoard);
}

/* An instructor asks who has how much, and on which node. */
KTEST(vmalloc, vmallocinfo_tells_size_caller_and_nodes)
{
    struct seqbuf s;
    char *p = vmalloc(3 * PAGE_SIZE), want[64];
    unsigned long nr_used = global_node_page_state(NR_VMALLOC);
    const char *line, *end;

    KASSERT(p != NULL);
    seqbuf_init(&s, text, sizeof(text));
    vmallocinfo_show(&s);
    seqbuf_str(&s);
    seqbuf_init(&s, want, sizeof(want));
    seq_printf(&s, "0x%016lx-0x%016lx   16384 ", (uintptr_t)p, (uintptr_t)p + 4 * PAGE_SIZE);
    line = strstr(text, seqbuf_str(&s));
    if (!line) {
        ktest_fail(__FILE__, __LINE__, "no line with '%s' in: %s", want, text);
    } else {
        end = strchr(line, '\n');
        KEXPECT(strstr(line, "ktest_vmalloc_vmallocinfo_tells_size_caller_and_nodes+0x") < end);
        KEXPECT(strstr(line, " pages=3 vmalloc N") != NULL && strstr(line, " pages=3") < end);
    }
    vfree(p);
    KEXPECT_EQ(nr_used - 3, global_node_page_state(NR_VMALLOC));
}

/* ---- several at a time ------------------------------------------------------------------------- */

static int nr_wrong; /* atomic */

static int churn(void *arg)
{
    struct rng rng = {.state = (uintptr_t)arg * 7919 + 1};
    uintptr_t *held[MAX_HELD] = {NULL};

    for (int turn = 0; turn < NR_TURNS; turn++) {
        uintptr_t **place = &held[rng_next(&rng) % MAX_HELD];

        if (*place) {
            if (**place != (uintptr_t)*place)
                __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
            vfree(*place);
            *place = NULL;
        } else {
            *place = vmalloc(PAGE_SIZE * (1 + rng_next(&rng) % 4));
            if (*place)
                **place = (uintptr_t)*place;
        }
        if (rng_next(&rng) % 16 == 0)
            vmap_purge();
    }
    for (int i = 0; i < MAX_HELD; i++) {
        if (held[i] && *held[i] != (uintptr_t)held[i])
            __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
        vfree(held[i]);
    }
    return 0;
}

/* Two that get the same address, or one that loses its page tables to a purge, see it in their data. */
KTEST(vmalloc, threads_share_the_space)
{
    struct task *threads[NR_THREADS] = {NULL};

    nr_wrong = 0;
    for (long i = 0; i < NR_THREADS; i++) {
        threads[i] = kthread_run(churn, (void *)(i + 1), "vmalloc/%ld", i);
        KEXPECT(threads[i] != NULL);
    }
    for (int i = 0; i < NR_THREADS; i++)
        if (threads[i])
            kthread_join(threads[i]);
    KEXPECT_EQ(0, nr_wrong);
}

/* ---- page tables --------------------------------------------------------------------------------- */

/* What a large area needs for its page tables is memory, too, and must come back. */
KTEST(vmalloc, page_tables_go_back_with_the_flush)
{
    size_t tables = vm_table_bytes();
    void *p;

    KSKIP_IF(node_free_pages(node_nearest_with_memory(numa_node_id())) < 2048, "too little memory");
    p = vmalloc(MiB(4));
    KASSERT(p != NULL);
    KEXPECT(vm_table_bytes() > tables);
    vfree(p);
    vmap_purge();
    KEXPECT_EQ(tables, vm_table_bytes());
}
