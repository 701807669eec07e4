/*
 * sched/stats.c - what threads and CPUs have done, in Linux's formats.
 *
 * LOCKING  Numbers are read without the queues' locks, so those of one line may be a moment apart; run
 *          times are brought up to date under the lock.
 * UNITS    /proc/stat and /proc/PID/stat count in ticks of USER_HZ, /proc/PID/sched in ms.
 * SOURCES  Linux 6.1, Documentation/filesystems/proc.rst, 1.7 "Miscellaneous kernel statistics in
 *          /proc/stat", and kernel/sched/debug.c: names and formats.
 */
#include "kernel/lib/seqbuf.h"
#include "kernel/timer.h"
#include "sched/fair_math.h"
#include "sched/load.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include <arch/clock.h>
#include <arch/interrupt.h>
#include <arch/rtc.h>

#define WEIGHT_SHIFT 10  /* Linux shows weights with so many more bits */
#define MAX_USER_RT  100 /* Linux's internal priorities: real time 0..99, fair 100..139 */

/* task_class_name - the class that @t is in. */
const char *task_class_name(const struct task *t)
{
    return READ_ONCE(t->class)->name;
}

/* task_priority - as in /proc/PID/stat: nice + 20, or -1 - rt_priority; lower is better. */
int task_priority(const struct task *t)
{
    return is_rt_policy(t->policy) ? -1 - t->rt_priority : t->nice + 20;
}

/* cpu_busy_ns - contract in the header. */
uint64_t cpu_busy_ns(int cpu)
{
    uint64_t up = clock_ns() - READ_ONCE(cpu_rq(cpu)->started_at), idle = cpu_idle_ns(cpu);

    return up > idle ? up - idle : 0;
}

/* user nice system idle iowait irq softirq steal guest guest_nice: threads of the kernel are system. */
static void show_times(struct seqbuf *s, uint64_t busy, uint64_t idle)
{
    seq_printf(s, "0 0 %lu %lu 0 0 0 0 0 0\n", (unsigned long)(busy / USER_TICK_NS),
               (unsigned long)(idle / USER_TICK_NS));
}

static void show_all_times(struct seqbuf *s)
{
    uint64_t busy = 0, idle = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        busy += cpu_busy_ns(cpu);
        idle += cpu_idle_ns(cpu);
    }
    seq_puts(s, "cpu  ");
    show_times(s, busy, idle);
}

/* All interrupts, then those of each line, as in Linux; our I/O APICs serve those of the ISA bus. */
static void show_interrupts(struct seqbuf *s)
{
    unsigned long all = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        all += interrupts_of_cpu(cpu);
    seq_printf(s, "intr %lu", all);
    for (int irq = 0; irq < NR_IRQ_LINES; irq++)
        seq_printf(s, " %lu", interrupts_of_line(irq));
    seq_putc(s, '\n');
}

/* When the machine was started, in seconds since 1970. The first look decides, for clocks drift. */
static unsigned long boot_seconds(void)
{
    static uint64_t seconds; /* 0: not asked for yet, or no clock */

    if (seconds == 0) {
        uint64_t now = rtc_read_seconds(), up = clock_ns() / NS_PER_S;

        seconds = now > up ? now - up : 0;
    }
    return (unsigned long)seconds;
}

/* proc_stat_show - /proc/stat. Nobody waits for a disk here, and there are no soft interrupts. */
void proc_stat_show(struct seqbuf *s)
{
    unsigned long switches = 0;
    int cpu;

    show_all_times(s);
    for_each_cpu (cpu, &cpu_online_mask) {
        const struct rq *rq = cpu_rq(cpu);

        seq_printf(s, "cpu%d ", cpu);
        show_times(s, cpu_busy_ns(cpu), cpu_idle_ns(cpu));
        switches += READ_ONCE(rq->nr_switches);
    }
    show_interrupts(s);
    seq_printf(s, "ctxt %lu\nbtime %lu\nprocesses %lu\nprocs_running %u\nprocs_blocked 0\n",
               switches, boot_seconds(), task_nr_created(), sched_nr_running());
    seq_puts(s, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
}

static void show_ms(struct seqbuf *s, const char *name, uint64_t ns)
{
    seq_printf(s, "%-45s:%14lu.%06lu\n", name, (unsigned long)(ns / 1000000),
               (unsigned long)(ns % 1000000));
}

static void show_number(struct seqbuf *s, const char *name, unsigned long n)
{
    seq_printf(s, "%-45s:%21lu\n", name, n);
}

/* Linux's "prio": 100 is real time's border. */
static unsigned long internal_priority(const struct task *t)
{
    return is_rt_policy(t->policy) ? (unsigned long)(MAX_USER_RT - 1 - t->rt_priority)
                                   : (unsigned long)(MAX_USER_RT + 20 + t->nice);
}

/* task_schedstat_show - /proc/PID/schedstat: ns on a CPU, ns waiting for one, how often it got one. */
void task_schedstat_show(struct seqbuf *s, struct task *t)
{
    seq_printf(s, "%lu %lu %lu\n", (unsigned long)task_runtime(t), (unsigned long)t->run_delay,
               t->nr_picked);
}

/*
 * task_sched_show - /proc/PID/sched.
 *
 * CPU, home node and moves between nodes are ours, behind Linux's lines; of those we leave out what we
 * don't count.
 */
void task_sched_show(struct seqbuf *s, struct task *t)
{
    uint64_t runtime = task_runtime(t), nr_switches = t->nvcsw + t->nivcsw;

    seq_printf(s, "%s (%d, #threads: 1)\n", t->comm, t->pid);
    seq_puts(s, "-------------------------------------------------------------------\n");
    show_ms(s, "se.exec_start", t->exec_start);
    show_ms(s, "se.vruntime", t->vruntime);
    show_ms(s, "se.sum_exec_runtime", runtime);
    show_number(s, "se.nr_migrations", t->nr_migrations);
    show_ms(s, "wait_sum", t->run_delay);
    show_number(s, "wait_count", t->nr_picked);
    show_number(s, "nr_wakeups", t->nr_wakeups);
    show_ms(s, "avg_atom", nr_switches ? runtime / nr_switches : 0);
    show_ms(s, "avg_per_cpu", t->nr_migrations ? runtime / t->nr_migrations : 0);
    show_number(s, "nr_switches", nr_switches);
    show_number(s, "nr_voluntary_switches", t->nvcsw);
    show_number(s, "nr_involuntary_switches", t->nivcsw);
    show_number(s, "se.load.weight", t->weight << WEIGHT_SHIFT);
    show_number(s, "se.avg.load_avg", load_value(&t->avg));
    show_number(s, "se.avg.util_avg", util_value(&t->avg));
    show_number(s, "se.avg.last_update_time", t->avg.updated_ns);
    show_number(s, "policy", t->policy);
    show_number(s, "prio", internal_priority(t));
    show_number(s, "cpu", (unsigned long)t->cpu);
    show_number(s, "home_node", (unsigned long)t->nid);
    show_number(s, "nr_node_migrations", t->nr_node_migrations);
}
