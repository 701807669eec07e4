/*
 * arch/x86_64/regs.h - bits of control registers, MSRs, flags, page-table entries and error codes.
 *
 * SOURCES  "SDM" is the Intel 64 and IA-32 Architectures Software Developer's Manual, edition 080
 *          (June 2023); "APM" is the AMD64 Architecture Programmer's Manual, volume 2,
 * edition 3.41.
 */
#ifndef ARCH_X86_64_REGS_H
#define ARCH_X86_64_REGS_H

/* SDM vol. 3A, 2.5 "Control Registers" */
#define CR0_PE   (1UL << 0)  /* protected mode */
#define CR0_MP   (1UL << 1)  /* WAIT heeds the task-switched flag */
#define CR0_ET   (1UL << 4)  /* the FPU is a 387 or later; always one */
#define CR0_NE   (1UL << 5)  /* FPU errors are exceptions, not interrupts of the PIC */
#define CR0_WP   (1UL << 16) /* read-only pages are read-only for the kernel too */
#define CR0_PG   (1UL << 31) /* paging */
#define CR4_PAE  (1UL << 5)  /* 64-bit page-table entries */
#define CR4_MCE  (1UL << 6)  /* machine checks are exceptions, not a shutdown */
#define CR4_PGE  (1UL << 7)  /* global pages */
#define CR4_UMIP (1UL << 11) /* user code cannot read descriptor-table addresses */
#define CR4_SMEP (1UL << 20) /* the kernel cannot execute user pages */
#define CR4_SMAP (1UL << 21) /* the kernel cannot touch user pages by accident */

/* SDM vol. 4, 2.1 "Architectural MSRs", IA32_EFER */
#define MSR_EFER 0xc0000080
#define EFER_LME (1UL << 8)  /* paging means long mode */
#define EFER_NXE (1UL << 11) /* the no-execute bit of page-table entries */

/* The same table: base of segment GS; IA32_APIC_BASE; IA32_TSC_DEADLINE */
#define MSR_GS_BASE       0xc0000101
#define MSR_APIC_BASE     0x1b
#define APIC_BASE_X2APIC  (1UL << 10) /* the registers are MSRs */
#define APIC_BASE_ENABLED (1UL << 11)
#define APIC_BASE_ADDRESS 0x000ffffffffff000UL
#define MSR_TSC_DEADLINE  0x6e0

/* SDM vol. 1, 3.4.3 "EFLAGS Register" */
#define EFLAGS_ID (1UL << 21) /* can be changed: the CPU has CPUID */

/* SDM vol. 2A, chapter 3, "CPUID - CPU Identification": what the kernel cannot do without */
#define CPUID_1_EDX_TSC       (1UL << 4)
#define CPUID_1_EDX_MSR       (1UL << 5)
#define CPUID_1_EDX_PAE       (1UL << 6)
#define CPUID_80000001_EDX_NX (1UL << 20)
#define CPUID_80000001_EDX_LM (1UL << 29)

/* SDM vol. 3A, 4.5 "4-Level Paging and 5-Level Paging", tables 4-15 to 4-20 */
#define PTE_PRESENT       (1UL << 0)
#define PTE_WRITE         (1UL << 1)
#define PTE_WRITE_THROUGH (1UL << 3)
#define PTE_NO_CACHE      (1UL << 4)
#define PTE_ACCESSED      (1UL << 5)
#define PTE_DIRTY         (1UL << 6)
#define PTE_LARGE         (1UL << 7) /* in the two middle levels: a page, not a table */
#define PTE_GLOBAL        (1UL << 8)
#define PTE_NX            (1UL << 63)
#define PTE_ADDRESS       0x000ffffffffff000UL /* bits 51 to 12 */

/* SDM vol. 3A, 4.7 "Page-Fault Exceptions": the error code */
#define PF_PRESENT  (1UL << 0) /* the page is there, the right is missing */
#define PF_WRITE    (1UL << 1)
#define PF_USER     (1UL << 2)
#define PF_RESERVED (1UL << 3) /* a reserved bit is set in a page-table entry */
#define PF_FETCH    (1UL << 4) /* an instruction was to be executed */

/* SDM vol. 3A, 6.13 "Error Code": of faults that concern a descriptor */
#define ERR_EXTERNAL (1UL << 0) /* while an event from outside was delivered */
#define ERR_IDT      (1UL << 1)
#define ERR_LDT      (1UL << 2)
#define ERR_INDEX    0xfff8UL

/* SDM vol. 3A, 6.15 "Exception and Interrupt Reference" */
#define VEC_NMI           2
#define VEC_DOUBLE_FAULT  8
#define VEC_INVALID_TSS   10
#define VEC_PROTECTION    13
#define VEC_PAGE_FAULT    14
#define VEC_MACHINE_CHECK 18
#define NR_EXCEPTIONS     32
#define NR_VECTORS        256

/*
 * Ours: the higher the first digit, the more urgent (SDM vol. 3A, 10.8.3 "Interrupt, Task, and
 * Processor Priority"). ISA interrupt n arrives as VEC_ISA + n.
 */
#define VEC_ISA        0x30
#define VEC_TIMER      0xec
#define VEC_CALL       0xfb
#define VEC_RESCHEDULE 0xfc
#define VEC_APIC_ERROR 0xfe
#define VEC_SPURIOUS   0xff /* its low four bits are ones on all APICs */

/* SDM vol. 3A, 3.4.5 "Segment Descriptors": the two that 64-bit code needs, base and limit unused
 */
#define DESC_CODE64   0x00209a0000000000UL /* present, code, readable, L */
#define DESC_DATA     0x0000920000000000UL /* present, data, writable */
#define DESC_ACCESSED (1UL << 40)          /* set by the CPU when the descriptor is loaded */
/* What a starting CPU passes through: 32 bits, base 0, limit 4 GiB. */
#define DESC_CODE32 0x00cf9a000000ffffUL
/* SDM vol. 3A, 3.4.2 "Segment Selectors": byte offset into the GDT */
#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_TSS  0x18
/* In the trampoline's GDT, which has no TSS. */
#define SEL_CODE32 0x18
/* SDM vol. 3A, 3.5 "System Descriptor Types" and 6.14.1 "64-Bit Mode IDT", with the present bit */
#define DESC_TSS64_AVAILABLE 0x89
#define GATE_INTERRUPT64     0x8e

#endif
