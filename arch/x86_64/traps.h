/*
 * arch/x86_64/traps.h - what trap_entry.asm and traps.c say to each other.
 */
#ifndef ARCH_X86_64_TRAPS_H
#define ARCH_X86_64_TRAPS_H

#include <stdint.h>

#define TRAP_STUB_SIZE 16 /* bytes from one vector's entry to the next */

/* What lies on the stack in trap_handle(), lowest address first. */
struct trap_frame {
    /* A stack frame like a function's, so that a backtrace goes on where the exception came from.
     */
    uint64_t link_rbp;
    uint64_t link_rip;
    /* Pushed by trap_entry.asm. */
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector;
    uint64_t error; /* 0 for the vectors that have none */
    /* Pushed by the CPU. */
    uint64_t rip, cs, rflags, rsp, ss;
};

/* trap_entry.asm: the code of the gates, NR_VECTORS entries of TRAP_STUB_SIZE bytes. */
extern const uint8_t trap_stubs[];
/* Where the two handlers below return to. */
extern const uint8_t trap_handled[], irq_handled[];

/* Called by trap_entry.asm for every exception; may change the registers that it returns to. */
void trap_handle(struct trap_frame *f);
/* The same for every interrupt (irq.c). */
void irq_handle(struct trap_frame *f);

/* probe.asm: the instructions that may fault, and where each goes on if it does. */
extern const uint8_t probe_read_access[], probe_write_access[], probe_exec_call[];
extern const uint8_t probe_exec_return[], probe_faulted[];

#endif
