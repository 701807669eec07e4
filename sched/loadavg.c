/*
 * sched/loadavg.c - /proc/loadavg: how many threads wanted a CPU, over 1, 5 and 15 minutes.
 *
 * Every INTERVAL_NS the boot CPU counts those that run, wait for a CPU, or sleep for something that
 * comes soon (state D), as Linux does. Each average keeps a part of itself and takes the rest from
 * the count, such that after its time 1/e of what was is left: the part is e^(-5 s / time).
 *
 * LOCKING  The averages are words that the timer's function alone writes.
 * UNITS    Averages have AVERAGE_SHIFT bits behind the point, parts PART_SHIFT.
 * SOURCES  Linux 6.1, Documentation/filesystems/proc.rst, 1.5, "loadavg": the fields.
 */
#include "kernel/cpu.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/timer.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include <arch/clock.h>

#define INTERVAL_NS   (5 * NS_PER_S)
#define AVERAGE_SHIFT 32
#define PART_SHIFT    16
#define MAX_COUNT     0x7fffu /* more would not fit the arithmetic */

/* e^(-5 / 60), e^(-5 / 300), e^(-5 / 900), times 2^16. */
static const uint64_t kept[] = {60296, 64453, 65173};

static uint64_t averages[ARRAY_SIZE(kept)];
static struct hrtimer timer;

/* sched_nr_running - contract in sched/rq.h. */
unsigned sched_nr_running(void)
{
    unsigned nr = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        nr += READ_ONCE(cpu_rq(cpu)->nr_running);
    return nr;
}

static void sample(struct hrtimer *t)
{
    uint64_t nr = min(sched_nr_running() + (unsigned)task_nr_blocked(), MAX_COUNT);

    for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
        uint64_t part = averages[i] * kept[i] >> PART_SHIFT;

        WRITE_ONCE(averages[i], part + nr * ((1u << PART_SHIFT) - kept[i]) *
                                           (1u << (AVERAGE_SHIFT - PART_SHIFT)));
    }
    hrtimer_start(t, t->expires_ns + INTERVAL_NS);
}

/* loadavg_init - begin to count. Context: boot, interrupts off. */
void loadavg_init(void)
{
    hrtimer_init(&timer, sample);
    hrtimer_start(&timer, clock_ns() + INTERVAL_NS);
}

/* To the nearest hundredth. */
static void show_average(struct seqbuf *s, uint64_t average)
{
    uint64_t hundredths = (average * 100 + (1ull << (AVERAGE_SHIFT - 1))) >> AVERAGE_SHIFT;

    seq_printf(s, "%lu.%02lu ", (unsigned long)(hundredths / 100),
               (unsigned long)(hundredths % 100));
}

/* proc_loadavg_show - /proc/loadavg: the averages, threads that run of those that are, the last pid. */
void proc_loadavg_show(struct seqbuf *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(averages); i++)
        show_average(s, READ_ONCE(averages[i]));
    seq_printf(s, "%u/%d %d\n", sched_nr_running(), task_nr(), task_last_pid());
}
