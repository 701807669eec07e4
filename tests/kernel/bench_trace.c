/*
 * tests/kernel/bench_trace.c - what a trace point costs that is off, and one that is on.
 *
 * The loop's own cost is taken off. What was recorded before is lost, as the rings are cleared.
 */
#include "kernel/bench.h"
#include "kernel/trace.h"
#include "tests/kernel/trace_helpers.h"
#include <arch/barrier.h>
#include <arch/clock.h>
#include <arch/irq.h>

#define CALLS  1000ul
#define ROUNDS 5

static uint64_t empty_loop(void)
{
    uint64_t start = clock_ticks();

    for (unsigned long i = 0; i < CALLS; i++)
        barrier();
    return clock_ticks() - start;
}

static uint64_t traced_loop(void)
{
    uint64_t start = clock_ticks();

    for (unsigned long i = 0; i < CALLS; i++) {
        barrier();
        trace(mm_page_free, .pfn = i, .order = 0);
    }
    return clock_ticks() - start;
}

static void measure(struct seqbuf *out, const char *name)
{
    uint64_t least = UINT64_MAX;

    for (int round = 0; round < ROUNDS; round++) {
        unsigned long flags = irq_save();
        uint64_t empty = empty_loop(), traced = traced_loop();

        irq_restore(flags);
        least = min(least, traced > empty ? traced - empty : 0);
    }
    seq_printf(out, "BENCH %s ticks=%lu\n", name, (unsigned long)(least / CALLS));
}

static void bench_off(struct seqbuf *out)
{
    static struct trace_session t;

    if (!trace_session_begin(&t, "64"))
        return;
    measure(out, "trace.disabled");
    trace_session_end(&t);
}

static void bench_on(struct seqbuf *out)
{
    static struct trace_session t;

    if (!trace_session_begin(&t, "64"))
        return;
    tracing_write("set_event", "mm_page_free");
    measure(out, "trace.enabled");
    trace_session_end(&t);
}

BENCH("trace.disabled", bench_off);
BENCH("trace.enabled", bench_on);
