/*
 * tests/kernel/bench_vmalloc.c - what vmalloc() and vfree() cost, and the flush that serves many.
 *
 * Each is the least of several rounds; a purge between them makes all rounds alike.
 */
#include "kernel/bench.h"
#include "mm/vmalloc.h"
#include "mm/vmap_area.h"
#include <arch/clock.h>

#define ROUNDS 16
#define BATCH  16

struct cost {
    uint64_t alloc, free, purge; /* ticks; the purge for all of the batch */
};

static bool measure_round(size_t size, struct cost *least)
{
    void *held[BATCH];
    uint64_t start = clock_ticks(), alloc, free, purge;
    bool ok = true;

    for (int i = 0; i < BATCH; i++) {
        held[i] = vmalloc(size);
        ok = ok && held[i];
    }
    alloc = clock_ticks() - start;
    start = clock_ticks();
    for (int i = 0; i < BATCH; i++)
        vfree(held[i]);
    free = clock_ticks() - start;
    start = clock_ticks();
    vmap_purge();
    purge = clock_ticks() - start;
    least->alloc = min(least->alloc, alloc / BATCH);
    least->free = min(least->free, free / BATCH);
    least->purge = min(least->purge, purge);
    return ok;
}

static void bench_vmalloc(struct seqbuf *out)
{
    static const unsigned sizes[] = {1, 4, 16, 64};

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct cost least = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
        bool ok = true;

        vmap_purge();
        for (int round = 0; round < ROUNDS && ok; round++)
            ok = measure_round(sizes[i] * PAGE_SIZE, &least);
        if (ok)
            seq_printf(out, "BENCH vmalloc.pages nr=%u alloc=%lu free=%lu purge_of_%d=%lu\n",
                       sizes[i], (unsigned long)least.alloc, (unsigned long)least.free, BATCH,
                       (unsigned long)least.purge);
    }
}

BENCH("vmalloc.pages", bench_vmalloc);
