/*
 * arch/x86_64/nmi.c - what CPUs want of each other whatever the other is doing: stop, or say where you
 * are.
 *
 * THEORY
 *
 * A non-maskable interrupt comes through where interrupts are off, so it reaches a CPU that hangs. It
 * brings no message; what is wanted is written down before it is sent.
 *
 * At the end only one CPU talks. The CPU that panics stops the others first, so that none goes on with
 * broken data or writes between the lines, and then reads from their stacks where they were.
 *
 * A CPU that is only looked at goes on, so it notes its trace itself and does nothing else: it may have
 * been interrupted anywhere, with any lock held, the log's included. Who asked prints it. They agree by
 * the state of the CPU's note:
 *
 *     NOTE_FREE --asked--> NOTE_WANTED --the CPU writes it--> NOTE_WRITTEN --read--> NOTE_FREE
 *                               |
 *                               +--nobody waits any longer--> NOTE_LATE --the CPU comes--> NOTE_FREE
 *
 * A CPU that never comes stays NOTE_LATE and isn't asked again.
 *
 * LOCKING  None. `stopping` is set once and for all; a frame is its CPU's, published with release. A
 *          note belongs to the CPU in NOTE_WANTED and to who asked in NOTE_WRITTEN.
 * SOURCES  Intel SDM vol. 3A, 6.7 "Nonmaskable Interrupt (NMI)".
 */
#include "arch/x86_64/nmi.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/traps.h"
#include "kernel/cpu.h"
#include "kernel/lib/string.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/percpu.h>
#include <arch/smp.h>

#define PATIENCE_NS 1000000000UL /* a virtual CPU may have to wait for a real one */

enum note_state { NOTE_FREE, NOTE_WANTED, NOTE_WRITTEN, NOTE_LATE };

struct note {
    int state; /* enum note_state */
    int nr;
    struct trace_entry trace[MAX_TRACE];
};

static bool stopping;
static DEFINE_PER_CPU(uintptr_t, stopped_frame); /* 0: runs */
static DEFINE_PER_CPU(struct note, note);

static void send_nmi(int cpu)
{
    apic_send(cpu_apic_id_of(cpu), APIC_DM_NMI | APIC_ICR_ASSERT);
}

static bool change_state(struct note *n, int from, int to)
{
    return __atomic_compare_exchange_n(&n->state, &from, to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

/* ---- on the CPU that is asked ---- */

/* nmi_handle - contract in the header. Context: NMI. */
bool nmi_handle(const struct trap_frame *f)
{
    struct note *n = raw_cpu_ptr(&note);
    int state;

    if (__atomic_load_n(&stopping, __ATOMIC_ACQUIRE)) {
        __atomic_store_n(raw_cpu_ptr(&stopped_frame), (uintptr_t)&f->link_rbp, __ATOMIC_RELEASE);
        cpu_halt();
    }
    state = __atomic_load_n(&n->state, __ATOMIC_ACQUIRE);
    if (state != NOTE_WANTED && state != NOTE_LATE)
        return false;
    if (state == NOTE_WANTED)
        n->nr = trap_backtrace(n->trace, MAX_TRACE, (uintptr_t)&f->link_rbp);
    if (!change_state(n, NOTE_WANTED, NOTE_WRITTEN)) /* it is late, perhaps only now */
        __atomic_store_n(&n->state, NOTE_FREE, __ATOMIC_RELEASE);
    return true;
}

/* ---- stopping ---- */

static bool all_stopped(int self)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        if (cpu != self && !smp_stopped_frame(cpu))
            return false;
    }
    return true;
}

/* smp_stop_others - contract in the header. */
void smp_stop_others(void)
{
    int self = this_cpu(), cpu;
    uint64_t end;

    if (cpumask_weight(&cpu_online_mask) <= 1)
        return;
    __atomic_store_n(&stopping, true, __ATOMIC_SEQ_CST);
    for_each_cpu (cpu, &cpu_online_mask) {
        if (cpu != self)
            send_nmi(cpu);
    }
    end = clock_ns() + PATIENCE_NS;
    while (!all_stopped(self) && clock_ns() < end)
        cpu_relax();
}

/* smp_stopped_frame - contract in the header. Context: any. */
uintptr_t smp_stopped_frame(int cpu)
{
    return __atomic_load_n(per_cpu_ptr(&stopped_frame, cpu), __ATOMIC_ACQUIRE);
}

/* ---- looking ---- */

/* Wait until @n is written. False if that took too long. */
static bool wait_for_note(struct note *n)
{
    uint64_t end = clock_ns() + PATIENCE_NS;

    while (__atomic_load_n(&n->state, __ATOMIC_ACQUIRE) != NOTE_WRITTEN) {
        if (clock_ns() >= end)
            return !change_state(n, NOTE_WANTED, NOTE_LATE);
        cpu_relax();
    }
    return true;
}

/* smp_backtrace - contract in the header. */
int smp_backtrace(int cpu, struct trace_entry *trace)
{
    struct note *n = per_cpu_ptr(&note, cpu);
    int nr;

    if (!change_state(n, NOTE_FREE, NOTE_WANTED))
        return 0;
    send_nmi(cpu);
    if (!wait_for_note(n))
        return 0;
    nr = n->nr;
    memcpy(trace, n->trace, (size_t)nr * sizeof(*trace));
    __atomic_store_n(&n->state, NOTE_FREE, __ATOMIC_RELEASE);
    return nr;
}
