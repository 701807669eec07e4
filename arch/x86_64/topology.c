/*
 * arch/x86_64/topology.c - threads, cores, dies, packages and shared caches, by CPUID.
 *
 * THEORY
 *
 * An APIC id is made of bit fields, so that CPUs which share something have the same id above some
 * bit. CPUID tells the widths:
 *
 *     apic id   pppp d ccc t     core_shift 1, die_shift 4, package_shift 5
 *
 * Leaf 0x1f, or else 0xb, has a level each for threads, cores and so on, with the width of all up to
 * that level. AMD's CPUs have it too, but it is only to be believed along with their own extension
 * (TOPOEXT); an AMD CPU without that counts everything in the package as a core, the width being told
 * by leaf 0x80000008. So does Linux, and so QEMU's `-cpu max` under TCG, which is such a CPU, shows no
 * SMT. All others are described by leaf 1 (threads of a package) and leaf 4 (cores of a package).
 *
 * A cache is shared by CPUs whose ids agree above as many bits as the number of sharers, rounded up to
 * a power of two, has. Intel's leaf 4 and AMD's leaf 0x8000001d describe a cache of each level. The
 * last-level cache is
 *
 *     Intel   the third level of leaf 4, else the second; none told: every CPU alone
 *     AMD     by family. Before 0x17, or without a third level or TOPOEXT: the die (without TOPOEXT,
 *             the package). 0x17, models to 0x1f: four cores with two threads each. Later: leaf
 *             0x8000001d
 *
 * LOCKING  None. CPUID needs none.
 * SOURCES  Intel SDM vol. 2A, "CPUID - CPU Identification", leaves 01H, 04H, 0BH, 1FH, and vol. 3A,
 *          8.9 "Programming Considerations for Hardware Multi-Threading Capable Processors"; AMD64 APM
 *          vol. 3, appendix E.4.7 "Function 8000_0008h", E.4.15 "Functions 8000_001Dh", E.4.16
 *          "Function 8000_001Eh".
 */
#include "arch/x86_64/topology.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/insn.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/string.h"
#include <arch/topology.h>

#define LEVEL_SMT      1 /* leaf 0xb and 0x1f: types of levels */
#define LEVEL_CORE     2
#define LEVEL_DIE      5
#define MAX_LEVELS     8
#define MAX_CACHES     8

#define AMD_FAMILY_ZEN 0x17
#define ZEN1_MAX_MODEL 0x1f
#define ZEN1_LLC_BITS  3 /* a core complex: four cores, two threads each */

static unsigned bits_for(unsigned nr)
{
    unsigned bits = 0;

    while (bits < 31 && 1u << bits < nr)
        bits++;
    return bits;
}

static bool is_amd(void)
{
    char vendor[13];

    cpu_vendor(vendor);
    return strcmp(vendor, "AuthenticAMD") == 0 || strcmp(vendor, "HygonGenuine") == 0;
}

/* ---- the layout of ids ---- */

/* By leaf 0xb or 0x1f; false if the CPU doesn't have it. */
static bool layout_by_levels(uint32_t leaf, struct id_layout *layout)
{
    unsigned threads_per_core = 1;

    if (cpu_max_leaf(0) < leaf || insn_cpuid(leaf, 0).ebx == 0)
        return false;
    *layout = (struct id_layout){.nr_threads = 1};
    for (uint32_t level = 0; level < MAX_LEVELS; level++) {
        struct cpuid_regs r = insn_cpuid(leaf, level);
        unsigned type = r.ecx >> 8 & 0xff, shift = r.eax & 31, nr = r.ebx & 0xffff;

        if (type == 0 || nr == 0)
            break;
        if (type == LEVEL_SMT) {
            layout->core_shift = shift;
            threads_per_core = nr;
        }
        if (type == LEVEL_SMT || type == LEVEL_CORE)
            layout->die_shift = shift;
        layout->package_shift = shift;
        layout->nr_threads = nr;
    }
    layout->nr_cores = max(layout->nr_threads / threads_per_core, 1u);
    return true;
}

/* Threads of a package by leaf 1: bit 28 ("ht") says that the number is there. */
static unsigned threads_by_leaf_1(void)
{
    struct cpuid_regs r = insn_cpuid(1, 0);

    return (r.edx & 1u << 28) ? max(r.ebx >> 16 & 0xff, 1u) : 1;
}

/* An AMD CPU without TOPOEXT: no threads, the width of the core's number by leaf 0x80000008. */
static void layout_by_leaf_80000008(struct id_layout *layout)
{
    uint32_t ecx = cpu_max_leaf(0x80000000) >= 0x80000008 ? insn_cpuid(0x80000008, 0).ecx : 0;
    unsigned nr = (ecx & 0xff) + 1, width = ecx >> 12 & 0xf;

    layout->nr_cores = nr;
    layout->nr_threads = nr;
    layout->core_shift = 0;
    layout->package_shift = width ? width : bits_for(nr);
    layout->die_shift = layout->package_shift;
}

static void layout_by_leaf_4(struct id_layout *layout)
{
    unsigned threads = threads_by_leaf_1();
    unsigned cores = cpu_max_leaf(0) >= 4 ? (insn_cpuid(4, 0).eax >> 26) + 1 : 1;

    layout->nr_threads = threads;
    layout->nr_cores = min(cores, threads);
    layout->core_shift = bits_for(threads / layout->nr_cores);
    layout->package_shift = layout->core_shift + bits_for(layout->nr_cores);
    layout->die_shift = layout->package_shift;
}

/* id_layout - which bits of an APIC id mean what, on this CPU. Context: any, after cpu_init(). */
struct id_layout id_layout(void)
{
    struct id_layout layout;
    bool amd = is_amd();

    if (amd && !cpu_has(CPU_HAS_TOPOEXT)) {
        layout_by_leaf_80000008(&layout);
        return layout;
    }
    if (layout_by_levels(0x1f, &layout) || layout_by_levels(0xb, &layout))
        return layout;
    if (amd)
        layout_by_leaf_80000008(&layout);
    else
        layout_by_leaf_4(&layout);
    return layout;
}

/* ---- caches ---- */

/* How many bits of an id differ within the CPUs that share the cache of @level, by @leaf (4 or
 * 0x8000001d); -1 if there is none. Instruction caches aside. */
static int sharing_bits(uint32_t leaf, unsigned level)
{
    for (uint32_t i = 0; i < MAX_CACHES; i++) {
        uint32_t eax = insn_cpuid(leaf, i).eax;

        if ((eax & 31) == 0)
            break;
        if ((eax >> 5 & 7) == level && (eax & 31) != 2)
            return (int)bits_for((eax >> 14 & 0xfff) + 1);
    }
    return -1;
}

/* The lowest id that agrees with @apic_id above @bits bits, by which Linux calls a cache, too. */
static uint32_t first_sharer(uint32_t apic_id, int bits)
{
    return apic_id & ~((1u << bits) - 1);
}

static bool has_level_3_amd(void)
{
    return cpu_max_leaf(0x80000000) >= 0x80000006 && insn_cpuid(0x80000006, 0).edx != 0;
}

static void caches_amd(struct cpu_topology *t, uint32_t apic_id, const struct id_layout *layout)
{
    struct cpu_model model = cpu_model();
    int bits = -1;

    t->cluster = CPU_NO_CLUSTER;
    t->llc = first_sharer(apic_id, (int)layout->die_shift);
    if (!cpu_has(CPU_HAS_TOPOEXT))
        t->die = t->package;
    if (!cpu_has(CPU_HAS_TOPOEXT) || model.family < AMD_FAMILY_ZEN || !has_level_3_amd())
        return;
    if (model.family == AMD_FAMILY_ZEN && model.model <= ZEN1_MAX_MODEL)
        bits = ZEN1_LLC_BITS;
    else if (cpu_max_leaf(0x80000000) >= 0x8000001d)
        bits = sharing_bits(0x8000001d, 3);
    if (bits >= 0)
        t->llc = first_sharer(apic_id, bits);
}

static void caches_intel(struct cpu_topology *t, uint32_t apic_id)
{
    int second = cpu_max_leaf(0) >= 4 ? sharing_bits(4, 2) : -1;
    int third = cpu_max_leaf(0) >= 4 ? sharing_bits(4, 3) : -1;

    t->cluster = second >= 0 ? first_sharer(apic_id, second) : CPU_NO_CLUSTER;
    t->llc = first_sharer(apic_id, third >= 0 ? third : second >= 0 ? second : 0);
}

/* The bits [from, to) of @id. */
static uint32_t field(uint32_t id, unsigned from, unsigned to)
{
    return (uint32_t)((id & ((1ULL << to) - 1)) >> from);
}

/*
 * cpu_topology - where the CPU with this APIC id sits.
 *
 * Context: any, after cpu_init(). Some ten CPUIDs.
 */
struct cpu_topology cpu_topology(uint32_t apic_id)
{
    struct id_layout layout = id_layout();
    struct cpu_topology t = {
        .package = (uint32_t)((uint64_t)apic_id >> layout.package_shift),
        .die = field(apic_id, layout.die_shift, layout.package_shift),
        .core = field(apic_id, layout.core_shift, layout.package_shift),
        .thread = field(apic_id, 0, layout.core_shift),
    };

    if (is_amd())
        caches_amd(&t, apic_id, &layout);
    else
        caches_intel(&t, apic_id);
    return t;
}
