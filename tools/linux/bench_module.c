/*
 * tools/linux/bench_module.c - Atoll's measurements, made in Linux.
 *
 * THEORY
 *
 * A module of Linux 6.1 that does what the monitor's `bench` does in Atoll and prints lines of the same
 * form, so that one parser reads both. The method is that of tests/kernel/bench_page_alloc.c: a round
 * allocates a batch and frees it in the same order, interrupts are off, each call is between two readings
 * of the time stamp counter, what a reading costs is subtracted, and of several rounds the least counts.
 * The batches, the orders, the sizes and the flags of the requests are Atoll's, too.
 *
 * It measures while it is loaded and leaves nothing behind. tools/atoll/bench_linux.py builds it, boots
 * Linux with it, and reads what it says.
 *
 * UNITS    Ticks of the time stamp counter: instructions under `qemu -icount shift=0`.
 * NOT HERE The other half: tests/kernel/bench_*.c, sched/bench.c.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include <asm/msr.h>

#define ROUNDS          16
#define MAX_BATCH       480
#define PAGE_BATCH      64 /* blocks of pages */
#define SHARE           4  /* a batch takes at most this part of the node's free memory */
#define EXHAUST_ROUNDS  3
#define CALIBRATE_LOOPS 1000000ul
#define SWITCHES        1000
#define SWITCH_ROUNDS   5
#define STEPS           20000 /* of each CPU, contended */
#define MAX_SLOTS       64
#define CONTEND_ROUNDS  5

static bool contention; /* measure that, and nothing else */
module_param(contention, bool, 0444);

struct cost {
    u64 alloc; /* ticks a call */
    u64 free;
};

static u64 reading; /* what a reading of the counter costs */

#define TIMED(_ticks, _call)                                                                       \
    do {                                                                                           \
        u64 _start = rdtsc();                                                                      \
                                                                                                   \
        _call;                                                                                     \
        (_ticks) += rdtsc() - _start - reading;                                                    \
    } while (0)

static void measure_reading(void)
{
    u64 least = U64_MAX;

    for (int i = 0; i < 64; i++) {
        u64 start = rdtsc();

        least = min(least, rdtsc() - start);
    }
    reading = least;
}

/* Two instructions an iteration. */
static noinline void loop_of_known_length(unsigned long iterations)
{
    asm volatile("1: dec %0; jnz 1b" : "+r"(iterations) : : "cc");
}

static void bench_calibrate(void)
{
    u64 least = U64_MAX;

    for (int i = 0; i < 3; i++) {
        unsigned long flags;
        u64 start;

        local_irq_save(flags);
        start = rdtsc();
        loop_of_known_length(CALIBRATE_LOOPS);
        least = min(least, rdtsc() - start);
        local_irq_restore(flags);
    }
    pr_info("BENCH calibrate insns=%lu ticks=%llu\n", 2 * CALIBRATE_LOOPS, least);
}

/* ---- pages -------------------------------------------------------------------------------------- */

static void *batch[MAX_BATCH];

static unsigned alloc_pages_batch(int nid, unsigned order, unsigned nr, u64 *ticks)
{
    gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN | __GFP_THISNODE;
    unsigned n;

    for (n = 0, *ticks = 0; n < nr; n++) {
        TIMED(*ticks, batch[n] = alloc_pages_node(nid, gfp, order));
        if (!batch[n])
            break;
    }
    return n;
}

static u64 free_pages_batch(unsigned order, unsigned nr)
{
    u64 ticks = 0;

    for (unsigned n = 0; n < nr; n++)
        TIMED(ticks, __free_pages(batch[n], order));
    return ticks;
}

/* Roughly: what is free is told to nobody but the kernel itself. */
static unsigned long node_free_pages(int nid)
{
    unsigned long present = NODE_DATA(nid)->node_present_pages;

    return present - present / 16;
}

static bool measure_pages(int nid, unsigned order, struct cost *cost)
{
    unsigned long fitting = node_free_pages(nid) / SHARE >> order;
    unsigned nr = clamp(fitting, 1UL, (unsigned long)PAGE_BATCH);

    *cost = (struct cost){.alloc = U64_MAX, .free = U64_MAX};
    for (int round = 0; round < ROUNDS; round++) {
        u64 alloc_ticks, free_ticks;
        unsigned long flags;
        unsigned got;

        local_irq_save(flags);
        got = alloc_pages_batch(nid, order, nr, &alloc_ticks);
        free_ticks = free_pages_batch(order, got);
        local_irq_restore(flags);
        if (got == 0)
            return false;
        if (got < nr) {
            nr = got;
            continue;
        }
        cost->alloc = min(cost->alloc, alloc_ticks / got);
        cost->free = min(cost->free, free_ticks / got);
    }
    return cost->alloc != U64_MAX;
}

static void bench_pages(const char *name, int nid)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        struct cost cost;

        if (measure_pages(nid, order, &cost))
            pr_info("BENCH page_alloc.%s order=%u alloc=%llu free=%llu\n", name, order, cost.alloc,
                    cost.free);
    }
}

/* All that the node gives, linked through page->lru; then all of it back. */
static unsigned long exhaust_once(int nid, unsigned order, struct cost *cost)
{
    gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN | __GFP_THISNODE;
    unsigned long nr = 0, flags;
    u64 alloc = 0, free = 0;
    struct page *page, *next;
    LIST_HEAD(held);

    local_irq_save(flags);
    for (;;) {
        u64 ticks = 0;

        TIMED(ticks, page = alloc_pages_node(nid, gfp, order));
        if (!page)
            break;
        alloc += ticks;
        list_add_tail(&page->lru, &held);
        nr++;
    }
    list_for_each_entry_safe (page, next, &held, lru) {
        list_del(&page->lru);
        TIMED(free, __free_pages(page, order));
    }
    local_irq_restore(flags);
    nr <<= order;
    if (nr) {
        cost->alloc = min(cost->alloc, alloc * 100 / nr);
        cost->free = min(cost->free, free * 100 / nr);
    }
    return nr;
}

/* In hundredths of a tick a page. */
static void bench_exhaust(int nid, unsigned order)
{
    struct cost cost = {.alloc = U64_MAX, .free = U64_MAX};
    unsigned long nr = 0;

    for (int round = 0; round < EXHAUST_ROUNDS; round++)
        nr = exhaust_once(nid, order, &cost);
    if (nr)
        pr_info("BENCH page_alloc.exhaust order=%u pages=%lu alloc100=%llu free100=%llu\n", order,
                nr, cost.alloc, cost.free);
}

/* ---- objects ------------------------------------------------------------------------------------ */

/* What a CPU's stack of Atoll takes at once: mm/slab_cache.c. */
static unsigned object_batch(unsigned size)
{
    return clamp(16384u / size, 8u, 120u) / 2;
}

static void measure_objects(const char *name, struct kmem_cache *cache, size_t size, unsigned nr)
{
    struct cost cost = {.alloc = U64_MAX, .free = U64_MAX};

    for (int round = 0; round < ROUNDS; round++) {
        u64 alloc = 0, free = 0;
        unsigned long flags;

        local_irq_save(flags);
        for (unsigned i = 0; i < nr; i++) {
            if (cache)
                TIMED(alloc, batch[i] = kmem_cache_alloc(cache, GFP_NOWAIT));
            else
                TIMED(alloc, batch[i] = kmalloc(size, GFP_NOWAIT));
        }
        for (unsigned i = 0; i < nr; i++) {
            if (cache)
                TIMED(free, kmem_cache_free(cache, batch[i]));
            else
                TIMED(free, kfree(batch[i]));
        }
        local_irq_restore(flags);
        cost.alloc = min(cost.alloc, alloc / nr);
        cost.free = min(cost.free, free / nr);
    }
    pr_info("BENCH slab.%s size=%zu alloc=%llu free=%llu\n", name, size, cost.alloc, cost.free);
}

static void bench_slab(void)
{
    static const unsigned sizes[] = {8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192};
    static const unsigned cache_sizes[] = {40, 64, 200, 1000};

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
        measure_objects("kmalloc", NULL, sizes[i], object_batch(sizes[i]));
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
        measure_objects("kmalloc_refill", NULL, sizes[i], 4 * object_batch(sizes[i]));
    for (unsigned i = 0; i < ARRAY_SIZE(cache_sizes); i++) {
        struct kmem_cache *cache = kmem_cache_create("atoll_bench", cache_sizes[i], 0, 0, NULL);

        if (!cache)
            continue;
        measure_objects("kmem_cache", cache, cache_sizes[i], object_batch(cache_sizes[i]));
        kmem_cache_destroy(cache);
    }
}

/* ---- threads ------------------------------------------------------------------------------------ */

/* Two threads that are bound to one CPU. */
struct pair {
    struct completion ping, pong, ended;
    unsigned long answers; /* of the second thread; ULONG_MAX: that is enough */
    u64 ticks;             /* for SWITCHES, by the first thread */
};

static int answer_yields(void *arg)
{
    struct pair *p = arg;

    while (READ_ONCE(p->answers) != ULONG_MAX) {
        p->answers++;
        yield();
    }
    complete(&p->ended);
    return 0;
}

/* A yield may find that it is still our turn, so what counts is how often both have yielded. */
static int measure_yields(void *arg)
{
    struct pair *p = arg;
    unsigned long before;
    u64 start;

    while (!(before = READ_ONCE(p->answers)))
        yield();
    start = rdtsc();
    for (int i = 0; i < SWITCHES / 2; i++)
        yield();
    p->ticks = rdtsc() - start;
    p->ticks = p->ticks * SWITCHES / (SWITCHES / 2 + READ_ONCE(p->answers) - before);
    WRITE_ONCE(p->answers, ULONG_MAX);
    complete(&p->ended);
    return 0;
}

static int answer_pings(void *arg)
{
    struct pair *p = arg;

    for (int i = 0; i < SWITCHES + 1; i++) {
        wait_for_completion(&p->ping);
        complete(&p->pong);
    }
    complete(&p->ended);
    return 0;
}

static void ping(struct pair *p)
{
    complete(&p->ping);
    wait_for_completion(&p->pong);
}

static int measure_pings(void *arg)
{
    struct pair *p = arg;
    u64 start;

    ping(p);
    start = rdtsc();
    for (int i = 0; i < SWITCHES; i++)
        ping(p);
    p->ticks = rdtsc() - start;
    complete(&p->ended);
    return 0;
}

/* A thread bound to @cpu, not started; the caller has a reference, so that it can be joined any time. */
static struct task_struct *create_on(int (*fn)(void *arg), void *arg, int cpu)
{
    struct task_struct *t = kthread_create_on_node(fn, arg, cpu_to_node(cpu), "bench");

    if (IS_ERR(t))
        return NULL;
    get_task_struct(t);
    kthread_bind(t, cpu);
    return t;
}

static void join(struct task_struct *t)
{
    kthread_stop(t);
    put_task_struct(t);
}

static void bench_pair(const char *name, int (*measure)(void *arg), int (*respond)(void *arg))
{
    u64 least = U64_MAX;

    for (int i = 0; i < SWITCH_ROUNDS; i++) {
        struct pair p;
        struct task_struct *a, *b;

        p.answers = 0;
        init_completion(&p.ping);
        init_completion(&p.pong);
        init_completion(&p.ended);
        a = create_on(measure, &p, 0);
        b = create_on(respond, &p, 0);
        if (!a || !b)
            return;
        wake_up_process(a);
        wake_up_process(b);
        wait_for_completion(&p.ended); /* kthread_stop() would keep one that hasn't begun from it */
        wait_for_completion(&p.ended);
        join(a);
        join(b);
        least = min(least, p.ticks);
    }
    pr_info("BENCH sched.%s ticks=%llu\n", name, least / SWITCHES);
}

static int nothing(void *done)
{
    complete(done);
    return 0;
}

static void bench_create(void)
{
    u64 least = U64_MAX;

    for (int i = 0; i < SWITCH_ROUNDS * 4; i++) {
        DECLARE_COMPLETION_ONSTACK(done);
        u64 start = rdtsc();
        struct task_struct *t = create_on(nothing, &done, 0);

        if (!t)
            return;
        wake_up_process(t);
        wait_for_completion(&done);
        join(t);
        least = min(least, rdtsc() - start);
    }
    pr_info("BENCH sched.create ticks=%llu\n", least);
}

/* ---- all CPUs at once --------------------------------------------------------------------------- */

enum mode { MODE_ORDER0, MODE_ORDERS, NR_MODES };

static const char *const mode_names[NR_MODES] = {
    [MODE_ORDER0] = "order0",
    [MODE_ORDERS] = "orders",
};

/* Fixed while threads run. */
static enum mode mode;

static unsigned nr_workers;

static atomic_long_t nr_ops;
static atomic_t nr_ready, nr_done;
static u64 begin_ns, end_ns; /* when the last was ready, when the last was done */
static DECLARE_COMPLETION(all_done);

static u64 next_random(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static unsigned random_order(u64 *state)
{
    if (mode != MODE_ORDERS)
        return 0;
    return __builtin_ctzll(next_random(state) | 1ull << (MAX_ORDER - 1));
}

struct slot {
    struct page *page;
    unsigned order;
};

/* Fill an empty slot or empty a full one. Returns how many operations that were. */
static unsigned step(struct slot *s, u64 *state)
{
    if (!s->page) {
        s->order = random_order(state);
        s->page = alloc_pages_node(numa_mem_id(), GFP_NOWAIT | __GFP_NOWARN, s->order);
        return s->page != NULL;
    }
    __free_pages(s->page, s->order);
    s->page = NULL;
    return 1;
}

static int contend(void *slots_arg)
{
    struct slot *slots = slots_arg;
    u64 state = 88172645463325252ULL + smp_processor_id();
    unsigned long nr = 0;

    if (atomic_inc_return(&nr_ready) == nr_workers)
        begin_ns = ktime_get_ns();
    while (atomic_read(&nr_ready) < nr_workers)
        cpu_relax();
    for (unsigned i = 0; i < STEPS; i++)
        nr += step(&slots[next_random(&state) % MAX_SLOTS], &state);
    for (unsigned i = 0; i < MAX_SLOTS; i++) {
        if (slots[i].page)
            __free_pages(slots[i].page, slots[i].order);
        slots[i].page = NULL;
    }
    atomic_long_add(nr, &nr_ops);
    if (atomic_inc_return(&nr_done) == nr_workers) {
        end_ns = ktime_get_ns();
        complete(&all_done);
    }
    return 0;
}

/* False: no memory for threads. Those that were created wait for ever, as the machine soon ends. */
static bool contend_once(struct slot *slots, struct task_struct **workers)
{
    unsigned cpu;

    atomic_long_set(&nr_ops, 0);
    atomic_set(&nr_ready, 0);
    atomic_set(&nr_done, 0);
    reinit_completion(&all_done);
    for (cpu = 0; cpu < nr_workers; cpu++) {
        workers[cpu] = create_on(contend, slots + cpu * MAX_SLOTS, cpu);
        if (!workers[cpu])
            return false;
    }
    for (cpu = 0; cpu < nr_workers; cpu++)
        wake_up_process(workers[cpu]);
    wait_for_completion(&all_done);
    for (cpu = 0; cpu < nr_workers; cpu++)
        join(workers[cpu]);
    return true;
}

static void contend_in(enum mode m, struct slot *slots, struct task_struct **workers)
{
    u64 least = U64_MAX;

    mode = m;
    for (int round = 0; round < CONTEND_ROUNDS; round++) {
        if (!contend_once(slots, workers))
            return;
        least = min(least, end_ns - begin_ns);
    }
    pr_info("BENCH page_alloc.contention mode=%s cpus=%u ops=%ld ns=%llu\n", mode_names[mode],
            nr_workers, atomic_long_read(&nr_ops), least);
}

static void bench_contention(void)
{
    struct task_struct **workers;
    struct slot *slots;

    nr_workers = num_online_cpus();
    slots = kcalloc(nr_workers * MAX_SLOTS, sizeof(*slots), GFP_KERNEL);
    workers = kcalloc(nr_workers, sizeof(struct task_struct *), GFP_KERNEL);
    if (slots && workers) {
        for (enum mode m = 0; m < NR_MODES; m++)
            contend_in(m, slots, workers);
    }
    kfree(workers);
    kfree(slots);
}

static int __init bench_init(void)
{
    u64 ready = rdtsc();
    int here = numa_mem_id(), there = next_online_node(here);

    pr_info("BENCH boot from_reset=%llu\n", ready);
    measure_reading();
    if (contention) {
        bench_contention();
        return 0;
    }
    bench_calibrate();
    bench_pages("local", here);
    if (there < MAX_NUMNODES) {
        bench_pages("remote", there);
        bench_exhaust(there, 0);
        bench_exhaust(there, 9);
    }
    bench_slab();
    bench_create();
    bench_pair("pingpong", measure_pings, answer_pings);
    bench_pair("yield", measure_yields, answer_yields);
    return 0;
}

static void __exit bench_exit(void)
{
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("Atoll's measurements in Linux");
MODULE_LICENSE("Dual MIT/GPL");
