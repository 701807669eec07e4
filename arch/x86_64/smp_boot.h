/*
 * arch/x86_64/smp_boot.h - what smp.c and boot/ap_trampoline.asm say to each other.
 */
#ifndef ARCH_X86_64_SMP_BOOT_H
#define ARCH_X86_64_SMP_BOOT_H

#include "kernel/lib/compiler.h"
#include <arch/page.h>

/*
 * Where the code is that a CPU begins with, page aligned and below 1 MiB; behind it come its page
 * tables. mm/mm_init.c keeps the first 64 KiB free.
 */
#define TRAMPOLINE_PA      0x8000UL
#define TRAMPOLINE_PML4_PA 0x9000UL
#define TRAMPOLINE_PDPT_PA 0xa000UL
#define TRAMPOLINE_PD_PA   0xb000UL
#define TRAMPOLINE_END_PA  0xc000UL

/* What a CPU needs to get to C; it finds its own by its APIC id. */
struct ap_slot {
    uint32_t apic_id;
    uint32_t cpu;
    uint64_t stack_top;
    uint64_t area; /* for GS */
};

/* Read by the starting CPUs. */
extern struct ap_slot ap_slots[];
extern uint32_t nr_ap_slots;
extern uint64_t ap_root; /* CR3 */

/* ap_trampoline.asm: the code to copy to TRAMPOLINE_PA. */
extern const uint8_t ap_trampoline[], ap_trampoline_end[];

/* Called by ap_trampoline.asm on the idle stack of @cpu, GS set; does not return. */
void ap_start(int cpu);

#endif
