/*
 * arch/x86_64/tlb.c - forgetting translations, on all CPUs.
 *
 * THEORY
 *
 * A CPU remembers translations until it is told to forget them. Who takes one away must therefore
 * interrupt every CPU that may have it, and wait for all before the memory is used for anything else.
 *
 * A CPU that waits for work uses no translations and would be woken for nothing. It says so before
 * it stops, and whoever would have interrupted it leaves a note instead, on which the CPU forgets
 * everything as soon as it goes on. Both change the state in one step:
 *
 *     ACTIVE --idle--> LAZY --other CPU--> STALE
 *       ^               |                    |
 *       +---interrupt---+----- forget all ---+
 *
 *     idle CPU                           other CPU
 *     state = LAZY                       clear the page-table entry
 *     sti; hlt                           state: LAZY -> STALE ?
 *     interrupt: old state = ACTIVE        yes: nothing to do for this one
 *                was STALE ? forget        no: interrupt it
 *
 * Either exchange comes first: if the other CPU's, the idle one sees STALE before it touches
 * anything; if the idle one's, the other CPU sees ACTIVE and interrupts.
 *
 * A table of page-table entries that is given back is different: even a waiting CPU may look into it
 * ahead of time, so then all are interrupted.
 *
 * LOCKING  None.
 * SOURCES  Intel SDM vol. 3A, 4.10.4 "Invalidation of TLBs and Paging-Structure Caches", 4.10.5
 *          "Propagation of Paging-Structure Changes to Multiple Processors".
 */
#include "arch/x86_64/tlb.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/regs.h"
#include "kernel/cpu.h"
#include "kernel/preempt.h"
#include "kernel/smp_call.h"
#include <arch/percpu.h>
#include <arch/vm.h>

/* Above so many pages forgetting everything is cheaper: Linux's tlb_single_page_flush_ceiling. */
#define MAX_SINGLE_PAGES 33

enum tlb_state { TLB_ACTIVE, TLB_LAZY, TLB_STALE };

static DEFINE_PER_CPU(int, tlb_state);

struct flush {
    uintptr_t va;
    size_t size; /* bytes */
};

/* Global translations go when PGE changes. Interrupts are kept out: a handler's change of CR4 would
 * be lost. */
static void flush_everything(void)
{
    unsigned long flags = irq_save(), cr4 = insn_read_cr4();

    if (cr4 & CR4_PGE) {
        insn_write_cr4(cr4 & ~CR4_PGE);
        insn_write_cr4(cr4);
    } else {
        insn_write_cr3(insn_read_cr3());
    }
    irq_restore(flags);
}

static void flush_here(void *arg)
{
    const struct flush *f = arg;

    if (f->size / PAGE_SIZE > MAX_SINGLE_PAGES) {
        flush_everything();
        return;
    }
    for (uintptr_t va = f->va; va < f->va + f->size; va += PAGE_SIZE)
        insn_invlpg(va);
}

void tlb_enter_lazy(void)
{
    __atomic_store_n(raw_cpu_ptr(&tlb_state), TLB_LAZY, __ATOMIC_SEQ_CST);
}

void tlb_leave_lazy(void)
{
    int *state = raw_cpu_ptr(&tlb_state);

    if (READ_ONCE(*state) == TLB_ACTIVE)
        return;
    if (__atomic_exchange_n(state, TLB_ACTIVE, __ATOMIC_SEQ_CST) == TLB_STALE)
        flush_everything();
}

/* Leave a note if @cpu waits. False if it has to be interrupted. */
static bool leave_note(int cpu)
{
    int *state = per_cpu_ptr(&tlb_state, cpu), lazy = TLB_LAZY;

    return __atomic_compare_exchange_n(state, &lazy, TLB_STALE, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST) ||
           lazy == TLB_STALE;
}

/*
 * tlb_flush_range - contract in <arch/vm.h>.
 */
void tlb_flush_range(uintptr_t va, size_t size, bool freed_tables)
{
    struct flush f = {.va = va, .size = size};
    cpumask_t others;
    int cpu;

    preempt_disable();
    others = cpu_online_mask;
    cpumask_clear(&others, this_cpu());
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the entries are cleared before a state is read */
    for_each_cpu (cpu, &others) {
        if (!freed_tables && leave_note(cpu))
            cpumask_clear(&others, cpu);
    }
    flush_here(&f);
    if (!cpumask_empty(&others))
        smp_call_function_many(&others, flush_here, &f, true);
    preempt_enable();
}

/* tlb_flush_all - the same for every address. */
void tlb_flush_all(void)
{
    tlb_flush_range(0, SIZE_MAX & ~(PAGE_SIZE - 1), false);
}
