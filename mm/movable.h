/*
 * mm/movable.h - which part of each node is ZONE_MOVABLE.
 */
#ifndef MM_MOVABLE_H
#define MM_MOVABLE_H

#include "kernel/lib/nodemask.h"
#include "mm/memblock.h"

/* The value of kernelcore= or movablecore=. */
struct movable_size {
    bool given;
    unsigned percent;       /* of all memory; 0: nr_pages counts */
    unsigned long nr_pages; /* rounded down */
};

/* What the command line asks for. */
struct movable_options {
    struct movable_size kernelcore;  /* at least so much for the kernel */
    struct movable_size movablecore; /* so much for what can be moved */
    bool movable_node; /* hot-pluggable ranges are movable; the sizes don't count then */
};

/* First page of each node's ZONE_MOVABLE, 0 if it has none. Fixed at boot, read without a lock. */
extern unsigned long zone_movable_pfn[MAX_NUMNODES];

int movable_parse_size(const char *text, struct movable_size *out, const char **why);
void movable_find(unsigned long *border, const struct memblock *mb,
                  const struct movable_options *options);

/*
 * movable_early - obey movable_node before anything is allocated: from @kernel_end upwards, so that no
 * page table comes to lie in a range that may be pulled out. Context: boot, RAM is in @mb.
 */
void movable_early(struct memblock *mb, uint64_t kernel_end);
/*
 * movable_init - fill zone_movable_pfn, and tell the log. Context: boot, RAM in @mb has nodes; hot-pluggable
 * ranges of nodes that hold something already are struck from @mb's list.
 */
void movable_init(struct memblock *mb);

#endif
