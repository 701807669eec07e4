/*
 * kernel/panic.c - the end: what happened, where, and out.
 *
 * A panic within a panic (a broken stack under the backtrace, say) leaves what is printed so far
 * and goes straight to the exit. The lines "Kernel panic: ..." and "end of panic" are what
 * tools/run looks for.
 *
 * Only one CPU panics; it stops all others first, and shows where they were. One that panics at the
 * same time waits to be stopped.
 *
 * LOCKING  Takes none: printk_emergency() makes the log do without.
 */
#include "kernel/backtrace.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/printk.h"
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/power.h>
#include <arch/smp.h>
#include <arch/trap.h>

#define NOBODY (-1)

static int panic_cpu = NOBODY;
static int panic_depth; /* of that CPU */

/* Is it this CPU that panics, or shall be? */
static bool claim_panic(void)
{
    int nobody = NOBODY;

    return __atomic_compare_exchange_n(&panic_cpu, &nobody, this_cpu(), false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST) ||
           nobody == this_cpu();
}

static void print_others(void)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        uintptr_t fp = smp_stopped_frame(cpu);

        if (cpu == panic_cpu)
            continue;
        pr_emerg("CPU %d, node %d%s", cpu, cpu_to_node(cpu), fp ? ":" : " did not stop");
        if (fp)
            backtrace_print(LOG_EMERG, fp);
    }
}

static void __printf(1, 0) print_message(const char *fmt, va_list args)
{
    char buf[512];
    struct seqbuf s;

    seqbuf_init(&s, buf, sizeof(buf));
    seq_vprintf(&s, fmt, args);
    pr_emerg("Kernel panic: %s", seqbuf_str(&s));
}

/*
 * panic - print the message, the registers of the trap if there was one, and a backtrace of each CPU;
 * leave.
 *
 * With QEMU's exit device the process ends with EXIT_PANIC's code, else the machine halts.
 * Context: any, a panic included. Interrupts stay off.
 */
void panic(const char *fmt, ...)
{
    va_list args;

    irq_save();
    if (!claim_panic())
        cpu_halt();
    if (++panic_depth > 2)
        power_exit(EXIT_PANIC);
    if (panic_depth == 1)
        smp_stop_others();
    printk_emergency();
    va_start(args, fmt);
    print_message(fmt, args);
    va_end(args);
    if (panic_depth == 1) {
        pr_emerg("CPU %d, node %d:", this_cpu(), numa_node_id());
        backtrace_print(LOG_EMERG, trap_print_regs());
        print_others();
    }
    pr_emerg("end of panic");
    power_exit(EXIT_PANIC);
}
