/*
 * tests/host/machine.h - machines and their scheduling domains: those of domains_linux.h, and others.
 */
#ifndef TESTS_HOST_MACHINE_H
#define TESTS_HOST_MACHINE_H

#include "sched/topology.h"
#include "tests/host/domains_linux.h"
#include "tests/host/test.h"

#define MAX_NODES  128
#define MAX_PIECES 65536

struct machine {
    cpumask_t cpus;
    cpumask_t node_cpus[MAX_NODES];
    struct sched_cpu_place place[NR_CPUS];
    uint8_t distance[MAX_NODES * MAX_NODES];
    struct sched_topology_input in;
    struct sched_domains domains;
    void *pieces[MAX_PIECES];
    unsigned nr_pieces;
    unsigned limit; /* pieces that there are to be had */
};

static inline void *piece_alloc(struct sched_domains *d, int cpu, size_t bytes)
{
    struct machine *m = container_of(d, struct machine, domains);

    EXPECT(cpumask_test(&m->cpus, cpu));
    if (m->nr_pieces == m->limit)
        return NULL;
    return m->pieces[m->nr_pieces++] = calloc(1, bytes);
}

static inline struct machine *machine_new(int nr_cpus, int nr_nodes)
{
    struct machine *m = calloc(1, sizeof(*m));

    m->limit = MAX_PIECES;
    m->domains.alloc = piece_alloc;
    m->in = (struct sched_topology_input){.cpus = &m->cpus,
                                          .nr_cpus = nr_cpus,
                                          .place = m->place,
                                          .nr_nodes = nr_nodes,
                                          .distance = m->distance,
                                          .node_cpus = m->node_cpus,
                                          .reclaim_distance = SCHED_RECLAIM_DISTANCE};
    return m;
}

static inline void add_cpu(struct machine *m, int cpu, struct sched_cpu_place place)
{
    m->place[cpu] = place;
    cpumask_set(&m->cpus, cpu);
    cpumask_set(&m->node_cpus[place.node], cpu);
}

static inline void set_distance(struct machine *m, int from, int to, int distance)
{
    m->distance[from * m->in.nr_nodes + to] = (uint8_t)distance;
}

static inline void free_pieces(struct machine *m)
{
    while (m->nr_pieces)
        free(m->pieces[--m->nr_pieces]);
}

static inline void machine_free(struct machine *m)
{
    free_pieces(m);
    free(m);
}

static inline int build(struct machine *m)
{
    void *scratch = malloc(sched_topology_scratch_bytes(&m->in));
    int err = sched_topology_build(&m->domains, &m->in, scratch);

    free(scratch);
    return err;
}

static inline void read_places(struct machine *m, const char *text)
{
    char *end;

    for (int cpu = 0; cpu < m->in.nr_cpus; cpu++) {
        struct sched_cpu_place p;

        p.package = (uint32_t)strtoul(text, &end, 10);
        p.core = (uint32_t)strtoul(end, &end, 10);
        p.llc = (uint32_t)strtoul(end, &end, 10);
        p.node = (int)strtol(end, &end, 10);
        text = end;
        add_cpu(m, cpu, p);
    }
}

static inline void read_node_cpus(struct machine *m, const char *text)
{
    for (int nid = 0; nid < m->in.nr_nodes; nid++) {
        char list[256];
        size_t len = strcspn(text, ";");

        snprintf(list, sizeof(list), "%.*s", (int)len, text);
        EXPECT_EQ(0, bitmap_parse_list(list, m->node_cpus[nid].bits, NR_CPUS));
        text += len + 1;
    }
}

/* The machine @l, its domains not built yet. */
static inline struct machine *machine_of(const struct linux_machine *l)
{
    struct machine *m = machine_new(l->nr_cpus, l->nr_nodes);
    const char *text = l->distances;
    char *end;

    read_places(m, l->places);
    read_node_cpus(m, l->node_cpus);
    for (int i = 0; i < l->nr_nodes * l->nr_nodes; i++, text = end)
        m->distance[i] = (uint8_t)strtoul(text, &end, 10);
    return m;
}

#endif
