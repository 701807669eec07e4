/*
 * kernel/smp.c - which of the other CPUs run.
 *
 * SOURCES  Linux 6.1, Documentation/admin-guide/kernel-parameters.txt: maxcpus=, nosmp.
 */
#include "kernel/smp.h"
#include "kernel/bench.h"
#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "kernel/lib/parse.h"
#include "kernel/preempt.h"
#include "kernel/printk.h"
#include "kernel/smp_call.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/percpu.h>
#include <arch/smp.h>

static uint64_t start_ticks; /* that starting them took; 0: none was started */

/* Contract in the header; replaced by the scheduler's. */
__weak void cpu_startup_entry(void)
{
    for (;;) {
        irq_save();
        cpu_idle_wait();
    }
}

/* How many CPUs the command line allows, the boot CPU included. */
static int max_cpus(void)
{
    const char *text = cmdline_get("maxcpus");
    uint64_t nr;

    if (cmdline_get("nosmp"))
        return 1;
    if (!text)
        return NR_CPUS;
    if (parse_u64(text, 10, &nr, NULL)) {
        pr_warn("maxcpus=%s ignored: a number is wanted", text);
        return NR_CPUS;
    }
    return (int)clamp(nr, (uint64_t)1, (uint64_t)NR_CPUS); /* 0 is nosmp, too */
}

/* Present CPUs other than this one, as many as allowed. */
static cpumask_t choose(void)
{
    int left = max_cpus() - 1, cpu;
    cpumask_t chosen;

    cpumask_zero(&chosen);
    for_each_cpu (cpu, &cpu_present_mask) {
        if (cpumask_test(&cpu_online_mask, cpu) || left == 0)
            continue;
        cpumask_set(&chosen, cpu);
        left--;
    }
    return chosen;
}

static void report(int nr_started, uint64_t ns)
{
    int present = cpumask_weight(&cpu_present_mask);

    if (nr_started)
        pr_info("smp: %d of %d CPUs online, the other %d started in %lu us", nr_started + 1,
                present, nr_started, (unsigned long)(ns / 1000));
    else
        pr_info("smp: 1 of %d CPUs online", present);
}

/* smp_init - contract in the header. */
void smp_init(void)
{
    cpumask_t chosen = choose();
    uint64_t start = clock_ticks(), start_ns = clock_ns();
    int nr = 0;

    smp_call_init();
    if (!cpumask_empty(&chosen)) {
        cpumask_t started = smp_start(&chosen, cpu_startup_entry);

        nr = cpumask_weight(&started);
        start_ticks = clock_ticks() - start;
    }
    report(nr, clock_ns() - start_ns);
}

static void bench_smp_boot(struct seqbuf *out)
{
    if (start_ticks)
        seq_printf(out, "BENCH smp.boot cpus=%d ticks=%lu\n", cpumask_weight(&cpu_online_mask) - 1,
                   (unsigned long)start_ticks);
}

BENCH("smp.boot", bench_smp_boot);
