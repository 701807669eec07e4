/*
 * sched/fair_math.h - the arithmetic of sharing a CPU by weight.
 */
#ifndef SCHED_FAIR_MATH_H
#define SCHED_FAIR_MATH_H

#include "kernel/lib/compiler.h"

#define NICE_MIN            (-20)
#define NICE_MAX            19
#define NICE_0_WEIGHT       1024u
#define IDLE_WEIGHT         3u /* of policy SCHED_IDLE */

#define FAIR_LATENCY_NS     6000000u /* within this, everyone shall have run once, */
#define FAIR_GRANULARITY_NS 750000u  /* but for at least this long; */
#define FAIR_WAKEUP_NS      1000000u /* who wakes must be this much behind to preempt */

/* @a lies before @b on a clock that wraps. */
static inline bool fair_before(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) < 0;
}

/*
 * fair_virtual - how far the clock of a thread of @weight (at least 1) runs in @exec_ns (below 2^54,
 * half a year).
 */
static inline uint64_t fair_virtual(uint64_t exec_ns, uint64_t weight)
{
    if (likely(weight == NICE_0_WEIGHT))
        return exec_ns;
    return exec_ns * NICE_0_WEIGHT / weight;
}

/*
 * fair_place_woken - the clock of a thread that wakes: its own @vruntime, if it didn't sleep for long,
 * and never more than half a latency behind @min_vruntime.
 */
static inline uint64_t fair_place_woken(uint64_t vruntime, uint64_t min_vruntime, unsigned scale)
{
    uint64_t earliest = min_vruntime - (uint64_t)FAIR_LATENCY_NS * scale / 2;

    return fair_before(vruntime, earliest) ? earliest : vruntime;
}

/*
 * fair_wakeup_preempts - may a thread of @weight whose clock shows @woken take the CPU from one whose
 * clock shows @running? If it is behind by FAIR_WAKEUP_NS of its own time: a heavy one needs less.
 */
static inline bool fair_wakeup_preempts(uint64_t woken, uint64_t running, uint64_t weight,
                                        unsigned scale)
{
    return (int64_t)(running - woken) >
           (int64_t)fair_virtual((uint64_t)FAIR_WAKEUP_NS * scale, weight);
}

uint32_t fair_weight(int nice);
unsigned fair_scale(unsigned nr_cpus);
uint64_t fair_slice(unsigned nr, uint64_t weight, uint64_t total_weight, unsigned scale);
uint64_t fair_place_new(uint64_t min_vruntime, unsigned nr, uint64_t total_weight, unsigned scale);

#endif
