/*
 * sched/watchdog.c - who watches that every CPU still schedules.
 *
 * A CPU that stays in one thread with preemption or interrupts off cannot tell, so each CPU has a
 * timer that looks at its neighbour, the next one online. The tick makes a busy CPU choose anew at
 * least once a second (core.c); one that is busy, or was asked to choose, and hasn't done so for
 * watchdog_limit_ns, is stuck. It is reported, with what it does, once, until it schedules again.
 *
 * A CPU that is stuck may have interrupts off and then doesn't look at its own neighbour, with which it
 * may be caught in an embrace. So who finds one looks at the next one, too:
 *
 *     CPU 0   1 (stuck)   2 (stuck)   3
 *         --------> --------> ------> fine
 *
 * LOCKING  A watch is changed by whoever looks at the CPU, mostly one at a time; of two at the same
 *          time both may take it for moved, and one reports. The counter is read without the queue's
 *          lock.
 */
#include "kernel/backtrace.h"
#include "kernel/timer.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include <arch/clock.h>

#define LOOK_NS       NS_PER_S
#define LIMIT_SECONDS 20 /* Linux's for a soft lockup: twice its watchdog_thresh of 10 s */

/* What is known of a CPU; in its area. */
struct watch {
    unsigned long nr_schedules; /* when it was last seen to move, */
    uint64_t since_ns;          /* and when that was */
    bool reported;
};

static DEFINE_PER_CPU(struct watch, watch);
static DEFINE_PER_CPU(struct hrtimer, look_timer);

static uint64_t watchdog_limit_ns = LIMIT_SECONDS * NS_PER_S;

/* watchdog_set_limit - from now on report after @ns. Returns what it was. For tests. */
uint64_t watchdog_set_limit(uint64_t ns)
{
    return __atomic_exchange_n(&watchdog_limit_ns, ns, __ATOMIC_RELAXED);
}

/* Does @rq's CPU have a reason to choose a thread now and then? */
static bool should_schedule(const struct rq *rq)
{
    return READ_ONCE(rq->curr) != rq->idle || READ_ONCE(cpu_local_of(rq->cpu)->need_resched);
}

static void report(int cpu, uint64_t ns)
{
    const struct task *t = READ_ONCE(cpu_rq(cpu)->curr);

    backtrace_print_cpu(LOG_EMERG, cpu,
                        "watchdog: BUG: soft lockup - CPU#%d stuck for %lus! [%s:%d]", cpu,
                        (unsigned long)(ns / NS_PER_S), t->comm, t->pid);
}

static void note_move(struct watch *w, unsigned long nr_schedules, uint64_t now_ns)
{
    WRITE_ONCE(w->nr_schedules, nr_schedules);
    WRITE_ONCE(w->since_ns, now_ns);
    WRITE_ONCE(w->reported, false);
}

/* Returns whether @cpu is stuck. */
static bool look_at(int cpu, uint64_t now_ns)
{
    struct watch *w = per_cpu_ptr(&watch, cpu);
    const struct rq *rq = cpu_rq(cpu);
    unsigned long nr_schedules = READ_ONCE(rq->nr_schedules);
    uint64_t since_ns = READ_ONCE(w->since_ns);

    if (nr_schedules != READ_ONCE(w->nr_schedules) || !should_schedule(rq)) {
        note_move(w, nr_schedules, now_ns);
        return false;
    }
    if (now_ns < since_ns || now_ns - since_ns <= READ_ONCE(watchdog_limit_ns))
        return false;
    if (!__atomic_exchange_n(&w->reported, true, __ATOMIC_RELAXED))
        report(cpu, now_ns - since_ns);
    return true;
}

/* The next CPU online; behind the last one comes the first. */
static int neighbour(int cpu)
{
    int next = cpumask_next(&cpu_online_mask, cpu);

    return next < NR_CPUS ? next : cpumask_first(&cpu_online_mask);
}

static void look(struct hrtimer *timer)
{
    uint64_t now = clock_ns();
    int cpu = this_cpu();

    do
        cpu = neighbour(cpu);
    while (look_at(cpu, now) && cpu != this_cpu());
    hrtimer_start(timer, clock_ns() + LOOK_NS);
}

/* watchdog_start - this CPU watches, and is watched, from now on. Context: interrupts off. */
void watchdog_start(void)
{
    struct hrtimer *timer = this_cpu_ptr(&look_timer);
    uint64_t now = clock_ns();

    note_move(this_cpu_ptr(&watch), 0, now);
    hrtimer_init(timer, look);
    hrtimer_start(timer, now + LOOK_NS);
}
