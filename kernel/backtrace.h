/*
 * kernel/backtrace.h - how did we get here, by function names.
 */
#ifndef KERNEL_BACKTRACE_H
#define KERNEL_BACKTRACE_H

#include "kernel/printk.h"

/*
 * Log how the code came here, a function a line, innermost first: from the trap whose frame pointer
 * trap_print_regs() returned, or (@fp 0) from the caller.
 */
void backtrace_print(enum log_level level, uintptr_t fp);

/*
 * Log the message, and what @cpu is doing now, as far as it says so within a second; its interrupts may
 * be off. No other CPU's messages come between. Context: any but an NMI; the caller stays on its CPU,
 * @cpu is online.
 */
void backtrace_print_cpu(enum log_level level, int cpu, const char *fmt, ...) __printf(3, 4);

#endif
