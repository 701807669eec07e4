/*
 * sched/rq.h - run queues: each CPU's threads that want to run. For sched/ and its tests.
 *
 * THEORY
 *
 * A thread belongs to the queue of task->cpu, and the lock of that queue protects all that the
 * scheduler knows of the thread, whether it runs, waits or sleeps. The lock is held through the switch
 * from one thread to the next: who gets it later sees the old thread either running or wholly gone
 * from the CPU, and never in between. So waking a thread needs no more than that lock.
 *
 * A thread changes its queue in two steps, each under one lock: it leaves (detach_task), is nobody's
 * for a moment (TASK_MIGRATING), and arrives (attach_task). Two queues are never locked together, so
 * there is no order to keep, and task_rq_lock() waits while a thread is on its way.
 *
 * INVARIANTS
 *   Q1  rq->curr is TASK_QUEUED in this queue, or the idle thread.
 *   Q2  A thread is in the tree or list of its class exactly if it is TASK_QUEUED; the running thread
 *       of the fair class is not in the tree.
 *   Q3  nr_running counts the threads that are TASK_QUEUED here, the running one included.
 *   Q4  A thread that is picked may run on this CPU (cpus_mask).
 *
 * LOCKING  rq->lock, interrupts off, rank LOCK_RQ; one at a time.
 * UNITS    ns of clock_ns().
 */
#ifndef SCHED_RQ_H
#define SCHED_RQ_H

#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/task.h"
#include "kernel/timer.h"

struct sched_domain;

#define MAX_RT_PRIO 100

/* enqueue: why the thread comes. */
enum enqueue_reason {
    ENQUEUE_WAKEUP,  /* it slept */
    ENQUEUE_NEW,     /* it runs for the first time */
    ENQUEUE_MOVE,    /* it waited on another CPU */
    ENQUEUE_RESTORE, /* it was taken out to be changed */
};

struct fair_rq {
    struct rb_tree waiting; /* by vruntime, the running thread left out */
    uint64_t min_vruntime;  /* no thread's clock is far behind; never goes back */
    uint64_t weight;        /* of all threads, the running one included */
    unsigned int nr;        /* likewise */
    struct task *skip;      /* it yielded: pick another one, once */
};

struct rt_rq {
    struct list_head queue[MAX_RT_PRIO]; /* by 99 - rt_priority, the running thread included */
    uint64_t present[2];                 /* bit n: queue[n] isn't empty */
    unsigned int nr;
    int top;        /* the highest rt_priority that is queued, 0: none; others look, too */
    bool has_extra; /* a thread waits, or will: the CPU is in the set of those to pull from */
    bool pull;      /* top has fallen: after the switch, look for a thread that waits elsewhere */

    /* sched/rt_limit.c */
    bool throttled;      /* none of them runs before the period ends; others look, too */
    bool period_is_set;  /* period_end will come */
    uint64_t ran_ns;     /* run in this period, or owed from those before */
    uint64_t period_end; /* clock_ns() */
    struct hrtimer period_timer;
};

struct rq {
    /* Fixed at boot. */
    int cpu;
    struct task *idle;
    uint64_t started_at; /* when the CPU began to take threads, ns */

    /* Protected by lock. */
    struct spinlock lock;
    struct task *curr;
    uint64_t clock;          /* clock_ns() when it was last looked at */
    unsigned int nr_running; /* Q3; others look at it without the lock */
    struct fair_rq fair;
    struct rt_rq rt;
    struct load_avg avg;   /* load: weight of the fair threads; util: of all */
    struct task *prev;     /* during a switch: who goes */
    bool has_errands;      /* to do after the switch: push isn't NULL, or rt.pull */
    struct task *push;     /* during a switch: who goes, and must go to another CPU */
    uint64_t scheduled_at; /* the last time that this CPU chose a thread */
    /* Active balancing (sched/balance.c): NULL, or the thread that shall go on elsewhere when it */
    struct task *active; /* leaves this CPU, which it was running on when that was wished, */
    int active_cpu;      /* where, */
    struct sched_domain *active_sd; /* and which domain counts it */

    /* The same: counts since boot, for /proc. */
    unsigned long nr_switches;
    unsigned long nr_yields;
    unsigned long nr_schedules;
    unsigned long nr_idle_picks; /* schedules that found nobody */
    unsigned long nr_turns;      /* switches to a thread */
    uint64_t run_delay;          /* ns that threads waited here */

    /* Written by the CPU itself, interrupts off: what it did for other threads. */
    unsigned long nr_wakeups;
    unsigned long nr_local_wakeups; /* of those, to run on itself */
};

/*
 * A class of threads: how its part of a queue is kept. All under the lock, rq->clock being right.
 * enqueue and dequeue change who is there; put_prev and set_next who runs.
 */
struct sched_class {
    const char *name;
    void (*enqueue)(struct rq *rq, struct task *t, enum enqueue_reason why);
    void (*dequeue)(struct rq *rq, struct task *t);
    struct task *(*pick)(struct rq *rq); /* NULL: none */
    void (*set_next)(struct rq *rq, struct task *t);
    void (*put_prev)(struct rq *rq, struct task *t);
    void (*account)(struct rq *rq, struct task *t, uint64_t ran_ns); /* t has run so long */
    bool (*preempts)(struct rq *rq, struct task *t); /* t, rq->curr being its class's */
    bool (*tick)(struct rq *rq, struct task *t);     /* shall another one run? */
    void (*yield)(struct rq *rq, struct task *t);
};

extern const struct sched_class rt_sched_class;
extern const struct sched_class fair_sched_class;
extern const struct sched_class idle_sched_class;

DECLARE_PER_CPU(struct rq, runqueue);

#define cpu_rq(cpu) per_cpu_ptr(&runqueue, cpu)
/* Interrupts off. */
#define this_rq() raw_cpu_ptr(&runqueue)

/* This CPU's level has fallen (sched/rt_move.c): look for a thread after the next switch. Locked. */
static inline void rt_pull_later(struct rq *rq)
{
    rq->rt.pull = true;
    rq->has_errands = true;
}

static inline bool is_idle_task(const struct task *t)
{
    return t->pid == 0;
}

static inline bool is_rt_policy(enum sched_policy policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* Does @t have the CPU? Its queue's lock is held. */
static inline bool task_is_running(const struct rq *rq, const struct task *t)
{
    return rq->curr == t;
}

static inline bool cpu_is_idle(int cpu)
{
    return READ_ONCE(cpu_rq(cpu)->nr_running) == 0;
}

static inline bool task_may_run_on(const struct task *t, int cpu)
{
    return cpumask_test(&t->cpus_mask, cpu);
}

/* Interrupts are off. */
static inline void rq_lock(struct rq *rq) __acquires(rq->lock) __no_lock_analysis
{
    spin_lock_irqs_off(&rq->lock);
}

static inline void rq_unlock(struct rq *rq) __releases(rq->lock) __no_lock_analysis
{
    spin_unlock_irqs_off(&rq->lock);
}

/* core.c */
struct rq *task_rq_lock(struct task *t, unsigned long *flags);
void task_rq_unlock(struct rq *rq, unsigned long flags);
void rq_update_clock(struct rq *rq);
void account_current(struct rq *rq);
void enqueue_task(struct rq *rq, struct task *t, enum enqueue_reason why);
void dequeue_task(struct rq *rq, struct task *t);
void detach_task(struct rq *rq, struct task *t, int to_cpu);
void attach_task(struct rq *rq, struct task *t, enum enqueue_reason why);
void resched_curr(struct rq *rq);
void check_preempt(struct rq *rq, struct task *t);

/* affinity.c */
int sched_select_cpu_slow(struct task *t, int waker_cpu);
int sched_select_cpu_new(struct task *t);
int sched_any_cpu(const struct task *t);
const cpumask_t *sched_home_cpus(const struct task *t);
void affinity_init(void);

/*
 * sched_select_cpu - where shall @t, which wakes, run?
 *
 * @waker_cpu  the CPU on which somebody wakes it.
 *
 * Returns a CPU that is online and allowed. The thread's queue is locked.
 */
static inline int sched_select_cpu(struct task *t, int waker_cpu)
{
    if (likely(task_may_run_on(t, t->cpu) &&
               (t->nr_cpus_allowed == 1 ||
                (cpu_is_idle(t->cpu) && cpu_local_of(t->cpu)->node == t->nid))))
        return t->cpu;
    return sched_select_cpu_slow(t, waker_cpu);
}

/* rt.c */
struct task *rt_first(const struct rt_rq *rt);

/* rt_limit.c */
void rt_limit_init(struct rq *rq);
void rt_limit_begin(struct rq *rq);
void rt_limit_account(struct rq *rq, uint64_t ran_ns);

/* rt_move.c */
void rt_note_extra(struct rq *rq);
bool rt_waits(const struct rq *rq, const struct task *t);
int rt_find_cpu(const struct task *t);
struct rq *rt_settle(struct rq *rq, struct task *t);
void rt_pull(struct rq *rq);

/*
 * settle_task - @t, not running, has come into the queue @rq or was changed there: if it is of the
 * real-time class and would wait, it goes where it need not. Both are locked; returns the queue
 * where @t is now, locked instead of @rq.
 */
static inline struct rq *settle_task(struct rq *rq, struct task *t)
{
    return likely(t->class != &rt_sched_class) ? rq : rt_settle(rq, t);
}

/* sched/fair.c, once the number of CPUs is known. */
void fair_init(void);
/* loadavg.c */
void loadavg_init(void);
/* Threads that run or could, on all CPUs. Context: any; a snapshot. */
unsigned sched_nr_running(void);
/* watchdog.c */
void watchdog_start(void);

#endif
