/*
 * tests/host/test_watermark.c - mm/watermark.c: marks and reserves, against what Linux computed.
 */
#include "kernel/lib/math.h"
#include "mm/watermark.h"
#include "tests/host/test.h"

#define MAX_NODES 4

struct linux_zone {
    int nid;
    enum zone_type type;
    unsigned long managed, min, low, high;
    unsigned long protection[MAX_NR_ZONES];
    int pcp_high, pcp_batch;
};

struct linux_machine {
    const char *name;
    unsigned long min_free_kbytes;
    const struct linux_zone *zones;
    size_t nr_zones;
};

#include "tests/host/watermark_linux.h"

static const unsigned default_ratio[MAX_NR_ZONES] = {256, 256, 32, 0, 0};
static pg_data_t nodes[MAX_NODES];

static struct zone *zone_of(const struct linux_zone *row)
{
    return &nodes[row->nid].node_zones[row->type];
}

/* The machine's managed pages in our zones. Returns their sum. */
static unsigned long build(const struct linux_machine *m)
{
    unsigned long total = 0;

    memset(nodes, 0, sizeof(nodes));
    for (size_t i = 0; i < m->nr_zones; i++) {
        zone_of(&m->zones[i])->managed_pages = m->zones[i].managed;
        total += m->zones[i].managed;
    }
    return total;
}

/* A student who compares both kernels' zoneinfo would see other numbers. */
HTEST(watermark, marks_of_nine_machines_are_those_of_linux)
{
    for (size_t k = 0; k < ARRAY_SIZE(linux_machines); k++) {
        const struct linux_machine *m = &linux_machines[k];
        unsigned long total = build(m);

        for (size_t i = 0; i < m->nr_zones; i++) {
            const struct linux_zone *row = &m->zones[i];
            struct zone *zone = zone_of(row);

            zone_set_watermarks(zone, m->min_free_kbytes / 4, total, 10);
            EXPECT_EQ(row->min, wmark_pages(zone, WMARK_MIN));
            EXPECT_EQ(row->low, wmark_pages(zone, WMARK_LOW));
            EXPECT_EQ(row->high, wmark_pages(zone, WMARK_HIGH));
        }
    }
}

/* A low zone would be used up by those who could go elsewhere, or closed to them. */
HTEST(watermark, reserves_of_nine_machines_are_those_of_linux)
{
    for (size_t k = 0; k < ARRAY_SIZE(linux_machines); k++) {
        const struct linux_machine *m = &linux_machines[k];

        build(m);
        for (int nid = 0; nid < MAX_NODES; nid++)
            node_set_lowmem_reserves(&nodes[nid], default_ratio);
        for (size_t i = 0; i < m->nr_zones; i++)
            for (int j = 0; j < MAX_NR_ZONES; j++)
                EXPECT_EQ(m->zones[i].protection[j], zone_of(&m->zones[i])->lowmem_reserve[j]);
    }
}

HTEST(watermark, a_ratio_of_0_keeps_no_reserve)
{
    const unsigned none[MAX_NR_ZONES] = {0};

    build(&linux_machines[5]);
    node_set_lowmem_reserves(&nodes[0], default_ratio);
    EXPECT(nodes[0].node_zones[ZONE_DMA].lowmem_reserve[ZONE_NORMAL] > 0);
    node_set_lowmem_reserves(&nodes[0], none);
    EXPECT_EQ(0, nodes[0].node_zones[ZONE_DMA].lowmem_reserve[ZONE_NORMAL]);
}

/* Too little in reserve, and interrupts find no page; too much is memory that nobody can use. */
HTEST(watermark, min_free_kbytes_is_the_root_of_16_times_memory_within_bounds)
{
    EXPECT_EQ(128, wmark_default_min_free_kbytes(0));
    EXPECT_EQ(128, wmark_default_min_free_kbytes(1024));
    EXPECT_EQ(512, wmark_default_min_free_kbytes(16384));
    EXPECT_EQ(4096, wmark_default_min_free_kbytes(1 << 20));
    EXPECT_EQ(5792, wmark_default_min_free_kbytes(2 << 20));
    EXPECT_EQ(16384, wmark_default_min_free_kbytes(16 << 20));
    EXPECT_EQ(262144, wmark_default_min_free_kbytes(64UL << 30));
}

HTEST(watermark, a_scale_factor_widens_the_steps_of_a_large_zone_only)
{
    struct zone zone = {.managed_pages = 1000000};

    zone_set_watermarks(&zone, 1000, 1000000, 10);
    EXPECT_EQ(1000, wmark_pages(&zone, WMARK_MIN));
    EXPECT_EQ(2000, wmark_pages(&zone, WMARK_LOW));
    EXPECT_EQ(3000, wmark_pages(&zone, WMARK_HIGH));
    zone_set_watermarks(&zone, 1000, 1000000, 3000);
    EXPECT_EQ(1000 + 2 * 300000, wmark_pages(&zone, WMARK_HIGH));
    zone_set_watermarks(&zone, 100000, 1000000, 10);
    EXPECT_EQ(125000, wmark_pages(&zone, WMARK_LOW));
}

HTEST(watermark, int_sqrt_is_the_root_rounded_down)
{
    for (unsigned long n = 0; n < 3000; n++) {
        EXPECT_EQ(n, int_sqrt(n * n));
        if (n)
            EXPECT_EQ(n - 1, int_sqrt(n * n - 1));
    }
    EXPECT_EQ(UINT32_MAX, int_sqrt(UINT64_MAX));
}

/* A zone of 1000 pages with marks 100, 200, 300 and a reserve of 50 against requests for Normal. */
static struct zone marked(unsigned long nr_free, unsigned long orders)
{
    return (struct zone){.managed_pages = 1000,
                         .nr_free_pages = nr_free,
                         .free_orders = {[MIGRATE_MOVABLE] = orders},
                         .watermark = {100, 200, 300},
                         .lowmem_reserve = {[ZONE_NORMAL] = 50}};
}

static enum watermark_verdict test(struct zone z, unsigned order, unsigned long mark,
                                   enum zone_type highest, unsigned alloc_flags)
{
    return zone_watermark_test(&z, order, mark, highest, alloc_flags, z.nr_free_pages);
}

HTEST(watermark, more_than_the_mark_must_stay)
{
    EXPECT_EQ(WATERMARK_OK, test(marked(201, 1), 0, 200, ZONE_DMA32, 0));
    EXPECT_EQ(WATERMARK_BELOW, test(marked(200, 1), 0, 200, ZONE_DMA32, 0));
    EXPECT_EQ(WATERMARK_BELOW, test(marked(0, 0), 0, 0, ZONE_DMA32, 0));
}

HTEST(watermark, a_request_that_a_higher_zone_could_serve_must_leave_the_reserve)
{
    EXPECT_EQ(WATERMARK_OK, test(marked(251, 1), 0, 200, ZONE_NORMAL, 0));
    EXPECT_EQ(WATERMARK_RESERVED, test(marked(250, 1), 0, 200, ZONE_NORMAL, 0));
    EXPECT_EQ(WATERMARK_OK, test(marked(250, 1), 0, 200, ZONE_DMA32, 0));
    EXPECT_EQ(WATERMARK_BELOW, test(marked(200, 1), 0, 200, ZONE_NORMAL, 0));
}

/* Pages alone are no help to who needs a block. */
HTEST(watermark, a_block_of_the_order_or_larger_must_be_there)
{
    EXPECT_EQ(WATERMARK_FRAGMENTED, test(marked(900, 0x7), 3, 100, ZONE_DMA32, 0));
    EXPECT_EQ(WATERMARK_OK, test(marked(900, 0x8), 3, 100, ZONE_DMA32, 0));
    EXPECT_EQ(WATERMARK_OK, test(marked(900, 0x400), 3, 100, ZONE_DMA32, 0));
    EXPECT_EQ(WATERMARK_BELOW, test(marked(107, 0x8), 3, 100, ZONE_DMA32, 0));
    EXPECT_EQ(WATERMARK_OK, test(marked(108, 0x8), 3, 100, ZONE_DMA32, 0));
}

/* 100: half is 50; a quarter of that less is 38 (of 50, 12 go); a victim's half of 50 is 25. */
HTEST(watermark, urgent_requests_go_deeper_the_more_urgent_they_are)
{
    EXPECT_EQ(100, zone_lowered_mark(100, 0));
    EXPECT_EQ(50, zone_lowered_mark(100, ALLOC_HIGH));
    EXPECT_EQ(75, zone_lowered_mark(100, ALLOC_HARDER));
    EXPECT_EQ(38, zone_lowered_mark(100, ALLOC_HIGH | ALLOC_HARDER));
    EXPECT_EQ(50, zone_lowered_mark(100, ALLOC_OOM));
    EXPECT_EQ(25, zone_lowered_mark(100, ALLOC_HIGH | ALLOC_OOM));
    EXPECT_EQ(WATERMARK_OK, test(marked(51, 1), 0, 100, ZONE_DMA32, ALLOC_HIGH));
    EXPECT_EQ(WATERMARK_BELOW, test(marked(50, 1), 0, 100, ZONE_DMA32, ALLOC_HIGH));
}
