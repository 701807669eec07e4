/*
 * sched/top.c - the command top: how busy the nodes are, who runs where, and what the balancer moves.
 *
 * The live view draws itself anew in place, REFRESHES times a second, until a key is pressed; where
 * commands come from a script, nobody could press one, and there is one picture. Busy is what its idle
 * thread left of a CPU's time since the last picture, or since the CPU started. Moves are counted since
 * boot, a line a level: those by kbalance of threads that waited, those to a CPU that had just gone
 * idle, and those of threads that were running and had to go.
 */
#include "kernel/command.h"
#include "kernel/console.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/mutex.h"
#include "kernel/timer.h"
#include "mm/node.h"
#include "sched/balance.h"
#include "sched/sched.h"
#include <arch/clock.h>

#define REFRESHES    4
#define CLEAR_SCREEN "\033[H\033[2J" /* ECMA-48: CUP to the first line and column, ED of all */

/* One reading of all clocks and counts. */
struct reading {
    uint64_t at_ns;
    uint64_t idle_ns[NR_CPUS];
};

static DEFINE_MUTEX(lock);
static struct reading last; /* protected by lock */

static void read_clocks(struct reading *r)
{
    int cpu;

    r->at_ns = clock_ns();
    for_each_cpu (cpu, &cpu_online_mask)
        r->idle_ns[cpu] = cpu_idle_ns(cpu);
}

/* Percent of the time since the reading @r that @cpu was busy. */
static unsigned busy_percent(const struct reading *r, int cpu)
{
    uint64_t since = max(r->at_ns, READ_ONCE(cpu_rq(cpu)->started_at));
    uint64_t now = clock_ns(), idle = cpu_idle_ns(cpu) - r->idle_ns[cpu];

    if (now <= since || idle >= now - since)
        return 0;
    return (unsigned)((now - since - idle) * 100 / (now - since));
}

/* A node: how busy, then for each of its CPUs the threads that run or wait there. */
static void show_node(struct seqbuf *s, const struct reading *r, int nid)
{
    unsigned busy = 0, nr_cpus = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        if (cpu_to_node(cpu) == nid) {
            busy += busy_percent(r, cpu);
            nr_cpus++;
        }
    }
    if (nr_cpus == 0)
        return;
    seq_printf(s, "%4d %4u%% ", nid, busy / nr_cpus);
    for_each_cpu (cpu, &cpu_online_mask) {
        if (cpu_to_node(cpu) == nid)
            seq_printf(s, " %d:%u", cpu, READ_ONCE(cpu_rq(cpu)->nr_running));
    }
    seq_putc(s, '\n');
}

/* What all domains of one level and distance moved. */
struct level_moves {
    const struct sched_domain *sd; /* one of them, NULL: there is none */
    unsigned long pulled, newly_idle, active;
};

static void add_moves(struct level_moves *m, const struct sched_domain *sd)
{
    m->sd = sd;
    m->pulled += sd->stats.lb[CPU_IDLE].lb_gained + sd->stats.lb[CPU_NOT_IDLE].lb_gained;
    m->newly_idle += sd->stats.lb[CPU_NEWLY_IDLE].lb_gained;
    m->active += sd->stats.alb_pushed;
}

/* The moves of the level with number @level; *@next becomes the number of the next one, or -1. */
static struct level_moves moves_of(int level, int *next)
{
    struct level_moves m = {NULL, 0, 0, 0};
    const struct sched_domain *sd;
    int cpu;

    *next = -1;
    for_each_cpu (cpu, &cpu_online_mask) {
        for_each_domain (cpu, sd) {
            if (sd->level == level)
                add_moves(&m, sd);
            else if (sd->level > level && (*next < 0 || sd->level < *next))
                *next = sd->level;
        }
    }
    return m;
}

static void show_moves(struct seqbuf *s)
{
    seq_puts(s, "\nmoves      kbalance  newly idle   active\n");
    for (int level = 0, next; level >= 0; level = next) {
        struct level_moves m = moves_of(level, &next);

        if (!m.sd)
            continue;
        seq_printf(s, "%-4s", m.sd->name);
        if (m.sd->distance)
            seq_printf(s, " %3d", m.sd->distance);
        else
            seq_puts(s, "    ");
        seq_printf(s, " %10lu %11lu %8lu\n", m.pulled, m.newly_idle, m.active);
    }
}

static void show(struct seqbuf *s, const struct reading *r)
{
    int nid;

    seq_puts(s, "node  busy  threads on each CPU\n");
    for_each_online_node (nid)
        show_node(s, r, nid);
    if (sched_domains.base[cpumask_first(&cpu_online_mask)])
        show_moves(s);
}

static void show_live(struct seqbuf *s) __must_hold(lock)
{
    do {
        read_clocks(&last);
        msleep(1000 / REFRESHES);
        seq_puts(s, CLEAR_SCREEN);
        show(s, &last);
        seq_puts(s, "any key ends it\n");
        seqbuf_flush(s);
    } while (console_getc() < 0);
}

static int top_command(int argc, char **argv, struct seqbuf *out)
{
    bool once = argc == 2 && strcmp(argv[1], "-1") == 0;

    if (argc > 2 || (argc == 2 && !once)) {
        seq_printf(out, "top: %s: write -1 for one picture, or nothing for a live view\n", argv[1]);
        return -EINVAL;
    }
    mutex_lock(&lock);
    last = (struct reading){0};
    if (once || !console_is_interactive())
        show(out, &last);
    else
        show_live(out);
    mutex_unlock(&lock);
    return 0;
}

MONITOR_COMMAND("top", "[-1]", "CPU use, threads and moves, live until a key; -1: once, since boot",
                top_command);
