/*
 * arch/x86_64/cpu.c - what this CPU is and can do, and the protections that follow from it.
 *
 * boot/entry.asm has made sure of what the kernel cannot do without (long mode, NX, TSC).
 * Everything here is used where it is there: PGE, SMEP, SMAP, UMIP, MCE, 1 GiB pages.
 *
 * LOCKING  None; read once on the boot CPU, read-only afterwards. The other CPUs are taken to be like
 *          it.
 * SOURCES  Intel SDM vol. 2A, "CPUID - CPU Identification"; vol. 3A, 2.5 "Control Registers".
 */
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/ports.h"
#include "arch/x86_64/regs.h"
#include "arch/x86_64/tlb.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include <arch/cpu.h>

static uint32_t feature_words[NR_CPU_WORDS];

/*
 * cpu_max_leaf - the highest CPUID leaf of a range.
 *
 * @base  0 or 0x80000000.
 *
 * Returns it, or 0 if the CPU doesn't know the range (it then answers something unrelated).
 * Context: any.
 */
uint32_t cpu_max_leaf(uint32_t base)
{
    uint32_t max_leaf = insn_cpuid(base, 0).eax;

    return max_leaf >= base && max_leaf - base < 0x10000 ? max_leaf : 0;
}

static void read_features(void)
{
    uint32_t extended = cpu_max_leaf(0x80000000);
    struct cpuid_regs r = insn_cpuid(1, 0);

    feature_words[CPU_1_EDX] = r.edx;
    feature_words[CPU_1_ECX] = r.ecx;
    if (cpu_max_leaf(0) >= 7) {
        r = insn_cpuid(7, 0);
        feature_words[CPU_7_EBX] = r.ebx;
        feature_words[CPU_7_ECX] = r.ecx;
        feature_words[CPU_7_EDX] = r.edx;
    }
    if (extended >= 0x80000001) {
        r = insn_cpuid(0x80000001, 0);
        feature_words[CPU_80000001_EDX] = r.edx;
        feature_words[CPU_80000001_ECX] = r.ecx;
    }
    if (extended >= 0x80000007)
        feature_words[CPU_80000007_EDX] = insn_cpuid(0x80000007, 0).edx;
}

static void enable_protections(void)
{
    static const struct {
        enum cpu_feature feature;
        unsigned long cr4_bit;
    } wanted[] = {
        {CPU_HAS_MCE, CR4_MCE},   {CPU_HAS_PGE, CR4_PGE},   {CPU_HAS_UMIP, CR4_UMIP},
        {CPU_HAS_SMEP, CR4_SMEP}, {CPU_HAS_SMAP, CR4_SMAP},
    };
    unsigned long cr4 = insn_read_cr4();

    for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (cpu_has(wanted[i].feature))
            cr4 |= wanted[i].cr4_bit;
    }
    insn_write_cr4(cr4);
}

/* The two legacy controllers deliver nothing: devices interrupt by an I/O APIC. */
static void mask_legacy_interrupts(void)
{
    insn_out8(PIC_MASTER_MASK, 0xff);
    insn_out8(PIC_SLAVE_MASK, 0xff);
}

/*
 * cpu_init - features, descriptors, trap gates, protections; legacy interrupts masked.
 *
 * Exceptions end in a readable panic from here on. May be called again.
 * Context: the boot CPU, interrupts off.
 */
void cpu_init(void)
{
    read_features();
    descriptors_init();
    enable_protections();
    mask_legacy_interrupts();
}

/*
 * cpu_feature_word - 32 feature bits as CPUID gives them; contract in the header. Context: any.
 */
uint32_t cpu_feature_word(enum cpu_word word)
{
    return feature_words[word];
}

/*
 * cpu_has - does this CPU have @feature? False for all before cpu_init(). Context: any.
 */
bool cpu_has(enum cpu_feature feature)
{
    return (feature_words[feature / 32] >> feature % 32 & 1) != 0;
}

/*
 * cpu_apic_id - hardware id of the CPU that runs this: the x2APIC's where CPUID tells it, else the
 * initial APIC id of 8 bits. Context: any.
 */
uint32_t cpu_apic_id(void)
{
    if (cpu_max_leaf(0) >= 0xb) {
        struct cpuid_regs r = insn_cpuid(0xb, 0);

        if (r.ebx != 0)
            return r.edx;
    }
    return insn_cpuid(1, 0).ebx >> 24;
}

/* cpu_relax - tell the CPU that this is a polling loop. Context: any. */
void cpu_relax(void)
{
    insn_pause();
}

/* cpu_idle_wait - contract in the header. Context: interrupts off. */
void cpu_idle_wait(void)
{
    tlb_enter_lazy();
    insn_sti_hlt();
    tlb_leave_lazy(); /* if it was an NMI that ended the wait, no handler has */
}

/* cpu_is_virtual - contract in the header. Context: any. */
bool cpu_is_virtual(void)
{
    return cpu_has(CPU_HAS_HYPERVISOR);
}

/* cpu_init_secondary - contract in the header. Context: interrupts off, GS set. */
void cpu_init_secondary(void)
{
    descriptors_init_cpu();
    enable_protections();
}

/* cpu_halt - stop this CPU for good. Does not return. Context: any. */
void cpu_halt(void)
{
    insn_cli();
    for (;;)
        insn_hlt();
}

/* cpu_phys_bits - MAXPHYADDR: SDM vol. 3A, 4.1.4; 36 where CPUID does not tell. Context: any. */
unsigned cpu_phys_bits(void)
{
    return cpu_max_leaf(0x80000000) >= 0x80000008 ? insn_cpuid(0x80000008, 0).eax & 0xff : 36;
}

/*
 * cpu_vendor - fill @vendor with CPUID's vendor string, such as "GenuineIntel". Context: any.
 */
void cpu_vendor(char vendor[13])
{
    struct cpuid_regs r = insn_cpuid(0, 0);

    memcpy(vendor, &r.ebx, 4);
    memcpy(vendor + 4, &r.edx, 4);
    memcpy(vendor + 8, &r.ecx, 4);
    vendor[12] = '\0';
}

/*
 * cpu_brand - fill @brand with CPUID's brand string, blanks at both ends removed; "unknown" if the
 * CPU has none. Context: any.
 */
void cpu_brand(char brand[49])
{
    char text[49] = "unknown"; /* zeros behind it */
    const char *start = text;
    size_t len;

    if (cpu_max_leaf(0x80000000) >= 0x80000004) {
        for (uint32_t i = 0; i < 3; i++) {
            struct cpuid_regs r = insn_cpuid(0x80000002 + i, 0);

            memcpy(text + i * sizeof(r), &r, sizeof(r));
        }
    }
    while (*start == ' ')
        start++;
    len = strlen(start);
    while (len > 0 && start[len - 1] == ' ')
        len--;
    memcpy(brand, start, len);
    brand[len] = '\0';
}

/*
 * cpu_model - decode CPUID leaf 1's signature: SDM vol. 2A, figure 3-6 "Version Information
 * Returned by CPUID in EAX". Context: any.
 */
struct cpu_model cpu_model(void)
{
    uint32_t eax = insn_cpuid(1, 0).eax;
    unsigned family = eax >> 8 & 0xf;
    unsigned model = eax >> 4 & 0xf;

    if (family == 0xf)
        family += eax >> 20 & 0xff;
    if (family >= 6)
        model |= (eax >> 16 & 0xf) << 4;
    return (struct cpu_model){.family = family, .model = model, .stepping = eax & 0xf};
}

/*
 * cpu_print_features - one log line: vendor, model, and the features that are in use.
 *
 * Context: after cpu_init().
 */
void cpu_print_features(void)
{
    char vendor[13], brand[49];
    struct cpu_model m = cpu_model();

    cpu_vendor(vendor);
    cpu_brand(brand);
    pr_info("CPU: %s, %s (family %u, model %u, stepping %u); in use: nx wp%s%s%s%s%s%s", vendor,
            brand, m.family, m.model, m.stepping, cpu_has(CPU_HAS_PGE) ? " pge" : "",
            cpu_has(CPU_HAS_SMEP) ? " smep" : "", cpu_has(CPU_HAS_SMAP) ? " smap" : "",
            cpu_has(CPU_HAS_UMIP) ? " umip" : "", cpu_has(CPU_HAS_MCE) ? " mce" : "",
            cpu_has(CPU_HAS_GIB_PAGES) ? " pdpe1gb" : "");
}
