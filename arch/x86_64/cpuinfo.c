/*
 * arch/x86_64/cpuinfo.c - /proc/cpuinfo.
 *
 * The names of the flags are Linux's, in Linux's order; a bit for which Linux shows nothing has no
 * name here. Flags that Linux makes up or takes back by its own judgement (constant_tsc, nopl, ...)
 * are left out, and "bugs" is empty: the kernel knows of no workaround that it would have to apply.
 * All CPUs of a machine are taken to be like the one that runs this; what differs follows from the
 * APIC id (topology.c).
 *
 * LOCKING  None. CPUID needs none.
 * SOURCES  Intel SDM vol. 2A, "CPUID - CPU Identification"; AMD64 APM vol. 3,
 *          appendix E "Obtaining Processor Information Via the CPUID Instruction".
 */
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/topology.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/topology.h>

/* Feature names, by word and bit. */
static const char *const flag_names[NR_CPU_WORDS][32] = {
    [CPU_1_EDX] = {"fpu",  "vme",   "de",   "pse",     "tsc",  "msr", "pae",  "mce",
                   "cx8",  "apic",  NULL,   "sep",     "mtrr", "pge", "mca",  "cmov",
                   "pat",  "pse36", "pn",   "clflush", NULL,   "dts", "acpi", "mmx",
                   "fxsr", "sse",   "sse2", "ss",      "ht",   "tm",  "ia64", "pbe"},
    [CPU_80000001_EDX] = {[11] = "syscall",
                          [19] = "mp",
                          [20] = "nx",
                          [22] = "mmxext",
                          [25] = "fxsr_opt",
                          [26] = "pdpe1gb",
                          [27] = "rdtscp",
                          [29] = "lm",
                          [30] = "3dnowext",
                          [31] = "3dnow"},
    [CPU_1_ECX] = {"pni",    "pclmulqdq", "dtes64", "monitor", "ds_cpl",
                   "vmx",    "smx",       "est",    "tm2",     "ssse3",
                   "cid",    "sdbg",      "fma",    "cx16",    "xtpr",
                   "pdcm",   NULL,        "pcid",   "dca",     "sse4_1",
                   "sse4_2", "x2apic",    "movbe",  "popcnt",  "tsc_deadline_timer",
                   "aes",    "xsave",     NULL,     "avx",     "f16c",
                   "rdrand", "hypervisor"},
    [CPU_80000001_ECX] = {"lahf_lm",    "cmp_legacy",  "svm",
                          "extapic",    "cr8_legacy",  "abm",
                          "sse4a",      "misalignsse", "3dnowprefetch",
                          "osvw",       "ibs",         "xop",
                          "skinit",     "wdt",         NULL,
                          "lwp",        "fma4",        "tce",
                          NULL,         "nodeid_msr",  NULL,
                          "tbm",        "topoext",     "perfctr_core",
                          "perfctr_nb", NULL,          "bpext",
                          "ptsc",       "perfctr_llc", "mwaitx"},
    [CPU_7_EBX] = {"fsgsbase", "tsc_adjust", "sgx",      "bmi1",       "hle",      "avx2",
                   NULL,       "smep",       "bmi2",     "erms",       "invpcid",  "rtm",
                   "cqm",      NULL,         "mpx",      "rdt_a",      "avx512f",  "avx512dq",
                   "rdseed",   "adx",        "smap",     "avx512ifma", NULL,       "clflushopt",
                   "clwb",     "intel_pt",   "avx512pf", "avx512er",   "avx512cd", "sha_ni",
                   "avx512bw", "avx512vl"},
    [CPU_7_ECX] = {[1] = "avx512vbmi",
                   [2] = "umip",
                   [3] = "pku",
                   [4] = "ospke",
                   [5] = "waitpkg",
                   [6] = "avx512_vbmi2",
                   [8] = "gfni",
                   [9] = "vaes",
                   [10] = "vpclmulqdq",
                   [11] = "avx512_vnni",
                   [12] = "avx512_bitalg",
                   [13] = "tme",
                   [14] = "avx512_vpopcntdq",
                   [16] = "la57",
                   [22] = "rdpid",
                   [24] = "bus_lock_detect",
                   [25] = "cldemote",
                   [27] = "movdiri",
                   [28] = "movdir64b",
                   [29] = "enqcmd",
                   [30] = "sgx_lc"},
    [CPU_80000007_EDX] = {NULL},
    [CPU_7_EDX] = {[2] = "avx512_4vnniw",
                   [3] = "avx512_4fmaps",
                   [4] = "fsrm",
                   [8] = "avx512_vp2intersect",
                   [10] = "md_clear",
                   [14] = "serialize",
                   [16] = "tsxldtrk",
                   [18] = "pconfig",
                   [19] = "arch_lbr",
                   [20] = "ibt",
                   [22] = "amx_bf16",
                   [23] = "avx512_fp16",
                   [24] = "amx_tile",
                   [25] = "amx_int8",
                   [28] = "flush_l1d",
                   [29] = "arch_capabilities"},
};

/* AMD64 APM vol. 3, E.4.6 "Function 8000_0007h", EDX; bit 8 (invariant TSC) is shown as a flag. */
static const char *const power_names[] = {
    "ts", "fid", "vid",         "ttp",           "tm",        "stc", "100mhzsteps", "hwpstate",
    NULL, "cpb", "eff_freq_ro", "proc_feedback", "acc_power",
};

/* Intel's leaf 4: the size in KiB of the largest cache. */
static unsigned cache_kib_by_leaf_4(void)
{
    unsigned kib = 0;

    for (uint32_t i = 0; i < 8; i++) {
        struct cpuid_regs r = insn_cpuid(4, i);
        uint64_t ways = (r.ebx >> 22) + 1, partitions = (r.ebx >> 12 & 0x3ff) + 1;
        uint64_t line = (r.ebx & 0xfff) + 1, sets = (uint64_t)r.ecx + 1;

        if ((r.eax & 31) == 0)
            break;
        kib = max(kib, (unsigned)(ways * partitions * line * sets / 1024));
    }
    return kib;
}

/* The last-level cache on Intel, the second level elsewhere; 0 if not told. */
static unsigned cache_kib(const char *vendor)
{
    if (strcmp(vendor, "GenuineIntel") == 0 && cpu_max_leaf(0) >= 4)
        return cache_kib_by_leaf_4();
    if (cpu_max_leaf(0x80000000) >= 0x80000006)
        return insn_cpuid(0x80000006, 0).ecx >> 16;
    return 0;
}

static void show_model(struct seqbuf *s)
{
    struct cpu_model m = cpu_model();
    unsigned long khz = clock_hz() / 1000;
    char vendor[13], brand[49];
    unsigned kib;

    cpu_vendor(vendor);
    cpu_brand(brand);
    kib = cache_kib(vendor);
    seq_printf(s, "vendor_id\t: %s\n", vendor);
    seq_printf(s, "cpu family\t: %u\n", m.family);
    seq_printf(s, "model\t\t: %u\n", m.model);
    seq_printf(s, "model name\t: %s\n", brand);
    seq_printf(s, "stepping\t: %u\n", m.stepping);
    seq_printf(s, "cpu MHz\t\t: %lu.%03lu\n", khz / 1000, khz % 1000);
    if (kib > 0)
        seq_printf(s, "cache size\t: %u KB\n", kib);
}

static void show_ids(struct seqbuf *s, uint32_t apic_id)
{
    struct id_layout layout = id_layout();
    struct cpu_topology t = cpu_topology(apic_id);

    seq_printf(s, "physical id\t: %u\n", t.package);
    seq_printf(s, "siblings\t: %u\n", layout.nr_threads);
    seq_printf(s, "core id\t\t: %u\n", t.core);
    seq_printf(s, "cpu cores\t: %u\n", layout.nr_cores);
    seq_printf(s, "apicid\t\t: %u\n", apic_id);
    seq_printf(s, "initial apicid\t: %u\n", apic_id);
}

static void show_flags(struct seqbuf *s)
{
    seq_puts(s, "flags\t\t:");
    for (int word = 0; word < NR_CPU_WORDS; word++) {
        for (int bit = 0; bit < 32; bit++) {
            if (flag_names[word][bit] && (cpu_feature_word((enum cpu_word)word) >> bit & 1))
                seq_printf(s, " %s", flag_names[word][bit]);
        }
    }
    seq_puts(s, "\nbugs\t\t:\n");
}

/* Where CPUID doesn't tell: 36 and 48 bits, as every 64-bit CPU had them. */
static void show_address_sizes(struct seqbuf *s)
{
    uint32_t eax = 48 << 8 | 36;

    if (cpu_max_leaf(0x80000000) >= 0x80000008)
        eax = insn_cpuid(0x80000008, 0).eax;
    seq_printf(s, "address sizes\t: %u bits physical, %u bits virtual\n", eax & 0xff,
               eax >> 8 & 0xff);
}

static void show_power(struct seqbuf *s)
{
    seq_puts(s, "power management:");
    for (unsigned bit = 0; bit < ARRAY_SIZE(power_names); bit++) {
        if (power_names[bit] && (cpu_feature_word(CPU_80000007_EDX) >> bit & 1))
            seq_printf(s, " %s", power_names[bit]);
    }
    seq_putc(s, '\n');
}

/*
 * cpu_info_show - one CPU's paragraph of /proc/cpuinfo, without the empty line behind it.
 *
 * @cpu      logical number.
 * @apic_id  its hardware id.
 *
 * Context: after cpu_init() and clock_init().
 */
void cpu_info_show(struct seqbuf *s, int cpu, uint32_t apic_id)
{
    unsigned long bogo_centimips = clock_hz() / 5000; /* as on Linux: two for each TSC tick */
    unsigned line_bytes = (insn_cpuid(1, 0).ebx >> 8 & 0xff) * 8;

    seq_printf(s, "processor\t: %d\n", cpu);
    show_model(s);
    show_ids(s, apic_id);
    seq_puts(s, "fpu\t\t: yes\nfpu_exception\t: yes\n");
    seq_printf(s, "cpuid level\t: %u\n", cpu_max_leaf(0));
    seq_puts(s, "wp\t\t: yes\n");
    show_flags(s);
    seq_printf(s, "bogomips\t: %lu.%02lu\n", bogo_centimips / 100, bogo_centimips % 100);
    seq_printf(s, "clflush size\t: %u\n", line_bytes);
    seq_printf(s, "cache_alignment\t: %u\n", line_bytes);
    show_address_sizes(s);
    show_power(s);
}
