/*
 * kernel/fs/commands_vmstat.c - the command vmstat: what happens to memory and CPUs, line by line.
 *
 * Each line is the difference of two readings of /proc/stat, /proc/meminfo and /proc/vmstat, as the
 * program of this name makes it; a number that no file has counts as 0.
 *
 * SOURCES  procps-ng 4.0, vmstat(8): what the columns mean.
 */
#include "kernel/command.h"
#include "kernel/console.h"
#include "kernel/fs/numbers.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/timer.h"
#include <arch/clock.h>

#define MAX_SECONDS 3600
#define HEAD_EVERY  20  /* lines */
#define KEY_LOOK    100 /* ms between two looks for a key */

/* What a line of vmstat is made of. Those up to SAMPLE_CACHE are as they are, the others are counts
 * since boot, and shown as a rate. */
enum sample_item {
    SAMPLE_RUNNING,
    SAMPLE_BLOCKED,
    SAMPLE_FREE,
    SAMPLE_BUFFERS,
    SAMPLE_CACHE,
    SAMPLE_ALLOCATED, /* pages */
    SAMPLE_FREED,
    SAMPLE_SCANNED,
    SAMPLE_STOLEN,
    SAMPLE_INTERRUPTS,
    SAMPLE_SWITCHES,
    SAMPLE_BUSY, /* of all CPUs, in ticks, as the next one */
    SAMPLE_IDLE,
    SAMPLE_SECONDS, /* hundredths */
    NR_SAMPLES
};

struct sample {
    uint64_t item[NR_SAMPLES];
};

static uint64_t sum_wanted(const struct wanted *w)
{
    uint64_t sum = 0;

    for (; w->key; w++)
        sum += w->value;
    return sum;
}

static void sample_stat(struct sample *s)
{
    struct wanted w[] = {
        {"procs_running", 1, 0}, {"procs_blocked", 1, 0}, {"intr", 1, 0},
        {"ctxt", 1, 0},          {"cpu", 4, 0},           {NULL, 0, 0},
    };
    struct wanted busy[] = {{"cpu", 1, 0}, {"cpu", 2, 0}, {"cpu", 3, 0}, {NULL, 0, 0}};

    numbers_read("/proc/stat", w);
    numbers_read("/proc/stat", busy);
    s->item[SAMPLE_RUNNING] = w[0].value;
    s->item[SAMPLE_BLOCKED] = w[1].value;
    s->item[SAMPLE_INTERRUPTS] = w[2].value;
    s->item[SAMPLE_SWITCHES] = w[3].value;
    s->item[SAMPLE_IDLE] = w[4].value;
    s->item[SAMPLE_BUSY] = sum_wanted(busy);
}

static void sample_memory(struct sample *s)
{
    struct wanted w[] = {{"MemFree", 1, 0}, {"Buffers", 1, 0}, {NULL, 0, 0}};
    struct wanted cache[] = {{"Cached", 1, 0}, {"SReclaimable", 1, 0}, {NULL, 0, 0}};
    struct wanted allocated[] = {{"pgalloc_dma", 1, 0},    {"pgalloc_dma32", 1, 0},
                                 {"pgalloc_normal", 1, 0}, {"pgalloc_movable", 1, 0},
                                 {"pgalloc_device", 1, 0}, {NULL, 0, 0}};
    struct wanted freed[] = {{"pgfree", 1, 0}, {NULL, 0, 0}};
    struct wanted scanned[] = {{"pgscan_kswapd", 1, 0}, {"pgscan_direct", 1, 0}, {NULL, 0, 0}};
    struct wanted stolen[] = {{"pgsteal_kswapd", 1, 0}, {"pgsteal_direct", 1, 0}, {NULL, 0, 0}};

    numbers_read("/proc/meminfo", w);
    numbers_read("/proc/meminfo", cache);
    numbers_read("/proc/vmstat", allocated);
    numbers_read("/proc/vmstat", freed);
    numbers_read("/proc/vmstat", scanned);
    numbers_read("/proc/vmstat", stolen);
    s->item[SAMPLE_FREE] = w[0].value;
    s->item[SAMPLE_BUFFERS] = w[1].value;
    s->item[SAMPLE_CACHE] = sum_wanted(cache);
    s->item[SAMPLE_ALLOCATED] = sum_wanted(allocated);
    s->item[SAMPLE_FREED] = sum_wanted(freed);
    s->item[SAMPLE_SCANNED] = sum_wanted(scanned);
    s->item[SAMPLE_STOLEN] = sum_wanted(stolen);
}

static struct sample take_sample(void)
{
    struct sample s;

    sample_stat(&s);
    sample_memory(&s);
    s.item[SAMPLE_SECONDS] = clock_ns() / (NS_PER_S / 100);
    return s;
}

static void show_vmstat_head(struct seqbuf *out)
{
    seq_puts(
        out,
        "procs ------------memory----------- ------------pages------------ ---system-- -cpu--\n"
        " r  b       free   buff      cache   alloc    free    scan   steal    in    cs sy id\n");
}

/* What happened from @then to @now. */
static void show_vmstat_line(struct seqbuf *out, const struct sample *then,
                             const struct sample *now)
{
    unsigned long long rate[NR_SAMPLES];
    uint64_t hundredths = max(now->item[SAMPLE_SECONDS] - then->item[SAMPLE_SECONDS], 1ULL), cpu;

    for (int i = 0; i < NR_SAMPLES; i++)
        rate[i] = now->item[i] - min(now->item[i], then->item[i]);
    cpu = max(rate[SAMPLE_BUSY] + rate[SAMPLE_IDLE], 1ULL);
    seq_printf(
        out, "%2llu %2llu %10llu %6llu %10llu", (unsigned long long)now->item[SAMPLE_RUNNING],
        (unsigned long long)now->item[SAMPLE_BLOCKED], (unsigned long long)now->item[SAMPLE_FREE],
        (unsigned long long)now->item[SAMPLE_BUFFERS], (unsigned long long)now->item[SAMPLE_CACHE]);
    for (int i = SAMPLE_ALLOCATED; i <= SAMPLE_STOLEN; i++)
        seq_printf(out, " %7llu", rate[i] * 100 / hundredths);
    seq_printf(out, " %5llu %5llu", rate[SAMPLE_INTERRUPTS] * 100 / hundredths,
               rate[SAMPLE_SWITCHES] * 100 / hundredths);
    seq_printf(out, " %2llu %2llu\n", rate[SAMPLE_BUSY] * 100 / cpu,
               100 - rate[SAMPLE_BUSY] * 100 / cpu);
}

/* Wait @seconds. True if a key ended it. */
static bool wait_or_key(uint64_t seconds)
{
    uint64_t end = clock_ns() + seconds * NS_PER_S;

    while (clock_ns() < end) {
        if (console_is_interactive() && console_getc() >= 0)
            return true;
        sleep_ns(min(end - min(end, clock_ns()), KEY_LOOK * NS_PER_MS));
    }
    return false;
}

/* @count lines, the first since boot, the others each of @seconds; 0: until a key. */
static void show_vmstat(struct seqbuf *out, uint64_t seconds, uint64_t count)
{
    struct sample then = {{0}};

    for (uint64_t i = 0; count == 0 || i < count; i++) {
        struct sample now;

        if (i > 0 && wait_or_key(seconds))
            return;
        now = take_sample();
        if (i % HEAD_EVERY == 0)
            show_vmstat_head(out);
        show_vmstat_line(out, &then, &now);
        seqbuf_flush(out);
        then = now;
    }
}

static int vmstat_command(int argc, char **argv, struct seqbuf *out)
{
    uint64_t seconds = 1, count = argc > 1 && console_is_interactive() ? 0 : 1;

    if (argc > 3 ||
        (argc > 1 &&
         (parse_u64(argv[1], 10, &seconds, NULL) || seconds == 0 || seconds > MAX_SECONDS)) ||
        (argc > 2 && (parse_u64(argv[2], 10, &count, NULL) || count == 0))) {
        seq_printf(
            out,
            "vmstat: how often, and how many lines? seconds, 1 to %d, and a number from 1, for "
            "example vmstat 1 10\n",
            MAX_SECONDS);
        return -EINVAL;
    }
    show_vmstat(out, seconds, count);
    return 0;
}

MONITOR_COMMAND("vmstat", "[SECONDS [COUNT]]",
                "memory and CPUs, a line each SECONDS, until a key or COUNT lines", vmstat_command);
