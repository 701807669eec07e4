/*
 * <arch/topology.h> - what an APIC id says about where a CPU sits.
 */
#ifndef ARCH_TOPOLOGY_H
#define ARCH_TOPOLOGY_H

#include <stdint.h>

struct seqbuf;

#define CPU_NO_CLUSTER 65535 /* CPUID doesn't tell; the number that Linux shows */

struct cpu_topology {
    uint32_t package; /* number of the socket */
    uint32_t die;     /* of the die; where CPUID doesn't tell 0, or the package's (AMD without
                       * TOPOEXT), as Linux has it */
    uint32_t core;    /* of the core, unique in its package */
    uint32_t thread;  /* of the SMT thread in its core */
    uint32_t cluster; /* CPUs with the same number share their second-level cache; unique in the
                       * machine, as is llc; or CPU_NO_CLUSTER */
    uint32_t llc;     /* CPUs with the same number share their last-level cache */
};

/* From CPUID of the CPU that runs this; all CPUs of a machine are taken to be alike. */
struct cpu_topology cpu_topology(uint32_t apic_id);

#endif
