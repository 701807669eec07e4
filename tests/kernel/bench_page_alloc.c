/*
 * tests/kernel/bench_page_alloc.c - what a call of the page allocator costs.
 *
 * A round allocates a batch of blocks and frees them in the same order. Each call is between two
 * readings of the time stamp counter, what a reading costs is subtracted, and the batch's sum is
 * divided by its length: so splits and merges count with their true share. Of several rounds the
 * least counts: the others were disturbed.
 */
#include "kernel/bench.h"
#include "kernel/cpu.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include <arch/clock.h>
#include <arch/irq.h>

#define ROUNDS    16
#define MAX_BATCH 64
/* A batch takes at most this part of the node's free memory. */
#define SHARE 4

struct cost {
    uint64_t alloc; /* ticks a call */
    uint64_t free;
};

static struct page *batch[MAX_BATCH];

/* The least that two readings of the counter are apart. */
static uint64_t reading_cost(void)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < 64; i++) {
        uint64_t start = clock_ticks();

        least = min(least, clock_ticks() - start);
    }
    return least;
}

/* Allocate until the batch is full or the node is empty; the sum goes to @ticks. */
static unsigned alloc_batch(int nid, unsigned order, unsigned nr, uint64_t reading, uint64_t *ticks)
{
    gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN | __GFP_THISNODE;
    unsigned n = 0;

    for (*ticks = 0; n < nr; n++) {
        uint64_t start = clock_ticks();

        batch[n] = alloc_pages_node(nid, gfp, order);
        *ticks += clock_ticks() - start - reading;
        if (!batch[n])
            break;
    }
    return n;
}

static uint64_t free_batch(unsigned order, unsigned nr, uint64_t reading)
{
    uint64_t ticks = 0;

    for (unsigned n = 0; n < nr; n++) {
        uint64_t start = clock_ticks();

        __free_pages(batch[n], order);
        ticks += clock_ticks() - start - reading;
    }
    return ticks;
}

/* False if the node has no block of this order. */
static bool measure(int nid, unsigned order, struct cost *cost)
{
    unsigned long fitting = node_free_pages(nid) / SHARE >> order;
    unsigned nr = (unsigned)clamp(fitting, 1UL, (unsigned long)MAX_BATCH);
    uint64_t reading = reading_cost();

    *cost = (struct cost){.alloc = UINT64_MAX, .free = UINT64_MAX};
    for (int round = 0; round < ROUNDS; round++) {
        unsigned long flags = irq_save();
        uint64_t alloc_ticks, free_ticks;
        unsigned got = alloc_batch(nid, order, nr, reading, &alloc_ticks);

        free_ticks = free_batch(order, got, reading);
        irq_restore(flags);
        if (got == 0)
            return false;
        if (got < nr) { /* the last call failed: measure again with what there is */
            nr = got;
            continue;
        }
        cost->alloc = min(cost->alloc, alloc_ticks / got);
        cost->free = min(cost->free, free_ticks / got);
    }
    return cost->alloc != UINT64_MAX;
}

static void print_orders(struct seqbuf *out, const char *name, int nid)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        struct cost cost;

        if (measure(nid, order, &cost))
            seq_printf(out, "BENCH %s order=%u alloc=%lu free=%lu\n", name, order,
                       (unsigned long)cost.alloc, (unsigned long)cost.free);
    }
}

/* Blocks of the CPU's own node, or of the nearest if that has no memory. */
static void bench_local(struct seqbuf *out)
{
    print_orders(out, "page_alloc.local", node_nearest_with_memory(numa_node_id()));
}

/* Blocks of the nearest other node with memory; no lines on a machine that has none. */
static void bench_remote(struct seqbuf *out)
{
    int here = node_nearest_with_memory(numa_node_id()), nid, best = NUMA_NO_NODE;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        if (nid == here || node_free_pages(nid) == 0)
            continue;
        if (best == NUMA_NO_NODE || node_distance(here, nid) < node_distance(here, best))
            best = nid;
    }
    if (best != NUMA_NO_NODE)
        print_orders(out, "page_alloc.remote", best);
}

BENCH("page_alloc.local", bench_local);
BENCH("page_alloc.remote", bench_remote);
