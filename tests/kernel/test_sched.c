/*
 * tests/kernel/test_sched.c - threads and the scheduler, on this machine's CPUs.
 */
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/lib/vsprintf.h"
#include "kernel/printk.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include "mm/kstack.h"
#include "mm/node.h"
#include "mm/page.h"
#include "sched/load.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include "tests/kernel/thread_helpers.h"
#include <arch/clock.h>
#include <arch/cpu.h>

#define MAX_PAIRS    8
#define NR_PINGS     300
#define MILLION      1000000
#define LIMIT_NS     (20 * NS_PER_S) /* for what takes a moment */
#define FAIR_TIME_MS 1500
#define NR_DETACHED  200

/* ---- starting and ending ---- */

static int return_arg(void *arg)
{
    return (int)(intptr_t)arg;
}

KTEST(kthread, join_returns_what_the_function_returned)
{
    struct task *t = own_thread(kthread_run(return_arg, (void *)42, "test"));

    KASSERT(t != NULL);
    KEXPECT_EQ(42, join_thread(t));
}

static DEFINE_WAIT_QUEUE(nobody_wakes);

static int sleep_until_stopped(void *started)
{
    complete(started);
    wait_event_interruptible(&nobody_wakes, kthread_should_stop());
    return 7;
}

KTEST(kthread, stop_ends_a_thread_that_sleeps)
{
    struct completion started;
    struct task *t;

    completion_init(&started);
    t = own_thread(kthread_run(sleep_until_stopped, &started, "test"));
    KASSERT(t != NULL);
    wait_for_completion(&started);
    KEXPECT_EQ(7, stop_thread(t));
}

/* Whoever prepares threads and then fails must be able to get rid of them. */
KTEST(kthread, stop_of_a_thread_that_never_ran_does_not_call_its_function)
{
    struct task *t = own_thread(kthread_create(return_arg, (void *)42, "test"));

    KASSERT(t != NULL);
    KEXPECT_EQ(-EINTR, stop_thread(t));
}

static int park_often(void *arg)
{
    unsigned *turns = arg;

    while (!kthread_should_stop()) {
        kthread_parkme();
        WRITE_ONCE(*turns, *turns + 1);
    }
    return 0;
}

KTEST(kthread, parked_thread_stands_still_until_it_is_let_go)
{
    unsigned turns = 0, before;
    struct task *t = own_thread(kthread_run(park_often, &turns, "test"));

    KASSERT(t != NULL);
    for (int i = 0; i < 100; i++) {
        kthread_park(t);
        before = READ_ONCE(turns);
        sched_yield();
        KEXPECT_EQ(before, READ_ONCE(turns));
        kthread_unpark(t);
    }
    stop_thread(t);
}

/* A stack on another node would make each call of the thread a remote access. */
KTEST(kthread, stack_and_structure_lie_on_the_threads_node)
{
    int nid;

    for_each_online_node (nid) {
        struct task *t = own_thread(kthread_create_on_node(return_arg, NULL, nid, "test/%d", nid));

        KASSERT(t != NULL);
        KEXPECT_EQ(node_nearest_with_memory(nid), page_to_nid(virt_to_page(t)));
        KEXPECT_EQ(node_nearest_with_memory(nid), kstack_node(t->stack));
        KEXPECT_EQ(nid, t->nid);
        stop_thread(t);
    }
}

/* @nr threads one after the other, on all nodes in turn. */
static void start_and_join(int nr)
{
    int nid = nodemask_first(&node_states[N_ONLINE]), before = task_nr();

    for (int i = 0; i < nr; i++) {
        struct task *t =
            own_thread(kthread_create_on_node(return_arg, (void *)(intptr_t)i, nid, "test/%d", i));

        KASSERT(t != NULL);
        kthread_start(t);
        KASSERT_EQ(i, join_thread(t));
        nid = nodemask_next(&node_states[N_ONLINE], nid);
        if (nid >= MAX_NUMNODES)
            nid = nodemask_first(&node_states[N_ONLINE]);
    }
    KEXPECT_EQ(before, task_nr());
}

/* A page that each thread leaves behind is a machine that dies after a week. ktest looks at all nodes. */
KTEST(kthread, hundreds_start_and_end_without_a_leak_on_any_node)
{
    start_and_join(200);
}

KTEST_SLOW(kthread, ten_thousand_start_and_end_without_a_leak_on_any_node)
{
    start_and_join(10000);
}

static bool only_these_threads(int nr)
{
    uint64_t end = clock_ns() + LIMIT_NS;

    while (task_nr() > nr && clock_ns() < end)
        msleep(1);
    return task_nr() == nr;
}

/* Nobody joins a detached thread; its stack must come back all the same. */
KTEST(kthread, detached_threads_are_freed_when_they_end)
{
    int before = task_nr();

    for (int i = 0; i < NR_DETACHED; i++) {
        struct task *t = kthread_run(return_arg, NULL, "test");

        KASSERT(t != NULL);
        kthread_detach(t);
    }
    KEXPECT(only_these_threads(before));
}

/* ---- waking ---- */

struct pair {
    struct completion ping, pong;
    struct task *a, *b;
    unsigned nr, end; /* so many pings were answered, of so many */
};

static int send_pings(void *arg)
{
    struct pair *p = arg;

    for (; p->nr < p->end; p->nr++) {
        complete(&p->ping);
        if (!wait_for_completion_timeout(&p->pong, LIMIT_NS))
            return -EIO;
    }
    return 0;
}

static int send_pongs(void *arg)
{
    struct pair *p = arg;

    for (unsigned i = 0; i < p->end; i++) {
        if (!wait_for_completion_timeout(&p->ping, LIMIT_NS))
            return -EIO;
        complete(&p->pong);
    }
    return 0;
}

static void init_pair(struct pair *p, unsigned nr_pings)
{
    completion_init(&p->ping);
    completion_init(&p->pong);
    p->nr = 0;
    p->end = nr_pings;
}

/* False: there are not both threads. Neither runs before start_pair(). */
static bool create_pair(struct pair *p, int a, int b, unsigned nr_pings)
{
    init_pair(p, nr_pings);
    p->a = create_on(send_pings, p, a);
    p->b = create_on(send_pongs, p, b);
    return p->a && p->b;
}

static bool create_pair_anywhere(struct pair *p, unsigned nr_pings)
{
    init_pair(p, nr_pings);
    p->a = own_thread(kthread_create(send_pings, p, "test"));
    p->b = own_thread(kthread_create(send_pongs, p, "test"));
    return p->a && p->b;
}

static void start_pair(struct pair *p)
{
    kthread_start(p->a);
    kthread_start(p->b);
}

static void finish_pair(struct pair *p)
{
    KEXPECT_EQ(0, join_thread(p->a));
    KEXPECT_EQ(0, join_thread(p->b));
    KEXPECT_EQ(p->end, p->nr);
}

/* One wake-up that gets lost in a million is a machine that hangs once a day. */
KTEST(sched, no_wakeup_is_lost_between_two_threads_of_one_cpu)
{
    static struct pair p;

    KASSERT(create_pair(&p, last_online_cpu(), last_online_cpu(), 30 * NR_PINGS));
    start_pair(&p);
    finish_pair(&p);
}

/* The first CPU behind @cpu whose node is another one, or the next one if there is none. */
static int far_cpu(int cpu)
{
    int other;

    for_each_cpu (other, &cpu_online_mask) {
        if (other > cpu && cpu_to_node(other) != cpu_to_node(cpu))
            return other;
    }
    return cpumask_next(&cpu_online_mask, cpu);
}

/* From each of the first CPUs @nr_pings to its neighbour, and as many to another node, all at once. */
static void ping_over_the_machine(unsigned nr_pings)
{
    static struct pair pairs[MAX_PAIRS];
    int nr = 0, a;

    for_each_cpu (a, &cpu_online_mask) {
        int next = cpumask_next(&cpu_online_mask, a), far = far_cpu(a);

        if (nr + 2 > MAX_PAIRS)
            break;
        if (next < NR_CPUS)
            KASSERT(create_pair(&pairs[nr++], a, next, nr_pings));
        if (far < NR_CPUS && far != next)
            KASSERT(create_pair(&pairs[nr++], a, far, nr_pings));
    }
    for (int i = 0; i < nr; i++)
        start_pair(&pairs[i]);
    while (nr > 0)
        finish_pair(&pairs[--nr]);
}

/* The same where waker and sleeper meet from two sides. */
KTEST(sched, no_wakeup_is_lost_between_cpus)
{
    KSKIP_IF(last_online_cpu() == 0, "one CPU");
    ping_over_the_machine(NR_PINGS);
}

/* Several pairs, so that sometimes a CPU sleeps when the next ping comes, and mostly it doesn't. */
KTEST_SLOW(sched, no_wakeup_of_a_million_is_lost_between_nodes)
{
    static struct pair pairs[MAX_PAIRS];
    int b = far_cpu(0);

    KSKIP_IF(b >= NR_CPUS || cpu_to_node(b) == cpu_to_node(0), "all CPUs are of one node");
    for (int i = 0; i < MAX_PAIRS; i++)
        KASSERT(create_pair(&pairs[i], 0, b, MILLION / MAX_PAIRS));
    for (int i = 0; i < MAX_PAIRS; i++)
        start_pair(&pairs[i]);
    for (int i = 0; i < MAX_PAIRS; i++)
        finish_pair(&pairs[i]);
}

/* Threads that may run anywhere: wake-ups choose, and change, CPUs. */
KTEST(sched, no_wakeup_is_lost_while_threads_move)
{
    static struct pair p;

    KASSERT(create_pair_anywhere(&p, NR_PINGS));
    start_pair(&p);
    finish_pair(&p);
}

/* ---- shares ---- */

static void stop_both(struct task *a, struct task *b)
{
    stop_thread(a);
    stop_thread(b);
}

/* 1024 / 335 = 3.057, within 5 %. */
static bool is_three_to_one(uint64_t a, uint64_t b)
{
    return a * 1000 >= b * 2904 && a * 1000 <= b * 3210;
}

/*
 * nice is a promise of a share: 1024 to 335 by weight. Where the host takes a CPU away in the middle of
 * a slice, that slice is long, and made up for later: so the ratio, from the start on, must come into
 * its range and be there at two looks, half a second apart.
 */
KTEST_SLOW(sched, nice_0_gets_three_times_what_nice_5_gets)
{
    struct task *a = create_on(spin, NULL, last_online_cpu()),
                *b = create_on(spin, NULL, last_online_cpu());
    uint64_t ran_a = 0, ran_b = 0, end = clock_ns() + LIMIT_NS;
    int nr_good = 0;

    KASSERT(a && b);
    KEXPECT_EQ(0, set_user_nice(b, 5));
    kthread_start(a);
    kthread_start(b);
    msleep(FAIR_TIME_MS);
    while (nr_good < 2 && clock_ns() < end) {
        msleep(500);
        ran_a = task_runtime(a);
        ran_b = task_runtime(b);
        nr_good = is_three_to_one(ran_a, ran_b) ? nr_good + 1 : 0;
    }
    stop_both(a, b);
    if (!KEXPECT_EQ(2, nr_good))
        ktest_fail(__FILE__, __LINE__, "they ran for %lu and %lu ms",
                   (unsigned long)(ran_a / NS_PER_MS), (unsigned long)(ran_b / NS_PER_MS));
}

/* A thread of nice 19 beside one of nice -20 must still run. */
KTEST(sched, the_lightest_thread_is_not_starved)
{
    int cpu = last_online_cpu();
    struct task *a = create_on(spin, NULL, cpu), *b = create_on(spin, NULL, cpu);
    uint64_t end = clock_ns() + LIMIT_NS;

    KASSERT(a && b);
    KEXPECT_EQ(0, set_user_nice(a, -20));
    KEXPECT_EQ(0, set_user_nice(b, 19));
    kthread_start(a);
    kthread_start(b);
    while (task_runtime(b) == 0 && clock_ns() < end)
        msleep(10);
    KEXPECT(task_runtime(b) > 0);
    stop_both(a, b);
}

/* ---- real time ---- */

struct watcher {
    struct task *victim;
    uint64_t before, after; /* the victim's run time */
};

/* Keep the CPU for some time slices, and see what the victim gets. */
static int hog(void *arg)
{
    struct watcher *w = arg;
    uint64_t end = clock_ns() + 50 * NS_PER_MS;

    w->before = task_runtime(w->victim);
    while (clock_ns() < end)
        cpu_relax();
    w->after = task_runtime(w->victim);
    return 0;
}

/* What must happen in time must not wait for what has time. */
KTEST(sched, fair_thread_gets_nothing_while_a_real_time_one_runs)
{
    static struct watcher w;
    struct task *t;

    w.victim = create_on(spin, NULL, last_online_cpu());
    t = create_on(hog, &w, last_online_cpu());
    KASSERT(w.victim && t);
    unlimit_real_time();
    KEXPECT_EQ(0, sched_setscheduler(t, SCHED_FIFO, 1));
    kthread_start(w.victim);
    kthread_start(t);
    join_thread(t);
    KEXPECT_EQ(w.before, w.after);
    stop_thread(w.victim);
}

static int note_turn(void *arg)
{
    unsigned *turn = arg;

    return (int)__atomic_fetch_add(turn, 1, __ATOMIC_SEQ_CST);
}

static int keep_until(void *go)
{
    while (!READ_ONCE(*(bool *)go))
        cpu_relax();
    return 0;
}

/* Three wait while a fourth, the highest, keeps the CPU; then the higher ones come first. */
KTEST(sched, real_time_threads_run_in_the_order_of_their_priority)
{
    static bool go;
    static unsigned turn;
    struct task *first = create_on(keep_until, &go, last_online_cpu()), *t[3];

    go = false;
    turn = 0;
    KASSERT(first != NULL);
    KEXPECT_EQ(0, sched_setscheduler(first, SCHED_FIFO, 99));
    for (int i = 0; i < 3; i++) {
        t[i] = create_on(note_turn, &turn, last_online_cpu());
        KASSERT(t[i] != NULL);
        KEXPECT_EQ(0, sched_setscheduler(t[i], SCHED_FIFO, 10 + i));
    }
    /* Above all of them, so that a single CPU doesn't change before all are started. */
    KEXPECT_EQ(0, sched_setscheduler(current, SCHED_FIFO, 99));
    kthread_start(first);
    for (int i = 0; i < 3; i++)
        kthread_start(t[i]);
    WRITE_ONCE(go, true);
    KEXPECT_EQ(0, sched_setscheduler(current, SCHED_NORMAL, 0));
    join_thread(first);
    for (int i = 0; i < 3; i++)
        KEXPECT_EQ(2 - i, join_thread(t[i]));
}

/* Round robin, unlike FIFO, is fair within a priority. */
KTEST(sched, round_robin_threads_take_turns)
{
    struct task *a = create_on(spin, NULL, last_online_cpu()),
                *b = create_on(spin, NULL, last_online_cpu());
    uint64_t end = clock_ns() + LIMIT_NS;

    KSKIP_IF(last_online_cpu() == 0, "one CPU, which they would keep");
    KASSERT(a && b);
    KEXPECT_EQ(0, sched_setscheduler(a, SCHED_RR, 5));
    KEXPECT_EQ(0, sched_setscheduler(b, SCHED_RR, 5));
    kthread_start(a);
    kthread_start(b);
    while ((task_runtime(a) == 0 || task_runtime(b) == 0) && clock_ns() < end)
        msleep(10);
    KEXPECT(task_runtime(a) > 0);
    KEXPECT(task_runtime(b) > 0);
    stop_both(a, b);
}

KTEST(sched, policies_and_priorities_that_do_not_fit_are_refused)
{
    KEXPECT_EQ(-EINVAL, sched_setscheduler(current, SCHED_FIFO, 0));
    KEXPECT_EQ(-EINVAL, sched_setscheduler(current, SCHED_RR, 100));
    KEXPECT_EQ(-EINVAL, sched_setscheduler(current, SCHED_NORMAL, 1));
    KEXPECT_EQ(-EINVAL, sched_setscheduler(current, (enum sched_policy)4, 0));
    KEXPECT_EQ(-EINVAL, set_user_nice(current, 20));
    KEXPECT_EQ(-EINVAL, set_user_nice(current, -21));
    KEXPECT_EQ(SCHED_NORMAL, current->policy);
}

/* ---- affinity ---- */

/* A mask that takes effect "soon" is useless to whoever is about to take the CPU away. */
KTEST(sched, thread_is_on_its_cpu_when_set_cpus_allowed_returns)
{
    cpumask_t all = current->cpus_mask, mask;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        mask = cpumask_of(cpu);
        KEXPECT_EQ(0, set_cpus_allowed(current, &mask));
        KEXPECT_EQ(cpu, raw_this_cpu());
    }
    KEXPECT_EQ(0, set_cpus_allowed(current, &all));
}

KTEST(sched, running_and_waiting_threads_are_moved_at_once)
{
    struct task *t[4];
    cpumask_t mask;
    int cpu;

    for (int i = 0; i < 4; i++) {
        t[i] = create_on(spin, NULL, last_online_cpu());
        KASSERT(t[i] != NULL);
        kthread_start(t[i]);
    }
    for (int round = 0; round < 20; round++) {
        for_each_cpu (cpu, &cpu_online_mask) {
            mask = cpumask_of(cpu);
            KASSERT_EQ(0, set_cpus_allowed(t[round % 4], &mask));
            KEXPECT_EQ(cpu, READ_ONCE(t[round % 4]->cpu));
        }
    }
    for (int i = 0; i < 4; i++)
        stop_thread(t[i]);
}

/* Sleeping and waking while somebody changes the mask: all the ways of moving at the same time. */
KTEST(sched, no_wakeup_is_lost_while_masks_change)
{
    static struct pair p;
    int cpu = 0;

    KASSERT(create_pair_anywhere(&p, NR_PINGS));
    start_pair(&p);
    while (READ_ONCE(p.nr) < p.end && !READ_ONCE(p.a->exited.done)) {
        cpumask_t mask = cpumask_of(cpu);

        KEXPECT_EQ(0, set_cpus_allowed(p.a, &mask));
        cpu = cpumask_next(&cpu_online_mask, cpu);
        cpu = cpu < NR_CPUS ? cpu : 0;
        mask = cpumask_of(cpu);
        KEXPECT_EQ(0, set_cpus_allowed(p.b, &mask));
        sched_yield();
    }
    finish_pair(&p);
}

KTEST(sched, mask_without_a_cpu_that_runs_is_refused)
{
    cpumask_t mask;

    cpumask_zero(&mask);
    KEXPECT_EQ(-EINVAL, set_cpus_allowed(current, &mask));
}

/* ---- idle CPUs, load ---- */

/* A tick on an idle CPU burns a host's, or a battery's, power for nothing. */
KTEST(sched, idle_cpu_does_not_tick)
{
    uint64_t end = clock_ns() + LIMIT_NS;
    int cpu = raw_this_cpu() == last_online_cpu() ? 0 : last_online_cpu();
    cpumask_t here = cpumask_of(raw_this_cpu()), all = current->cpus_mask;

    KSKIP_IF(last_online_cpu() == 0, "one CPU, which is busy with this");
    KEXPECT_EQ(0, set_cpus_allowed(current, &here));
    while (tick_is_running(cpu) && clock_ns() < end)
        msleep(1);
    KEXPECT(!tick_is_running(cpu));
    KEXPECT_EQ(0, set_cpus_allowed(current, &all));
}

/* The balancer sees queues by these averages only. */
KTEST(sched, load_of_a_busy_queue_approaches_its_weight)
{
    struct task *t = create_on(spin, NULL, last_online_cpu());
    const struct load_avg *avg = &cpu_rq(last_online_cpu())->avg;
    uint64_t end = clock_ns() + LIMIT_NS;

    KASSERT(t != NULL);
    kthread_start(t);
    while (!(util_value(&t->avg) > 900 && util_value(avg) > 900 && load_value(avg) > 900) &&
           clock_ns() < end)
        msleep(10);
    KEXPECT(util_value(&t->avg) > 900 && util_value(&t->avg) <= 1024);
    KEXPECT(util_value(avg) > 900 && util_value(avg) <= 1024);
    KEXPECT(load_value(avg) > 900);
    stop_thread(t);
}

/* ---- the watchdog ---- */

static bool held_long_enough(const uint64_t *end_ns)
{
    return clock_ns() >= *end_ns || kthread_should_stop();
}

static int hold_without_preemption(void *end_ns)
{
    preempt_disable();
    while (!held_long_enough(end_ns))
        cpu_relax();
    preempt_enable();
    return 0;
}

static int hold_without_interrupts(void *end_ns)
{
    unsigned long flags = irq_save();

    while (!held_long_enough(end_ns))
        cpu_relax();
    irq_restore(flags);
    return 0;
}

static bool logged(uint64_t pos, const char *text)
{
    static char buf[8192];
    size_t n = log_read(&pos, buf, sizeof(buf) - 1);

    buf[n] = '\0';
    return strstr(buf, text) != NULL;
}

static bool all_logged(uint64_t pos, const char *const *texts)
{
    while (*texts && logged(pos, *texts))
        texts++;
    return !*texts;
}

/* While @hold has the @nr last CPUs: does the log come to show all of @texts? */
static bool log_shows(int (*hold)(void *), int nr, const char *const *texts)
{
    uint64_t end = clock_ns() + LIMIT_NS, pos = log_end();
    struct task *t[2];
    bool found;

    for (int i = 0; i < nr; i++) {
        t[i] = create_on(hold, &end, last_online_cpu() - i);
        if (!t[i])
            return false;
    }
    for (int i = 0; i < nr; i++)
        kthread_start(t[i]);
    while (!all_logged(pos, texts) && clock_ns() < end)
        msleep(100);
    found = all_logged(pos, texts);
    for (int i = 0; i < nr; i++)
        stop_thread(t[i]);
    return found;
}

/* The same with the watchdog made impatient, from CPU 0. */
static bool watchdog_shows(int (*hold)(void *), int nr, const char *const *texts)
{
    cpumask_t here = cpumask_of(0), all = current->cpus_mask;
    uint64_t limit;
    bool found;

    KEXPECT_EQ(0, set_cpus_allowed(current, &here));
    limit = watchdog_set_limit(NS_PER_S);
    found = log_shows(hold, nr, texts);
    watchdog_set_limit(limit);
    KEXPECT_EQ(0, set_cpus_allowed(current, &all));
    return found;
}

/* A CPU that hangs takes its threads with it, and without a word nobody knows where to look. */
KTEST_SLOW(sched, cpu_that_does_not_schedule_is_reported_with_what_it_does)
{
    static const char *const texts[] = {"soft lockup", "hold_without_preemption+0x", NULL};

    KSKIP_IF(last_online_cpu() == 0, "one CPU, which nobody watches");
    KEXPECT(watchdog_shows(hold_without_preemption, 1, texts));
}

/* Two CPUs that wait for each other hear nothing, and one of them is who should watch the other. */
KTEST_SLOW(sched, cpus_that_hang_with_interrupts_off_are_all_reported)
{
    const char *texts[] = {"hold_without_interrupts+0x", NULL, NULL, NULL};
    int nr = min(last_online_cpu(), 2);
    char lines[2][32];

    KSKIP_IF(last_online_cpu() == 0, "one CPU, which nobody watches");
    for (int i = 0; i < nr; i++) {
        snprintf(lines[i], sizeof(lines[i]), "CPU#%d stuck", last_online_cpu() - i);
        texts[i + 1] = lines[i];
    }
    KEXPECT(watchdog_shows(hold_without_interrupts, nr, texts));
}
