/*
 * <arch/trap.h> - walking the stack and showing a trap.
 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <stdint.h>

/*
 * Fill @pcs with at most @max return addresses, innermost first, starting from frame pointer @fp
 * (0: the caller's). Stops at the first frame outside the current stack. Returns how many.
 */
int trap_backtrace(uintptr_t *pcs, int max, uintptr_t fp);

/* If this CPU is handling an exception: print its registers and return their frame pointer, else 0.
 */
uintptr_t trap_print_regs(void);

/* True if [p, p+8) lies in the current stack. */
_Bool trap_on_stack(uintptr_t p);

#endif
