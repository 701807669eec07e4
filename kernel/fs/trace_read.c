/*
 * kernel/fs/trace_read.c - the rings of all CPUs, read as one list of events by time.
 *
 * THEORY
 *
 * Each ring is in the order of time already, so that the list is a merge: a cursor stands in each
 * ring, and the one with the earliest record is next. Cursors end where their rings ended when
 * reading began; else reading would never end where printing itself causes events. CPUs go on
 * writing meanwhile: a cursor whose record was overwritten jumps to the oldest that is left, and
 * the text says how many are missing.
 *
 * LOCKING  One caller at a time, for all functions here: the lock of kernel/fs/tracefs.c.
 * SOURCES  Linux 6.1, Documentation/trace/ftrace.rst, "The File System" and "Output format".
 */
#include "kernel/fs/trace_read.h"
#include "kernel/cpu.h"
#include "kernel/fs/trace_text.h"
#include <arch/clock.h>

struct cursor {
    uint64_t pos;     /* of the record that comes next in this ring */
    uint64_t end;     /* no record from here on is read */
    uint64_t time_ns; /* of that record, if pos < end */
    uint64_t nr_lost; /* records before it that were overwritten too early */
};

static struct cursor cursors[NR_CPUS];
static struct trace_record record; /* the one at hand */

/* Fetch the record at the cursor, or the next that is still there, and its time. */
static void settle(int cpu)
{
    struct cursor *c = &cursors[cpu];
    const struct trace_ring *ring = trace_ring_of(cpu);

    while (c->pos < c->end && !trace_ring_read(ring, c->pos, &record)) {
        uint64_t next = clamp(trace_ring_oldest(ring), c->pos + 1, c->end);

        c->nr_lost += next - c->pos;
        c->pos = next;
    }
    c->time_ns = record.time_ns;
}

static bool is_chosen(int cpu, int only)
{
    return only == TRACE_ALL_CPUS || cpu == only;
}

static void start(int only)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        struct trace_ring *ring = trace_ring_of(cpu);

        cursors[cpu] = (struct cursor){.pos = 0};
        if (!is_chosen(cpu, only))
            continue;
        cursors[cpu].nr_lost = trace_ring_catch_up(ring);
        cursors[cpu].pos = ring->read;
        cursors[cpu].end = trace_ring_newest(ring);
        settle(cpu);
    }
}

/* The CPU whose next record is the earliest, or -1. */
static int earliest(void)
{
    int cpu, best = -1;

    for_each_cpu (cpu, &cpu_online_mask) {
        const struct cursor *c = &cursors[cpu];

        if (c->pos < c->end && (best < 0 || c->time_ns < cursors[best].time_ns))
            best = cpu;
    }
    return best;
}

/* Put the next record into `record`; returns its CPU, or -1 at the end. */
static int fetch(void)
{
    int cpu;

    while ((cpu = earliest()) >= 0 &&
           !trace_ring_read(trace_ring_of(cpu), cursors[cpu].pos, &record))
        settle(cpu);
    return cpu;
}

static void advance(int cpu)
{
    cursors[cpu].pos++;
    cursors[cpu].nr_lost = 0;
    settle(cpu);
}

static void show_one(struct seqbuf *s, int cpu)
{
    if (cursors[cpu].nr_lost)
        seq_printf(s, "CPU:%d [LOST %lu EVENTS]\n", cpu, (unsigned long)cursors[cpu].nr_lost);
    trace_record_show(s, cpu, &record);
}

static uint64_t nr_entries(const struct trace_ring *ring)
{
    uint64_t oldest = trace_ring_oldest(ring), newest = trace_ring_newest(ring);

    return newest > oldest ? newest - oldest : 0;
}

static void show_head(struct seqbuf *s, int only)
{
    uint64_t entries = 0, written = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        struct trace_ring *ring = trace_ring_of(cpu);

        if (!is_chosen(cpu, only))
            continue;
        trace_ring_catch_up(ring);
        entries += nr_entries(ring);
        written += nr_entries(ring) + ring->nr_overrun;
    }
    seq_printf(s, "# tracer: nop\n#\n# entries-in-buffer/entries-written: %lu/%lu   #P:%d\n#\n",
               (unsigned long)entries, (unsigned long)written, cpumask_weight(&cpu_online_mask));
    seq_puts(s, "#                                _-----=> irqs-off/BH-disabled\n"
                "#                               / _----=> need-resched\n"
                "#                              | / _---=> hardirq/softirq\n"
                "#                              || / _--=> preempt-depth\n"
                "#                              ||| / _-=> migrate-disable\n"
                "#                              |||| /     delay\n"
                "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
                "#              | |         |   |||||     |         |\n");
}

/* trace_show - contract in the header. O(CPUs) for each line. */
void trace_show(struct seqbuf *s, int only)
{
    show_head(s, only);
    start(only);
    for (int cpu = fetch(); cpu >= 0; cpu = fetch()) {
        show_one(s, cpu);
        advance(cpu);
    }
}

/* trace_pipe_show - contract in the header. */
void trace_pipe_show(struct seqbuf *s, int only)
{
    start(only);
    for (int cpu = fetch(); cpu >= 0; cpu = fetch()) {
        show_one(s, cpu);
        trace_ring_consume(trace_ring_of(cpu), cursors[cpu].pos + 1);
        advance(cpu);
    }
}

static void show_stat_time(struct seqbuf *s, const char *name, uint64_t time_ns)
{
    seq_printf(s, "%s ts:", name);
    trace_time_show(s, time_ns);
    seq_putc(s, '\n');
}

/* trace_stats_show - contract in the header. */
void trace_stats_show(struct seqbuf *s, int cpu)
{
    struct trace_ring *ring = trace_ring_of(cpu);
    bool any;

    trace_ring_catch_up(ring);
    any = trace_ring_read(ring, ring->read, &record);
    seq_printf(s, "entries: %lu\noverrun: %lu\ncommit overrun: 0\nbytes: %lu\n",
               (unsigned long)nr_entries(ring), (unsigned long)ring->nr_overrun,
               (unsigned long)(nr_entries(ring) * sizeof(record)));
    show_stat_time(s, "oldest event", any ? record.time_ns : 0);
    show_stat_time(s, "now", clock_ns());
    seq_printf(s, "dropped events: %lu\nread events: %lu\n",
               (unsigned long)READ_ONCE(ring->nr_dropped), (unsigned long)ring->nr_read);
}

/* trace_clear - contract in the header. */
void trace_clear(void)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        trace_ring_clear(trace_ring_of(cpu));
}
