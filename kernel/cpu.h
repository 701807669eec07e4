/*
 * kernel/cpu.h - the processors by logical number: which there are, their APIC ids and nodes.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "kernel/lib/cpumask.h"

struct seqbuf;

extern int nr_cpu_ids;             /* possible CPUs are 0..nr_cpu_ids-1 */
extern cpumask_t cpu_present_mask; /* can be started */
extern cpumask_t cpu_online_mask;  /* runs */
extern int cpu_nodes[NR_CPUS];     /* for cpu_to_node() */

int cpu_register(uint32_t apic_id, bool present);
uint32_t cpu_apic_id_of(int cpu);
void cpu_set_node(int cpu, int nid);

/* The CPU that runs this. Only the boot CPU runs so far. */
static inline int this_cpu(void)
{
    return 0;
}

/* The node of a possible CPU; it may have no memory. */
static inline int cpu_to_node(int cpu)
{
    return cpu_nodes[cpu];
}

/* The node of the CPU that runs this. */
static inline int numa_node_id(void)
{
    return cpu_to_node(this_cpu());
}

void cpu_online_show(struct seqbuf *s);
void cpu_possible_show(struct seqbuf *s);
void cpu_present_show(struct seqbuf *s);
void cpuinfo_show(struct seqbuf *s);

#endif
