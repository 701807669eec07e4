/*
 * kernel/backtrace.c - how did we get here, by function names.
 */
#include "kernel/backtrace.h"
#include "kernel/ksyms.h"
#include <arch/trap.h>

#define MAX_FRAMES 32 /* deeper than any sane call chain; an endless recursion shows in as many */

static void print_address(enum log_level level, uintptr_t pc, bool is_return)
{
    size_t offset, size;
    /* A return address may stand behind the last instruction of a function whose last act is a call
     * that doesn't come back; the call itself lies before it. */
    const char *name = ksym_lookup(pc - is_return, &offset, &size);

    if (name)
        printk(level, "  [<%016lx>] %s+0x%zx/0x%zx", (unsigned long)pc, name, offset + is_return,
               size);
    else
        printk(level, "  [<%016lx>] (no function)", (unsigned long)pc);
}

/* backtrace_print - contract in the header. Context: any. */
void backtrace_print(enum log_level level, uintptr_t fp)
{
    uintptr_t pcs[MAX_FRAMES];
    bool from_trap = fp != 0; /* then the first address is where the CPU was, no return address */
    int nr = trap_backtrace(pcs, MAX_FRAMES, fp ? fp : (uintptr_t)__builtin_frame_address(0));

    printk(level, "Call trace:");
    for (int i = 0; i < nr; i++)
        print_address(level, pcs[i], i > 0 || !from_trap);
    if (nr == MAX_FRAMES)
        printk(level, "  (more frames not shown)");
}
