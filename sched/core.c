/*
 * sched/core.c - which thread runs: waking, choosing, switching.
 *
 * THEORY
 *
 * schedule() chooses the next thread of this CPU's queue (sched/rq.h) and switches to its stack. It is
 * called by a thread that sleeps or yields, and, as preemption, at the end of an interrupt or of a
 * region with preemption off, when somebody has set need_resched. Those who set it: the tick, when a
 * slice is over; a wake-up, when the woken thread should run before the running one.
 *
 * A preempted thread stays in its queue whatever its state says: it may be on its way into sleep, with
 * the last look at its condition still to come.
 *
 * The switch, thread A to thread B:
 *
 *     A: __schedule()  lock the queue, choose B, context_switch()
 *     B:                                         context_switch() returns, as B once called it:
 *                      finish_switch(): A is off this CPU; unlock the queue
 *
 * so a lock that A took is released by B. B, if new, begins in its entry function, which calls
 * finish_switch() first. A thread that must leave this CPU (its mask has changed) cannot be moved by
 * itself, since it stands on its stack: B does it (rq->push).
 *
 * Who sleeps and who wakes meet in two ways (kernel/sched.h has the code). Either the waker finds the
 * state already set: it sets it back to running, and if the sleeper is not yet in schedule(), that
 * finds nothing to do. Or it doesn't: then the sleeper's look at the condition comes after, and sees it.
 *
 * LOCKING  rq.h. Each of the events that tracing wants has one place: the switch in switch_to(), the
 *          wake-up in activate(), the migration in detach_task().
 * NOT HERE The classes (fair.c, rt.c, idle.c); which CPU a thread wakes on (affinity.c).
 */
#include "kernel/bug.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/lib/vsprintf.h"
#include "kernel/smp.h"
#include "kernel/timer.h"
#include "mm/kstack.h"
#include "mm/percpu.h"
#include "sched/balance.h"
#include "sched/fair_math.h"
#include "sched/load.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include "sched/trace_points.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/smp.h>

/* A CPU on which nobody asks for a change chooses anew this often, which the watchdog looks at. */
#define HEARTBEAT_NS NS_PER_S

DEFINE_PER_CPU(struct rq, runqueue);

static bool running; /* set once, by the boot CPU alone */

/* ---- locking --------------------------------------------------------------------------------- */

/* Lock the queue of @t's CPU, interrupts being off. NULL: @t isn't there any more. */
static inline struct rq *try_task_rq_lock(struct task *t) __no_lock_analysis
{
    struct rq *rq = cpu_rq(READ_ONCE(t->cpu));

    rq_lock(rq);
    if (likely(READ_ONCE(t->cpu) == rq->cpu && READ_ONCE(t->on_rq) != TASK_MIGRATING))
        return rq;
    rq_unlock(rq);
    return NULL;
}

static __noinline struct rq *task_rq_lock_slow(struct task *t, unsigned long flags)
{
    struct rq *rq;

    do {
        irq_restore(flags);
        cpu_relax();
        irq_save();
        rq = try_task_rq_lock(t);
    } while (!rq);
    return rq;
}

/* Interrupts are off, and were as @flags say. */
static __always_inline struct rq *lock_rq_of(struct task *t, unsigned long flags)
{
    struct rq *rq = try_task_rq_lock(t);

    return likely(rq) ? rq : task_rq_lock_slow(t, flags);
}

/*
 * task_rq_lock - lock the queue that @t belongs to; it stays there until task_rq_unlock().
 *
 * @flags  out, for task_rq_unlock().
 *
 * Waits while the thread is on its way between two queues. Context: any.
 */
struct rq *task_rq_lock(struct task *t, unsigned long *flags)
{
    *flags = irq_save();
    return lock_rq_of(t, *flags);
}

/* task_rq_unlock - the end of task_rq_lock(); a thread that was woken may take over here. */
void task_rq_unlock(struct rq *rq, unsigned long flags) __no_lock_analysis
{
    rq_unlock(rq);
    irq_restore(flags);
    preempt_check();
}

/* ---- time ------------------------------------------------------------------------------------ */

/* rq_update_clock - what follows happens now. The queue is locked. */
void rq_update_clock(struct rq *rq)
{
    uint64_t now = clock_ns();

    if (likely(now > rq->clock)) /* clocks of two CPUs may differ by a little */
        rq->clock = now;
}

/* account_current - the running thread has run until now. The queue is locked, its clock right. */
void account_current(struct rq *rq)
{
    struct task *t = rq->curr;
    uint64_t ran = rq->clock - t->exec_start;

    t->exec_start = rq->clock;
    t->sum_exec += ran;
    t->class->account(rq, t, ran);
}

/* The queue has been as it is until now. */
static void update_load(struct rq *rq)
{
    load_update(&rq->avg, rq->clock, rq->fair.weight, rq->curr == rq->idle ? 0 : LOAD_CPU);
}

/* What @t weighs in its queue. */
static uint64_t load_weight(const struct task *t)
{
    return t->class == &fair_sched_class ? t->weight : 0;
}

/* ---- who is in a queue ----------------------------------------------------------------------- */

/* enqueue_task - @t, which belongs to the queue, wants to run. Locked, the clock right. */
void enqueue_task(struct rq *rq, struct task *t, enum enqueue_reason why)
{
    update_load(rq);
    if (why == ENQUEUE_WAKEUP)
        load_update(&t->avg, rq->clock, 0, 0);
    if (why != ENQUEUE_RESTORE)
        t->queued_at = rq->clock;
    t->class->enqueue(rq, t, why);
    WRITE_ONCE(t->on_rq, TASK_QUEUED);
    WRITE_ONCE(rq->nr_running, rq->nr_running + 1);
}

/* dequeue_task - @t doesn't want to run any more. Locked, the clock right. */
void dequeue_task(struct rq *rq, struct task *t)
{
    update_load(rq);
    load_update(&t->avg, rq->clock, load_weight(t), task_is_running(rq, t) ? LOAD_CPU : 0);
    t->class->dequeue(rq, t);
    WRITE_ONCE(t->on_rq, TASK_NOT_QUEUED);
    WRITE_ONCE(rq->nr_running, rq->nr_running - 1);
}

/* @t has waited here for a CPU until now. */
static void note_delay(struct rq *rq, struct task *t)
{
    uint64_t delay = rq->clock - t->queued_at;

    t->run_delay += delay;
    rq->run_delay += delay;
}

/*
 * detach_task - @t leaves the queue for that of @to_cpu: the first of two steps.
 *
 * It may be waiting or sleeping; if it is running, the switch away from it has begun. Locked, the
 * clock right. Its virtual runtime goes along as a distance from the queue's.
 */
void detach_task(struct rq *rq, struct task *t, int to_cpu)
{
    if (t->on_rq == TASK_QUEUED) {
        note_delay(rq, t);
        dequeue_task(rq, t);
        load_detach(&rq->avg, &t->avg);
    }
    t->vruntime -= rq->fair.min_vruntime;
    trace_task_migrate(t, to_cpu);
    t->nr_migrations++;
    t->nr_node_migrations += cpu_to_node(t->cpu) != cpu_to_node(to_cpu);
    WRITE_ONCE(t->on_rq, TASK_MIGRATING);
    __atomic_store_n(&t->cpu, to_cpu, __ATOMIC_RELEASE);
}

/* attach_task - the second: @t arrives in the queue, which is locked, and its CPU's. */
void attach_task(struct rq *rq, struct task *t, enum enqueue_reason why)
{
    rq_update_clock(rq);
    t->vruntime += rq->fair.min_vruntime;
    if (why == ENQUEUE_MOVE)
        load_attach(&rq->avg, &t->avg);
    enqueue_task(rq, t, why);
}

/* ---- asking for a change --------------------------------------------------------------------- */

/* resched_curr - the CPU of @rq, which is locked, shall choose anew soon. */
void resched_curr(struct rq *rq)
{
    struct cpu_local *local = cpu_local_of(rq->cpu);

    if (local->need_resched)
        return;
    __atomic_store_n(&local->need_resched, 1, __ATOMIC_SEQ_CST);
    if (rq->cpu != this_cpu())
        ipi_send(rq->cpu, IPI_RESCHEDULE);
}

/* check_preempt - @t has come into the queue, which is locked: shall it run at once? */
void check_preempt(struct rq *rq, struct task *t)
{
    const struct task *curr = rq->curr;

    if (t->class == curr->class) {
        account_current(rq);
        if (t->class->preempts(rq, t))
            resched_curr(rq);
    } else if (curr == rq->idle || (t->class == &rt_sched_class && !rq->rt.throttled)) {
        resched_curr(rq);
    }
}

/* ---- waking ---------------------------------------------------------------------------------- */

/* @t, which belongs to @rq and was not queued, is runnable from now on. */
static void activate(struct rq *rq, struct task *t, enum enqueue_reason why)
{
    enqueue_task(rq, t, why);
    check_preempt(rq, t);
}

/* This CPU has woken @t, which is on t->cpu. */
static void note_wakeup(struct task *t)
{
    struct rq *here = this_rq();

    t->nr_wakeups++;
    here->nr_wakeups++;
    here->nr_local_wakeups += t->cpu == here->cpu;
}

/* Let @t, which is not queued, belong to @cpu: unlocks @rq, locks and returns that CPU's queue. */
static __noinline struct rq *change_queue(struct rq *rq, struct task *t, int cpu) __no_lock_analysis
{
    detach_task(rq, t, cpu);
    rq_unlock(rq);
    rq = cpu_rq(cpu);
    rq_lock(rq);
    t->vruntime += rq->fair.min_vruntime;
    return rq;
}

/*
 * wake_up_state - if @t sleeps in one of @states, it is runnable when this returns.
 *
 * Returns true if so; false if it wasn't asleep, or in another state. The caller must know that the
 * structure lives: by a reference, or a lock that the thread needs to go on. A full barrier before
 * the look at the state. Context: any; no queue locked.
 */
bool wake_up_state(struct task *t, unsigned int states) __no_lock_analysis
{
    unsigned long flags = irq_save();
    struct rq *rq;

    smp_mb(); /* what the caller wrote, before we look at the state */
    rq = lock_rq_of(t, flags);
    if (!(READ_ONCE(t->state) & states)) {
        task_rq_unlock(rq, flags);
        return false;
    }
    if (t->on_rq == TASK_NOT_QUEUED) {
        int waker = this_cpu(), cpu = sched_select_cpu(t, waker);

        if (cpu != waker || cpu != rq->cpu)
            balance_note_wakeup(rq->cpu, waker, cpu);
        if (cpu != rq->cpu)
            rq = change_queue(rq, t, cpu);
        rq_update_clock(rq);
        WRITE_ONCE(t->state, TASK_RUNNING);
        activate(rq, t, ENQUEUE_WAKEUP);
        note_wakeup(t);
        trace_task_wakeup(t);
        rq = settle_task(rq, t);
    } else {
        WRITE_ONCE(t->state, TASK_RUNNING);
        note_wakeup(t);
        trace_task_wakeup(t);
    }
    task_rq_unlock(rq, flags);
    return true;
}

/* wake_up_process - wake_up_state() from ordinary sleep. */
bool wake_up_process(struct task *t)
{
    return wake_up_state(t, TASK_NORMAL);
}

/* wake_up_new_task - contract in the header. */
void wake_up_new_task(struct task *t) __no_lock_analysis
{
    unsigned long flags;
    struct rq *rq = task_rq_lock(t, &flags);
    int cpu = sched_select_cpu_new(t);

    BUG_ON(t->state != TASK_NEW);
    if (cpu != rq->cpu)
        rq = change_queue(rq, t, cpu);
    t->nr_migrations = t->nr_node_migrations = 0; /* that was no move */
    rq_update_clock(rq);
    t->avg.updated_ns = rq->clock;
    WRITE_ONCE(t->state, TASK_RUNNING);
    activate(rq, t, ENQUEUE_NEW);
    trace_task_wakeup_new(t);
    rq = settle_task(rq, t);
    task_rq_unlock(rq, flags);
}

/* ---- switching ------------------------------------------------------------------------------- */

/* rq->push is off its stack: it goes where it was detached to. */
static __noinline void finish_push(struct task *t) __no_lock_analysis
{
    struct rq *rq = cpu_rq(t->cpu);

    rq_lock(rq);
    attach_task(rq, t, ENQUEUE_MOVE);
    check_preempt(rq, t);
    rq = settle_task(rq, t);
    rq_unlock(rq);
}

/* What couldn't be done while the queue was locked, or before the switch. Unlocks it. */
static __noinline void run_errands(struct rq *rq) __no_lock_analysis
{
    struct task *push = rq->push;
    bool pull = rq->rt.pull;

    rq->has_errands = false;
    rq->push = NULL;
    rq->rt.pull = false;
    rq_unlock(rq);
    if (push)
        finish_push(push);
    if (pull)
        rt_pull(rq);
}

/* This CPU has chosen. Afterwards need_resched may be set. */
static inline void unlock_after_choice(struct rq *rq) __no_lock_analysis
{
    if (unlikely(rq->has_errands))
        run_errands(rq);
    else
        rq_unlock(rq);
}

/*
 * The first act of a thread that was switched to. Nothing of the previous one is touched once on_cpu
 * has fallen, since then it may be freed; unless it is pushed, for then it is ours.
 */
static void finish_switch(void) __no_lock_analysis
{
    struct rq *rq = this_rq();

    __atomic_store_n(&rq->prev->on_cpu, false, __ATOMIC_RELEASE);
    unlock_after_choice(rq);
}

static void switch_to(struct rq *rq, struct task *prev, struct task *next)
{
    if (prev == rq->idle || next == rq->idle)
        update_load(rq);
    if (prev == rq->idle)
        tick_start();
    rq->nr_switches++;
    rq->prev = prev;
    rq->curr = next;
    next->on_cpu = true;
    cpu_set_current(rq->cpu, next);
    context_switch(&prev->context, &next->context);
    finish_switch(); /* perhaps on another CPU than before */
}

static struct task *pick_next(struct rq *rq)
{
    struct task *t = NULL;

    if (unlikely(rq->rt.nr > 0))
        t = rt_sched_class.pick(rq);
    if (!t && rq->fair.nr > 0)
        t = fair_sched_class.pick(rq);
    if (t)
        return t;
    rq->nr_idle_picks++;
    return rq->idle;
}

enum schedule_mode {
    SCHEDULE_SLEEP,   /* by the thread: sleep if the state says so */
    SCHEDULE_YIELD,   /* by the thread: let others run */
    SCHEDULE_PREEMPT, /* by need_resched: stay in the queue whatever the state says */
};

/* The running thread may not run here any more, or had better not. */
static __noinline void leave_for_elsewhere(struct rq *rq, struct task *prev, int cpu)
{
    prev->queued_at = rq->clock;
    detach_task(rq, prev, cpu);
    rq->push = prev;
    rq->has_errands = true;
}

/* The running real-time thread could go on: elsewhere, if it had to wait here. */
static __noinline void rt_leave(struct rq *rq, struct task *prev)
{
    int cpu = rt_waits(rq, prev) ? rt_find_cpu(prev) : NR_CPUS;

    if (cpu != NR_CPUS)
        leave_for_elsewhere(rq, prev, cpu);
}

static void yield(struct rq *rq, struct task *prev)
{
    rq->nr_yields++;
    prev->class->yield(rq, prev);
}

/* The running thread stops running, for a while or longer. */
static void leave_cpu(struct rq *rq, struct task *prev, enum schedule_mode mode)
{
    if (mode != SCHEDULE_PREEMPT && prev->state != TASK_RUNNING) {
        dequeue_task(rq, prev);
    } else if (unlikely(!task_may_run_on(prev, rq->cpu))) {
        leave_for_elsewhere(rq, prev, sched_any_cpu(prev));
    } else if (unlikely(rq->active != NULL) && balance_pushes(rq, prev)) {
        leave_for_elsewhere(rq, prev, rq->active_cpu);
    } else {
        if (mode == SCHEDULE_YIELD)
            yield(rq, prev);
        prev->queued_at = rq->clock;
        if (unlikely(prev->class == &rt_sched_class))
            rt_leave(rq, prev);
    }
    prev->class->put_prev(rq, prev);
}

static struct task *enter_cpu(struct rq *rq)
{
    struct task *next = pick_next(rq);

    next->class->set_next(rq, next);
    next->slice_start = next->sum_exec;
    return next;
}

static void account_switch(struct rq *rq, struct task *prev, struct task *next,
                           enum schedule_mode mode)
{
    trace_task_switch(prev, next, mode == SCHEDULE_PREEMPT);
    if (mode == SCHEDULE_PREEMPT)
        prev->nivcsw++;
    else
        prev->nvcsw++;
    next->exec_start = rq->clock;
    next->nr_picked++;
    if (next == rq->idle)
        return;
    rq->nr_turns++;
    note_delay(rq, next);
}

static __noinline void __schedule(enum schedule_mode mode) __no_lock_analysis
{
    unsigned long flags = irq_save();
    struct rq *rq = this_rq();
    struct task *prev, *next;

    rq_lock(rq);
    prev = rq->curr;
    rq_update_clock(rq);
    account_current(rq);
    cpu_local()->need_resched = 0;
    rq->scheduled_at = rq->clock;
    rq->nr_schedules++;
    leave_cpu(rq, prev, mode);
    next = enter_cpu(rq);
    if (likely(next != prev)) {
        account_switch(rq, prev, next, mode);
        switch_to(rq, prev, next);
    } else {
        unlock_after_choice(rq);
    }
    irq_restore(flags);
}

static void __noreturn panic_atomic(void)
{
    panic("%s sleeps or yields where it must not: preemption is off %d times, %u locks held%s",
          current->comm, cpu_preempt_count(), lock_nr_held(),
          cpu_in_interrupt() ? ", in an interrupt" : "");
}

/* schedule - contract in kernel/sched.h. Panics with preemption off or in an interrupt. */
void schedule(void)
{
    if (unlikely(cpu_preempt_count() != 0))
        panic_atomic();
    might_sleep();
    do
        __schedule(SCHEDULE_SLEEP);
    while (cpu_need_resched());
}

/* sched_yield - contract in kernel/sched.h. */
void sched_yield(void)
{
    if (unlikely(cpu_preempt_count() != 0))
        panic_atomic();
    __schedule(SCHEDULE_YIELD);
    preempt_check();
}

/* preempt_schedule - contract in kernel/preempt.h. */
void preempt_schedule(void)
{
    while (cpu_need_resched() && cpu_preempt_count() == 0 && irqs_enabled())
        __schedule(SCHEDULE_PREEMPT);
}

/* preempt_schedule_irq - contract in kernel/preempt.h. */
void preempt_schedule_irq(void)
{
    while (cpu_need_resched())
        __schedule(SCHEDULE_PREEMPT);
}

/* set_special_state - contract in kernel/sched.h. */
void set_special_state(unsigned int state)
{
    unsigned long flags = irq_save();
    struct rq *rq = this_rq();

    rq_lock(rq);
    WRITE_ONCE(current->state, state);
    rq_unlock(rq);
    irq_restore(flags);
}

/* sched_exit - contract in the header. */
void sched_exit(void)
{
    trace_task_exit(current);
    set_special_state(TASK_DEAD);
    __schedule(SCHEDULE_SLEEP);
    panic("%s, a dead thread, was scheduled", current->comm);
}

#ifdef CONFIG_DEBUG
/* might_sleep_at - contract in kernel/sched.h. */
void might_sleep_at(const char *file, int line)
{
    if (running && (cpu_preempt_count() != 0 || !irqs_enabled()))
        report_bug("%s:%d may sleep, where it must not: interrupts %s, preemption off %d times, %u "
                   "locks held",
                   file, line, irqs_enabled() ? "on" : "off", cpu_preempt_count(), lock_nr_held());
}
#endif

/* sched_is_running - contract in kernel/sched.h. */
bool sched_is_running(void)
{
    return running;
}

/* ---- the tick -------------------------------------------------------------------------------- */

/* On each busy CPU, TICK_HZ times a second, interrupts off. False: it is idle, stop. */
static bool scheduler_tick(void)
{
    struct rq *rq = this_rq();
    struct task *t;
    bool busy;

    rq_lock(rq);
    t = rq->curr;
    busy = t != rq->idle;
    if (busy) {
        rq_update_clock(rq);
        account_current(rq);
        update_load(rq);
        if (t->class->tick(rq, t) || rq->clock - rq->scheduled_at > HEARTBEAT_NS)
            resched_curr(rq);
    }
    rq_unlock(rq);
    if (busy)
        kbalance_tick();
    return busy;
}

/* ---- threads come into being ----------------------------------------------------------------- */

/* Where a thread begins: in the middle of a switch to it. */
static void begin(void *task)
{
    struct task *t = task;

    finish_switch();
    irq_restore(RFLAGS_INTERRUPTS);
    preempt_check();
    t->entry(t);
    panic("%s: its entry function returned", t->comm);
}

/* sched_task_init - contract in the header. */
void sched_task_init(struct task *t, void (*entry)(struct task *t))
{
    t->entry = entry;
    t->state = TASK_NEW;
    t->cpu = this_cpu();
    t->class = &fair_sched_class;
    t->policy = SCHED_NORMAL;
    t->weight = NICE_0_WEIGHT;
    t->cpus_mask = cpu_present_mask;
    t->nr_cpus_allowed = cpumask_weight(&t->cpus_mask);
    context_init(&t->context, (char *)t->stack + KSTACK_SIZE, begin, t);
}

static struct task *make_idle_task(int cpu)
{
    struct task *t = task_alloc(cpu_to_node(cpu));

    if (!t)
        panic("no memory for the idle thread of CPU %d", cpu);
    snprintf(t->comm, sizeof(t->comm), "swapper/%d", cpu);
    t->cpu = cpu;
    t->stack = cpu == this_cpu() ? NULL : cpu_idle_stack(cpu);
    t->class = &idle_sched_class;
    t->on_cpu = true;
    cpumask_set(&t->cpus_mask, cpu);
    t->nr_cpus_allowed = 1;
    return t;
}

static void init_queue(int cpu)
{
    struct rq *rq = cpu_rq(cpu);

    spin_lock_init(&rq->lock, "run queue", LOCK_RQ);
    rq->cpu = cpu;
    rb_init(&rq->fair.waiting);
    for (int i = 0; i < MAX_RT_PRIO; i++)
        list_init(&rq->rt.queue[i]);
    rt_limit_init(rq);
    rq->clock = clock_ns();
    rq->started_at = rq->clock;
    rq->scheduled_at = rq->clock;
    rq->avg.updated_ns = rq->clock;
    rq->idle = make_idle_task(cpu);
    rq->idle->exec_start = rq->clock;
    rq->curr = rq->idle;
    cpu_set_current(cpu, rq->idle);
}

/* sched_init - contract in the header. Context: boot, after percpu_init(). */
void sched_init(void)
{
    unsigned long flags;
    int cpu;

    timers_init();
    fair_init();
    affinity_init();
    for_each_cpu (cpu, &cpu_present_mask)
        init_queue(cpu);
    tick_set_handler(scheduler_tick);
    flags = irq_save();
    watchdog_start();
    loadavg_init();
    irq_restore(flags);
    running = true;
}

/* cpu_startup_entry - where each other CPU begins, on its idle stack, and stays. */
void cpu_startup_entry(void)
{
    struct rq *rq = this_rq();

    rq_lock(rq);
    rq_update_clock(rq);
    rq->idle->exec_start = rq->clock; /* it wasn't idle before, it wasn't there */
    rq->started_at = rq->clock;
    rq->scheduled_at = rq->clock;
    rq_unlock(rq);
    watchdog_start();
    sched_idle_loop();
}

/* ---- policy and priority --------------------------------------------------------------------- */

/* @t gets what it gets; it is in its queue by the old rules until then, by the new ones after. */
static void change(struct task *t, enum sched_policy policy, int nice, int priority)
{
    unsigned long flags;
    struct rq *rq = task_rq_lock(t, &flags);
    bool queued = t->on_rq == TASK_QUEUED, was_fair = t->class == &fair_sched_class;

    rq_update_clock(rq);
    if (task_is_running(rq, t))
        account_current(rq);
    if (queued)
        dequeue_task(rq, t);
    t->policy = policy;
    t->nice = nice;
    t->rt_priority = priority;
    t->rr_ticks = 0;
    t->weight = policy == SCHED_IDLE ? IDLE_WEIGHT : fair_weight(nice);
    t->class = is_rt_policy(policy) ? &rt_sched_class : &fair_sched_class;
    if (!was_fair)
        t->vruntime = rq->fair.min_vruntime;
    if (queued)
        enqueue_task(rq, t, ENQUEUE_RESTORE);
    if (task_is_running(rq, t))
        resched_curr(rq);
    else if (queued) {
        check_preempt(rq, t);
        rq = settle_task(rq, t);
    }
    task_rq_unlock(rq, flags);
}

/* sched_setscheduler - contract in the header. Context: any. */
int sched_setscheduler(struct task *t, enum sched_policy policy, int priority)
{
    bool rt = is_rt_policy(policy);

    if (is_idle_task(t) ||
        (policy != SCHED_NORMAL && policy != SCHED_BATCH && policy != SCHED_IDLE && !rt))
        return -EINVAL;
    if (rt ? priority < 1 || priority >= MAX_RT_PRIO : priority != 0)
        return -EINVAL;
    change(t, policy, t->nice, priority);
    return 0;
}

/* set_user_nice - contract in the header. Context: any. */
int set_user_nice(struct task *t, int nice)
{
    if (is_idle_task(t) || nice < NICE_MIN || nice > NICE_MAX)
        return -EINVAL;
    change(t, t->policy, nice, t->rt_priority);
    return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* task_runtime - contract in the header. Context: any; the structure lives. */
uint64_t task_runtime(struct task *t)
{
    unsigned long flags;
    struct rq *rq = task_rq_lock(t, &flags);
    uint64_t ns;

    if (task_is_running(rq, t)) {
        rq_update_clock(rq);
        account_current(rq);
    }
    ns = t->sum_exec;
    task_rq_unlock(rq, flags);
    return ns;
}

/* cpu_idle_ns - contract in the header; 0 for a CPU that never started. */
uint64_t cpu_idle_ns(int cpu)
{
    return cpumask_test(&cpu_online_mask, cpu) ? task_runtime(cpu_rq(cpu)->idle) : 0;
}
