/*
 * arch/x86_64/clock.c - the time stamp counter, and how fast it counts.
 *
 * THEORY
 *
 * The TSC is read in one instruction but nobody says how fast it runs, so it is measured against a
 * counter of known rate: the PIT, or where that doesn't count, the ACPI PM timer of QEMU's
 * machines.
 *
 * A reading of the reference is worth most at the moment when it changes. An edge is the pair
 * (reference, TSC) at such a moment, and its error is the time between the last reading before and
 * the first one after. Of several edges in a row the sharpest is kept, so that one that was spoilt
 * by the host's doing something else doesn't count. Two edges apart give a rate:
 *
 *     reference  ...  1000 | 999 ...............  200 | 199
 *     TSC               5000                    2015000
 *                                   800 ticks of 1193182 Hz take 670476 ns;
 *                                   2010000 TSC ticks in that time are 2.998 GHz
 *
 * The PIT wraps every 55 ms; a host that takes the CPU away for longer in the middle spoils one
 * measurement by a whole factor. The median of three is therefore taken.
 *
 * LOCKING  None; written by clock_init() on the boot CPU, read-only afterwards.
 * UNITS    TSC ticks, nanoseconds, hertz.
 * SOURCES  Intel 8254 data sheet, "Counter Latch Command"; ACPI 6.4, 4.8.3.3 "Power Management
 * Timer (PM_TMR)"; Intel SDM vol. 2A, "CPUID - CPU Identification", leaf 15H.
 */
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/ports.h"
#include "kernel/lib/compiler.h"
#include "kernel/printk.h"
#include <arch/clock.h>

#define NS_PER_S       1000000000UL

#define MEASUREMENTS   3      /* the median counts */
#define MEASUREMENT_US 650    /* each; with the edges about 2 ms together */
#define EDGES          8      /* the sharpest counts */
#define PATIENCE       100000 /* readings without a change: the counter doesn't count */

/* What is believed of a TSC; anything else is a broken measurement. */
#define MIN_HZ   10000000UL
#define MAX_HZ   100000000000UL
#define GUESS_HZ 1000000000UL /* when nothing can be measured */

/* A counter whose rate is known. */
struct reference {
    const char *name;
    uint32_t hz;
    uint32_t mask; /* of the bits that count */
    void (*start)(void);
    uint32_t (*read)(void); /* rises by one each tick, modulo mask + 1 */
};

struct edge {
    uint32_t count;
    uint64_t tsc;
    uint64_t error; /* TSC ticks */
};

static uint64_t entry_tsc;      /* clock_ns() counts from here */
static uint64_t hz;             /* 0 until clock_init() */
static uint64_t ns_per_tick_32; /* nanoseconds per tick, times 2^32 */

/* Channel 2 counts, silently, round and round. */
static void pit_start(void)
{
    uint8_t control = insn_in8(NMI_SC) & NMI_SC_WRITABLE;

    insn_out8(NMI_SC, (uint8_t)((control & ~NMI_SC_SPEAKER) | NMI_SC_GATE2));
    insn_out8(PIT_COMMAND, PIT_CHANNEL2_FREERUN);
    insn_out8(PIT_CHANNEL2, 0); /* from 65536 */
    insn_out8(PIT_CHANNEL2, 0);
}

static uint32_t pit_read(void)
{
    uint32_t low;

    insn_out8(PIT_COMMAND, PIT_CHANNEL2_LATCH);
    low = insn_in8(PIT_CHANNEL2);
    return 0x10000 - (low | (uint32_t)insn_in8(PIT_CHANNEL2) << 8);
}

/* It always runs. */
static void pm_timer_start(void)
{
}

static uint32_t pm_timer_read(void)
{
    return insn_in32(QEMU_PM_TIMER);
}

static const struct reference references[] = {
    {"PIT", PIT_HZ, 0xffff, pit_start, pit_read},
    {"ACPI PM timer", PM_TIMER_HZ, 0xffffff, pm_timer_start, pm_timer_read},
};

static uint32_t read_reference(const struct reference *ref)
{
    return ref->read() & ref->mask;
}

/* Wait for the reference to change. False if it doesn't. */
static bool next_edge(const struct reference *ref, struct edge *edge)
{
    uint32_t old = read_reference(ref);
    uint64_t before = insn_rdtsc();

    for (int i = 0; i < PATIENCE; i++) {
        uint32_t now = read_reference(ref);
        uint64_t after = insn_rdtsc();

        if (now != old) {
            *edge = (struct edge){.count = now, .tsc = after, .error = after - before};
            return true;
        }
        before = after;
    }
    return false;
}

static bool sharpest_edge(const struct reference *ref, struct edge *best)
{
    if (!next_edge(ref, best))
        return false;
    for (int i = 1; i < EDGES; i++) {
        struct edge edge;

        if (!next_edge(ref, &edge))
            return false;
        if (edge.error < best->error)
            *best = edge;
    }
    return true;
}

/* The TSC's rate by one measurement; 0 if the reference stands still. */
static uint64_t measure_once(const struct reference *ref)
{
    uint32_t ticks, wanted = (uint32_t)((uint64_t)ref->hz * MEASUREMENT_US / 1000000);
    struct edge first, last;

    if (!sharpest_edge(ref, &first))
        return 0;
    do {
        if (!next_edge(ref, &last))
            return 0;
    } while (((last.count - first.count) & ref->mask) < wanted);
    if (!sharpest_edge(ref, &last))
        return 0;
    ticks = (last.count - first.count) & ref->mask;
    return ticks ? (last.tsc - first.tsc) * ref->hz / ticks : 0;
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
    return max(min(a, b), min(max(a, b), c));
}

static bool plausible(uint64_t rate)
{
    return rate >= MIN_HZ && rate <= MAX_HZ;
}

/* The TSC's rate by @ref; 0 if that doesn't count, or not at a plausible rate. */
static uint64_t measure(const struct reference *ref)
{
    uint64_t rates[MEASUREMENTS], rate;

    ref->start();
    for (int i = 0; i < MEASUREMENTS; i++) {
        rates[i] = measure_once(ref);
        if (rates[i] == 0)
            return 0;
    }
    rate = median(rates[0], rates[1], rates[2]);
    return plausible(rate) ? rate : 0;
}

/* What CPUID says of the TSC's rate; 0 on most CPUs. */
static uint64_t rate_by_cpuid(void)
{
    struct cpuid_regs r;
    uint64_t rate;

    if (cpu_max_leaf(0) < 0x15)
        return 0;
    r = insn_cpuid(0x15, 0);
    rate = r.eax ? (uint64_t)r.ecx * r.ebx / r.eax : 0;
    return plausible(rate) ? rate : 0;
}

/* By the first source that works; how the log calls that one, in @source. */
static uint64_t find_rate(const char **source)
{
    for (unsigned i = 0; i < ARRAY_SIZE(references); i++) {
        uint64_t rate = measure(&references[i]);

        *source = references[i].name;
        if (rate != 0)
            return rate;
    }
    *source = "CPUID";
    return rate_by_cpuid();
}

/*
 * clock_ticks - the time stamp counter. Context: any; one instruction.
 */
uint64_t clock_ticks(void)
{
    return insn_rdtsc();
}

/*
 * clock_init - find the counter's rate, about 2 ms; a warning if nothing tells it.
 *
 * @entry  the counter at the kernel's entry: the zero of clock_ns().
 *
 * Context: boot, interrupts off.
 */
void clock_init(uint64_t entry)
{
    const char *source;
    uint64_t rate = find_rate(&source);

    entry_tsc = entry;
    hz = rate ? rate : GUESS_HZ;
    ns_per_tick_32 = (NS_PER_S << 32) / hz;
    if (rate)
        pr_info("clock: TSC at %lu.%03lu MHz, by the %s", rate / 1000000, rate / 1000 % 1000,
                source);
    else
        pr_warn("clock: neither PIT nor ACPI PM timer counts and CPUID tells no rate; taking the "
                "time stamp counter for 1 GHz, so that all times are in unknown units");
}

/*
 * clock_hz - ticks a second; 0 before clock_init(). Context: any.
 */
uint64_t clock_hz(void)
{
    return hz;
}

/*
 * clock_ns - nanoseconds since the kernel's entry; 0 before clock_init(). Context: any.
 */
uint64_t clock_ns(void)
{
    uint64_t ticks = insn_rdtsc() - entry_tsc;

    return (uint64_t)((unsigned __int128)ticks * ns_per_tick_32 >> 32);
}

/*
 * clock_ticks_at - what clock_ticks() is when clock_ns() becomes @ns, to some 300 ticks. Context:
 * after clock_init().
 */
uint64_t clock_ticks_at(uint64_t ns)
{
    uint64_t seconds = ns / NS_PER_S, rest = ns % NS_PER_S;

    return entry_tsc + seconds * hz + ((rest * (hz >> 8) / NS_PER_S) << 8);
}
