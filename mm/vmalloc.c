/*
 * mm/vmalloc.c - memory that is contiguous for the kernel, and made of single pages.
 *
 * THEORY
 *
 * A large block of the page allocator needs neighbours that are free at the same time. What only has to
 * look contiguous doesn't: it gets an area of the vmalloc space (mm/vmap_area.c), and pages one by one
 * from the node that it is for, in the order of their addresses:
 *
 *     vmalloc_node(12 KiB, 1)    addresses  | page 0 | page 1 | page 2 | guard |
 *                                pages         0x81     0x7f     0x123           all of node 1
 *
 * Each access costs a translation of 4 KiB where the direct map has 2 MiB or 1 GiB, so this is for what
 * is large and seldom made. Nothing lists the pages: the page tables do.
 *
 * LOCKING  An area that is being made or torn down is known to nobody else.
 * UNITS    Bytes and pages.
 * NOT HERE Addresses, guards and the flush (mm/vmap_area.c).
 */
#include "mm/vmalloc.h"
#include "kernel/cpu.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include "mm/vmap_area.h"

static unsigned long total_pages(void)
{
    unsigned long nr = 0;
    int nid;

    for_each_online_node (nid)
        nr += NODE_DATA(nid)->node_present_pages;
    return nr;
}

static void map_page(const struct vmap_area *area, unsigned long i, const struct page *page,
                     unsigned prot)
{
    vm_set_pages(area->start + i * PAGE_SIZE, (paddr_t)page_to_pfn(page) << PAGE_SHIFT, PAGE_SIZE,
                 prot);
}

/* Fill @area with pages; false without memory, and some may be there. */
static bool fill(const struct vmap_area *area, int nid, gfp_t gfp)
{
    for (unsigned long i = 0; i < area->nr_pages; i++) {
        struct page *page = alloc_pages_node(nid, gfp | __GFP_NOWARN, 0);

        if (!page)
            return false;
        map_page(area, i, page, VM_WRITE);
        mod_node_page_state(page_to_nid(page), NR_VMALLOC, 1);
    }
    return true;
}

/* Unmap all of @area; its pages go back if @frees. */
static void empty(const struct vmap_area *area, bool frees)
{
    kasan_vmalloc_poison(area->start, vmap_area_size(area));
    for (unsigned long i = 0; i < area->nr_pages; i++) {
        uintptr_t va = area->start + i * PAGE_SIZE;
        paddr_t pa = vm_prepared_frame(va);
        struct page *page = pfn_to_page(pa >> PAGE_SHIFT);

        if (pa == 0)
            break; /* the rest was never there */
        vm_clear_pages(va, PAGE_SIZE);
        if (!frees)
            continue;
        mod_node_page_state(page_to_nid(page), NR_VMALLOC, -1);
        __free_pages(page, 0);
    }
}

static void *try_alloc(size_t size, int nid, gfp_t gfp, uintptr_t caller)
{
    struct vmap_area *area = vmap_area_alloc(ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT, size,
                                             node_nearest_with_memory(nid));

    if (!area)
        return NULL;
    area->kind = VMAP_VMALLOC;
    area->caller = caller;
    if (!fill(area, nid, gfp)) {
        empty(area, true);
        vmap_area_free(area);
        return NULL;
    }
    vmap_area_publish(area);
    return (void *)area->start;
}

static void *alloc_for(size_t size, int nid, gfp_t gfp, uintptr_t caller)
{
    void *addr;

    might_sleep();
    nid = nid == NUMA_NO_NODE ? numa_node_id() : nid;
    if (size == 0 || (unsigned)nid >= MAX_NUMNODES || !NODE_DATA(nid)) {
        pr_warn("vmalloc of %zu bytes on node %d: %s", size, nid,
                size ? "there is no such node" : "a size above 0 is needed");
        return NULL;
    }
    if (size >> PAGE_SHIFT > total_pages()) {
        pr_warn("vmalloc error: size %zu, exceeds total pages (%lu)", size, total_pages());
        return NULL;
    }
    addr = try_alloc(size, nid, gfp, caller);
    if (!addr && vmap_purge() > 0) /* page tables, and in KASan builds shadow, were kept back */
        addr = try_alloc(size, nid, gfp, caller);
    if (!addr)
        pr_warn("vmalloc error: size %zu, node:%d, failed to allocate pages", size, nid);
    return addr;
}

/*
 * vmalloc - @size bytes, contiguous, as near to this CPU as possible.
 *
 * @size  rounded up to pages.
 *
 * Returns a page-aligned address, or NULL: not enough memory, with a line in the log. Contents are
 * undefined. Context: may sleep.
 */
void *vmalloc(size_t size)
{
    return alloc_for(size, NUMA_NO_NODE, GFP_KERNEL, (uintptr_t)__builtin_return_address(0));
}

/* vmalloc_node - the same, as near to node @nid as possible; NUMA_NO_NODE is this CPU's node. */
void *vmalloc_node(size_t size, int nid)
{
    return alloc_for(size, nid, GFP_KERNEL, (uintptr_t)__builtin_return_address(0));
}

/* vzalloc - vmalloc, cleared. */
void *vzalloc(size_t size)
{
    return alloc_for(size, NUMA_NO_NODE, GFP_KERNEL | __GFP_ZERO,
                     (uintptr_t)__builtin_return_address(0));
}

/*
 * vfree - give back what the three above returned; NULL is allowed.
 *
 * A mistake (another address, freed twice, vmap()'s) is reported, with the address, and changes nothing.
 * The pages are free on return, the addresses later. Context: may sleep.
 */
void vfree(const void *addr)
{
    struct vmap_area *area;

    if (!addr)
        return;
    area = vmap_area_claim((uintptr_t)addr, VMAP_VMALLOC, "vfree");
    if (!area)
        return;
    empty(area, true);
    vmap_area_free(area);
}

/*
 * vmap - show pages of the caller's one behind the other.
 *
 * @pages  @nr_pages of them, above 0; they stay his, and must not be freed before vunmap().
 * @prot   VM_*.
 *
 * Returns an address or NULL without memory. Context: may sleep.
 */
void *vmap(struct page *const *pages, unsigned long nr_pages, unsigned prot)
{
    struct vmap_area *area;

    might_sleep();
    if (nr_pages == 0 || nr_pages > total_pages())
        return NULL;
    area = vmap_area_alloc(nr_pages, nr_pages * PAGE_SIZE, page_to_nid(pages[0]));
    if (!area)
        return NULL;
    area->kind = VMAP_VMAP;
    area->caller = (uintptr_t)__builtin_return_address(0);
    for (unsigned long i = 0; i < nr_pages; i++)
        map_page(area, i, pages[i], prot);
    vmap_area_publish(area);
    return (void *)area->start;
}

/*
 * vunmap - the pages are not shown there any more; NULL is allowed, a mistake is reported as by vfree().
 *
 * A CPU may still reach the pages through its TLB; nobody who is right does. Context: may sleep.
 */
void vunmap(const void *addr)
{
    struct vmap_area *area;

    if (!addr)
        return;
    area = vmap_area_claim((uintptr_t)addr, VMAP_VMAP, "vunmap");
    if (!area)
        return;
    empty(area, false);
    vmap_area_free(area);
}

/* vmalloc_to_page - what is mapped at @addr of the vmalloc space; NULL if nothing is. Context: any. */
struct page *vmalloc_to_page(const void *addr)
{
    paddr_t pa;

    if (!is_vmalloc_addr(addr) || !vm_query((uintptr_t)addr, &pa, NULL, NULL))
        return NULL;
    return pfn_to_page(pa >> PAGE_SHIFT);
}
