/*
 * tests/kernel/bench_contention.c - all CPUs allocate and free at once: how often do they meet?
 *
 * A thread on each CPU fills and empties slots at random. What is counted is how often the locks of zones
 * were taken for it, by the kernel itself (struct zone), and how often somebody else had them:
 *
 *     order0   single pages of the CPU's own node
 *     orders   orders 0 to 10, half of them 0, a quarter 1, and so on
 *     remote   single pages of another node than the CPU's
 *     cross    single pages, each freed by whichever CPU comes by
 */
#include "kernel/bench.h"
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"
#include "tests/kernel/mm_helpers.h"
#include <arch/clock.h>
#include <arch/cpu.h>

#define STEPS      20000 /* allocations and frees of each CPU */
#define ROUNDS     5     /* of which the fastest tells the time */
#define MAX_SLOTS  64
#define NR_SHELVES 64
#define SHARE      8 /* all CPUs together hold at most this part of the smallest node's free pages */

enum mode { MODE_ORDER0, MODE_ORDERS, MODE_REMOTE, MODE_CROSS, NR_MODES };

static const char *const mode_names[NR_MODES] = {
    [MODE_ORDER0] = "order0",
    [MODE_ORDERS] = "orders",
    [MODE_REMOTE] = "remote",
    [MODE_CROSS] = "cross",
};

/* Fixed while threads run. */
static enum mode mode;
static unsigned nr_slots; /* that each uses */

static int nr_workers;
static int nr_ready, nr_done;            /* atomic */
static uint64_t begin_ns, end_ns;        /* when the last was ready, when the last was done */
static unsigned long nr_ops;             /* atomic */
static struct page *shelves[NR_SHELVES]; /* exchanged atomically */
static struct task *workers[NR_CPUS];

static unsigned random_order(struct rng *r)
{
    if (mode != MODE_ORDERS)
        return 0;
    return (unsigned)__builtin_ctzll(rng_next(r) | MAX_ORDER_PAGES);
}

/* Where from: near, or, for MODE_REMOTE, the node with memory that follows. */
static int choose_node(void)
{
    int near = node_nearest_with_memory(numa_node_id()), nid;

    if (mode != MODE_REMOTE)
        return near;
    nid = nodemask_next(&node_states[N_MEMORY], near);
    return nid < MAX_NUMNODES ? nid : nodemask_next(&node_states[N_MEMORY], -1);
}

/* Fill an empty slot or empty a full one. Returns how many operations that were. */
static unsigned step(struct page **slot, struct rng *r)
{
    struct page *page = *slot;

    if (!page) {
        unsigned order = random_order(r);

        *slot = alloc_pages_node(choose_node(), GFP_NOWAIT | __GFP_NOWARN, order);
        return *slot != NULL;
    }
    *slot = NULL;
    if (mode == MODE_CROSS)
        page = __atomic_exchange_n(&shelves[rng_next(r) % NR_SHELVES], page, __ATOMIC_ACQ_REL);
    if (page)
        __free_pages(page, page_order(page));
    return page != NULL;
}

/* Nobody begins before all can. */
static void begin_together(void)
{
    if (__atomic_add_fetch(&nr_ready, 1, __ATOMIC_SEQ_CST) == nr_workers)
        begin_ns = clock_ns();
    while (__atomic_load_n(&nr_ready, __ATOMIC_SEQ_CST) < nr_workers)
        cpu_relax();
}

static int work(void *unused)
{
    struct page *slots[MAX_SLOTS] = {NULL};
    struct rng r = {.state = 88172645463325252ULL + (unsigned)this_cpu()};
    unsigned long nr = 0;

    (void)unused;
    begin_together();
    for (unsigned i = 0; i < STEPS; i++)
        nr += step(&slots[rng_next(&r) % nr_slots], &r);
    for (unsigned i = 0; i < MAX_SLOTS; i++) {
        if (slots[i])
            __free_pages(slots[i], page_order(slots[i]));
    }
    __atomic_fetch_add(&nr_ops, nr, __ATOMIC_RELAXED);
    if (__atomic_add_fetch(&nr_done, 1, __ATOMIC_SEQ_CST) == nr_workers)
        end_ns = clock_ns();
    return 0;
}

struct lock_counts {
    unsigned long taken;
    unsigned long contended;
    unsigned long put_off; /* drains that found the lock taken, and were left for later */
};

static struct lock_counts count_locks(void)
{
    struct lock_counts c = {0};
    int nid;

    for_each_node (nid) {
        for (int i = 0; i < MAX_NR_ZONES; i++) {
            c.taken += READ_ONCE(NODE_DATA(nid)->node_zones[i].lock_taken);
            c.contended += READ_ONCE(NODE_DATA(nid)->node_zones[i].lock_contended);
            c.put_off += zone_pcp_put_off(&NODE_DATA(nid)->node_zones[i]);
        }
    }
    return c;
}

/* One on each CPU, for as many as there is memory for. */
static void start_workers(void)
{
    int cpu;

    nr_workers = nr_ready = nr_done = 0;
    for_each_cpu (cpu, &cpu_online_mask) {
        workers[cpu] = kthread_create_on_node(work, NULL, cpu_to_node(cpu), "contend/%d", cpu);
        if (!workers[cpu])
            break;
        kthread_bind(workers[cpu], cpu);
        nr_workers++;
    }
    for_each_cpu (cpu, &cpu_online_mask) {
        if (workers[cpu])
            kthread_start(workers[cpu]);
    }
}

static void end_workers(void)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        if (workers[cpu])
            kthread_join(workers[cpu]);
        workers[cpu] = NULL;
    }
    for (int i = 0; i < NR_SHELVES; i++) {
        if (shelves[i])
            __free_pages(shelves[i], 0);
        shelves[i] = NULL;
    }
}

static unsigned slots_for_memory(void)
{
    unsigned long least = ~0UL;
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY])
        least = min(least, node_free_pages(nid));
    least /= SHARE * (unsigned)cpumask_weight(&cpu_online_mask);
    return (unsigned)clamp(least, 1UL, (unsigned long)MAX_SLOTS);
}

/* All CPUs at work in some way. */
struct run {
    struct lock_counts locks; /* taken for it */
    uint64_t ns;              /* from the last one's begin to the last one's end */
    int nr_cpus;
};

static struct run run_mode(enum mode how)
{
    struct lock_counts before, after;

    mode = how;
    nr_slots = slots_for_memory();
    nr_ops = 0;
    before = count_locks();
    start_workers();
    end_workers();
    after = count_locks();
    return (struct run){.locks = {.taken = after.taken - before.taken,
                                  .contended = after.contended - before.contended,
                                  .put_off = after.put_off - before.put_off},
                        .ns = end_ns - begin_ns,
                        .nr_cpus = nr_workers};
}

/* The counts are those of the last round, the time is the fastest one's. */
static void bench_contention(struct seqbuf *out)
{
    for (enum mode how = MODE_ORDER0; how < NR_MODES; how++) {
        uint64_t least_ns = UINT64_MAX;
        struct run run;

        for (int round = 0; round < ROUNDS; round++) {
            run = run_mode(how);
            least_ns = min(least_ns, run.ns);
        }
        seq_printf(out,
                   "BENCH page_alloc.contention mode=%s cpus=%d ops=%lu zone_locks=%lu "
                   "contended=%lu put_off=%lu ns=%lu\n",
                   mode_names[how], run.nr_cpus, nr_ops, run.locks.taken, run.locks.contended,
                   run.locks.put_off, (unsigned long)least_ns);
    }
}

BENCH("page_alloc.contention", bench_contention);

/* ---- as a test ----------------------------------------------------------------------------------- */

#define LEAST_BATCH   7    /* of a zone of 128 MiB; smaller ones move less at once */
#define OPS_PER_LOCK  16   /* at least */
#define OPS_PER_WAIT  1000 /* at least, however the host runs the CPUs */
#define MAX_TEST_CPUS 32

/* Has every node that has memory a zone with a proper batch? */
static bool batches_are_large(void)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        int batch = 0;

        for (int i = 0; i <= ZONE_NORMAL; i++)
            batch = max(batch, NODE_DATA(nid)->node_zones[i].pcp_batch);
        if (batch < LEAST_BATCH)
            return false;
    }
    return true;
}

static void expect_few_locks(enum mode how)
{
    struct run run = run_mode(how);

    KEXPECT(nr_ops >= (unsigned long)run.nr_cpus * STEPS / 2);
    KEXPECT(run.locks.taken * OPS_PER_LOCK <= nr_ops);
    KEXPECT(run.locks.contended * OPS_PER_WAIT <= nr_ops);
}

/* All CPUs would queue for the zones, and the more there are the slower each would be. */
KTEST_SLOW(pcp, zone_locks_are_taken_once_for_16_operations_at_most)
{
    KSKIP_IF(!batches_are_large(), "a node is too small for batches of %d", LEAST_BATCH);
    KSKIP_IF(cpumask_weight(&cpu_online_mask) > MAX_TEST_CPUS, "more than %d CPUs take long",
             MAX_TEST_CPUS);
    expect_few_locks(MODE_ORDER0);
    expect_few_locks(MODE_REMOTE);
    expect_few_locks(MODE_CROSS);
}
