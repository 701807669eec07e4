/*
 * mm/numa_internal.h - what the parts of the topology decision share.
 */
#ifndef MM_NUMA_INTERNAL_H
#define MM_NUMA_INTERNAL_H

#include "mm/numa.h"

/* A list of ranges while it is worked on. */
struct numa_blocks {
    unsigned nr;
    struct numa_block block[NUMA_MAX_BLOCKS];
};

int numa_blocks_add(struct numa_blocks *b, uint64_t start, uint64_t end, int nid);
void numa_blocks_remove(struct numa_blocks *b, unsigned i);
void numa_blocks_trim(struct numa_blocks *b, const struct memblock *mb);
bool numa_blocks_find_overlap(const struct numa_blocks *b, unsigned *first, unsigned *second);
void numa_blocks_join(struct numa_blocks *b);
uint64_t numa_block_ram(const struct numa_block *b, const struct memblock *mb);
uint64_t numa_blocks_ram(const struct numa_blocks *b, const struct memblock *mb);
int numa_blocks_apply(const struct numa_block *blocks, unsigned nr, struct memblock *mb);
bool numa_blocks_fit(const struct numa_blocks *b, const struct memblock *mb);

int numa_fake(struct numa_topology *t, const struct memblock *mb, const char *option);
void numa_print(const struct numa_topology *t, const struct numa_input *in);
void numa_report(struct seqbuf *s, const struct numa_topology *t, const struct numa_input *in);

#endif
