/*
 * arch/x86_64/cpu_features.h - the CPU's feature bits, read once.
 */
#ifndef ARCH_X86_64_CPU_FEATURES_H
#define ARCH_X86_64_CPU_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

/* Registers of feature bits, in the order in which Linux lists their names. */
enum cpu_word {
    CPU_1_EDX,
    CPU_80000001_EDX,
    CPU_1_ECX,
    CPU_80000001_ECX,
    CPU_7_EBX,
    CPU_7_ECX,
    CPU_80000007_EDX,
    CPU_7_EDX,
    NR_CPU_WORDS,
};

#define CPU_FEATURE(word, bit) ((word)*32 + (bit))

/* Intel SDM vol. 2A, "CPUID - CPU Identification", tables 3-10 and 3-11 and leaf 07H; what is used.
 */
enum cpu_feature {
    CPU_HAS_APIC = CPU_FEATURE(CPU_1_EDX, 9),
    CPU_HAS_X2APIC = CPU_FEATURE(CPU_1_ECX, 21),
    CPU_HAS_TSC_DEADLINE = CPU_FEATURE(CPU_1_ECX, 24),
    CPU_HAS_HYPERVISOR = CPU_FEATURE(CPU_1_ECX, 31), /* APM vol. 2, 15.34 "Hypervisor Present" */
    CPU_HAS_TOPOEXT = CPU_FEATURE(CPU_80000001_ECX, 22),
    CPU_HAS_MCE = CPU_FEATURE(CPU_1_EDX, 7),
    CPU_HAS_PGE = CPU_FEATURE(CPU_1_EDX, 13),
    CPU_HAS_GIB_PAGES = CPU_FEATURE(CPU_80000001_EDX, 26),
    CPU_HAS_SMEP = CPU_FEATURE(CPU_7_EBX, 7),
    CPU_HAS_SMAP = CPU_FEATURE(CPU_7_EBX, 20),
    CPU_HAS_CLFLUSHOPT = CPU_FEATURE(CPU_7_EBX, 23),
    CPU_HAS_CLWB = CPU_FEATURE(CPU_7_EBX, 24),
    CPU_HAS_UMIP = CPU_FEATURE(CPU_7_ECX, 2),
};

/* The word as CPUID gives it; 0 before cpu_init() and where the CPU doesn't have the leaf. */
uint32_t cpu_feature_word(enum cpu_word word);
bool cpu_has(enum cpu_feature feature);

/* Highest leaf of the range that @base (0 or 0x80000000) begins; 0 if it is not there at all. */
uint32_t cpu_max_leaf(uint32_t base);

/* The 12-character vendor and the 48-character brand string, NUL-terminated. */
void cpu_vendor(char vendor[13]);
void cpu_brand(char brand[49]);

/* Family, model and stepping as software counts them, the extended parts added in. */
struct cpu_model {
    unsigned family;
    unsigned model;
    unsigned stepping;
};
struct cpu_model cpu_model(void);

#endif
