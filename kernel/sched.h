/*
 * kernel/sched.h - what every part of the kernel may ask of the scheduler (sched/core.c).
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/task.h"
#include <arch/barrier.h>

/*
 * Say why this thread is about to sleep, then look once more whether it must, then schedule():
 *
 *     set_current_state(TASK_UNINTERRUPTIBLE);     condition = true;
 *     if (!condition)                              wake_up_process(sleeper);
 *         schedule();
 *     set_current_state(TASK_RUNNING);
 *
 * Each side writes its word before it reads the other's, with a full barrier in between, so that at
 * least one sees what the other did, and no wake-up is lost.
 */
static inline void set_current_state(unsigned int state)
{
    __atomic_store_n(&current->state, state, __ATOMIC_SEQ_CST);
}

/*
 * The same for a state that nobody tests a condition for again, TASK_DEAD or TASK_PARKED: a waker that saw
 * an earlier state, and is about to write TASK_RUNNING, holds the queue's lock until it has done so.
 */
void set_special_state(unsigned int state);

/* Give the CPU away: until woken, if the state isn't TASK_RUNNING. Context: may sleep. */
void schedule(void);
/* Let others of the same standing run first. Context: may sleep. */
void sched_yield(void);
/* schedule(), but for @timeout_ns at most. Returns what was left, 0 if it ran out. */
uint64_t schedule_timeout(uint64_t timeout_ns);

/* Make a sleeping thread runnable. True if it slept (in a state of @states). Context: any. */
bool wake_up_process(struct task *t);
bool wake_up_state(struct task *t, unsigned int states);

/* False until the boot CPU has its run queue; before, nothing sleeps. */
bool sched_is_running(void);

/* Debug builds: report a place that may sleep and must not (interrupts off, a spinlock held). */
#ifdef CONFIG_DEBUG
void might_sleep_at(const char *file, int line);
#define might_sleep() might_sleep_at(__FILE__, __LINE__)
#else
#define might_sleep() ((void)0)
#endif

/* The same if @condition holds; release builds don't look. */
#define might_sleep_if(condition)                                                                  \
    do {                                                                                           \
        if (condition)                                                                             \
            might_sleep();                                                                         \
    } while (0)

#endif
