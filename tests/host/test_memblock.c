/*
 * tests/host/test_memblock.c - mm/memblock.c against a model that is too simple to be wrong.
 *
 * The model is one cell a granule of a small address space: whose RAM it is, and whether it is
 * taken. After each operation both lists must be exactly what the cells give when neighbours that
 * are equal are joined; that is M1 and M2.
 */
#include "kernel/lib/errno.h"
#include "mm/memblock.h"
#include "tests/host/test.h"

#define GRANULE  0x1000ULL
#define CELLS    96
#define NO_RAM   (-2)
#define NR_NODES 3

static struct memblock mb;
static int owner[CELLS]; /* node, NUMA_NO_NODE, or NO_RAM */
static bool taken[CELLS];

static void begin(void)
{
    mb = (struct memblock){.limit = MEMBLOCK_ANYWHERE};
    for (unsigned i = 0; i < CELLS; i++) {
        owner[i] = NO_RAM;
        taken[i] = false;
    }
}

/* Is [first, last) of the cells what region @i says? */
static bool same_region(const struct memblock_type *t, unsigned i, unsigned first, unsigned last,
                        int nid)
{
    const struct memblock_region *r = &t->regions[i];

    return i < t->nr && r->start == first * GRANULE && r->end == last * GRANULE && r->nid == nid;
}

static bool memory_matches(void)
{
    unsigned nr = 0;

    for (unsigned first = 0, last; first < CELLS; first = last) {
        for (last = first; last < CELLS && owner[last] == owner[first];)
            last++;
        if (owner[first] != NO_RAM && !same_region(&mb.memory, nr++, first, last, owner[first]))
            return false;
    }
    return nr == mb.memory.nr;
}

static bool reserved_matches(void)
{
    unsigned nr = 0;

    for (unsigned first = 0, last; first < CELLS; first = last) {
        for (last = first; last < CELLS && taken[last] == taken[first];)
            last++;
        if (taken[first] && !same_region(&mb.reserved, nr++, first, last, NUMA_NO_NODE))
            return false;
    }
    return nr == mb.reserved.nr;
}

/* ---- changes, on both ---- */

static void add(unsigned first, unsigned last, int nid)
{
    EXPECT_EQ(0, memblock_add(&mb, first * GRANULE, last * GRANULE, nid));
    for (unsigned i = first; i < last; i++)
        owner[i] = nid;
}

static void remove_ram(unsigned first, unsigned last)
{
    EXPECT_EQ(0, memblock_remove(&mb, first * GRANULE, last * GRANULE));
    for (unsigned i = first; i < last; i++)
        owner[i] = NO_RAM;
}

static void set_node(unsigned first, unsigned last, int nid)
{
    EXPECT_EQ(0, memblock_set_node(&mb, first * GRANULE, last * GRANULE, nid));
    for (unsigned i = first; i < last; i++)
        owner[i] = owner[i] == NO_RAM ? NO_RAM : nid;
}

static void reserve(unsigned first, unsigned last, bool take)
{
    int rc = take ? memblock_reserve(&mb, first * GRANULE, last * GRANULE)
                  : memblock_free(&mb, first * GRANULE, last * GRANULE);

    EXPECT_EQ(0, rc);
    for (unsigned i = first; i < last; i++)
        taken[i] = take;
}

/* ---- allocation ---- */

/* Can @nr cells from @at on be handed out as one piece of @nid? */
static bool is_free(unsigned at, unsigned nr, int nid)
{
    if (at == 0 || at + nr > CELLS || owner[at] == NO_RAM)
        return false;
    if (nid != NUMA_NO_NODE && owner[at] != nid)
        return false;
    for (unsigned i = at; i < at + nr; i++) {
        if (taken[i] || owner[i] != owner[at])
            return false;
    }
    return true;
}

/* Where the model finds room in [lo, hi), 0 if nowhere. Cell 0 is never handed out as the address 0
 * is not, and nothing in the tests is smaller than a cell. */
static unsigned find_room(unsigned nr, unsigned align, unsigned lo, unsigned hi, int nid)
{
    unsigned found = 0;

    for (unsigned at = 0; at < CELLS; at += align) {
        if (at < lo || at + nr > hi || !is_free(at, nr, nid))
            continue;
        found = at;
        if (mb.bottom_up)
            break;
    }
    return found;
}

static void alloc_range(unsigned nr, unsigned align, unsigned lo, unsigned hi, int nid)
{
    unsigned want = find_room(nr, align, lo, hi, nid);

    EXPECT_EQ(want * GRANULE, memblock_alloc_range(&mb, nr * GRANULE, align * GRANULE, lo * GRANULE,
                                                   hi * GRANULE, nid));
    for (unsigned i = want; want && i < want + nr; i++)
        taken[i] = true; /* M3 */
}

/* From @nid, else from anywhere, below the limit. */
static void alloc(unsigned nr, unsigned align, int nid)
{
    unsigned hi = (unsigned)min(mb.limit / GRANULE, (uint64_t)CELLS);
    unsigned want = find_room(nr, align, 0, hi, nid);

    if (!want)
        want = find_room(nr, align, 0, hi, NUMA_NO_NODE);
    EXPECT_EQ(want * GRANULE, memblock_alloc(&mb, nr * GRANULE, align * GRANULE, nid));
    for (unsigned i = want; want && i < want + nr; i++)
        taken[i] = true;
}

static int random_node(void)
{
    return (int)host_random_below(NR_NODES + 1) - 1;
}

/* One operation at random. */
static void step(void)
{
    unsigned a = host_random_below(CELLS + 1), b = host_random_below(CELLS + 1);
    unsigned first = min(a, b), last = max(a, b);
    unsigned nr = 1 + host_random_below(5), align = 1U << host_random_below(4);
    int nid = random_node();

    last = min(last, first + 1 + host_random_below(20));
    switch (host_random_below(8)) {
    case 0:
    case 1:
        add(first, last, nid);
        break;
    case 2:
        remove_ram(first, last);
        break;
    case 3:
        set_node(first, last, nid);
        break;
    case 4:
        reserve(first, last, true);
        break;
    case 5:
        reserve(first, last, false);
        break;
    case 6:
        mb.limit = host_random_below(3) ? MEMBLOCK_ANYWHERE : host_random_below(CELLS) * GRANULE;
        alloc(nr, align, nid);
        mb.limit = MEMBLOCK_ANYWHERE;
        break;
    default:
        mb.bottom_up = host_random_below(2);
        alloc_range(nr, align, min(a, b), max(a, b), nid);
        break;
    }
}

/* A byte would be handed out twice, or be lost. */
HTEST(memblock, lists_equal_a_naive_model_after_any_operations)
{
    begin();
    for (unsigned i = 0; i < 40000; i++) {
        step();
        ASSERT(memory_matches());
        ASSERT(reserved_matches());
        if (i % 2000 == 1999)
            begin();
    }
}

/* The buddy gets what this walk yields: what it misses is lost, what it yields twice is corrupted. */
static void expect_walk(int nid)
{
    uint64_t cursor = 0, start, end;
    bool seen[CELLS] = {false};

    while (memblock_next_free(&mb, &cursor, nid, &start, &end)) {
        ASSERT(start < end);
        for (uint64_t i = start / GRANULE; i < end / GRANULE; i++) {
            EXPECT(owner[i] == owner[start / GRANULE]);
            EXPECT(!seen[i]);
            seen[i] = true;
        }
    }
    for (unsigned i = 0; i < CELLS; i++) {
        bool free = owner[i] != NO_RAM && !taken[i] && (nid == NUMA_NO_NODE || owner[i] == nid);

        EXPECT_EQ(free, seen[i]);
    }
}

static uint64_t cells_in(unsigned first, unsigned last, int nid)
{
    uint64_t nr = 0;

    for (unsigned i = first; i < last; i++)
        nr += owner[i] != NO_RAM && (nid == NUMA_NO_NODE || owner[i] == nid);
    return nr;
}

static void expect_span(int nid)
{
    uint64_t start = 1, end = 1;
    bool found = memblock_node_span(&mb, nid, &start, &end);

    EXPECT_EQ(cells_in(0, CELLS, nid) > 0, found);
    if (!found)
        return;
    EXPECT_EQ(nid, owner[start / GRANULE]);
    EXPECT_EQ(nid, owner[end / GRANULE - 1]);
    EXPECT_EQ(0, cells_in(0, (unsigned)(start / GRANULE), nid));
    EXPECT_EQ(0, cells_in((unsigned)(end / GRANULE), CELLS, nid));
}

/* Spans, present pages and the free ranges that the buddy gets all come from these. */
HTEST(memblock, questions_are_answered_as_the_naive_model_does)
{
    for (unsigned round = 0; round < 400; round++) {
        unsigned a = host_random_below(CELLS + 1), b = host_random_below(CELLS + 1);
        unsigned first = min(a, b), last = max(a, b);
        unsigned cell = host_random_below(CELLS);

        begin();
        for (unsigned i = 0; i < 30; i++)
            step();
        for (int nid = NUMA_NO_NODE; nid < NR_NODES; nid++) {
            expect_walk(nid);
            EXPECT_EQ(cells_in(first, last, nid) * GRANULE,
                      memblock_bytes_in(&mb, first * GRANULE, last * GRANULE, nid));
            if (nid != NUMA_NO_NODE)
                expect_span(nid);
        }
        EXPECT_EQ(cells_in(first, last, NUMA_NO_NODE) > 0,
                  memblock_overlaps_memory(&mb, first * GRANULE, last * GRANULE));
        EXPECT_EQ(max(owner[cell], NUMA_NO_NODE), memblock_nid_of(&mb, cell * GRANULE + 5));
        EXPECT_EQ(0, cells_in((unsigned)(memblock_end(&mb) / GRANULE), CELLS, NUMA_NO_NODE));
    }
}

/* Arithmetic on a range that ends before it starts would count almost 2^64 bytes of RAM. */
HTEST(memblock, a_range_that_ends_before_it_starts_is_refused_and_holds_nothing)
{
    begin();
    add(1, 8, 0);
    EXPECT_EQ(-EINVAL, memblock_add(&mb, 5 * GRANULE, 4 * GRANULE, 0));
    EXPECT_EQ(-EINVAL, memblock_remove(&mb, 5 * GRANULE, 4 * GRANULE));
    EXPECT_EQ(-EINVAL, memblock_reserve(&mb, 5 * GRANULE, 4 * GRANULE));
    EXPECT_EQ(-EINVAL, memblock_free(&mb, 5 * GRANULE, 4 * GRANULE));
    EXPECT_EQ(-EINVAL, memblock_set_node(&mb, 5 * GRANULE, 4 * GRANULE, 1));
    EXPECT_EQ(0, memblock_bytes_in(&mb, 5 * GRANULE, 4 * GRANULE, NUMA_NO_NODE));
    EXPECT(!memblock_overlaps_memory(&mb, 5 * GRANULE, 4 * GRANULE));
    EXPECT(memory_matches());
}

/* A node's pages or page tables would end where the address arithmetic wraps. */
HTEST(memblock, requests_at_the_end_of_the_address_space_do_not_wrap)
{
    begin();
    ASSERT_EQ(0, memblock_add(&mb, UINT64_MAX - 0x5fff, UINT64_MAX, 0));
    EXPECT_EQ(0, memblock_alloc(&mb, UINT64_MAX, 1, 0));
    EXPECT_EQ(0, memblock_alloc(&mb, 0x1000, 1ULL << 63, 0));
    mb.bottom_up = true;
    EXPECT_EQ(0, memblock_alloc(&mb, 0x6000, 0x10000, 0));
    EXPECT_EQ((long long)(UINT64_MAX - 0x5fff), memblock_alloc(&mb, 0x1000, 0x1000, 0));
}

/* Every second granule of [0, 2 * MEMBLOCK_MAX_REGIONS) is in the list, which then is full. */
static void fill(struct memblock_type *t, int (*put)(uint64_t start, uint64_t end))
{
    begin();
    for (uint64_t i = 0; i < MEMBLOCK_MAX_REGIONS; i++)
        ASSERT_EQ(0, put(2 * i * GRANULE, (2 * i + 1) * GRANULE));
    ASSERT_EQ(MEMBLOCK_MAX_REGIONS, t->nr);
}

static int put_ram(uint64_t start, uint64_t end)
{
    return memblock_add(&mb, start, end, 0);
}

static int put_reserved(uint64_t start, uint64_t end)
{
    return memblock_reserve(&mb, start, end);
}

static bool same_type(const struct memblock_type *a, const struct memblock_type *b)
{
    if (a->nr != b->nr)
        return false;
    for (unsigned i = 0; i < a->nr; i++) {
        const struct memblock_region *x = &a->regions[i], *y = &b->regions[i];

        if (x->start != y->start || x->end != y->end || x->nid != y->nid)
            return false;
    }
    return true;
}

/* A firmware with a thousand ranges would write past the list, or undo what was reserved before. */
HTEST(memblock, a_full_list_refuses_what_does_not_fit_and_stays_as_it_was)
{
    static struct memblock before;

    fill(&mb.memory, put_ram);
    before = mb;
    EXPECT_EQ(-ENOSPC, memblock_add(&mb, 5000 * GRANULE, 5001 * GRANULE, 0));
    EXPECT_EQ(-ENOSPC, memblock_add(&mb, GRANULE, 2 * GRANULE, 1));
    EXPECT_EQ(-ENOSPC, memblock_add(&mb, 0x10, 0x20, 1));
    EXPECT_EQ(-ENOSPC, memblock_remove(&mb, 0x10, 0x20));
    EXPECT_EQ(-ENOSPC, memblock_set_node(&mb, 0x10, 0x20, 1));
    EXPECT_EQ(-ENOSPC, memblock_set_node(&mb, 0x10, 4 * GRANULE, 1));
    EXPECT(same_type(&before.memory, &mb.memory));
    fill(&mb.reserved, put_reserved);
    before = mb;
    EXPECT_EQ(-ENOSPC, memblock_free(&mb, 0x10, 0x20));
    EXPECT_EQ(-ENOSPC, memblock_reserve(&mb, 5000 * GRANULE, 5001 * GRANULE));
    EXPECT(same_type(&before.reserved, &mb.reserved));
}

/* One entry short of full, the second of two cuts fails: the first must not stay. */
HTEST(memblock, a_cut_that_fails_half_way_leaves_no_trace)
{
    static struct memblock before;

    fill(&mb.memory, put_ram);
    ASSERT_EQ(0, memblock_remove(&mb, 0, GRANULE));
    before = mb;
    EXPECT_EQ(-ENOSPC, memblock_remove(&mb, 2 * GRANULE + 0x10, 2 * GRANULE + 0x20));
    EXPECT_EQ(-ENOSPC, memblock_set_node(&mb, 2 * GRANULE + 0x10, 2 * GRANULE + 0x20, 1));
    EXPECT(same_type(&before.memory, &mb.memory));
}

/* Boot would fail for want of an entry that it doesn't need. */
HTEST(memblock, a_full_list_takes_what_needs_no_new_entry)
{
    fill(&mb.memory, put_ram);
    EXPECT_EQ(0, memblock_add(&mb, 0x10, 0x20, 0));
    EXPECT_EQ(0, memblock_add(&mb, GRANULE, GRANULE + 0x10, 0));
    EXPECT_EQ(MEMBLOCK_MAX_REGIONS, mb.memory.nr);
    EXPECT_EQ(0, memblock_add(&mb, GRANULE, 2 * GRANULE, 0));
    EXPECT_EQ(MEMBLOCK_MAX_REGIONS - 1, mb.memory.nr);
    fill(&mb.memory, put_ram);
    EXPECT_EQ(0, memblock_remove(&mb, 0, 10 * GRANULE));
    EXPECT_EQ(MEMBLOCK_MAX_REGIONS - 5, mb.memory.nr);
}

/* The bytes would be handed out though they couldn't be marked. */
HTEST(memblock, an_allocation_that_cannot_be_noted_fails)
{
    fill(&mb.reserved, put_reserved);
    ASSERT_EQ(0, memblock_add(&mb, 8000 * GRANULE, 8010 * GRANULE, 0));
    EXPECT_EQ(0, memblock_alloc(&mb, GRANULE, GRANULE, 0));
    ASSERT_EQ(0, memblock_free(&mb, 0, GRANULE));
    EXPECT_EQ(8009 * GRANULE, memblock_alloc(&mb, GRANULE, GRANULE, 0));
}
