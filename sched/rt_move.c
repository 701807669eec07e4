/*
 * sched/rt_move.c - on which CPU a real-time thread runs: none waits where it need not.
 *
 * THEORY
 *
 * Fair threads are spread such that, over some time, each gets its share. Real-time threads are not
 * shared out: the N highest that may run on N CPUs have to run, now. So, for each one that waits,
 *
 *     M1  there is no CPU that it may run on where only lower ones, or none, are queued.
 *
 * What a CPU is busy with is its level: the highest priority that is queued there (rt.top), since
 * that is who runs, or will in a moment; 0 with a fair thread, -1 if idle, and above all priorities
 * while its real-time threads are throttled. M1 can break in three ways, and each is mended by
 * whoever broke it:
 *
 *     A thread comes where it waits: it wakes, was moved or changed. rt_settle() moves it on, to the
 *     CPU of the lowest level below its own, the nearest of those (Linux's cpupri and find_lowest_rq()
 *     search in this order).
 *     A thread that runs is preempted, or has yielded: it moves likewise, when its CPU switches
 *     (core.c, rt_leave()), since before that it stands on its stack.
 *     A CPU's level falls: its thread sleeps, ends, or is now less. After its switch it pulls the
 *     highest that waits elsewhere: rt_pull().
 *
 * Two of these may happen at the same time, on two CPUs; none must be lost in between:
 *
 *     comes, on A:   queues the thread, full barrier, looks at the levels of all CPUs
 *     falls, on B:   lowers the level,  full barrier, looks for queues in which somebody waits
 *
 * so at least one sees the other. If both do, the thread's queue, locked, decides who moves it. Where
 * two threads go to one CPU at the same time the later one finds that it waits, and looks again.
 *
 * Example: priorities 50 and 40 run on CPUs 0 and 1, 30 waits on CPU 1. 60 wakes on CPU 0, which it
 * may not leave: 50 is preempted, finds level 40 on CPU 1 and goes there; 40 is preempted in turn and
 * finds nothing below. When 60 sleeps, CPU 0 pulls 40, the highest of those that wait on CPU 1.
 *
 * INVARIANTS
 *   M1  above, at any moment at which no move is under way.
 *   M2  A CPU is in `extra` exactly if rt.has_extra, which is: one thread is queued more than it runs.
 *
 * LOCKING  Levels are read without locks; a thread moves in two steps (sched/rq.h). `extra` changes
 *          by atomic steps, each bit under its queue's lock.
 * NOT HERE The class (sched/rt.c); how long they may run (sched/rt_limit.c).
 */
#include "sched/domains.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include <arch/barrier.h>

#define LEVEL_IDLE (-1)

static cpumask_t extra; /* CPUs with real-time threads that could be pulled */

/* rt_note_extra - the queue's real-time threads, or whether they are throttled, have changed. Locked. */
void rt_note_extra(struct rq *rq)
{
    struct rt_rq *rt = &rq->rt;
    bool has_extra = rt->nr > (rt->throttled ? 0u : 1u);

    if (has_extra == rt->has_extra)
        return;
    rt->has_extra = has_extra;
    if (has_extra)
        cpumask_set_atomic(&extra, rq->cpu);
    else
        cpumask_clear_atomic(&extra, rq->cpu);
}

/* What a thread's priority must exceed in order to run on @cpu at once. A snapshot. */
static int level_of(int cpu)
{
    const struct rt_rq *rt = &cpu_rq(cpu)->rt;
    int top = READ_ONCE(rt->top);

    if (READ_ONCE(rt->throttled))
        return MAX_RT_PRIO;
    return top == 0 && cpu_is_idle(cpu) ? LEVEL_IDLE : top;
}

/* rt_waits - does @t, queued in @rq, not run when the CPU chooses next? The queue is locked. */
bool rt_waits(const struct rq *rq, const struct task *t)
{
    return rq->rt.throttled || rt_first(&rq->rt) != t;
}

/* ---- away from a CPU ------------------------------------------------------------------------- */

struct search {
    const struct task *t;
    int cpu, level; /* the lowest so far, NR_CPUS: none */
};

/* The first of the lowest wins. */
static void search(struct search *s, const cpumask_t *cpus)
{
    int cpu;

    for_each_cpu (cpu, cpus) {
        int level = level_of(cpu);

        if (level < s->level && task_may_run_on(s->t, cpu) && cpumask_test(&cpu_online_mask, cpu)) {
            s->cpu = cpu;
            s->level = level;
        }
    }
}

/*
 * rt_find_cpu - a CPU on which @t would run at once, or NR_CPUS.
 *
 * The one of the lowest level; of several the nearest to where @t is. Its queue is locked.
 */
int rt_find_cpu(const struct task *t)
{
    struct search s = {.t = t, .cpu = NR_CPUS, .level = t->rt_priority};
    const struct sched_domain *sd;

    smp_mb(); /* @t is queued, before we look at levels; with rt_pull() */
    for_each_domain (t->cpu, sd)
        search(&s, &sd->span);
    search(&s, &cpu_online_mask); /* also those with which nobody balances */
    return s.cpu;
}

/*
 * rt_settle - settle_task() of a thread of the real-time class.
 *
 * Each further round means that another thread came to the chosen CPU in between.
 */
struct rq *rt_settle(struct rq *rq, struct task *t) __no_lock_analysis
{
    while (rt_waits(rq, t)) {
        int cpu = rt_find_cpu(t);

        if (cpu == NR_CPUS)
            break;
        rq_update_clock(rq);
        detach_task(rq, t, cpu);
        rq_unlock(rq);
        rq = cpu_rq(cpu);
        rq_lock(rq);
        attach_task(rq, t, ENQUEUE_MOVE);
        check_preempt(rq, t);
    }
    return rq;
}

/* ---- to a CPU -------------------------------------------------------------------------------- */

/* The highest thread above @level that waits in @rq, which is locked, and may run on @cpu; or NULL. */
static struct task *find_waiting(struct rq *rq, int cpu, int level)
{
    struct task *t;

    for (int prio = rq->rt.top; prio > 0 && prio > level; prio--) {
        list_for_each_entry (t, &rq->rt.queue[MAX_RT_PRIO - 1 - prio], rt_link) {
            if (!task_is_running(rq, t) && rt_waits(rq, t) && task_may_run_on(t, cpu))
                return t;
        }
    }
    return NULL;
}

/* The queue with the highest thread that waits and would run on @cpu at once, or NULL. */
static struct rq *find_source(int cpu) __no_lock_analysis
{
    int level = level_of(cpu), from;
    struct rq *best = NULL;

    for_each_cpu (from, &extra) {
        struct rq *rq = cpu_rq(from);
        const struct task *t;

        rq_lock(rq);
        t = find_waiting(rq, cpu, level);
        if (t) {
            best = rq;
            level = t->rt_priority;
        }
        rq_unlock(rq);
    }
    return best;
}

/* Bring that thread to @to, if it is still there. */
static bool take(struct rq *from, struct rq *to) __no_lock_analysis
{
    struct task *t;

    rq_lock(from);
    t = find_waiting(from, to->cpu, level_of(to->cpu));
    if (!t) {
        rq_unlock(from);
        return false;
    }
    rq_update_clock(from);
    detach_task(from, t, to->cpu);
    rq_unlock(from);
    rq_lock(to);
    attach_task(to, t, ENQUEUE_MOVE);
    check_preempt(to, t);
    rq_unlock(rt_settle(to, t));
    return true;
}

/*
 * rt_pull - this CPU's level has fallen: let the highest thread that waits elsewhere, and is above
 * it, run here.
 *
 * @rq  this CPU's queue; neither it nor another one is locked. Context: interrupts off. If a thread
 *      came, need_resched is set.
 */
void rt_pull(struct rq *rq)
{
    struct rq *from;

    smp_mb(); /* the level has fallen, before we look for threads; with rt_find_cpu() */
    do
        from = find_source(rq->cpu);
    while (from && !take(from, rq));
}
