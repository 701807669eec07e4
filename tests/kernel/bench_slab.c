/*
 * tests/kernel/bench_slab.c - what a call of the slab allocator costs.
 *
 * As in bench_page_alloc.c: a round allocates a batch of objects and frees them, each call between two
 * readings of the time stamp counter, and the least of several rounds counts. The batch is what a CPU's
 * stack can hold, so this is the steady state; `refill` is a batch four times as large, in which objects
 * come from slabs and go back to them. The calls are calls: sizes are variables to the compiler, but for
 * slab.kmalloc_const.
 *
 * slab.contention has a thread on every CPU do nothing but allocate and free, own objects, those of another
 * node, or those that another CPU allocated, and tells how often a node's lock was taken for an operation,
 * and how often it was found taken.
 */
#include "kernel/bench.h"
#include "kernel/cpu.h"
#include "kernel/kthread.h"
#include "kernel/timer.h"
#include "mm/node.h"
#include "mm/slab_internal.h"
#include <arch/clock.h>
#include <arch/irq.h>

#define ROUNDS    16
#define MAX_BATCH 480

struct cost {
    uint64_t alloc; /* ticks a call */
    uint64_t free;
};

/* What is measured: kmalloc if @cache is NULL. */
struct subject {
    struct kmem_cache *cache;
    size_t size;
    int nid; /* NUMA_NO_NODE: without one */
    unsigned batch;
};

static void *batch[MAX_BATCH];

/* The least that two readings of the counter are apart. */
static uint64_t reading_cost(void)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < 64; i++) {
        uint64_t start = clock_ticks();

        least = min(least, clock_ticks() - start);
    }
    return least;
}

#define TIMED(_ticks, _reading, _call)                                                             \
    do {                                                                                           \
        uint64_t _start = clock_ticks();                                                           \
                                                                                                   \
        _call;                                                                                     \
        (_ticks) += clock_ticks() - _start - (_reading);                                           \
    } while (0)

static bool alloc_batch(const struct subject *s, uint64_t reading, uint64_t *ticks)
{
    bool complete = true;

    *ticks = 0;
    for (unsigned i = 0; i < s->batch; i++) {
        if (s->cache && s->nid == NUMA_NO_NODE)
            TIMED(*ticks, reading, batch[i] = kmem_cache_alloc(s->cache, GFP_NOWAIT));
        else if (s->cache)
            TIMED(*ticks, reading, batch[i] = kmem_cache_alloc_node(s->cache, GFP_NOWAIT, s->nid));
        else if (s->nid == NUMA_NO_NODE)
            TIMED(*ticks, reading, batch[i] = kmalloc(s->size, GFP_NOWAIT));
        else
            TIMED(*ticks, reading, batch[i] = kmalloc_node(s->size, GFP_NOWAIT, s->nid));
        complete &= batch[i] != NULL;
    }
    return complete;
}

static void free_batch(const struct subject *s, uint64_t reading, uint64_t *ticks)
{
    *ticks = 0;
    for (unsigned i = 0; i < s->batch; i++) {
        if (s->cache)
            TIMED(*ticks, reading, kmem_cache_free(s->cache, batch[i]));
        else
            TIMED(*ticks, reading, kfree(batch[i]));
    }
}

/* False if there is no memory for a batch. */
static bool measure(const struct subject *s, struct cost *cost)
{
    uint64_t reading = reading_cost(), alloc_ticks, free_ticks;
    bool complete = true;

    *cost = (struct cost){.alloc = UINT64_MAX, .free = UINT64_MAX};
    for (int round = 0; round < ROUNDS && complete; round++) {
        unsigned long flags = irq_save();

        complete = alloc_batch(s, reading, &alloc_ticks);
        free_batch(s, reading, &free_ticks);
        irq_restore(flags);
        cost->alloc = min(cost->alloc, alloc_ticks / s->batch);
        cost->free = min(cost->free, free_ticks / s->batch);
    }
    return complete;
}

static void print_cost(struct seqbuf *out, const char *name, const struct subject *s)
{
    struct cost cost;

    if (measure(s, &cost))
        seq_printf(out, "BENCH %s size=%zu alloc=%lu free=%lu\n", name, s->size,
                   (unsigned long)cost.alloc, (unsigned long)cost.free);
}

/* So many objects stay in a CPU's stack when they are freed. */
static unsigned stack_batch(const struct kmem_cache *cache)
{
    return max(cache->batch, 1u);
}

static void print_sizes(struct seqbuf *out, const char *name, int nid, unsigned factor)
{
    for (unsigned i = 0; i < NR_KMALLOC_CACHES; i++) {
        struct subject s = {.size = kmem_cache_size(kmalloc_caches[i]), .nid = nid};

        s.batch = min(stack_batch(kmalloc_caches[i]) * factor, (unsigned)MAX_BATCH);
        print_cost(out, name, &s);
    }
}

static void bench_kmalloc(struct seqbuf *out)
{
    print_sizes(out, "slab.kmalloc", NUMA_NO_NODE, 1);
}

static void bench_refill(struct seqbuf *out)
{
    print_sizes(out, "slab.kmalloc_refill", NUMA_NO_NODE, 4);
}

/* The nearest other node with memory, or NUMA_NO_NODE. */
static int other_node(void)
{
    int here = node_nearest_with_memory(numa_node_id()), nid, best = NUMA_NO_NODE;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        if (nid == here || node_free_pages(nid) == 0)
            continue;
        if (best == NUMA_NO_NODE || node_distance(here, nid) < node_distance(here, best))
            best = nid;
    }
    return best;
}

static void bench_node_local(struct seqbuf *out)
{
    print_sizes(out, "slab.kmalloc_node.local", node_nearest_with_memory(numa_node_id()), 1);
}

static void bench_node_remote(struct seqbuf *out)
{
    int nid = other_node();

    if (nid != NUMA_NO_NODE)
        print_sizes(out, "slab.kmalloc_node.remote", nid, 1);
}

static void bench_cache(struct seqbuf *out)
{
    static const unsigned sizes[] = {40, 64, 200, 1000};

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct subject s = {.size = sizes[i], .nid = NUMA_NO_NODE};

        s.cache = kmem_cache_create("bench", sizes[i], 0, 0, NULL);
        if (!s.cache)
            continue;
        s.batch = stack_batch(s.cache);
        print_cost(out, "slab.kmem_cache", &s);
        kmem_cache_destroy(s.cache);
    }
}

/* The compiler chooses the cache of a size that it knows. */
static void bench_constant(struct seqbuf *out)
{
    uint64_t reading = reading_cost(), least = UINT64_MAX;

    for (int round = 0; round < ROUNDS; round++) {
        unsigned long flags = irq_save();
        uint64_t ticks = 0;

        for (unsigned i = 0; i < 32; i++)
            TIMED(ticks, reading, batch[i] = kmalloc(64, GFP_NOWAIT));
        for (unsigned i = 0; i < 32; i++)
            kfree(batch[i]);
        irq_restore(flags);
        least = min(least, ticks / 32);
    }
    seq_printf(out, "BENCH slab.kmalloc_const size=64 alloc=%lu\n", (unsigned long)least);
}

/* ---- contention --------------------------------------------------------------------------------- */

#define CONTENTION_OPS 20000u /* of each thread */
#define HELD           32u    /* objects that a thread has at a time */
#define MAX_WORKERS    16
#define WORK_SIZE      256

enum pattern { OWN_NODE, REMOTE_NODE, OTHERS_OBJECTS };

struct worker {
    struct task *task;
    enum pattern pattern;
    int nid;       /* NUMA_NO_NODE: without one */
    void **shelf;  /* OTHERS_OBJECTS: what it leaves for the next worker, */
    void **supply; /* and where the one before it leaves its own */
};

static struct worker workers[MAX_WORKERS];
static void *shelves[MAX_WORKERS][HELD]; /* exchanged atomically */
static unsigned nr_ready;                /* atomic */
static bool go;

/* Put @p into a place that the next worker has emptied; take what the one before has left. */
static void hand_over(void **place, void *p)
{
    void *empty = NULL;

    while (
        !__atomic_compare_exchange_n(place, &empty, p, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        empty = NULL;
        msleep(1);
    }
}

static void *receive(void **place)
{
    void *p;

    while (!(p = __atomic_exchange_n(place, NULL, __ATOMIC_ACQ_REL)))
        msleep(1);
    return p;
}

/* So many objects, and as many frees. */
static void work_once(struct kmem_cache *cache, const struct worker *w)
{
    void *held[HELD];

    for (unsigned i = 0; i < HELD; i++)
        held[i] = kmem_cache_alloc_node(cache, GFP_KERNEL | __GFP_NOFAIL, w->nid);
    for (unsigned i = 0; i < HELD && w->pattern == OTHERS_OBJECTS; i++)
        hand_over(&w->shelf[i], held[i]);
    for (unsigned i = 0; i < HELD; i++) {
        if (w->pattern == OTHERS_OBJECTS)
            held[i] = receive(&w->supply[i]);
        kmem_cache_free(cache, held[i]);
    }
}

static struct kmem_cache *contended;

static int work(void *arg)
{
    __atomic_fetch_add(&nr_ready, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST))
        msleep(1);
    for (unsigned i = 0; i < CONTENTION_OPS / (2 * HELD); i++)
        work_once(contended, arg);
    return 0;
}

/* Workers on different CPUs; returns how many there are. */
static int start_workers(enum pattern pattern)
{
    int cpu, nr = 0;

    nr_ready = 0;
    go = false;
    for_each_cpu (cpu, &cpu_online_mask) {
        struct worker *w = &workers[nr];
        int nid = cpu_to_node(cpu);

        if (nr == MAX_WORKERS)
            break;
        *w = (struct worker){.pattern = pattern, .nid = NUMA_NO_NODE, .supply = shelves[nr]};
        if (pattern == REMOTE_NODE)
            w->nid = nodemask_next(&node_states[N_MEMORY], nid) < MAX_NUMNODES
                         ? nodemask_next(&node_states[N_MEMORY], nid)
                         : nodemask_first(&node_states[N_MEMORY]);
        w->task = kthread_create_on_node(work, w, nid, "slab/%d", cpu);
        if (!w->task)
            break;
        kthread_bind(w->task, cpu);
        nr++;
    }
    for (int i = 0; i < nr; i++) {
        workers[i].shelf = shelves[(i + nr / 2) % nr];
        kthread_start(workers[i].task);
    }
    return nr;
}

static void count_locks(unsigned long *locked, unsigned long *waited)
{
    int nid;

    *locked = *waited = 0;
    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        *locked += contended->node[nid]->nr_locked;
        *waited += contended->node[nid]->nr_waited;
    }
}

static void contend(struct seqbuf *out, const char *name, enum pattern pattern)
{
    unsigned long locked, waited, nr_ops;
    int nr;

    contended = kmem_cache_create("contention", WORK_SIZE, 0, 0, NULL);
    if (!contended)
        return;
    nr = start_workers(pattern);
    while (__atomic_load_n(&nr_ready, __ATOMIC_SEQ_CST) < (unsigned)nr)
        msleep(1);
    __atomic_store_n(&go, true, __ATOMIC_SEQ_CST);
    for (int i = 0; i < nr; i++)
        kthread_join(workers[i].task);
    count_locks(&locked, &waited);
    for (int i = 0; i < nr; i++) {
        for (unsigned j = 0; j < HELD; j++)
            kmem_cache_free(contended, __atomic_exchange_n(&shelves[i][j], NULL, __ATOMIC_ACQ_REL));
    }
    kmem_cache_destroy(contended);
    nr_ops = (unsigned long)nr * (CONTENTION_OPS / (2 * HELD)) * (2 * HELD);
    seq_printf(out,
               "BENCH slab.contention.%s cpus=%d ops=%lu locks=%lu waited=%lu ops_per_lock=%lu\n",
               name, nr, nr_ops, locked, waited, nr_ops / max(locked, 1ul));
}

static void bench_contention(struct seqbuf *out)
{
    contend(out, "own", OWN_NODE);
    contend(out, "remote", REMOTE_NODE);
    contend(out, "others", OTHERS_OBJECTS);
}

BENCH("slab.kmalloc", bench_kmalloc);
BENCH("slab.kmalloc_const", bench_constant);
BENCH("slab.kmalloc_node.local", bench_node_local);
BENCH("slab.kmalloc_node.remote", bench_node_remote);
BENCH("slab.kmalloc_refill", bench_refill);
BENCH("slab.kmem_cache", bench_cache);
BENCH("slab.contention", bench_contention);
