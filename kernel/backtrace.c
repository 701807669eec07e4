/*
 * kernel/backtrace.c - how did we get here, by function names.
 */
#include "kernel/backtrace.h"
#include "kernel/cpu.h"
#include "kernel/ksyms.h"
#include <arch/smp.h>
#include <arch/trap.h>

static void print_entry(enum log_level level, const struct trace_entry *e)
{
    size_t offset, size;
    /* A return address may stand behind the last instruction of a function whose last act is a call
     * that doesn't come back; the call itself lies before it. */
    const char *name = ksym_lookup(e->pc - e->is_return, &offset, &size);

    if (name)
        printk(level, "  [<%016lx>] %s+0x%zx/0x%zx", (unsigned long)e->pc, name,
               offset + e->is_return, size);
    else
        printk(level, "  [<%016lx>] (no function)", (unsigned long)e->pc);
}

static void print_trace(enum log_level level, const struct trace_entry *trace, int nr)
{
    printk(level, "Call trace:");
    for (int i = 0; i < nr; i++)
        print_entry(level, &trace[i]);
    if (nr == MAX_TRACE)
        printk(level, "  (more frames not shown)");
}

/* backtrace_print - contract in the header. Context: any. */
void __noinline backtrace_print(enum log_level level, uintptr_t fp)
{
    struct trace_entry trace[MAX_TRACE];

    print_trace(level, trace, trap_backtrace(trace, MAX_TRACE, fp));
}

/* The caller's, or that of another CPU; 0 if it doesn't say. */
static int trace_cpu(int cpu, struct trace_entry *trace)
{
    return cpu == this_cpu() ? trap_backtrace(trace, MAX_TRACE, 0) : smp_backtrace(cpu, trace);
}

/* backtrace_print_cpu - contract in the header. */
void backtrace_print_cpu(enum log_level level, int cpu, const char *fmt, ...)
{
    struct trace_entry trace[MAX_TRACE];
    int nr = trace_cpu(cpu, trace);
    struct printk_hold hold;
    va_list args;

    printk_hold(&hold);
    va_start(args, fmt);
    vprintk(level, fmt, args);
    va_end(args);
    if (nr)
        print_trace(level, trace, nr);
    else
        printk(level, "CPU %d doesn't answer an NMI", cpu);
    printk_let_go(&hold);
}
