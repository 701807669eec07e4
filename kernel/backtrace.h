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

#endif
