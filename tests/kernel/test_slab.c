/*
 * tests/kernel/test_slab.c - caches of objects: placement, reuse, constructors, ending, many CPUs.
 *
 * Each test makes a cache of its own; the harness sees that all pages are back at the end.
 */
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/timer.h"
#include "tests/kernel/slab_helpers.h"

#define MAX_OBJECTS 512

static void *objects[MAX_OBJECTS];

/* As many as there is memory for, at most @nr. */
static unsigned alloc_many(struct kmem_cache *cache, unsigned nr, int nid, gfp_t gfp)
{
    unsigned n = 0;

    while (n < nr && (objects[n] = kmem_cache_alloc_node(cache, gfp | __GFP_NOWARN, nid)))
        n++;
    return n;
}

static void free_many(struct kmem_cache *cache, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++)
        kmem_cache_free(cache, objects[i]);
}

static unsigned long count_slabs(const struct kmem_cache *cache)
{
    unsigned long nr = 0;
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY])
        nr += cache->node[nid]->nr_slabs;
    return nr;
}

/* Two owners of one place is what an allocator must never do. */
KTEST(slab, objects_in_use_dont_overlap)
{
    struct kmem_cache *cache = test_cache("test", 72, 0, 0, NULL);
    unsigned nr, wrong = 0;

    KASSERT(cache != NULL);
    nr = alloc_many(cache, MAX_OBJECTS, NUMA_NO_NODE, GFP_KERNEL);
    KEXPECT_EQ(MAX_OBJECTS, nr);
    for (unsigned i = 0; i < nr; i++)
        memset(objects[i], (int)(i % 251), 72);
    for (unsigned i = 0; i < nr; i++)
        for (unsigned j = 0; j < 72; j++)
            wrong += ((const uint8_t *)objects[i])[j] != i % 251;
    KEXPECT_EQ(0, wrong);
    KEXPECT_EQ(0, kmem_cache_verify(cache));
    free_many(cache, nr);
    KEXPECT_EQ(0, kmem_cache_verify(cache));
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* Who asks for an alignment has hardware that needs it. */
KTEST(slab, objects_are_aligned_as_asked_for)
{
    static const unsigned aligns[] = {0, 8, 16, 64, 256, 1024, 4096, 8192};

    for (unsigned i = 0; i < ARRAY_SIZE(aligns); i++) {
        struct kmem_cache *cache = test_cache("test", 24, aligns[i], 0, NULL);
        unsigned nr;

        KASSERT(cache != NULL);
        nr = alloc_many(cache, 16, NUMA_NO_NODE, GFP_KERNEL);
        for (unsigned j = 0; j < nr; j++)
            KEXPECT(IS_ALIGNED((uintptr_t)objects[j], max(aligns[i], 8u)));
        free_many(cache, nr);
        KEXPECT_EQ(0, test_cache_destroy(cache));
    }
}

/* Two CPUs that write to one cache line slow each other down though they share nothing. */
KTEST(slab, hwcache_align_keeps_objects_apart)
{
    struct kmem_cache *cache = test_cache("test", 40, 0, SLAB_HWCACHE_ALIGN, NULL);
    unsigned nr;

    KASSERT(cache != NULL);
    nr = alloc_many(cache, 16, NUMA_NO_NODE, GFP_KERNEL);
    for (unsigned i = 0; i < nr; i++)
        KEXPECT(IS_ALIGNED((uintptr_t)objects[i], 64u));
    free_many(cache, nr);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* The subject of the whole kernel: memory is where it was asked for. Two witnesses. */
KTEST(slab, object_lies_on_the_node_that_is_named)
{
    struct kmem_cache *cache = test_cache("test", 3000, 0, 0, NULL);
    struct free_counts before;
    int nid;

    KASSERT(cache != NULL);
    for (nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        void *p;

        kmem_cache_drain_all();
        free_counts_take(&before);
        p = slab_alloc_direct(cache, GFP_KERNEL | __GFP_THISNODE, nid);
        if (!p)
            continue;
        KEXPECT_EQ(nid, nid_of(p));
        KEXPECT_EQ(nid, free_counts_fell(&before, 1UL << page_order(slab_head(virt_to_page(p)))));
        kmem_cache_free(cache, p);
        p = kmem_cache_alloc_node(cache, GFP_KERNEL | __GFP_THISNODE, nid);
        KEXPECT(p != NULL && nid_of(p) == nid);
        kmem_cache_free(cache, p);
    }
    KEXPECT_EQ(0, kmem_cache_verify(cache));
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

struct near {
    struct kmem_cache *cache;
    int nid; /* out: of what the CPU got */
};

static int allocate_here(void *arg)
{
    struct near *near = arg;
    void *p = kmem_cache_alloc(near->cache, GFP_KERNEL);

    near->nid = p ? nid_of(p) : NUMA_NO_NODE;
    kmem_cache_free(near->cache, p);
    return cpu_to_node(this_cpu());
}

/* Who names no node gets the nearest memory, wherever he runs. */
KTEST(slab, object_without_a_node_is_near_to_the_cpu)
{
    struct near near = {.cache = test_cache("test", 100, 0, 0, NULL)};
    int cpu, nr = 0;

    KASSERT(near.cache != NULL);
    for_each_cpu (cpu, &cpu_online_mask) {
        int nid = NUMA_NO_NODE;

        if (nr++ < 16)
            nid = run_on_cpu(cpu, allocate_here, &near);
        if (nid < 0)
            break;
        nid = node_nearest_with_memory(nid);
        if (node_free_pages(nid) > 64)
            KEXPECT_EQ(nid, near.nid);
    }
    KEXPECT_EQ(0, kmem_cache_verify(near.cache));
    KEXPECT_EQ(0, test_cache_destroy(near.cache));
}

/* A node without memory still has CPUs, and they need objects. */
KTEST(slab, node_without_memory_is_served_by_the_nearest)
{
    struct kmem_cache *cache = test_cache("test", 100, 0, 0, NULL);
    int nid, nr = 0;

    KASSERT(cache != NULL);
    for_each_online_node (nid) {
        void *p;

        if (node_state(nid, N_MEMORY))
            continue;
        nr++;
        p = kmem_cache_alloc_node(cache, GFP_KERNEL, nid);
        KEXPECT(p != NULL && nid_of(p) == node_nearest_with_memory(nid));
        kmem_cache_free(cache, p);
        KEXPECT(kmem_cache_alloc_node(cache, GFP_KERNEL | __GFP_THISNODE, nid) == NULL);
    }
    KEXPECT_EQ(0, test_cache_destroy(cache));
    KSKIP_IF(nr == 0, "every node has memory");
}

/* A number from a table that nobody checked must not index anything. */
KTEST(slab, node_that_does_not_exist_gives_nothing)
{
    struct kmem_cache *cache = test_cache("test", 100, 0, 0, NULL);

    KASSERT(cache != NULL);
    KEXPECT(kmem_cache_alloc_node(cache, GFP_KERNEL, MAX_NUMNODES) == NULL);
    KEXPECT(kmem_cache_alloc_node(cache, GFP_KERNEL, -2) == NULL);
    KEXPECT(kmem_cache_alloc_node(cache, GFP_KERNEL, nr_node_ids) == NULL);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* What was freed last is what the CPU's cache still holds. */
KTEST(slab, object_freed_last_is_allocated_first)
{
    struct kmem_cache *cache = test_cache("test", 128, 0, 0, NULL);
    unsigned long flags;
    void *first, *second;

    KASSERT(cache != NULL);
    flags = irq_save();
    first = kmem_cache_alloc(cache, GFP_NOWAIT);
    kmem_cache_free(cache, first);
    second = kmem_cache_alloc(cache, GFP_NOWAIT);
    irq_restore(flags);
    KEXPECT(first != NULL && first == second);
    kmem_cache_free(cache, second);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

static unsigned nr_constructed; /* atomic */

static void construct(void *object)
{
    *(unsigned long *)object = 0x1234567890abcdef;
    __atomic_fetch_add(&nr_constructed, 1, __ATOMIC_RELAXED);
}

/* A constructor is for what outlasts a life of the object: run again it would undo that. */
KTEST(slab, constructor_runs_once_for_each_object)
{
    struct kmem_cache *cache = test_cache("test", 48, 0, 0, construct);
    unsigned nr, wrong = 0, constructed;

    KASSERT(cache != NULL);
    nr_constructed = 0;
    nr = alloc_many(cache, 200, NUMA_NO_NODE, GFP_KERNEL);
    KEXPECT_EQ(200, nr);
    constructed = nr_constructed;
    KEXPECT_EQ(count_slabs(cache) * cache->shape.objects, constructed);
    for (int round = 0; round < 100; round++) {
        for (unsigned i = 0; i < nr; i += 10) {
            kmem_cache_free(cache, objects[i]);
            objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
            wrong += !objects[i] || *(unsigned long *)objects[i] != 0x1234567890abcdef;
        }
    }
    KEXPECT_EQ(0, wrong);
    KEXPECT(nr_constructed <= constructed + 2 * cache->shape.objects); /* on another CPU, perhaps */
    free_many(cache, nr);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* Old contents of an object are somebody else's secrets, and a reader's wild pointers. */
KTEST(slab, zalloc_clears_what_was_there)
{
    struct kmem_cache *cache = test_cache("test", 333, 0, 0, NULL);
    unsigned wrong = 0;

    KASSERT(cache != NULL);
    for (int round = 0; round < 3; round++) {
        uint8_t *p = kmem_cache_zalloc(cache, GFP_KERNEL);

        KASSERT(p != NULL);
        for (unsigned i = 0; i < 333; i++)
            wrong += p[i] != 0;
        memset(p, 0xee, 333);
        kmem_cache_free(cache, p);
    }
    KEXPECT_EQ(0, wrong);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* A cache that never gave back its pages would own the machine after the first rush. */
KTEST(slab, empty_slabs_go_back_but_for_a_few)
{
    struct kmem_cache *cache = test_cache("test", 1000, 0, 0, NULL);
    unsigned long least;
    unsigned nr;

    KASSERT(cache != NULL);
    nr = alloc_many(cache, MAX_OBJECTS, NUMA_NO_NODE, GFP_KERNEL);
    KEXPECT_EQ(MAX_OBJECTS, nr);
    KEXPECT(count_slabs(cache) >= MAX_OBJECTS / cache->shape.objects);
    free_many(cache, nr);
    least = (unsigned long)nodemask_weight(&node_states[N_MEMORY]) * cache->max_empty +
            2 * (cache->max_local + cache->max_foreign);
    KEXPECT(count_slabs(cache) <= least);
    kmem_cache_shrink(cache);
    KEXPECT_EQ(0, count_slabs(cache));
    KEXPECT_EQ(0, kmem_cache_verify(cache));
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* A module that ends with objects still out must be told, and the objects must stay valid. */
KTEST(slab, destroy_with_objects_in_use_is_refused_and_loses_nothing)
{
    struct kmem_cache *cache = test_cache("leaky", 64, 0, 0, NULL);
    unsigned long *p;

    KASSERT(cache != NULL);
    p = kmem_cache_alloc(cache, GFP_KERNEL);
    KASSERT(p != NULL);
    *p = 42;
    report_expect();
    KEXPECT_EQ(-EBUSY, test_cache_destroy(cache));
    KEXPECT_EQ(1, report_expect_end());
    KEXPECT(strstr(report_last(), "1 objects of cache leaky") != NULL);
    KEXPECT_EQ(42, *p);
    kmem_cache_free(cache, p);
    KEXPECT_EQ(0, test_cache_destroy(cache));
    KEXPECT_EQ(0, test_cache_destroy(NULL));
}

/* A cache of nothing, or of more than there can be, is a mistake that must not be found later. */
KTEST(slab, impossible_caches_are_refused)
{
    KEXPECT(kmem_cache_create("test", 0, 0, 0, NULL) == NULL);
    KEXPECT(kmem_cache_create("test", KMALLOC_MAX_SIZE + 1, 0, 0, NULL) == NULL);
    KEXPECT(kmem_cache_create("test", 64, 24, 0, NULL) == NULL);
    KEXPECT(kmem_cache_create("test", 64, 16384, 0, NULL) == NULL);
    KEXPECT(kmem_cache_create(NULL, 64, 0, 0, NULL) == NULL);
    KEXPECT(kmem_cache_create("", 64, 0, 0, NULL) == NULL);
}

/* Reclaim must know what it could get: /proc/meminfo counts by this flag. */
KTEST(slab, pages_are_counted_by_kind)
{
    static const struct {
        unsigned flags;
        enum node_stat_item stat;
    } kinds[] = {{0, NR_SLAB_UNRECLAIMABLE}, {SLAB_RECLAIM_ACCOUNT, NR_SLAB_RECLAIMABLE}};

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct kmem_cache *cache = test_cache("test", 2048, 0, kinds[i].flags, NULL);
        unsigned long before, pages;
        void *p;

        KASSERT(cache != NULL);
        kmem_cache_drain_all();
        before = global_node_page_state(kinds[i].stat);
        p = slab_alloc_direct(cache, GFP_KERNEL, NUMA_NO_NODE);
        KASSERT(p != NULL);
        pages = 1UL << page_order(slab_head(virt_to_page(p)));
        KEXPECT(global_node_page_state(kinds[i].stat) >= before + pages);
        kmem_cache_free(cache, p);
        KEXPECT_EQ(0, test_cache_destroy(cache));
    }
}

/* Without memory: NULL, no crash, and everything is back afterwards. */
KTEST(slab, no_memory_gives_null_and_recovers)
{
    struct kmem_cache *cache = test_cache("test", 2000, 0, 0, NULL);
    struct hoard h;
    unsigned nr;

    KASSERT(cache != NULL);
    if (hoarding_is_slow()) {
        ktest_skip("freeing all memory takes long here");
        KEXPECT_EQ(0, test_cache_destroy(cache));
        return;
    }
    hoard_init(&h);
    hoard_machine(&h, GFP_NOWAIT);
    nr = alloc_many(cache, MAX_OBJECTS, NUMA_NO_NODE, GFP_NOWAIT);
    KEXPECT(nr < MAX_OBJECTS);
    free_many(cache, nr);
    hoard_release(&h);
    KEXPECT_EQ(0, kmem_cache_verify(cache));
    nr = alloc_many(cache, 64, NUMA_NO_NODE, GFP_KERNEL);
    KEXPECT_EQ(64, nr);
    free_many(cache, nr);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* A full node must not make its CPUs fail while others have memory, nor get worse afterwards. */
KTEST(slab, full_node_is_helped_by_another)
{
    struct kmem_cache *cache;
    struct hoard h;
    int nid = next_node_with_free(-1);
    unsigned nr, elsewhere = 0;

    KSKIP_IF(next_node_with_free(nid) >= MAX_NUMNODES, "only one node has memory");
    KSKIP_IF(hoarding_is_slow(), "freeing all memory takes long here");
    cache = test_cache("test", 2000, 0, 0, NULL);
    KASSERT(cache != NULL);
    hoard_init(&h);
    hoard_node(&h, nid, GFP_NOWAIT);
    nr = alloc_many(cache, 64, nid, GFP_NOWAIT);
    KEXPECT_EQ(64, nr);
    for (unsigned i = 0; i < nr; i++)
        elsewhere += nid_of(objects[i]) != nid;
    KEXPECT(elsewhere >= 56);
    KEXPECT(count_slabs(cache) <= 64 / cache->shape.objects + 2 + 64 / 8);
    free_many(cache, nr);
    hoard_release(&h);
    KEXPECT_EQ(0, kmem_cache_verify(cache));
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* ---- many CPUs ---------------------------------------------------------------------------------- */

#define NR_SHELVES  32
#define MAX_WORKERS 8
#define WORK_OPS    3000

static void *shelves[NR_SHELVES]; /* exchanged atomically */
static struct kmem_cache *shared;
static unsigned nr_damaged; /* atomic */

static void check_free(unsigned long *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < 12; i++)
        if (p[i] != ((uintptr_t)p ^ i))
            __atomic_fetch_add(&nr_damaged, 1, __ATOMIC_RELAXED);
    kmem_cache_free(shared, p);
}

/* Allocate on some node, leave it for others, free what others left. */
static int exchange(void *arg)
{
    struct rng rng = {.state = (uintptr_t)arg * 77 + 1};

    for (int i = 0; i < WORK_OPS; i++) {
        uint64_t r = rng_next(&rng);
        int nid = r & 1 ? NUMA_NO_NODE : nodemask_first(&node_states[N_MEMORY]);
        unsigned long *p = kmem_cache_alloc_node(shared, GFP_KERNEL | __GFP_NOWARN, nid);

        for (unsigned j = 0; p && j < 12; j++)
            p[j] = (uintptr_t)p ^ j;
        check_free(__atomic_exchange_n(&shelves[r >> 8 & (NR_SHELVES - 1)], p, __ATOMIC_ACQ_REL));
    }
    return 0;
}

static void run_exchange(bool shrink_meanwhile)
{
    struct task *workers[MAX_WORKERS];
    int cpu, nr = 0;

    nr_damaged = 0;
    for_each_cpu (cpu, &cpu_online_mask) {
        if (nr == MAX_WORKERS)
            break;
        workers[nr] = kthread_create_on_node(exchange, (void *)(uintptr_t)(nr + 1),
                                             cpu_to_node(cpu), "exchange/%d", cpu);
        if (!KEXPECT(workers[nr] != NULL))
            break;
        kthread_bind(workers[nr], cpu);
        nr++;
    }
    for (int i = 0; i < nr; i++)
        kthread_start(workers[i]);
    for (int i = 0; shrink_meanwhile && i < 20; i++) {
        kmem_cache_shrink(shared);
        KEXPECT_EQ(0, kmem_cache_verify(shared));
        msleep(1);
    }
    for (int i = 0; i < nr; i++)
        kthread_join(workers[i]);
    for (int i = 0; i < NR_SHELVES; i++)
        check_free(__atomic_exchange_n(&shelves[i], NULL, __ATOMIC_ACQ_REL));
    KEXPECT_EQ(0, nr_damaged);
    KEXPECT_EQ(0, kmem_cache_verify(shared));
}

/* Objects wander: allocated here, freed there. None may get lost or be had twice on the way. */
KTEST(slab, objects_freed_by_other_cpus_and_nodes_come_home)
{
    shared = test_cache("shared", 96, 0, 0, NULL);
    KASSERT(shared != NULL);
    run_exchange(false);
    KEXPECT_EQ(0, test_cache_destroy(shared));
}

/* A CPU's part may be taken away at any moment between two of its calls. */
KTEST(slab, shrinking_under_load_breaks_nothing)
{
    shared = test_cache("shared", 96, 0, 0, NULL);
    KASSERT(shared != NULL);
    run_exchange(true);
    KEXPECT_EQ(0, test_cache_destroy(shared));
}

static int free_all_here(void *arg)
{
    unsigned nr = *(unsigned *)arg;

    free_many(shared, nr);
    return 0;
}

/* A CPU that frees another node's objects takes that node's lock once for many of them. */
KTEST(slab, remote_frees_take_the_lock_in_batches)
{
    int here = node_nearest_with_memory(cpu_to_node(this_cpu())), cpu, other = -1;
    unsigned long before;
    unsigned nr;

    for_each_cpu (cpu, &cpu_online_mask)
        if (node_nearest_with_memory(cpu_to_node(cpu)) != here)
            other = cpu;
    KSKIP_IF(other < 0, "all CPUs are on one node");
    shared = test_cache("shared", 64, 0, 0, NULL);
    KASSERT(shared != NULL);
    nr = alloc_many(shared, MAX_OBJECTS, here, GFP_KERNEL | __GFP_THISNODE);
    before = shared->node[here]->nr_locked;
    if (run_on_cpu(other, free_all_here, &nr) < 0)
        free_all_here(&nr);
    if (!cache_has_checks(shared))
        KEXPECT(shared->node[here]->nr_locked - before <= nr / shared->max_foreign + 2);
    KEXPECT_EQ(0, kmem_cache_verify(shared));
    KEXPECT_EQ(0, test_cache_destroy(shared));
}

/* The line of @name in /proc/slabinfo from its first number on, or NULL. */
static const char *slabinfo_line(const char *text, const char *name)
{
    const char *line = strstr(text, name);

    return line ? line + 17 : NULL;
}

/* Programs such as slabtop read this file, and fail on any other form. */
KTEST(slab, slabinfo_has_linuxs_form_and_counts_what_is_in_use)
{
    static char text[16384];
    struct kmem_cache *cache;
    struct seqbuf s;
    const char *line;
    unsigned nr;

    cache = test_cache("a_cache_for_slabi", 1000, 0, SLAB_RECLAIM_ACCOUNT, NULL);
    KASSERT(cache != NULL);
    nr = alloc_many(cache, 7, NUMA_NO_NODE, GFP_KERNEL);
    KEXPECT_EQ(7, nr);
    seqbuf_init(&s, text, sizeof(text));
    slabinfo_show(&s);
    KEXPECT(strncmp(seqbuf_str(&s), "slabinfo - version: 2.1\n# name            <active_objs>",
                    55) == 0);
    line = slabinfo_line(text, "\na_cache_for_slabi");
    KEXPECT(line != NULL && strncmp(line + 1, "      7 ", 8) == 0);
    KEXPECT(strstr(text, "\nkmalloc-64 ") != NULL && strstr(text, "\nkmalloc-8k ") != NULL);
    free_many(cache, nr);
    KEXPECT_EQ(0, test_cache_destroy(cache));
}

/* What the machine has been doing since boot must hold together, too. */
KTEST(slab, all_caches_hold_together)
{
    KEXPECT_EQ(0, kmem_cache_verify_all());
}
