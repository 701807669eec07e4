/*
 * tests/kernel/test_kmalloc.c - memory of any size.
 */
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/string.h"
#include "tests/kernel/slab_helpers.h"

/* Every size up to two pages, and the sizes around each power of two above. */
static size_t next_size(size_t size)
{
    if (size < 2 * PAGE_SIZE + 2)
        return size < 300 ? size + 1 : size + 37;
    return size & (size - 1) ? ALIGN_UP(size, PAGE_SIZE) * 2 : size + 1;
}

/* A byte too few is an overrun that the user didn't make. */
KTEST(kmalloc, every_size_is_usable_to_its_last_byte)
{
    for (size_t size = 1; size <= 64 * PAGE_SIZE; size = next_size(size)) {
        uint8_t *p = kmalloc(size, GFP_KERNEL | __GFP_NOWARN);

        if (!p)
            continue;
        memset(p, 0x5c, size);
        KEXPECT(ksize(p) >= size);
        KEXPECT_EQ(0x5c, p[size - 1]);
        kfree(p);
    }
}

/* The sizes are Linux's: a structure of 65 bytes must not cost 128. */
KTEST(kmalloc, size_is_rounded_up_to_the_next_class)
{
    static const struct {
        size_t size, gets;
    } cases[] = {{0, 8},       {1, 8},        {8, 8},         {9, 16},         {33, 64},
                 {65, 96},     {97, 128},     {129, 192},     {193, 256},      {257, 512},
                 {8192, 8192}, {8193, 16384}, {20000, 32768}, {262144, 262144}};

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        void *p = kmalloc(cases[i].size, GFP_KERNEL | __GFP_NOWARN);

        if (!p)
            continue;
        KEXPECT_EQ(cases[i].gets, ksize(p));
        kfree(p);
    }
}

/* Who divides his memory by powers of two counts on their alignment. */
KTEST(kmalloc, powers_of_two_are_aligned_to_themselves)
{
    for (size_t size = 8; size <= KMALLOC_MAX_CACHE_SIZE; size *= 2) {
        void *p[5];

        for (unsigned i = 0; i < ARRAY_SIZE(p); i++) {
            p[i] = kmalloc(size, GFP_KERNEL);
            KEXPECT(p[i] != NULL && IS_ALIGNED((uintptr_t)p[i], size));
        }
        for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
            kfree(p[i]);
    }
}

/* The compiler's choice of a cache and the table's must be one. */
KTEST(kmalloc, constant_and_variable_sizes_have_one_cache)
{
    for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++)
        KASSERT(kmalloc_cache(size) == kmalloc_caches[kmalloc_index(size)]);
    KEXPECT(kmalloc_cache(KMALLOC_MAX_CACHE_SIZE + 1) == NULL);
}

/* More than there can be is NULL, and not a small block for a large number. */
KTEST(kmalloc, too_much_gives_null)
{
    volatile size_t huge = KMALLOC_MAX_SIZE + 1, half = ~(size_t)0 / 2;

    KEXPECT(kmalloc(huge, GFP_KERNEL) == NULL);
    KEXPECT(kmalloc(~(size_t)0 - huge + huge, GFP_KERNEL) == NULL);
    KEXPECT(kcalloc(half, 3, GFP_KERNEL) == NULL);
    KEXPECT(kmalloc_array(half, half, GFP_KERNEL) == NULL);
}

/* kfree(NULL) spares every caller an if. */
KTEST(kmalloc, nothing_can_be_freed)
{
    kfree(NULL);
    KEXPECT_EQ(0, ksize(NULL));
}

static unsigned count_not_zero(const uint8_t *p, size_t size)
{
    unsigned nr = 0;

    for (size_t i = 0; i < size; i++)
        nr += p[i] != 0;
    return nr;
}

/* Old contents must not come to light. */
KTEST(kmalloc, zeroed_memory_is_zero)
{
    static const size_t sizes[] = {1, 8, 63, 64, 500, 5000, 8192, 20000};

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        for (int round = 0; round < 2; round++) {
            uint8_t *p = round ? kcalloc(sizes[i], 1, GFP_KERNEL | __GFP_NOWARN)
                               : kzalloc(sizes[i], GFP_KERNEL | __GFP_NOWARN);

            if (!p)
                continue;
            KEXPECT_EQ(0, count_not_zero(p, sizes[i]));
            memset(p, 0xff, sizes[i]);
            kfree(p);
        }
    }
}

/* Two witnesses: the page, and the node whose free count fell. */
KTEST(kmalloc, large_block_comes_from_the_node_that_is_named)
{
    int nid;

    for (nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        gfp_t gfp = GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN;
        struct free_counts before;
        void *p;

        free_counts_take(&before);
        p = kmalloc_node(12000, gfp, nid);
        if (!p)
            continue;
        KEXPECT_EQ(nid, nid_of(p));
        KEXPECT_EQ(nid, free_counts_fell(&before, 4));
        kfree(p);
    }
}

/* The same for objects: kmalloc_node() is what places everything that a node owns. */
KTEST(kmalloc, object_comes_from_the_node_that_is_named)
{
    int nid;

    for (nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        void *p[20];

        for (unsigned i = 0; i < ARRAY_SIZE(p); i++) {
            p[i] = kmalloc_node(200, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, nid);
            KEXPECT(!p[i] || nid_of(p[i]) == nid);
        }
        for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
            kfree(p[i]);
    }
    KEXPECT_EQ(0, kmem_cache_verify(kmalloc_caches[kmalloc_index(200)]));
}

/* A device with 24 address lines cannot reach what the caches have. */
KTEST(kmalloc, dma_memory_is_below_16_mib)
{
    void *p = kmalloc(100, GFP_DMA | __GFP_NOWARN);

    KSKIP_IF(!p, "ZONE_DMA is empty");
    KEXPECT(virt_to_phys(p) < ZONE_DMA_END << 0);
    kfree(p);
}

/* What kmalloc takes, whole pages, too, is the kernel's in /proc/meminfo. */
KTEST(kmalloc, large_blocks_are_counted)
{
    unsigned long before = global_node_page_state(NR_SLAB_UNRECLAIMABLE);
    void *p = kmalloc(3 * PAGE_SIZE, GFP_KERNEL);

    KASSERT(p != NULL);
    KEXPECT_EQ(before + 4, global_node_page_state(NR_SLAB_UNRECLAIMABLE));
    kfree(p);
    KEXPECT_EQ(before, global_node_page_state(NR_SLAB_UNRECLAIMABLE));
}

/* An interrupt handler cannot wait, and may come in the middle of kmalloc(). */
KTEST(kmalloc, works_with_interrupts_off)
{
    unsigned long flags = irq_save();
    void *p[200];

    for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
        p[i] = kmalloc(i + 1, GFP_ATOMIC);
    for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
        kfree(p[i]);
    KEXPECT(!irqs_enabled());
    irq_restore(flags);
    for (unsigned i = 0; i < NR_KMALLOC_CACHES; i++)
        KEXPECT_EQ(0, kmem_cache_verify(kmalloc_caches[i]));
}

struct slot {
    uint8_t *p;
    size_t size;
    uint8_t value;
};

static bool is_filled(const struct slot *s)
{
    return s->p[0] == s->value && s->p[s->size / 2] == s->value && s->p[s->size - 1] == s->value;
}

/* Any order of any sizes: nobody's bytes change, and nothing is left. */
KTEST(kmalloc, random_walk_keeps_contents_and_invariants)
{
    static struct slot slots[256];
    struct rng rng = {.state = 4711};

    for (int i = 0; i < 20000; i++) {
        uint64_t r = rng_next(&rng);
        struct slot *s = &slots[r % ARRAY_SIZE(slots)];

        if (s->p) {
            KEXPECT(is_filled(s));
            kfree(s->p);
            s->p = NULL;
            continue;
        }
        s->size = 1 + (r >> 16) % (r >> 40 & 7 ? 300 : 10000);
        s->value = (uint8_t)(r >> 8);
        s->p = kmalloc_node(s->size, GFP_KERNEL | __GFP_NOWARN,
                            r >> 50 & 1 ? NUMA_NO_NODE : nodemask_first(&node_states[N_MEMORY]));
        if (s->p)
            memset(s->p, s->value, s->size);
    }
    KEXPECT_EQ(0, kmem_cache_verify_all());
    for (unsigned i = 0; i < ARRAY_SIZE(slots); i++) {
        kfree(slots[i].p);
        slots[i].p = NULL;
    }
    KEXPECT_EQ(0, kmem_cache_verify_all());
}
