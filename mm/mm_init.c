/*
 * mm/mm_init.c - memory from the loader's list to a working page allocator, step by step.
 *
 *   mm_map_ram   the loader's ranges become memblock; all RAM gets mapped. Now memory can be
 *                allocated, from anywhere.
 *   mm_init      the topology gives memory to nodes; each gets its pg_data_t, zones and page
 *                descriptors; the zonelists say who helps whom; all that is free goes to the buddy.
 *
 *   mm_init_rest what one CPU would take too long for is done by all (mm/deferred.c).
 *
 * Between the first two, firmware tables are read (kernel/firmware.c).
 */
#include "mm/mm_init.h"
#include "kernel/boot_info.h"
#include "kernel/bug.h"
#include "kernel/firmware.h"
#include "kernel/printk.h"
#include "kernel/sections.h"
#include "mm/deferred.h"
#include "mm/fault_inject.h"
#include "mm/kasan.h"
#include "mm/memblock.h"
#include "mm/memremap.h"
#include "mm/movable.h"
#include "mm/node.h"
#include "mm/node_init.h"
#include "mm/numa.h"
#include "mm/oom.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"
#include "mm/vmap_area.h"
#include "mm/vmemmap.h"
#include "mm/watermark.h"
#include "mm/zonelist.h"
#include <arch/vm.h>

/* Page 0 holds the BIOS's data, and from 640 KiB to 1 MiB there are devices, whatever the map says;
 * Linux leaves both out, too. */
#define BIOS_DATA_END  KiB(4)
#define BIOS_ROM_START KiB(640)
#define BIOS_ROM_END   MiB(1)
/* RAM that firmware is known to write to behind our back, and where other CPUs will start. */
#define LOW_RESERVE_END KiB(64)
#define EARLY_MAP_END   GiB(4) /* what the boot page tables map */

static const char *mem_type_name(enum mem_type type)
{
    switch (type) {
    case MEM_RAM:
        return "RAM";
    case MEM_ACPI:
        return "ACPI tables";
    case MEM_NVS:
        return "ACPI NVS";
    case MEM_UNUSABLE:
        return "unusable";
    case MEM_PMEM:
        return "persistent";
    case MEM_RESERVED:
        break;
    }
    return "reserved";
}

/* RAM that the kernel can use: whole pages, below what the direct map has room for. */
static void add_ram(const struct mem_range *r)
{
    uint64_t start = ALIGN_UP(r->start, PAGE_SIZE), end = ALIGN_DOWN(r->end, PAGE_SIZE);

    end = min(end, 1ULL << PHYS_BITS);
    if (start < end && memblock_add(&memblock, start, end, NUMA_NO_NODE))
        panic("the machine's memory has more than %u pieces", MEMBLOCK_MAX_REGIONS);
}

static void fill_memblock(const struct boot_info *bi)
{
    for (unsigned i = 0; i < bi->nr_ranges; i++) {
        const struct mem_range *r = &bi->ranges[i];

        pr_info("%s: [mem 0x%016llx-0x%016llx] %s", bi->loader, (unsigned long long)r->start,
                (unsigned long long)r->end - 1, mem_type_name(r->type));
        if (r->type == MEM_RAM)
            add_ram(r);
        else if (r->type == MEM_PMEM)
            pmem_note(r->start, r->end);
    }
    memblock_remove(&memblock, 0, BIOS_DATA_END);
    memblock_remove(&memblock, BIOS_ROM_START, BIOS_ROM_END);
    memblock_reserve(&memblock, 0, LOW_RESERVE_END);
    memblock_reserve(&memblock, bi->kernel_start, bi->kernel_end);
    for (unsigned i = 0; i < bi->nr_modules; i++)
        memblock_reserve(&memblock, ALIGN_DOWN(bi->modules[i].start, PAGE_SIZE),
                         ALIGN_UP(bi->modules[i].end, PAGE_SIZE));
    if (bi->nr_ranges_dropped)
        pr_warn("%u ranges of the memory map did not fit and are not used", bi->nr_ranges_dropped);
}

/* A page for page tables, from memblock. */
static paddr_t early_table_page(void)
{
    return memblock_alloc(&memblock, PAGE_SIZE, PAGE_SIZE, NUMA_NO_NODE);
}

/* A page for page tables, once the buddy works. No lock is held. */
static paddr_t table_page(void)
{
    struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0);

    return page ? (paddr_t)page_to_pfn(page) << PAGE_SHIFT : 0;
}

/* It is needed no more; those that memblock gave are never free. */
static bool free_table_page(paddr_t pa)
{
    struct page *page = pfn_to_page(pa >> PAGE_SHIFT);

    if (page->flags & PAGE_RESERVED)
        return false;
    __free_pages(page, 0);
    return true;
}

static void map_range(uint64_t start, uint64_t end, unsigned prot)
{
    if (start < end && vm_map((uintptr_t)phys_to_virt(start), start, end - start, prot))
        panic("no room for the page tables of %llu MiB of RAM",
              (unsigned long long)memblock_end(&memblock) >> 20);
}

/* One region into the direct map: code and constants must not be writable there either. */
static void map_region(const struct memblock_region *r)
{
    uint64_t text = clamp(virt_to_phys(__text_start), r->start, r->end);
    uint64_t data = clamp(virt_to_phys(__rodata_end), r->start, r->end);

    map_range(r->start, text, VM_WRITE);
    map_range(text, data, 0);
    map_range(data, r->end, VM_WRITE);
}

/*
 * mm_map_ram - memblock from the loader's ranges, and the final page tables with all RAM mapped.
 *
 * Panics if there is no RAM to speak of. Context: boot, first of all memory functions.
 */
void mm_map_ram(const struct boot_info *bi)
{
    fill_memblock(bi);
    if (!memblock.memory.nr)
        panic("the memory map of %s has no RAM above 4 KiB", bi->loader);
    memblock.limit = EARLY_MAP_END;
    movable_early(&memblock, bi->kernel_end);
    vm_init(early_table_page);
    for (unsigned i = 0; i < memblock.memory.nr; i++)
        map_region(&memblock.memory.regions[i]);
    vm_activate();
    memblock.limit = MEMBLOCK_ANYWHERE;
}

/* Firmware may keep its tables in what it calls RAM. */
static void reserve_firmware_tables(void)
{
    const struct acpi_table *t;

    for (unsigned i = 0; (t = firmware_table_nth(i)); i++)
        memblock_reserve(&memblock, ALIGN_DOWN(t->pa, PAGE_SIZE),
                         ALIGN_UP(t->pa + t->length, PAGE_SIZE));
}

static void print_memory(void)
{
    unsigned long managed = deferred_nr_pages(), present = 0;
    int nid;

    for_each_online_node (nid) {
        present += NODE_DATA(nid)->node_present_pages;
        for (int i = 0; i < MAX_NR_ZONES; i++)
            managed += NODE_DATA(nid)->node_zones[i].managed_pages;
    }
    pr_info("Memory: %luK/%luK available, %zuK of page tables", managed << (PAGE_SHIFT - 10),
            present << (PAGE_SHIFT - 10), vm_table_bytes() >> 10);
}

/*
 * mm_init - nodes, zones, zonelists, and a page allocator that works.
 *
 * Context: boot, after firmware_init.
 */
void mm_init(void)
{
    reserve_firmware_tables();
    numa_init(&memblock);
    movable_init(&memblock);
    nodes_set_states(&memblock);
    pmem_init(&memblock);
    kasan_init(&memblock);
    vmemmap_init(&memblock);
    nodes_init(&memblock);
    pmem_set_zones();
    zonelists_build_all(numa_topology.distance);
    vm_set_alloc(table_page);
    vm_set_free(free_table_page);
    vmap_init();
    vmemmap_release(&memblock);
    print_memory();
}

/* mm_init_rest - from here on all memory is there. Context: boot, in a thread, all CPUs run. */
void mm_init_rest(void)
{
    deferred_init();
    watermark_init();
    pcp_update();
    fault_inject_init();
    oom_init();
}
