/*
 * tests/host/test_reclaim_math.c - mm/reclaim_math.c.
 */
#include "mm/reclaim_math.h"
#include "tests/host/test.h"

#define GIB (1ul << 18) /* pages */

/* The last round must look at everything, or reclaim gives up with pages left. */
HTEST(reclaim, priority_0_looks_at_all)
{
    EXPECT_EQ(1, lru_scan_target(4096, 12));
    EXPECT_EQ(0, lru_scan_target(4095, 12));
    EXPECT_EQ(4095, lru_scan_target(4095, 0));
}

/* Linux's table of ratios: 1 below 1 GiB, 3 at 1, 10 at 10, 31 at 100, 101 at 1024. */
HTEST(reclaim, active_share_grows_with_memory)
{
    static const struct {
        unsigned long total, ratio;
    } table[] = {{GIB / 2, 1}, {GIB, 3}, {10 * GIB, 10}, {100 * GIB, 31}, {1024 * GIB, 101}};

    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        unsigned long inactive = table[i].total / (table[i].ratio + 1);

        EXPECT(inactive_is_low(inactive - 1, table[i].total - inactive + 1));
        EXPECT(!inactive_is_low(inactive + 1, table[i].total - inactive - 1));
    }
    EXPECT(!inactive_is_low(0, 0));
}

/* An object as dear as a page goes as fast as pages; a dear one later, one that costs nothing first. */
HTEST(reclaim, shrinkers_are_asked_in_proportion)
{
    EXPECT_EQ(4, shrink_target(10000, 0, 12, 2));
    EXPECT_EQ(312, shrink_target(10000, 0, 6, 2));
    EXPECT_EQ(156, shrink_target(10000, 0, 6, 4));
    EXPECT_EQ(5000, shrink_target(10000, 0, 12, 0));
    EXPECT_EQ(20000, shrink_target(10000, 0, 0, 2)); /* not more than twice what there is */
    EXPECT_EQ(312 + 100, shrink_target(10000, 6400, 6, 2));
}

/* What was not done is not lost, and doesn't grow beyond what there is. */
HTEST(reclaim, what_was_not_scanned_is_deferred)
{
    EXPECT_EQ(56, shrink_defer(10000, 0, 256, 56));
    EXPECT_EQ(6400 - 256 + 20, shrink_defer(10000, 6400, 256, 20));
    EXPECT_EQ(200, shrink_defer(100, 5000, 0, 0));
}

/* A number that is too high makes a program take what others need; worked by hand. */
HTEST(reclaim, available_leaves_reserve_and_half_of_the_cache)
{
    EXPECT_EQ(1000 - 200, mem_available(1000, 200, 50, 0, 0));
    EXPECT_EQ(1000 - 200 + 600 - 50, mem_available(1000, 200, 50, 600, 0));
    EXPECT_EQ(1000 - 200 + 60 - 30 + 20 - 10, mem_available(1000, 200, 50, 60, 20));
    EXPECT_EQ(0, mem_available(100, 200, 50, 0, 0));
}
