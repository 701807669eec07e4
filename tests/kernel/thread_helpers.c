/*
 * tests/kernel/thread_helpers.c - what the tests of threads share.
 */
#include "tests/kernel/thread_helpers.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "sched/sched.h"
#include <arch/cpu.h>

#define MAX_OWNED (NR_CPUS + 64)

static struct task *owned[MAX_OWNED];
static int nr_owned;

/* All are told before one is waited for: another one may keep it from its CPU. */
static void stop_owned(void *unused)
{
    (void)unused;
    for (int i = 0; i < nr_owned; i++)
        __atomic_fetch_or(&owned[i]->kthread_flags, KTHREAD_SHOULD_STOP, __ATOMIC_SEQ_CST);
    while (nr_owned > 0)
        kthread_stop(owned[--nr_owned]);
}

struct task *own_thread(struct task *t)
{
    if (!t)
        return NULL;
    ktest_defer(stop_owned, NULL);
    BUG_ON(nr_owned == MAX_OWNED);
    owned[nr_owned++] = t;
    return t;
}

static void disown(struct task *t)
{
    int i = 0;

    while (owned[i] != t)
        BUG_ON(++i == nr_owned);
    owned[i] = owned[--nr_owned];
}

int stop_thread(struct task *t)
{
    disown(t);
    return kthread_stop(t);
}

int join_thread(struct task *t)
{
    disown(t);
    return kthread_join(t);
}

static void limit_real_time(void *unused)
{
    (void)unused;
    KEXPECT_EQ(0, sched_rt_period_store("1000000", 7));
    KEXPECT_EQ(0, sched_rt_runtime_store("950000", 6));
}

void unlimit_real_time(void)
{
    ktest_defer(limit_real_time, NULL);
    KEXPECT_EQ(0, sched_rt_runtime_store("-1", 2));
}

int nr_online_cpus(void)
{
    return cpumask_weight(&cpu_online_mask);
}

int last_online_cpu(void)
{
    int cpu, last = 0;

    for_each_cpu (cpu, &cpu_online_mask)
        last = cpu;
    return last;
}

int spin(void *unused)
{
    (void)unused;
    while (!kthread_should_stop())
        cpu_relax();
    return 0;
}

struct task *create_on(int (*fn)(void *arg), void *arg, int cpu)
{
    struct task *t = kthread_create_on_node(fn, arg, cpu_to_node(cpu), "test/%d", cpu);

    if (t)
        kthread_bind(t, cpu);
    return own_thread(t);
}
