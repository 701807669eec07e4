/*
 * arch/x86_64/tlb.h - what a CPU remembers of the page tables.
 */
#ifndef ARCH_X86_64_TLB_H
#define ARCH_X86_64_TLB_H

/* This CPU is about to wait for an interrupt: others needn't interrupt it. Interrupts off. */
void tlb_enter_lazy(void);
/* It goes on: forget what has become wrong meanwhile. Interrupts off, or on the idle CPU. */
void tlb_leave_lazy(void);

#endif
