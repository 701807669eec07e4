/*
 * tests/host/test_fragmentation.c - mm/fragmentation.c: how much of what is free is of use?
 */
#include "mm/fragmentation.h"
#include "tests/host/test.h"

static struct zone zone;

/* A zone with these free blocks of orders 0, 1, 2... */
static void blocks(unsigned n0, unsigned n1, unsigned n2, unsigned n3)
{
    zone = (struct zone){
        .free_area = {{.nr_free = n0}, {.nr_free = n1}, {.nr_free = n2}, {.nr_free = n3}}};
}

static int unusable(unsigned order)
{
    struct free_blocks b = count_free_blocks(&zone, order);

    return unusable_free_index(&b, order);
}

static int fragmentation(unsigned order)
{
    struct free_blocks b = count_free_blocks(&zone, order);

    return fragmentation_index(&b, order);
}

/* The example of the file's head. */
HTEST(fragmentation, eight_pages_in_five_pieces_are_no_block_of_eight)
{
    blocks(4, 0, 1, 0);
    EXPECT_EQ(1000, unusable(3));
    EXPECT_EQ(600, fragmentation(3));
    EXPECT_EQ(500, unusable(2));
    EXPECT_EQ(500, unusable(1));
    EXPECT_EQ(0, unusable(0));
    EXPECT_EQ(-1000, fragmentation(2));
}

/* Large blocks serve small requests, too: cut up, they count as often as they can be cut. */
HTEST(fragmentation, a_larger_block_is_of_use)
{
    blocks(0, 0, 0, 2);
    for (unsigned order = 0; order <= 3; order++) {
        EXPECT_EQ(0, unusable(order));
        EXPECT_EQ(-1000, fragmentation(order));
    }
    EXPECT_EQ(1000, unusable(4));
}

/* One page when sixteen are wanted: that is no fragmentation, there is just nothing. */
HTEST(fragmentation, too_little_memory_is_not_fragmentation)
{
    blocks(1, 0, 0, 0);
    EXPECT_EQ(1000 - (1000 + 1000 / 16), fragmentation(4));
    blocks(0, 0, 0, 0);
    EXPECT_EQ(0, fragmentation(4));
    EXPECT_EQ(1000, unusable(0));
}
