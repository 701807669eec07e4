/*
 * kernel/smp_call.h - have a function run on other CPUs.
 *
 * @fn runs in an interrupt, interrupts off; it must be quick, and must not call any of these. The
 * caller has interrupts on and holds no spinlock, or two CPUs could wait for each other; both are
 * asserted. All that the caller has stored is seen by @fn; with @wait all that @fn has stored is seen
 * by the caller.
 */
#ifndef KERNEL_SMP_CALL_H
#define KERNEL_SMP_CALL_H

#include "kernel/lib/cpumask.h"

typedef void (*smp_call_fn)(void *arg);

/* On @cpu, which is online, and may be this one. @wait: until it has returned. */
void smp_call_function_single(int cpu, smp_call_fn fn, void *arg, bool wait);
/* On each CPU of *@cpus that is online, but not on this one. */
void smp_call_function_many(const cpumask_t *cpus, smp_call_fn fn, void *arg, bool wait);
/* On every CPU that is online, this one included; waits. */
void on_each_cpu(smp_call_fn fn, void *arg);

/* Context: boot. */
void smp_call_init(void);

#endif
