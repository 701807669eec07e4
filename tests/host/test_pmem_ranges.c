/*
 * tests/host/test_pmem_ranges.c - mm/pmem_ranges.c: which persistent memory is used.
 */
#include "kernel/lib/errno.h"
#include "mm/pmem_ranges.h"
#include "tests/host/test.h"
#include <arch/page.h>

static struct pmem_ranges list;
static struct memblock ram;

/* 1 GiB of RAM, and addresses of 40 bits. */
static void begin(void)
{
    list = (struct pmem_ranges){.limit = 1ULL << 40};
    ram = (struct memblock){.limit = MEMBLOCK_ANYWHERE};
    memblock_add(&ram, MiB(1), GiB(1), 0);
}

static int add(uint64_t start, uint64_t end, bool from_nfit, const char **why)
{
    struct pmem_range r = {
        .start = start, .end = end, .from_nfit = from_nfit, .pxm_valid = from_nfit, .pxm = 3};

    return pmem_ranges_add(&list, &ram, &r, why);
}

static void expect_range(unsigned i, uint64_t start, uint64_t end, bool from_nfit)
{
    ASSERT(i < list.nr);
    EXPECT_EQ(start, list.range[i].start);
    EXPECT_EQ(end, list.range[i].end);
    EXPECT_EQ(from_nfit, list.range[i].from_nfit);
}

static void expect_refused(uint64_t start, uint64_t end, const char *reason)
{
    const char *why = "";

    begin();
    EXPECT_EQ(-EINVAL, add(start, end, true, &why));
    EXPECT_EQ(0, list.nr);
    if (!strstr(why, reason))
        host_fail(__FILE__, __LINE__, "expected \"%s\", got \"%s\"", reason, why);
}

HTEST(pmem_ranges, ranges_are_sorted_and_rounded_inwards)
{
    const char *why;

    begin();
    EXPECT_EQ(0, add(GiB(8) + 1, GiB(8) + 3 * PAGE_SIZE - 1, true, &why));
    EXPECT_EQ(0, add(GiB(2), GiB(3), true, &why));
    EXPECT_EQ(2, list.nr);
    expect_range(0, GiB(2), GiB(3), true);
    expect_range(1, GiB(8) + PAGE_SIZE, GiB(8) + 2 * PAGE_SIZE, true);
}

/* The drawing in the file's head: the NFIT knows the domain, the map only that it is there. */
HTEST(pmem_ranges, memory_map_adds_only_what_the_nfit_lacks)
{
    const char *why;

    begin();
    add(GiB(5), GiB(6), true, &why);
    add(GiB(7), GiB(8), true, &why);
    EXPECT_EQ(0, add(GiB(4), GiB(10), false, &why));
    EXPECT_EQ(5, list.nr);
    expect_range(0, GiB(4), GiB(5), false);
    expect_range(1, GiB(5), GiB(6), true);
    expect_range(2, GiB(6), GiB(7), false);
    expect_range(3, GiB(7), GiB(8), true);
    expect_range(4, GiB(8), GiB(10), false);
    EXPECT_EQ(0, add(GiB(4), GiB(10), false, &why)); /* all known by now */
    EXPECT_EQ(5, list.nr);
}

/* A byte of two devices, or of a device and the buddy, is lost data. */
HTEST(pmem_ranges, overlaps_are_refused)
{
    const char *why = "";

    expect_refused(MiB(512), MiB(513), "has RAM there");
    expect_refused(GiB(1) - PAGE_SIZE, GiB(2), "has RAM there");
    begin();
    EXPECT_EQ(0, add(GiB(4), GiB(5), true, &why));
    EXPECT_EQ(-EINVAL, add(GiB(5) - PAGE_SIZE, GiB(6), true, &why));
    EXPECT(strstr(why, "overlaps") != NULL);
    EXPECT_EQ(1, list.nr);
}

HTEST(pmem_ranges, what_cannot_be_is_refused)
{
    expect_refused(GiB(4), GiB(4), "empty");
    expect_refused(GiB(5), GiB(4), "past the end");
    expect_refused(GiB(4), GiB(4) + PAGE_SIZE - 1, "no whole page");
    expect_refused(GiB(4) + 1, GiB(4) + 2 * PAGE_SIZE - 1, "no whole page");
    expect_refused(1ULL << 40, (1ULL << 40) + GiB(1), "can address");
    expect_refused(0, KiB(512), "devices");
    expect_refused(0xfee00000, 0xfee01000, "devices");
    expect_refused(GiB(3), GiB(8), "devices");
}

HTEST(pmem_ranges, list_that_is_full_says_so)
{
    const char *why = "";
    unsigned i;

    begin();
    for (i = 0; i < PMEM_MAX_RANGES; i++)
        EXPECT_EQ(0, add(GiB(4) + i * MiB(2), GiB(4) + i * MiB(2) + MiB(1), true, &why));
    EXPECT_EQ(-ENOSPC, add(GiB(4) + i * MiB(2), GiB(4) + i * MiB(2) + MiB(1), true, &why));
    EXPECT(strstr(why, "too many") != NULL);
    EXPECT_EQ(PMEM_MAX_RANGES, list.nr);
}

/* D1, against a map of cells. */
HTEST(pmem_ranges, any_sequence_gives_the_union)
{
    for (int round = 0; round < 200; round++) {
        bool cells[64] = {false};
        uint64_t bytes = 0;
        unsigned nr = 0;
        const char *why;

        begin();
        for (int i = 0; i < 12; i++) {
            unsigned first = host_random_below(64), last = first + host_random_below(64 - first);

            EXPECT_EQ(0, add(GiB(4) + first * MiB(1), GiB(4) + (last + 1) * MiB(1), false, &why));
            for (unsigned c = first; c <= last; c++)
                cells[c] = true;
        }
        for (unsigned c = 0; c < 64; c++)
            nr += cells[c];
        for (unsigned i = 0; i < list.nr; i++) {
            EXPECT(list.range[i].start < list.range[i].end);
            EXPECT(i == 0 || list.range[i - 1].end <= list.range[i].start);
            bytes += list.range[i].end - list.range[i].start;
        }
        EXPECT_EQ((uint64_t)nr * MiB(1), bytes);
    }
}
