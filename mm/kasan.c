/*
 * mm/kasan.c - the shadow's memory: each node shadows its own.
 *
 * THEORY
 *
 * A KASan build looks at the shadow of everything that it touches (kernel/kasan.c), so shadow on another
 * node would make each local access a remote one. The eighth of a node's RAM becomes the shadow of that
 * RAM as soon as it is known which node has which:
 *
 *     RAM      |============== node 0 ==============|============== node 1 ==============|
 *                                           |shadow0|                            |shadow1|
 *     shadow   |shadow0|shadow1|
 *
 * by pages of 2 MiB, each for 16 MiB of one node's RAM, or of 4 KiB, each for 32 KiB; where two nodes
 * share those, the first one pays. Besides:
 *
 *     the image    its variables and the boot CPU's first stacks; from the node that it lies in
 *     stacks       a page for each, from the stack's node; it comes and goes with the stack
 *     vmalloc      a page for eight pages of an area, from the area's node; they come and go with it, and
 *                  so do the page tables for them
 *     all else     (page descriptors, devices) may always be touched: the page of zeros
 *
 * The areas of the CPUs and everything else that is allocated are pages in the direct map.
 *
 * LOCKING  Boot; the shadow of a stack or an area is its owner's; tables_mutex.
 * UNITS    Addresses and sizes of shadow in bytes.
 */
#ifdef CONFIG_KASAN

#include "mm/kasan.h"
#include "kernel/bug.h"
#include "kernel/lib/string.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "kernel/sections.h"
#include "mm/page_alloc.h"
#include <arch/kasan.h>
#include <arch/stack.h>

#define LARGE MiB(2)

/* The shadow of a stack that was freed, for as long as a CPU may still reach the stack. */
static uint8_t freed_stack[PAGE_SIZE] __aligned(PAGE_SIZE);

static DEFINE_MUTEX(tables_mutex); /* the tables of the shadow, once threads run */

_Static_assert(KSTACK_SIZE / KASAN_GRANULE == PAGE_SIZE * KASAN_STACK_PAGES,
               "a page of shadow is a stack's own");

static paddr_t table_page(void)
{
    return memblock_alloc(&memblock, PAGE_SIZE, PAGE_SIZE, NUMA_NO_NODE);
}

/* Zeros for the shadow at @va; returns how many bytes there are now. At most @left. */
static size_t back_one(struct memblock *mb, uintptr_t va, size_t left, int nid)
{
    size_t size = LARGE;
    uint64_t pa = 0;

    if (IS_ALIGNED(va, LARGE) && left >= LARGE)
        pa = memblock_alloc_exact(mb, LARGE, LARGE, nid);
    if (!pa) {
        size = PAGE_SIZE;
        pa = memblock_alloc(mb, PAGE_SIZE, PAGE_SIZE, nid);
    }
    if (!pa || kasan_shadow_map(va, pa, size, table_page))
        panic("no room for the shadow of node %d's memory: KASan takes an eighth of all RAM", nid);
    memset(phys_to_virt(pa), 0, size);
    return size;
}

/* Shadow for [start, end) of the address space, but for what lies below *@done; which is moved. */
static void back(struct memblock *mb, uintptr_t start, uintptr_t end, int nid, uintptr_t *done)
{
    uintptr_t from = max(ALIGN_DOWN(kasan_shadow_of(start), PAGE_SIZE), *done);
    uintptr_t to = ALIGN_UP(kasan_shadow_of(end - 1) + 1, PAGE_SIZE);

    while (from < to)
        from += back_one(mb, from, to - from, nid);
    *done = max(from, *done);
}

static void back_ram(struct memblock *mb)
{
    uintptr_t done = 0;

    for (unsigned i = 0; i < mb->memory.nr; i++) {
        const struct memblock_region *r = &mb->memory.regions[i];

        if (r->nid != NUMA_NO_NODE)
            back(mb, (uintptr_t)phys_to_virt(r->start), (uintptr_t)phys_to_virt(r->end), r->nid,
                 &done);
    }
}

static void back_image(struct memblock *mb)
{
    uintptr_t done = 0;

    back(mb, (uintptr_t)__kernel_start, (uintptr_t)__kernel_end,
         memblock_nid_of(mb, virt_to_phys(__kernel_start)), &done);
}

/* kasan_init - contract in the header. Panics if there is no room. Context: boot, when all RAM is
 * mapped and has nodes. */
void kasan_init(struct memblock *mb)
{
    back_ram(mb);
    back_image(mb);
    if (kasan_shadow_prepare(kasan_shadow_of(KSTACK_BASE),
                             (KSTACK_END - KSTACK_BASE) / KASAN_GRANULE, table_page))
        panic("no room for the tables of the stacks' shadow");
    memset(freed_stack, KASAN_PAGE_FREE, sizeof(freed_stack));
    kasan_shadow_finish();
    kasan_start();
    pr_info("KernelAddressSanitizer initialized");
}

/* kasan_stack_alloc - contract in the header. The shadow can be read all the time, so CPUs may know
 * what was there before. Context: as for tlb_flush_range(). */
bool kasan_stack_alloc(const void *stack, int nid)
{
    struct page *page = alloc_pages_node(nid, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, 0);
    uintptr_t shadow = kasan_shadow_of((uintptr_t)stack);

    if (!page)
        return false;
    vm_set_pages(shadow, page_to_pfn(page) << PAGE_SHIFT, PAGE_SIZE, VM_WRITE);
    tlb_flush_range(shadow, PAGE_SIZE, false);
    return true;
}

/* kasan_stack_free - contract in the header. The old shadow says the same as the new one, as a CPU may
 * still look there. Context: any. */
void kasan_stack_free(const void *stack)
{
    uintptr_t shadow = kasan_shadow_of((uintptr_t)stack);
    paddr_t pa;

    BUG_ON(!vm_query(shadow, &pa, NULL, NULL));
    kasan_poison(stack, KSTACK_SIZE, KASAN_PAGE_FREE);
    vm_set_pages(shadow, virt_to_phys(freed_stack), PAGE_SIZE, 0);
    __free_pages(pfn_to_page(pa >> PAGE_SHIFT), 0);
}

/* ---- the vmalloc space --------------------------------------------------------------------------- */

/* A page for a table of shadow, once the buddy works. */
static paddr_t late_table_page(void)
{
    struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0);

    return page ? (paddr_t)page_to_pfn(page) << PAGE_SHIFT : 0;
}

/* Pages of shadow for [shadow, end), whose tables are there; poisoned. */
static bool map_shadow(uintptr_t shadow, uintptr_t end, int nid)
{
    for (; shadow < end; shadow += PAGE_SIZE) {
        struct page *page = alloc_pages_node(nid, GFP_KERNEL | __GFP_NOWARN, 0);

        if (!page)
            return false;
        memset(page_address(page), KASAN_VMALLOC_INVALID, PAGE_SIZE);
        vm_set_pages(shadow, (paddr_t)page_to_pfn(page) << PAGE_SHIFT, PAGE_SIZE, VM_WRITE);
    }
    return true;
}

/* kasan_vmalloc_map - contract in the header. CPUs may know the page of zeros there. */
bool kasan_vmalloc_map(uintptr_t start, size_t size, size_t used, int nid)
{
    uintptr_t shadow = kasan_shadow_of(start);
    size_t shadow_size = size / KASAN_GRANULE;
    bool done;

    mutex_lock(&tables_mutex);
    done = !kasan_shadow_prepare(shadow, shadow_size, late_table_page);
    mutex_unlock(&tables_mutex);
    done = done && map_shadow(shadow, shadow + shadow_size, nid);
    tlb_flush_range(shadow, shadow_size, false);
    if (done)
        kasan_unpoison((const void *)start, used);
    return done;
}

/* kasan_vmalloc_poison - contract in the header; all of the range has shadow. Context: any. */
void kasan_vmalloc_poison(uintptr_t start, size_t size)
{
    kasan_poison((const void *)start, size, KASAN_VMALLOC_INVALID);
}

/* kasan_vmalloc_unmap - contract in the header. Context: may sleep. */
void kasan_vmalloc_unmap(uintptr_t start, size_t size, struct list_head *pages)
{
    uintptr_t shadow = kasan_shadow_of(start), end = shadow + size / KASAN_GRANULE;

    mutex_lock(&tables_mutex);
    for (; shadow < end; shadow += PAGE_SIZE) {
        paddr_t pa = kasan_shadow_take(shadow);

        if (pa != 0)
            list_add(&pfn_to_page(pa >> PAGE_SHIFT)->lru, pages);
    }
    mutex_unlock(&tables_mutex);
}

/* kasan_vmalloc_prune - contract in the header. Context: may sleep. */
void kasan_vmalloc_prune(uintptr_t start, size_t size, paddr_t *tables)
{
    mutex_lock(&tables_mutex);
    kasan_shadow_prune(kasan_shadow_of(start), size / KASAN_GRANULE, tables);
    mutex_unlock(&tables_mutex);
}

/* kasan_vmalloc_free - contract in the header. Context: any. */
void kasan_vmalloc_free(struct list_head *pages, paddr_t tables)
{
    struct page *page, *next;

    list_for_each_entry_safe (page, next, pages, lru) {
        list_del(&page->lru);
        __free_pages(page, 0);
    }
    while (tables != 0) {
        paddr_t rest = *(const paddr_t *)phys_to_virt(tables);

        __free_pages(pfn_to_page(tables >> PAGE_SHIFT), 0);
        tables = rest;
    }
}

#endif
