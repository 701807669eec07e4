/*
 * kernel/monitor.h - the prompt.
 */
#ifndef KERNEL_MONITOR_H
#define KERNEL_MONITOR_H

#include "kernel/lib/compiler.h"
#include "kernel/lineedit.h"

/* Read commands from the console and run them, for ever. Halts if there is no console. */
void monitor_run(void) __noreturn;

/* Complete the word before the cursor: a command's name, or a path. For lineedit_init(). */
void monitor_complete(struct lineedit *e);

#endif
