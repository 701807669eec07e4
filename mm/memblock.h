/*
 * mm/memblock.h - physical memory before there are pages: which ranges there are, which are taken.
 */
#ifndef MM_MEMBLOCK_H
#define MM_MEMBLOCK_H

#include "kernel/lib/compiler.h"

#define NUMA_NO_NODE         (-1)
#define MEMBLOCK_MAX_REGIONS 1024
#define MEMBLOCK_ANYWHERE    UINT64_MAX

struct memblock_region {
    uint64_t start; /* physical, bytes, [start, end) */
    uint64_t end;
    int nid; /* memory: the node that owns it, or NUMA_NO_NODE; reserved: not used */
};

/* Sorted by start, disjoint; neighbours that touch and have the same node are one region. */
struct memblock_type {
    unsigned nr;
    struct memblock_region regions[MEMBLOCK_MAX_REGIONS];
};

struct memblock {
    struct memblock_type memory;   /* RAM */
    struct memblock_type reserved; /* what somebody has; may cover places that are not RAM */
    struct memblock_type
        hotplug;    /* may be pulled out: not allocated from while there is other memory */
    uint64_t limit; /* allocations end below; MEMBLOCK_ANYWHERE for none */
    bool bottom_up; /* allocate from the low end instead of the high one, */
    uint64_t floor; /* first from here on, and below if that is full */
};

/* The machine's own. Host tests make others. */
extern struct memblock memblock;

int memblock_add(struct memblock *mb, uint64_t start, uint64_t end, int nid);
int memblock_remove(struct memblock *mb, uint64_t start, uint64_t end);
int memblock_reserve(struct memblock *mb, uint64_t start, uint64_t end);
int memblock_free(struct memblock *mb, uint64_t start, uint64_t end);
int memblock_set_node(struct memblock *mb, uint64_t start, uint64_t end, int nid);

int memblock_mark_hotplug(struct memblock *mb, uint64_t start, uint64_t end);
int memblock_clear_hotplug(struct memblock *mb, uint64_t start, uint64_t end);
bool memblock_first_hotplug(const struct memblock *mb, uint64_t start, uint64_t end, uint64_t *at);

uint64_t memblock_alloc(struct memblock *mb, uint64_t size, uint64_t align, int nid);
uint64_t memblock_alloc_exact(struct memblock *mb, uint64_t size, uint64_t align, int nid);
uint64_t memblock_alloc_range(struct memblock *mb, uint64_t size, uint64_t align, uint64_t lo,
                              uint64_t hi, int nid);

bool memblock_next_free(const struct memblock *mb, uint64_t *cursor, int nid, uint64_t *start,
                        uint64_t *end);
bool memblock_overlaps_memory(const struct memblock *mb, uint64_t start, uint64_t end);
uint64_t memblock_bytes_in(const struct memblock *mb, uint64_t start, uint64_t end, int nid);
bool memblock_node_span(const struct memblock *mb, int nid, uint64_t *start, uint64_t *end);
int memblock_nid_of(const struct memblock *mb, uint64_t pa);
uint64_t memblock_end(const struct memblock *mb);

#endif
