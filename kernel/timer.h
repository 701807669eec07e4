/*
 * kernel/timer.h - functions that are called when their time has come, and sleeping.
 */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include "kernel/lib/rbtree.h"

#define NS_PER_US    1000ull
#define NS_PER_MS    1000000ull
#define USER_TICK_NS (10 * NS_PER_MS) /* as files of /proc count: USER_HZ is 100 */
#define NS_PER_S     1000000000ull

#define TICK_HZ      250
#define TICK_NS      (NS_PER_S / TICK_HZ)

struct hrtimer {
    /* Fixed by hrtimer_init(). */
    void (*fn)(struct hrtimer *t); /* interrupts off, on the CPU that started the timer */

    /* Protected by the lock of the base of `cpu` (kernel/timer.c). */
    struct rb_node node;
    uint64_t expires_ns; /* clock_ns() */
    int cpu;
    bool queued;
};

void hrtimer_init(struct hrtimer *t, void (*fn)(struct hrtimer *t));
void hrtimer_start(struct hrtimer *t, uint64_t expires_ns);
bool hrtimer_cancel(struct hrtimer *t);

/* Sleep at least this long. Context: may sleep. */
void sleep_ns(uint64_t ns);
void usleep(uint64_t us);
void msleep(uint64_t ms);

/* Every present CPU has a base from here on. Context: boot, after percpu_init(). */
void timers_init(void);

/*
 * The tick: the scheduler's function, TICK_HZ times a second on each CPU that wants it. It is called
 * with interrupts off; when it returns false the CPU is idle and the tick stops until tick_start().
 */
void tick_set_handler(bool (*fn)(void));
/* This CPU ticks from now on. Context: interrupts off. Costs nothing if it does already. */
void tick_start(void);
/* Does @cpu tick? */
bool tick_is_running(int cpu);

#endif
