/*
 * arch/x86_64/irq.h - handlers by vector.
 */
#ifndef ARCH_X86_64_IRQ_H
#define ARCH_X86_64_IRQ_H

/* @vector is at least NR_EXCEPTIONS; the handler runs with interrupts off. */
void irq_set_handler(unsigned vector, void (*handler)(void));

#endif
