/*
 * arch/x86_64/traps.c - exceptions: survived by the probes, a readable panic for everyone else.
 *
 * THEORY
 *
 * No exception is expected, with one exception: vm_probe_read(), _write() and _exec() touch an
 * address to learn whether that faults. The faulting instruction is known by its address, so the
 * probes keep no state, and a fault anywhere else is never mistaken for theirs.
 *
 * A stack overflow shows as a double fault: a push touches the unmapped page under the stack, and
 * the page fault cannot be delivered because its frame would have to be pushed there too. The
 * double fault has a stack of its own, and CR2 still points into the guard page.
 *
 * A non-maskable interrupt may be the word of another CPU (nmi.c).
 *
 * LOCKING  None. What is being handled is per-CPU.
 * SOURCES  Intel SDM vol. 3A, 6.13 "Error Code", 6.15 "Exception and Interrupt Reference".
 * NOT HERE The gates and their stacks (descriptors.c), the code behind them (trap_entry.asm), walking
 *          the stack (unwind.c).
 */
#include "arch/x86_64/traps.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/nmi.h"
#include "arch/x86_64/regs.h"
#include "arch/x86_64/stacks.h"
#include "kernel/bug.h"
#include "kernel/printk.h"
#include <arch/percpu.h>
#include <arch/power.h>
#include <arch/trap.h>

_Static_assert(sizeof(struct trap_frame) % 16 == 0, "trap_entry.asm keeps the stack aligned");

/* Faults within the report of a fault before the machine is left without another word. */
#define MAX_DEPTH 3

static const char *const names[NR_EXCEPTIONS] = {
    "divide error",
    "debug exception",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor segment overrun",
    "invalid TSS",
    "segment not present",
    "stack-segment fault",
    "general protection fault",
    "page fault",
    "reserved exception 15",
    "x87 floating-point error",
    "alignment check",
    "machine check",
    "SIMD floating-point error",
    "virtualization exception",
    "control protection exception",
    "reserved exception 22",
    "reserved exception 23",
    "reserved exception 24",
    "reserved exception 25",
    "reserved exception 26",
    "reserved exception 27",
    "hypervisor injection exception",
    "VMM communication exception",
    "security exception",
    "reserved exception 31",
};

struct trap_state {
    const struct trap_frame *frame; /* the innermost exception being handled, or NULL */
    unsigned long cr2;
    unsigned depth; /* exceptions being handled */
};

static DEFINE_PER_CPU(struct trap_state, trap_state);

/* ---- the probes ---- */

/* The call of vm_probe_exec() reached its target, which could not be executed. */
static bool faulted_at_exec_target(const struct trap_frame *f)
{
    return f->rip == f->rdi && trap_on_stack(f->rsp) &&
           *(const uint64_t *)f->rsp == (uintptr_t)probe_exec_return;
}

/* Go on at probe_faulted with the stack as it was when the probe was entered. */
static void fail_probe(struct trap_frame *f, uint64_t rsp)
{
    f->rsp = rsp;
    f->rip = (uintptr_t)probe_faulted;
}

/* vm_probe_exec() pushed RBP on top of its return address. */
static void fail_exec_probe(struct trap_frame *f)
{
    uint64_t entry_rsp = f->rbp + sizeof(uint64_t);

    f->rbp = *(const uint64_t *)f->rbp;
    fail_probe(f, entry_rsp);
}

/* If a probe faulted, make it return -EFAULT. */
static bool recover(struct trap_frame *f)
{
    if (f->vector != VEC_PAGE_FAULT && f->vector != VEC_PROTECTION)
        return false;
    if (f->rip == (uintptr_t)probe_read_access || f->rip == (uintptr_t)probe_write_access) {
        fail_probe(f, f->rsp);
        return true;
    }
    if (f->rip == (uintptr_t)probe_exec_call || faulted_at_exec_target(f)) {
        fail_exec_probe(f);
        return true;
    }
    return false;
}

/* ---- the sentences ---- */

static void __noreturn panic_overflow(const struct trap_frame *f, unsigned long cr2,
                                      struct stack_range stack)
{
    panic("kernel stack overflow: the guard page under the %s stack was touched at 0x%lx, "
          "by rip 0x%lx (%s)",
          stack_name(stack), cr2, (unsigned long)f->rip, names[f->vector]);
}

static void __noreturn panic_page_fault(const struct trap_frame *f, unsigned long cr2)
{
    const char *access = f->error & PF_FETCH   ? "execution of"
                         : f->error & PF_WRITE ? "write to"
                                               : "read of";
    const char *why = f->error & PF_RESERVED  ? "a reserved bit is set in a page-table entry"
                      : f->error & PF_PRESENT ? "the page's rights forbid it"
                                              : "the page is not mapped";

    panic("page fault: %s 0x%lx by rip 0x%lx in %s mode: %s (error code 0x%lx)", access, cr2,
          (unsigned long)f->rip, f->error & PF_USER ? "user" : "kernel", why,
          (unsigned long)f->error);
}

/* The faults whose error code is a selector: which descriptor, in which table. */
static void __noreturn panic_selector(const struct trap_frame *f)
{
    const char *table = f->error & ERR_IDT ? "IDT" : f->error & ERR_LDT ? "LDT" : "GDT";

    panic("%s at rip 0x%lx: %s entry 0x%lx%s (error code 0x%lx)", names[f->vector],
          (unsigned long)f->rip, table, (unsigned long)((f->error & ERR_INDEX) >> 3),
          f->error & ERR_EXTERNAL ? ", for an event from outside" : "", (unsigned long)f->error);
}

static bool error_is_selector(const struct trap_frame *f)
{
    return f->vector >= VEC_INVALID_TSS && f->vector <= VEC_PROTECTION && f->error != 0;
}

static void __noreturn panic_exception(const struct trap_frame *f, unsigned long cr2)
{
    struct stack_range overflown = stack_find_guarded(cr2);

    if (f->vector == VEC_PAGE_FAULT || f->vector == VEC_DOUBLE_FAULT) {
        if (overflown.top)
            panic_overflow(f, cr2, overflown);
    }
    if (f->vector == VEC_PAGE_FAULT)
        panic_page_fault(f, cr2);
    if (error_is_selector(f))
        panic_selector(f);
    panic("%s at rip 0x%lx (error code 0x%lx)", names[f->vector], (unsigned long)f->rip,
          (unsigned long)f->error);
}

/*
 * trap_handle - what every gate ends in.
 *
 * @f  the registers of the interrupted code, on the stack; loaded again on return.
 *
 * Returns only for a probe, and for what another CPU asked for by an NMI. Otherwise panics; a fault
 * while that is being reported may be reported in turn, MAX_DEPTH deep.
 * Context: exception, interrupts off, perhaps on a stack of its own.
 */
void trap_handle(struct trap_frame *f)
{
    unsigned long cr2 = insn_read_cr2();
    struct trap_state *state = raw_cpu_ptr(&trap_state);

    if (recover(f))
        return;
    if (f->vector == VEC_NMI && nmi_handle(f))
        return;
    if (++state->depth > MAX_DEPTH)
        power_exit(EXIT_PANIC);
    state->frame = f;
    state->cr2 = cr2;
    panic_exception(f, cr2);
}

/*
 * trap_print_regs - log the registers of the exception that is being handled, if one is.
 *
 * Returns the frame pointer from which trap_backtrace() shows the interrupted code, its instruction
 * pointer first; 0 if there is no exception. Context: any.
 */
uintptr_t trap_print_regs(void)
{
    const struct trap_state *state = raw_cpu_ptr(&trap_state);
    const struct trap_frame *f = state->frame;

    if (!f)
        return 0;
    pr_emerg("RIP: %04lx:%016lx  RFLAGS: %08lx", (unsigned long)f->cs, (unsigned long)f->rip,
             (unsigned long)f->rflags);
    pr_emerg("RSP: %04lx:%016lx  vector %lu, error code 0x%lx", (unsigned long)f->ss,
             (unsigned long)f->rsp, (unsigned long)f->vector, (unsigned long)f->error);
    pr_emerg("RAX: %016lx RBX: %016lx RCX: %016lx", f->rax, f->rbx, f->rcx);
    pr_emerg("RDX: %016lx RSI: %016lx RDI: %016lx", f->rdx, f->rsi, f->rdi);
    pr_emerg("RBP: %016lx R08: %016lx R09: %016lx", f->rbp, f->r8, f->r9);
    pr_emerg("R10: %016lx R11: %016lx R12: %016lx", f->r10, f->r11, f->r12);
    pr_emerg("R13: %016lx R14: %016lx R15: %016lx", f->r13, f->r14, f->r15);
    pr_emerg("CR0: %016lx CR2: %016lx CR3: %016lx CR4: %08lx", insn_read_cr0(), state->cr2,
             insn_read_cr3(), insn_read_cr4());
    return (uintptr_t)&f->link_rbp;
}
