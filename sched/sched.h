/*
 * sched/sched.h - the scheduler for those who start, rule and show threads.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "kernel/sched.h"

struct seqbuf;

/* The boot thread becomes CPU 0's idle thread, the other CPUs get theirs. Before smp_init(). */
void sched_init(void);
/* What the boot thread and each CPU end in; idle.c. */
void sched_idle_loop(void) __noreturn;

/* @t, fresh from task_alloc(), becomes a thread of policy SCHED_NORMAL, nice 0, allowed everywhere,
 * that begins with @entry(@t), which doesn't return, on t->stack; it is TASK_NEW. */
void sched_task_init(struct task *t, void (*entry)(struct task *t));
/* Start it. Context: any but an interrupt. */
void wake_up_new_task(struct task *t);
/* The end of the current thread: state TASK_DEAD, interrupts off. */
void sched_exit(void) __noreturn;

/*
 * 0, or -EINVAL if @priority doesn't fit @policy (1..99 for SCHED_FIFO and SCHED_RR, else 0) or @nice is
 * not NICE_MIN..NICE_MAX. Takes effect at once.
 */
int sched_setscheduler(struct task *t, enum sched_policy policy, int priority);
int set_user_nice(struct task *t, int nice);
/*
 * @t runs on CPUs of @mask only, from when this returns. -EINVAL if none of them is online; then nothing
 * has changed. Context: may sleep.
 */
int set_cpus_allowed(struct task *t, const cpumask_t *mask);

/* Time on a CPU so far, up to date even while it runs, ns. */
uint64_t task_runtime(struct task *t);
/* Idle time of @cpu since it started, ns. */
uint64_t cpu_idle_ns(int cpu);
/* What all threads but the idle one took of @cpu, ns. */
uint64_t cpu_busy_ns(int cpu);

/* Report a CPU that hasn't scheduled for @ns (20 s at first); returns what it was. For tests. */
uint64_t watchdog_set_limit(uint64_t ns);

/* Files: /proc/sys/kernel/sched_rt_{period,runtime}_us. */
void sched_rt_period_show(struct seqbuf *s);
int sched_rt_period_store(const char *text, size_t len);
void sched_rt_runtime_show(struct seqbuf *s);
int sched_rt_runtime_store(const char *text, size_t len);

/* Files: /proc/stat, /proc/loadavg, /proc/PID/sched, /proc/PID/schedstat. */
void proc_stat_show(struct seqbuf *s);
void proc_loadavg_show(struct seqbuf *s);
void task_schedstat_show(struct seqbuf *s, struct task *t);
void task_sched_show(struct seqbuf *s, struct task *t);
/* "fair", "rt", "idle", and the number that /proc/PID/stat calls priority. */
const char *task_class_name(const struct task *t);
int task_priority(const struct task *t);

#endif
