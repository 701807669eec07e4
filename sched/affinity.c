/*
 * sched/affinity.c - where a thread may run, and where it goes.
 *
 * THEORY
 *
 * A waking thread goes to an idle CPU if there is one near: near to its memory, its home node; near to
 * where it ran last, for its data may still be in that CPU's caches; near to who wakes it, for the two
 * are about to share something. The first that is found wins:
 *
 *     the CPU where it ran last, if that is idle and at home
 *     at home: the waker's CPU (idle, if the waker is an interrupt), one that shares the last one's
 *     cache, any other
 *     the CPU where it ran last, if that is idle; one that shares its cache, or is of its node
 *     the waker's CPU or another one of its node, unless that is so far that wake-ups may not wander
 *     any other one that is no farther than that (SD_WAKE_AFFINE in sched/topology.h)
 *     if none is idle, the CPU where it ran last
 *
 * A new thread has no past: it goes to the CPU of its home node with the least to do, idle ones first,
 * or where none of those is allowed, of the whole machine. If that has something to do, an idle one of
 * the domains around it is better.
 *
 * Among idle CPUs one whose core is idle comes first, since the threads of a core share its units: half
 * of a core is worth less than a whole one.
 *
 * A node without CPUs has no home of its own: its threads are at home on the CPUs nearest to it.
 *
 * A thread of the real-time class doesn't wait where a lower one runs elsewhere: if no CPU is idle, and
 * it would wait where it ran last, it goes to one that runs a thread of lower priority
 * (sched/rt_move.c, which also looks after it later).
 *
 * LOCKING  Looks at other queues without their locks: at worst a place that was idle a moment ago.
 *          cpus_mask under the lock of the thread's queue.
 * NOT HERE Moving threads later, because queues differ: the balancer.
 */
#include "kernel/lib/errno.h"
#include "mm/node.h"
#include "sched/balance.h"
#include "sched/sched.h"

#define MAX_SEARCH 64 /* CPUs of a circle that is searched for an idle one */

/* Of each node the CPUs that run and are its own, or else nearest to it; fixed at boot. */
static cpumask_t node_masks[MAX_NUMNODES];

/* The CPUs that run and are no farther from @nid than any other one. */
static cpumask_t nearest_cpus(int nid)
{
    cpumask_t nearest;
    int least = 0, cpu;

    cpumask_zero(&nearest);
    for_each_cpu (cpu, &cpu_online_mask) {
        int distance = node_distance(nid, cpu_to_node(cpu));

        if (cpumask_empty(&nearest) || distance < least) {
            cpumask_zero(&nearest);
            least = distance;
        }
        if (distance == least)
            cpumask_set(&nearest, cpu);
    }
    return nearest;
}

/*
 * affinity_init - find the CPUs near each node.
 *
 * Context: boot, each time that CPUs have started.
 */
void affinity_init(void)
{
    int nid;

    for_each_node (nid) {
        cpumask_t own = node_cpus(nid);

        cpumask_and(&own, &own, &cpu_online_mask);
        node_masks[nid] = cpumask_empty(&own) ? nearest_cpus(nid) : own;
    }
}

/* sched_home_cpus - the CPUs of @t's home node; of one without CPUs that run, those nearest to it. */
const cpumask_t *sched_home_cpus(const struct task *t)
{
    return &node_masks[t->nid];
}

/* May @t be placed on @cpu now? */
static bool is_allowed(const struct task *t, int cpu)
{
    return task_may_run_on(t, cpu) && cpumask_test(&cpu_online_mask, cpu);
}

/* Has no thread of the core of @cpu something to do? */
static bool core_is_idle(int cpu)
{
    const struct sched_domain *sd = sched_domains.base[cpu];
    int other;

    if (!sd || !(sd->flags & SD_SHARE_CPUCAPACITY))
        return cpu_is_idle(cpu);
    for_each_cpu (other, &sd->span) {
        if (!cpu_is_idle(other))
            return false;
    }
    return true;
}

static bool is_idle_for(const struct task *t, int cpu)
{
    return cpu_is_idle(cpu) && is_allowed(t, cpu);
}

/* An idle CPU of @cpus that @t may run on, its core idle if there is such a one, or NR_CPUS. */
static int find_idle(const struct task *t, const cpumask_t *cpus)
{
    int idle = NR_CPUS, cpu;

    for_each_cpu (cpu, cpus) {
        if (!is_idle_for(t, cpu))
            continue;
        if (core_is_idle(cpu))
            return cpu;
        if (idle == NR_CPUS)
            idle = cpu;
    }
    return idle;
}

/*
 * An idle CPU of the circles around @cpu that have all of @flags, narrowest first, or NR_CPUS. Wide
 * circles are not searched: the search would cost more than waiting for the next balance.
 */
static int find_idle_around(const struct task *t, int cpu, unsigned flags)
{
    const struct sched_domain *sd;
    int idle = NR_CPUS;

    for_each_domain (cpu, sd) {
        if ((sd->flags & flags) != flags || sd->weight > MAX_SEARCH || idle != NR_CPUS)
            break;
        idle = find_idle(t, &sd->span);
    }
    return idle;
}

/* Has the CPU @a less to do than @b, or the same and its core less? */
static bool is_freer(int a, int b)
{
    unsigned nr_a = READ_ONCE(cpu_rq(a)->nr_running), nr_b = READ_ONCE(cpu_rq(b)->nr_running);

    if (nr_a != nr_b)
        return nr_a < nr_b;
    return nr_a == 0 && core_is_idle(a) && !core_is_idle(b);
}

/* The CPU of @cpus with least to do, or NR_CPUS if @t may run on none of them. */
static int find_freest(const struct task *t, const cpumask_t *cpus)
{
    int best = NR_CPUS, cpu;

    for_each_cpu (cpu, cpus) {
        if (is_allowed(t, cpu) && (best == NR_CPUS || is_freer(cpu, best)))
            best = cpu;
    }
    return best;
}

/*
 * sched_any_cpu - a CPU on which @t may run: of its home node if possible, the least busy one.
 *
 * Its mask holds a CPU that is online.
 */
int sched_any_cpu(const struct task *t)
{
    int best = find_freest(t, &node_masks[t->nid]);

    if (best == NR_CPUS)
        best = find_freest(t, &t->cpus_mask);
    BUG_ON(best == NR_CPUS); /* masks always hold a CPU that is online, and CPUs stay so */
    return best;
}

/* May a wake-up bring a thread from @cpu to @other? */
static bool may_wander(int cpu, int other)
{
    const struct sched_domain *sd;

    for_each_domain (cpu, sd) {
        if (cpumask_test(&sd->span, other))
            return sd->flags & SD_WAKE_AFFINE;
    }
    return false;
}

/* An idle CPU near the memory of @t, or NR_CPUS. */
static int find_idle_at_home(const struct task *t, int prev, int waker_cpu)
{
    const cpumask_t *home = &node_masks[t->nid];
    int cpu = NR_CPUS;

    if (cpumask_test(home, waker_cpu) && is_idle_for(t, waker_cpu))
        return waker_cpu;
    if (cpumask_test(home, prev))
        cpu = find_idle_around(t, prev, SD_WAKE_AFFINE | SD_SHARE_PKG_RESOURCES);
    return cpu == NR_CPUS ? find_idle(t, home) : cpu;
}

/* An idle CPU near where @t ran last, then near its waker, or NR_CPUS. */
static int find_idle_away(const struct task *t, int prev, int waker_cpu)
{
    int cpu = find_idle_around(t, prev, SD_WAKE_AFFINE | SD_SHARE_PKG_RESOURCES);

    if (cpu == NR_CPUS)
        cpu = find_idle(t, &node_masks[cpu_to_node(prev)]);
    if (cpu == NR_CPUS && may_wander(prev, waker_cpu))
        cpu = is_idle_for(t, waker_cpu) ? waker_cpu
                                        : find_idle(t, &node_masks[cpu_to_node(waker_cpu)]);
    return cpu == NR_CPUS ? find_idle_around(t, prev, SD_WAKE_AFFINE) : cpu;
}

/* sched_select_cpu_slow - sched_select_cpu() where the last CPU isn't idle, allowed and at home. */
int sched_select_cpu_slow(struct task *t, int waker_cpu)
{
    int prev = t->cpu, cpu;

    if (!is_allowed(t, prev))
        return sched_any_cpu(t);
    if (cpu_is_idle(prev) && cpumask_test(&node_masks[t->nid], prev))
        return prev;
    cpu = find_idle_at_home(t, prev, waker_cpu);
    if (cpu == NR_CPUS)
        cpu = cpu_is_idle(prev) ? prev : find_idle_away(t, prev, waker_cpu);
    if (cpu == NR_CPUS && t->class == &rt_sched_class &&
        READ_ONCE(cpu_rq(prev)->rt.top) >= t->rt_priority)
        cpu = rt_find_cpu(t);
    return cpu == NR_CPUS ? prev : cpu;
}

/* sched_select_cpu_new - where shall @t begin? The thread's queue is locked. */
int sched_select_cpu_new(struct task *t)
{
    int best = sched_any_cpu(t), idle;

    if (cpu_is_idle(best))
        return best;
    idle = find_idle_around(t, best, SD_BALANCE_FORK);
    return idle == NR_CPUS ? best : idle;
}

/* Does @t have to leave its CPU, and has not yet? */
static bool must_move(struct task *t)
{
    unsigned long flags;
    struct rq *rq = task_rq_lock(t, &flags);
    bool must = t->on_rq == TASK_QUEUED && !task_may_run_on(t, rq->cpu);

    task_rq_unlock(rq, flags);
    return must;
}

/* @t waits in @rq, which is locked, and may not any more. Returns its new queue, locked instead. */
static struct rq *move_waiting(struct rq *rq, struct task *t) __no_lock_analysis
{
    rq_update_clock(rq);
    detach_task(rq, t, sched_any_cpu(t));
    rq_unlock(rq);
    rq = cpu_rq(t->cpu);
    rq_lock(rq);
    attach_task(rq, t, ENQUEUE_MOVE);
    check_preempt(rq, t);
    return settle_task(rq, t);
}

static bool has_online_cpu(const cpumask_t *mask)
{
    cpumask_t online;

    cpumask_and(&online, mask, &cpu_online_mask);
    return !cpumask_empty(&online);
}

/*
 * set_cpus_allowed - contract in sched.h.
 *
 * A thread that waits is moved here. One that runs is asked to leave its CPU, where the next thread
 * moves it (core.c), and waited for.
 */
int set_cpus_allowed(struct task *t, const cpumask_t *mask) __no_lock_analysis
{
    unsigned long flags;
    struct rq *rq;
    bool waiting;

    might_sleep();
    if (is_idle_task(t) || !has_online_cpu(mask))
        return -EINVAL;
    rq = task_rq_lock(t, &flags);
    t->cpus_mask = *mask;
    t->nr_cpus_allowed = cpumask_weight(mask);
    waiting = t->on_rq == TASK_QUEUED && !task_is_running(rq, t);
    if (waiting) {
        rq = task_may_run_on(t, rq->cpu) ? settle_task(rq, t) : move_waiting(rq, t);
        task_rq_unlock(rq, flags);
        return 0;
    }
    if (task_is_running(rq, t) && !task_may_run_on(t, rq->cpu))
        resched_curr(rq);
    task_rq_unlock(rq, flags);
    while (must_move(t))
        sched_yield();
    return 0;
}
