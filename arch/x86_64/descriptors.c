/*
 * arch/x86_64/descriptors.c - GDT, TSS and IDT.
 *
 * THEORY
 *
 * In 64-bit mode segments no longer say where memory is; the GDT is left with the code segment's
 * mode bit and with the TSS. The TSS in turn is left with stack pointers: an IDT gate that names
 * one of its seven "interrupt stacks" (IST) makes the CPU change to that stack whatever the old
 * one was worth. Three exceptions need it, because they come when the stack may be unusable:
 *
 *     double fault    above all after a push into the guard page of an overflowing stack
 *     NMI             between any two instructions
 *     machine check   the same
 *
 * GDT and TSS are each CPU's own, since the stacks are; one IDT serves all.
 *
 * INVARIANTS
 *   D1  The selectors are those of boot/entry.asm and boot/ap_trampoline.asm, so the segment
 *       registers stay as they are.
 *
 * LOCKING  None; the IDT is built before anything else runs, the others are the CPU's.
 * SOURCES  Intel SDM vol. 3A, 3.5 "System Descriptor Types", 6.14 "Exception and Interrupt Handling
 *          in 64-bit Mode", 7.7 "Task Management in 64-bit Mode".
 * NOT HERE The gates' code (trap_entry.asm) and what it calls (traps.c, irq.c).
 */
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/regs.h"
#include "arch/x86_64/stacks.h"
#include "arch/x86_64/traps.h"
#include <arch/percpu.h>

/* SDM vol. 3A, figure 7-11 "64-Bit TSS Format" */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3]; /* stacks for entries from user mode */
    uint64_t reserved1;
    uint64_t ist[7]; /* ist[0] is what a gate calls IST 1 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map; /* offset of the I/O permission map; the size of the TSS: there is none */
} __packed;

_Static_assert(sizeof(struct tss) == 104, "64-bit TSS");

/* SDM vol. 3A, figure 6-8 "64-Bit IDT Gate Descriptors" */
struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist; /* 0: stay on the stack */
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

_Static_assert(sizeof(struct gate) == 16, "64-bit gate");

enum { GDT_ENTRIES = SEL_TSS / 8 + 2 }; /* a TSS descriptor takes two */

static DEFINE_PER_CPU(struct tss, cpu_tss);
static DEFINE_PER_CPU(uint64_t[GDT_ENTRIES], cpu_gdt);
static struct gate idt[NR_VECTORS];

/* Which stack an exception changes to; CPU_STACK_IDLE: none, it stays where it is. */
static enum cpu_stack stack_of_vector(unsigned vector)
{
    switch (vector) {
    case VEC_DOUBLE_FAULT:
        return CPU_STACK_DOUBLE_FAULT;
    case VEC_NMI:
        return CPU_STACK_NMI;
    case VEC_MACHINE_CHECK:
        return CPU_STACK_MACHINE_CHECK;
    default:
        return CPU_STACK_IDLE;
    }
}

static void tss_init(struct tss *tss)
{
    for (int id = CPU_STACK_IDLE + 1; id < NR_CPU_STACKS; id++)
        tss->ist[id - 1] = stack_top_of_this_cpu((enum cpu_stack)id);
    tss->io_map = sizeof(*tss);
}

static void gdt_init(uint64_t *gdt, const struct tss *tss)
{
    uint64_t base = (uintptr_t)tss;
    uint64_t limit = sizeof(*tss) - 1;
    struct table_pointer pointer = {.limit = GDT_ENTRIES * sizeof(*gdt) - 1,
                                    .base = (uintptr_t)gdt};

    gdt[SEL_CODE / 8] = DESC_CODE64;
    gdt[SEL_DATA / 8] = DESC_DATA;
    gdt[SEL_TSS / 8] = limit | (base & 0xffffff) << 16 | (uint64_t)DESC_TSS64_AVAILABLE << 40 |
                       (base >> 24 & 0xff) << 56;
    gdt[SEL_TSS / 8 + 1] = base >> 32;
    insn_lgdt(&pointer);
    insn_ltr(SEL_TSS);
}

static void idt_build(void)
{
    for (unsigned vector = 0; vector < NR_VECTORS; vector++) {
        uintptr_t entry = (uintptr_t)trap_stubs + vector * TRAP_STUB_SIZE;

        idt[vector] = (struct gate){
            .offset_low = (uint16_t)entry,
            .selector = SEL_CODE,
            .ist = (uint8_t)stack_of_vector(vector),
            .type = GATE_INTERRUPT64,
            .offset_middle = (uint16_t)(entry >> 16),
            .offset_high = (uint32_t)(entry >> 32),
        };
    }
}

/*
 * descriptors_init - build the IDT; build and load the boot CPU's TSS and GDT.
 *
 * May be called again. Context: the boot CPU, interrupts off.
 */
void descriptors_init(void)
{
    idt_build();
    descriptors_init_cpu();
}

/*
 * descriptors_init_cpu - build and load this CPU's TSS and GDT, and load the IDT.
 *
 * Again if the CPU's area or stacks have changed. Context: boot of the CPU, interrupts off.
 */
void descriptors_init_cpu(void)
{
    struct table_pointer pointer = {.limit = sizeof(idt) - 1, .base = (uintptr_t)idt};

    tss_init(raw_cpu_ptr(&cpu_tss));
    gdt_init(*raw_cpu_ptr(&cpu_gdt), raw_cpu_ptr(&cpu_tss));
    insn_lidt(&pointer);
}
