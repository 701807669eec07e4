/*
 * tests/host/test_sched_fair.c - sched/fair_math.c, and a queue that is ruled by it.
 */
#include "sched/fair_math.h"
#include "tests/host/test.h"

#define MAX_THREADS 16
#define TICK_NS     4000000u

struct thread {
    uint64_t weight;
    uint64_t vruntime;
    uint64_t exec_ns;
};

/* The one whose clock is furthest behind. */
static struct thread *first_of(struct thread *t, unsigned nr)
{
    struct thread *best = t;

    for (unsigned i = 1; i < nr; i++)
        if (fair_before(t[i].vruntime, best->vruntime))
            best = &t[i];
    return best;
}

/* Let them share a CPU that switches at ticks, @ns long. */
static void simulate(struct thread *t, unsigned nr, uint64_t ns)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < nr; i++)
        total += t[i].weight;
    for (uint64_t now = 0; now < ns;) {
        struct thread *next = first_of(t, nr);
        uint64_t run = ALIGN_UP(fair_slice(nr, next->weight, total, 1), TICK_NS / 4);

        next->exec_ns += run;
        next->vruntime += fair_virtual(run, next->weight);
        now += run;
    }
}

HTEST(sched_fair, weights_fall_by_a_quarter_a_step)
{
    EXPECT_EQ(1024, fair_weight(0));
    EXPECT_EQ(335, fair_weight(5));
    EXPECT_EQ(88761, fair_weight(-20));
    EXPECT_EQ(15, fair_weight(19));
    for (int nice = NICE_MIN; nice < NICE_MAX; nice++) {
        double ratio = (double)fair_weight(nice) / fair_weight(nice + 1);

        EXPECT(ratio > 1.18 && ratio < 1.30);
    }
}

HTEST(sched_fair, nice_beyond_its_range_is_the_nearer_end)
{
    EXPECT_EQ(fair_weight(-20), fair_weight(-1000));
    EXPECT_EQ(fair_weight(19), fair_weight(1000));
}

/* What nice promises: a step is worth a fixed part of the CPU, whoever else runs. */
HTEST(sched_fair, shares_are_in_the_ratio_of_the_weights)
{
    for (unsigned nr = 2; nr <= MAX_THREADS; nr++) {
        struct thread t[MAX_THREADS] = {0};
        uint64_t total = 0;

        for (unsigned i = 0; i < nr; i++) {
            t[i].weight = fair_weight((int)host_random_below(20) - 10);
            total += t[i].weight;
        }
        simulate(t, nr, 1000000000000u);
        for (unsigned i = 0; i < nr; i++) {
            double share = (double)t[i].exec_ns / 1e12, want = (double)t[i].weight / total;

            EXPECT(share > want * 0.97 && share < want * 1.03);
        }
    }
}

/* Clocks run until they wrap; order must survive that, or a thread waits for 584 years. */
HTEST(sched_fair, shares_survive_the_wrap_of_the_clock)
{
    struct thread t[2] = {{.weight = 1024, .vruntime = UINT64_MAX - 5000000},
                          {.weight = 335, .vruntime = UINT64_MAX - 4000000}};

    simulate(t, 2, 10000000000u);
    EXPECT(t[0].exec_ns * 100 > t[1].exec_ns * 295 && t[0].exec_ns * 100 < t[1].exec_ns * 317);
}

/* Everyone gets a turn within the latency, as long as turns are long enough to be worth a switch. */
HTEST(sched_fair, slices_fill_the_latency_and_never_fall_below_the_granularity)
{
    EXPECT_EQ(6000000, fair_slice(1, 1024, 1024, 1));
    EXPECT_EQ(3000000, fair_slice(2, 1024, 2048, 1));
    EXPECT_EQ(750000, fair_slice(8, 1024, 8 * 1024, 1));
    EXPECT_EQ(750000, fair_slice(100, 1024, 100 * 1024, 1));
    EXPECT_EQ(750000, fair_slice(2, 15, 15 + 88761, 1));
    EXPECT_EQ(24000000, fair_slice(1, 1024, 1024, 4));
}

HTEST(sched_fair, scale_grows_with_the_logarithm_of_the_cpus_to_4)
{
    EXPECT_EQ(1, fair_scale(1));
    EXPECT_EQ(2, fair_scale(2));
    EXPECT_EQ(2, fair_scale(3));
    EXPECT_EQ(3, fair_scale(4));
    EXPECT_EQ(4, fair_scale(8));
    EXPECT_EQ(4, fair_scale(255));
}

/* A thread that slept for an hour must not have the CPU to itself for the next hour. */
HTEST(sched_fair, a_sleeper_gains_at_most_half_a_latency)
{
    EXPECT_EQ(7000000, fair_place_woken(0, 10000000, 1));
    EXPECT_EQ(9000000, fair_place_woken(9000000, 10000000, 1));
    EXPECT_EQ(20000000, fair_place_woken(20000000, 10000000, 1));
    EXPECT_EQ((uint64_t)-2000000, fair_place_woken((uint64_t)-9000000, 1000000, 1));
}

/* Whoever starts threads all the time must not get more by it, and a light one must not wait for ever. */
HTEST(sched_fair, a_new_thread_waits_until_all_others_had_a_turn_and_no_longer)
{
    EXPECT_EQ(1000 + 3000000, fair_place_new(1000, 2, 2048, 1));
    EXPECT_EQ(1000 + 750000, fair_place_new(1000, 100, 100 * 1024, 1));
    EXPECT_EQ(6000000 / 86, fair_place_new(0, 2, 86 * 1024, 1));
}

HTEST(sched_fair, waking_preempts_only_from_well_behind)
{
    EXPECT(!fair_wakeup_preempts(1000000, 1000000, 1024, 1));
    EXPECT(!fair_wakeup_preempts(1000000, 2000000, 1024, 1));
    EXPECT(fair_wakeup_preempts(1000000, 2000001, 1024, 1));
    EXPECT(!fair_wakeup_preempts(5000000, 1000000, 1024, 1));
    EXPECT(fair_wakeup_preempts(1000000, 1100000, 88761, 1));
}
