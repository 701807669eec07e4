/*
 * tests/kernel/thread_helpers.c - what the tests of threads share.
 */
#include "tests/kernel/thread_helpers.h"
#include "kernel/cpu.h"
#include <arch/cpu.h>

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
    return t;
}
