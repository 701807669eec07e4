/*
 * tests/host/test_sched_load.c - sched/load.c against the same in floating point.
 */
#include "sched/load.h"
#include "tests/host/test.h"

#define HALF_LIFE_NS 33554432.0

/* 2^-x for x >= 0, by the series of e^-y; exact to 1e-12, and needs no libm. */
static double half_to(double x)
{
    double result = 1, y, term = 1, sum = 1;

    for (; x >= 1; x -= 1)
        result /= 2;
    y = -x * 0.69314718055994530942;
    for (int i = 1; i < 24; i++) {
        term *= y / i;
        sum += term;
    }
    return result * sum;
}

static bool near(double want, double got, double relative, double absolute)
{
    double error = got > want ? got - want : want - got;

    return error <= want * relative + absolute;
}

HTEST(sched_load, factor_follows_the_curve)
{
    for (uint64_t ns = 0; ns < 40ull * 33554432; ns += 77777) {
        double want = half_to((double)ns / HALF_LIFE_NS) * 2147483648.0;

        EXPECT(near(want, (double)load_decay_factor(ns), 1e-5, 1));
    }
}

HTEST(sched_load, factor_is_1_at_once_and_0_after_a_long_time)
{
    EXPECT_EQ(1ll << 31, load_decay_factor(0));
    EXPECT_EQ(1ll << 30, load_decay_factor(1u << 25));
    EXPECT_EQ(0, load_decay_factor(UINT64_MAX));
}

/* The half-life is what makes these averages comparable with Linux's. */
HTEST(sched_load, half_of_the_way_in_one_half_life)
{
    struct load_avg a = {0};

    load_update(&a, 1u << 25, 1024, LOAD_CPU);
    EXPECT_EQ(512, load_value(&a));
    EXPECT_EQ(512, util_value(&a));
    load_update(&a, 2u << 25, 1024, LOAD_CPU);
    EXPECT_EQ(768, load_value(&a));
    load_update(&a, 3u << 25, 0, 0);
    EXPECT_EQ(384, load_value(&a));
}

/*
 * Updates come at any distance, a microsecond or a minute. Rounding that adds up would make the load
 * of a thread depend on how often somebody looked.
 */
HTEST(sched_load, random_updates_stay_with_the_floating_point_model)
{
    for (unsigned round = 0; round < 20; round++) {
        struct load_avg a = {0};
        double load = 0, util = 0;
        uint64_t now = 0, weight = 1 + host_random_below(88761);

        for (int i = 0; i < 5000; i++) {
            uint64_t delta = 1 + host_random_below(1u << host_random_below(28));
            bool runnable = host_random_below(2), running = runnable && host_random_below(2);
            double f = half_to((double)delta / HALF_LIFE_NS);

            now += delta;
            load_update(&a, now, runnable ? weight : 0, running ? LOAD_CPU : 0);
            load = (runnable ? weight : 0) + (load - (runnable ? weight : 0)) * f;
            util = (running ? LOAD_CPU : 0) + (util - (running ? LOAD_CPU : 0)) * f;
        }
        EXPECT(near(load, (double)load_value(&a), 1e-3, 1.1));
        EXPECT(near(util, (double)util_value(&a), 1e-3, 1.1));
    }
}

/* A million looks in a millisecond must give what one look gives. */
HTEST(sched_load, many_short_updates_equal_one_long)
{
    struct load_avg often = {0}, once = {0};

    for (uint64_t now = 1000; now <= 1u << 25; now += 1000)
        load_update(&often, now, 1024, LOAD_CPU);
    load_update(&once, (1u << 25) / 1000 * 1000, 1024, LOAD_CPU);
    EXPECT(near((double)load_value(&once), (double)load_value(&often), 1e-3, 1));
}

HTEST(sched_load, a_clock_that_goes_back_stands_still)
{
    struct load_avg a = {.updated_ns = 1000, .load = 5u << LOAD_FRACTION};

    load_update(&a, 999, 1024, LOAD_CPU);
    EXPECT_EQ(5, load_value(&a));
    EXPECT_EQ(1000, a.updated_ns);
}

/* What one queue loses the other gains, or two moves later the balancer sees ghosts. */
HTEST(sched_load, a_move_takes_the_threads_part_along)
{
    struct load_avg from = {.load = 900u << LOAD_FRACTION, .util = 300u << LOAD_FRACTION};
    struct load_avg to = {0},
                    thread = {.load = 600u << LOAD_FRACTION, .util = 400u << LOAD_FRACTION};

    load_detach(&from, &thread);
    load_attach(&to, &thread);
    EXPECT_EQ(300, load_value(&from));
    EXPECT_EQ(0, util_value(&from));
    EXPECT_EQ(600, load_value(&to));
    EXPECT_EQ(400, util_value(&to));
}
