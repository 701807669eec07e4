/*
 * tests/kernel/test_timer.c - timers and sleeping.
 */
#include "kernel/completion.h"
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/preempt.h"
#include "kernel/sched.h"
#include "kernel/smp_call.h"
#include "kernel/timer.h"
#include <arch/clock.h>
#include <arch/cpu.h>

#define NR_TIMERS 50
#define LIMIT_NS  (20 * NS_PER_S)

struct probe {
    struct hrtimer timer;
    uint64_t fired_ns; /* 0: not yet */
    unsigned order;    /* among all */
};

static struct probe probes[NR_TIMERS];
static unsigned nr_fired;
static struct completion all_fired;

static void fire(struct hrtimer *t)
{
    struct probe *p = container_of(t, struct probe, timer);

    p->fired_ns = clock_ns();
    p->order = nr_fired++;
    if (nr_fired == NR_TIMERS)
        complete(&all_fired);
}

/* Start all on one CPU, in an order that isn't that of their times: 7 and NR_TIMERS share no factor. */
static void start_probes(void)
{
    uint64_t now = clock_ns();

    preempt_disable();
    for (unsigned i = 0; i < NR_TIMERS; i++) {
        unsigned k = i * 7 % NR_TIMERS;

        hrtimer_start(&probes[k].timer, now + 5 * NS_PER_MS + k * 100 * NS_PER_US);
    }
    preempt_enable();
}

static void init_probes(void)
{
    nr_fired = 0;
    completion_init(&all_fired);
    for (unsigned i = 0; i < NR_TIMERS; i++) {
        hrtimer_init(&probes[i].timer, fire);
        probes[i].fired_ns = 0;
    }
}

/* A time-out that comes before what was to precede it breaks whoever relies on it. */
KTEST(timer, timers_fire_in_the_order_of_their_times_and_never_early)
{
    init_probes();
    start_probes();
    KASSERT(wait_for_completion_timeout(&all_fired, LIMIT_NS));
    for (unsigned i = 0; i < NR_TIMERS; i++) {
        KEXPECT_EQ(i, probes[i].order);
        KEXPECT(probes[i].fired_ns >= probes[i].timer.expires_ns);
    }
}

/* A cancelled timer that fires touches what its owner has freed. */
KTEST(timer, cancelled_timers_do_not_fire)
{
    unsigned fired_before_cancel = 0;

    init_probes();
    start_probes();
    for (unsigned i = 0; i < NR_TIMERS; i += 2)
        fired_before_cancel += !hrtimer_cancel(&probes[i].timer);
    KEXPECT(!hrtimer_cancel(&probes[0].timer));
    while (READ_ONCE(nr_fired) < NR_TIMERS / 2 + fired_before_cancel)
        msleep(1);
    msleep(20);
    KEXPECT_EQ(NR_TIMERS / 2 + fired_before_cancel, nr_fired);
}

KTEST(timer, timer_that_is_started_again_fires_once_at_its_new_time)
{
    struct probe *p = &probes[0];
    uint64_t now;

    init_probes();
    now = clock_ns();
    hrtimer_start(&p->timer, now + 3600 * NS_PER_S);
    hrtimer_start(&p->timer, now + 2 * NS_PER_MS);
    while (READ_ONCE(p->fired_ns) == 0 && clock_ns() < now + LIMIT_NS)
        msleep(1);
    KEXPECT(p->fired_ns >= now + 2 * NS_PER_MS);
    msleep(5);
    KEXPECT_EQ(1, nr_fired);
    KEXPECT(!hrtimer_cancel(&p->timer));
}

#define SLOW_NS (5 * NS_PER_MS)

static struct hrtimer slow_timer;
static int slow_state; /* 1: its function has begun, 2: has ended; atomic */

static void fire_slowly(struct hrtimer *t)
{
    uint64_t end = clock_ns() + SLOW_NS;

    (void)t;
    __atomic_store_n(&slow_state, 1, __ATOMIC_SEQ_CST);
    while (clock_ns() < end)
        cpu_relax();
    __atomic_store_n(&slow_state, 2, __ATOMIC_SEQ_CST);
}

static void start_slow_timer(void *unused)
{
    (void)unused;
    hrtimer_start(&slow_timer, clock_ns());
}

/* From another CPU than @cpu, on which the function runs: set anew, then cancelled. */
static void restart_and_cancel(int cpu)
{
    uint64_t limit = clock_ns() + LIMIT_NS;

    smp_call_function_single(cpu, start_slow_timer, NULL, true);
    while (__atomic_load_n(&slow_state, __ATOMIC_SEQ_CST) == 0 && clock_ns() < limit)
        cpu_relax();
    KEXPECT(__atomic_load_n(&slow_state, __ATOMIC_SEQ_CST) != 0);
    hrtimer_start(&slow_timer, clock_ns() + 3600 * NS_PER_S);
    KEXPECT(hrtimer_cancel(&slow_timer));
    KEXPECT_EQ(2, __atomic_load_n(&slow_state, __ATOMIC_SEQ_CST));
}

/* Who has cancelled a timer frees what its function uses, even if it was set anew meanwhile. */
KTEST(timer, cancel_waits_for_the_function_of_a_timer_that_was_set_anew_on_another_cpu)
{
    int cpu;

    hrtimer_init(&slow_timer, fire_slowly);
    slow_state = 0;
    preempt_disable();
    for_each_cpu (cpu, &cpu_online_mask) {
        if (cpu != this_cpu())
            break;
    }
    if (cpu < NR_CPUS)
        restart_and_cancel(cpu);
    else
        ktest_skip("one CPU");
    preempt_enable();
}

/* Devices are given time by sleeping; waking early means reading a result that isn't there. */
KTEST(timer, sleep_is_never_too_short)
{
    static const uint64_t times[] = {1,         1000,          10000,         100000,
                                     NS_PER_MS, 3 * NS_PER_MS, 20 * NS_PER_MS};

    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        uint64_t start = clock_ns();

        sleep_ns(times[i]);
        KEXPECT(clock_ns() - start >= times[i]);
    }
}

KTEST(timer, schedule_timeout_returns_0_when_nobody_woke_us)
{
    set_current_state(TASK_INTERRUPTIBLE);
    KEXPECT_EQ(0, schedule_timeout(NS_PER_MS));
}
