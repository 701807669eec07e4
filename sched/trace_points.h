/*
 * sched/trace_points.h - what the scheduler tells the trace: threads as records know them.
 */
#ifndef SCHED_TRACE_POINTS_H
#define SCHED_TRACE_POINTS_H

#include "kernel/trace.h"
#include "sched/sched.h"

/* Linux's number inside of the kernel: 120 for nice 0, below 100 real time. */
static inline int trace_prio(const struct task *t)
{
    return task_priority(t) + 100;
}

/* Why @t stops, in Linux's numbers; @preempted: it could have gone on, unless it was idle. */
static inline long trace_state(const struct task *t, bool preempted)
{
    if (preempted && t->pid != 0)
        return TRACE_STATE_PREEMPTED;
    return t->state == TASK_DEAD ? TRACE_STATE_DEAD : (long)t->state;
}

/* The CPU turns from @prev to @next; @preempted: @prev could have gone on, unless it was idle. */
static inline void trace_task_switch(const struct task *prev, const struct task *next,
                                     bool preempted)
{
    trace(sched_switch, .prev_comm = trace_comm(prev->comm), .prev_pid = prev->pid,
          .prev_prio = trace_prio(prev), .prev_state = trace_state(prev, preempted),
          .next_comm = trace_comm(next->comm), .next_pid = next->pid,
          .next_prio = trace_prio(next));
}

/* @t has become runnable, on t->cpu. */
static inline void trace_task_wakeup(const struct task *t)
{
    trace(sched_wakeup, .comm = trace_comm(t->comm), .pid = t->pid, .prio = trace_prio(t),
          .target_cpu = t->cpu);
}

static inline void trace_task_wakeup_new(const struct task *t)
{
    trace(sched_wakeup_new, .comm = trace_comm(t->comm), .pid = t->pid, .prio = trace_prio(t),
          .target_cpu = t->cpu);
}

/* @t, of t->cpu, will be of @to_cpu. The first choice of a CPU for a new thread is no move. */
static inline void trace_task_migrate(const struct task *t, int to_cpu)
{
    if (t->state != TASK_NEW)
        trace(sched_migrate_task, .comm = trace_comm(t->comm), .pid = t->pid, .prio = trace_prio(t),
              .orig_cpu = t->cpu, .dest_cpu = to_cpu);
}

/* The current thread has created @child. */
static inline void trace_task_fork(const struct task *child)
{
    trace(sched_process_fork, .parent_comm = trace_comm(current->comm), .parent_pid = current->pid,
          .child_comm = trace_comm(child->comm), .child_pid = child->pid);
}

static inline void trace_task_free(const struct task *t)
{
    trace(sched_process_free, .comm = trace_comm(t->comm), .pid = t->pid, .prio = trace_prio(t));
}

static inline void trace_task_exit(const struct task *t)
{
    trace(sched_process_exit, .comm = trace_comm(t->comm), .pid = t->pid, .prio = trace_prio(t));
}

#endif
