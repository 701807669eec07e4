/*
 * mm/vmemmap.c - where the page descriptors lie, and how they get their first values.
 *
 * THEORY
 *
 * The descriptors are one array, indexed by page frame number, at a fixed virtual address. So pfn
 * and descriptor turn into each other by a shift and an add. Physical memory has holes and belongs
 * to nodes, and the array follows it: only parts that describe RAM are mapped, and each part is
 * backed by memory of the node that it describes.
 *
 *     pfn        0 ........ 0x20000 ........ 0x40000      hole       0x100000 ...
 *     RAM        |== node 0 ==|== node 1 ====|                       |== node 1 ==|
 *     vmemmap    |   mapped   |   mapped     |      not mapped       |   mapped   |
 *     backed by  |   node 0   |   node 1     |                       |   node 1   |
 *
 * One 4 KiB page holds 64 descriptors, those of 256 KiB; one 2 MiB page those of 128 MiB. A 2 MiB
 * page is used where one node owns all RAM of such a section and most of the section is RAM, else
 * 4 KiB pages. Where two nodes share the 256 KiB of one descriptor page, the first one pays.
 *
 * Persistent memory has descriptors, too; they lie in RAM of the node nearest to it (mm/pmem.c).
 *
 * Descriptors exist for whole MAX_ORDER blocks (4 MiB), holes included, so that the buddy allocator
 * may look at any page's buddy without asking whether there is one.
 *
 * LOCKING  The boot CPU alone, but for vmemmap_give().
 * UNITS    Page frame numbers; physical addresses in bytes.
 */
#include "mm/vmemmap.h"
#include "kernel/bug.h"
#include "kernel/lib/bitmap.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/buddy.h"
#include "mm/deferred.h"
#include "mm/kasan.h"
#include "mm/memremap.h"
#include "mm/node.h"
#include "mm/pageblock.h"
#include <arch/vm.h>

#define PAGES_PER_4K  (PAGE_SIZE / sizeof(struct page))    /* 64 */
#define SECTION_SIZE  MiB(2)                               /* of the array */
#define SECTION_PAGES (SECTION_SIZE / sizeof(struct page)) /* 32768: 128 MiB of RAM */

unsigned long *pfn_block_map;
unsigned long max_pfn;

static uint64_t pfn_to_pa(unsigned long pfn)
{
    return (uint64_t)pfn << PAGE_SHIFT;
}

/* The node of the first RAM in [start, end), NUMA_NO_NODE if there is none. */
static int first_owner(const struct memblock *mb, unsigned long start, unsigned long end)
{
    for (unsigned i = 0; i < mb->memory.nr; i++) {
        const struct memblock_region *r = &mb->memory.regions[i];

        if (r->end > pfn_to_pa(start) && r->start < pfn_to_pa(end) && r->nid != NUMA_NO_NODE)
            return r->nid;
    }
    return NUMA_NO_NODE;
}

/* Map [start, end) of the array to @pa. */
static void map_part(unsigned long start, unsigned long end, uint64_t pa)
{
    uintptr_t va = (uintptr_t)pfn_to_page(start);
    size_t size = (end - start) * sizeof(struct page);

    if (vm_map(va, pa, size, VM_WRITE))
        panic("no room for the page tables of the page descriptors at pfn 0x%lx", start);
}

/* Back a whole section by one large page, if it deserves one and there is room. */
static bool try_large(struct memblock *mb, unsigned long start)
{
    uint64_t from = pfn_to_pa(start), to = pfn_to_pa(start + SECTION_PAGES);
    int nid = first_owner(mb, start, start + SECTION_PAGES);
    uint64_t own = memblock_bytes_in(mb, from, to, nid), pa;

    if (nid == NUMA_NO_NODE || own != memblock_bytes_in(mb, from, to, NUMA_NO_NODE) ||
        own < (to - from) / 4 * 3)
        return false;
    pa = memblock_alloc_exact(mb, SECTION_SIZE, SECTION_SIZE, nid);
    if (!pa)
        return false;
    map_part(start, start + SECTION_PAGES, pa);
    for (unsigned long pfn = start; pfn < start + SECTION_PAGES; pfn += MAX_ORDER_PAGES)
        bitmap_set(pfn_block_map, (unsigned)(pfn / MAX_ORDER_PAGES));
    return true;
}

/* Back the descriptors of one MAX_ORDER block by small pages. */
static void back_block(struct memblock *mb, unsigned long start)
{
    int owner = first_owner(mb, start, start + MAX_ORDER_PAGES);

    for (unsigned long pfn = start; pfn < start + MAX_ORDER_PAGES; pfn += PAGES_PER_4K) {
        int nid = first_owner(mb, pfn, pfn + PAGES_PER_4K);
        uint64_t pa = memblock_alloc(mb, PAGE_SIZE, PAGE_SIZE, nid == NUMA_NO_NODE ? owner : nid);

        if (!pa)
            panic("no room for the page descriptors of node %d: %llu bytes for each GiB are needed",
                  owner, (unsigned long long)(GiB(1) / PAGE_SIZE * sizeof(struct page)));
        map_part(pfn, pfn + PAGES_PER_4K, pa);
    }
    bitmap_set(pfn_block_map, (unsigned)(start / MAX_ORDER_PAGES));
}

/* Back what a section needs. */
static void back_section(struct memblock *mb, unsigned long start)
{
    if (start + SECTION_PAGES <= max_pfn && try_large(mb, start))
        return;
    for (unsigned long pfn = start; pfn < min(start + SECTION_PAGES, max_pfn);
         pfn += MAX_ORDER_PAGES) {
        if (first_owner(mb, pfn, pfn + MAX_ORDER_PAGES) != NUMA_NO_NODE)
            back_block(mb, pfn);
    }
}

/* Are all blocks of a section without descriptors? */
static bool section_is_empty(unsigned long start)
{
    for (unsigned long pfn = start; pfn < start + SECTION_PAGES; pfn += MAX_ORDER_PAGES) {
        if (pfn_valid(pfn))
            return false;
    }
    return true;
}

/* Back [start, start + nr) by one piece of memory of @nid or near it; false if there is none. */
static bool try_part(struct memblock *mb, unsigned long start, unsigned long nr, int nid)
{
    size_t size = nr * sizeof(struct page);
    uint64_t pa = memblock_alloc(mb, size, size, nid);

    if (pa)
        map_part(start, start + nr, pa);
    return pa != 0;
}

/* The descriptors of one block of a device, in 256 KiB or page by page. */
static void back_device_block(struct memblock *mb, unsigned long start, int nid)
{
    bool whole = try_part(mb, start, MAX_ORDER_PAGES, nid);

    for (unsigned long pfn = start; !whole && pfn < start + MAX_ORDER_PAGES; pfn += PAGES_PER_4K) {
        if (!try_part(mb, pfn, PAGES_PER_4K, nid))
            panic("no room for the descriptors of persistent memory at pfn 0x%lx", pfn);
    }
    bitmap_set(pfn_block_map, (unsigned)(start / MAX_ORDER_PAGES));
}

/* The same for a whole section by one large page, if that can be had. */
static void back_device_section(struct memblock *mb, unsigned long start, int nid)
{
    if (!section_is_empty(start) || !try_part(mb, start, SECTION_PAGES, nid))
        return;
    for (unsigned long pfn = start; pfn < start + SECTION_PAGES; pfn += MAX_ORDER_PAGES)
        bitmap_set(pfn_block_map, (unsigned)(pfn / MAX_ORDER_PAGES));
}

/* What of a device's range RAM has not brought along. */
static void back_device(struct memblock *mb, const struct dev_pagemap *dev)
{
    unsigned long end = ALIGN_UP(dev->end >> PAGE_SHIFT, MAX_ORDER_PAGES);
    int nid = node_nearest_with_memory(dev->numa_node);

    for (unsigned long pfn = ALIGN_DOWN(dev->start >> PAGE_SHIFT, MAX_ORDER_PAGES); pfn < end;
         pfn += MAX_ORDER_PAGES) {
        if (IS_ALIGNED(pfn, SECTION_PAGES) && end - pfn >= SECTION_PAGES)
            back_device_section(mb, pfn, nid);
        if (!pfn_valid(pfn))
            back_device_block(mb, pfn, nid);
    }
}

/* The last page of RAM or of a device, rounded up to a block. */
static unsigned long last_pfn(const struct memblock *mb)
{
    uint64_t end = memblock_end(mb);

    for (int id = pmem_next(-1); id >= 0; id = pmem_next(id))
        end = max(end, pmem_get(id)->end);
    return ALIGN_UP(end >> PAGE_SHIFT, MAX_ORDER_PAGES);
}

static void alloc_block_map(struct memblock *mb)
{
    size_t size = BITMAP_WORDS(max_pfn / MAX_ORDER_PAGES) * sizeof(unsigned long);
    uint64_t pa = memblock_alloc(mb, size, PAGE_SIZE, NUMA_NO_NODE);

    if (!pa)
        panic("no room for a map of %zu bytes of the memory blocks", size);
    pfn_block_map = memset(phys_to_virt(pa), 0, size);
}

/*
 * vmemmap_init - map the array wherever @mb has RAM of a node.
 *
 * The descriptors' contents are undefined until vmemmap_release(). Panics if there is no room.
 * Context: boot; all RAM is in the direct map.
 */
void vmemmap_init(struct memblock *mb)
{
    unsigned long done = 0;

    max_pfn = last_pfn(mb);
    alloc_block_map(mb);
    for (unsigned i = 0; i < mb->memory.nr; i++) {
        const struct memblock_region *r = &mb->memory.regions[i];
        unsigned long start = ALIGN_DOWN(r->start >> PAGE_SHIFT, SECTION_PAGES);

        for (start = max(start, done); pfn_to_pa(start) < r->end; start += SECTION_PAGES) {
            back_section(mb, start);
            done = start + SECTION_PAGES;
        }
    }
    for (int id = pmem_next(-1); id >= 0; id = pmem_next(id))
        back_device(mb, pmem_get(id));
    pageblock_init(mb); /* G1: by what has descriptors now */
}

/* First values of [start, end): a page of this place with these flags. */
static void init_range(unsigned long start, unsigned long end, unsigned long flags)
{
    struct page *page = pfn_to_page(start);

    for (unsigned long pfn = start; pfn < end; pfn++, page++)
        *page = (struct page){.flags = flags};
}

/* Does one device's range hold all of [start, end)? Then init_devices() writes them. */
static bool is_all_device(unsigned long start, unsigned long end)
{
    const struct dev_pagemap *dev = pmem_find(start);

    return dev && pfn_to_pa(end) <= dev->end;
}

/* All descriptors of the array: holes, with the place of the RAM that comes before them. */
static void init_holes(const struct memblock *mb)
{
    unsigned long place = page_flags_place(first_owner(mb, 0, max_pfn), ZONE_DMA);

    for (unsigned long pfn = 0; pfn < max_pfn; pfn += MAX_ORDER_PAGES) {
        int nid;

        if (!pfn_valid(pfn))
            continue;
        nid = first_owner(mb, pfn, pfn + MAX_ORDER_PAGES);
        if (nid != NUMA_NO_NODE)
            place = page_flags_place(nid, zone_type_of(nid, pfn));
        if (!is_all_device(pfn, pfn + MAX_ORDER_PAGES) &&
            memblock_bytes_in(mb, pfn_to_pa(pfn), pfn_to_pa(pfn + MAX_ORDER_PAGES), NUMA_NO_NODE) <
                pfn_to_pa(MAX_ORDER_PAGES))
            init_range(pfn, pfn + MAX_ORDER_PAGES, place | PAGE_RESERVED | PAGE_HOLE);
    }
}

/*
 * vmemmap_give - first values for free pages of a zone, [start, end), which then go to the buddy.
 *
 * Context: boot. Takes the zone's lock; several CPUs may give at the same time.
 */
void vmemmap_give(struct zone *zone, unsigned long start, unsigned long end)
{
    const pg_data_t *pgdat = zone->zone_pgdat;
    unsigned long flags;

    init_range(start, end, page_flags_place(pgdat->node_id, (int)(zone - pgdat->node_zones)));
    kasan_poison_pages(pfn_to_page(start), end - start);
    spin_lock_irqsave(&zone->lock, flags);
    buddy_give(zone, start, end);
    spin_unlock_irqrestore(&zone->lock, flags);
}

/* Free pages of a zone, as far as they are not put off. */
static void init_free(struct zone *zone, unsigned long start, unsigned long end)
{
    unsigned long put_off_start = start, put_off_end = end;

    deferred_take(zone, &put_off_start, &put_off_end);
    vmemmap_give(zone, start, put_off_start);
    vmemmap_give(zone, put_off_end, end);
}

/* RAM of one node, [start, end): reserved pages, or free ones for the buddy. */
static void init_ram(int nid, unsigned long start, unsigned long end, bool is_free)
{
    while (start < end) {
        unsigned long stop = zone_border(nid, start, end);
        enum zone_type type = zone_type_of(nid, start);

        if (is_free)
            init_free(&NODE_DATA(nid)->node_zones[type], start, stop);
        else
            init_range(start, stop, page_flags_place(nid, type) | PAGE_RESERVED);
        start = stop;
    }
}

/* One region of memory, alternately reserved and free. */
static void init_region(const struct memblock *mb, const struct memblock_region *r)
{
    uint64_t at = r->start, cursor = r->start, start, end;

    while (at < r->end) {
        bool more = memblock_next_free(mb, &cursor, NUMA_NO_NODE, &start, &end) && start < r->end;

        /* A page that is reserved in part is reserved: the free range is rounded inwards. */
        start = more ? ALIGN_UP(start, PAGE_SIZE) : r->end;
        end = more ? ALIGN_DOWN(end, PAGE_SIZE) : r->end;
        if (more && start >= end)
            continue;
        init_ram(r->nid, at >> PAGE_SHIFT, start >> PAGE_SHIFT, false);
        init_ram(r->nid, start >> PAGE_SHIFT, end >> PAGE_SHIFT, true);
        at = end;
    }
}

/* Pages of devices: in their node's ZONE_DEVICE, never in the buddy. */
static void init_devices(void)
{
    for (int id = pmem_next(-1); id >= 0; id = pmem_next(id)) {
        const struct dev_pagemap *dev = pmem_get(id);

        init_range(dev->start >> PAGE_SHIFT, dev->end >> PAGE_SHIFT,
                   page_flags_place(dev->numa_node, ZONE_DEVICE) | PAGE_RESERVED);
    }
}

/* Mark the pages that hold the array. */
static void mark_descriptors(void)
{
    uintptr_t va = (uintptr_t)vmemmap, end = (uintptr_t)pfn_to_page(max_pfn);

    while (va < end) {
        unsigned long pfn = (va - (uintptr_t)vmemmap) / sizeof(struct page);
        size_t size = MAX_ORDER_PAGES * sizeof(struct page);
        paddr_t pa;

        if (pfn_valid(pfn) && vm_query(va, &pa, NULL, &size)) {
            for (size_t offset = 0; offset < size; offset += PAGE_SIZE)
                pfn_to_page((pa + offset) >> PAGE_SHIFT)->flags |= PAGE_DESCRIPTOR;
        }
        va += size;
    }
}

/*
 * vmemmap_release - first values for all descriptors, and all free memory to the buddy, but for what
 * mm/deferred.c puts off.
 *
 * @mb  the last word: nothing is allocated from it afterwards.
 *
 * Context: boot, after nodes_init.
 */
void vmemmap_release(const struct memblock *mb)
{
    init_holes(mb);
    for (unsigned i = 0; i < mb->memory.nr; i++) {
        if (mb->memory.regions[i].nid != NUMA_NO_NODE)
            init_region(mb, &mb->memory.regions[i]);
    }
    init_devices();
    mark_descriptors();
}
