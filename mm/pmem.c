/*
 * mm/pmem.c - persistent memory: found, given descriptors in ZONE_DEVICE, and used.
 *
 * THEORY
 *
 * Persistent memory is addressed like RAM and keeps its contents without power. So it must never get into
 * the page allocator, which would write over what somebody wants to find again; but whoever uses it wants
 * what RAM has: an address in the direct map, and page descriptors, by which a page knows its node. Both
 * are made at boot for every range that the NFIT, the memory map or memmap= tells of:
 *
 *     node 1   | Normal ........... |          | Device ......... |
 *     RAM      |====================|          |  persistent      |
 *     descriptors     |DD|D|                     (those of Device are in node 1's RAM, too)
 *
 * The descriptors lie in RAM of the nearest node that has some, an 64th of the range's size. The range
 * itself could hold them (Linux can, if the range has been labelled for that), but nothing here says that
 * its first bytes are free to be written over. A range whose descriptors would take more than half of the
 * RAM that is left is not used, with a sentence.
 *
 * Whose memory it is: the NFIT's proximity domain; else the SRAT's range that the address lies in. That
 * is the *target node*. It may be one without CPUs and RAM, which is not online, and then the pages are in
 * the zone of the nearest online node, the *numa node*, as in Linux.
 *
 * A store is persistent when it has left the CPU's caches: pmem_flush().
 *
 * INVARIANTS
 *   D2  A page of ZONE_DEVICE is PAGE_RESERVED: it is never allocated, and a free of it is reported.
 *   D3  managed_pages and present_pages of ZONE_DEVICE are 0, so no list of zones holds it.
 *
 * LOCKING  The list is written by the boot CPU alone. The bytes are their users'.
 * UNITS    Physical addresses and sizes in bytes.
 * SOURCES  ACPI 6.4, 5.2.25 "NVDIMM Firmware Interface Table (NFIT)"; the spans are those of Linux 6.1.
 * NOT HERE Descriptors (mm/vmemmap.c); what of the ranges is usable (mm/pmem_ranges.c).
 */
#include "kernel/acpi/nfit.h"
#include "kernel/bug.h"
#include "kernel/firmware.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/memremap.h"
#include "mm/node.h"
#include "mm/numa.h"
#include "mm/pmem_ranges.h"
#include <arch/cache.h>
#include <arch/cpu.h>
#include <arch/vm.h>

static struct pmem_ranges ranges;
static struct dev_pagemap maps[PMEM_MAX_RANGES];
static int nr_maps;

/* What the memory map says, until the NFIT was read. */
static struct pmem_range noted[PMEM_MAX_RANGES];
static unsigned nr_noted;

int pmem_next(int after)
{
    return after + 1 < nr_maps ? max(after, -1) + 1 : -1;
}

const struct dev_pagemap *pmem_get(int id)
{
    return id >= 0 && id < nr_maps ? &maps[id] : NULL;
}

const struct dev_pagemap *pmem_find(unsigned long pfn)
{
    for (int id = 0; id < nr_maps; id++) {
        if (pfn >= maps[id].start >> PAGE_SHIFT && pfn < maps[id].end >> PAGE_SHIFT)
            return &maps[id];
    }
    return NULL;
}

void *pmem_map(const struct dev_pagemap *dev, uint64_t offset, uint64_t size)
{
    if (offset > pmem_size(dev) || size > pmem_size(dev) - offset)
        return NULL;
    return phys_to_virt(dev->start + offset);
}

int pmem_read(const struct dev_pagemap *dev, uint64_t offset, void *buf, size_t size)
{
    const void *from = pmem_map(dev, offset, size);

    if (!from)
        return -EINVAL;
    memcpy(buf, from, size);
    return 0;
}

int pmem_write(const struct dev_pagemap *dev, uint64_t offset, const void *buf, size_t size)
{
    void *to = pmem_map(dev, offset, size);

    if (!to)
        return -EINVAL;
    memcpy(to, buf, size);
    pmem_flush(to, size);
    return 0;
}

void pmem_flush(const void *addr, size_t size)
{
    cache_write_back(addr, size);
}

/* ---- boot ---- */

void pmem_note(uint64_t start, uint64_t end)
{
    if (nr_noted == PMEM_MAX_RANGES)
        pr_warn("pmem: more than %u ranges, [mem 0x%016llx-0x%016llx] is not used", PMEM_MAX_RANGES,
                (unsigned long long)start, (unsigned long long)end - 1);
    else
        noted[nr_noted++] = (struct pmem_range){.start = start, .end = end};
}

/* Two clauses of one sentence about a range that is not used. */
static void warn_unused(uint64_t start, uint64_t end, const char *why)
{
    pr_warn("pmem: [mem 0x%016llx-0x%016llx]: %s; not used", (unsigned long long)start,
            (unsigned long long)end - 1, why);
}

static void add(const struct memblock *mb, const struct pmem_range *r)
{
    const char *why;

    if (pmem_ranges_add(&ranges, mb, r, &why))
        warn_unused(r->start, r->end, why);
}

static void read_nfit(const struct memblock *mb)
{
    const struct acpi_table *table = firmware_table("NFIT");
    static struct nfit nfit;
    struct acpi_diag diag;

    if (!table)
        return;
    if (nfit_parse(table->bytes, table->length, &nfit, &diag))
        pr_warn("ACPI: NFIT: offset 0x%x: %s; what comes before it is used", diag.offset,
                diag.reason);
    for (unsigned i = 0; i < nfit.nr_ranges; i++) {
        const struct nfit_range *n = &nfit.ranges[i];
        struct pmem_range r = {.start = n->base,
                               .end = n->base + n->size,
                               .from_nfit = true,
                               .pxm_valid = n->pxm_valid,
                               .pxm = n->pxm};

        add(mb, &r);
    }
}

/* The node that a range makes up, as far as anybody says. */
static int target_of(const struct pmem_range *r)
{
    int nid;

    if (!r->pxm_valid || numa_topology.origin != NUMA_ORIGIN_SRAT)
        return numa_node_of_address(r->start);
    nid = numa_node_of_pxm(&numa_topology, r->pxm);
    if (nid == NUMA_NO_NODE) {
        pr_warn("pmem: proximity domain %u of [mem 0x%016llx-0x%016llx] is in no entry of the SRAT",
                r->pxm, (unsigned long long)r->start, (unsigned long long)r->end - 1);
        return NUMA_NO_NODE;
    }
    return numa_logical_node(&numa_topology, nid);
}

/* @nid if it is online, else the online node that is nearest; of no node, the first with memory. */
static int online_node_near(int nid)
{
    int best = nodemask_first(&node_states[N_NORMAL_MEMORY]), other;

    if (nid == NUMA_NO_NODE)
        return best;
    if (node_online(nid))
        return nid;
    for_each_online_node (other) {
        if (node_distance(nid, other) < node_distance(nid, best))
            best = other;
    }
    return best;
}

static uint64_t free_ram(const struct memblock *mb)
{
    uint64_t cursor = 0, start, end, bytes = 0;

    while (memblock_next_free(mb, &cursor, NUMA_NO_NODE, &start, &end))
        bytes += end - start;
    return bytes;
}

/* Into the direct map, and page by page replacing what was mapped there to look for tables. */
static void map_device(const struct dev_pagemap *dev)
{
    uintptr_t va = (uintptr_t)phys_to_virt(dev->start);

    if (vm_unmap(va, pmem_size(dev)) || vm_map(va, dev->start, pmem_size(dev), VM_WRITE))
        panic("no room for the page tables of %llu MiB of persistent memory",
              (unsigned long long)pmem_size(dev) >> 20);
}

static void take_range(const struct memblock *mb, const struct pmem_range *r, uint64_t *descriptors)
{
    uint64_t need = *descriptors + (r->end - r->start) / PAGE_SIZE * sizeof(struct page);
    struct dev_pagemap *dev = &maps[nr_maps];

    if (need > free_ram(mb) / 2) {
        warn_unused(r->start, r->end, "its page descriptors would take more than half of the RAM");
        return;
    }
    *descriptors = need;
    *dev = (struct dev_pagemap){.start = r->start, .end = r->end, .from_nfit = r->from_nfit};
    dev->target_node = target_of(r);
    dev->numa_node = online_node_near(dev->target_node);
    map_device(dev);
    pr_info("pmem: dax%d.0 [mem 0x%016llx-0x%016llx] from the %s, node %d%s", nr_maps++,
            (unsigned long long)dev->start, (unsigned long long)dev->end - 1,
            dev->from_nfit ? "NFIT" : "memory map", dev->numa_node,
            dev->target_node == dev->numa_node ? ""
            : dev->target_node == NUMA_NO_NODE ? ", as nobody says which"
                                               : ", the nearest online one");
}

void pmem_init(struct memblock *mb)
{
    uint64_t descriptors = 0;

    ranges.limit = 1ULL << min(cpu_phys_bits(), (unsigned)PHYS_BITS);
    read_nfit(mb);
    for (unsigned i = 0; i < nr_noted; i++)
        add(mb, &noted[i]);
    for (unsigned i = 0; i < ranges.nr; i++)
        take_range(mb, &ranges.range[i], &descriptors);
}

/* D3 */
void pmem_set_zones(void)
{
    for (int id = 0; id < nr_maps; id++) {
        struct zone *zone = &NODE_DATA(maps[id].numa_node)->node_zones[ZONE_DEVICE];

        if (!zone->spanned_pages)
            zone->zone_start_pfn = maps[id].start >> PAGE_SHIFT;
        zone->spanned_pages = (maps[id].end >> PAGE_SHIFT) - zone->zone_start_pfn;
    }
}
