/*
 * sched/fair_math.c - the arithmetic of sharing a CPU by weight.
 *
 * THEORY
 *
 * Each thread has a clock of its own, its virtual runtime, that runs while the thread does: the
 * faster, the less the thread weighs. The thread whose clock is furthest behind runs next. So all
 * clocks stay close to each other, and the times that threads got are in the ratio of their weights.
 *
 * Example: A has nice 0 (weight 1024), B nice 5 (335). When both clocks show 10 ms, A has run for
 * 10 ms and B for 10 ms * 335 / 1024 = 3.3 ms, which is 3.06 to 1. Each step of nice is about 10 % of
 * the CPU: the next weight is the last one divided by 1.25.
 *
 * How long a thread may run before the next one gets its turn, its slice, is its share of the period
 * in which everyone runs once: FAIR_LATENCY_NS, or more when there are so many that the slices would
 * fall below FAIR_GRANULARITY_NS. On machines with many CPUs both are longer (fair_scale), because a
 * thread can wait elsewhere.
 *
 * A thread that slept must not catch up on all that it missed: its clock is set to at most half a
 * latency behind the others. A new one begins one turn ahead, by which all others have run once, so that
 * starting threads is no way to get more than a share; and it waits no longer than that, light as it
 * may be.
 *
 * LOCKING  None: data to data.
 * UNITS    ns; virtual runtimes are ns of a thread of weight 1024, and wrap.
 * SOURCES  Linux 6.1, kernel/sched/core.c, sched_prio_to_weight[], and
 *          Documentation/scheduler/sched-nice-design.rst: the weights; the times are those of its
 *          kernel/sched/fair.c, sysctl_sched_latency and its neighbours.
 * NOT HERE The queue of threads (sched/fair.c).
 */
#include "sched/fair_math.h"

#define NR_NICE (NICE_MAX - NICE_MIN + 1)

/* By nice, -20 first. */
static const uint32_t weights[] = {
    88761, 71755, 56483, 46273, 36291, /* -20 */
    29154, 23254, 18705, 14949, 11916, /* -15 */
    9548,  7620,  6100,  4904,  3906,  /* -10 */
    3121,  2501,  1991,  1586,  1277,  /* -5 */
    1024,  820,   655,   526,   423,   /* 0 */
    335,   272,   215,   172,   137,   /* 5 */
    110,   87,    70,    56,    45,    /* 10 */
    36,    29,    23,    18,    15,    /* 15 */
};
_Static_assert(ARRAY_SIZE(weights) == NR_NICE, "one for each nice value");

/* fair_weight - of @nice, NICE_MIN..NICE_MAX; beyond them, of the nearer end. */
uint32_t fair_weight(int nice)
{
    return weights[clamp(nice, NICE_MIN, NICE_MAX) - NICE_MIN];
}

/* fair_scale - by how much the times grow on a machine of @nr_cpus (at least 1): 1 + log2, 4 at most. */
unsigned fair_scale(unsigned nr_cpus)
{
    unsigned scale = 1;

    for (nr_cpus = min(nr_cpus, 8u); nr_cpus > 1; nr_cpus /= 2)
        scale++;
    return scale;
}

/* How long it takes until each of @nr threads has had its turn. */
static uint64_t period_of(unsigned nr, unsigned scale)
{
    uint64_t granularity = (uint64_t)FAIR_GRANULARITY_NS * scale;

    return max((uint64_t)FAIR_LATENCY_NS * scale, nr * granularity);
}

/*
 * fair_slice - how long one of @nr threads (at least 1) may run in a turn.
 *
 * @weight, @total_weight  the thread's, and that of all @nr; 1 <= weight <= total_weight < 2^32.
 * @scale                  fair_scale().
 *
 * Returns at least FAIR_GRANULARITY_NS * scale.
 */
uint64_t fair_slice(unsigned nr, uint64_t weight, uint64_t total_weight, unsigned scale)
{
    uint64_t granularity = (uint64_t)FAIR_GRANULARITY_NS * scale;

    return max(period_of(nr, scale) * weight / total_weight, granularity);
}

/*
 * fair_place_new - the clock of a thread that starts, the last of @nr, where the clock that is furthest
 * behind shows @min_vruntime. Arguments as for fair_slice(), the new thread counted.
 */
uint64_t fair_place_new(uint64_t min_vruntime, unsigned nr, uint64_t total_weight, unsigned scale)
{
    return min_vruntime + period_of(nr, scale) * NICE_0_WEIGHT / total_weight;
}
