/*
 * kernel/cpu.h - the processors by logical number: which there are, their APIC ids and nodes.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "kernel/lib/cpumask.h"
#include <arch/percpu.h>
#include <arch/topology.h>

struct seqbuf;

extern int nr_cpu_ids;             /* possible CPUs are 0..nr_cpu_ids-1 */
extern cpumask_t cpu_present_mask; /* can be started */
extern cpumask_t cpu_online_mask;  /* runs; bits are set atomically */
extern int cpu_nodes[NR_CPUS];     /* for cpu_to_node() */

int cpu_register(uint32_t apic_id, bool present);
uint32_t cpu_apic_id_of(int cpu);
void cpu_set_node(int cpu, int nid);

/* The CPU that runs this; a thread that may be moved gets what was true a moment ago. */
static inline int this_cpu(void)
{
    return raw_this_cpu();
}

/* The node of a possible CPU; it may have no memory. */
static inline int cpu_to_node(int cpu)
{
    return cpu_nodes[cpu];
}

/* The node of the CPU that runs this; 0 before percpu_init(). */
static inline int numa_node_id(void)
{
    return raw_this_node();
}

void cpu_online_show(struct seqbuf *s);
void cpu_possible_show(struct seqbuf *s);
void cpu_present_show(struct seqbuf *s);
void cpu_online_one_show(struct seqbuf *s, int cpu);

/* Where a present CPU sits, and who of those online shares what with it. */
struct cpu_topology cpu_topology_of(int cpu);
enum cpu_sharing { SHARE_CORE, SHARE_CLUSTER, SHARE_LLC, SHARE_DIE, SHARE_PACKAGE };
cpumask_t cpu_sharers(int cpu, enum cpu_sharing what);
void cpuinfo_show(struct seqbuf *s);

#endif
