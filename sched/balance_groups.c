/*
 * sched/balance_groups.c - from which group of a domain, and which CPUs of it, threads should come.
 *
 * THEORY
 *
 * The groups of a domain are compared with the own one, by the arithmetic of sched/balance_math.c,
 * each as one sum. Where groups overlap, a CPU that is in both can't give its threads to itself, and
 * counted on both sides it would hide what is to be seen. Three nodes in a line, a CPU each, of which
 * the last has too many threads:
 *
 *     0 --- 1 --- 2     CPU 0 looks at 0-2:  group {0 1}   group {1 2}
 *     1     1     3                          2, 1 a CPU    4, 2 a CPU: let it be
 *                                            2, 1 a CPU    CPU 2 alone has 3: one should come
 *
 * So of another group only those CPUs count that aren't in the own one. They are also those from which
 * threads can come. And on machines whose distances depend on the direction some CPUs of a domain may
 * be in no group of it at all (sched/topology.c); they are taken for one more group.
 *
 * LOCKING  None: data to data, but for what the caller's look at a queue does.
 * NOT HERE Which of these CPUs, and which thread (sched/balance.c).
 */
#include "sched/balance_math.h"

static struct queue_load look_at(const cpumask_t *cpus, bool as_source, balance_look_fn look,
                                 void *arg)
{
    struct queue_load sum = {0};
    int cpu;

    for_each_cpu (cpu, cpus) {
        struct queue_load q = look(arg, cpu, as_source);

        sum.nr_cpus++;
        sum.nr_running += q.nr_running;
        sum.load += q.load;
    }
    return sum;
}

/* Let @cpus, none of which is in the own group, be what threads come from, if they are busiest. */
static void consider(struct balance_finding *f, const cpumask_t *cpus, unsigned tolerance_pct,
                     balance_look_fn look, void *arg)
{
    struct queue_load other;

    if (cpumask_empty(cpus))
        return;
    other = look_at(cpus, true, look, arg);
    if (balance_consider(&f->best, &f->local, &other, tolerance_pct))
        f->cpus = *cpus;
}

/*
 * balance_find_busiest - compare the groups of @sd.
 *
 * @f     out; f->best.imbalance is 0, and f->cpus empty, if nobody should give a thread.
 * @look  called for CPUs of the domain, for those that overlap several times.
 *
 * Context: any that @look is fit for. O(CPUs of all groups).
 */
void balance_find_busiest(struct balance_finding *f, const struct sched_domain *sd,
                          unsigned tolerance_pct, balance_look_fn look, void *arg)
{
    const cpumask_t *own = &sd->groups->span;
    const struct sched_group *sg;
    cpumask_t cpus, rest;

    *f = (struct balance_finding){.local = look_at(own, false, look, arg)};
    cpumask_andnot(&rest, &sd->span, own);
    for_each_sched_group (sg, sd) {
        if (sg == sd->groups)
            continue;
        cpumask_andnot(&cpus, &sg->span, own);
        cpumask_andnot(&rest, &rest, &cpus);
        consider(f, &cpus, tolerance_pct, look, arg);
    }
    consider(f, &rest, tolerance_pct, look, arg);
}
