/*
 * tests/kernel/soak_time.c - the soak's workers on time, and on calls from CPU to CPU.
 */
#include "kernel/completion.h"
#include "kernel/cpu.h"
#include "kernel/smp_call.h"
#include "kernel/timer.h"
#include "tests/kernel/soak.h"
#include <arch/clock.h>

/* ---- timers ---------------------------------------------------------------------------------- */

#define MAX_TIMERS   8
#define MAX_DELAY_NS (4 * NS_PER_MS)
#define PERIOD_NS    (500 * NS_PER_US)

struct alarm {
    struct hrtimer timer;
    bool set;               /* it may call at any time */
    bool repeats;           /* its function sets it anew */
    uint64_t due_ns;        /* no call is right before: the earliest of those that it was set to */
    unsigned long nr_early; /* calls before that; atomic */
    unsigned long nr_calls; /* atomic */
    unsigned long nr_seen;  /* nr_calls when it was cancelled */
};

struct alarms {
    struct alarm alarms[MAX_TIMERS];
};

static void ring(struct hrtimer *t)
{
    struct alarm *a = container_of(t, struct alarm, timer);
    uint64_t now = clock_ns();

    if (now < READ_ONCE(a->due_ns))
        __atomic_fetch_add(&a->nr_early, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&a->nr_calls, 1, __ATOMIC_SEQ_CST);
    if (a->repeats) {
        WRITE_ONCE(a->due_ns, now + PERIOD_NS);
        hrtimer_start(t, now + PERIOD_NS);
    }
}

static unsigned long calls_of(const struct alarm *a)
{
    return __atomic_load_n(&a->nr_calls, __ATOMIC_SEQ_CST);
}

static bool begin_timers(struct soak_worker *w)
{
    struct alarms *all = soak_data(w, struct alarms);

    for (int i = 0; i < MAX_TIMERS; i++)
        hrtimer_init(&all->alarms[i].timer, ring);
    return true;
}

static void cancel(const struct soak_worker *w, struct alarm *a)
{
    hrtimer_cancel(&a->timer);
    a->set = false;
    a->nr_seen = calls_of(a);
    if (__atomic_exchange_n(&a->nr_early, 0, __ATOMIC_RELAXED) > 0)
        soak_fail(w, "a timer's function was called before its time");
}

/* One that repeats itself is set anew by its function, so by nobody else: then it isn't set now. */
static void start(struct soak_worker *w, struct alarm *a)
{
    uint64_t due = clock_ns() + soak_random(w, MAX_DELAY_NS);

    if (!a->set && calls_of(a) != a->nr_seen)
        soak_fail(w, "a timer's function was called after hrtimer_cancel() had returned");
    if (!a->set)
        a->repeats = soak_one_in(w, 4);
    WRITE_ONCE(a->due_ns, a->set ? min(a->due_ns, due) : due);
    a->set = true;
    hrtimer_start(&a->timer, due);
}

static bool step_timers(struct soak_worker *w)
{
    struct alarms *all = soak_data(w, struct alarms);
    struct alarm *a = &all->alarms[soak_random(w, MAX_TIMERS)];

    if (a->set && (a->repeats || soak_one_in(w, 2)))
        cancel(w, a);
    else
        start(w, a);
    if (soak_one_in(w, 8))
        usleep(soak_random(w, 500));
    return soak_goes_on();
}

static void end_timers(struct soak_worker *w)
{
    struct alarms *all = soak_data(w, struct alarms);

    for (int i = 0; i < MAX_TIMERS; i++)
        cancel(w, &all->alarms[i]);
}

const struct soak_kind soak_timers = {
    .name = "timers",
    .cpus_each = 4,
    .least = 1,
    .most = 8,
    .begin = begin_timers,
    .step = step_timers,
    .end = end_timers,
};

/* ---- sleep ----------------------------------------------------------------------------------- */

#define MAX_SLEEP_NS (3 * NS_PER_MS)

static void sleep_and_look(struct soak_worker *w)
{
    uint64_t wanted = soak_random(w, MAX_SLEEP_NS), begin = clock_ns(), slept;

    sleep_ns(wanted);
    slept = clock_ns() - begin;
    if (slept < wanted)
        soak_fail(w, "a sleep of %lu ns took only %lu", (unsigned long)wanted,
                  (unsigned long)slept);
}

/* A limit that nothing comes before. */
static void wait_and_look(struct soak_worker *w)
{
    uint64_t wanted = soak_random(w, MAX_SLEEP_NS), begin = clock_ns(), waited;
    struct completion never;
    bool came;

    completion_init(&never);
    came = wait_for_completion_timeout(&never, wanted);
    waited = clock_ns() - begin;
    if (came || waited < wanted)
        soak_fail(w, "a wait of %lu ns for nothing took %lu, and returned %d",
                  (unsigned long)wanted, (unsigned long)waited, came);
}

static bool step_sleepers(struct soak_worker *w)
{
    if (soak_one_in(w, 2))
        sleep_and_look(w);
    else
        wait_and_look(w);
    return soak_goes_on();
}

const struct soak_kind soak_sleepers = {
    .name = "sleepers",
    .cpus_each = 4,
    .least = 1,
    .most = 8,
    .step = step_sleepers,
};

/* ---- calls ----------------------------------------------------------------------------------- */

/* How often functions were to run, and did. */
struct calls {
    unsigned long nr_sent;
    unsigned long nr_run; /* atomic */
    int wanted_cpu;       /* of the call that is waited for */
    unsigned long nr_elsewhere;
};

static void count_call(void *arg)
{
    struct calls *c = arg;

    __atomic_fetch_add(&c->nr_run, 1, __ATOMIC_SEQ_CST);
}

static void note_cpu(void *arg)
{
    struct calls *c = arg;

    c->nr_elsewhere += this_cpu() != c->wanted_cpu;
    count_call(c);
}

static unsigned long run_so_far(const struct calls *c)
{
    return __atomic_load_n(&c->nr_run, __ATOMIC_SEQ_CST);
}

static void call_one(struct soak_worker *w, struct calls *c)
{
    c->wanted_cpu = soak_random_cpu(w);
    smp_call_function_single(c->wanted_cpu, note_cpu, c, true);
    c->nr_sent++;
}

static void call_one_without_waiting(struct soak_worker *w, struct calls *c)
{
    smp_call_function_single(soak_random_cpu(w), count_call, c, false);
    c->nr_sent++;
}

/* Who calls is left out, so preemption is off while it is found out who that is. */
static void call_many(struct soak_worker *w, struct calls *c)
{
    cpumask_t cpus = soak_random_cpus(w);

    preempt_disable();
    c->nr_sent += (unsigned)(cpumask_weight(&cpus) - cpumask_test(&cpus, this_cpu()));
    smp_call_function_many(&cpus, count_call, c, soak_one_in(w, 2));
    preempt_enable();
}

static void call_all(struct soak_worker *w, struct calls *c)
{
    (void)w;
    on_each_cpu(count_call, c);
    c->nr_sent += (unsigned)cpumask_weight(&cpu_online_mask);
}

/* All calls that didn't wait run in the end; at most a call more is on its way when this ends. */
static void await_calls(const struct calls *c)
{
    while (run_so_far(c) < c->nr_sent)
        usleep(100);
}

static bool step_calls(struct soak_worker *w)
{
    static void (*const ways[])(struct soak_worker * w, struct calls * c) = {
        call_one, call_one_without_waiting, call_many, call_all};
    struct calls *c = soak_data(w, struct calls);

    ways[soak_random(w, ARRAY_SIZE(ways))](w, c);
    if (soak_one_in(w, 8))
        await_calls(c);
    if (run_so_far(c) > c->nr_sent)
        soak_fail(w, "%lu functions were sent to CPUs, and %lu ran", c->nr_sent, run_so_far(c));
    if (c->nr_elsewhere > 0)
        soak_fail(w, "a function ran on another CPU than %d", c->wanted_cpu);
    c->nr_elsewhere = 0;
    return soak_goes_on();
}

static void end_calls(struct soak_worker *w)
{
    await_calls(soak_data(w, struct calls));
}

const struct soak_kind soak_calls = {
    .name = "calls",
    .cpus_each = 8,
    .least = 1,
    .most = 3,
    .step = step_calls,
    .end = end_calls,
};
