/*
 * tests/kernel/test_nodes.c - nodes: their structures, states, distances and CPUs.
 */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "mm/memblock.h"
#include "mm/movable.h"
#include "mm/node.h"
#include "mm/numa.h"
#include "mm/vmemmap.h"

/* The node of the byte at @p by the page descriptor and by memblock, -1 if they disagree. */
static int node_of(const void *p)
{
    int nid = page_to_nid(virt_to_page(p));

    return nid == memblock_nid_of(&memblock, virt_to_phys(p)) ? nid : -1;
}

static unsigned long managed_pages(int nid)
{
    unsigned long nr = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++)
        nr += NODE_DATA(nid)->node_zones[i].managed_pages;
    return nr;
}

/* A node's counters and lists in another node's memory make each local allocation a remote one. */
KTEST(nodes, node_data_lies_in_its_own_memory)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        const char *first = (const char *)NODE_DATA(nid);

        if (!node_state(nid, N_NORMAL_MEMORY))
            continue; /* nothing of the kernel's may lie there */
        if (managed_pages(nid) < ALIGN_UP(sizeof(pg_data_t), PAGE_SIZE) >> PAGE_SHIFT)
            continue; /* boot had to take all that it has, and it was not enough */
        KEXPECT_EQ(nid, node_of(first));
        KEXPECT_EQ(nid, node_of(first + sizeof(pg_data_t) - 1));
    }
}

/* A node without memory is served from near, its own structure first of all. */
KTEST(nodes, node_data_of_a_memoryless_node_lies_in_the_nearest_memory)
{
    int nid, other, nr = 0;

    for_each_node (nid) {
        int at = node_of(NODE_DATA(nid));

        if (node_state(nid, N_MEMORY))
            continue;
        nr++;
        KASSERT(at >= 0);
        for_each_node_mask (other, &node_states[N_MEMORY])
            KEXPECT(node_distance(nid, at) <= node_distance(nid, other));
    }
    KSKIP_IF(nr == 0, "every node has memory");
}

/* Who walks the chain to sum something up must meet each node once. */
KTEST(nodes, chain_visits_every_possible_node_once_ascending)
{
    const pg_data_t *pgdat = NODE_DATA(nodemask_first(&node_states[N_POSSIBLE]));
    int nid;

    for_each_node (nid) {
        KASSERT(pgdat != NULL);
        KEXPECT_EQ(nid, pgdat->node_id);
        KEXPECT(pgdat == NODE_DATA(nid));
        pgdat = pgdat->node_next;
    }
    KEXPECT(pgdat == NULL);
}

/* Where what the kernel may use of a node ends: at its first movable page. */
static uint64_t kernel_end(int nid)
{
    return zone_movable_pfn[nid] ? (uint64_t)zone_movable_pfn[nid] << PAGE_SHIFT : UINT64_MAX;
}

/* has_memory is what tools choose nodes by: one too many and a bind there fails. */
KTEST(nodes, memory_state_is_whether_memblock_has_ram_of_the_node)
{
    for (int nid = 0; nid < MAX_NUMNODES; nid++) {
        bool has = memblock_bytes_in(&memblock, 0, UINT64_MAX, nid) > 0;

        KEXPECT_EQ(has, node_state(nid, N_MEMORY));
        KEXPECT_EQ(memblock_bytes_in(&memblock, 0, kernel_end(nid), nid) > 0,
                   node_state(nid, N_NORMAL_MEMORY));
        if (node_state(nid, N_POSSIBLE))
            KEXPECT_EQ(has, NODE_DATA(nid)->node_present_pages > 0);
    }
}

/* has_cpu is where threads can run. */
KTEST(nodes, cpu_state_is_whether_a_present_cpu_is_in_the_node)
{
    int nid, cpu;

    for_each_node (nid) {
        bool has = false;

        for_each_cpu (cpu, &cpu_present_mask)
            has |= numa_topology.phys_node[cpu_to_node(cpu)] == numa_topology.phys_node[nid];
        KEXPECT_EQ(has, node_state(nid, N_CPU));
    }
}

/* An online node with nothing in it, or something in a node that is offline: both mislead. */
KTEST(nodes, online_are_the_possible_nodes_with_something_in_them)
{
    nodemask_t something;

    nodemask_or(&something, &node_states[N_MEMORY], &node_states[N_CPU]);
    nodemask_or(&something, &something, &node_states[N_GENERIC_INITIATOR]);
    KEXPECT(nodemask_equal(&something, &node_states[N_ONLINE]));
    nodemask_andnot(&something, &node_states[N_ONLINE], &node_states[N_POSSIBLE]);
    KEXPECT(nodemask_empty(&something));
    KEXPECT(node_online(numa_node_id()));
}

/* A loop up to nr_node_ids that misses the last node, or a macro that accepts any number. */
KTEST(nodes, numbers_out_of_range_are_no_nodes)
{
    int nid, last = -1;

    for_each_node (nid)
        last = nid;
    KEXPECT_EQ(last + 1, nr_node_ids);
    KEXPECT(!node_online(-1));
    KEXPECT(!node_online(MAX_NUMNODES));
    KEXPECT(!node_state(nr_node_ids, N_POSSIBLE));
    KEXPECT_EQ(0, node_free_pages(-1));
    KEXPECT_EQ(0, node_free_pages(MAX_NUMNODES));
    KEXPECT_EQ(0, node_free_pages(nr_node_ids));
}

/* 10 is local by ACPI; a remote node that seems as near is never distinguished from it. */
KTEST(nodes, own_distance_is_10_and_others_are_more)
{
    int from, to;

    for_each_online_node (from) {
        KEXPECT_EQ(LOCAL_DISTANCE, node_distance(from, from));
        for_each_online_node (to)
            if (numa_topology.phys_node[from] != numa_topology.phys_node[to])
                KEXPECT(node_distance(from, to) > LOCAL_DISTANCE);
    }
    KEXPECT_EQ(REMOTE_DISTANCE, node_distance(0, MAX_NUMNODES));
    KEXPECT_EQ(REMOTE_DISTANCE, node_distance(-1, 0));
    KEXPECT_EQ(LOCAL_DISTANCE, node_distance(MAX_NUMNODES, MAX_NUMNODES));
}

/* A CPU in no list or in two is scheduled nowhere or twice. */
KTEST(nodes, every_present_cpu_is_in_the_list_of_its_node)
{
    int nid, cpu, in_lists = 0;

    for_each_online_node (nid) {
        cpumask_t cpus = node_cpus(nid);

        if (numa_topology.phys_node[nid] == nid || !numa_topology.fake)
            in_lists += cpumask_weight(&cpus);
    }
    for_each_cpu (cpu, &cpu_present_mask) {
        cpumask_t cpus = node_cpus(cpu_to_node(cpu));

        KEXPECT(cpumask_test(&cpus, cpu));
    }
    if (!numa_topology.fake)
        KEXPECT_EQ(cpumask_weight(&cpu_present_mask), in_lists);
}

/* The span is where a walk over the node's pages goes. */
KTEST(nodes, span_reaches_from_the_first_to_the_last_page)
{
    int nid;

    for_each_node (nid) {
        const pg_data_t *pgdat = NODE_DATA(nid);
        uint64_t first = UINT64_MAX, end = 0, bytes = 0;

        for (unsigned i = 0; i < memblock.memory.nr; i++) {
            const struct memblock_region *r = &memblock.memory.regions[i];

            if (r->nid != nid)
                continue;
            first = min(first, r->start);
            end = max(end, r->end);
            bytes += r->end - r->start;
        }
        KEXPECT_EQ(end ? first >> PAGE_SHIFT : 0, pgdat->node_start_pfn);
        KEXPECT_EQ(end ? (end - first) >> PAGE_SHIFT : 0, pgdat->node_spanned_pages);
        KEXPECT_EQ(bytes >> PAGE_SHIFT, pgdat->node_present_pages);
        if (end)
            KEXPECT(pgdat->node_mem_map == pfn_to_page(pgdat->node_start_pfn));
    }
}

/* page_to_nid() is what everyone asks; the firmware's word, through memblock, is the truth. */
KTEST(nodes, every_page_of_ram_knows_its_node)
{
    for (unsigned i = 0; i < memblock.memory.nr; i++) {
        const struct memblock_region *r = &memblock.memory.regions[i];

        for (uint64_t pa = r->start; pa < r->end; pa += PAGE_SIZE)
            KASSERT_EQ(r->nid, page_to_nid(pfn_to_page(pa >> PAGE_SHIFT)));
    }
}
