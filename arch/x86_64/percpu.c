/*
 * arch/x86_64/percpu.c - GS points to this CPU's area.
 *
 * LOCKING  None; written at boot.
 * NOT HERE Where an area lies (mm/percpu.c); the boot CPU's GS until then (boot/entry.asm).
 */
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/regs.h"
#include <arch/percpu.h>

/* The boot CPU's own, in its first life. */
__section(".percpu.first") struct cpu_local cpu_local_master = {.self = &cpu_local_master};

uintptr_t percpu_offset[NR_CPUS];

/* percpu_prepare - contract in the header. */
void percpu_prepare(int cpu, void *area, int nid)
{
    struct cpu_local *local = area;

    percpu_offset[cpu] = (uintptr_t)area - (uintptr_t)&cpu_local_master;
    local->self = local;
    local->offset = percpu_offset[cpu];
    local->cpu = (uint32_t)cpu;
    local->node = nid;
}

/* percpu_move - contract in the header. Context: the boot CPU, interrupts off, after
 * percpu_prepare(). */
void percpu_move(void)
{
    insn_wrmsr(MSR_GS_BASE, (uintptr_t)cpu_local_of(0));
    descriptors_init_cpu();
}
