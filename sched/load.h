/*
 * sched/load.h - how busy, with the past fading away.
 */
#ifndef SCHED_LOAD_H
#define SCHED_LOAD_H

#include "kernel/lib/compiler.h"
#include "kernel/load_avg.h"

/* A state that lasted less is counted as the one that followed; as long as PELT's smallest unit. */
#define LOAD_RESOLUTION_NS 1024

uint32_t load_decay_factor(uint64_t delta_ns);
void load_update_slow(struct load_avg *a, uint64_t now_ns, uint64_t weight, uint64_t util);
void load_attach(struct load_avg *a, const struct load_avg *from);
void load_detach(struct load_avg *a, const struct load_avg *from);

/*
 * load_update - bring @a up to @now_ns.
 *
 * @now_ns  not before the last update; a clock that went back counts as standing still.
 * @weight  the weight that there was since the last update, below 2^40.
 * @util    how much of a CPU was used since then, 0..LOAD_CPU.
 */
static inline void load_update(struct load_avg *a, uint64_t now_ns, uint64_t weight, uint64_t util)
{
    if ((int64_t)(now_ns - a->updated_ns) >= LOAD_RESOLUTION_NS)
        load_update_slow(a, now_ns, weight, util);
}

/* The averages as whole numbers. */
static inline unsigned long load_value(const struct load_avg *a)
{
    return a->load >> LOAD_FRACTION;
}

static inline unsigned long util_value(const struct load_avg *a)
{
    return a->util >> LOAD_FRACTION;
}

#endif
