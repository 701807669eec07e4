/*
 * sched/rq_verify.c - what must hold of a run queue whenever its lock is free.
 *
 * Q1 to Q4 of sched/rq.h, and of the two classes:
 *
 *   Q5  The fair tree is in order of virtual runtime; `nr` and `weight` are its threads', the running
 *       one included.
 *   Q6  A real-time thread is in the list of its priority; the bitmap, `nr` and `top` say what the lists
 *       hold, and has_extra whether there is one more than runs.
 *
 * A thread whose mask has changed while it ran may still have the CPU (Q4) as long as the CPU has been
 * asked to choose anew.
 *
 * LOCKING  Takes the queue's lock, and reports under it.
 */
#include "sched/rq_verify.h"
#include "kernel/bug.h"
#include "kernel/lib/seqbuf.h"
#include "sched/fair_math.h"

/* A queue that is being looked at, locked, and what was found in it. */
struct look {
    struct rq *rq;
    unsigned nr_fair, nr_rt; /* threads, the running one included */
    uint64_t weight;         /* of the fair ones */
    int errors;
};

/* Report that invariant @code doesn't hold. */
static void __printf(3, 4) broken(struct look *l, const char *code, const char *fmt, ...)
{
    char text[160];
    struct seqbuf s;
    va_list args;

    seqbuf_init(&s, text, sizeof(text));
    va_start(args, fmt);
    seq_vprintf(&s, fmt, args);
    va_end(args);
    report_bug("%s: run queue of CPU %d: %s", code, l->rq->cpu, seqbuf_str(&s));
    l->errors++;
}

/* Q1, Q4: who has the CPU. */
static void check_current(struct look *l)
{
    const struct rq *rq = l->rq;
    const struct task *t = rq->curr;

    if (t == rq->idle)
        return;
    if (t->on_rq != TASK_QUEUED || t->cpu != rq->cpu || !t->on_cpu)
        broken(l, "Q1", "%s (%d) runs, and is in state %d of the queue of CPU %d", t->comm, t->pid,
               t->on_rq, t->cpu);
    if (!task_may_run_on(t, rq->cpu) && !READ_ONCE(cpu_local_of(rq->cpu)->need_resched))
        broken(l, "Q4", "%s (%d) runs where it may not, and nobody has asked it to go", t->comm,
               t->pid);
}

/* Q2, Q4: @t waits in this queue. */
static void check_waiting(struct look *l, const struct task *t, const struct sched_class *class)
{
    if (t->on_rq != TASK_QUEUED || t->cpu != l->rq->cpu || t->class != class)
        broken(l, "Q2",
               "%s (%d) of class %s waits among %s threads in state %d of the queue of CPU %d",
               t->comm, t->pid, t->class->name, class->name, t->on_rq, t->cpu);
    if (t != l->rq->curr && !task_may_run_on(t, l->rq->cpu))
        broken(l, "Q4", "%s (%d) waits where it may not run", t->comm, t->pid);
}

static void count_fair(struct look *l, const struct task *t)
{
    l->nr_fair++;
    l->weight += t->weight;
}

/* Q2, Q5: the tree. */
static void check_fair(struct look *l)
{
    const struct rq *rq = l->rq;
    const struct task *before = NULL;

    for (struct rb_node *node = rb_first(&rq->fair.waiting); node; node = rb_next(node)) {
        const struct task *t = rb_entry(node, struct task, node);

        check_waiting(l, t, &fair_sched_class);
        count_fair(l, t);
        if (t == rq->curr)
            broken(l, "Q2", "%s (%d) runs, and is in the tree of those that wait", t->comm, t->pid);
        if (before && fair_before(t->vruntime, before->vruntime))
            broken(l, "Q5", "%s (%d) stands behind %s (%d), whose virtual runtime is larger",
                   t->comm, t->pid, before->comm, before->pid);
        before = t;
    }
    if (rq->curr->class == &fair_sched_class)
        count_fair(l, rq->curr);
    if (l->nr_fair != rq->fair.nr || l->weight != rq->fair.weight)
        broken(l, "Q5", "%u fair threads weigh %lu, and it says %u, %lu", l->nr_fair,
               (unsigned long)l->weight, rq->fair.nr, (unsigned long)rq->fair.weight);
}

/* Q2, Q6: the list of the real-time priority that has index @i. */
static void check_priority(struct look *l, unsigned i)
{
    const struct list_head *queue = &l->rq->rt.queue[i];
    bool marked = l->rq->rt.present[i / 64] >> i % 64 & 1;
    const struct task *t;

    list_for_each_entry (t, queue, rt_link) {
        check_waiting(l, t, &rt_sched_class);
        l->nr_rt++;
        if (t->rt_priority != MAX_RT_PRIO - 1 - (int)i)
            broken(l, "Q6", "%s (%d), priority %d, is in the list of priority %d", t->comm, t->pid,
                   t->rt_priority, MAX_RT_PRIO - 1 - (int)i);
    }
    if (marked == list_empty(queue))
        broken(l, "Q6", "the list of priority %d is %s, and the bitmap says else",
               MAX_RT_PRIO - 1 - (int)i, marked ? "empty" : "not empty");
}

/* Q6: what others see of the lists (sched/rt_move.c). */
static void check_levels(struct look *l)
{
    const struct rt_rq *rt = &l->rq->rt;
    int top = 0;

    for (int prio = 1; prio < MAX_RT_PRIO; prio++)
        top = list_empty(&rt->queue[MAX_RT_PRIO - 1 - prio]) ? top : prio;
    if (rt->top != top)
        broken(l, "Q6", "the highest priority is %d, and it says %d", top, rt->top);
    if (rt->has_extra != (rt->nr > (rt->throttled ? 0u : 1u)))
        broken(l, "Q6", "%u real-time threads, %s, and it says that %s", rt->nr,
               rt->throttled ? "throttled" : "not throttled",
               rt->has_extra ? "one could be pulled" : "none could be pulled");
}

static void check_rt(struct look *l)
{
    for (unsigned i = 0; i < MAX_RT_PRIO; i++)
        check_priority(l, i);
    if (l->nr_rt != l->rq->rt.nr)
        broken(l, "Q6", "%u real-time threads are there, and it says %u", l->nr_rt, l->rq->rt.nr);
    check_levels(l);
}

/*
 * rq_verify - check Q1 to Q6 of @rq. Reports each violation (kernel/bug.h); returns how many.
 *
 * Context: any, no queue locked. O(threads in the queue), interrupts off.
 */
int rq_verify(struct rq *rq)
{
    struct look l = {.rq = rq};
    unsigned long flags = irq_save();

    rq_lock(rq);
    check_current(&l);
    check_fair(&l);
    check_rt(&l);
    if (l.nr_fair + l.nr_rt != rq->nr_running)
        broken(&l, "Q3", "%u threads want to run, and it says %u", l.nr_fair + l.nr_rt,
               rq->nr_running);
    rq_unlock(rq);
    irq_restore(flags);
    return l.errors;
}
