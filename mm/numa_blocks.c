/*
 * mm/numa_blocks.c - the list of address ranges with their nodes, from raw to usable.
 *
 * THEORY
 *
 * Firmware describes a node's memory in ranges that may lie outside of RAM, reach past its end,
 * hold holes, come in any order, or contradict each other. Three steps make them usable:
 *
 *   trim     ranges without any RAM go (they are room for hot-plug), the others end where RAM ends;
 *   check    two nodes must not claim the same byte;
 *   join     ranges of one node become one if no other node lies between them, so that the hole
 *            below 1 MiB, say, doesn't split node 0:
 *
 *            node 0: [0, 640K) [1M, 512M)   node 1: [512M, 1G)
 *        ->  node 0: [0, 512M)              node 1: [512M, 1G)
 *
 * The list stays in the firmware's order throughout, since numa=fake cuts it in that order; a joined
 * range has the place of its first part.
 *
 * LOCKING  None: the boot CPU alone.
 * UNITS    Physical addresses in bytes, [start, end).
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/sort.h"
#include "kernel/lib/string.h"
#include "mm/numa_internal.h"
#include <arch/page.h>

/* Work space of numa_blocks_join and numa_blocks_fit: too big for the stack. */
static struct sorted_block {
    struct numa_block block;
    unsigned place; /* in the list */
} sorted[NUMA_MAX_BLOCKS];
static struct memblock trial;

/* numa_blocks_add - append a range; -ENOSPC if the list is full. Empty ranges are not kept. */
int numa_blocks_add(struct numa_blocks *b, uint64_t start, uint64_t end, int nid)
{
    if (start >= end)
        return 0;
    if (b->nr == NUMA_MAX_BLOCKS)
        return -ENOSPC;
    b->block[b->nr++] = (struct numa_block){.start = start, .end = end, .nid = nid};
    return 0;
}

/* numa_blocks_remove - drop entry @i; the order of the others stays. */
void numa_blocks_remove(struct numa_blocks *b, unsigned i)
{
    b->nr--;
    memmove(&b->block[i], &b->block[i + 1], (b->nr - i) * sizeof(b->block[0]));
}

/* numa_blocks_trim - drop ranges without RAM, end the others at the end of RAM. */
void numa_blocks_trim(struct numa_blocks *b, const struct memblock *mb)
{
    uint64_t ram_end = memblock_end(mb);

    for (unsigned i = 0; i < b->nr;) {
        struct numa_block *block = &b->block[i];

        if (!memblock_overlaps_memory(mb, block->start, block->end)) {
            numa_blocks_remove(b, i);
            continue;
        }
        block->end = min(block->end, ram_end);
        i++;
    }
}

static bool share_bytes(const struct numa_block *a, uint64_t start, uint64_t end)
{
    return a->start < end && a->end > start;
}

/* numa_blocks_find_overlap - two ranges of different nodes that share a byte, if there are such. */
bool numa_blocks_find_overlap(const struct numa_blocks *b, unsigned *first, unsigned *second)
{
    for (*first = 0; *first < b->nr; (*first)++) {
        const struct numa_block *a = &b->block[*first];

        for (*second = *first + 1; *second < b->nr; (*second)++) {
            const struct numa_block *c = &b->block[*second];

            if (a->nid != c->nid && share_bytes(a, c->start, c->end))
                return true;
        }
    }
    return false;
}

static int by_start(const void *a, const void *b)
{
    const struct sorted_block *x = a, *y = b;

    if (x->block.start != y->block.start)
        return x->block.start < y->block.start ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* Join the sorted ranges [first, last), all of one node, in the place of the one listed first. */
static void join_run(struct numa_blocks *b, unsigned first, unsigned last)
{
    struct numa_block joined = sorted[first].block;
    unsigned place = sorted[first].place;

    for (unsigned i = first; i < last; i++) {
        joined.end = max(joined.end, sorted[i].block.end);
        place = min(place, sorted[i].place);
        b->block[sorted[i].place].end = 0;
    }
    b->block[place] = joined;
}

/*
 * numa_blocks_join - make ranges of one node one where nobody else lies between.
 *
 * Ranges of different nodes don't overlap (numa_blocks_find_overlap). O(n log n).
 */
void numa_blocks_join(struct numa_blocks *b)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < b->nr; i++)
        sorted[i] = (struct sorted_block){.block = b->block[i], .place = i};
    sort_array(sorted, b->nr, sizeof(sorted[0]), by_start);
    for (unsigned first = 0, last; first < b->nr; first = last) {
        for (last = first; last < b->nr && sorted[last].block.nid == sorted[first].block.nid;)
            last++;
        join_run(b, first, last);
    }
    for (unsigned i = 0; i < b->nr; i++) {
        if (b->block[i].end)
            b->block[kept++] = b->block[i];
    }
    b->nr = kept;
}

/* numa_block_ram - bytes of RAM in the whole pages of a range. */
uint64_t numa_block_ram(const struct numa_block *b, const struct memblock *mb)
{
    return memblock_bytes_in(mb, ALIGN_UP(b->start, PAGE_SIZE), ALIGN_DOWN(b->end, PAGE_SIZE),
                             NUMA_NO_NODE);
}

/* numa_blocks_ram - bytes of RAM, in whole pages, that the ranges give to a node. */
uint64_t numa_blocks_ram(const struct numa_blocks *b, const struct memblock *mb)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < b->nr; i++)
        bytes += numa_block_ram(&b->block[i], mb);
    return bytes;
}

/*
 * numa_blocks_apply - give the RAM in each range to its node, in @mb.
 *
 * RAM in no range, and a page that a border goes through, is nobody's and no longer in @mb
 * afterwards. Returns 0 or -ENOSPC; @mb is of no use then.
 */
int numa_blocks_apply(const struct numa_block *blocks, unsigned nr, struct memblock *mb)
{
    int err = memblock_set_node(mb, 0, UINT64_MAX, NUMA_NO_NODE);

    for (unsigned i = 0; i < nr && !err; i++) {
        uint64_t start = ALIGN_UP(blocks[i].start, PAGE_SIZE);
        uint64_t end = ALIGN_DOWN(blocks[i].end, PAGE_SIZE);

        if (start < end)
            err = memblock_set_node(mb, start, end, blocks[i].nid);
    }
    for (unsigned i = 0; i < mb->memory.nr && !err;) {
        const struct memblock_region *r = &mb->memory.regions[i];

        if (r->nid == NUMA_NO_NODE)
            err = memblock_remove(mb, r->start, r->end);
        else
            i++;
    }
    return err;
}

/* numa_blocks_fit - is there room in @mb's list for the pieces that the ranges cut RAM into? */
bool numa_blocks_fit(const struct numa_blocks *b, const struct memblock *mb)
{
    trial.memory = mb->memory;
    return numa_blocks_apply(b->block, b->nr, &trial) == 0;
}
