/*
 * <arch/smp.h> - the other processors: starting them and talking to them.
 */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include "kernel/lib/cpumask.h"
#include <arch/trap.h>

/*
 * smp_start - start every CPU of @cpus, all at once.
 *
 * Each has its per-CPU area (percpu_prepare()) and stacks (cpu_stack_set()). A CPU that came up has
 * marked itself in cpu_online_mask; it calls @entry on its idle stack, interrupts off, never to
 * return. Waits until all have answered, or none has for a second. Returns those that have; for each
 * of the others there is a line in the log, and it stays stopped.
 * Context: boot, interrupts on.
 */
cpumask_t smp_start(const cpumask_t *cpus, void (*entry)(void));

/* Interrupts that CPUs send to each other. */
enum ipi {
    IPI_RESCHEDULE, /* look at need_resched on return */
    IPI_CALL,       /* run what is queued for you (kernel/smp_call.c) */
    NR_IPIS
};
/* Any context; the CPUs are online. */
void ipi_send(int cpu, enum ipi ipi);
void ipi_send_mask(const cpumask_t *cpus, enum ipi ipi);
/* Handlers run with interrupts off. Context: boot. */
void ipi_set_handler(enum ipi ipi, void (*handler)(void));

/*
 * For panic: stop all others by an NMI, which comes through even where interrupts are off. Each keeps
 * its registers and stands still for good. Waits until they do, but not for ever.
 * Context: any, one CPU.
 */
void smp_stop_others(void);
/* The frame pointer from which trap_backtrace() shows what @cpu did, its instruction pointer first;
 * 0 if it didn't stop. */
uintptr_t smp_stopped_frame(int cpu);

/*
 * Where is @cpu? Asks it by an NMI, so it answers even with interrupts off, and goes on then. Fills
 * @trace, of MAX_TRACE entries, as trap_backtrace() does, the interrupted instruction first. Returns how
 * many; 0 if it doesn't answer within a second, or somebody else is asking it.
 * Context: any but the NMI's; @cpu is online and not this one.
 */
int smp_backtrace(int cpu, struct trace_entry *trace);

#endif
