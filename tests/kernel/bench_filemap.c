/*
 * tests/kernel/bench_filemap.c - what the page cache costs: a page that is new, one that is there, one that
 * is dropped. Ticks a page; the least of several rounds.
 */
#include "kernel/bench.h"
#include "tests/kernel/cache_helpers.h"
#include <arch/clock.h>

#define ROUNDS 8
#define PAGES  512

static struct test_file file;

/* Read a word of each page; ticks a page. */
static uint64_t read_all(void)
{
    uint64_t start = clock_ticks();

    for (unsigned long index = 0; index < PAGES; index++) {
        unsigned long word;

        filemap_read(&file.mapping, index << PAGE_SHIFT, &word, sizeof(word));
    }
    return (clock_ticks() - start) / PAGES;
}

/* Drop what is there, which nobody has used again; ticks a page. */
static uint64_t drop_all(void)
{
    uint64_t start = clock_ticks();
    unsigned long nr = reclaim_all_once();

    return (clock_ticks() - start) / max(nr, 1ul);
}

static void filemap_bench(struct seqbuf *out)
{
    uint64_t read_new = UINT64_MAX, found = UINT64_MAX, dropped = UINT64_MAX;

    test_file_init(&file, PAGES, false);
    for (int round = 0; round < ROUNDS; round++) {
        read_new = min(read_new, read_all());
        dropped = min(dropped, drop_all());
        read_all();
        found = min(found, read_all());
        reclaim_all_once();
        reclaim_all_once();
    }
    address_space_drop(&file.mapping);
    seq_printf(out, "BENCH filemap.page new=%llu found=%llu dropped=%llu\n",
               (unsigned long long)read_new, (unsigned long long)found,
               (unsigned long long)dropped);
}

BENCH("filemap.page", filemap_bench);
