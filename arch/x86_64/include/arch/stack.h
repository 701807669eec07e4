/*
 * <arch/stack.h> - kernel stacks: where they lie, and which of them a CPU uses.
 *
 * A window of the address space is divided into slots, the lower half of each a guard that is never
 * mapped, the upper half a stack:
 *
 *     KSTACK_BASE | guard | stack 0 | guard | stack 1 | ...
 *
 * So whether an address is in a stack, or in the guard under one, is arithmetic. mm/kstack.c gives
 * the slots out.
 */
#ifndef ARCH_STACK_H
#define ARCH_STACK_H

#include <arch/page.h>

/* Of the block of pages: 16 KiB, and as much again for the room between variables; as in Linux. */
#ifdef CONFIG_KASAN
#define KSTACK_ORDER 3
#else
#define KSTACK_ORDER 2
#endif
#define KSTACK_SIZE (PAGE_SIZE << KSTACK_ORDER)
#define KSTACK_SLOT (2 * KSTACK_SIZE)
#define KSTACK_BASE VMALLOC_BASE
#define NR_KSTACKS  16384
#define KSTACK_END  (KSTACK_BASE + NR_KSTACKS * KSTACK_SLOT)

/* What each CPU has: one to run on until it has threads, and one each for the exceptions that may
 * come when the one that is used is not fit. */
enum cpu_stack {
    CPU_STACK_IDLE,
    CPU_STACK_DOUBLE_FAULT,
    CPU_STACK_NMI,
    CPU_STACK_MACHINE_CHECK,
    NR_CPU_STACKS
};

/* @top is the address above the stack. Before @cpu starts, or (boot CPU) before percpu_move(). */
void cpu_stack_set(int cpu, enum cpu_stack id, void *top);
void *cpu_stack_top(int cpu, enum cpu_stack id);

#endif
