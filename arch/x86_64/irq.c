/*
 * arch/x86_64/irq.c - interrupts: which vector is for whom, and the ones that CPUs send each other.
 *
 * THEORY
 *
 * A handler runs with interrupts off on the stack of what it interrupted. When it is done the thread
 * may be taken off the CPU: a handler that wakes a thread sets need_resched, and irq_handle() lets
 * the scheduler change before the interrupted code goes on.
 *
 * All interrupts are edges, so the APIC is told at once that this one was taken: another one of the
 * same kind that comes meanwhile waits until interrupts are on again, and no longer.
 *
 * LOCKING  The table of handlers is written at boot.
 * SOURCES  Intel SDM vol. 3A, 10.8 "Handling Interrupts", 10.9 "Spurious Interrupt", 10.5.3 "Error
 *          Handling".
 */
#include "arch/x86_64/irq.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/regs.h"
#include "arch/x86_64/tlb.h"
#include "arch/x86_64/traps.h"
#include "kernel/cpu.h"
#include "kernel/preempt.h"
#include "kernel/printk.h"
#include <arch/cpu.h>
#include <arch/interrupt.h>
#include <arch/serial.h>
#include <arch/smp.h>
#include <arch/timer.h>

#define SERIAL_IRQ   4
#define MAX_WARNINGS 10 /* of interrupts that should not come; a storm must not fill the log */

/* Of each CPU, changed by itself with interrupts off. */
struct irq_counts {
    unsigned long all;
    unsigned long line[NR_IRQ_LINES];
};

static DEFINE_PER_CPU(struct irq_counts, irq_counts);

static void (*handlers[NR_VECTORS])(void);
static unsigned nr_warnings;

static const uint8_t ipi_vectors[NR_IPIS] = {
    [IPI_RESCHEDULE] = VEC_RESCHEDULE,
    [IPI_CALL] = VEC_CALL,
};

static void handle_nothing(void)
{
}

/* Bits 5 to 7 mean: an illegal vector was sent, or received, or an illegal register touched. */
static void handle_apic_error(void)
{
    apic_write(APIC_ESR, 0);
    if (__atomic_fetch_add(&nr_warnings, 1, __ATOMIC_RELAXED) < MAX_WARNINGS)
        pr_warn("APIC: error 0x%x on CPU %d", apic_read(APIC_ESR), this_cpu());
}

static void handle_unknown(unsigned vector)
{
    if (__atomic_fetch_add(&nr_warnings, 1, __ATOMIC_RELAXED) < MAX_WARNINGS)
        pr_warn("interrupt %u on CPU %d is nobody's", vector, this_cpu());
}

static void count(uint64_t vector)
{
    struct irq_counts *counts = raw_cpu_ptr(&irq_counts);

    counts->all++;
    if (vector - VEC_ISA < NR_IRQ_LINES)
        counts->line[vector - VEC_ISA]++;
}

/*
 * irq_handle - what every gate from NR_EXCEPTIONS on ends in.
 *
 * Context: interrupts were on and are off. May return on another CPU, if the thread was moved.
 */
void irq_handle(struct trap_frame *f)
{
    struct cpu_local *cpu = cpu_local();

    cpu->irq_depth++;
    count(f->vector);
    tlb_leave_lazy();
    if (f->vector != VEC_SPURIOUS)
        apic_eoi();
    if (handlers[f->vector])
        handlers[f->vector]();
    else
        handle_unknown((unsigned)f->vector);
    cpu->irq_depth--;
    if (cpu->irq_depth == 0 && cpu->preempt_count == 0 && READ_ONCE(cpu->need_resched))
        preempt_schedule_irq();
}

/* interrupts_of_cpu - contract in the header. */
unsigned long interrupts_of_cpu(int cpu)
{
    return READ_ONCE(per_cpu_ptr(&irq_counts, cpu)->all);
}

/* interrupts_of_line - contract in the header. O(CPUs). */
unsigned long interrupts_of_line(int irq)
{
    unsigned long sum = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        sum += READ_ONCE(per_cpu_ptr(&irq_counts, cpu)->line[irq]);
    return sum;
}

/* irq_set_handler - @handler is called for interrupts of @vector. Context: boot. */
void irq_set_handler(unsigned vector, void (*handler)(void))
{
    handlers[vector] = handler;
}

/* ipi_set_handler - contract in the header. */
void ipi_set_handler(enum ipi ipi, void (*handler)(void))
{
    irq_set_handler(ipi_vectors[ipi], handler);
}

/*
 * ipi_send - interrupt @cpu, which is online. All that this CPU has stored before is seen by the
 * handler. Context: any.
 */
void ipi_send(int cpu, enum ipi ipi)
{
    apic_send(cpu_apic_id_of(cpu), APIC_DM_FIXED | ipi_vectors[ipi]);
}

/* ipi_send_mask - interrupt all of *@cpus, which are online. Context: any. O(CPUs). */
void ipi_send_mask(const cpumask_t *cpus, enum ipi ipi)
{
    int cpu;

    for_each_cpu (cpu, cpus)
        ipi_send(cpu, ipi);
}

/* interrupts_init - contract in the header. */
void interrupts_init(const struct madt *madt)
{
    irq_set_handler(VEC_RESCHEDULE, handle_nothing); /* irq_handle() does what is to be done */
    irq_set_handler(VEC_SPURIOUS, handle_nothing);
    irq_set_handler(VEC_APIC_ERROR, handle_apic_error);
    if (!apic_init(madt))
        return;
    ioapic_init(madt);
    timer_init_cpu();
    insn_sti();
}

/* interrupts_init_cpu - contract in the header. */
void interrupts_init_cpu(void)
{
    apic_init_cpu();
    timer_init_cpu();
}

/* serial_set_handler - contract in the header. Context: boot, after interrupts_init(). */
bool serial_set_handler(void (*handler)(void))
{
    irq_set_handler(VEC_ISA + SERIAL_IRQ, handler);
    if (!apic_present() || !ioapic_route_isa(SERIAL_IRQ, VEC_ISA + SERIAL_IRQ, cpu_apic_id_of(0)))
        return false;
    return true;
}
