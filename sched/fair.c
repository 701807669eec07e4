/*
 * sched/fair.c - the class of ordinary threads: who got least runs next.
 *
 * The queue is a tree by virtual runtime (sched/fair_math.c tells what that is); the running thread is
 * not in it. The arithmetic is there, the queue is here.
 *
 * LOCKING  All under the run queue's lock.
 */
#include "sched/fair_math.h"
#include "sched/load.h"
#include "sched/rq.h"

static unsigned scale = 1; /* fixed at boot: fair_scale() of this machine */

/* fair_init - the times fit the number of CPUs. Context: boot. */
void fair_init(void)
{
    scale = fair_scale((unsigned)cpumask_weight(&cpu_present_mask));
}

static struct task *task_of(struct rb_node *node)
{
    return rb_entry(node, struct task, node);
}

static bool is_behind(struct rb_node *a, struct rb_node *b)
{
    return fair_before(task_of(a)->vruntime, task_of(b)->vruntime);
}

/* The queue's clock follows the thread that is furthest behind, and never goes back. */
static void advance_clock(struct fair_rq *fair, uint64_t vruntime)
{
    struct rb_node *first = rb_first(&fair->waiting);

    if (first && fair_before(task_of(first)->vruntime, vruntime))
        vruntime = task_of(first)->vruntime;
    if (fair_before(fair->min_vruntime, vruntime))
        fair->min_vruntime = vruntime;
}

static void account_fair(struct rq *rq, struct task *t, uint64_t ran_ns)
{
    t->vruntime += fair_virtual(ran_ns, t->weight);
    advance_clock(&rq->fair, t->vruntime);
}

static uint64_t slice_of(const struct fair_rq *fair, const struct task *t)
{
    return fair_slice(fair->nr, t->weight, fair->weight, scale);
}

static void place(struct fair_rq *fair, struct task *t, enum enqueue_reason why)
{
    if (why == ENQUEUE_WAKEUP)
        t->vruntime = fair_place_woken(t->vruntime, fair->min_vruntime, scale);
    else if (why == ENQUEUE_NEW)
        t->vruntime = fair_place_new(fair->min_vruntime, fair->nr, fair->weight, scale);
}

static void enqueue_fair(struct rq *rq, struct task *t, enum enqueue_reason why)
{
    struct fair_rq *fair = &rq->fair;

    fair->nr++;
    fair->weight += t->weight;
    place(fair, t, why);
    if (!task_is_running(rq, t))
        rb_add(&fair->waiting, &t->node, is_behind);
}

static void dequeue_fair(struct rq *rq, struct task *t)
{
    struct fair_rq *fair = &rq->fair;

    if (!task_is_running(rq, t))
        rb_erase(&fair->waiting, &t->node);
    fair->nr--;
    fair->weight -= t->weight;
    if (fair->skip == t)
        fair->skip = NULL;
}

/* The first, unless it has just yielded and the second isn't more than a latency ahead. */
static struct task *pick_fair(struct rq *rq)
{
    struct fair_rq *fair = &rq->fair;
    struct rb_node *first = rb_first(&fair->waiting), *second;

    if (!first)
        return NULL;
    if (likely(task_of(first) != fair->skip))
        return task_of(first);
    fair->skip = NULL;
    second = rb_next(first);
    if (second && fair_before(task_of(second)->vruntime,
                              task_of(first)->vruntime + (uint64_t)FAIR_LATENCY_NS * scale))
        return task_of(second);
    return task_of(first);
}

static void set_next_fair(struct rq *rq, struct task *t)
{
    rb_erase(&rq->fair.waiting, &t->node);
    load_update(&t->avg, rq->clock, t->weight, 0);
}

static void put_prev_fair(struct rq *rq, struct task *t)
{
    load_update(&t->avg, rq->clock, t->weight, LOAD_CPU);
    if (t->on_rq == TASK_QUEUED)
        rb_add(&rq->fair.waiting, &t->node, is_behind);
}

static bool preempts_fair(struct rq *rq, struct task *t)
{
    if (t->policy != SCHED_NORMAL)
        return false;
    if (rq->curr->policy == SCHED_IDLE)
        return true;
    return fair_wakeup_preempts(t->vruntime, rq->curr->vruntime, t->weight, scale);
}

/* Its slice is over and somebody waits, or somebody has fallen a slice behind. */
static bool tick_fair(struct rq *rq, struct task *t)
{
    struct rb_node *first = rb_first(&rq->fair.waiting);
    uint64_t slice, ran = t->sum_exec - t->slice_start;

    load_update(&t->avg, rq->clock, t->weight, LOAD_CPU);
    if (!first)
        return false;
    slice = slice_of(&rq->fair, t);
    if (ran >= slice)
        return true;
    return ran >= (uint64_t)FAIR_GRANULARITY_NS * scale &&
           fair_before(task_of(first)->vruntime + slice, t->vruntime);
}

static void yield_fair(struct rq *rq, struct task *t)
{
    rq->fair.skip = t;
}

const struct sched_class fair_sched_class = {
    .name = "fair",
    .enqueue = enqueue_fair,
    .dequeue = dequeue_fair,
    .pick = pick_fair,
    .set_next = set_next_fair,
    .put_prev = put_prev_fair,
    .account = account_fair,
    .preempts = preempts_fair,
    .tick = tick_fair,
    .yield = yield_fair,
};
