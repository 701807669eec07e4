/*
 * kernel/task.h - a thread: all that the kernel knows of one.
 */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include "kernel/completion.h"
#include "kernel/lib/cpumask.h"
#include "kernel/lib/list.h"
#include "kernel/lib/rbtree.h"
#include "kernel/load_avg.h"
#include "kernel/preempt.h"
#include <arch/context.h>

struct sched_class;

#define TASK_COMM_LEN 16 /* of a name, NUL included, as in Linux */

/* Why a thread doesn't run. Values, as those of the policies, are Linux's; the letters are ps's. */
#define TASK_RUNNING         0x0000u /* R: it does, or waits for a CPU */
#define TASK_INTERRUPTIBLE   0x0001u /* S: sleeps, perhaps for ever */
#define TASK_UNINTERRUPTIBLE 0x0002u /* D: sleeps for something that comes soon */
#define TASK_PARKED          0x0040u /* P: in kthread_parkme() */
#define TASK_DEAD            0x0080u /* X: never runs again */
#define TASK_NEW             0x0800u /* created, not started */
#define TASK_NORMAL          (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

enum sched_policy {
    SCHED_NORMAL = 0,
    SCHED_FIFO = 1,
    SCHED_RR = 2,
    SCHED_BATCH = 3, /* normal, but its waking preempts nobody */
    SCHED_IDLE = 5,  /* normal, with a weight below every nice value's */
};

/* task.on_rq */
enum {
    TASK_NOT_QUEUED,
    TASK_QUEUED,    /* runs, or waits in the queue of task.cpu */
    TASK_MIGRATING, /* between two queues: whoever moves it has it to themselves */
};

/* task.kthread_flags */
#define KTHREAD_SHOULD_STOP 0x1u
#define KTHREAD_SHOULD_PARK 0x2u
#define KTHREAD_DETACHED    0x4u /* nobody will join it */
#define KTHREAD_ENDED       0x8u /* its function has returned */

struct task {
    /* Fixed before the thread first runs. */
    int pid; /* 0: an idle thread */
    int nid; /* home node: its stack and this structure are there, or nearest to it */
    char comm[TASK_COMM_LEN];
    void *stack;                   /* lowest byte of KSTACK_SIZE, NULL: the boot stack */
    void (*entry)(struct task *t); /* its first function; doesn't return */
    int (*fn)(void *arg);          /* kernel/kthread.c: what it is for */
    void *arg;
    uint64_t start_ns; /* clock_ns() at creation */

    /*
     * Protected by the lock of the run queue of `cpu` (task_rq_lock() in sched/rq.h). A thread writes
     * its own state without (set_current_state()); others read single words without for display.
     */
    struct context context; /* while it doesn't run */
    unsigned int state;
    int cpu;     /* runs or waits there, or did last */
    int on_rq;   /* TASK_QUEUED, ... */
    bool on_cpu; /* its stack is in use; falls as the last act of the switch away from it */
    const struct sched_class *class;
    enum sched_policy policy;
    int nice;            /* -20..19 */
    int rt_priority;     /* 1..99 for SCHED_FIFO and SCHED_RR, else 0 */
    uint64_t weight;     /* by nice */
    cpumask_t cpus_mask; /* where it may run */
    int nr_cpus_allowed; /* bits in cpus_mask */
    struct rb_node node; /* in the fair queue's tree */
    uint64_t vruntime;   /* sched/fair_math.c */
    struct list_head rt_link;
    unsigned int rr_ticks; /* of its slice, used */
    struct load_avg avg;

    /* The same: what it has done so far. Times in ns. */
    uint64_t exec_start;     /* up to here sum_exec is right, if it runs */
    uint64_t sum_exec;       /* time on a CPU */
    uint64_t slice_start;    /* sum_exec when it was picked */
    uint64_t queued_at;      /* when it began to wait for a CPU */
    uint64_t run_delay;      /* time spent waiting for a CPU */
    unsigned long nr_picked; /* how often it got a CPU */
    unsigned long nvcsw;     /* how often it gave it up by itself, */
    unsigned long nivcsw;    /* and how often it lost it */
    unsigned long nr_wakeups;
    unsigned long nr_migrations;      /* to another CPU, */
    unsigned long nr_node_migrations; /* of these, to one of another node */

    /* Its own: it is getting pages back, and gets those that it needs for that without (mm/vmscan.c). */
    bool in_reclaim;
    unsigned long nr_reclaimed; /* pages that came back meanwhile other than from LRU lists */

    /* Protected by tasks_lock (kernel/task.c). */
    struct list_head tasks; /* all of them, by creation */

    /* The thread's own: which of its allocations fails, mm/fault_inject.c. */
    unsigned int fail_nth;
    bool fail_nth_set;

    /* Atomic words. */
    unsigned int refs;          /* task_get(), task_put() */
    unsigned int kthread_flags; /* kernel/kthread.c */

    /* Written before `exited` completes, read after. */
    int exit_code;
    struct completion exited;
    struct completion parked;
};

static inline struct task *get_current(void)
{
    return cpu_current();
}

/* The thread that runs this; NULL before sched_init(). */
#define current get_current()

/* The one of this number, with a reference, or NULL. */
struct task *task_find(int pid);
/* The lowest pid above @after, or -1: to walk over all threads, and for the files of /proc/PID. */
int task_next_pid(int after);
/* Threads that there are, and that have ever been; idle ones not counted. */
int task_nr(void);
unsigned long task_nr_created(void);
/* Threads that sleep in TASK_UNINTERRUPTIBLE now. O(threads). Context: any. */
int task_nr_blocked(void);
/* The number that was given out last. */
int task_last_pid(void);

/* The structure lives until the last reference is put; the thread may end before. */
struct task *task_get(struct task *t);
void task_put(struct task *t);

/* Structures can be had. Context: boot, after kmem_init(); panics without memory. */
void task_init(void);
/* A structure on (or nearest to) node @nid, one reference, no pid, in no list; NULL: no memory. */
struct task *task_alloc(int nid);
/* Give it a number and put it into the list. 0, or -ENOSPC. */
int task_register(struct task *t);
void task_unregister(struct task *t);

/* 'R', 'S', 'D', 'P', 'X', 'N'; and in words, as /proc/PID/status shows it. */
char task_state_char(const struct task *t);
const char *task_state_name(const struct task *t);

#endif
