/*
 * sched/load.c - how busy, with the past fading away.
 *
 * THEORY
 *
 * A queue's length at one moment says little: a thread that sleeps half of the time is there or not
 * as chance has it. So each thread and each queue keeps averages that forget exponentially: what was
 * HALF_LIFE ago counts half of what is now. While the true value is the constant t, the average a
 * becomes, d later,
 *
 *     a' = t + (a - t) * f(d),   f(d) = 2^(-d / HALF_LIFE)
 *
 * so that an average is brought up to date whenever t changes, and costs nothing in between. Example:
 * a thread of weight 1024 that wakes after a long sleep weighs 0, after 33.6 ms 512, after 67.1 ms 768.
 *
 * HALF_LIFE is 2^25 ns, Linux's 32 periods of 1024 * 1024 ns, and f is a table of 2^(-i/32)
 * and, between its entries, e^-x = 1 - x + x^2 / 2: at most 2e-6 off. (A straight line would do for
 * one update, but a thousand short ones would each lose the same 1 %.)
 *
 * LOCKING  None: data to data.
 * UNITS    Time in ns. Averages have LOAD_FRACTION bits behind the point.
 * SOURCES  Linux 6.1, Documentation/scheduler/sched-pelt.c names the half-life.
 * NOT HERE What is averaged, and when (sched/fair.c, sched/core.c).
 */
#include "sched/load.h"

#define HALF_LIFE_SHIFT 25 /* half-life: 2^25 ns, 33.6 ms */
#define STEP_SHIFT      20 /* a table entry: 2^20 ns, 1.05 ms */
#define NR_STEPS        (1u << (HALF_LIFE_SHIFT - STEP_SHIFT))
#define ONE_SHIFT       31 /* factors: 2^31 is 1 */
#define STEP_EXPONENT                                                                              \
    46516320u /* ln 2 / 32, likewise: within a step f is e to minus this times its part */

/* 2^(-i / 32). */
static const uint32_t decay_table[] = {
    0x80000000, 0x7d41d96e, 0x7a92be8b, 0x77f25cce, 0x75606374, 0x72dc8374, 0x70666f76, 0x6dfddbcc,
    0x6ba27e65, 0x69540ec9, 0x6712460b, 0x64dcdec3, 0x62b39509, 0x60962665, 0x5e8451d0, 0x5c7dd7a4,
    0x5a82799a, 0x5891fac1, 0x56ac1f75, 0x54d0ad5a, 0x52ff6b55, 0x51382182, 0x4f7a9930, 0x4dc69cdd,
    0x4c1bf829, 0x4a7a77d4, 0x48e1e9ba, 0x47521cc6, 0x45cae0f2, 0x444c0740, 0x42d561b4, 0x4166c34c,
};
_Static_assert(ARRAY_SIZE(decay_table) == NR_STEPS, "one for each step of a half-life");

/* load_decay_factor - what is left of 1 after @delta_ns, times 2^31. */
uint32_t load_decay_factor(uint64_t delta_ns)
{
    uint64_t halves = delta_ns >> HALF_LIFE_SHIFT;
    unsigned step = (delta_ns >> STEP_SHIFT) & (NR_STEPS - 1);
    uint64_t x = (delta_ns & ((1u << STEP_SHIFT) - 1)) * STEP_EXPONENT >> STEP_SHIFT;
    uint64_t within = (1ull << ONE_SHIFT) - x + (x * x >> (ONE_SHIFT + 1));

    if (unlikely(halves > ONE_SHIFT))
        return 0;
    return (uint32_t)(decay_table[step] * within >> ONE_SHIFT >> halves);
}

static uint64_t approach(uint64_t average, uint64_t target, uint32_t factor)
{
    if (average >= target)
        return target + (uint64_t)((unsigned __int128)(average - target) * factor >> ONE_SHIFT);
    return target - (uint64_t)((unsigned __int128)(target - average) * factor >> ONE_SHIFT);
}

/*
 * load_update_slow - load_update(), where at least LOAD_RESOLUTION_NS have passed.
 */
void load_update_slow(struct load_avg *a, uint64_t now_ns, uint64_t weight, uint64_t util)
{
    uint32_t factor = load_decay_factor(now_ns - a->updated_ns);

    a->updated_ns = now_ns;
    a->load = approach(a->load, weight << LOAD_FRACTION, factor);
    a->util = approach(a->util, util << LOAD_FRACTION, factor);
}

/* load_attach - a thread with the averages @from came to the queue of @a. */
void load_attach(struct load_avg *a, const struct load_avg *from)
{
    a->load += from->load;
    a->util += from->util;
}

/* load_detach - a thread with the averages @from left the queue of @a; never below 0. */
void load_detach(struct load_avg *a, const struct load_avg *from)
{
    a->load -= min(a->load, from->load);
    a->util -= min(a->util, from->util);
}
