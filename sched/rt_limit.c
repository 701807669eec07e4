/*
 * sched/rt_limit.c - how long real-time threads may keep a CPU: not for ever.
 *
 * THEORY
 *
 * A SCHED_FIFO thread that never sleeps would keep its CPU from everyone below it, the shell with which
 * one would end it included. So of each period (1 s) the real-time threads of a CPU get no more than
 * the run time (0.95 s) together; when it is used up the class is throttled, which means that nobody
 * is picked from it, until the period ends. What they ran beyond is owed, and taken off the next
 * period's share.
 *
 *     period     |                    1 s                     |
 *     FIFO thread #########################################___#########...
 *     fair threads                                         ###
 *
 * The period begins with the first real-time thread that comes, and a timer ends it, on whichever CPU
 * set it, so that an idle CPU whose threads are throttled goes on in time. With no such threads and
 * nothing owed there is no timer. Time is counted at ticks and switches: a run time is overdrawn by
 * up to a tick.
 *
 * The limit is set by two files in us, as in Linux, where -1, and a run time as long as the period,
 * mean none. Unlike Linux, which takes a run time of 0 and then limits nothing, we refuse 0, and
 * periods of less than MIN_PERIOD_US, whose timer would leave time for little else.
 *
 * LOCKING  A queue's part under its lock. The two settings are single words; who changes them holds
 *          settings_lock, and has each queue begin anew.
 * UNITS    Files and settings in us, the rest in ns.
 * SOURCES  Linux 6.1, Documentation/scheduler/sched-rt-group.rst, 2.1 "System wide settings".
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "sched/rq.h"
#include "sched/sched.h"

#define DEFAULT_PERIOD_US  1000000
#define DEFAULT_RUNTIME_US 950000
#define MIN_PERIOD_US      1000
#define MAX_PERIOD_US      INT32_MAX /* as in Linux, where it is an int */
#define NO_LIMIT           (-1)

static DEFINE_MUTEX(settings_lock);
static int period_us = DEFAULT_PERIOD_US;
static int runtime_us = DEFAULT_RUNTIME_US;

static bool announced; /* that a limit was reached, once since boot */

static uint64_t period_ns(void)
{
    return (uint64_t)READ_ONCE(period_us) * NS_PER_US;
}

/* UINT64_MAX: no limit. */
static uint64_t runtime_ns(void)
{
    int us = READ_ONCE(runtime_us);

    return us == NO_LIMIT || us >= READ_ONCE(period_us) ? UINT64_MAX : (uint64_t)us * NS_PER_US;
}

static void throttle(struct rq *rq)
{
    WRITE_ONCE(rq->rt.throttled, true);
    rt_note_extra(rq);
    resched_curr(rq);
    if (!__atomic_exchange_n(&announced, true, __ATOMIC_RELAXED))
        pr_warn("sched: RT throttling activated");
}

/* The CPU serves its real-time threads again, and those that wait elsewhere. */
static void unthrottle(struct rq *rq)
{
    WRITE_ONCE(rq->rt.throttled, false);
    rt_note_extra(rq);
    rt_pull_later(rq);
    resched_curr(rq);
}

/* rt_limit_account - a real-time thread has run for @ran_ns. Locked, the clock right. */
void rt_limit_account(struct rq *rq, uint64_t ran_ns)
{
    struct rt_rq *rt = &rq->rt;

    if (!rt->period_is_set)
        return;
    rt->ran_ns += ran_ns;
    if (!rt->throttled && rt->ran_ns > runtime_ns())
        throttle(rq);
}

/* rt_limit_begin - a real-time thread has come. Locked, the clock right. */
void rt_limit_begin(struct rq *rq)
{
    struct rt_rq *rt = &rq->rt;

    if (rt->period_is_set || runtime_ns() == UINT64_MAX)
        return;
    rt->period_is_set = true;
    rt->ran_ns = 0;
    rt->period_end = rq->clock + period_ns();
    hrtimer_start(&rt->period_timer, rt->period_end);
}

/* One period has ended, or several, if the timer is late. */
static void begin_next(struct rq *rq)
{
    struct rt_rq *rt = &rq->rt;
    uint64_t limit = runtime_ns(), nr = (rq->clock - rt->period_end) / period_ns() + 1;

    rt->ran_ns -= min(rt->ran_ns, limit == UINT64_MAX ? limit : nr * limit);
    if (rt->throttled && rt->ran_ns < limit)
        unthrottle(rq);
    if (limit == UINT64_MAX || (rt->nr == 0 && rt->ran_ns == 0)) {
        rt->period_is_set = false;
        return;
    }
    rt->period_end += nr * period_ns();
    hrtimer_start(&rt->period_timer, rt->period_end);
}

static void period_ends(struct hrtimer *timer)
{
    struct rq *rq = container_of(timer, struct rq, rt.period_timer);

    rq_lock(rq);
    rq_update_clock(rq);
    if (rq->curr->class == &rt_sched_class)
        account_current(rq);
    if (rq->clock >= rq->rt.period_end) /* or the settings have just changed, and the timer */
        begin_next(rq);
    rq_unlock(rq);
}

/* rt_limit_init - the queue has no period yet. Context: boot. */
void rt_limit_init(struct rq *rq)
{
    hrtimer_init(&rq->rt.period_timer, period_ends);
}

/* ---- the files ------------------------------------------------------------------------------- */

/* The settings have changed: nothing is owed, and a new period begins. */
static void begin_anew(struct rq *rq) __no_lock_analysis
{
    unsigned long flags = irq_save();

    rq_lock(rq);
    rq_update_clock(rq);
    if (rq->curr->class == &rt_sched_class)
        account_current(rq);
    rq->rt.period_is_set = false;
    if (rq->rt.throttled)
        unthrottle(rq);
    if (rq->rt.nr > 0)
        rt_limit_begin(rq);
    task_rq_unlock(rq, flags);
}

static void begin_anew_everywhere(void)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        begin_anew(cpu_rq(cpu));
}

/* A line with a number, perhaps negative, that fits an int. 0 or -EINVAL. */
static int parse_int(const char *text, int *value)
{
    bool negative = *text == '-';
    const char *end;
    uint64_t n;

    if (parse_u64(text + negative, 10, &n, &end) || n > INT32_MAX)
        return -EINVAL;
    if (*end == '\n')
        end++;
    *value = negative ? -(int)n : (int)n;
    return *end == '\0' ? 0 : -EINVAL;
}

/* Both are right, or @period and @runtime are refused with a sentence. settings_lock is held. */
static int set_limit(const char *file, int period, int runtime)
{
    if (period < MIN_PERIOD_US || runtime == 0 || runtime < NO_LIMIT || runtime > period) {
        pr_notice("%s: a period is %d to %d us, a run time 1 us to the period, or -1: no limit; "
                  "period %d with run time %d is not",
                  file, MIN_PERIOD_US, MAX_PERIOD_US, period, runtime);
        return -EINVAL;
    }
    WRITE_ONCE(period_us, period);
    WRITE_ONCE(runtime_us, runtime);
    begin_anew_everywhere();
    return 0;
}

static int refuse_text(const char *file)
{
    pr_notice("%s: write one number of us, at most %d", file, MAX_PERIOD_US);
    return -EINVAL;
}

/* sched_rt_period_show - /proc/sys/kernel/sched_rt_period_us. */
void sched_rt_period_show(struct seqbuf *s)
{
    seq_printf(s, "%d\n", READ_ONCE(period_us));
}

/* sched_rt_period_store - the same, written: 0, or -EINVAL, the log saying why. */
int sched_rt_period_store(const char *text, size_t len)
{
    int value, err;

    (void)len;
    if (parse_int(text, &value))
        return refuse_text("sched_rt_period_us");
    mutex_lock(&settings_lock);
    err = set_limit("sched_rt_period_us", value, runtime_us);
    mutex_unlock(&settings_lock);
    return err;
}

/* sched_rt_runtime_show - /proc/sys/kernel/sched_rt_runtime_us. */
void sched_rt_runtime_show(struct seqbuf *s)
{
    seq_printf(s, "%d\n", READ_ONCE(runtime_us));
}

/* sched_rt_runtime_store - the same, written: 0, or -EINVAL, the log saying why. */
int sched_rt_runtime_store(const char *text, size_t len)
{
    int value, err;

    (void)len;
    if (parse_int(text, &value))
        return refuse_text("sched_rt_runtime_us");
    mutex_lock(&settings_lock);
    err = set_limit("sched_rt_runtime_us", period_us, value);
    mutex_unlock(&settings_lock);
    return err;
}
