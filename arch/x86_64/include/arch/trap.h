/*
 * <arch/trap.h> - walking the stack and showing a trap.
 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <stdint.h>

#define MAX_TRACE 32 /* deeper than any sane call chain; an endless recursion shows in as many */

/* A place in the code. */
struct trace_entry {
    uintptr_t pc;
    _Bool is_return; /* the instruction behind a call, which may belong to the next function */
};

/*
 * Fill @trace with at most @max places, innermost first: the function that called the caller, and so
 * on (@fp 0), or what was interrupted by the trap whose frame pointer @fp is. Stops at the first frame
 * outside of the kernel stacks. Returns how many.
 */
int trap_backtrace(struct trace_entry *trace, int max, uintptr_t fp);

/* If this CPU is handling an exception: print its registers and return their frame pointer, else 0.
 */
uintptr_t trap_print_regs(void);

/* True if [p, p+8) lies in a kernel stack. */
_Bool trap_on_stack(uintptr_t p);

#endif
