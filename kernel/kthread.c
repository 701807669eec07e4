/*
 * kernel/kthread.c - threads of the kernel: starting and ending them.
 *
 * THEORY
 *
 * A thread cannot free the stack that it stands on. Its last acts, with interrupts off so that nobody
 * comes in between, are to complete `exited` and to switch away for good. Whoever joins it waits for
 * the completion, then for on_cpu to fall, which takes as long as the switch, and frees stack and
 * structure. For a detached thread the thread "kthreadd" does so: it gets the structure by a list.
 *
 * LOCKING  None: flags and the list of the dead are changed by atomic operations.
 */
#include "kernel/kthread.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/vsprintf.h"
#include "kernel/sched.h"
#include "kernel/wait.h"
#include "mm/kstack.h"
#include "mm/node.h"
#include "sched/sched.h"
#include "sched/trace_points.h"
#include <arch/cpu.h>
#include <stdarg.h>

static DEFINE_WAIT_QUEUE(graveyard);
static struct task *dead; /* detached threads that have ended, linked by `arg`; atomic */

static void set_flag(struct task *t, unsigned int flag)
{
    __atomic_fetch_or(&t->kthread_flags, flag, __ATOMIC_SEQ_CST);
}

static void clear_flag(struct task *t, unsigned int flag)
{
    __atomic_fetch_and(&t->kthread_flags, ~flag, __ATOMIC_SEQ_CST);
}

static bool has_flag(const struct task *t, unsigned int flag)
{
    return __atomic_load_n(&t->kthread_flags, __ATOMIC_SEQ_CST) & flag;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Give @t to kthreadd. */
static void bury_later(struct task *t)
{
    struct task *head = __atomic_load_n(&dead, __ATOMIC_RELAXED);

    do
        t->arg = head;
    while (!__atomic_compare_exchange_n(&dead, &head, t, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    wake_up(&graveyard);
}

/*
 * The current thread ends. Between the exchange of flags here and in kthread_detach() exactly one
 * side sees both, so it is buried once.
 */
static void __noreturn end(int code)
{
    struct task *t = current;

    t->exit_code = code;
    irq_save();
    if (__atomic_fetch_or(&t->kthread_flags, KTHREAD_ENDED, __ATOMIC_SEQ_CST) & KTHREAD_DETACHED)
        bury_later(t);
    else
        complete(&t->exited);
    sched_exit();
}

/* @t has ended or is about to: wait for its last switch and free all. */
static void bury(struct task *t)
{
    while (__atomic_load_n(&t->on_cpu, __ATOMIC_ACQUIRE))
        cpu_relax();
    trace_task_free(t);
    task_unregister(t);
    kstack_free(t->stack);
    t->stack = NULL;
    task_put(t);
}

static int kthreadd(void *arg)
{
    (void)arg;
    for (;;) {
        struct task *t;

        wait_event_interruptible(&graveyard, READ_ONCE(dead) != NULL);
        t = __atomic_exchange_n(&dead, NULL, __ATOMIC_ACQUIRE);
        while (t) {
            struct task *next = t->arg;

            bury(t);
            t = next;
        }
    }
    return 0;
}

/* ---- the beginning --------------------------------------------------------------------------- */

/* The first function of every kernel thread. */
static void run(struct task *t)
{
    end(kthread_should_stop() ? -EINTR : t->fn(t->arg));
}

static struct task *__printf(4, 0)
    create(int (*fn)(void *arg), void *arg, int nid, const char *fmt, va_list args)
{
    struct task *t = task_alloc(nid == KTHREAD_ANY_NODE ? numa_node_id() : nid);

    if (!t)
        return NULL;
    t->stack = kstack_alloc(t->nid);
    if (!t->stack)
        goto put;
    vsnprintf(t->comm, sizeof(t->comm), fmt, args);
    t->fn = fn;
    t->arg = arg;
    sched_task_init(t, run);
    if (task_register(t))
        goto free_stack;
    trace_task_fork(t);
    return t;

free_stack:
    kstack_free(t->stack);
put:
    task_put(t);
    return NULL;
}

/* Contracts of all these in the header. */
struct task *kthread_create_on_node(int (*fn)(void *arg), void *arg, int nid, const char *fmt, ...)
{
    struct task *t;
    va_list args;

    va_start(args, fmt);
    t = create(fn, arg, nid, fmt, args);
    va_end(args);
    return t;
}

struct task *kthread_create(int (*fn)(void *arg), void *arg, const char *fmt, ...)
{
    struct task *t;
    va_list args;

    va_start(args, fmt);
    t = create(fn, arg, KTHREAD_ANY_NODE, fmt, args);
    va_end(args);
    return t;
}

struct task *kthread_run(int (*fn)(void *arg), void *arg, const char *fmt, ...)
{
    struct task *t;
    va_list args;

    va_start(args, fmt);
    t = create(fn, arg, KTHREAD_ANY_NODE, fmt, args);
    va_end(args);
    if (t)
        kthread_start(t);
    return t;
}

void kthread_start(struct task *t)
{
    wake_up_new_task(t);
}

void kthread_bind(struct task *t, int cpu)
{
    cpumask_t mask = cpumask_of(cpu);

    BUG_ON(t->state != TASK_NEW || set_cpus_allowed(t, &mask));
}

bool kthread_bind_mask(struct task *t, const cpumask_t *cpus)
{
    BUG_ON(t->state != TASK_NEW);
    return set_cpus_allowed(t, cpus) == 0;
}

/* ---- joining, stopping, parking -------------------------------------------------------------- */

int kthread_join(struct task *t)
{
    int code;

    might_sleep();
    BUG_ON(t == current);
    wait_for_completion(&t->exited);
    code = t->exit_code;
    bury(t);
    return code;
}

int kthread_stop(struct task *t)
{
    int code;

    trace(sched_kthread_stop, .comm = trace_comm(t->comm), .pid = t->pid);
    set_flag(t, KTHREAD_SHOULD_STOP);
    if (READ_ONCE(t->state) == TASK_NEW)
        kthread_start(t);
    kthread_unpark(t);
    wake_up_process(t);
    code = kthread_join(t);
    trace(sched_kthread_stop_ret, .ret = code);
    return code;
}

void kthread_detach(struct task *t)
{
    if (__atomic_fetch_or(&t->kthread_flags, KTHREAD_DETACHED, __ATOMIC_SEQ_CST) & KTHREAD_ENDED)
        bury_later(t);
}

void kthread_park(struct task *t)
{
    set_flag(t, KTHREAD_SHOULD_PARK);
    wake_up_process(t);
    wait_for_completion(&t->parked);
}

void kthread_unpark(struct task *t)
{
    clear_flag(t, KTHREAD_SHOULD_PARK);
    wake_up_state(t, TASK_PARKED);
}

bool kthread_should_stop(void)
{
    return has_flag(current, KTHREAD_SHOULD_STOP);
}

bool kthread_should_park(void)
{
    return has_flag(current, KTHREAD_SHOULD_PARK);
}

void kthread_parkme(void)
{
    for (;;) {
        set_special_state(TASK_PARKED);
        if (!kthread_should_park())
            break;
        complete(&current->parked); /* each time: it may be parked anew before it ran again */
        schedule();
    }
    set_current_state(TASK_RUNNING);
}

void kthreads_init(void)
{
    struct task *t = kthread_run(kthreadd, NULL, "kthreadd");

    if (!t)
        panic("no memory for the thread kthreadd");
}
