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
 * LOCKING  None: the boot CPU alone.
 * UNITS    Physical addresses in bytes, [start, end).
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/numa_internal.h"

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

/* Does a node other than @nid have a range in [start, end)? */
static bool others_between(const struct numa_blocks *b, int nid, uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < b->nr; i++) {
        if (b->block[i].nid != nid && share_bytes(&b->block[i], start, end))
            return true;
    }
    return false;
}

/* numa_blocks_join - make ranges of one node one where nobody else lies between. */
void numa_blocks_join(struct numa_blocks *b)
{
    for (unsigned i = 0; i < b->nr; i++) {
        for (unsigned j = i + 1; j < b->nr;) {
            struct numa_block *a = &b->block[i], *c = &b->block[j];
            uint64_t start = min(a->start, c->start), end = max(a->end, c->end);

            if (a->nid != c->nid || others_between(b, a->nid, start, end)) {
                j++;
                continue;
            }
            a->start = start;
            a->end = end;
            numa_blocks_remove(b, j);
        }
    }
}

/* numa_blocks_ram - bytes of RAM, in whole pages, that the ranges give to a node. */
uint64_t numa_blocks_ram(const struct numa_blocks *b, const struct memblock *mb)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < b->nr; i++) {
        uint64_t start = b->block[i].start & ~4095ULL, end = b->block[i].end & ~4095ULL;

        bytes += memblock_bytes_in(mb, start, end, NUMA_NO_NODE);
    }
    return bytes;
}
