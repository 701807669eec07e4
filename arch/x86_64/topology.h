/*
 * arch/x86_64/topology.h - how APIC ids are made up.
 */
#ifndef ARCH_X86_64_TOPOLOGY_H
#define ARCH_X86_64_TOPOLOGY_H

/* Bit fields of an APIC id, from the lowest: thread, core, die, package. */
struct id_layout {
    unsigned core_shift;    /* bits of the SMT thread's number */
    unsigned die_shift;     /* bits of thread and core together */
    unsigned package_shift; /* bits of thread, core and die together */
    unsigned nr_threads;    /* of a package, all cores together */
    unsigned nr_cores;      /* of a package */
};

struct id_layout id_layout(void);

#endif
