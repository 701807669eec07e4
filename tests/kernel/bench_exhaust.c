/*
 * tests/kernel/bench_exhaust.c - what it costs to take all memory of a node, and to give it back.
 *
 * As in bench_page_alloc.c each call is between two readings of the time stamp counter, but the batch is
 * whatever the node gives: so the lists of the CPU run empty and are filled again and again, blocks are
 * split down to the order that is wanted, and merge when they come back. Shown in hundredths of a tick a
 * page, as a block of 512 pages costs less than a tick for each. The call that fails isn't counted.
 */
#include "kernel/bench.h"
#include "kernel/cpu.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include <arch/clock.h>
#include <arch/irq.h>

#define ROUNDS 3

struct cost {
    uint64_t alloc; /* hundredths of a tick a page */
    uint64_t free;
};

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

/* The blocks are linked through page->lru. Returns how many. */
static unsigned long take_all(struct list_head *held, int nid, unsigned order, uint64_t reading,
                              uint64_t *ticks)
{
    gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN | __GFP_THISNODE;
    unsigned long nr = 0;

    for (*ticks = 0;; nr++) {
        uint64_t start = clock_ticks(), end;
        struct page *page = alloc_pages_node(nid, gfp, order);

        end = clock_ticks();
        if (!page)
            return nr;
        *ticks += end - start - reading;
        list_add_tail(&page->lru, held);
    }
}

static uint64_t free_all(struct list_head *held, unsigned order, uint64_t reading)
{
    uint64_t ticks = 0;

    while (!list_empty(held)) {
        struct page *page = list_first_entry(held, struct page, lru);
        uint64_t start;

        list_del(&page->lru);
        start = clock_ticks();
        __free_pages(page, order);
        ticks += clock_ticks() - start - reading;
    }
    return ticks;
}

/* Returns how many pages the node gave in the last round. */
static unsigned long measure(int nid, unsigned order, struct cost *cost)
{
    uint64_t reading = reading_cost();
    unsigned long nr_pages = 0;

    *cost = (struct cost){.alloc = UINT64_MAX, .free = UINT64_MAX};
    for (int round = 0; round < ROUNDS; round++) {
        struct list_head held = LIST_HEAD_INIT(held);
        unsigned long flags = irq_save();
        uint64_t alloc_ticks, free_ticks;

        nr_pages = take_all(&held, nid, order, reading, &alloc_ticks) << order;
        free_ticks = free_all(&held, order, reading);
        irq_restore(flags);
        if (nr_pages == 0)
            break;
        cost->alloc = min(cost->alloc, alloc_ticks * 100 / nr_pages);
        cost->free = min(cost->free, free_ticks * 100 / nr_pages);
    }
    return nr_pages;
}

static void print_order(struct seqbuf *out, int nid, unsigned order)
{
    struct cost cost;
    unsigned long nr_pages = measure(nid, order, &cost);

    if (nr_pages)
        seq_printf(out, "BENCH page_alloc.exhaust order=%u pages=%lu alloc100=%lu free100=%lu\n",
                   order, nr_pages, (unsigned long)cost.alloc, (unsigned long)cost.free);
}

/* Another node than the CPU's, as nobody needs its memory meanwhile; no lines if there is none. */
static void bench_exhaust(struct seqbuf *out)
{
    int here = node_nearest_with_memory(numa_node_id()), nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        if (nid == here)
            continue;
        print_order(out, nid, 0);
        print_order(out, nid, 9);
        return;
    }
}

BENCH("page_alloc.exhaust", bench_exhaust);
