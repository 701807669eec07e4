/*
 * arch/x86_64/apic.c - the local APIC: how a CPU gets interrupts and sends them.
 *
 * THEORY
 *
 * Each CPU has one at the same physical address, where it sees only its own. In x2APIC mode the
 * registers are MSRs instead, and ids have 32 bits instead of 8; where the CPU offers the mode it is
 * used, since then no access leaves the CPU. The three places where it makes a difference are
 * apic_read(), apic_write() and apic_send().
 *
 * LOCKING  None; an APIC is its CPU's. apic_send() keeps interrupts out between the two halves.
 * SOURCES  Intel SDM vol. 3A, chapter 10 "Advanced Programmable Interrupt Controller (APIC)", 10.12
 *          "Extended XAPIC (x2APIC)".
 * NOT HERE What the vectors mean (irq.c); the timer (timer.c).
 */
#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/regs.h"
#include "arch/x86_64/tables.h"
#include "kernel/printk.h"
#include <arch/cpu.h>
#include <arch/irq.h>

#define MSR_X2APIC(reg) (0x800 + (uint32_t)(reg) / 16)

/* Fixed at boot. */
static volatile uint8_t *registers; /* NULL: none, or x2APIC mode */
static bool x2apic;
static uint32_t lint[2] = {APIC_LVT_MASKED, APIC_LVT_MASKED};

/* apic_read - a register of this CPU's APIC. Context: any, after apic_init(). */
uint32_t apic_read(enum apic_reg reg)
{
    if (x2apic)
        return (uint32_t)insn_rdmsr(MSR_X2APIC(reg));
    return *(volatile uint32_t *)(registers + reg);
}

/* apic_write - the same, but for APIC_ICR: see apic_send(). */
void apic_write(enum apic_reg reg, uint32_t value)
{
    if (x2apic)
        insn_wrmsr(MSR_X2APIC(reg), value);
    else
        *(volatile uint32_t *)(registers + reg) = value;
}

/* apic_eoi - the interrupt that is being handled is done. Context: its handler, interrupts off. */
void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

/*
 * apic_send - send the interrupt @command to the CPU @apic_id, and return when it is on its way.
 *
 * Context: any. The ICR's writes are ordered after all earlier stores: uncached stores are by
 * themselves, in x2APIC mode a fence is needed (SDM 10.12.3 "MSR Access in x2APIC Mode").
 */
void apic_send(uint32_t apic_id, uint32_t command)
{
    unsigned long flags;

    if (x2apic) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        insn_wrmsr(MSR_X2APIC(APIC_ICR), (uint64_t)apic_id << 32 | command);
        return;
    }
    flags = irq_save();
    while (apic_read(APIC_ICR) & APIC_ICR_PENDING)
        cpu_relax();
    apic_write(APIC_ICR_HIGH, apic_id << 24);
    apic_write(APIC_ICR, command);
    irq_restore(flags);
}

/* apic_present - did apic_init() find one? Context: any. */
bool apic_present(void)
{
    return registers || x2apic;
}

/* apic_can_reach - is @apic_id one that apic_send() can address? Context: any. */
bool apic_can_reach(uint32_t apic_id)
{
    return x2apic || (registers && apic_id <= APIC_MAX_ID);
}

/* The inputs that the firmware says are NMIs; the others are the 8259's, which is silent. */
static void find_nmi_inputs(const struct madt *madt)
{
    for (unsigned i = 0; madt && i < madt->nr_lapic_nmis; i++) {
        const struct madt_lapic_nmi *nmi = &madt->lapic_nmis[i];

        if (nmi->uid == MADT_ALL_PROCESSORS && nmi->lint < 2)
            lint[nmi->lint] = APIC_DM_NMI;
    }
}

/*
 * apic_init - find the local APIC, choose its mode, enable the boot CPU's.
 *
 * @madt  tells which inputs are NMIs; NULL: none.
 *
 * Returns false, with a line in the log, if the CPU has none. Context: boot, interrupts off.
 */
bool apic_init(const struct madt *madt)
{
    uint64_t base;

    if (!cpu_has(CPU_HAS_APIC)) {
        pr_warn("this CPU has no local APIC, so there are no interrupts, timers and other CPUs");
        return false;
    }
    base = insn_rdmsr(MSR_APIC_BASE);
    x2apic = cpu_has(CPU_HAS_X2APIC);
    if (!x2apic)
        registers = vm_map_device(base & APIC_BASE_ADDRESS);
    if (!apic_present()) {
        pr_warn("no memory to map the local APIC");
        return false;
    }
    find_nmi_inputs(madt);
    apic_init_cpu();
    pr_info("APIC: id 0x%x%s, timer %s", cpu_apic_id(), x2apic ? ", x2APIC mode" : "",
            cpu_has(CPU_HAS_TSC_DEADLINE) ? "by TSC deadline" : "counting down");
    return true;
}

/*
 * apic_init_cpu - enable this CPU's APIC: all priorities, only NMIs from its two inputs.
 *
 * Context: interrupts off, after apic_init() on the boot CPU.
 */
void apic_init_cpu(void)
{
    uint64_t base = insn_rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLED;

    insn_wrmsr(MSR_APIC_BASE, base); /* the two bits must not be set in one step */
    if (x2apic)
        insn_wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
    apic_write(APIC_SVR, APIC_SVR_ENABLED | VEC_SPURIOUS);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic_write(APIC_LVT_LINT0, lint[0]);
    apic_write(APIC_LVT_LINT1, lint[1]);
    apic_write(APIC_ESR, 0);
    apic_write(APIC_LVT_ERROR, VEC_APIC_ERROR);
}
