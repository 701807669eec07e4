/*
 * mm/numa.h - which nodes this machine has, what belongs to each, and how far apart they are.
 */
#ifndef MM_NUMA_H
#define MM_NUMA_H

#include "kernel/acpi/slit.h"
#include "kernel/acpi/srat.h"
#include "kernel/lib/nodemask.h"
#include "mm/memblock.h"

struct seqbuf;

#define LOCAL_DISTANCE   10 /* ACPI 6.4, 5.2.17 "System Locality Information Table (SLIT)" */
#define REMOTE_DISTANCE  20 /* where the firmware says nothing, as in Linux */

#define NUMA_MAX_PXM     1024 /* proximity domains are below; Debian's Linux has the same limit */
#define NUMA_MAX_ENTRIES 8192 /* of the SRAT; a longer one is not used */
#define NUMA_MAX_BLOCKS  1024
#define NUMA_MAX_CPUS    256

enum numa_origin {
    NUMA_ORIGIN_SRAT, /* the firmware's tables */
    NUMA_ORIGIN_FLAT, /* one node with everything */
};

/* A range that belongs to a node. It may hold holes, but no other node's range. */
struct numa_block {
    uint64_t start; /* physical, bytes, [start, end) */
    uint64_t end;
    int nid;
};

/* What became of an SRAT entry, in the order of the checks. */
enum numa_fate {
    FATE_NOT_REACHED,  /* the table was given up before */
    FATE_UNKNOWN_TYPE, /* ignored */
    FATE_DISABLED,     /* ignored */
    FATE_BAD_LENGTH,   /* rejects the table */
    FATE_BAD_PXM,      /* rejects the table: 1024 or more, or the 129th domain */
    FATE_BAD_APIC,     /* ignored: an id that no CPU can have */
    FATE_NO_CPU,       /* names its node, but the MADT has no such CPU */
    FATE_REPEATED,     /* a later entry puts the same CPU elsewhere: the last one wins */
    FATE_EMPTY,        /* no bytes; the domain exists all the same */
    FATE_WRAPS,        /* ends below its start; the domain exists all the same */
    FATE_TOO_MANY,     /* rejects the table: a memory range past NUMA_MAX_BLOCKS */
    FATE_NO_RAM,       /* the range holds no RAM; the domain exists all the same */
    FATE_OVERLAPS,     /* rejects the table: shares bytes with another node's range */
    FATE_USED,
};

/* What the decision is made from. */
struct numa_input {
    const struct memblock *memblock;   /* RAM; its node ids are not looked at */
    const struct srat *srat;           /* NULL: there is none */
    const struct acpi_diag *srat_diag; /* what srat_parse said, or NULL if it was content */
    const struct slit *slit;           /* NULL: there is none */
    const struct acpi_diag *slit_diag;
    const char *option; /* value of numa=, NULL if absent */
    unsigned nr_cpus;
    const uint32_t *apic_ids; /* nr_cpus of them, by logical CPU number */
};

struct numa_topology {
    enum numa_origin origin;
    bool fake;              /* numa=fake split the nodes of `origin` */
    char verdict[192];      /* why not SRAT; "" if it is used */
    char fake_verdict[160]; /* why numa= was not, or not to the letter, obeyed; else "" */
    char slit_verdict[160]; /* why not SLIT; "" if it is used */
    bool slit_used;

    int nr_nodes; /* highest possible node + 1 */
    nodemask_t possible;
    nodemask_t generic_initiator;
    unsigned nr_blocks;
    struct numa_block blocks[NUMA_MAX_BLOCKS];
    int cpu_node[NUMA_MAX_CPUS];    /* by logical CPU number */
    int phys_node[MAX_NUMNODES];    /* fake: the node that a node is a part of; else itself */
    int32_t node_pxm[MAX_NUMNODES]; /* of a physical node; -1 if it has none */
    int nr_pxm_nodes;               /* node_pxm[0 .. nr_pxm_nodes) are set */
    uint8_t distance[MAX_NUMNODES * MAX_NUMNODES]; /* [from * nr_nodes + to] */

    uint64_t covered_bytes; /* RAM that the SRAT gives to nodes */
    uint64_t ram_bytes;
    unsigned nr_fates;
    uint8_t fates[NUMA_MAX_ENTRIES]; /* enum numa_fate by SRAT entry */
};

/* The machine's topology; read-only once numa_init has returned. */
extern struct numa_topology numa_topology;

void numa_decide(struct numa_topology *t, const struct numa_input *in);
int numa_apply(const struct numa_topology *t, struct memblock *mb);
int numa_logical_node(const struct numa_topology *t, int nid);
int numa_node_of_pxm(const struct numa_topology *t, uint32_t pxm);
void numa_init(struct memblock *mb);
void numa_mark_hotplug(struct memblock *mb);
int numa_node_of_address(uint64_t pa);
void numa_show(struct seqbuf *s);

#endif
