/*
 * tests/kernel/test_memblock.c - the two lists of ranges, on a struct memblock of the test's own.
 */
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/memblock.h"
#include "tests/kernel/mm_helpers.h"

#define K(n) KiB(n)

static struct memblock mb;

static void start(void)
{
    memset(&mb, 0, sizeof(mb));
    mb.limit = MEMBLOCK_ANYWHERE;
}

/* RAM of node 0 from 64 KiB to 256 KiB, of node 1 from 256 KiB to 1 MiB. */
static void start_with_two_nodes(void)
{
    start();
    memblock_add(&mb, K(64), K(256), 0);
    memblock_add(&mb, K(256), K(1024), 1);
}

static void expect_region(const struct memblock_type *t, unsigned i, uint64_t from, uint64_t to,
                          int nid)
{
    KASSERT(i < t->nr);
    KEXPECT_EQ(from, t->regions[i].start);
    KEXPECT_EQ(to, t->regions[i].end);
    KEXPECT_EQ(nid, t->regions[i].nid);
}

/* Many small pieces of one range would fill the list on an ordinary machine. */
KTEST(memblock, neighbours_of_one_node_become_one_region)
{
    start();
    KEXPECT_EQ(0, memblock_add(&mb, K(64), K(128), 0));
    KEXPECT_EQ(0, memblock_add(&mb, K(192), K(256), 0));
    KEXPECT_EQ(2, mb.memory.nr);
    KEXPECT_EQ(0, memblock_add(&mb, K(128), K(192), 0));
    KEXPECT_EQ(1, mb.memory.nr);
    expect_region(&mb.memory, 0, K(64), K(256), 0);
}

/* Two nodes in one region would give the second one's memory to the first. */
KTEST(memblock, neighbours_of_two_nodes_stay_apart)
{
    start_with_two_nodes();
    KEXPECT_EQ(2, mb.memory.nr);
    expect_region(&mb.memory, 0, K(64), K(256), 0);
    expect_region(&mb.memory, 1, K(256), K(1024), 1);
}

/* numa_init() says whose memory is after all of it was added. */
KTEST(memblock, set_node_cuts_regions_at_its_borders_and_adds_no_ram)
{
    start();
    memblock_add(&mb, K(64), K(256), NUMA_NO_NODE);
    memblock_add(&mb, K(512), K(640), NUMA_NO_NODE);
    KEXPECT_EQ(0, memblock_set_node(&mb, K(128), K(576), 3));
    KASSERT_EQ(4, mb.memory.nr);
    expect_region(&mb.memory, 0, K(64), K(128), NUMA_NO_NODE);
    expect_region(&mb.memory, 1, K(128), K(256), 3);
    expect_region(&mb.memory, 2, K(512), K(576), 3);
    expect_region(&mb.memory, 3, K(576), K(640), NUMA_NO_NODE);
}

/* The hole below 1 MiB is taken out of a range that spans it. */
KTEST(memblock, remove_leaves_what_lies_around)
{
    start();
    memblock_add(&mb, 0, K(1024), 0);
    KEXPECT_EQ(0, memblock_remove(&mb, K(640), K(768)));
    KASSERT_EQ(2, mb.memory.nr);
    expect_region(&mb.memory, 0, 0, K(640), 0);
    expect_region(&mb.memory, 1, K(768), K(1024), 0);
}

/* Reserving twice must not make a later free half a free. */
KTEST(memblock, overlapping_reservations_are_one)
{
    start_with_two_nodes();
    memblock_reserve(&mb, K(100), K(200));
    memblock_reserve(&mb, K(150), K(300));
    memblock_reserve(&mb, K(120), K(130));
    KASSERT_EQ(1, mb.reserved.nr);
    expect_region(&mb.reserved, 0, K(100), K(300), NUMA_NO_NODE);
    KEXPECT_EQ(0, memblock_free(&mb, K(160), K(180)));
    KEXPECT_EQ(2, mb.reserved.nr);
}

/* Firmware gives ranges that end before they start; they must change nothing. */
KTEST(memblock, ranges_that_are_empty_or_backwards_change_nothing)
{
    start_with_two_nodes();
    KEXPECT_EQ(0, memblock_add(&mb, K(100), K(100), 5));
    KEXPECT_EQ(-EINVAL, memblock_add(&mb, K(200), K(100), 5));
    KEXPECT_EQ(-EINVAL, memblock_remove(&mb, K(200), K(100)));
    KEXPECT_EQ(-EINVAL, memblock_free(&mb, K(200), K(100)));
    KEXPECT_EQ(-EINVAL, memblock_set_node(&mb, K(200), K(100), 5));
    KEXPECT_EQ(2, mb.memory.nr);
    KEXPECT_EQ(0, mb.reserved.nr);
}

/* What is handed out twice is two owners of one page. */
KTEST(memblock, allocation_is_reserved_aligned_and_on_its_node)
{
    uint64_t a, b;

    start_with_two_nodes();
    a = memblock_alloc_exact(&mb, K(12), K(16), 0);
    b = memblock_alloc_exact(&mb, K(12), K(16), 0);
    KEXPECT_EQ(K(240), a);
    KEXPECT_EQ(K(224), b);
    KEXPECT_EQ(0, memblock_nid_of(&mb, a));
    KEXPECT_EQ(2, mb.reserved.nr);
}

/* Page tables of the early boot must lie low, everything else rather high. */
KTEST(memblock, direction_and_limit_are_obeyed)
{
    start_with_two_nodes();
    mb.bottom_up = true;
    KEXPECT_EQ(K(64), memblock_alloc(&mb, K(4), K(4), NUMA_NO_NODE));
    mb.bottom_up = false;
    KEXPECT_EQ(K(1020), memblock_alloc(&mb, K(4), K(4), NUMA_NO_NODE));
    mb.limit = K(300);
    KEXPECT_EQ(K(296), memblock_alloc(&mb, K(4), K(4), NUMA_NO_NODE));
    KEXPECT_EQ(0, memblock_alloc_range(&mb, K(4), K(4), K(300), K(400), NUMA_NO_NODE));
}

/* "Rather there than not at all" holds for a node's structures, but the exact form means it. */
KTEST(memblock, full_node_falls_back_unless_exact)
{
    start_with_two_nodes();
    KEXPECT_EQ(0, memblock_alloc_exact(&mb, K(193), 1, 0));
    KEXPECT_EQ(1, memblock_nid_of(&mb, memblock_alloc(&mb, K(193), 1, 0)));
    KEXPECT_EQ(0, memblock_alloc(&mb, K(1024), 1, 0));
    KEXPECT_EQ(0, memblock_alloc(&mb, UINT64_MAX, K(4), NUMA_NO_NODE));
}

/* 0 means failure, so the byte at 0 can't be an answer. */
KTEST(memblock, address_0_is_never_handed_out)
{
    start();
    memblock_add(&mb, 0, K(8), 0);
    mb.bottom_up = true;
    KEXPECT_EQ(K(4), memblock_alloc(&mb, K(4), K(4), 0));
    KEXPECT_EQ(0, memblock_alloc(&mb, K(4), K(4), 0));
}

/* The buddy gets what this walk yields: nothing twice, nothing that is taken. */
KTEST(memblock, free_ranges_are_memory_without_reservations)
{
    uint64_t cursor = 0, from = 0, to = 0;

    start_with_two_nodes();
    memblock_reserve(&mb, 0, K(80));
    memblock_reserve(&mb, K(200), K(300));
    KASSERT(memblock_next_free(&mb, &cursor, NUMA_NO_NODE, &from, &to));
    KEXPECT(from == K(80) && to == K(200));
    KASSERT(memblock_next_free(&mb, &cursor, NUMA_NO_NODE, &from, &to));
    KEXPECT(from == K(300) && to == K(1024));
    KEXPECT(!memblock_next_free(&mb, &cursor, NUMA_NO_NODE, &from, &to));
    cursor = 0;
    KASSERT(memblock_next_free(&mb, &cursor, 1, &from, &to));
    KEXPECT(from == K(300) && to == K(1024));
}

/* Zones are measured by these questions. */
KTEST(memblock, spans_and_sizes_count_one_nodes_ram_only)
{
    uint64_t from = 0, to = 0;

    start_with_two_nodes();
    memblock_add(&mb, K(2048), K(2176), 0);
    KASSERT(memblock_node_span(&mb, 0, &from, &to));
    KEXPECT(from == K(64) && to == K(2176));
    KEXPECT(!memblock_node_span(&mb, 2, &from, &to));
    KEXPECT_EQ(K(192) + K(128), memblock_bytes_in(&mb, 0, UINT64_MAX, 0));
    KEXPECT_EQ(K(56), memblock_bytes_in(&mb, K(200), K(300), 0));
    KEXPECT_EQ(K(100), memblock_bytes_in(&mb, K(200), K(300), NUMA_NO_NODE));
    KEXPECT_EQ(NUMA_NO_NODE, memblock_nid_of(&mb, K(1024)));
    KEXPECT_EQ(1, memblock_nid_of(&mb, K(1024) - 1));
    KEXPECT(memblock_overlaps_memory(&mb, K(1023), K(1500)));
    KEXPECT(!memblock_overlaps_memory(&mb, K(1024), K(2048)));
    KEXPECT_EQ(K(2176), memblock_end(&mb));
}

/* A machine in more pieces than there is room for is told so, and nothing is overwritten. */
KTEST(memblock, full_list_is_an_error)
{
    start();
    for (uint64_t i = 0; i < MEMBLOCK_MAX_REGIONS; i++)
        KASSERT_EQ(0, memblock_add(&mb, K(8 * i), K(8 * i + 4), 0));
    KEXPECT_EQ(-ENOSPC, memblock_add(&mb, GiB(1), GiB(2), 0));
    KEXPECT_EQ(-ENOSPC, memblock_set_node(&mb, K(1), K(2), 1));
    KEXPECT_EQ(MEMBLOCK_MAX_REGIONS, mb.memory.nr);
    KEXPECT_EQ(0, mb.reserved.nr);
}

#define MODEL_PAGES 256

/* Node of each page, -1 for no RAM; whether it is reserved. */
static int8_t model_node[MODEL_PAGES];
static bool model_reserved[MODEL_PAGES];

static void change_both(struct rng *r)
{
    unsigned a = rng_next(r) % MODEL_PAGES, b = rng_next(r) % (MODEL_PAGES + 1);
    unsigned op = rng_next(r) % 5;
    int nid = (int)(rng_next(r) % 3);

    for (unsigned i = a; i < b; i++) {
        if (op == 0 || (op == 2 && model_node[i] >= 0))
            model_node[i] = (int8_t)nid;
        else if (op == 1)
            model_node[i] = -1;
        else if (op >= 3)
            model_reserved[i] = op == 3;
    }
    if (a >= b)
        return;
    switch (op) {
    case 0:
        memblock_add(&mb, a * PAGE_SIZE, b * PAGE_SIZE, nid);
        break;
    case 1:
        memblock_remove(&mb, a * PAGE_SIZE, b * PAGE_SIZE);
        break;
    case 2:
        memblock_set_node(&mb, a * PAGE_SIZE, b * PAGE_SIZE, nid);
        break;
    case 3:
        memblock_reserve(&mb, a * PAGE_SIZE, b * PAGE_SIZE);
        break;
    default:
        memblock_free(&mb, a * PAGE_SIZE, b * PAGE_SIZE);
    }
}

/* M1 and M2 for a list. */
static bool list_is_in_order(const struct memblock_type *t)
{
    for (unsigned i = 0; i < t->nr; i++) {
        const struct memblock_region *r = &t->regions[i];

        if (r->start >= r->end)
            return false;
        if (i && (r[-1].end > r->start || (r[-1].end == r->start && r[-1].nid == r->nid)))
            return false;
    }
    return true;
}

static bool both_agree(void)
{
    uint64_t cursor = 0, from = 0, to = 0;
    unsigned nr_free = 0, seen = 0;

    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        if (memblock_nid_of(&mb, i * PAGE_SIZE) != model_node[i])
            return false;
        nr_free += model_node[i] >= 0 && !model_reserved[i];
    }
    while (memblock_next_free(&mb, &cursor, NUMA_NO_NODE, &from, &to)) {
        for (uint64_t i = from / PAGE_SIZE; i < to / PAGE_SIZE; i++, seen++)
            if (model_node[i] < 0 || model_reserved[i])
                return false;
    }
    return seen == nr_free;
}

/* Cutting and joining in every constellation, against an array with an entry a page. */
KTEST(memblock, random_changes_agree_with_a_page_by_page_model)
{
    struct rng r = {.state = 20231};

    start();
    memset(model_node, -1, sizeof(model_node));
    memset(model_reserved, 0, sizeof(model_reserved));
    for (int i = 0; i < 2000; i++) {
        change_both(&r);
        KASSERT(list_is_in_order(&mb.memory) && list_is_in_order(&mb.reserved));
        KASSERT(both_agree());
    }
}
