/*
 * tests/host/numa_machine.h - machines made of table entries and RAM, and what must hold of any.
 */
#ifndef TESTS_HOST_NUMA_MACHINE_H
#define TESTS_HOST_NUMA_MACHINE_H

#include "kernel/lib/string.h"
#include "mm/numa_internal.h"
#include "mm/zonelist.h"
#include <arch/page.h>

/* Everything that numa_decide looks at, and what it said. */
struct numa_machine {
    struct memblock mb;
    struct memblock applied; /* @mb after numa_apply */
    struct srat srat;
    struct srat_entry entries[NUMA_MAX_ENTRIES + 8];
    struct slit slit;
    uint8_t cells[64 * 64];
    uint32_t apic_ids[NUMA_MAX_CPUS];
    struct numa_input in;
    struct numa_topology t;
};

/* No RAM, no tables, CPUs with APIC ids from 0 on. */
static inline void numa_machine_begin(struct numa_machine *m, unsigned nr_cpus)
{
    m->mb = (struct memblock){.limit = MEMBLOCK_ANYWHERE};
    m->srat.nr_entries = 0;
    m->srat.entries = m->entries;
    m->in = (struct numa_input){.memblock = &m->mb, .nr_cpus = nr_cpus, .apic_ids = m->apic_ids};
    for (unsigned i = 0; i < nr_cpus; i++)
        m->apic_ids[i] = i;
}

/* RAM as Linux finds it on a PC: without page 0, the hole below 1 MiB, and 128 KiB at the top. */
static inline void numa_machine_pc_ram(struct numa_machine *m, uint64_t top)
{
    memblock_add(&m->mb, KiB(4), KiB(636), NUMA_NO_NODE);
    memblock_add(&m->mb, MiB(1), top - KiB(128), NUMA_NO_NODE);
}

/* The next SRAT entry, enabled. */
static inline struct srat_entry *numa_machine_entry(struct numa_machine *m, uint8_t type,
                                                    uint32_t pxm)
{
    struct srat_entry *e = &m->entries[m->srat.nr_entries];

    *e = (struct srat_entry){.offset = 48 + 40 * m->srat.nr_entries++,
                             .type = type,
                             .length = 40,
                             .enabled = true,
                             .pxm = pxm};
    m->in.srat = &m->srat;
    return e;
}

static inline struct srat_entry *numa_machine_cpu(struct numa_machine *m, uint32_t pxm,
                                                  uint32_t apic_id)
{
    struct srat_entry *e = numa_machine_entry(m, SRAT_CPU, pxm);

    e->apic_id = apic_id;
    return e;
}

static inline struct srat_entry *numa_machine_memory(struct numa_machine *m, uint32_t pxm,
                                                     uint64_t base, uint64_t size)
{
    struct srat_entry *e = numa_machine_entry(m, SRAT_MEMORY, pxm);

    e->base = base;
    e->size = size;
    return e;
}

/* ---- what holds on any machine; each function returns what is broken, or NULL ---- */

static inline const char *numa_broken_blocks(const struct numa_topology *t)
{
    for (unsigned i = 0; i < t->nr_blocks; i++) {
        const struct numa_block *a = &t->blocks[i];

        if (a->start >= a->end)
            return "an empty range";
        if (a->nid < 0 || a->nid >= t->nr_nodes || !nodemask_test(&t->possible, a->nid))
            return "a range of a node that is not possible";
        for (unsigned j = 0; j < i; j++) {
            const struct numa_block *b = &t->blocks[j];

            if (a->nid != b->nid && a->start < b->end && b->start < a->end)
                return "T1: a byte of two nodes";
        }
    }
    return t->nr_blocks ? NULL : "no range at all";
}

static inline const char *numa_broken_nodes(const struct numa_topology *t)
{
    int nid, to, last = -1;

    for_each_node_mask (nid, &t->possible) {
        last = nid;
        if (t->phys_node[nid] < 0 || t->phys_node[nid] >= MAX_NUMNODES)
            return "a physical node that is none";
        for_each_node_mask (to, &t->possible) {
            uint8_t d = t->distance[nid * t->nr_nodes + to];

            if (nid == to ? d != LOCAL_DISTANCE : d < LOCAL_DISTANCE)
                return "T3: a distance to itself that is not 10, or one below 10";
            if (nid != to && d == LOCAL_DISTANCE && t->phys_node[nid] != t->phys_node[to])
                return "T3: a distance of 10 between two nodes";
        }
    }
    if (last + 1 != t->nr_nodes)
        return "nr_nodes is not the highest node + 1";
    if ((t->fake || t->origin == NUMA_ORIGIN_FLAT) && nodemask_weight(&t->possible) != t->nr_nodes)
        return "F3: fake node ids with a gap";
    return NULL;
}

static inline const char *numa_broken_cpus(const struct numa_topology *t,
                                           const struct numa_input *in)
{
    for (unsigned cpu = 0; cpu < in->nr_cpus; cpu++) {
        int nid = t->cpu_node[cpu];

        if (nid < 0 || nid >= t->nr_nodes || !nodemask_test(&t->possible, nid))
            return "T2: a CPU on a node that is not possible";
    }
    return NULL;
}

/* RAM after numa_apply, in @applied: all of it owned, none invented, as much as was promised. */
static inline const char *numa_broken_ram(const struct numa_topology *t, const struct memblock *mb,
                                          struct memblock *applied)
{
    uint64_t owned;

    *applied = *mb;
    if (numa_apply(t, applied))
        return "the decision cannot be applied";
    owned = memblock_bytes_in(applied, 0, UINT64_MAX, NUMA_NO_NODE);
    for (unsigned i = 0; i < applied->memory.nr; i++) {
        const struct memblock_region *r = &applied->memory.regions[i];

        if (r->nid < 0 || !nodemask_test(&t->possible, r->nid))
            return "RAM of a node that is not possible";
        if (memblock_bytes_in(mb, r->start, r->end, NUMA_NO_NODE) != r->end - r->start)
            return "RAM where there was none";
    }
    if (!owned)
        return "no RAM is left";
    if (t->origin == NUMA_ORIGIN_SRAT && !t->fake && owned != t->covered_bytes)
        return "covered_bytes is not what the nodes got";
    if (t->origin == NUMA_ORIGIN_FLAT && owned != t->ram_bytes)
        return "RAM is lost though no node needs it"; /* F2 */
    return NULL;
}

static inline const char *numa_broken_words(const struct numa_topology *t)
{
    if ((t->origin == NUMA_ORIGIN_FLAT) != (t->verdict[0] != '\0'))
        return "one flat node without a reason, or a reason without it";
    if (t->slit_used == (t->slit_verdict[0] != '\0'))
        return "a SLIT that is not used without a reason, or a reason without it";
    return NULL;
}

/* Z1 to Z3 for each node. */
static inline const char *numa_broken_zonelists(const struct numa_topology *t,
                                                const struct memblock *applied)
{
    unsigned load[MAX_NUMNODES] = {0};
    int order[MAX_NUMNODES], nid;
    nodemask_t memory;

    nodemask_zero(&memory);
    for (unsigned i = 0; i < applied->memory.nr; i++)
        nodemask_set(&memory, applied->memory.regions[i].nid);
    for_each_node_mask (nid, &t->possible) {
        int nr = zonelist_order(order, nid, t->distance, &memory, load, t->nr_nodes);
        nodemask_t seen;

        nodemask_zero(&seen);
        for (int i = 0; i < nr; i++) {
            const uint8_t *row = &t->distance[nid * t->nr_nodes];

            nodemask_set(&seen, order[i]);
            if (i > 0 &&
                row[order[i - 1]] + (order[i - 1] < nid) > row[order[i]] + (order[i] < nid))
                return "Z3: a nearer node behind a farther one";
        }
        if (nodemask_test(&memory, nid) && order[0] != nid)
            return "Z1: the node itself is not first";
        if (nr != nodemask_weight(&memory) || !nodemask_equal(&seen, &memory))
            return "Z2: not every node with memory just once";
    }
    return NULL;
}

/* Decide, apply, build the lists: what is broken, or NULL. */
static inline const char *numa_machine_broken(struct numa_machine *m)
{
    const char *broken;

    numa_decide(&m->t, &m->in);
    broken = numa_broken_blocks(&m->t);
    if (!broken)
        broken = numa_broken_nodes(&m->t);
    if (!broken)
        broken = numa_broken_cpus(&m->t, &m->in);
    if (!broken)
        broken = numa_broken_words(&m->t);
    if (!broken)
        broken = numa_broken_ram(&m->t, &m->mb, &m->applied);
    if (!broken)
        broken = numa_broken_zonelists(&m->t, &m->applied);
    return broken;
}

#endif
