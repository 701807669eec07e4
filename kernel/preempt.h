/*
 * kernel/preempt.h - may this thread be taken off its CPU?
 *
 * preempt_disable() nests. While the count is above 0, or interrupts are off, the thread stays on
 * the CPU; it must not sleep then. preempt_enable() schedules if somebody asked for it meanwhile.
 */
#ifndef KERNEL_PREEMPT_H
#define KERNEL_PREEMPT_H

#include "kernel/bug.h"
#include <arch/irq.h>
#include <arch/percpu.h>

/*
 * The scheduler's; do nothing until there is one (kernel/preempt.c).
 *
 * preempt_schedule      let another thread run, if preemption is on and interrupts are, else return.
 * preempt_schedule_irq  at the end of an interrupt: interrupts are off, also on return, preemption
 *                       is on, and need_resched is set.
 */
void preempt_schedule(void);
void preempt_schedule_irq(void);

static inline void preempt_disable(void)
{
    cpu_preempt_count_inc();
}

static inline void preempt_enable_no_resched(void)
{
    cpu_preempt_count_dec();
}

/* Let another thread run if it should, and if preemption and interrupts are on. */
static inline void preempt_check(void)
{
    if (unlikely(cpu_need_resched()))
        preempt_schedule();
}

static inline void preempt_enable(void)
{
    preempt_enable_no_resched();
    preempt_check();
}

/* Can the thread not change its CPU? */
static inline bool cpu_is_pinned(void)
{
    return cpu_preempt_count() > 0 || !irqs_enabled();
}

/* This CPU's copy of a per-CPU variable; the thread cannot move. */
#define this_cpu_ptr(ptr)                                                                          \
    ({                                                                                             \
        DEBUG_ASSERT(cpu_is_pinned());                                                             \
        raw_cpu_ptr(ptr);                                                                          \
    })

#endif
