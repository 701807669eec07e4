/*
 * <arch/irq.h> of the host: interrupts are a variable, since a process cannot turn them off.
 */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <stdbool.h>

/* The same bit of the flags as in the kernel. On when a test starts, and to be on when it ends. */
extern unsigned long host_irq_flags;

#define RFLAGS_INTERRUPTS 0x200UL

static inline bool irqs_enabled(void)
{
    return (host_irq_flags & RFLAGS_INTERRUPTS) != 0;
}

static inline unsigned long irq_save(void)
{
    unsigned long flags = host_irq_flags;

    host_irq_flags = 0;
    return flags;
}

static inline void irq_restore(unsigned long flags)
{
    host_irq_flags = flags;
}

#endif
