/*
 * <arch/context.h> - from one thread's stack to another's.
 */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include <stdint.h>

/* Where a thread that does not run is: all else is on its stack. */
struct context {
    uintptr_t sp;
};

/* A new thread: when first switched to, it calls @fn(@arg), interrupts off; @fn must not return. */
void context_init(struct context *c, void *stack_top, void (*fn)(void *), void *arg);

/*
 * Save this thread in @from, go on with @to. Returns when somebody switches back to @from. Interrupts
 * off; only callee-saved registers are kept, the caller's compiler knows about the others.
 */
void context_switch(struct context *from, struct context *to);

/* Of a thread that doesn't run: the frame pointer from which trap_backtrace() shows where it waits. */
uintptr_t context_frame(const struct context *c);

#endif
