/*
 * sched/rt.c - the class of real-time threads: the highest priority runs, always.
 *
 * A list for each priority, 99 first, and a bitmap of those that aren't empty. Within a priority
 * SCHED_FIFO runs until it sleeps or yields; SCHED_RR goes to the end of its list when it has run for
 * RR_TICKS. A running thread stays in its list; one that is preempted by a higher one keeps its place.
 *
 * LOCKING  All under the run queue's lock.
 * SOURCES  POSIX.1-2017, 2.8.4 "Process Scheduling": the order within a priority.
 * NOT HERE How long they may run at most (sched/rt_limit.c); on which CPU (sched/rt_move.c).
 */
#include "kernel/timer.h"
#include "sched/load.h"
#include "sched/rq.h"

#define RR_TICKS (TICK_HZ / 10) /* 100 ms, as Linux's RR_TIMESLICE */

static unsigned index_of(const struct task *t)
{
    return (unsigned)(MAX_RT_PRIO - 1 - t->rt_priority);
}

/* rt_first - the thread that is next, or runs; NULL: there is none. The queue is locked. */
struct task *rt_first(const struct rt_rq *rt)
{
    unsigned i;

    if (rt->nr == 0)
        return NULL;
    i = rt->present[0] ? (unsigned)__builtin_ctzll(rt->present[0])
                       : 64 + (unsigned)__builtin_ctzll(rt->present[1]);
    return list_first_entry(&rt->queue[i], struct task, rt_link);
}

/* The list with number @i has changed, and nr. */
static void mark(struct rq *rq, unsigned i)
{
    struct rt_rq *rt = &rq->rt;
    uint64_t bit = 1ull << i % 64;
    const struct task *first;
    int top;

    if (list_empty(&rt->queue[i]))
        rt->present[i / 64] &= ~bit;
    else
        rt->present[i / 64] |= bit;
    first = rt_first(rt);
    top = first ? first->rt_priority : 0;
    if (top < rt->top)
        rt_pull_later(rq);
    WRITE_ONCE(rt->top, top);
    rt_note_extra(rq);
}

static void enqueue_rt(struct rq *rq, struct task *t, enum enqueue_reason why)
{
    unsigned i = index_of(t);

    (void)why;
    list_add_tail(&t->rt_link, &rq->rt.queue[i]);
    rq->rt.nr++;
    mark(rq, i);
    rt_limit_begin(rq);
}

static void dequeue_rt(struct rq *rq, struct task *t)
{
    list_del(&t->rt_link);
    rq->rt.nr--;
    mark(rq, index_of(t));
}

static struct task *pick_rt(struct rq *rq)
{
    return rq->rt.throttled ? NULL : rt_first(&rq->rt);
}

static void set_next_rt(struct rq *rq, struct task *t)
{
    load_update(&t->avg, rq->clock, 0, 0);
}

static void put_prev_rt(struct rq *rq, struct task *t)
{
    load_update(&t->avg, rq->clock, 0, LOAD_CPU);
}

static void account_rt(struct rq *rq, struct task *t, uint64_t ran_ns)
{
    (void)t;
    rt_limit_account(rq, ran_ns);
}

static bool preempts_rt(struct rq *rq, struct task *t)
{
    return t->rt_priority > rq->curr->rt_priority;
}

/* To the end of its list. */
static void yield_rt(struct rq *rq, struct task *t)
{
    list_del(&t->rt_link);
    list_add_tail(&t->rt_link, &rq->rt.queue[index_of(t)]);
}

static bool tick_rt(struct rq *rq, struct task *t)
{
    load_update(&t->avg, rq->clock, 0, LOAD_CPU);
    if (t->policy != SCHED_RR)
        return false;
    if (++t->rr_ticks < RR_TICKS)
        return false;
    t->rr_ticks = 0;
    yield_rt(rq, t);
    return pick_rt(rq) != t;
}

const struct sched_class rt_sched_class = {
    .name = "rt",
    .enqueue = enqueue_rt,
    .dequeue = dequeue_rt,
    .pick = pick_rt,
    .set_next = set_next_rt,
    .put_prev = put_prev_rt,
    .account = account_rt,
    .preempts = preempts_rt,
    .tick = tick_rt,
    .yield = yield_rt,
};
