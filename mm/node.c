/*
 * mm/node.c - nodes: memory and CPUs that are near to each other.
 *
 * THEORY
 *
 * A node is a pg_data_t: its zones, its zonelists, its counts. The structure lies in the node's own
 * memory, because the node's own CPUs use it most; that of a node without memory lies in the
 * nearest node that has some. Every *possible* node, one that the firmware named, has a structure
 * and so can be asked for pages; a node is *online* if there is something in it: memory, CPUs, or a
 * generic initiator.
 *
 * LOCKING  Built by the boot CPU, read-only afterwards.
 */
#include "mm/node.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/movable.h"
#include "mm/node_init.h"
#include "mm/numa.h"

pg_data_t *node_data[MAX_NUMNODES];
nodemask_t node_states[NR_NODE_STATES];
int nr_node_ids = 1;

/*
 * node_distance - from node @from to node @to, in SLIT units.
 *
 * Numbers that are no node get the defaults, 10 and 20.
 */
int node_distance(int from, int to)
{
    int nr = numa_topology.nr_nodes;

    if (from < 0 || to < 0 || from >= nr || to >= nr)
        return from == to ? LOCAL_DISTANCE : REMOTE_DISTANCE;
    return numa_topology.distance[from * nr + to];
}

/* node_free_pages - free pages of the node's zones; 0 for a node that is not possible. */
unsigned long node_free_pages(int nid)
{
    unsigned long nr = 0;

    if (!node_state(nid, N_POSSIBLE))
        return 0;
    for (int i = 0; i < MAX_NR_ZONES; i++)
        nr += READ_ONCE(NODE_DATA(nid)->node_zones[i].nr_free_pages);
    return nr;
}

/* node_managed_pages - pages that the node's zones gave to the buddy. */
unsigned long node_managed_pages(int nid)
{
    unsigned long nr = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++)
        nr += NODE_DATA(nid)->node_zones[i].managed_pages;
    return nr;
}

/*
 * node_cpus - the CPUs of node @nid.
 *
 * The pieces of a physical node that numa=fake has cut share its CPUs, as in Linux.
 */
cpumask_t node_cpus(int nid)
{
    const int *phys = numa_topology.phys_node;
    cpumask_t mask;
    int cpu;

    cpumask_zero(&mask);
    for_each_cpu (cpu, &cpu_present_mask) {
        if (phys[cpu_to_node(cpu)] == phys[nid])
            cpumask_set(&mask, cpu);
    }
    return mask;
}

/* node_online_cpus - those of node_cpus() that run. */
cpumask_t node_online_cpus(int nid)
{
    cpumask_t cpus = node_cpus(nid);

    cpumask_and(&cpus, &cpus, &cpu_online_mask);
    return cpus;
}

/*
 * node_nearest_with_memory - @nid itself if it has memory for the kernel, else the nearest node that has.
 *
 * What is all ZONE_MOVABLE is no such memory. Context: after nodes_set_states.
 */
int node_nearest_with_memory(int nid)
{
    int best = NUMA_NO_NODE, other;

    if (nodemask_test(&node_states[N_NORMAL_MEMORY], nid))
        return nid;
    for_each_node_mask (other, &node_states[N_NORMAL_MEMORY]) {
        if (best == NUMA_NO_NODE || node_distance(nid, other) < node_distance(nid, best))
            best = other;
    }
    return best;
}

static void set_state(int nid, enum node_states state)
{
    nodemask_set(&node_states[state], nid);
    nodemask_set(&node_states[N_ONLINE], nid);
}

/* Is there memory of @nid below ZONE_MOVABLE? */
static bool has_kernel_memory(const struct memblock *mb, int nid)
{
    uint64_t border = (uint64_t)zone_movable_pfn[nid] << PAGE_SHIFT;

    return memblock_bytes_in(mb, 0, border ? border : UINT64_MAX, nid) != 0;
}

/* nodes_set_states - which nodes are what, from the topology, the CPUs and @mb. */
void nodes_set_states(const struct memblock *mb)
{
    int nid;

    nr_node_ids = numa_topology.nr_nodes;
    node_states[N_POSSIBLE] = numa_topology.possible;
    for (unsigned i = 0; i < mb->memory.nr; i++) {
        if (mb->memory.regions[i].nid == NUMA_NO_NODE)
            continue;
        set_state(mb->memory.regions[i].nid, N_MEMORY);
        if (has_kernel_memory(mb, mb->memory.regions[i].nid))
            set_state(mb->memory.regions[i].nid, N_NORMAL_MEMORY);
    }
    for_each_node (nid) {
        cpumask_t cpus = node_cpus(nid);

        if (!cpumask_empty(&cpus))
            set_state(nid, N_CPU);
        if (nodemask_test(&numa_topology.generic_initiator, nid))
            set_state(nid, N_GENERIC_INITIATOR);
    }
}

/* Where the pg_data_t of @nid shall lie. Panics without memory. */
static pg_data_t *alloc_pgdat(int nid, struct memblock *mb)
{
    int from = node_nearest_with_memory(nid);
    uint64_t pa = memblock_alloc(mb, sizeof(pg_data_t), PAGE_SIZE, from);

    if (!pa)
        panic("no room for the descriptor of node %d (%lu bytes): the machine has too little RAM",
              nid, sizeof(pg_data_t));
    pr_info("NODE_DATA(%d) allocated [mem 0x%08llx-0x%08llx]%s", nid, (unsigned long long)pa,
            (unsigned long long)pa + sizeof(pg_data_t) - 1,
            memblock_nid_of(mb, pa) == nid ? "" : " on another node");
    return memset(phys_to_virt(pa), 0, sizeof(pg_data_t));
}

static void count_pages(pg_data_t *pgdat, const struct memblock *mb)
{
    uint64_t start, end;

    for (int i = 0; i < MAX_NR_ZONES; i++) {
        struct zone *zone = &pgdat->node_zones[i];

        zone_init(zone, pgdat, (enum zone_type)i, mb);
        pgdat->node_present_pages += zone->present_pages;
        if (populated_zone(zone))
            pgdat->nr_zones = i + 1;
    }
    if (!memblock_node_span(mb, pgdat->node_id, &start, &end))
        return;
    pgdat->node_start_pfn = start >> PAGE_SHIFT;
    pgdat->node_spanned_pages = (end - start) >> PAGE_SHIFT;
    pgdat->node_mem_map = pfn_to_page(pgdat->node_start_pfn);
}

static void node_print(const pg_data_t *pgdat)
{
    if (!pgdat->node_spanned_pages) {
        pr_info("Initmem setup node %d as memoryless", pgdat->node_id);
        return;
    }
    pr_info(
        "Initmem setup node %d [mem 0x%016llx-0x%016llx] %lu of %lu pages present", pgdat->node_id,
        (unsigned long long)pgdat->node_start_pfn << PAGE_SHIFT,
        ((unsigned long long)(pgdat->node_start_pfn + pgdat->node_spanned_pages) << PAGE_SHIFT) - 1,
        pgdat->node_present_pages, pgdat->node_spanned_pages);
}

/*
 * nodes_init - a pg_data_t with measured zones for every possible node.
 *
 * Context: boot, after nodes_set_states; takes memory from @mb; panics if there is none left.
 */
void nodes_init(struct memblock *mb)
{
    pg_data_t *last = NULL;
    int nid;

    for_each_node (nid) {
        pg_data_t *pgdat = alloc_pgdat(nid, mb);

        pgdat->node_id = nid;
        wait_queue_init(&pgdat->kswapd_wait);
        pgdat->kswapd_highest_zoneidx = MAX_NR_ZONES;
        lruvec_init(&pgdat->lruvec);
        for (int i = 0; i < NR_PAGE_WAIT_QUEUES; i++)
            wait_queue_init(&pgdat->page_wait[i]);
        count_pages(pgdat, mb);
        node_print(pgdat);
        node_data[nid] = pgdat;
        if (last)
            last->node_next = pgdat;
        last = pgdat;
    }
}

static void show_state(struct seqbuf *s, enum node_states state)
{
    nodemask_print_list(s, &node_states[state]);
    seq_putc(s, '\n');
}

/* Files of /sys/devices/system/node, in list format. */
void node_online_show(struct seqbuf *s)
{
    show_state(s, N_ONLINE);
}

void node_possible_show(struct seqbuf *s)
{
    show_state(s, N_POSSIBLE);
}

void node_has_cpu_show(struct seqbuf *s)
{
    show_state(s, N_CPU);
}

void node_has_memory_show(struct seqbuf *s)
{
    show_state(s, N_MEMORY);
}

void node_has_normal_memory_show(struct seqbuf *s)
{
    show_state(s, N_NORMAL_MEMORY);
}

void node_has_generic_initiator_show(struct seqbuf *s)
{
    show_state(s, N_GENERIC_INITIATOR);
}

/* node_distance_show - nodeN/distance: to each online node, in their order. */
void node_distance_show(struct seqbuf *s, int nid)
{
    const char *separator = "";
    int to;

    for_each_online_node (to) {
        seq_printf(s, "%s%d", separator, node_distance(nid, to));
        separator = " ";
    }
    seq_putc(s, '\n');
}

/* node_cpulist_show - nodeN/cpulist, "0-1,4": those that are online. */
void node_cpulist_show(struct seqbuf *s, int nid)
{
    cpumask_t cpus = node_online_cpus(nid);

    cpumask_print_list(s, &cpus);
    seq_putc(s, '\n');
}

/* node_cpumap_show - nodeN/cpumap, hexadecimal, as wide as there are possible CPUs. */
void node_cpumap_show(struct seqbuf *s, int nid)
{
    cpumask_t cpus = node_online_cpus(nid);

    cpumask_print_mask(s, &cpus, nr_cpu_ids);
    seq_putc(s, '\n');
}
