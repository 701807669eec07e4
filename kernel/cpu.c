/*
 * kernel/cpu.c - the processors by logical number.
 *
 * The boot CPU is 0, the others follow in the MADT's order. A CPU that the firmware lists but has
 * not enabled may be plugged in later: it is possible, not present, and has no APIC id yet.
 *
 * LOCKING  The boot CPU writes before the others start; read-only afterwards, but for
 *          cpu_online_mask, in which each CPU sets its own bit.
 */
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include <arch/cpu.h>

int nr_cpu_ids;
cpumask_t cpu_present_mask;
cpumask_t cpu_online_mask;

int cpu_nodes[NR_CPUS];

static uint32_t apic_ids[NR_CPUS];

/*
 * cpu_register - the machine has this processor; the boot CPU must be told first, the ones that are
 * not @present last.
 *
 * Returns its logical number, -EEXIST for an APIC id that is known, or -ENOSPC past NR_CPUS.
 */
int cpu_register(uint32_t apic_id, bool present)
{
    int cpu;

    for_each_cpu (cpu, &cpu_present_mask) {
        if (present && apic_ids[cpu] == apic_id)
            return -EEXIST;
    }
    if (nr_cpu_ids == NR_CPUS)
        return -ENOSPC;
    cpu = nr_cpu_ids++;
    apic_ids[cpu] = apic_id;
    if (present)
        cpumask_set(&cpu_present_mask, cpu);
    return cpu;
}

/* cpu_apic_id_of - the APIC id of a present CPU. */
uint32_t cpu_apic_id_of(int cpu)
{
    return apic_ids[cpu];
}

/* cpu_set_node - @cpu belongs to node @nid. */
void cpu_set_node(int cpu, int nid)
{
    cpu_nodes[cpu] = nid;
}

/* ---- topology ---- */

/* cpu_topology_of - contract in the header. Context: any, after cpu_init(). */
struct cpu_topology cpu_topology_of(int cpu)
{
    return cpu_topology(apic_ids[cpu]);
}

static bool shares(const struct cpu_topology *a, const struct cpu_topology *b,
                   enum cpu_sharing what)
{
    bool same_package = a->package == b->package;
    bool same_die = same_package && a->die == b->die;

    switch (what) {
    case SHARE_CORE:
        return same_die && a->core == b->core;
    case SHARE_CLUSTER:
        return a->cluster == b->cluster;
    case SHARE_LLC:
        return a->llc == b->llc;
    case SHARE_DIE:
        return same_die;
    case SHARE_PACKAGE:
        return same_package;
    }
    return false;
}

/*
 * cpu_sharers - the online CPUs that share @what with @cpu, itself included, online or not.
 *
 * Of CPUs whose clusters CPUID doesn't tell each is alone, as in Linux.
 * Context: any, after all CPUs are registered. O(CPUs).
 */
cpumask_t cpu_sharers(int cpu, enum cpu_sharing what)
{
    struct cpu_topology self = cpu_topology_of(cpu);
    cpumask_t mask = cpumask_of(cpu);
    int other;

    if (what == SHARE_CLUSTER && self.cluster == CPU_NO_CLUSTER)
        return mask;
    for_each_cpu (other, &cpu_online_mask) {
        struct cpu_topology t = cpu_topology_of(other);

        if (shares(&self, &t, what))
            cpumask_set(&mask, other);
    }
    return mask;
}

/* ---- files ---- */

/* cpu_online_one_show - /sys/devices/system/cpu/cpuN/online. */
void cpu_online_one_show(struct seqbuf *s, int cpu)
{
    seq_printf(s, "%d\n", cpumask_test(&cpu_online_mask, cpu));
}

/* cpu_online_show - /sys/devices/system/cpu/online, list format. */
void cpu_online_show(struct seqbuf *s)
{
    cpumask_print_list(s, &cpu_online_mask);
    seq_putc(s, '\n');
}

/* cpu_present_show - /sys/devices/system/cpu/present, list format. */
void cpu_present_show(struct seqbuf *s)
{
    cpumask_print_list(s, &cpu_present_mask);
    seq_putc(s, '\n');
}

/* cpu_possible_show - /sys/devices/system/cpu/possible, list format. */
void cpu_possible_show(struct seqbuf *s)
{
    seq_printf(s, nr_cpu_ids > 1 ? "0-%d\n" : "0\n", nr_cpu_ids - 1);
}

/* cpuinfo_show - /proc/cpuinfo: a paragraph for each CPU that runs. */
void cpuinfo_show(struct seqbuf *s)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        cpu_info_show(s, cpu, apic_ids[cpu]);
        seq_putc(s, '\n');
    }
}
