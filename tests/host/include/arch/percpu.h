/*
 * <arch/percpu.h> of the host: one CPU, whose copies are the variables themselves.
 */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#include "kernel/lib/compiler.h"
#include "kernel/lib/cpumask.h"

/* 0 when a test starts, and to be 0 when it ends. */
extern int host_preempt_count;

#define DEFINE_PER_CPU(type, name)  __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
#define per_cpu_ptr(ptr, cpu)       ((void)(cpu), (ptr))
#define raw_cpu_ptr(ptr)            (ptr)

static inline void raw_cpu_add(unsigned long *var, unsigned long nr)
{
    *var += nr;
}

static inline int raw_this_cpu(void)
{
    return 0;
}

static inline int raw_this_node(void)
{
    return 0;
}

static inline void cpu_preempt_count_inc(void)
{
    host_preempt_count++;
}

static inline void cpu_preempt_count_dec(void)
{
    host_preempt_count--;
}

static inline int cpu_preempt_count(void)
{
    return host_preempt_count;
}

static inline bool cpu_need_resched(void)
{
    return false;
}

static inline bool cpu_in_interrupt(void)
{
    return false;
}

#endif
