/*
 * sched/idle.c - the class of the idle threads, one a CPU: runs when nobody else wants to.
 *
 * An idle thread is in no queue, never sleeps and never moves. It is the boot thread on CPU 0 and
 * what each other CPU started with. It halts the CPU until an interrupt comes; who wants the CPU to
 * do something sets need_resched and sends one.
 */
#include "sched/balance.h"
#include "sched/sched.h"
#include <arch/cpu.h>

/* An idle thread never sleeps, and is in no queue. */
static void enqueue_idle(struct rq *rq, struct task *t, enum enqueue_reason why)
{
    (void)why;
    panic("the idle thread %s was put into the queue of CPU %d", t->comm, rq->cpu);
}

static void dequeue_idle(struct rq *rq, struct task *t)
{
    panic("the idle thread %s of CPU %d tried to sleep", t->comm, rq->cpu);
}

static struct task *pick_idle(struct rq *rq)
{
    return rq->idle;
}

static void ignore(struct rq *rq, struct task *t)
{
    (void)rq;
    (void)t;
}

static void account_idle(struct rq *rq, struct task *t, uint64_t ran_ns)
{
    (void)rq;
    (void)t;
    (void)ran_ns;
}

static bool never(struct rq *rq, struct task *t)
{
    (void)rq;
    (void)t;
    return false;
}

const struct sched_class idle_sched_class = {
    .name = "idle",
    .enqueue = enqueue_idle,
    .dequeue = dequeue_idle,
    .pick = pick_idle,
    .set_next = ignore,
    .put_prev = ignore,
    .account = account_idle,
    .preempts = never,
    .tick = never,
    .yield = ignore,
};

/*
 * sched_idle_loop - halt until there is something to do, for ever.
 *
 * need_resched is looked at with interrupts off, and halting lets them in as its first act, so an
 * interrupt that sets it cannot come in between unseen. Mostly this thread is preempted at the end of
 * that interrupt, while it halts, and knows of the threads that ran meanwhile by its queue's counter
 * only: if that has changed, the CPU has just run out of them.
 */
void sched_idle_loop(void)
{
    unsigned long seen = 0;

    for (;;) {
        unsigned long idle_picks;

        irq_save();
        idle_picks = this_rq()->nr_idle_picks;
        if (idle_picks == seen && !cpu_need_resched()) {
            cpu_idle_wait();
            continue;
        }
        irq_restore(RFLAGS_INTERRUPTS);
        if (cpu_need_resched())
            schedule();
        else
            balance_newidle();
        seen = idle_picks;
    }
}
