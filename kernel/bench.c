/*
 * kernel/bench.c - runs the measurements.
 *
 * `calibrate` comes first: from its line a reader knows whether a tick is an instruction
 * (qemu -icount shift=0) or time.
 */
#include "kernel/bench.h"
#include "kernel/command.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/glob.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include <arch/calibrate.h>
#include <arch/clock.h>
#include <arch/irq.h>

#define CALIBRATE_ITERATIONS 1000000ul
#define CALIBRATE_ROUNDS     3

static uint64_t boot_ticks; /* 0: not told */
static uint64_t ready_tsc;

/* bench_set_boot_ticks - contract in the header. Context: boot. */
void bench_set_boot_ticks(uint64_t entry_tsc)
{
    ready_tsc = clock_ticks();
    boot_ticks = ready_tsc - entry_tsc;
}

static uint64_t measure_loop(void)
{
    unsigned long flags = irq_save();
    uint64_t start = clock_ticks(), ticks;

    calibrate_loop(CALIBRATE_ITERATIONS);
    ticks = clock_ticks() - start;
    irq_restore(flags);
    return ticks;
}

static void bench_calibrate(struct seqbuf *out)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < CALIBRATE_ROUNDS; i++)
        least = min(least, measure_loop());
    seq_printf(out, "BENCH calibrate insns=%lu ticks=%lu\n",
               CALIBRATE_ITERATIONS * CALIBRATE_INSNS_PER_ITERATION, (unsigned long)least);
}

static void bench_boot(struct seqbuf *out)
{
    if (boot_ticks)
        seq_printf(out, "BENCH boot ticks=%lu from_reset=%lu\n", (unsigned long)boot_ticks,
                   (unsigned long)ready_tsc);
}

static const struct bench first_benches[] = {
    {"calibrate", bench_calibrate},
    {"boot", bench_boot},
};

/* The lowest one by name above @after ("": the first) that @glob chooses, or NULL. */
static const struct bench *next_bench(const char *after, const char *glob)
{
    const struct bench *best = NULL;

    for (size_t i = 0; i < SET_SIZE(__benches_start, __benches_end); i++) {
        const struct bench *b = &__benches_start[i];

        if (strcmp(b->name, after) > 0 && (!best || strcmp(b->name, best->name) < 0) &&
            glob_match(glob, b->name))
            best = b;
    }
    return best;
}

static void run_bench(const struct bench *b, struct seqbuf *out)
{
    b->run(out);
    seqbuf_flush(out);
}

static int bench_command(int argc, char **argv, struct seqbuf *out)
{
    const char *glob = argc > 1 ? argv[1] : "*";
    bool found = false;

    for (size_t i = 0; i < ARRAY_SIZE(first_benches); i++) {
        if (glob_match(glob, first_benches[i].name)) {
            run_bench(&first_benches[i], out);
            found = true;
        }
    }
    for (const struct bench *b = next_bench("", glob); b; b = next_bench(b->name, glob)) {
        run_bench(b, out);
        found = true;
    }
    if (!found)
        seq_printf(out, "bench: nothing matches '%s'; `bench` runs all\n", glob);
    return found ? 0 : -ENOENT;
}

MONITOR_COMMAND("bench", "[GLOB]", "measure, in ticks of the time stamp counter", bench_command);
