/*
 * kernel/panic.c - the end: what happened, where, and out.
 *
 * A panic within a panic (a broken stack under the backtrace, say) leaves what is printed so far
 * and goes straight to the exit. The lines "Kernel panic: ..." and "end of panic" are what
 * tools/run looks for.
 *
 * LOCKING  Takes none: printk_emergency() makes the log do without.
 */
#include "kernel/backtrace.h"
#include "kernel/bug.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/printk.h"
#include <arch/irq.h>
#include <arch/power.h>
#include <arch/trap.h>

static int panic_depth;

static void __printf(1, 0) print_message(const char *fmt, va_list args)
{
    char buf[512];
    struct seqbuf s;

    seqbuf_init(&s, buf, sizeof(buf));
    seq_vprintf(&s, fmt, args);
    pr_emerg("Kernel panic: %s", seqbuf_str(&s));
}

/*
 * panic - print the message, the registers of the trap if there was one, and a backtrace; leave.
 *
 * With QEMU's exit device the process ends with EXIT_PANIC's code, else the machine halts.
 * Context: any, a panic included. Interrupts stay off.
 */
void panic(const char *fmt, ...)
{
    va_list args;

    irq_save();
    if (++panic_depth > 2)
        power_exit(EXIT_PANIC);
    printk_emergency();
    va_start(args, fmt);
    print_message(fmt, args);
    va_end(args);
    if (panic_depth == 1)
        backtrace_print(LOG_EMERG, trap_print_regs());
    pr_emerg("end of panic");
    power_exit(EXIT_PANIC);
}
