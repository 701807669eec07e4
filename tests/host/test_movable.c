/*
 * tests/host/test_movable.c - mm/movable.c: where ZONE_MOVABLE begins.
 *
 * The addresses are those that Linux 6.1 logged ("Movable zone start for each node") when it was booted on
 * these machines with these options.
 */
#include "kernel/lib/errno.h"
#include "mm/movable.h"
#include "mm/page.h"
#include "mm/zone.h"
#include "tests/host/numa_machine.h"
#include "tests/host/test.h"

static struct numa_machine m;
static unsigned long border[MAX_NUMNODES];
static pg_data_t pgdat;

static struct movable_size size_of(const char *text)
{
    struct movable_size size = {0};
    const char *why;

    if (text)
        EXPECT_EQ(0, movable_parse_size(text, &size, &why));
    return size;
}

/* Find the borders of machine `m` with these values of kernelcore= and movablecore=. */
static void find(const char *kernelcore, const char *movablecore)
{
    struct movable_options options = {.kernelcore = size_of(kernelcore),
                                      .movablecore = size_of(movablecore)};

    EXPECT_STR(NULL, numa_machine_broken(&m));
    movable_find(border, &m.applied, &options);
}

static void find_movable_node(void)
{
    struct movable_options options = {.movable_node = true, .kernelcore = size_of("64M")};

    movable_find(border, &m.applied, &options);
}

static void expect_borders(uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3)
{
    uint64_t want[] = {b0, b1, b2, b3};

    for (int nid = 0; nid < MAX_NUMNODES; nid++)
        EXPECT_EQ(nid < 4 ? want[nid] : 0, (uint64_t)border[nid] << PAGE_SHIFT);
}

/* Nodes one after the other from 0 up, each with a CPU. */
static void nodes_of(const uint64_t *sizes, unsigned nr)
{
    uint64_t at = 0;

    numa_machine_begin(&m, nr);
    for (unsigned i = 0; i < nr; i++) {
        numa_machine_cpu(&m, i, i);
        numa_machine_memory(&m, i, at, sizes[i]);
        at += sizes[i];
    }
    numa_machine_pc_ram(&m, at);
}

static void two_even(void)
{
    nodes_of((uint64_t[]){MiB(512), MiB(512)}, 2);
}

static void four_lopsided(void)
{
    nodes_of((uint64_t[]){MiB(128), MiB(512), GiB(1), MiB(256)}, 4);
}

/* 512 MiB below 4 GiB, the rest above; 1 GiB in node 0, 2 GiB in node 1. */
static void two_high(void)
{
    numa_machine_begin(&m, 2);
    numa_machine_pc_ram(&m, MiB(512));
    memblock_add(&m.mb, GiB(4), GiB(6) + MiB(512), NUMA_NO_NODE);
    numa_machine_cpu(&m, 0, 0);
    numa_machine_cpu(&m, 1, 1);
    numa_machine_memory(&m, 0, 0, MiB(512));
    numa_machine_memory(&m, 0, GiB(4), MiB(512));
    numa_machine_memory(&m, 1, GiB(4) + MiB(512), GiB(2));
}

/* Half of the kernel's memory would come from one node, and its threads would all be there. */
HTEST(movable, kernelcore_is_shared_out_evenly)
{
    two_even();
    find("256M", NULL);
    expect_borders(0x8400000, 0x28000000, 0, 0);
}

/* A small node gives what it has, the others the rest; or the kernel would get less than it asked for. */
HTEST(movable, what_small_nodes_lack_is_shared_out_again)
{
    four_lopsided();
    find("1G", NULL);
    expect_borders(0, 0x1c400000, 0x3c400000, 0);
    find("30%", NULL);
    expect_borders(0, 0x11800000, 0x31800000, 0x71800000);
}

HTEST(movable, movablecore_is_the_rest)
{
    four_lopsided();
    find(NULL, "40%");
    expect_borders(0, 0x20000000, 0x40000000, 0);
}

/* Devices that reach 4 GiB would find only memory that the kernel may not use. */
HTEST(movable, memory_below_4_gib_stays_the_kernels_if_there_is_more_above)
{
    two_high();
    find("1G", NULL);
    expect_borders(0x100400000, 0x140000000, 0, 0);
    find(NULL, "1500M");
    expect_borders(0x111400000, 0x151400000, 0, 0);
}

/* Both options: who asks for more kernel memory wins. */
HTEST(movable, larger_of_both_claims_of_the_kernel_counts)
{
    unsigned long alone[MAX_NUMNODES];

    two_even();
    find("700M", NULL);
    memcpy(alone, border, sizeof(alone));
    find("700M", "512M");
    EXPECT_EQ(0, memcmp(alone, border, sizeof(alone)));
    find("100M", "512M");
    memcpy(alone, border, sizeof(alone));
    find(NULL, "512M");
    EXPECT_EQ(0, memcmp(alone, border, sizeof(alone)));
}

/* As on Linux: all movable is none, since a kernel without memory is no kernel. */
HTEST(movable, all_or_nothing_is_nothing)
{
    two_even();
    find(NULL, "100%");
    expect_borders(0, 0, 0, 0);
    find("1", NULL);
    expect_borders(0, 0, 0, 0);
    find("8G", NULL);
    expect_borders(0, 0, 0, 0);
    find("100%", NULL);
    expect_borders(0, 0, 0, 0);
    find(NULL, NULL);
    expect_borders(0, 0, 0, 0);
}

/* ---- movable_node ---- */

/* 1 GiB below 4 GiB in node 0; what lies above is hot-pluggable. */
static void begin_hotplug(void)
{
    numa_machine_begin(&m, 2);
    numa_machine_pc_ram(&m, GiB(1));
    memblock_add(&m.mb, GiB(4), GiB(6), NUMA_NO_NODE);
    numa_machine_cpu(&m, 0, 0);
    numa_machine_cpu(&m, 1, 1);
    numa_machine_memory(&m, 0, 0, GiB(1));
}

HTEST(movable, hot_pluggable_node_is_all_movable)
{
    begin_hotplug();
    numa_machine_memory(&m, 1, GiB(4), GiB(2));
    find(NULL, NULL);
    memblock_mark_hotplug(&m.applied, GiB(4), GiB(6));
    find_movable_node();
    expect_borders(0, 0x100000000, 0, 0);
}

HTEST(movable, border_is_a_nodes_lowest_hot_pluggable_address)
{
    begin_hotplug();
    numa_machine_memory(&m, 0, GiB(4), MiB(512));
    numa_machine_memory(&m, 1, GiB(4) + MiB(512), MiB(1536));
    find(NULL, NULL);
    memblock_mark_hotplug(&m.applied, GiB(5), GiB(6));
    find_movable_node();
    expect_borders(0, 0x140000000, 0, 0);
    memblock_mark_hotplug(&m.applied, GiB(5) - PAGE_SIZE, GiB(8));
    find_movable_node();
    expect_borders(0, 0x140000000, 0, 0); /* rounded up to a block */
}

HTEST(movable, without_hot_pluggable_memory_nothing_is_movable)
{
    begin_hotplug();
    numa_machine_memory(&m, 1, GiB(4), GiB(2));
    find(NULL, NULL);
    find_movable_node();
    expect_borders(0, 0, 0, 0);
    memblock_mark_hotplug(&m.applied, GiB(64), GiB(128)); /* room for more, no RAM yet */
    find_movable_node();
    expect_borders(0, 0, 0, 0);
}

/* ---- any machine ---- */

/* Pages of @nid in [first, end). */
static unsigned long pages_in(int nid, unsigned long first, unsigned long end)
{
    return memblock_bytes_in(&m.applied, (uint64_t)first << PAGE_SHIFT, (uint64_t)end << PAGE_SHIFT,
                             nid) >>
           PAGE_SHIFT;
}

/* How much of @nid is the kernel's. */
static unsigned long kernel_pages(int nid)
{
    return pages_in(nid, 0, border[nid] ? border[nid] : ~0UL >> PAGE_SHIFT);
}

/*
 * What the options promise, on machines whose usable memory begins at 16 MiB: the kernel gets what it asked
 * for and at most the rounding more, no node gives less than another that has more left, borders are K1.
 */
HTEST(movable, promises_hold_on_any_machine)
{
    for (int round = 0; round < 300; round++) {
        unsigned nr = 1 + host_random_below(12);
        uint64_t sizes[12];
        unsigned long total = 0, kernel = 0, most = 0, wanted;
        char text[32];

        for (unsigned i = 0; i < nr; i++)
            sizes[i] = (uint64_t)(i ? 1 + host_random_below(250) : 32 + host_random_below(200))
                       << (12 + host_random_below(2) * 8);
        sizes[0] = ALIGN_UP(sizes[0], MiB(1)) + MiB(32);
        sizes[nr - 1] += MiB(1);
        nodes_of(sizes, nr);
        EXPECT_STR(NULL, numa_machine_broken(&m));
        for (unsigned i = 0; i < nr; i++)
            total += pages_in((int)i, 0, ~0UL >> PAGE_SHIFT);
        wanted = 1 + host_random_below((unsigned)total - 1);
        snprintf(text, sizeof(text), "%luK", wanted * 4);
        find(text, NULL);
        for (unsigned i = 0; i < nr; i++) {
            kernel += kernel_pages((int)i);
            if (border[i]) {
                EXPECT_EQ(0, border[i] % MAX_ORDER_PAGES);
                EXPECT(pages_in((int)i, border[i], ~0UL >> PAGE_SHIFT) > 0);
                /* The lowest pages are the kernel's without being asked for. */
                most = max(most, i ? kernel_pages((int)i) : 0);
            }
        }
        EXPECT(kernel + nr >= min(wanted, total));
        for (unsigned i = 1; i < nr; i++) {
            if (!border[i] && kernel)
                continue; /* it gave all */
            EXPECT(kernel_pages((int)i) + 2 * MAX_ORDER_PAGES >= most);
        }
        EXPECT(kernel <=
               max(wanted, (unsigned long)(MiB(16) >> PAGE_SHIFT)) + (nr + 1) * MAX_ORDER_PAGES);
    }
}

/* ---- zones ---- */

static void expect_zone(int nid, enum zone_type type, unsigned long start, unsigned long spanned,
                        unsigned long present)
{
    memcpy(zone_movable_pfn, border, sizeof(border));
    memset(&pgdat, 0, sizeof(pgdat));
    pgdat.node_id = nid;
    zone_init(&pgdat.node_zones[type], &pgdat, type, &m.applied);
    memset(zone_movable_pfn, 0, sizeof(border));
    EXPECT_EQ(start, pgdat.node_zones[type].zone_start_pfn);
    EXPECT_EQ(spanned, pgdat.node_zones[type].spanned_pages);
    EXPECT_EQ(present, pgdat.node_zones[type].present_pages);
}

/* Linux's /proc/zoneinfo of two of these machines. */
HTEST(movable, zones_are_cut_at_the_border)
{
    four_lopsided();
    find("1G", NULL);
    expect_zone(0, ZONE_DMA, 1, 4095, 3998);
    expect_zone(0, ZONE_DMA32, 4096, 28672, 28672);
    expect_zone(0, ZONE_MOVABLE, 0, 0, 0);
    expect_zone(1, ZONE_DMA32, 32768, 82944, 82944);
    expect_zone(1, ZONE_MOVABLE, 115712, 48128, 48128);
    expect_zone(2, ZONE_MOVABLE, 246784, 179200, 179200);
    expect_zone(3, ZONE_DMA32, 425984, 65504, 65504);
    expect_zone(3, ZONE_MOVABLE, 0, 0, 0);
    two_high();
    find("1G", NULL);
    expect_zone(0, ZONE_DMA32, 4096, 1044480, 126944);
    expect_zone(0, ZONE_NORMAL, 1048576, 1024, 1024);
    expect_zone(0, ZONE_MOVABLE, 1049600, 130048, 130048);
    expect_zone(1, ZONE_NORMAL, 1179648, 131072, 131072);
    expect_zone(1, ZONE_MOVABLE, 1310720, 393216, 393216);
    expect_zone(1, ZONE_DEVICE, 0, 0, 0);
}

/* ---- text ---- */

HTEST(movable, sizes_are_bytes_or_percent)
{
    EXPECT_EQ(MiB(512) >> PAGE_SHIFT, size_of("512M").nr_pages);
    EXPECT_EQ(GiB(2) >> PAGE_SHIFT, size_of("0x2g").nr_pages);
    EXPECT_EQ(1, size_of("8191").nr_pages);
    EXPECT_EQ(30, size_of("30%").percent);
    EXPECT_EQ(100, size_of("100%").percent);
}

HTEST(movable, what_is_no_size_is_refused_with_a_reason)
{
    static const char *const bad[] = {"",  "x",      "512Q",  "101%",
                                      "%", "-5",     "5%%",   "5 M",
                                      "M", "mirror", "1G,2G", "99999999999999999999"};
    struct movable_size size = {.nr_pages = 7};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        const char *why = NULL;

        EXPECT_EQ(-EINVAL, movable_parse_size(bad[i], &size, &why));
        EXPECT(why != NULL);
        EXPECT_EQ(7, size.nr_pages);
    }
}

/* ---- memblock with hot-pluggable ranges ---- */

/* Boot would sit in memory that is to be pulled out. */
HTEST(movable, allocations_leave_hot_pluggable_ranges_alone)
{
    static struct memblock mb;

    mb = (struct memblock){.limit = MEMBLOCK_ANYWHERE};
    memblock_add(&mb, MiB(1), MiB(64), 0);
    memblock_add(&mb, MiB(64), MiB(128), 1);
    memblock_mark_hotplug(&mb, MiB(64), MiB(128));
    memblock_mark_hotplug(&mb, MiB(32), MiB(48));
    EXPECT_EQ(0, memblock_alloc_exact(&mb, MiB(1), 4096, 1));
    EXPECT_EQ(MiB(63), memblock_alloc(&mb, MiB(1), 4096, 1));  /* the other node helps */
    EXPECT_EQ(MiB(16), memblock_alloc(&mb, MiB(16), 4096, 0)); /* 15 MiB are left at 48 */
    EXPECT_EQ(MiB(48), memblock_alloc(&mb, MiB(15), 4096, 0));
    EXPECT_EQ(MiB(1), memblock_alloc(&mb, MiB(15), 4096, 0));
    EXPECT_EQ(MiB(127), memblock_alloc(&mb, MiB(1), 4096, 0)); /* nothing else is left */
}

/* Page tables would lie wherever RAM ends, on any node. */
HTEST(movable, bottom_up_begins_at_the_floor)
{
    static struct memblock mb;

    mb = (struct memblock){.limit = MEMBLOCK_ANYWHERE, .bottom_up = true, .floor = MiB(20)};
    memblock_add(&mb, MiB(1), MiB(64), 0);
    EXPECT_EQ(MiB(20), memblock_alloc(&mb, MiB(40), 4096, 0));
    EXPECT_EQ(MiB(60), memblock_alloc(&mb, MiB(4), 4096, 0));
    EXPECT_EQ(MiB(1), memblock_alloc(&mb, MiB(4), 4096, 0)); /* below it, when it is full */
}
