/*
 * tests/kernel/test_zone_device.c - persistent memory, as much as this machine has.
 */
#include "kernel/bug.h"
#include "kernel/fs/vfs.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "mm/memremap.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include "mm/vmemmap.h"
#include <arch/vm.h>

#define NO_PMEM "no persistent memory; boot pmem-nodes, or with memmap=SIZE!START"

/* For each range. */
#define for_each_pmem(id, dev)                                                                     \
    for ((id) = pmem_next(-1); (id) >= 0 && ((dev) = pmem_get(id)); (id) = pmem_next(id))

/* A number that is no range leads to somebody else's memory. */
KTEST(zone_device, ids_count_up_and_end)
{
    int id, nr = 0;
    const struct dev_pagemap *dev;
    uint64_t last = 0;

    for_each_pmem (id, dev) {
        KEXPECT_EQ(nr++, id);
        KEXPECT(dev->start >= last && dev->start < dev->end);
        last = dev->end;
    }
    KEXPECT(pmem_get(-1) == NULL);
    KEXPECT(pmem_get(nr) == NULL);
    KEXPECT_EQ(-1, pmem_next(INT32_MAX - 1));
}

/* The buddy would write over what was to be kept. */
KTEST(zone_device, no_page_is_ram_or_was_given_to_the_buddy)
{
    int id, nid;
    const struct dev_pagemap *dev;

    for_each_pmem (id, dev)
        KEXPECT(!memblock_overlaps_memory(&memblock, dev->start, dev->end));
    for_each_node (nid) {
        const struct zone *zone = &NODE_DATA(nid)->node_zones[ZONE_DEVICE];

        KEXPECT_EQ(0, zone->managed_pages);
        KEXPECT_EQ(0, zone->present_pages);
        KEXPECT_EQ(0, zone->nr_free_pages);
    }
}

/* Who finds a page by its address must learn where it is. */
KTEST(zone_device, every_page_has_a_descriptor_in_its_nodes_zone)
{
    int id;
    const struct dev_pagemap *dev;

    KSKIP_IF(pmem_next(-1) < 0, NO_PMEM);
    for_each_pmem (id, dev) {
        unsigned long end = dev->end >> PAGE_SHIFT;

        KEXPECT(node_online(dev->numa_node));
        for (unsigned long pfn = dev->start >> PAGE_SHIFT; pfn < end; pfn++) {
            KASSERT(pfn_valid(pfn));
            KASSERT_EQ(page_flags_place(dev->numa_node, ZONE_DEVICE) | PAGE_RESERVED,
                       pfn_to_page(pfn)->flags);
        }
        KEXPECT(pmem_find(end - 1) == dev);
        KEXPECT(pmem_find(end) != dev);
    }
}

/* /proc/zoneinfo shows the span; what lies outside would be nobody's. */
KTEST(zone_device, zone_spans_the_nodes_ranges_and_nothing_else)
{
    int id, nid;
    const struct dev_pagemap *dev;

    for_each_node (nid) {
        const struct zone *zone = &NODE_DATA(nid)->node_zones[ZONE_DEVICE];
        unsigned long start = ~0UL, end = 0;

        for_each_pmem (id, dev) {
            if (dev->numa_node != nid)
                continue;
            start = min(start, (unsigned long)(dev->start >> PAGE_SHIFT));
            end = max(end, (unsigned long)(dev->end >> PAGE_SHIFT));
        }
        KEXPECT_EQ(end ? start : 0, zone->zone_start_pfn);
        KEXPECT_EQ(end ? end - start : 0, zone->spanned_pages);
    }
}

/* A free that is believed puts a page that outlives the machine into the buddy. */
KTEST(zone_device, free_of_a_page_is_reported)
{
    int id;
    const struct dev_pagemap *dev;

    KSKIP_IF(pmem_next(-1) < 0, NO_PMEM);
    for_each_pmem (id, dev) {
        struct page *page = pfn_to_page(dev->start >> PAGE_SHIFT);
        unsigned long flags = page->flags;

        report_expect();
        __free_pages(page, 0);
        KEXPECT_EQ(1, report_expect_end());
        KEXPECT(strstr(report_last(), "a device's memory") != NULL);
        KEXPECT_EQ(flags, page->flags);
    }
}

/* Is there memory at all? memmap= believes what it is told. */
static bool answers(const struct dev_pagemap *dev)
{
    volatile uint8_t *byte = pmem_map(dev, 0, 1);
    uint8_t was = *byte, other = was ^ 0xff;
    bool changed;

    *byte = other;
    changed = *byte == other;
    *byte = was;
    return changed;
}

/* Bytes must come back from where they were put, by either way, at both ends of the range. */
KTEST(zone_device, what_is_written_is_read_again)
{
    static const char text[] = "Atoll was here";
    int id;
    const struct dev_pagemap *dev;

    KSKIP_IF(pmem_next(-1) < 0, NO_PMEM);
    for_each_pmem (id, dev) {
        uint64_t places[] = {0, 61, pmem_size(dev) - sizeof(text)}; /* 61: across cache lines */

        KSKIP_IF(!answers(dev), "nothing is at 0x%llx", (unsigned long long)dev->start);
        for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
            char kept[sizeof(text)], got[sizeof(text)];

            KASSERT_EQ(0, pmem_read(dev, places[i], kept, sizeof(kept)));
            KASSERT_EQ(0, pmem_write(dev, places[i], text, sizeof(text)));
            KASSERT_EQ(0, pmem_read(dev, places[i], got, sizeof(got)));
            KEXPECT_EQ(0, memcmp(text, got, sizeof(text)));
            KEXPECT_EQ(0, memcmp(text, pmem_map(dev, places[i], sizeof(text)), sizeof(text)));
            KASSERT_EQ(0, pmem_write(dev, places[i], kept, sizeof(kept)));
        }
    }
}

/* Past the end there may be another device. */
KTEST(zone_device, nothing_past_the_end_can_be_reached)
{
    int id;
    const struct dev_pagemap *dev;
    char byte = 0;

    KSKIP_IF(pmem_next(-1) < 0, NO_PMEM);
    for_each_pmem (id, dev) {
        uint64_t size = pmem_size(dev);

        KEXPECT(pmem_map(dev, 0, size) == phys_to_virt(dev->start));
        KEXPECT(pmem_map(dev, size, 0) != NULL);
        KEXPECT(pmem_map(dev, size, 1) == NULL);
        KEXPECT(pmem_map(dev, 1, size) == NULL);
        KEXPECT(pmem_map(dev, UINT64_MAX, 2) == NULL);
        KEXPECT(pmem_map(dev, 2, UINT64_MAX) == NULL);
        KEXPECT_EQ(-EINVAL, pmem_read(dev, size, &byte, 1));
        KEXPECT_EQ(-EINVAL, pmem_write(dev, size, &byte, 1));
    }
}

/* Executable data is the first step of many a break-in. */
KTEST(zone_device, mapping_is_readable_and_writable_but_not_executable)
{
    int id;
    const struct dev_pagemap *dev;

    KSKIP_IF(pmem_next(-1) < 0, NO_PMEM);
    for_each_pmem (id, dev) {
        uintptr_t va = (uintptr_t)pmem_map(dev, 0, PAGE_SIZE);

        KEXPECT_EQ(0, vm_probe_read(va));
        KEXPECT_EQ(-EFAULT, vm_probe_exec(va));
        KEXPECT_EQ(0, vm_probe_read(va + pmem_size(dev) - 1));
    }
}

static const char *device_path(int id)
{
    static char path[32];
    struct seqbuf s;

    seqbuf_init(&s, path, sizeof(path));
    seq_printf(&s, "/dev/pmem%d", id);
    return seqbuf_str(&s);
}

/* A file that showed other bytes than the range has, or reached past it, would lose what was kept. */
KTEST(zone_device, device_file_has_the_bytes_of_the_range)
{
    static const char text[] = "through the file";
    int id;
    const struct dev_pagemap *dev;
    struct vfs_stat st;

    KSKIP_IF(pmem_next(-1) < 0, NO_PMEM);
    for_each_pmem (id, dev) {
        const char *path = device_path(id);
        char kept[sizeof(text)], got[sizeof(text)];
        uint64_t size = pmem_size(dev);

        KSKIP_IF(!answers(dev), "nothing is at 0x%llx", (unsigned long long)dev->start);
        KASSERT_EQ(0, vfs_stat(path, &st));
        KEXPECT_EQ(size, st.size);
        KEXPECT(st.writable && !st.is_dir);
        KASSERT_EQ(0, pmem_read(dev, 0, kept, sizeof(kept)));
        KEXPECT_EQ(0, vfs_write(path, text, sizeof(text)));
        KEXPECT_EQ(0, memcmp(text, pmem_map(dev, 0, sizeof(text)), sizeof(text)));
        KEXPECT_EQ(sizeof(text) - 8, vfs_read_at(path, 8, got, sizeof(text) - 8));
        KEXPECT_EQ(0, memcmp(text + 8, got, sizeof(text) - 8));
        KASSERT_EQ(0, pmem_write(dev, 0, kept, sizeof(kept)));
        KEXPECT_EQ(3, vfs_read_at(path, size - 3, got, sizeof(got)));
        KEXPECT_EQ(0, vfs_read_at(path, size, got, sizeof(got)));
        KEXPECT_EQ(0, vfs_read_at(path, UINT64_MAX - sizeof(got), got, sizeof(got)));
    }
    for (id = 0; pmem_get(id); id++)
        ;
    KEXPECT_EQ(-ENOENT, vfs_stat(device_path(id), &st));
}

static uint64_t read_number(int id, const char *name)
{
    char path[64], text[32];
    struct seqbuf s;
    uint64_t value = 0;

    seqbuf_init(&s, path, sizeof(path));
    seq_printf(&s, "/sys/bus/dax/devices/dax%d.0/%s", id, name);
    seqbuf_str(&s);
    seqbuf_init(&s, text, sizeof(text));
    KEXPECT_EQ(0, vfs_read(path, &s));
    seqbuf_str(&s);
    parse_u64(text, 0, &value, &(const char *){NULL});
    return value;
}

/* daxctl and friends find the ranges by these. */
KTEST(zone_device, files_tell_size_address_and_node)
{
    int id;
    const struct dev_pagemap *dev;

    KSKIP_IF(pmem_next(-1) < 0, NO_PMEM);
    for_each_pmem (id, dev) {
        KEXPECT_EQ(pmem_size(dev), read_number(id, "size"));
        KEXPECT_EQ(dev->start, read_number(id, "resource"));
        KEXPECT_EQ(dev->numa_node, read_number(id, "numa_node"));
        if (dev->target_node >= 0)
            KEXPECT_EQ(dev->target_node, read_number(id, "target_node"));
    }
}
