/*
 * tests/kernel/test_schedstat.c - what /proc counts of the scheduler is what happened.
 *
 * Other threads may add to a CPU's counts meanwhile, never take away: so "at least".
 */
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "kernel/timer.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include "tests/kernel/thread_helpers.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/interrupt.h>
#include <arch/rtc.h>

#define NR_TIMES   50
#define LIMIT_NS   (20 * NS_PER_S)
#define YEAR_2020  1577836800 /* seconds since 1970 */
#define NR_NUMBERS 11

static int doze(void *arg)
{
    (void)arg;
    for (;;) {
        set_current_state(TASK_INTERRUPTIBLE);
        if (kthread_should_stop())
            break;
        schedule();
    }
    set_current_state(TASK_RUNNING);
    return 0;
}

static struct task *start_on(int (*fn)(void *arg), int cpu)
{
    struct task *t = kthread_create(fn, NULL, "test/%d", cpu);

    if (t) {
        kthread_bind(t, cpu);
        kthread_start(t);
    }
    return own_thread(t);
}

static void leave(void *unused)
{
    (void)unused;
    KEXPECT_EQ(0, set_cpus_allowed(current, &cpu_present_mask));
}

/* Keep this thread on CPU 0 until the test is over. */
static void stay(void)
{
    cpumask_t here = cpumask_of(0);

    ktest_defer(leave, NULL);
    KEXPECT_EQ(0, set_cpus_allowed(current, &here));
}

KTEST(schedstat, yields_are_counted_where_they_happen)
{
    const struct rq *rq = cpu_rq(0);
    unsigned long before;

    stay();
    before = READ_ONCE(rq->nr_yields);
    for (int i = 0; i < NR_TIMES; i++)
        sched_yield();
    KEXPECT(READ_ONCE(rq->nr_yields) >= before + NR_TIMES);
}

static bool sleeps(const struct task *t)
{
    uint64_t end = clock_ns() + LIMIT_NS;

    while (READ_ONCE(t->on_rq) != TASK_NOT_QUEUED && clock_ns() < end)
        msleep(1);
    return READ_ONCE(t->on_rq) == TASK_NOT_QUEUED;
}

/* sched-stats.rst: "times try_to_wake_up() was called" by this CPU; "to wake up the local cpu". */
KTEST(schedstat, wakeups_are_counted_by_who_wakes)
{
    const struct rq *rq = cpu_rq(0);
    struct task *t;
    unsigned long before;

    KSKIP_IF(last_online_cpu() == 0, "one CPU");
    stay();
    t = start_on(doze, last_online_cpu());
    KASSERT(t != NULL);
    KEXPECT(sleeps(t));
    before = READ_ONCE(t->nr_wakeups);
    for (int i = 0; i < NR_TIMES; i++) {
        unsigned long nr = READ_ONCE(rq->nr_wakeups), nr_local = READ_ONCE(rq->nr_local_wakeups);

        KEXPECT(sleeps(t));
        KEXPECT(wake_up_process(t));
        nr = READ_ONCE(rq->nr_wakeups) - nr;
        nr_local = READ_ONCE(rq->nr_local_wakeups) - nr_local;
        KEXPECT(nr > nr_local);
    }
    KEXPECT_EQ(before + NR_TIMES, READ_ONCE(t->nr_wakeups));
    stop_thread(t);
}

/* What a thread waits for one CPU must not be put down to another that took it at once. */
KTEST(schedstat, waiting_is_counted_where_it_passed_though_the_thread_moves)
{
    int from = last_online_cpu(), to = 0;
    const struct rq *rq = cpu_rq(from);
    uint64_t end = clock_ns() + LIMIT_NS, before;
    struct task *hog, *t;
    cpumask_t mask = cpumask_of(to);

    KSKIP_IF(from == 0, "one CPU");
    stay();
    hog = own_thread(kthread_create(spin, NULL, "test/hog"));
    KASSERT(hog != NULL);
    kthread_bind(hog, from);
    unlimit_real_time();
    KEXPECT_EQ(0, sched_setscheduler(hog, SCHED_FIFO, 50));
    kthread_start(hog);
    while (READ_ONCE(cpu_rq(from)->curr) != hog && clock_ns() < end)
        msleep(1);
    t = start_on(doze, from);
    KASSERT(t != NULL);
    before = READ_ONCE(rq->run_delay);
    msleep(20);
    KEXPECT_EQ(0, set_cpus_allowed(t, &mask));
    KEXPECT(READ_ONCE(rq->run_delay) >= before + 20 * NS_PER_MS);
    KEXPECT(READ_ONCE(t->run_delay) >= 20 * NS_PER_MS);
    stop_thread(hog);
    stop_thread(t);
}

/* Numbers of the line of @text that begins with @name; how many there are. */
static int numbers_of(const char *text, const char *name, uint64_t *number)
{
    const char *p = strstr(text, name);
    int nr = 0;

    if (!p)
        return 0;
    p += strlen(name);
    while (*p == ' ' && nr < NR_NUMBERS) {
        while (*p == ' ')
            p++;
        if (parse_u64(p, 10, &number[nr++], &p))
            return -1;
    }
    return *p == '\n' ? nr : -1;
}

/* Tools read these lines by number: a field too few, and they show nonsense, or nothing. */
KTEST(schedstat, proc_stat_has_linuxs_lines)
{
    static char text[64 * 1024];
    uint64_t n[NR_NUMBERS];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    proc_stat_show(&s);
    KASSERT(seqbuf_str(&s) == text);
    KEXPECT_EQ(10, numbers_of(text, "cpu ", n));
    KEXPECT_EQ(10, numbers_of(text, "\ncpu0", n));
    KEXPECT_EQ(1, numbers_of(text, "\nctxt", n));
    KEXPECT_EQ(1, numbers_of(text, "\nbtime", n));
    KEXPECT_EQ(1, numbers_of(text, "\nprocesses", n));
    KEXPECT(n[0] >= (uint64_t)task_nr());
    KEXPECT_EQ(1, numbers_of(text, "\nprocs_running", n));
    KEXPECT(n[0] >= 1);
    KEXPECT_EQ(1, numbers_of(text, "\nprocs_blocked", n));
    KEXPECT_EQ(11, numbers_of(text, "\nsoftirq", n));
}

/* A wrong calendar clock would give the log of a crash the wrong day. */
KTEST(schedstat, machine_was_started_in_this_century)
{
    uint64_t now = rtc_read_seconds();

    KSKIP_IF(now == 0, "no calendar clock");
    KEXPECT(now > YEAR_2020);
    KEXPECT(rtc_read_seconds() - now <= 1 + LIMIT_NS / NS_PER_S);
}

KTEST(schedstat, interrupts_are_counted)
{
    unsigned long before;
    uint64_t end = clock_ns() + LIMIT_NS;

    stay();
    before = interrupts_of_cpu(0);
    while (interrupts_of_cpu(0) == before && clock_ns() < end)
        msleep(1);
    KEXPECT(interrupts_of_cpu(0) > before);
}
