/*
 * tests/kernel/test_kasan.c - a KASan build sees what must not be touched, and nothing else.
 *
 * The accesses are volatile, by pointers that the compiler cannot follow: it must neither drop them
 * nor warn of what is wrong on purpose.
 */
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/kasan.h"
#include "kernel/ktest.h"
#include "kernel/lib/kasan_check.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include "kernel/task.h"
#include "mm/kasan.h"
#include "mm/kstack.h"
#include "mm/memblock.h"
#include "mm/vmalloc.h"
#include "mm/vmemmap.h"
#include "tests/kernel/mm_helpers.h"
#include <arch/kasan.h>
#include <arch/vm.h>

static volatile long sink;
static volatile long one = 1, five = 5;

/* 20 bytes: no multiple of the 8 that a byte of shadow speaks for. */
static char global_array[20];

/* One report came whose text holds @text. */
static void expect_report(const char *text)
{
    KEXPECT_EQ(1, report_expect_end());
    if (!strstr(report_last(), text))
        ktest_fail(__FILE__, __LINE__, "expected a report with '%s', got: %s", text, report_last());
}

/* The byte at @p may not be touched: doing it gives one report of this kind. A function of its own, so
 * that its name is in the report. */
static __noinline void expect_caught(const volatile char *p, const char *kind)
{
    report_expect();
    sink = *p;
    expect_report(kind);
}

static void expect_fine(const volatile char *p)
{
    unsigned long before = report_count();

    sink = *p;
    KEXPECT_EQ(before, report_count());
}

#ifdef CONFIG_KASAN
#define SKIP_WITHOUT_KASAN() ((void)0)

/* The page whose memory is the shadow of @p; NULL if that is no page of RAM. */
static struct page *shadow_page(const void *p)
{
    paddr_t pa;

    if (!vm_query(kasan_shadow_of((uintptr_t)p), &pa, NULL, NULL) || !pfn_valid(pa >> PAGE_SHIFT))
        return NULL;
    return pfn_to_page(pa >> PAGE_SHIFT);
}

static uint8_t shadow_byte(const void *p)
{
    return *(const uint8_t *)kasan_shadow_of((uintptr_t)p);
}

static unsigned shadow_prot(const void *p)
{
    unsigned prot = ~0u;

    KEXPECT(vm_query(kasan_shadow_of((uintptr_t)p), NULL, &prot, NULL));
    return prot;
}
#else
#define SKIP_WITHOUT_KASAN() KSKIP_IF(true, "not built with KASAN=1")

static struct page *shadow_page(const void *p)
{
    return virt_to_page(p);
}

static uint8_t shadow_byte(const void *p)
{
    (void)p;
    return 0;
}

static unsigned shadow_prot(const void *p)
{
    (void)p;
    return 0;
}
#endif

/* ---- pages --------------------------------------------------------------------------------------- */

/* The mistake that costs a kernel most: nothing else notices it until the page's next owner does. */
KTEST(kasan, read_of_a_freed_page_is_reported)
{
    struct page *page;

    SKIP_WITHOUT_KASAN();
    page = alloc_pages(GFP_KERNEL, 0);
    KASSERT(page != NULL);
    __free_pages(page, 0);
    expect_caught(page_address(page), "KASAN: use-after-free in expect_caught");
}

/* The report must say what was done, how much of it, where, and who did it. */
KTEST(kasan, write_to_a_freed_page_is_reported_with_size_address_and_task)
{
    volatile uint64_t *word;
    struct page *page;
    struct seqbuf s;
    char text[80];

    SKIP_WITHOUT_KASAN();
    page = alloc_pages(GFP_KERNEL, 0);
    KASSERT(page != NULL);
    word = page_address(page);
    seqbuf_init(&s, text, sizeof(text));
    seq_printf(&s, "Write of size 8 at addr %016lx by task %s/%d", (unsigned long)&word[7],
               cpu_current()->comm, cpu_current()->pid);
    *word = 0;
    __free_pages(page, 0);
    report_expect();
    word[7] = 0;
    expect_report(seqbuf_str(&s));
}

/* Order 2 again and again into @h, until one block is the next one's lower neighbour; NULL if none is. */
static struct page *alloc_neighbours(struct hoard *h)
{
    struct page *before = NULL, *block;

    for (int i = 0; i < 256; i++) {
        block = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 2);
        if (!block)
            return NULL;
        if (before && block == before + 4) {
            __free_pages(block, 2);
            return before;
        }
        hoard_add(h, block);
        before = block;
    }
    return NULL;
}

/* A block one page too short for its use runs into the next page, which is free, or soon somebody's. */
KTEST(kasan, access_past_the_end_of_a_block_is_reported_if_the_neighbour_is_free)
{
    const struct page *block;
    const char *bytes;
    struct hoard h;

    SKIP_WITHOUT_KASAN();
    hoard_init(&h);
    block = alloc_neighbours(&h);
    if (block) {
        bytes = page_address(block);
        expect_fine(bytes + 4 * PAGE_SIZE - 1);
        expect_caught(bytes + 4 * PAGE_SIZE, "use-after-free");
    } else {
        ktest_skip("no two neighbours are free");
    }
    hoard_release(&h);
}

/* memset and memcpy are not checked word by word; their arguments must be checked all the same. */
KTEST(kasan, memset_and_memcpy_into_a_freed_page_are_reported_once)
{
    struct page *page, *source;

    SKIP_WITHOUT_KASAN();
    page = alloc_pages(GFP_KERNEL, 0);
    source = alloc_pages(GFP_KERNEL, 0);
    KASSERT(page != NULL && source != NULL);
    __free_pages(page, 0);
    report_expect();
    memset((char *)page_address(page) + 64, 0, 100);
    expect_report("Write of size 100");
    report_expect();
    memcpy(page_address(page), page_address(source), 8);
    expect_report("Write of size 8");
    report_expect();
    memcpy(page_address(source), (const char *)page_address(page) + 1, 30);
    expect_report("Read of size 30");
    __free_pages(source, 0);
}

/* A checker that cries wolf would be switched off; whole blocks of each order must be usable. */
KTEST(kasan, every_byte_of_an_allocated_block_may_be_touched)
{
    unsigned long before = report_count();

    for (unsigned order = 0; order <= 5; order++) {
        struct page *page = alloc_pages(GFP_KERNEL, order);
        volatile char *bytes;

        KASSERT(page != NULL);
        bytes = page_address(page);
        memset(page_address(page), 0, PAGE_SIZE << order);
        for (size_t i = 0; i < PAGE_SIZE << order; i += 61)
            bytes[i] = 1;
        sink = *(volatile long *)(bytes + (PAGE_SIZE << order) - sizeof(long));
        __free_pages(page, order);
    }
    KEXPECT_EQ(before, report_count());
}

/* What boot gave to the buddy was never freed by anybody, and is as free as what was. */
KTEST(kasan, largest_free_blocks_are_forbidden_from_boot_on)
{
    unsigned nr = 0;

    SKIP_WITHOUT_KASAN();
    for (unsigned long pfn = 0; pfn < max_pfn; pfn += MAX_ORDER_PAGES) {
        struct page *page = pfn_to_page(pfn);

        if (!pfn_valid(pfn) || (page->flags & PAGE_STATE_MASK) != PAGE_FREE ||
            page_order(page) != MAX_ORDER - 1)
            continue;
        KASSERT_EQ(KASAN_PAGE_FREE, shadow_byte(page_address(page)));
        KASSERT_EQ(KASAN_PAGE_FREE, shadow_byte(page_address(page + MAX_ORDER_PAGES - 1)));
        nr++;
    }
    KSKIP_IF(nr == 0, "no block of the largest order is free");
}

/* ---- variables ----------------------------------------------------------------------------------- */

/* One past the end of a local array is the classic way to break a return address. */
KTEST(kasan, stack_array_out_of_bounds_is_reported)
{
    volatile int array[5] = {0};
    volatile int *p = array;

    SKIP_WITHOUT_KASAN();
    report_expect();
    sink = p[five - 1];
    KEXPECT_EQ(0, report_expect_end());
    report_expect();
    sink = p[five];
    expect_report("KASAN: stack-out-of-bounds");
    report_expect();
    sink = p[-one];
    expect_report("Read of size 4");
}

/* A global array has no neighbour that a fault would protect. */
KTEST(kasan, global_array_out_of_bounds_is_reported)
{
    const volatile char *p = global_array;

    SKIP_WITHOUT_KASAN();
    expect_fine(p + sizeof(global_array) - one);
    expect_caught(p + sizeof(global_array) - 1 + one, "KASAN: global-out-of-bounds");
}

/* An access that begins well and ends badly: 8 bytes where 4 are left. */
KTEST(kasan, access_that_is_wrong_in_its_last_bytes_only_is_reported)
{
    const volatile char *p = global_array;

    SKIP_WITHOUT_KASAN();
    report_expect();
    sink = *(const volatile long *)(const volatile void *)(p + 16 * one);
    expect_report("Read of size 8");
}

/* ---- threads ------------------------------------------------------------------------------------- */

/* A pointer to a dead thread's local variable finds another thread's, or a fault, by chance. */
KTEST(kasan, freed_stack_is_marked_until_it_is_used_again)
{
    char *stack;

    SKIP_WITHOUT_KASAN();
    stack = kstack_alloc(0);
    KASSERT(stack != NULL);
    memset(stack, 0, KSTACK_SIZE);
    KEXPECT_EQ(VM_WRITE, shadow_prot(stack));
    kstack_free(stack);
    KEXPECT_EQ(0, shadow_prot(stack));
    report_expect();
    kasan_check_read(stack, 1); /* the stack itself is not mapped any more */
    expect_report("use-after-free");
}

/* The end of a thread is found by its pointer in a wait queue, long after. */
KTEST(kasan, access_to_a_thread_that_is_gone_is_reported)
{
    struct task *t;

    SKIP_WITHOUT_KASAN();
    t = task_alloc(0);
    KASSERT(t != NULL);
    expect_fine(t->comm);
    task_put(t);
    expect_caught(t->comm, "use-after-free");
}

/* ---- the shadow itself --------------------------------------------------------------------------- */

/* Shadow on another node would make every access to local memory a remote one. */
KTEST(kasan, shadow_of_each_nodes_memory_lies_in_the_node)
{
    int nid;

    SKIP_WITHOUT_KASAN();
    for_each_online_node (nid) {
        /* Of order 3, whose shadow is one page: no other node has a part in it. */
        struct page *page = alloc_pages_node(nid, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 3);
        struct page *shadow;

        if (!page)
            continue;
        shadow = shadow_page(page_address(page));
        KEXPECT(shadow != NULL && page_to_nid(shadow) == nid);
        KEXPECT(shadow != NULL && (shadow->flags & PAGE_RESERVED));
        __free_pages(page, 3);
    }
}

/* Is the shadow of @p, in the direct map, in memory of a node that has RAM among what the page of shadow
 * speaks for? Where nodes share one, the first has it. */
static bool shadow_is_near(const void *p)
{
    paddr_t start = ALIGN_DOWN(virt_to_phys(p), PAGE_SIZE * KASAN_GRANULE);
    const struct page *shadow = shadow_page(p);

    return shadow && memblock_bytes_in(&memblock, start, start + PAGE_SIZE * KASAN_GRANULE,
                                       page_to_nid(shadow)) > 0;
}

/* The same for what each CPU uses all the time, in the nearest node with memory. */
KTEST(kasan, shadow_of_stacks_and_areas_lies_where_they_lie)
{
    int cpu;

    SKIP_WITHOUT_KASAN();
    for_each_cpu (cpu, &cpu_online_mask) {
        const char *top = cpu_stack_top(cpu, CPU_STACK_NMI);
        const struct page *of_stack;

        KEXPECT(shadow_is_near(cpu_local_of(cpu)));
        of_stack = shadow_page(top - 1);
        KEXPECT(of_stack != NULL && page_to_nid(of_stack) == kstack_node(top - KSTACK_SIZE));
    }
}

/* One write to the page of zeros would forbid memory all over the machine. */
KTEST(kasan, shadow_of_what_is_never_forbidden_is_zero_and_cannot_be_written)
{
    SKIP_WITHOUT_KASAN();
    KEXPECT_EQ(0, shadow_prot(pfn_to_page(0)));
    KEXPECT_EQ(0, shadow_prot((const void *)VMALLOC_BASE));
    KEXPECT_EQ(VM_WRITE, shadow_prot(__kernel_start));
    expect_fine((const volatile char *)pfn_to_page(page_to_pfn(virt_to_page(cpu_local()))));
}

/* The guard catches who runs out of the pages; only the shadow sees who runs out of what he asked for. */
KTEST(kasan, area_of_the_vmalloc_space_ends_where_was_asked)
{
    char *p;

    SKIP_WITHOUT_KASAN();
    p = vmalloc(PAGE_SIZE + 100);
    KASSERT(p != NULL);
    expect_fine(p);
    expect_fine(p + PAGE_SIZE + 99);
    expect_caught(p + PAGE_SIZE + 104, "vmalloc-out-of-bounds");
    vfree(p);
}
