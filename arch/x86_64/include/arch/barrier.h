/*
 * <arch/barrier.h> - the order in which others see what this CPU writes.
 */
#ifndef ARCH_BARRIER_H
#define ARCH_BARRIER_H

/* The compiler moves no access across it; the CPU may. */
static inline void barrier(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Every access before it is seen before every access after it. */
static inline void smp_mb(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
