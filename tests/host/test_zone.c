/*
 * tests/host/test_zone.c - mm/zone.c: what a node's zones span and hold.
 *
 * The numbers are those of /proc/zoneinfo when Linux 6.1 was booted with these SRATs and this RAM.
 */
#include "tests/host/numa_machine.h"
#include "tests/host/test.h"

static struct numa_machine m;
static pg_data_t pgdat;

/* Zone @type of node @nid has just these pages. */
static void expect_zone(int nid, enum zone_type type, unsigned long start, unsigned long spanned,
                        unsigned long present)
{
    struct zone *zone = &pgdat.node_zones[type];

    memset(&pgdat, 0, sizeof(pgdat));
    pgdat.node_id = nid;
    zone_init(zone, &pgdat, type, &m.applied);
    EXPECT_STR(zone_name(type), zone->name);
    EXPECT_EQ(start, zone->zone_start_pfn);
    EXPECT_EQ(spanned, zone->spanned_pages);
    EXPECT_EQ(present, zone->present_pages);
    EXPECT_EQ(0, zone->managed_pages);
    EXPECT_EQ(0, zone->nr_free_pages);
}

static void begin(uint64_t below_4g, uint64_t above_4g)
{
    numa_machine_begin(&m, 2);
    numa_machine_pc_ram(&m, below_4g);
    if (above_4g)
        memblock_add(&m.mb, GiB(4), GiB(4) + above_4g, NUMA_NO_NODE);
    numa_machine_cpu(&m, 0, 0);
    numa_machine_cpu(&m, 1, 1);
}

static void memory(uint32_t pxm, uint64_t start, uint64_t end)
{
    numa_machine_memory(&m, pxm, start, end - start);
}

static void decide(void)
{
    EXPECT_STR(NULL, numa_machine_broken(&m));
}

/* The smallest machines have no zone but these. */
HTEST(zone, small_machines_have_dma_and_a_little_dma32)
{
    begin(MiB(96), 0);
    memory(0, 0, MiB(96));
    decide();
    expect_zone(0, ZONE_DMA, 1, 4095, 3998);
    expect_zone(0, ZONE_DMA32, 4096, 20448, 20448);
    expect_zone(0, ZONE_NORMAL, 0, 0, 0);
    expect_zone(0, ZONE_MOVABLE, 0, 0, 0);
    expect_zone(0, ZONE_DEVICE, 0, 0, 0);
}

/* A zone inside of a node reaches to its border, RAM or not. */
HTEST(zone, dma32_reaches_to_4_gib_if_the_node_goes_on_above)
{
    begin(GiB(2), GiB(3));
    memory(0, 0, GiB(5));
    memory(1, GiB(5), GiB(7));
    decide();
    expect_zone(0, ZONE_DMA32, 4096, 1044480, 520160);
    expect_zone(0, ZONE_NORMAL, 1048576, 262144, 262144);
    expect_zone(1, ZONE_DMA, 0, 0, 0);
    expect_zone(1, ZONE_DMA32, 0, 0, 0);
    expect_zone(1, ZONE_NORMAL, 1310720, 524288, 524288);
}

HTEST(zone, a_node_that_begins_below_4_gib_has_both_dma32_and_normal)
{
    begin(GiB(2), GiB(3));
    memory(0, 0, GiB(1));
    memory(1, GiB(1), GiB(7));
    decide();
    expect_zone(0, ZONE_DMA32, 4096, 258048, 258048);
    expect_zone(0, ZONE_NORMAL, 0, 0, 0);
    expect_zone(1, ZONE_DMA32, 262144, 786432, 262112);
    expect_zone(1, ZONE_NORMAL, 1048576, 786432, 786432);
}

HTEST(zone, a_node_may_have_zone_dma_only)
{
    begin(GiB(2), GiB(3));
    memory(0, 0, MiB(16));
    memory(1, MiB(16), GiB(7));
    decide();
    expect_zone(0, ZONE_DMA, 1, 4095, 3998);
    expect_zone(0, ZONE_DMA32, 0, 0, 0);
    expect_zone(1, ZONE_DMA, 0, 0, 0);
    expect_zone(1, ZONE_DMA32, 4096, 1044480, 520160);
    begin(GiB(1), 0);
    memory(0, 0, MiB(1));
    memory(1, MiB(1), GiB(1));
    decide();
    expect_zone(0, ZONE_DMA, 1, 158, 158);
    expect_zone(1, ZONE_DMA, 256, 3840, 3840);
}

/* Spans are cut by the node's range and the zone's border, not by the node's own RAM. */
HTEST(zone, zones_of_interleaved_nodes_span_each_other)
{
    begin(GiB(2), GiB(3));
    memory(0, 0, GiB(1));
    memory(1, GiB(1), GiB(2));
    memory(0, GiB(4), GiB(5));
    memory(1, GiB(5), GiB(6));
    memory(0, GiB(6), GiB(7));
    decide();
    expect_zone(0, ZONE_DMA32, 4096, 1044480, 258048);
    expect_zone(0, ZONE_NORMAL, 1048576, 786432, 524288);
    expect_zone(1, ZONE_DMA32, 262144, 786432, 262112);
    expect_zone(1, ZONE_NORMAL, 1048576, 524288, 262144);
}

HTEST(zone, a_page_lies_in_the_zone_that_its_address_says)
{
    EXPECT_EQ(ZONE_DMA, zone_type_of_pfn(0));
    EXPECT_EQ(ZONE_DMA, zone_type_of_pfn(4095));
    EXPECT_EQ(ZONE_DMA32, zone_type_of_pfn(4096));
    EXPECT_EQ(ZONE_DMA32, zone_type_of_pfn(0xfffff));
    EXPECT_EQ(ZONE_NORMAL, zone_type_of_pfn(0x100000));
}
