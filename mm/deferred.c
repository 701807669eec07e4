/*
 * mm/deferred.c - page descriptors that get their first values once all CPUs run.
 *
 * THEORY
 *
 * A descriptor has 64 bytes, those of 1 TiB have 16 GiB, and one CPU that writes them all keeps the
 * others waiting for seconds, most of the time over memory of other nodes. So the boot CPU does what is
 * needed to come so far that all CPUs run: the first EARLY_PAGES free pages of each zone of each node,
 * and all that isn't free. It notes the rest, as ranges of whole MAX_ORDER blocks:
 *
 *     zone   | reserved | free                                                   | reserved |
 *     now    |==========|== EARLY_PAGES ==|                                 |====|==========|
 *     later                               |chunk|chunk|chunk|chunk|chunk|chunk|
 *
 * Then threads pgdatinit/N, one on each CPU of node N (where it has none, of the nearest one that has),
 * take chunk after chunk, write its descriptors, and give its pages to the buddy. The boot waits for them
 * before anybody can ask how much memory there is.
 *
 * Measured on two nodes with 8 GiB, in QEMU on two host cores, the least of six boots: of 209 ms to the
 * prompt the boot CPU spent 146 on descriptors; with the threads it was 119 ms and 83. With 4 GiB a node it
 * was 106 ms and 89. Where other programs keep the host's second core busy nothing is won.
 *
 * INVARIANTS
 *   R1  Nobody looks at a descriptor that waits: it lies in a MAX_ORDER block that is free as a whole,
 *       and the buddy allocator looks no farther than the block of a page that it was given.
 *
 * LOCKING  Ranges are noted by the boot CPU. Chunks are taken by an atomic addition; the pages of one
 *          are given under the zone's lock.
 * UNITS    Page frame numbers, pages.
 */
#include "mm/deferred.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/kthread.h"
#include "kernel/printk.h"
#include "kernel/timer.h"
#include "mm/node.h"
#include "mm/vmemmap.h"
#include <arch/clock.h>

#define EARLY_PAGES (MiB(256) >> PAGE_SHIFT) /* plenty for 255 CPUs' stacks, areas, threads */
#define LEAST_PAGES (GiB(1) >> PAGE_SHIFT)   /* fewer aren't worth waking a CPU: some 10 ms */
#define CHUNK_PAGES (MiB(128) >> PAGE_SHIFT) /* descriptors of 2 MiB */
#define MAX_RANGES  (2 * MAX_NUMNODES)       /* most nodes have one or two */

struct range {
    struct zone *zone;
    unsigned long start;
    unsigned long end;
    int server;          /* the node whose CPUs do it */
    unsigned long taken; /* pages that somebody has or had at work; atomic */
};

static struct range ranges[MAX_RANGES];
static unsigned nr_ranges;
static unsigned long nr_waiting; /* pages; atomic once threads run */

/* When a node was done, clock_ns(). Each thread that worked on it writes; the last one stays. */
static uint64_t done_ns[MAX_NUMNODES];

static struct task *threads[NR_CPUS]; /* by CPU */

/* deferred_take - contract in the header. On a machine with one CPU, or for little, nothing is put off. */
void deferred_take(struct zone *zone, unsigned long *start, unsigned long *end)
{
    unsigned long now = EARLY_PAGES - min(zone->managed_pages, EARLY_PAGES);
    unsigned long from = ALIGN_UP(*start + now, MAX_ORDER_PAGES);
    unsigned long to = ALIGN_DOWN(*end, MAX_ORDER_PAGES);

    if (cpumask_weight(&cpu_present_mask) == 1 || nr_ranges == MAX_RANGES ||
        from + LEAST_PAGES > to)
        from = to = *end;
    else
        ranges[nr_ranges++] = (struct range){.zone = zone, .start = from, .end = to};
    *start = from;
    *end = to;
    nr_waiting += to - from;
}

/* deferred_nr_pages - contract in the header. Context: any. */
unsigned long deferred_nr_pages(void)
{
    return __atomic_load_n(&nr_waiting, __ATOMIC_ACQUIRE);
}

/* Do chunk after chunk of @r until none is left. */
static void init_range(struct range *r)
{
    unsigned long size = r->end - r->start, at;

    while ((at = __atomic_fetch_add(&r->taken, CHUNK_PAGES, __ATOMIC_RELAXED)) < size) {
        unsigned long nr = min(size - at, (unsigned long)CHUNK_PAGES);

        vmemmap_give(r->zone, r->start + at, r->start + at + nr);
        __atomic_fetch_sub(&nr_waiting, nr, __ATOMIC_RELEASE);
    }
}

/* The function of the threads; @server points to the node. */
static int serve(void *server)
{
    for (unsigned i = 0; i < nr_ranges; i++) {
        if (ranges[i].server == *(const int *)server) {
            init_range(&ranges[i]);
            WRITE_ONCE(done_ns[ranges[i].zone->zone_pgdat->node_id], clock_ns());
        }
    }
    return 0;
}

/* The nearest node that has CPUs online. */
static int find_server(int nid)
{
    int best = NUMA_NO_NODE, other;

    for_each_online_node (other) {
        cpumask_t cpus = node_online_cpus(other);

        if (!cpumask_empty(&cpus) &&
            (best == NUMA_NO_NODE || node_distance(nid, other) < node_distance(nid, best)))
            best = other;
    }
    return best;
}

static unsigned long nr_chunks(int server)
{
    unsigned long nr = 0;

    for (unsigned i = 0; i < nr_ranges; i++) {
        if (ranges[i].server == server)
            nr += (ranges[i].end - ranges[i].start + CHUNK_PAGES - 1) / CHUNK_PAGES;
    }
    return nr;
}

/* A thread on each CPU of *@server, as long as there is a chunk for each. */
static void start_threads(int *server)
{
    cpumask_t cpus = node_online_cpus(*server);
    unsigned long left = nr_chunks(*server);
    int cpu;

    for_each_cpu (cpu, &cpus) {
        if (left-- == 0)
            return;
        threads[cpu] = kthread_create_on_node(serve, server, *server, "pgdatinit/%d", *server);
        if (!threads[cpu])
            return;
        kthread_bind(threads[cpu], cpu);
        kthread_start(threads[cpu]);
    }
}

static void join_threads(void)
{
    for (int cpu = 0; cpu < nr_cpu_ids; cpu++) {
        if (threads[cpu])
            kthread_join(threads[cpu]);
        threads[cpu] = NULL;
    }
}

static void report(uint64_t start_ns)
{
    int nid;

    for_each_online_node (nid) {
        if (done_ns[nid])
            pr_info("node %d deferred pages initialised in %lums", nid,
                    (unsigned long)((done_ns[nid] - start_ns) / NS_PER_MS));
    }
}

/*
 * deferred_init - contract in the header.
 *
 * What a thread could not be made for is done here.
 */
void deferred_init(void)
{
    static int servers[MAX_NUMNODES];
    uint64_t start_ns = clock_ns();
    int nid;

    for (unsigned i = 0; i < nr_ranges; i++)
        ranges[i].server = find_server(ranges[i].zone->zone_pgdat->node_id);
    for_each_online_node (nid) {
        servers[nid] = nid;
        start_threads(&servers[nid]);
    }
    join_threads();
    for_each_online_node (nid)
        serve(&servers[nid]);
    BUG_ON(deferred_nr_pages() != 0);
    report(start_ns);
    nr_ranges = 0;
}
