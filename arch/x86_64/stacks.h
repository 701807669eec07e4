/*
 * arch/x86_64/stacks.h - whose stack is this? And the first ones, in the image.
 */
#ifndef ARCH_X86_64_STACKS_H
#define ARCH_X86_64_STACKS_H

#include "kernel/lib/compiler.h"
#include <arch/stack.h>

/* Enough for the deepest test in a debug build; an exception stack has to hold a whole panic. */
#define BOOT_STACK_SIZE (32 * 1024)

struct guarded_stack {
    uint8_t guard[PAGE_SIZE]; /* a push that overflows the stack faults here */
    uint8_t bytes[BOOT_STACK_SIZE];
} __aligned(PAGE_SIZE);

/* In bss: the boot CPU's, by enum cpu_stack. Their guard pages are unmapped by vm_init(). It boots on
 * the first one to the end; the others serve until percpu_move(). */
extern struct guarded_stack boot_stacks[NR_CPU_STACKS];

/* [bottom, top) of a stack; both 0: none. */
struct stack_range {
    uintptr_t bottom;
    uintptr_t top;
};

/* The stack that holds @va, or the one above the guard that holds it; for any value. */
struct stack_range stack_find(uintptr_t va);
struct stack_range stack_find_guarded(uintptr_t va);
/* For messages: what this CPU uses it for. */
const char *stack_name(struct stack_range stack);

/* For the TSS: what this CPU uses. */
uintptr_t stack_top_of_this_cpu(enum cpu_stack id);

#endif
