/*
 * arch/x86_64/insn.h - every instruction that C has no word for, one function each.
 *
 * The one place of inline assembly. What changes memory or order behind the compiler's back says so
 * with a "memory" clobber.
 */
#ifndef ARCH_X86_64_INSN_H
#define ARCH_X86_64_INSN_H

#include <stdint.h>

/* What CPUID answers. */
struct cpuid_regs {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

/* What LGDT and LIDT read: Intel SDM vol. 3A, 3.5.1 "Segment Descriptor Tables". */
struct table_pointer {
    uint16_t limit; /* bytes - 1 */
    uint64_t base;  /* virtual */
} __attribute__((packed));

/* ---- I/O ports ---- */

static inline uint8_t insn_in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t insn_in32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void insn_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void insn_out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void insn_out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

/* ---- cache lines; @va is any address in the line ---- */

static inline void insn_clwb(uintptr_t va)
{
    __asm__ volatile("clwb %0" : "+m"(*(volatile char *)va) : : "memory");
}

static inline void insn_clflushopt(uintptr_t va)
{
    __asm__ volatile("clflushopt %0" : "+m"(*(volatile char *)va) : : "memory");
}

static inline void insn_clflush(uintptr_t va)
{
    __asm__ volatile("clflush %0" : "+m"(*(volatile char *)va) : : "memory");
}

static inline void insn_sfence(void)
{
    __asm__ volatile("sfence" : : : "memory");
}

/* ---- interrupts and waiting ---- */

static inline void insn_cli(void)
{
    __asm__ volatile("cli" : : : "memory");
}

static inline void insn_sti(void)
{
    __asm__ volatile("sti" : : : "memory");
}

static inline void insn_hlt(void)
{
    __asm__ volatile("hlt" : : : "memory");
}

/* Interrupts on and wait for one, with no room between: none can come before the HLT and leave it
 * waiting for the next. */
static inline void insn_sti_hlt(void)
{
    __asm__ volatile("sti; hlt" : : : "memory");
}

static inline void insn_pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static inline unsigned long insn_read_flags(void)
{
    unsigned long flags;

    __asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return flags;
}

/*
 * Nothing, for all that the guest can tell; a mark for whoever watches it from outside, as
 * tools/numascope does. A NOP with an address that nobody would write by chance: 0x4d554eNN, "NUM"
 * in memory behind the number. @number is a constant, 0 to 255.
 */
#define INSN_MARK_MAGIC 0x4d554e00

static __attribute__((always_inline)) inline void insn_mark(const int number)
{
    __asm__ volatile("nopl %c0(%%rax,%%rax,1)" : : "i"(INSN_MARK_MAGIC + number) : "memory");
}

/* ---- what the CPU is and how it is set ---- */

static inline uint64_t insn_rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* Not before the loads that come first in the program: Intel SDM vol. 2B, "RDTSC". */
static inline uint64_t insn_rdtsc_ordered(void)
{
    __asm__ volatile("lfence" : : : "memory");
    return insn_rdtsc();
}

static inline struct cpuid_regs insn_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline unsigned long insn_read_cr2(void)
{
    unsigned long value;

    __asm__ volatile("movq %%cr2, %0" : "=r"(value) : : "memory");
    return value;
}

static inline unsigned long insn_read_cr3(void)
{
    unsigned long value;

    __asm__ volatile("movq %%cr3, %0" : "=r"(value) : : "memory");
    return value;
}

static inline void insn_write_cr3(unsigned long value)
{
    __asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

static inline unsigned long insn_read_cr4(void)
{
    unsigned long value;

    __asm__ volatile("movq %%cr4, %0" : "=r"(value) : : "memory");
    return value;
}

static inline void insn_write_cr4(unsigned long value)
{
    __asm__ volatile("movq %0, %%cr4" : : "r"(value) : "memory");
}

static inline unsigned long insn_read_cr0(void)
{
    unsigned long value;

    __asm__ volatile("movq %%cr0, %0" : "=r"(value) : : "memory");
    return value;
}

static inline uint64_t insn_rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void insn_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

/* Forget what the TLB knows of the page around @va, global or not. */
static inline void insn_invlpg(unsigned long va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline void insn_lgdt(const struct table_pointer *table)
{
    __asm__ volatile("lgdt %0" : : "m"(*table) : "memory");
}

static inline void insn_lidt(const struct table_pointer *table)
{
    __asm__ volatile("lidt %0" : : "m"(*table) : "memory");
}

static inline void insn_ltr(uint16_t selector)
{
    __asm__ volatile("ltr %0" : : "r"(selector) : "memory");
}

/* ---- memory relative to GS: this CPU's area ---- */

/* @offset is a constant, in bytes. Volatile: the thread may have changed its CPU since the last time. */
static __attribute__((always_inline)) inline uint64_t insn_read_gs(unsigned long offset)
{
    uint64_t value;

    __asm__ volatile("movq %%gs:%c1, %0" : "=r"(value) : "i"(offset));
    return value;
}

static __attribute__((always_inline)) inline uint32_t insn_read_gs32(unsigned long offset)
{
    uint32_t value;

    __asm__ volatile("movl %%gs:%c1, %0" : "=r"(value) : "i"(offset));
    return value;
}

/* In one instruction, which no interrupt can divide; the compiler moves no access across. */
static __attribute__((always_inline)) inline void insn_inc_gs32(unsigned long offset)
{
    __asm__ volatile("incl %%gs:%c0" : : "i"(offset) : "memory", "cc");
}

static __attribute__((always_inline)) inline void insn_dec_gs32(unsigned long offset)
{
    __asm__ volatile("decl %%gs:%c0" : : "i"(offset) : "memory", "cc");
}

/* The same for a word at an offset that only the linker knows. */
static __attribute__((always_inline)) inline void insn_add_gs64(unsigned long offset,
                                                                unsigned long nr)
{
    __asm__ volatile("addq %1, %%gs:(%0)" : : "r"(offset), "er"(nr) : "memory", "cc");
}

/* ---- numbers for assembly ---- */

/* One line of the compiler's output that the Makefile turns into "%define name value"; @name is a
 * string literal, @value a constant. */
#define INSN_EMIT_NUMBER(name, value)                                                              \
    __asm__ volatile(".ascii \"@NASM " name " %0\"" : : "i"((long)(value)))

#endif
