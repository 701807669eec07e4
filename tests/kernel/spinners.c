/*
 * tests/kernel/spinners.c - threads that do nothing but run, and where they are.
 */
#include "tests/kernel/spinners.h"
#include "kernel/ktest.h"
#include "kernel/printk.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include <arch/cpu.h>

struct task *spinners[MAX_SPINNERS];
int nr_spinners;

static bool all_stop; /* so that they end side by side, not one after the other */

static int spin_together(void *arg)
{
    (void)arg;
    while (!kthread_should_stop() && !READ_ONCE(all_stop))
        cpu_relax();
    return 0;
}

cpumask_t online_cpus_of(int nid)
{
    cpumask_t mask;
    int cpu;

    cpumask_zero(&mask);
    for_each_cpu (cpu, &cpu_online_mask) {
        if (cpu_to_node(cpu) == nid)
            cpumask_set(&mask, cpu);
    }
    return mask;
}

static void stop_spinners(void *unused)
{
    (void)unused;
    spinners_stop();
}

bool spinner_start(int nid, const cpumask_t *mask)
{
    struct task *t = NULL;

    if (nr_spinners < MAX_SPINNERS)
        t = kthread_create_on_node(spin_together, NULL, nid, "spinner/%d", nr_spinners);
    if (!KEXPECT(t != NULL))
        return false;
    ktest_defer(stop_spinners, NULL);
    spinners[nr_spinners++] = t;
    KEXPECT_EQ(0, set_cpus_allowed(t, mask));
    kthread_start(t);
    return true;
}

bool spinners_start_on(int nr, int cpu, const cpumask_t *mask)
{
    int first = nr_spinners;
    cpumask_t one = cpumask_of(cpu);

    for (int i = 0; i < nr; i++) {
        if (!spinner_start(cpu_to_node(cpu), &one))
            return false;
    }
    for (int i = first; i < nr_spinners; i++) {
        KEXPECT_EQ(cpu, READ_ONCE(spinners[i]->cpu));
        KEXPECT_EQ(0, set_cpus_allowed(spinners[i], mask));
    }
    return true;
}

void spinner_stop(int i)
{
    kthread_stop(spinners[i]);
    spinners[i] = spinners[--nr_spinners];
}

void spinners_stop(void)
{
    WRITE_ONCE(all_stop, true);
    while (nr_spinners > 0)
        kthread_stop(spinners[--nr_spinners]);
    WRITE_ONCE(all_stop, false);
}

int spinners_on(int cpu)
{
    int nr = 0;

    for (int i = 0; i < nr_spinners; i++)
        nr += READ_ONCE(spinners[i]->cpu) == cpu;
    return nr;
}

int spinners_on_cpus(const cpumask_t *cpus)
{
    int nr = 0;

    for (int i = 0; i < nr_spinners; i++)
        nr += cpumask_test(cpus, READ_ONCE(spinners[i]->cpu));
    return nr;
}

void spinners_show(void)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        if (spinners_on(cpu) > 0)
            pr_info("cpu %d: %d spinners of %u threads\n", cpu, spinners_on(cpu),
                    READ_ONCE(cpu_rq(cpu)->nr_running));
    }
}

unsigned long spinners_moves(void)
{
    unsigned long nr = 0;

    for (int i = 0; i < nr_spinners; i++)
        nr += READ_ONCE(spinners[i]->nr_migrations);
    return nr;
}

unsigned long spinners_node_moves(void)
{
    unsigned long nr = 0;

    for (int i = 0; i < nr_spinners; i++)
        nr += READ_ONCE(spinners[i]->nr_node_migrations);
    return nr;
}
