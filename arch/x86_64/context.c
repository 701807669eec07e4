/*
 * arch/x86_64/context.c - the stack of a thread that has not run yet.
 *
 * It looks as if context_switch() had been called at the entry of context_start (context_switch.asm),
 * with the function and its argument in registers that it restores.
 */
#include "kernel/lib/compiler.h"
#include <arch/context.h>

/* What context_switch() pops, lowest address first. */
struct switch_frame {
    uint64_t r15, r14, r13;
    uint64_t r12; /* the argument */
    uint64_t rbx; /* the function */
    uint64_t rbp; /* 0: the last frame of a backtrace */
    uint64_t rip;
    uint64_t no_caller; /* of context_start; also makes the stack aligned at its call */
};

void context_start(void);

/*
 * context_init - contract in the header.
 *
 * @stack_top  16-byte aligned.
 */
void context_init(struct context *c, void *stack_top, void (*fn)(void *), void *arg)
{
    struct switch_frame *frame = (struct switch_frame *)stack_top - 1;

    *frame = (struct switch_frame){
        .r12 = (uintptr_t)arg,
        .rbx = (uintptr_t)fn,
        .rip = (uintptr_t)context_start,
    };
    c->sp = (uintptr_t)frame;
}

/* context_frame - contract in the header: what was pushed last before the registers of the switch. */
uintptr_t context_frame(const struct context *c)
{
    return c->sp + offsetof(struct switch_frame, rbp);
}
