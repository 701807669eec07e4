/*
 * tests/kernel/test_page_show.c - what `pages` says is what is the case.
 */
#include "kernel/exec.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include "mm/page_ref.h"
#include "mm/page_show.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/vmemmap.h"
#include "sched/sched.h"
#include "tests/kernel/cache_helpers.h"
#include "tests/kernel/mm_helpers.h"

#ifdef CONFIG_DEBUG
#define OWNER_IS_KNOWN true
#else
#define OWNER_IS_KNOWN false
#endif

static char text[4096];
static struct seqbuf out;

static const char *say(unsigned long pfn)
{
    seqbuf_init(&out, text, sizeof(text));
    page_show(&out, pfn);
    return seqbuf_str(&out);
}

static const char *say_range(unsigned long start, unsigned long end)
{
    seqbuf_init(&out, text, sizeof(text));
    page_show_range(&out, start, end);
    return seqbuf_str(&out);
}

/* What was said must contain @fmt. */
static void __printf(1, 2) expect_said(const char *fmt, ...)
{
    char want[128];
    struct seqbuf s;
    va_list args;

    seqbuf_init(&s, want, sizeof(want));
    va_start(args, fmt);
    seq_vprintf(&s, fmt, args);
    va_end(args);
    if (!strstr(text, seqbuf_str(&s)))
        ktest_fail(__FILE__, __LINE__, "expected '%s' in: %s", want, text);
}

/* A student who looks up a page must be led to the node that it is on. */
KTEST(page_show, place_is_the_pages_node_and_zone)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        struct page *page = alloc_pages_node(nid, GFP_KERNEL | __GFP_NOWARN, 0);

        KASSERT(page);
        say(page_to_pfn(page));
        expect_said("pfn 0x%lx (%lu)", page_to_pfn(page), page_to_pfn(page));
        expect_said("node %d, zone %s,", page_to_nid(page),
                    zone_name((enum zone_type)page_zonenum(page)));
        __free_pages(page, 0);
    }
}

/* Whoever sees a page inside of a block must learn where the block begins, and how large it is. */
KTEST(page_show, page_inside_of_a_block_names_its_head)
{
    struct page *page = alloc_pages(GFP_KERNEL, 3);

    KASSERT(page);
    say(page_to_pfn(page));
    expect_said("allocated: the head of a block of order 3, refcount 1");
    say(page_to_pfn(page) + 5);
    expect_said("allocated: page 5 of the block of order 3 at pfn 0x%lx", page_to_pfn(page));
    __free_pages(page, 3);
}

/* A page in a list isn't free for other CPUs: the list's owner must be named. */
KTEST(page_show, freed_page_is_in_this_cpus_list_and_drained_it_is_free)
{
    cpumask_t all = current->cpus_mask, here = {0};
    int cpu = raw_this_cpu();
    unsigned long pfn;
    struct page *page;

    cpumask_set(&here, cpu);
    KASSERT_EQ(0, set_cpus_allowed(current, &here));
    page = alloc_pages(GFP_KERNEL, 0);
    KASSERT(page);
    pfn = page_to_pfn(page);
    __free_pages(page, 0);
    if (pfn_to_page(pfn)->flags & PAGE_PCP) {
        say(pfn);
        expect_said("in a CPU's list: the head of a block of order 0, CPU %d's", cpu);
    }
    drain_all_pages(NULL);
    KEXPECT_EQ(0, set_cpus_allowed(current, &all));
    say(pfn);
    expect_said("free: ");
}

/* "What are all these slabs?": the cache, and whether the slab is full or nearly unused. */
KTEST(page_show, slab_names_its_cache_and_counts_its_objects)
{
    struct kmem_cache *cache = kmem_cache_create("page_show_test", 512, 0, 0, NULL);
    void *object;
    unsigned long pfn;

    KASSERT(cache);
    object = kmem_cache_alloc(cache, GFP_KERNEL);
    pfn = object ? virt_to_phys(object) >> PAGE_SHIFT : 0;
    if (object) {
        say(pfn);
        expect_said("slab of cache page_show_test: ");
        expect_said("objects of 512 bytes");
        say_range(pfn, pfn + 1);
        expect_said(", slab of page_show_test\n");
        kmem_cache_free(cache, object);
    }
    KEXPECT(object != NULL);
    KEXPECT_EQ(0, kmem_cache_destroy(cache));
}

/* A block that kmalloc() gave out whole is in no cache's lists; looking there would go wild. */
KTEST(page_show, large_kmalloc_is_told_from_a_slab)
{
    void *block = kmalloc(4 * KMALLOC_MAX_CACHE_SIZE, GFP_KERNEL);

    KASSERT(block);
    say(virt_to_phys(block) >> PAGE_SHIFT);
    expect_said("slab of cache kmalloc-large");
    kfree(block);
}

/* What fills memory is mostly files: their index, list and flags are what reclaim goes by. */
KTEST(page_show, page_of_a_file_tells_index_list_and_flags)
{
    static struct test_file file;
    struct page *page = NULL;

    test_file_init(&file, 4, false);
    KASSERT(test_file_read(&file, 2, 3));
    KASSERT_EQ(0, filemap_get_page(&file.mapping, 2, &page));
    say(page_to_pfn(page));
    expect_said("uptodate");
    expect_said("lru");
    expect_said("page cache of a file without a name: page 2, in the ");
    KEXPECT_EQ(2, page_count(page)); /* the cache's and ours: what was taken to look is put */
    put_page(page);
    address_space_drop(&file.mapping);
}

/* Pages of areas and stacks are mapped somewhere else than in the direct map: where? */
KTEST(page_show, mapped_pages_name_their_area_and_stack)
{
    char *area = vmalloc(3 * PAGE_SIZE);
    struct page *stack = NULL;
    paddr_t pa;

    KASSERT(area);
    say(page_to_pfn(vmalloc_to_page(area + 2 * PAGE_SIZE)));
    expect_said("vmalloc area 0x%lx-0x%lx, at 0x%lx, made by ", (uintptr_t)area,
                (uintptr_t)area + 3 * PAGE_SIZE, (uintptr_t)area + 2 * PAGE_SIZE);
    vfree(area);
    if (current->stack && vm_query((uintptr_t)current->stack, &pa, NULL, NULL))
        stack = pfn_to_page(pa >> PAGE_SHIFT);
    KSKIP_IF(!stack, "this thread runs on the boot stack");
    say(page_to_pfn(stack) + 1);
    expect_said("kernel stack at 0x%lx of thread %d (%s)", (uintptr_t)current->stack, current->pid,
                current->comm);
}

/* Memory that nobody can have must not look like memory that somebody holds. */
KTEST(page_show, reserved_pages_say_why)
{
    say(virt_to_phys(__text_start) >> PAGE_SHIFT);
    expect_said("the kernel's image, flags reserved\n");
    say(0);
    if (pfn_valid(0))
        expect_said("not RAM");
}

/* A descriptor that isn't there must not be read, whatever number was typed. */
KTEST(page_show, pfn_without_a_descriptor_says_which_there_are)
{
    static const unsigned long far[] = {0, 1, 1000, 1UL << 39, ~0UL};

    for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
        say(max(max_pfn, far[i]));
        expect_said("has no descriptor");
        expect_said("these have: 0x");
    }
}

/* Runs that overlapped, or left pages out, would make the sum of the table wrong. */
KTEST(page_show, runs_cover_the_range_once)
{
    struct page *page = alloc_pages(GFP_KERNEL, 2);
    unsigned long pfn;

    KASSERT(page);
    pfn = page_to_pfn(page);
    say_range(pfn + 1, pfn + 3);
    expect_said("0x%09lx-0x%09lx         2 ", pfn + 1, pfn + 2);
    expect_said("allocated, order 2");
    say_range(max_pfn, max_pfn + 5);
    expect_said("0x%09lx-0x%09lx         5    -", max_pfn, max_pfn + 4);
    say_range(max_pfn, ~0UL);
    expect_said("no descriptors");
    say_range(max_pfn - 1, max_pfn + 1);
    expect_said("0x%09lx-0x%09lx         1 ", max_pfn, max_pfn);
    __free_pages(page, 2);
}

static int run(const char *command)
{
    int rc;

    seqbuf_init(&out, text, sizeof(text));
    rc = exec_command(command, strlen(command), &out);
    seqbuf_str(&out);
    return rc;
}

/* A typing error must not be taken for page 0. */
KTEST(page_show, wrong_numbers_are_refused_in_words)
{
    static const char *const wrong[] = {"pages",
                                        "pages 0x",
                                        "pages -1",
                                        "pages 12 0",
                                        "pages 1 2 3",
                                        "pages 12pfns",
                                        "pages 0xfffffffffffffffff"};

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        KEXPECT(run(wrong[i]) != 0);
        expect_said("pages: ");
    }
    KEXPECT_EQ(0, run("pages 0x10"));
    expect_said("pfn 0x10 (16)");
    KEXPECT_EQ(0, run("pages 16"));
    expect_said("pfn 0x10 (16)");
    KEXPECT_EQ(0, run("pages 010"));
    expect_said("pfn 0xa (10)");
}

static __noinline struct page *allocate_for_somebody(void)
{
    struct page *page = alloc_pages(GFP_KERNEL, 1);

    if (page)
        page->private[0] = 1; /* so that the call is not the last instruction */
    return page;
}

/* "Who has this page?" in a leak's last hour. */
KTEST(page_show, debug_builds_name_who_asked)
{
    struct page *page;

    KSKIP_IF(!OWNER_IS_KNOWN, "not built with DEBUG=1");
    page = allocate_for_somebody();
    KASSERT(page);
    say(page_to_pfn(page) + 1);
    expect_said("order 1 was asked for on CPU ");
    expect_said("by allocate_for_somebody+0x");
    __free_pages(page, 1);
}
