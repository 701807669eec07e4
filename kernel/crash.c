/*
 * kernel/crash.c - dying on purpose, so that traps, backtraces and the test harness can be tested.
 */
#include "kernel/bug.h"
#include "kernel/command.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/preempt.h"
#include "kernel/printk.h"
#include "kernel/smp_call.h"
#include <arch/cpu.h>
#include <arch/irq.h>

static volatile uintptr_t null_address; /* volatile: the compiler must not see what it does */

static void crash_null(void)
{
    *(volatile int *)null_address = 1;
}

static void crash_ud(void)
{
    __builtin_trap();
}

/* Each level has a frame of its own, and is needed after the call. */
static int __noinline descend(volatile int depth)
{
    volatile char frame[256];

    frame[0] = (char)depth;
    return depth < 0 ? 0 : descend(depth + 1) + frame[0];
}

static void crash_stack(void)
{
    descend(0);
}

static void crash_write_text(void)
{
    *(volatile char *)(uintptr_t)crash_ud = 0;
}

static void crash_bug(void)
{
    BUG_ON(null_address == 0);
}

/* Runs for ever, deaf. */
static void crash_hang(void)
{
    irq_save();
    for (;;)
        cpu_relax();
}

static int nr_deaf;

static void go_deaf(void *unused)
{
    struct printk_hold hold;

    (void)unused;
    if (__atomic_fetch_add(&nr_deaf, 1, __ATOMIC_SEQ_CST) == 0)
        printk_hold(&hold);
    __atomic_fetch_add(&nr_deaf, NR_CPUS, __ATOMIC_SEQ_CST); /* it is */
    for (;;)
        cpu_relax();
}

/* All other CPUs run for ever with interrupts off, one of them with the log's lock. */
static void crash_deaf(void)
{
    preempt_disable();
    smp_call_function_many(&cpu_online_mask, go_deaf, NULL, false);
    while (READ_ONCE(nr_deaf) / NR_CPUS < cpumask_weight(&cpu_online_mask) - 1)
        cpu_relax();
    panic("all other CPUs are deaf");
}

/* Stands still without a word. */
static void crash_silent(void)
{
    cpu_halt();
}

static const struct {
    const char *kind;
    void (*run)(void);
} crashes[] = {
    {"null", crash_null},     {"ud", crash_ud},
    {"stack", crash_stack},   {"write-text", crash_write_text},
    {"bug", crash_bug},       {"hang", crash_hang},
    {"silent", crash_silent}, {"deaf", crash_deaf},
};

static int crash_command(int argc, char **argv, struct seqbuf *out)
{
    for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(crashes); i++) {
        if (strcmp(argv[1], crashes[i].kind) == 0) {
            seqbuf_flush(out);
            crashes[i].run();
            seq_printf(out, "crash: %s did no harm, which is a defect\n", argv[1]);
            return -EIO;
        }
    }
    seq_puts(out, "crash: which way? one of");
    for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
        seq_printf(out, " %s", crashes[i].kind);
    seq_putc(out, '\n');
    return -EINVAL;
}

MONITOR_COMMAND("crash", "KIND", "die on purpose, in the given way", crash_command);

static int panic_command(int argc, char **argv, struct seqbuf *out)
{
    seqbuf_flush(out);
    panic("%s", argc > 1 ? argv[1] : "asked for by the command panic");
}

MONITOR_COMMAND("panic", "[TEXT]", "panic on purpose", panic_command);
