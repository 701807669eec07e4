/*
 * sched/schedstat.c - /proc/schedstat: what each CPU and each of its domains has done.
 *
 * LOCKING  Numbers are read without locks, so those of one line may be a moment apart.
 * UNITS    The time stamp counts ticks of TICK_HZ, times are ns.
 * SOURCES  Linux 6.1, Documentation/scheduler/sched-stats.rst, "Version 15": names and order.
 */
#include "kernel/lib/seqbuf.h"
#include "kernel/timer.h"
#include "sched/balance.h"
#include "sched/sched.h"
#include <arch/clock.h>

#define SCHEDSTAT_VERSION 15

/*
 * Nine fields: calls of sched_yield(); 0, of a queue that Linux once had; schedules; those that found
 * nobody; wake-ups by this CPU; those of threads that then ran on it; time that threads took of the
 * CPU; time that they waited for it; times that it was given to one.
 */
static void show_cpu(struct seqbuf *s, int cpu)
{
    const struct rq *rq = cpu_rq(cpu);

    seq_printf(s, "cpu%d %lu 0 %lu %lu %lu %lu %lu %lu %lu\n", cpu, rq->nr_yields, rq->nr_schedules,
               rq->nr_idle_picks, rq->nr_wakeups, rq->nr_local_wakeups,
               (unsigned long)cpu_busy_ns(cpu), (unsigned long)rq->run_delay, rq->nr_turns);
}

/* Number and span, then the counters in the order in which they are declared. */
static void show_domain(struct seqbuf *s, const struct sched_domain *sd, int nr)
{
    const struct sched_domain_stats *st = &sd->stats;
    const unsigned *rest = &st->alb_count;

    seq_printf(s, "domain%d ", nr);
    cpumask_print_mask(s, &sd->span, nr_cpu_ids);
    for (int i = 0; i < CPU_MAX_IDLE_TYPES; i++)
        seq_printf(s, " %u %u %u %u %u %u %u %u", st->lb[i].lb_count, st->lb[i].lb_balanced,
                   st->lb[i].lb_failed, st->lb[i].lb_imbalance, st->lb[i].lb_gained,
                   st->lb[i].lb_hot_gained, st->lb[i].lb_nobusyq, st->lb[i].lb_nobusyg);
    for (const unsigned *end = &st->ttwu_move_balance + 1; rest < end; rest++)
        seq_printf(s, " %u", *rest);
    seq_putc(s, '\n');
}

/* schedstat_show - /proc/schedstat. */
void schedstat_show(struct seqbuf *s)
{
    const struct sched_domain *sd;
    int cpu;

    seq_printf(s, "version %d\ntimestamp %lu\n", SCHEDSTAT_VERSION,
               (unsigned long)(clock_ns() / TICK_NS));
    for_each_cpu (cpu, &cpu_online_mask) {
        int nr = 0;

        show_cpu(s, cpu);
        for_each_domain (cpu, sd)
            show_domain(s, sd, nr++);
    }
}
