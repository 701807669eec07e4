/*
 * mm/memremap.h - memory of devices that has page descriptors: persistent memory.
 */
#ifndef MM_MEMREMAP_H
#define MM_MEMREMAP_H

#include "mm/memblock.h"
#include "mm/page.h"

struct seqbuf;

/* A range of persistent memory. Fixed at boot, read without a lock. */
struct dev_pagemap {
    uint64_t start; /* physical, bytes, [start, end), whole pages */
    uint64_t end;
    int numa_node; /* online; its ZONE_DEVICE holds the pages */
    int target_node; /* the node that the memory makes up; maybe not online; NUMA_NO_NODE: nobody said */
    bool from_nfit; /* told of by the NFIT; else by the memory map or memmap= */
};

/* The ids of all ranges, ascending with their addresses: the next one above @after (-1: the first), or -1. */
int pmem_next(int after);
/* The range with this id, NULL if there is none. */
const struct dev_pagemap *pmem_get(int id);
/* The range that holds this page, NULL if none does. */
const struct dev_pagemap *pmem_find(unsigned long pfn);

static inline uint64_t pmem_size(const struct dev_pagemap *dev)
{
    return dev->end - dev->start;
}

/*
 * Use it, once the page allocator works. @offset and @size are bytes from the start of the range; NULL and
 * -EINVAL say that it does not reach so far. Several users see each other's bytes.
 *
 * pmem_map - the address of [offset, offset + size), for loads and stores, for ever.
 * pmem_read, pmem_write - copy, 0 or -EINVAL. What pmem_write() wrote is persistent on return.
 * pmem_flush - make persistent what was stored into [addr, addr + size) of a mapping.
 */
void *pmem_map(const struct dev_pagemap *dev, uint64_t offset, uint64_t size);
int pmem_read(const struct dev_pagemap *dev, uint64_t offset, void *buf, size_t size);
int pmem_write(const struct dev_pagemap *dev, uint64_t offset, const void *buf, size_t size);
void pmem_flush(const void *addr, size_t size);

/* Boot. pmem_note: the memory map has persistent memory there. pmem_init: decide about all there is, and
 * map it; the nodes' states are known. pmem_set_zones: the nodes' ZONE_DEVICE. */
void pmem_note(uint64_t start, uint64_t end);
void pmem_init(struct memblock *mb);
void pmem_set_zones(void);

/* /sys/bus/dax/devices/daxN.0. */
void pmem_size_show(struct seqbuf *s, int id);
void pmem_resource_show(struct seqbuf *s, int id);
void pmem_numa_node_show(struct seqbuf *s, int id);
void pmem_target_node_show(struct seqbuf *s, int id);

#endif
