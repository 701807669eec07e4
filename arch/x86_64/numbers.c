/*
 * arch/x86_64/numbers.c - the numbers that C and assembly share, each written once, in C.
 *
 * Never linked: the Makefile compiles this file to assembly and makes build/numbers.inc of it.
 */
#include "arch/x86_64/insn.h"
#include "arch/x86_64/ports.h"
#include "arch/x86_64/regs.h"
#include "arch/x86_64/smp_boot.h"
#include "arch/x86_64/stacks.h"
#include "arch/x86_64/traps.h"
#include "boot/handoff.h"
#include "kernel/lib/errno.h"
#include <arch/page.h>
#include <arch/power.h>

#define EMIT(name) INSN_EMIT_NUMBER(#name, name)

void numbers(void);

void numbers(void)
{
    EMIT(PAGE_SIZE);
    EMIT(DIRECT_MAP_BASE);
    EMIT(KERNEL_BASE);

    EMIT(CR0_PE);
    EMIT(CR0_MP);
    EMIT(CR0_ET);
    EMIT(CR0_NE);
    EMIT(CR0_WP);
    EMIT(CR0_PG);
    EMIT(CR4_PAE);
    EMIT(MSR_EFER);
    EMIT(EFER_LME);
    EMIT(EFER_NXE);
    EMIT(EFLAGS_ID);
    EMIT(CPUID_1_EDX_TSC);
    EMIT(CPUID_1_EDX_MSR);
    EMIT(CPUID_1_EDX_PAE);
    EMIT(CPUID_80000001_EDX_NX);
    EMIT(CPUID_80000001_EDX_LM);
    EMIT(PTE_PRESENT);
    EMIT(PTE_WRITE);
    EMIT(PTE_LARGE);
    EMIT(PTE_NX);
    EMIT(DESC_CODE64);
    EMIT(DESC_DATA);
    EMIT(SEL_CODE);
    EMIT(SEL_DATA);
    EMIT(NR_EXCEPTIONS);
    EMIT(NR_VECTORS);
    EMIT(MSR_GS_BASE);
    EMIT(DESC_CODE32);
    EMIT(DESC_ACCESSED);
    EMIT(SEL_CODE32);

    EMIT(TRAMPOLINE_PA);
    EMIT(TRAMPOLINE_PML4_PA);
    INSN_EMIT_NUMBER("AP_SLOT_SIZE", sizeof(struct ap_slot));
    INSN_EMIT_NUMBER("AP_SLOT_APIC_ID", offsetof(struct ap_slot, apic_id));
    INSN_EMIT_NUMBER("AP_SLOT_CPU", offsetof(struct ap_slot, cpu));
    INSN_EMIT_NUMBER("AP_SLOT_STACK_TOP", offsetof(struct ap_slot, stack_top));
    INSN_EMIT_NUMBER("AP_SLOT_AREA", offsetof(struct ap_slot, area));

    INSN_EMIT_NUMBER("BOOT_STACK_TOP", sizeof(struct guarded_stack)); /* offset in boot_stacks */
    EMIT(TRAP_STUB_SIZE);
    INSN_EMIT_NUMBER("TRAP_FRAME_R15", offsetof(struct trap_frame, r15));
    INSN_EMIT_NUMBER("TRAP_FRAME_RIP", offsetof(struct trap_frame, rip));
    EMIT(EFAULT);

    EMIT(MULTIBOOT2_HEADER_MAGIC);
    EMIT(MULTIBOOT2_HEADER_TAG_END);
    EMIT(MULTIBOOT2_HEADER_TAG_INFO_REQUEST);
    EMIT(MULTIBOOT2_HEADER_TAG_ENTRY);
    EMIT(MULTIBOOT2_TAG_MEMORY_MAP);
    EMIT(PVH_BOOT_MAGIC);
    EMIT(XEN_ELFNOTE_PHYS32_ENTRY);

    EMIT(SERIAL_DATA);
    EMIT(SERIAL_IER);
    EMIT(SERIAL_LCR);
    EMIT(SERIAL_LSR);
    EMIT(SERIAL_LCR_DLAB);
    EMIT(SERIAL_LCR_8N1);
    EMIT(SERIAL_LSR_EMPTY);
    EMIT(SERIAL_DIVISOR);
    EMIT(EXIT_PORT);
    EMIT(EXIT_PANIC);
}
