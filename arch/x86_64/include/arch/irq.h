/*
 * <arch/irq.h> - may this CPU be interrupted?
 */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include "arch/x86_64/insn.h"
#include "kernel/lib/compiler.h"
#include <stdbool.h>

#define RFLAGS_INTERRUPTS 0x200UL /* Intel SDM vol. 1, 3.4.3 "EFLAGS Register": bit 9, IF */

static inline bool irqs_enabled(void)
{
    return (insn_read_flags() & RFLAGS_INTERRUPTS) != 0;
}

/* Off from here on; the result goes to irq_restore(). */
static inline unsigned long irq_save(void)
{
    unsigned long flags = insn_read_flags();

    insn_cli();
    return flags;
}

static inline void irq_restore(unsigned long flags)
{
    if (likely(flags & RFLAGS_INTERRUPTS))
        insn_sti();
}

#endif
