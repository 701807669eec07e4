/*
 * tests/host/test_fault_attr.c - mm/fault_attr.c.
 */
#include "mm/fault_attr.h"
#include "tests/host/test.h"
#include <string.h>

#define ALWAYS                                                                                     \
    {                                                                                              \
        .interval = 1, .probability = 100, .times = FAULT_FOREVER                                  \
    }

/* The option of Linux's document, and the largest and smallest of each number. */
HTEST(fault_attr, four_numbers_are_read)
{
    struct fault_attr a = ALWAYS;

    EXPECT(fault_attr_parse(&a, "10,50,4096,-1") == NULL);
    EXPECT_EQ(10, a.interval);
    EXPECT_EQ(50, a.probability);
    EXPECT_EQ(4096, a.space);
    EXPECT_EQ(-1, a.times);
    EXPECT(fault_attr_parse(&a, "0,0,0,0") == NULL);
    EXPECT_EQ(0, a.times);
    EXPECT(fault_attr_parse(&a, "2147483647,100,2147483647,2147483647") == NULL);
    EXPECT_EQ(INT32_MAX, a.interval);
}

/* Whoever mistypes must learn which number it is, and the machine must run as without the option. */
HTEST(fault_attr, wrong_number_is_named_and_nothing_is_set)
{
    static const struct {
        const char *text, *named;
    } wrong[] = {{"", "INTERVAL"},
                 {"x", "INTERVAL"},
                 {"-1,50,0,-1", "INTERVAL"},
                 {"10", "INTERVAL"},
                 {"2147483648,1,0,1", "INTERVAL"},
                 {"10,101,0,-1", "PROBABILITY"},
                 {"10,-5,0,-1", "PROBABILITY"},
                 {"10,,0,-1", "PROBABILITY"},
                 {"10,50", "PROBABILITY"},
                 {"10,50,-1,1", "SPACE"},
                 {"10,50,4k,1", "SPACE"},
                 {"10,50,0", "SPACE"},
                 {"10,50,0,", "TIMES"},
                 {"10,50,0,-2", "TIMES"},
                 {"10,50,0,1,5", "TIMES"},
                 {"10,50,0,--1", "TIMES"},
                 {"10,50,0,1x", "TIMES"}};
    struct fault_attr a = ALWAYS, before = a;

    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        const char *said = fault_attr_parse(&a, wrong[i].text);

        EXPECT(said && strncmp(said, wrong[i].named, strlen(wrong[i].named)) == 0);
        EXPECT(memcmp(&a, &before, sizeof(a)) == 0);
    }
}

/* What fails is the interval's turn only, and what isn't its turn doesn't use up times. */
HTEST(fault_attr, interval_space_and_times_come_one_after_the_other)
{
    struct fault_attr a = ALWAYS;
    int nr = 0;

    a.interval = 3;
    a.space = 10 * 64 + 63;
    a.times = 5;
    for (int i = 1; i <= 100; i++) {
        bool fails = fault_attr_fails(&a, 64, 99);

        /* Ten are given for the space; of the rest each third, five times. */
        EXPECT_EQ(i > 10 && (i - 10) % 3 == 0 && (i - 10) / 3 <= 5, fails);
        nr += fails;
    }
    EXPECT_EQ(5, nr);
    EXPECT_EQ(0, a.times);
    EXPECT_EQ(63, a.space);
    EXPECT(!fault_attr_is_on(&a));
}

/* 0 percent is never, 100 always, and 30 means thirty of the hundred numbers. */
HTEST(fault_attr, probability_counts_the_dice)
{
    struct fault_attr a = ALWAYS;
    int nr = 0;

    a.probability = 30;
    for (unsigned dice = 0; dice < 100; dice++)
        nr += fault_attr_fails(&a, 1, dice);
    EXPECT_EQ(30, nr);
    a.probability = 0;
    EXPECT(!fault_attr_fails(&a, 1, 0));
    a.probability = 100;
    EXPECT(fault_attr_fails(&a, 1, 99));
}
