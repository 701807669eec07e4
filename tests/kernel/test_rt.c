/*
 * tests/kernel/test_rt.c - real-time threads: how much they may take, and that none waits in vain.
 *
 * The test's own thread stays on the first CPU, above all others when those might take that, too. What
 * is expected takes a moment, so it is waited for; only LIMIT_NS later it will not come any more.
 */
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/timer.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include "tests/kernel/thread_helpers.h"
#include <arch/clock.h>
#include <arch/cpu.h>

#define LIMIT_NS    (20 * NS_PER_S)
#define MAX_CPUS    6 /* that are filled; a virtual machine has no more real ones to show anything */
#define MAX_THREADS (2 * MAX_CPUS)
#define NR_CHANGES  400

/* ---- helpers ---- */

static cpumask_t cpus(int a, int b)
{
    cpumask_t mask;

    cpumask_zero(&mask);
    cpumask_set(&mask, a);
    cpumask_set(&mask, b);
    return mask;
}

/* Sleep and run in turns until told to spin. */
static int come_and_go(void *spin_now)
{
    uint64_t seed = (uint64_t)current->pid;

    while (!READ_ONCE(*(bool *)spin_now) && !kthread_should_stop()) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        usleep(seed >> 55);
        for (uint64_t i = seed >> 50; i > 0; i--)
            cpu_relax();
    }
    return spin(NULL);
}

/* A thread of priority @prio, 0: a fair one, that may run on @mask; the test owns it. */
static struct task *start(int (*fn)(void *arg), void *arg, int prio, const cpumask_t *mask)
{
    struct task *t = kthread_create(fn, arg, "rt/%d", prio);

    if (!t)
        return NULL;
    KEXPECT_EQ(0, set_cpus_allowed(t, mask));
    KEXPECT_EQ(0, sched_setscheduler(t, prio ? SCHED_FIFO : SCHED_NORMAL, prio));
    kthread_start(t);
    return own_thread(t);
}

static struct task *start_on(int prio, int cpu)
{
    cpumask_t mask = cpus(cpu, cpu);

    return start(spin, NULL, prio, &mask);
}

static bool has_cpu(const struct task *t)
{
    return READ_ONCE(cpu_rq(READ_ONCE(t->cpu))->curr) == t;
}

/* Do all of the @nr threads run, at the same time, within the limit? */
static bool all_run(struct task *const *t, int nr)
{
    uint64_t end = clock_ns() + LIMIT_NS;
    int running = 0;

    do {
        running = 0;
        msleep(1);
        for (int i = 0; i < nr; i++)
            running += has_cpu(t[i]);
    } while (running < nr && clock_ns() < end);
    return running == nr;
}

static bool runs(struct task *t)
{
    return all_run(&t, 1);
}

static bool runs_for(struct task *t, uint64_t ns)
{
    uint64_t end = clock_ns() + LIMIT_NS;

    while (task_runtime(t) < ns && clock_ns() < end)
        msleep(1);
    return task_runtime(t) >= ns;
}

static void stop_all(struct task *const *t, int nr)
{
    for (int i = 0; i < nr; i++)
        stop_thread(t[i]);
}

static void change_limit(const char *runtime_us, const char *period_us)
{
    KEXPECT_EQ(0, sched_rt_runtime_store("-1", 2));
    KEXPECT_EQ(0, sched_rt_period_store(period_us, strlen(period_us)));
    KEXPECT_EQ(0, sched_rt_runtime_store(runtime_us, strlen(runtime_us)));
}

static void set_default_limit(void *unused)
{
    (void)unused;
    change_limit("950000", "1000000");
}

/* Until the test is over. */
static void set_limit(const char *runtime_us, const char *period_us)
{
    ktest_defer(set_default_limit, NULL);
    change_limit(runtime_us, period_us);
}

static void end(void *unused)
{
    (void)unused;
    KEXPECT_EQ(0, sched_setscheduler(current, SCHED_NORMAL, 0));
    KEXPECT_EQ(0, set_cpus_allowed(current, &cpu_present_mask));
}

/* Real-time threads may keep their CPUs for ever; this one rules the first until the test is over. */
static void begin(void)
{
    cpumask_t mask = cpus(0, 0);

    unlimit_real_time();
    ktest_defer(end, NULL);
    KEXPECT_EQ(0, set_cpus_allowed(current, &mask));
    KEXPECT_EQ(0, sched_setscheduler(current, SCHED_FIFO, 99));
}

/* ---- the limit ---- */

/* A real-time thread that runs away must leave enough for the command that ends it. */
KTEST(rt, hog_leaves_its_share_to_fair_threads)
{
    struct task *hog, *fair;
    uint64_t limit = clock_ns() + LIMIT_NS, h = 0, f = 0;

    set_limit("30000", "40000");
    fair = start_on(0, last_online_cpu());
    hog = start_on(50, last_online_cpu());
    KASSERT(hog && fair);
    do { /* of 40 ms one gets 30, the other 10 and little more, all else that is fair on this CPU */
        msleep(50);
        h = task_runtime(hog);
        f = task_runtime(fair);
    } while ((h < 200 * NS_PER_MS || f * 20 < h || f > h) && clock_ns() < limit);
    KEXPECT(f * 20 >= h);
    KEXPECT(f <= h);
    stop_thread(hog);
    stop_thread(fair);
}

/* The CPU has nothing else to do, doesn't tick, and must wake up by itself when the period ends. */
KTEST(rt, throttled_thread_goes_on_on_an_idle_cpu)
{
    struct task *hog;

    set_limit("5000", "20000");
    hog = start_on(50, last_online_cpu());
    KASSERT(hog != NULL);
    KEXPECT(runs_for(hog, 40 * NS_PER_MS)); /* of eight periods, or fewer and longer ones */
    stop_thread(hog);
}

/* Who lifts the limit doesn't want to wait for the period's end. */
KTEST(rt, lifting_the_limit_lets_throttled_threads_go_on)
{
    const struct rt_rq *rt = &cpu_rq(last_online_cpu())->rt;
    uint64_t end_ns = clock_ns() + LIMIT_NS;
    struct task *hog;

    KSKIP_IF(last_online_cpu() == 0, "one CPU, which the thread would keep");
    set_limit("1000", "1000000000");
    hog = start_on(50, last_online_cpu());
    KASSERT(hog != NULL);
    while (!READ_ONCE(rt->throttled) && clock_ns() < end_ns)
        msleep(1);
    KEXPECT(READ_ONCE(rt->throttled));
    set_limit("-1", "1000000");
    KEXPECT(!READ_ONCE(rt->throttled));
    KEXPECT(runs(hog));
    stop_thread(hog);
}

static void expect_setting(void (*show)(struct seqbuf *s), const char *text)
{
    char buf[16];
    struct seqbuf s;

    seqbuf_init(&s, buf, sizeof(buf));
    show(&s);
    KEXPECT(strcmp(seqbuf_str(&s), text) == 0);
}

/* A limit that nobody meant takes the machine away from its threads, or from everyone else. */
KTEST(rt, limits_that_make_no_sense_are_refused)
{
    static const char *const bad[] = {"",  "abc",     "1x",         "-2",
                                      "0", "1000001", "4294967297", "99999999999999999999"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        KEXPECT_EQ(-EINVAL, sched_rt_runtime_store(bad[i], strlen(bad[i])));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (strcmp(bad[i], "1000001") != 0)
            KEXPECT_EQ(-EINVAL, sched_rt_period_store(bad[i], strlen(bad[i])));
    KEXPECT_EQ(-EINVAL, sched_rt_period_store("949999", 6));
    KEXPECT_EQ(-EINVAL, sched_rt_period_store("-1", 2));
    expect_setting(sched_rt_runtime_show, "950000\n");
    expect_setting(sched_rt_period_show, "1000000\n");
}

/* ---- places ---- */

/* It waits for nothing: the other CPU has a fair thread only. */
KTEST(rt, waking_thread_goes_where_a_lower_one_runs)
{
    int a = 0, b = last_online_cpu();
    cpumask_t both = cpus(a, b);
    struct task *fair, *t, *hog;
    static bool spin_now;

    KSKIP_IF(b == 0, "one CPU");
    begin();
    spin_now = false;
    t = start(come_and_go, &spin_now, 40, &both);
    fair = start_on(0, a);
    hog = start_on(50, b);
    KASSERT(t && fair && hog);
    KEXPECT(runs(hog));
    WRITE_ONCE(spin_now, true);
    KEXPECT(runs_for(t, task_runtime(t) + 10 * NS_PER_MS));
    KEXPECT_EQ(a, READ_ONCE(t->cpu));
    stop_thread(hog);
    stop_thread(t);
    stop_thread(fair);
}

/* Who is preempted is still above what another CPU does. */
KTEST(rt, preempted_thread_goes_on_where_a_lower_one_runs)
{
    int a = 1, b = last_online_cpu();
    cpumask_t both = cpus(a, b);
    struct task *t[3];

    KSKIP_IF(b < 2, "fewer than three CPUs");
    begin();
    t[0] = start(spin, NULL, 40, &both);
    KASSERT(t[0] && runs(t[0]));
    t[1] = start_on(50, READ_ONCE(t[0]->cpu));
    t[2] = start_on(0, a);
    KASSERT(t[1] && t[2]);
    KEXPECT(all_run(t, 2));
    KEXPECT(READ_ONCE(t[0]->cpu) != READ_ONCE(t[1]->cpu));
    stop_all(t, 3);
}

/* Both CPUs are taken by higher ones; whichever is given back, the third must get it. */
KTEST(rt, cpu_whose_thread_ends_pulls_one_that_waits_elsewhere)
{
    int cpu[2] = {1, last_online_cpu()};
    cpumask_t both = cpus(cpu[0], cpu[1]);
    struct task *hogs[2], *t;

    KSKIP_IF(cpu[1] < 2, "fewer than three CPUs");
    begin();
    for (int i = 0; i < 2; i++)
        hogs[i] = start_on(50, cpu[i]);
    t = start(spin, NULL, 40, &both);
    KASSERT(hogs[0] && hogs[1] && t);
    for (int i = 0; i < 10; i++) {
        KEXPECT(all_run(hogs, 2));
        stop_thread(hogs[i % 2]);
        KEXPECT(runs(t));
        KEXPECT_EQ(cpu[i % 2], READ_ONCE(t->cpu));
        hogs[i % 2] = start_on(50, cpu[i % 2]);
        KASSERT(hogs[i % 2] != NULL);
    }
    stop_all(hogs, 2); /* first: it waits for them */
    stop_thread(t);
}

/* All CPUs but the first, MAX_CPUS at most. Returns how many. */
static int cpus_to_fill(cpumask_t *mask)
{
    int cpu, nr = 0;

    cpumask_zero(mask);
    for_each_cpu (cpu, &cpu_online_mask) {
        if (cpu != 0 && nr < MAX_CPUS) {
            cpumask_set(mask, cpu);
            nr++;
        }
    }
    return nr;
}

/* Where N threads can run, the N highest do: as they come, as they go, and when they change places. */
KTEST(rt, the_highest_threads_run)
{
    struct task *low[MAX_CPUS] = {NULL}, *high[MAX_CPUS] = {NULL};
    cpumask_t mask;
    int nr = cpus_to_fill(&mask);

    KSKIP_IF(nr == 0, "one CPU");
    begin();
    for (int i = 0; i < nr; i++)
        KASSERT((low[i] = start(spin, NULL, 10, &mask)) != NULL);
    KEXPECT(all_run(low, nr));
    for (int i = 0; i < nr; i++)
        KASSERT((high[i] = start(spin, NULL, 20, &mask)) != NULL);
    KEXPECT(all_run(high, nr));
    for (int i = 0; i < nr; i++)
        KEXPECT_EQ(0, sched_setscheduler(low[i], SCHED_FIFO, 30));
    KEXPECT(all_run(low, nr));
    for (int i = 0; i < nr; i++)
        KEXPECT_EQ(0, sched_setscheduler(low[i], SCHED_NORMAL, 0));
    KEXPECT(all_run(high, nr));
    for (int i = 0; i < nr; i++)
        KEXPECT_EQ(0, sched_setscheduler(low[i], SCHED_FIFO, 10));
    stop_all(high, nr);
    KEXPECT(all_run(low, nr));
    stop_all(low, nr);
}

/* Change priority, CPUs or both of one thread after another. */
static void shuffle(struct task *const *t, int nr, const cpumask_t *mask)
{
    uint64_t seed = 1;

    for (int i = 0; i < NR_CHANGES; i++) {
        struct task *one = t[i % nr];
        cpumask_t some = cpus(cpumask_first(mask), READ_ONCE(one->cpu));

        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        KEXPECT_EQ(0, sched_setscheduler(one, SCHED_FIFO, (int)(seed >> 33) % 90 + 1));
        KEXPECT_EQ(0, set_cpus_allowed(one, seed >> 40 & 1 ? mask : &some));
    }
}

/* Waking, sleeping, preempting, moving and changing at once, on all CPUs: and then it must be right. */
KTEST(rt, the_highest_threads_run_after_a_storm_of_changes)
{
    struct task *t[MAX_THREADS] = {NULL};
    static bool spin_now;
    cpumask_t mask;
    int nr = cpus_to_fill(&mask);

    KSKIP_IF(nr == 0, "one CPU");
    begin();
    spin_now = false;
    for (int i = 0; i < 2 * nr; i++)
        KASSERT((t[i] = start(come_and_go, &spin_now, 10, &mask)) != NULL);
    shuffle(t, 2 * nr, &mask);
    for (int i = 0; i < 2 * nr; i++) {
        KEXPECT_EQ(0, set_cpus_allowed(t[i], &mask));
        KEXPECT_EQ(0, sched_setscheduler(t[i], SCHED_FIFO, i < nr ? 20 : 10));
    }
    WRITE_ONCE(spin_now, true);
    KEXPECT(all_run(t, nr));
    stop_all(t, nr);
    KEXPECT(all_run(t + nr, nr));
    stop_all(t + nr, nr);
}
