/*
 * sched/kbalance.c - the balancing threads, kbalance/N, one for each node with CPUs.
 *
 * THEORY
 *
 * Each domain is looked at on behalf of each of its groups by one CPU (sched/topology.c: balance_cpu),
 * and the thread of that CPU's node does it. How often: between min_interval and max_interval, beginning
 * with the former and twice as late each time that nothing was to move; where no CPU of the group is
 * idle, busy_factor times more seldom. Wide domains have longer intervals, and between nodes only one
 * balancer is at work at a time; who finds another one there waits for his next turn. Where all threads
 * that could move are bound, a domain's interval grows up to PINNED_INTERVAL_MS.
 *
 * A domain is of interest only while a thread waits on one of its CPUs outside of the own group. A
 * balancer that has no such domain sleeps until it is woken:
 *
 *     a tick finds that a thread waits on its CPU, or that the one which runs is away from its memory:
 *     it wakes the balancer of its node, REST_NS after the last time at the earliest;
 *     a balancer finds that a thread waits: it wakes all those that have a domain there
 *
 * so that nothing of all this runs on a machine that is idle, or has no more threads than CPUs. One
 * that has such a domain looks around at least every REST_NS, as others may become interesting.
 *
 * Every HOME_NS a balancer that is awake sends threads that are away from their memory home; less often,
 * up to HOME_MAX_NS, while there is no room for them.
 *
 * The threads belong to the real-time class, because they have to run where there is most to do; they
 * don't count when loads are compared.
 *
 * LOCKING  The word `between_nodes` is taken by whoever can set it from 0 to 1. `asleep` is set by the
 *          balancer before it sleeps, in the state of a sleeper already, and taken back by the one that
 *          wakes it: a wake-up that comes before is not needed, since its cause ticks again. The rest
 *          is each thread's own, or as in sched/balance.c.
 */
#include "kernel/kthread.h"
#include "kernel/printk.h"
#include "kernel/timer.h"
#include "mm/node.h"
#include "sched/balance.h"
#include "sched/balance_math.h"
#include "sched/sched.h"
#include <arch/clock.h>

#define LEAST_SLEEP_NS     TICK_NS /* no more often than Linux, which looks at the tick */
#define REST_NS            (100 * NS_PER_MS)
#define HOME_NS            (100 * NS_PER_MS)
#define HOME_MAX_NS        NS_PER_S
#define PINNED_INTERVAL_MS 512     /* as in Linux */
#define PRIORITY           1       /* SCHED_FIFO: above every fair thread, below all others */
#define NEVER              (~0ull) /* ns */

/* One for each node. */
struct balancer {
    /* Fixed at boot. */
    struct task *task;
    cpumask_t cpus;
    cpumask_t sources; /* from which it can fetch threads */

    /* Changed by its thread. */
    uint64_t home_at;          /* clock_ns() when threads may be sent home again, */
    uint64_t home_interval_ns; /* and so long after the last time */
    bool anyone_away;          /* somebody was away then */
    uint64_t rest_until;       /* when a tick may wake it */

    uint32_t asleep; /* atomic; see above */
} __aligned(64);     /* a cache line each, as each node's ticks look at theirs */

static struct balancer balancers[MAX_NUMNODES];
static uint32_t between_nodes; /* 1: somebody balances between nodes */

/* is_balancer - is @t, which runs on @cpu, the balancer of that node? */
bool is_balancer(int cpu, const struct task *t)
{
    return t == __atomic_load_n(&balancers[cpu_to_node(cpu)].task, __ATOMIC_RELAXED);
}

static bool try_between_nodes(void)
{
    uint32_t free = 0;

    return __atomic_compare_exchange_n(&between_nodes, &free, 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/* Is a CPU of @cpus idle? */
static bool any_idle(const cpumask_t *cpus)
{
    int cpu;

    for_each_cpu (cpu, cpus) {
        if (balance_look(cpu, false).nr_running == 0)
            return true;
    }
    return false;
}

/* The CPUs on which a thread waits. */
static cpumask_t waiting_cpus(void)
{
    cpumask_t mask;
    int cpu;

    cpumask_zero(&mask);
    for_each_cpu (cpu, &cpu_online_mask) {
        if (balance_nr_running(cpu) > 1)
            cpumask_set(&mask, cpu);
    }
    return mask;
}

static bool intersect(const cpumask_t *a, const cpumask_t *b)
{
    cpumask_t both;

    cpumask_and(&both, a, b);
    return !cpumask_empty(&both);
}

/* ---- waking ---------------------------------------------------------------------------------- */

static void wake(struct balancer *b)
{
    if (__atomic_load_n(&b->asleep, __ATOMIC_RELAXED) &&
        __atomic_exchange_n(&b->asleep, 0, __ATOMIC_SEQ_CST))
        wake_up_process(b->task);
}

/* Wake those who could fetch threads from the CPUs @waiting. */
static void wake_others(const cpumask_t *waiting)
{
    int nid;

    for_each_online_node (nid) {
        if (balancers[nid].task && intersect(&balancers[nid].sources, waiting))
            wake(&balancers[nid]);
    }
}

/* kbalance_tick - contract in balance.h. */
void kbalance_tick(void)
{
    int cpu = this_cpu();
    const struct rq *rq = cpu_rq(cpu);
    struct balancer *b = &balancers[cpu_to_node(cpu)];

    if (!__atomic_load_n(&b->asleep, __ATOMIC_RELAXED) || rq->clock < READ_ONCE(b->rest_until))
        return;
    if (rq->nr_running > 1 || balance_is_away(rq->curr, cpu))
        wake(b);
}

/* Sleep for @ns, or, if that is NEVER, until somebody wakes us. */
static void rest(struct balancer *b, uint64_t ns)
{
    set_current_state(TASK_INTERRUPTIBLE);
    if (kthread_should_stop() || kthread_should_park()) {
        set_current_state(TASK_RUNNING);
        return;
    }
    if (ns == NEVER) {
        WRITE_ONCE(b->rest_until, clock_ns() + REST_NS);
        __atomic_store_n(&b->asleep, 1, __ATOMIC_SEQ_CST);
        schedule();
        __atomic_store_n(&b->asleep, 0, __ATOMIC_SEQ_CST);
    } else {
        schedule_timeout(max(ns, LEAST_SLEEP_NS));
    }
}

/* ---- looking --------------------------------------------------------------------------------- */

static unsigned next_interval(const struct sched_domain *sd, enum balance_result result)
{
    unsigned most = sd->max_interval;

    if (result == BALANCE_PINNED)
        most = max(most, (unsigned)PINNED_INTERVAL_MS);
    return balance_next_interval(sd->balance_interval, sd->min_interval, most,
                                 result == BALANCE_MOVED);
}

static void balance_due(struct sched_domain *sd, int cpu, enum cpu_idle_type idle)
{
    enum balance_result result;

    if (sd->flags & SD_SERIALIZE && !try_between_nodes()) {
        balance_note_locked(sd, cpu, idle);
        return;
    }
    result = balance_domain(sd, cpu, idle);
    if (sd->flags & SD_SERIALIZE)
        __atomic_store_n(&between_nodes, 0, __ATOMIC_RELEASE);
    sd->last_balance_ns = clock_ns();
    sd->balance_interval = next_interval(sd, result);
}

/* Look at @sd for @cpu if it is time. Returns when it will be time again. */
static uint64_t visit(struct sched_domain *sd, int cpu)
{
    enum cpu_idle_type idle = any_idle(&sd->groups->span) ? CPU_IDLE : CPU_NOT_IDLE;
    uint64_t factor = idle == CPU_IDLE ? 1 : sd->busy_factor;

    if (clock_ns() >= sd->last_balance_ns + factor * sd->balance_interval * NS_PER_MS)
        balance_due(sd, cpu, idle);
    return sd->last_balance_ns + factor * sd->balance_interval * NS_PER_MS;
}

/* The CPUs of @sd outside of the own group. */
static cpumask_t sources_of(const struct sched_domain *sd)
{
    cpumask_t mask;

    cpumask_andnot(&mask, &sd->span, &sd->groups->span);
    return mask;
}

/* All domains at which a CPU of @b looks, and in which threads wait. Returns when one is due next. */
static uint64_t visit_all(const struct balancer *b, const cpumask_t *waiting)
{
    struct sched_domain *sd;
    uint64_t next = NEVER;
    int cpu;

    for_each_cpu (cpu, &b->cpus) {
        for_each_domain (cpu, sd) {
            cpumask_t sources = sources_of(sd);

            if (sd->balance_cpu == cpu && intersect(&sources, waiting))
                next = min(next, visit(sd, cpu));
        }
    }
    return next;
}

/* Returns when it should be tried again: NEVER if nobody is away. */
static uint64_t send_home(struct balancer *b)
{
    enum home_result result = HOME_NOBODY_AWAY;
    int cpu;

    if (clock_ns() < b->home_at)
        return b->anyone_away ? b->home_at : NEVER;
    for_each_cpu (cpu, &b->cpus) {
        if (!cpu_is_idle(cpu))
            result = max(result, balance_send_home(cpu));
    }
    b->anyone_away = result != HOME_NOBODY_AWAY;
    b->home_interval_ns =
        result == HOME_NO_ROOM ? min(max(2 * b->home_interval_ns, HOME_NS), HOME_MAX_NS) : HOME_NS;
    b->home_at = clock_ns() + b->home_interval_ns;
    return b->anyone_away ? b->home_at : NEVER;
}

/* All that is to be done now. Returns for how long then nothing is, ns. */
static uint64_t balance(struct balancer *b)
{
    cpumask_t waiting = waiting_cpus();
    uint64_t next = NEVER, now;

    if (!cpumask_empty(&waiting)) {
        wake_others(&waiting);
        next = visit_all(b, &waiting);
    }
    next = min(next, send_home(b));
    if (next == NEVER)
        return NEVER;
    now = clock_ns();
    return next > now ? min(next - now, REST_NS) : 0;
}

static int kbalance(void *arg)
{
    struct balancer *b = arg;

    while (!kthread_should_stop()) {
        if (kthread_should_park())
            kthread_parkme();
        rest(b, balance(b));
    }
    return 0;
}

/* kbalance_park, kbalance_unpark - contracts in balance.h. */
void kbalance_park(void)
{
    int nid;

    for_each_online_node (nid) {
        if (balancers[nid].task)
            kthread_park(balancers[nid].task);
    }
}

void kbalance_unpark(void)
{
    int nid;

    for_each_online_node (nid) {
        if (balancers[nid].task)
            kthread_unpark(balancers[nid].task);
    }
}

/* ---- starting -------------------------------------------------------------------------------- */

/* Whom the balancer @b acts for, and from where it can fetch threads for them. */
static void find_cpus(struct balancer *b, int nid)
{
    struct sched_domain *sd;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        if (cpu_to_node(cpu) != nid)
            continue;
        cpumask_set(&b->cpus, cpu);
        for_each_domain (cpu, sd) {
            cpumask_t sources = sources_of(sd);

            if (sd->balance_cpu == cpu)
                cpumask_or(&b->sources, &b->sources, &sources);
        }
    }
}

static void start(int nid)
{
    struct balancer *b = &balancers[nid];
    struct task *t;

    find_cpus(b, nid);
    if (cpumask_empty(&b->cpus) || !sched_domains.base[cpumask_first(&b->cpus)])
        return;
    t = kthread_create_on_node(kbalance, b, nid, "kbalance/%d", nid);
    if (!t || set_cpus_allowed(t, &b->cpus)) {
        pr_err("sched: no memory for kbalance/%d: nobody balances for node %d", nid, nid);
        return;
    }
    sched_setscheduler(t, SCHED_FIFO, PRIORITY);
    __atomic_store_n(&b->task, t, __ATOMIC_RELEASE);
    kthread_start(t);
}

/* kbalance_init - contract in balance.h. */
void kbalance_init(void)
{
    int nid;

    for_each_online_node (nid)
        start(nid);
}
