/*
 * sched/domains.c - the scheduling domains of this machine: their input, their memory.
 *
 * Each CPU's domains and groups lie in the memory of its node, because the CPU walks them whenever
 * it balances and hardly anyone else does. They are small, many and for ever, so each node's are cut
 * from whole pages, one behind the other.
 *
 * LOCKING  The boot CPU builds once; read-only afterwards, but for the balancer's fields.
 */
#include "sched/domains.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "mm/node.h"
#include "mm/numa.h"
#include "mm/page_alloc.h"
#include "sched/rq.h"
#include "sched/verify.h"

#define PIECE_ALIGN 64 /* a cache line */

struct sched_domains sched_domains;

static struct sched_topology_input input;
static struct sched_cpu_place places[NR_CPUS];
static cpumask_t cpus_of_node[MAX_NUMNODES];

/* What is left of the last block of pages of each node. */
static struct {
    char *next;
    size_t left;
} piles[MAX_NUMNODES];

static void *alloc_near_cpu(struct sched_domains *d, int cpu, size_t bytes)
{
    int nid = cpu_to_node(cpu);
    void *piece;

    (void)d;
    bytes = ALIGN_UP(bytes, PIECE_ALIGN);
    if (bytes > piles[nid].left) {
        unsigned order = get_order(bytes);
        struct page *page = alloc_pages_node(nid, GFP_KERNEL | __GFP_ZERO, order);

        if (!page)
            return NULL;
        piles[nid].next = page_address(page);
        piles[nid].left = PAGE_SIZE << order;
    }
    piece = piles[nid].next;
    piles[nid].next += bytes;
    piles[nid].left -= bytes;
    return piece;
}

/*
 * The node whose CPUs @cpu belongs to. Of the pieces into which numa=fake cuts a node, all of which
 * have its CPUs, it is the first: a cut doesn't part CPUs that share a cache.
 */
static int first_node_with(int cpu)
{
    int nid = 0;

    while (nid < nr_node_ids && !cpumask_test(&cpus_of_node[nid], cpu))
        nid++;
    return nid;
}

static void gather_input(void)
{
    int cpu;

    for (int nid = 0; nid < nr_node_ids; nid++)
        cpus_of_node[nid] = node_cpus(nid);
    for_each_cpu (cpu, &cpu_online_mask) {
        struct cpu_topology t = cpu_topology_of(cpu);

        places[cpu] = (struct sched_cpu_place){.package = t.package,
                                               .core = t.die << 16 | t.core,
                                               .llc = t.llc,
                                               .node = first_node_with(cpu)};
    }
    input = (struct sched_topology_input){.cpus = &cpu_online_mask,
                                          .nr_cpus = nr_cpu_ids,
                                          .place = places,
                                          .nr_nodes = nr_node_ids,
                                          .distance = numa_topology.distance,
                                          .node_cpus = cpus_of_node,
                                          .reclaim_distance = SCHED_RECLAIM_DISTANCE};
}

/* sched_domains_check - check D1 to D14 of this machine; returns how many violations it reported. */
int sched_domains_check(void)
{
    return sched_domains_verify(&sched_domains, &input);
}

static int build(void)
{
    unsigned order = get_order(sched_topology_scratch_bytes(&input));
    struct page *scratch = alloc_pages(GFP_KERNEL, order);
    int err;

    if (!scratch)
        return -ENOMEM;
    err = sched_topology_build(&sched_domains, &input, page_address(scratch));
    __free_pages(scratch, order);
    return err;
}

/*
 * sched_domains_init - build the domains of the CPUs that are online, which are also the nodes' own.
 *
 * Without memory for it the machine runs on, without balancing, and the log says so.
 * Context: boot CPU, after the others have started and before anyone balances; may allocate.
 */
void sched_domains_init(void)
{
    int err;

    affinity_init();
    gather_input();
    sched_domains.alloc = alloc_near_cpu;
    err = build();
    if (err)
        pr_err("sched: no domains, error %d: threads stay where they are", err);
    else
        DEBUG_ASSERT(!sched_domains_check());
}
