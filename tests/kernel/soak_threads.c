/*
 * tests/kernel/soak_threads.c - the soak's workers on threads: their lives, their places, their rank.
 */
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/preempt.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include "sched/fair_math.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include "tests/kernel/soak.h"
#include "tests/kernel/thread_helpers.h"
#include <arch/clock.h>
#include <arch/cpu.h>

static void spin_ns(uint64_t ns)
{
    uint64_t end = clock_ns() + ns;

    while (clock_ns() < end)
        cpu_relax();
}

/* ---- lives ----------------------------------------------------------------------------------- */

#define MAX_DETACHED 32 /* at the same time: who frees them may be slow */

static int nr_detached; /* that have not ended yet; atomic */

/* A new thread on a random node, or NULL without memory, which is no failure. */
static struct task *create(struct soak_worker *w, int (*fn)(void *arg), void *arg)
{
    return kthread_create_on_node(fn, arg, soak_random_node(w), "soaked/%d", w->index);
}

static int return_arg(void *arg)
{
    return (int)(intptr_t)arg;
}

static void create_and_join(struct soak_worker *w)
{
    int wanted = (int)soak_random(w, 1000), got;
    struct task *t = create(w, return_arg, (void *)(intptr_t)wanted);

    if (!t)
        return;
    kthread_start(t);
    got = kthread_join(t);
    if (got != wanted)
        soak_fail(w, "a thread that returns %d was joined with %d", wanted, got);
}

static int return_cpu(void *arg)
{
    (void)arg;
    return this_cpu();
}

static void bind_and_join(struct soak_worker *w)
{
    int wanted = soak_random_cpu(w), got;
    struct task *t = create(w, return_cpu, NULL);

    if (!t)
        return;
    kthread_bind(t, wanted);
    kthread_start(t);
    got = kthread_join(t);
    if (got != wanted)
        soak_fail(w, "a thread that is bound to CPU %d ran on CPU %d", wanted, got);
}

static void stop_before_start(struct soak_worker *w)
{
    struct task *t = create(w, return_arg, (void *)42);
    int got;

    if (!t)
        return;
    got = kthread_stop(t);
    if (got != -EINTR)
        soak_fail(w, "a thread that never ran returned %d", got);
}

static DEFINE_WAIT_QUEUE(nobody_wakes);

static int sleep_until_stopped(void *arg)
{
    wait_event_interruptible(&nobody_wakes, kthread_should_stop());
    return (int)(intptr_t)arg;
}

static void stop_in_sleep(struct soak_worker *w)
{
    struct task *t = create(w, sleep_until_stopped, (void *)7);
    int got;

    if (!t)
        return;
    kthread_start(t);
    if (soak_one_in(w, 2))
        usleep(soak_random(w, 2000));
    got = kthread_stop(t);
    if (got != 7 && got != -EINTR)
        soak_fail(w, "a thread that was stopped in its sleep returned %d", got);
}

/* Counts its turns while it isn't parked. */
static int take_turns(void *arg)
{
    unsigned *turns = arg;

    while (!kthread_should_stop()) {
        kthread_parkme();
        WRITE_ONCE(*turns, *turns + 1);
        sched_yield();
    }
    return 0;
}

static void park_and_stop(struct soak_worker *w)
{
    unsigned turns = 0, seen;
    struct task *t = create(w, take_turns, &turns);

    if (!t)
        return;
    kthread_start(t);
    for (uint64_t i = soak_random(w, 4); i > 0; i--) {
        kthread_park(t);
        seen = READ_ONCE(turns);
        usleep(soak_random(w, 200));
        if (READ_ONCE(turns) != seen)
            soak_fail(w, "a thread that is parked went on");
        kthread_unpark(t);
    }
    kthread_stop(t);
}

static int end_alone(void *arg)
{
    (void)arg;
    __atomic_fetch_sub(&nr_detached, 1, __ATOMIC_RELAXED);
    return 0;
}

static void create_and_detach(struct soak_worker *w)
{
    struct task *t;

    if (__atomic_load_n(&nr_detached, __ATOMIC_RELAXED) >= MAX_DETACHED)
        return;
    t = create(w, end_alone, NULL);
    if (!t)
        return;
    __atomic_fetch_add(&nr_detached, 1, __ATOMIC_RELAXED);
    kthread_start(t);
    kthread_detach(t);
}

static bool step_kthreads(struct soak_worker *w)
{
    static void (*const lives[])(struct soak_worker * w) = {
        create_and_join, bind_and_join, stop_before_start,
        stop_in_sleep,   park_and_stop, create_and_detach,
    };

    lives[soak_random(w, ARRAY_SIZE(lives))](w);
    return soak_goes_on();
}

const struct soak_kind soak_kthreads = {
    .name = "kthreads",
    .cpus_each = 2,
    .least = 1,
    .most = 12,
    .step = step_kthreads,
};

/* ---- places and ranks ------------------------------------------------------------------------ */

/* A thread that is sent here and there, and who sends it. */
struct victim {
    struct task *task;
    uint64_t state; /* of its random numbers */
    /* Odd while the mask changes. The victim compares it before and after a look at the mask. */
    unsigned changes;
    cpumask_t mask;
    unsigned long nr_strays; /* times that it found itself outside of the mask; atomic */
};

/* Is it where it may be? Only what was true all the time counts. */
static void check_place(struct victim *v)
{
    unsigned changes;

    preempt_disable();
    changes = __atomic_load_n(&v->changes, __ATOMIC_SEQ_CST);
    if (changes % 2 == 0 && !cpumask_test(&v->mask, this_cpu()) &&
        __atomic_load_n(&v->changes, __ATOMIC_SEQ_CST) == changes)
        __atomic_fetch_add(&v->nr_strays, 1, __ATOMIC_RELAXED);
    preempt_enable();
}

/* Short work, a short sleep: it may be of the real-time class, and others must come to run. */
static int wander(void *arg)
{
    struct victim *v = arg;
    struct rng rng = {.state = v->state};

    while (!kthread_should_stop()) {
        check_place(v);
        spin_ns(rng_next(&rng) % 100000);
        check_place(v);
        if (rng_next(&rng) % 4 == 0)
            sched_yield();
        else
            usleep(rng_next(&rng) % 1000);
    }
    return 0;
}

static bool begin_movers(struct soak_worker *w)
{
    struct victim *v = soak_data(w, struct victim);

    v->mask = cpu_online_mask;
    v->state = rng_next(&w->rng);
    v->task = kthread_create_on_node(wander, v, soak_random_node(w), "victim/%d", w->index);
    if (v->task)
        kthread_start(v->task);
    return v->task != NULL;
}

static void change_place(struct soak_worker *w, struct victim *v)
{
    unsigned long flags;
    struct rq *rq;

    __atomic_fetch_add(&v->changes, 1, __ATOMIC_SEQ_CST);
    v->mask = soak_random_cpus(w);
    if (set_cpus_allowed(v->task, &v->mask))
        soak_fail(w, "the affinity of victim/%d could not be changed", w->index);
    __atomic_fetch_add(&v->changes, 1, __ATOMIC_SEQ_CST);
    rq = task_rq_lock(v->task, &flags);
    if (v->task->on_rq == TASK_QUEUED && !cpumask_test(&v->mask, rq->cpu))
        soak_fail(w, "victim/%d is on CPU %d, where it may not be any more", w->index, rq->cpu);
    task_rq_unlock(rq, flags);
}

static void change_policy(struct soak_worker *w, struct victim *v)
{
    static const enum sched_policy policies[] = {SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE, SCHED_FIFO,
                                                 SCHED_RR};
    enum sched_policy policy = policies[soak_random(w, ARRAY_SIZE(policies))];
    int priority = is_rt_policy(policy) ? 1 + (int)soak_random(w, MAX_RT_PRIO - 1) : 0;

    if (sched_setscheduler(v->task, policy, priority))
        soak_fail(w, "the policy of victim/%d could not become %d, priority %d", w->index,
                  (int)policy, priority);
}

static void change_nice(struct soak_worker *w, struct victim *v)
{
    int nice = NICE_MIN + (int)soak_random(w, NICE_MAX - NICE_MIN + 1);

    if (set_user_nice(v->task, nice))
        soak_fail(w, "the nice value of victim/%d could not become %d", w->index, nice);
}

static bool step_movers(struct soak_worker *w)
{
    static void (*const changes[])(struct soak_worker * w,
                                   struct victim * v) = {change_place, change_policy, change_nice};
    struct victim *v = soak_data(w, struct victim);

    changes[soak_random(w, ARRAY_SIZE(changes))](w, v);
    if (__atomic_exchange_n(&v->nr_strays, 0, __ATOMIC_RELAXED) > 0)
        soak_fail(w, "victim/%d ran on a CPU where it may not run", w->index);
    if (soak_one_in(w, 4))
        usleep(soak_random(w, 1000));
    return soak_goes_on();
}

static void end_movers(struct soak_worker *w)
{
    kthread_stop(soak_data(w, struct victim)->task);
}

const struct soak_kind soak_movers = {
    .name = "movers",
    .cpus_each = 4,
    .least = 1,
    .most = 8,
    .begin = begin_movers,
    .step = step_movers,
    .end = end_movers,
};

/* ---- work for the balancer ------------------------------------------------------------------- */

#define MAX_SPINNERS 4
#define MAX_SPIN_MS  300

/* Some threads that do nothing but run, all at home on one node, for a while. */
static bool step_spinners(struct soak_worker *w)
{
    struct task *spinners[MAX_SPINNERS];
    int nid = soak_random_node(w), nr = 1 + (int)soak_random(w, MAX_SPINNERS);

    for (int i = 0; i < nr; i++) {
        spinners[i] = kthread_create_on_node(spin, NULL, nid, "spinner/%d", i);
        if (spinners[i])
            kthread_start(spinners[i]);
    }
    msleep(soak_random(w, MAX_SPIN_MS));
    for (int i = 0; i < nr; i++)
        if (spinners[i])
            kthread_stop(spinners[i]);
    return soak_goes_on();
}

const struct soak_kind soak_spinners = {
    .name = "spinners",
    .cpus_each = 8,
    .least = 1,
    .most = 4,
    .step = step_spinners,
};

/* ---- real time ------------------------------------------------------------------------------- */

/* Work of a moment at a high priority, then sleep. */
static bool step_rt(struct soak_worker *w)
{
    enum sched_policy policy = soak_one_in(w, 2) ? SCHED_FIFO : SCHED_RR;

    if (soak_one_in(w, 8) && sched_setscheduler(current, policy, 1 + (int)soak_random(w, 90)))
        soak_fail(w, "the policy could not become %d", (int)policy);
    spin_ns(soak_random(w, 200000));
    usleep(500 + soak_random(w, 5000));
    return soak_goes_on();
}

const struct soak_kind soak_rt = {
    .name = "rt",
    .cpus_each = 4,
    .least = 1,
    .most = 6,
    .step = step_rt,
};
