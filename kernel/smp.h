/*
 * kernel/smp.h - which of the other CPUs run.
 */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include "kernel/lib/compiler.h"

/* Start them, as maxcpus= and nosmp allow. Context: boot, interrupts on, after percpu_init(). */
void smp_init(void);

/* What each of them runs, from its idle stack on, interrupts off: the scheduler's. Without one it
 * waits for interrupts for ever (kernel/smp.c). */
void cpu_startup_entry(void) __noreturn;

#endif
