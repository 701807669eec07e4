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

int cpu_register(uint32_t apic_id, bool present);
uint32_t cpu_apic_id_of(int cpu);
void cpu_set_node(int cpu, int nid);
int cpu_to_node(int cpu);

/* The CPU that runs this. Only the boot CPU runs so far. */
static inline int this_cpu(void)
{
    return 0;
}

/* The node of the CPU that runs this, memory or not. */
int numa_node_id(void);

static inline bool cpu_possible(int cpu)
{
    return cpu >= 0 && cpu < nr_cpu_ids;
}

void cpu_online_show(struct seqbuf *s);
void cpu_possible_show(struct seqbuf *s);
void cpu_present_show(struct seqbuf *s);
void cpuinfo_show(struct seqbuf *s);

#endif
