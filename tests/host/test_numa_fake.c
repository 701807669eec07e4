/*
 * tests/host/test_numa_fake.c - mm/numa_fake.c: numa=fake= cuts as Linux 6.1 does.
 *
 * Two witnesses: what Linux logged ("Faking node") when it was booted with the option, and the same
 * arithmetic written a second time, in the plainest way, on random machines.
 */
#include "tests/host/numa_machine.h"
#include "tests/host/test.h"

static struct numa_machine m;

static void decide(const char *option)
{
    m.in.option = option;
    EXPECT_STR(NULL, numa_machine_broken(&m));
}

/* ---- recorded on Linux: 1 GiB and four CPUs ---- */

#define MOST_PIECES 32
#define TOP         GiB(1)

struct range {
    int nid;
    unsigned start, end; /* MiB; 1024 stands for the end of RAM, 128 KiB below */
};

struct recording {
    const char *option;
    struct range phys[5]; /* none: no SRAT */
    unsigned nr_phys;
    struct range pieces[MOST_PIECES];
    unsigned nr_pieces; /* 0: the option is not obeyed */
};

#define NO_SRAT {{0}}, 0
#define EQUAL   {{0, 0, 512}, {1, 512, 1024}}, 2
#define UNEQUAL {{0, 0, 256}, {1, 256, 1024}}, 2
#define FOUR    {{0, 0, 256}, {1, 256, 512}, {2, 512, 768}, {3, 768, 1024}}, 4
#define ABAB    {{0, 512, 768}, {1, 768, 1024}, {1, 256, 512}, {0, 0, 256}}, 4

static const struct recording linux_6_1[] = {
    /* clang-format off */
    {"fake=3", NO_SRAT, {{0, 0, 352}, {1, 352, 672}, {2, 672, 1024}}, 3},
    {"fake=4", NO_SRAT, {{0, 0, 256}, {1, 256, 512}, {2, 512, 768}, {3, 768, 1024}}, 4},
    {"fake=64", NO_SRAT, {{0}}, 0},
    {"fake=200", NO_SRAT, {{0}}, 0},
    {"fake=1000", NO_SRAT, {{0}}, 0},
    {"fake=128m", NO_SRAT, {{0}}, 0}, /* 128 nodes: the letter must be a capital */
    {"fake=65536K", NO_SRAT, {{0}}, 0},
    {"fake=1", EQUAL, {{0, 0, 1024}}, 1},
    {"fake=3", EQUAL, {{0, 0, 512}, {1, 512, 1024}}, 2},
    {"fake=3x", EQUAL, {{0, 0, 512}, {1, 512, 1024}}, 2},
    {"fake=2,off", EQUAL, {{0, 0, 512}, {1, 512, 1024}}, 2},
    {"fake=4", EQUAL, {{0, 0, 256}, {1, 512, 768}, {2, 256, 512}, {3, 768, 1024}}, 4},
    {"fake=4", UNEQUAL, {{0, 0, 256}, {1, 256, 512}, {2, 512, 768}, {3, 768, 1024}}, 4},
    {"fake=3", FOUR, {{0, 0, 256}, {1, 256, 512}, {2, 512, 768}, {0, 768, 1024}}, 4},
    {"fake=6", ABAB, {{0, 512, 768}, {1, 768, 1024}, {2, 0, 256}, {3, 256, 512}}, 4},
    {"fake=0", EQUAL, {{0}}, 0},
    {"fake=-1", EQUAL, {{0}}, 0},
    {"fake=x", EQUAL, {{0}}, 0},
    {"fake=", EQUAL, {{0}}, 0},
    {"fake=1G", NO_SRAT, {{0, 0, 1024}}, 1},
    {"fake=128M", NO_SRAT,
     {{0, 0, 160}, {1, 160, 288}, {2, 288, 416}, {3, 416, 544}, {4, 544, 672}, {5, 672, 800},
      {6, 800, 1024}}, 7},
    {"fake=128Mx", NO_SRAT,
     {{0, 0, 160}, {1, 160, 288}, {2, 288, 416}, {3, 416, 544}, {4, 544, 672}, {5, 672, 800},
      {6, 800, 1024}}, 7},
    {"fake=100M", NO_SRAT,
     {{0, 0, 128}, {1, 128, 224}, {2, 224, 320}, {3, 320, 416}, {4, 416, 512}, {5, 512, 608},
      {6, 608, 704}, {7, 704, 800}, {8, 800, 896}, {9, 896, 1024}}, 10},
    {"fake=16M", NO_SRAT,
     {{0, 0, 64}, {1, 64, 96}, {2, 96, 128}, {3, 128, 160}, {4, 160, 192}, {5, 192, 224},
      {6, 224, 256}, {7, 256, 288}, {8, 288, 320}, {9, 320, 352}, {10, 352, 384}, {11, 384, 416},
      {12, 416, 448}, {13, 448, 480}, {14, 480, 512}, {15, 512, 544}, {16, 544, 576},
      {17, 576, 608}, {18, 608, 640}, {19, 640, 672}, {20, 672, 704}, {21, 704, 736},
      {22, 736, 768}, {23, 768, 800}, {24, 800, 832}, {25, 832, 864}, {26, 864, 896},
      {27, 896, 928}, {28, 928, 960}, {29, 960, 1024}}, 30},
    {"fake=256M", EQUAL, {{0, 0, 512}, {1, 512, 1024}}, 2},
    {"fake=1U", EQUAL, {{0, 0, 512}, {1, 512, 1024}}, 2},
    {"fake=2U", EQUAL, {{0, 0, 256}, {1, 256, 512}, {2, 512, 768}, {3, 768, 1024}}, 4},
    {"fake=3U", EQUAL, {{0, 0, 192}, {1, 192, 384}, {2, 384, 512}, {3, 512, 704}, {4, 704, 896},
                        {5, 896, 1024}}, 6},
    {"fake=3U", UNEQUAL, {{0, 0, 96}, {1, 96, 192}, {2, 192, 256}, {3, 256, 512}, {4, 512, 768},
                          {5, 768, 1024}}, 6},
    {"fake=2U", ABAB, {{0, 512, 640}, {1, 640, 768}, {2, 0, 128}, {3, 128, 256}, {4, 768, 896},
                       {5, 896, 1024}, {6, 256, 384}, {7, 384, 512}}, 8},
    {"fake=40U", EQUAL, {{0}}, 0},
    {"fake=0U", EQUAL, {{0}}, 0},
    /* clang-format on */
};

/* The machine of a recording, with CPU i in the physical node of range i. */
static void build(const struct recording *r)
{
    numa_machine_begin(&m, 4);
    numa_machine_pc_ram(&m, TOP);
    for (unsigned i = 0; i < r->nr_phys; i++)
        numa_machine_cpu(&m, (uint32_t)r->phys[i].nid, i);
    for (unsigned i = 0; i < r->nr_phys; i++)
        numa_machine_memory(&m, (uint32_t)r->phys[i].nid, MiB(r->phys[i].start),
                            MiB(r->phys[i].end - r->phys[i].start));
}

/* RAM in [start, end), and so to both of its ends, is of @nid. */
static void expect_owner(const struct recording *r, const struct range *piece)
{
    uint64_t start = max(MiB(piece->start), MiB(1));
    uint64_t end = min(MiB(piece->end), TOP - KiB(128));

    if (memblock_bytes_in(&m.applied, start, end, piece->nid) != end - start)
        host_fail(__FILE__, __LINE__, "%s: [%u, %u) MiB is not node %d's", r->option, piece->start,
                  piece->end, piece->nid);
}

static void expect_recorded(const struct recording *r)
{
    build(r);
    decide(r->option);
    if (m.t.fake != (r->nr_pieces > 0))
        host_fail(__FILE__, __LINE__, "%s is %sobeyed: %s", r->option, m.t.fake ? "" : "not ",
                  m.t.fake_verdict);
    for (unsigned i = 0; i < r->nr_pieces; i++)
        expect_owner(r, &r->pieces[i]);
    if (r->nr_pieces)
        return;
    EXPECT(m.t.fake_verdict[0]);
    EXPECT_EQ(r->nr_phys ? 2 : 1, m.t.nr_nodes); /* the firmware's */
    for (unsigned i = 0; i < r->nr_phys; i++)
        expect_owner(r, &r->phys[i]);
}

/* Who compares Atoll with Linux under the same option would find other nodes. */
HTEST(numa_fake, pieces_are_linux_6_1s_on_recorded_machines)
{
    for (unsigned i = 0; i < ARRAY_SIZE(linux_6_1); i++)
        expect_recorded(&linux_6_1[i]);
}

/* 1 GiB below 4 GiB and 2 GiB above: what is left below 4 GiB is no node. */
HTEST(numa_fake, a_piece_ends_at_4_gib_if_less_than_32_mib_are_left_below)
{
    numa_machine_begin(&m, 1);
    numa_machine_pc_ram(&m, GiB(1));
    memblock_add(&m.mb, GiB(4), GiB(6), NUMA_NO_NODE);
    decide("fake=3");
    ASSERT_EQ(3, m.t.nr_blocks);
    EXPECT_EQ(GiB(4), m.t.blocks[0].end);
    EXPECT_EQ(GiB(5), m.t.blocks[1].end);
    EXPECT_EQ(GiB(6), m.t.blocks[2].end);
}

/* ---- what fake nodes inherit ---- */

static void two_nodes(void)
{
    build(&(struct recording){"", EQUAL, {{0}}, 0});
    m.entries[0].pxm = m.entries[1].pxm = 0;
    for (unsigned i = 2; i < 4; i++)
        numa_machine_cpu(&m, 1, i);
}

HTEST(numa_fake, distances_are_those_of_the_physical_nodes)
{
    static const uint8_t cells[] = {10, 33, 35, 10};
    static const uint8_t want[] = {10, 33, 10, 33, 35, 10, 35, 10, 10, 33, 10, 33, 35, 10, 35, 10};

    two_nodes();
    m.slit = (struct slit){.nr_localities = 2, .distance = cells};
    m.in.slit = &m.slit;
    decide("fake=4");
    ASSERT_EQ(4, m.t.nr_nodes);
    for (unsigned i = 0; i < 16; i++)
        EXPECT_EQ(want[i], m.t.distance[i]);
    EXPECT_EQ(0, m.t.phys_node[2]);
    EXPECT_EQ(1, m.t.phys_node[3]);
}

HTEST(numa_fake, a_cpu_is_on_the_first_piece_of_its_physical_node)
{
    two_nodes();
    decide("fake=4");
    EXPECT_EQ(0, m.t.cpu_node[0]);
    EXPECT_EQ(1, m.t.cpu_node[3]);
    two_nodes();
    decide("fake=3U");
    EXPECT_EQ(0, m.t.cpu_node[0]);
    EXPECT_EQ(3, m.t.cpu_node[3]);
}

/* As on Linux, where CPUs without an entry take turns over the pieces. */
HTEST(numa_fake, cpus_of_no_physical_node_take_turns)
{
    numa_machine_begin(&m, 4);
    numa_machine_pc_ram(&m, TOP);
    decide("fake=3");
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(i % 3, m.t.cpu_node[i]);
}

HTEST(numa_fake, physical_nodes_without_memory_vanish_and_leave_their_cpus_to_node_0)
{
    two_nodes();
    numa_machine_cpu(&m, 2, 3);
    numa_machine_entry(&m, SRAT_GENERIC_INITIATOR, 7);
    decide("fake=4");
    EXPECT_EQ(4, m.t.nr_nodes);
    EXPECT_EQ(0, m.t.cpu_node[3]);
    EXPECT(nodemask_empty(&m.t.generic_initiator));
    decide("fake=2U");
    EXPECT_EQ(4, m.t.nr_nodes);
}

/* The pieces are dealt out again from 0 on: node 0 then has a piece of node 0 and one of node 3. */
HTEST(numa_fake, fewer_nodes_than_physical_ones_take_pieces_of_several)
{
    static const uint8_t want[] = {10, 20, 20, 20, 10, 20, 20, 20, 10};

    build(&(struct recording){"", FOUR, {{0}}, 0});
    decide("fake=3");
    ASSERT_EQ(3, m.t.nr_nodes);
    for (unsigned i = 0; i < 9; i++)
        EXPECT_EQ(want[i], m.t.distance[i]);
    EXPECT_EQ(0, m.t.cpu_node[3]);
}

HTEST(numa_fake, off_wins_over_nothing_and_fake_needs_no_firmware)
{
    two_nodes();
    m.entries[4].malformed = true; /* the SRAT is rejected, one flat node is cut */
    decide("fake=2");
    EXPECT_EQ(NUMA_ORIGIN_FLAT, m.t.origin);
    EXPECT(m.t.fake);
    EXPECT_EQ(2, m.t.nr_nodes);
}

/* ---- sentences ---- */

static void expect_sentence(const char *option, bool obeyed, const char *sentence)
{
    two_nodes();
    decide(option);
    EXPECT_EQ(obeyed, m.t.fake);
    EXPECT_STR(sentence, m.t.fake_verdict);
}

/* A user who mistypes would search for an error where there is none. */
HTEST(numa_fake, what_is_not_obeyed_to_the_letter_is_told)
{
    expect_sentence("fake=4", true, "");
    expect_sentence("fake=", false,
                    "numa=fake=: expected a number of nodes (4), a size (128M, 2G) or 4U");
    expect_sentence("fake=99999999999999999999M", false,
                    "numa=fake=99999999999999999999M: expected a number of nodes (4), a size "
                    "(128M, 2G) or 4U");
    expect_sentence("fake=99999999999999G", false,
                    "numa=fake=99999999999999G: expected a number of nodes (4), a size (128M, 2G) "
                    "or 4U");
    expect_sentence("fake=0", false, "numa=fake=0: the number of nodes must be at least 1");
    expect_sentence("fake=0M", false, "numa=fake=0M: the size must be above 0");
    expect_sentence("fake=0U", false, "numa=fake=0U: the number of nodes must be 1 to 128");
    expect_sentence("fake=129U", false, "numa=fake=129U: the number of nodes must be 1 to 128");
    expect_sentence("fake=64", false, "numa=fake=64: less than 32 MiB of RAM for each node");
    expect_sentence("fake=40U", false,
                    "numa=fake=40U: a physical node is too small to be cut so often");
    expect_sentence("fake=4x", true,
                    "numa=fake=4x: what follows the number, or its U, M or G, is ignored");
    expect_sentence("fake=128MB", true,
                    "numa=fake=128MB: what follows the number, or its U, M or G, is ignored");
    expect_sentence("fake=16M", true,
                    "numa=fake=16M: too small, a node has at least 32 MiB and 1/128 of the RAM");
}

HTEST(numa_fake, more_than_128_nodes_are_not_made)
{
    numa_machine_begin(&m, 1);
    numa_machine_pc_ram(&m, GiB(16));
    decide("fake=1000");
    EXPECT(m.t.fake);
    EXPECT_EQ(128, m.t.nr_nodes);
    EXPECT_STR("numa=fake=1000: that is too many, taken as 128", m.t.fake_verdict);
    decide("fake=32M");
    EXPECT(m.t.fake);
    EXPECT(m.t.nr_nodes > 120 && m.t.nr_nodes <= 128);
    for (unsigned i = 0; i < 4; i++)
        numa_machine_memory(&m, i, i * GiB(4), GiB(4));
    decide("fake=64U");
    EXPECT(!m.t.fake);
    EXPECT_STR("numa=fake=64U: that would make more than 128 nodes, or 1024 ranges",
               m.t.fake_verdict);
    decide("fake=32U");
    EXPECT_EQ(128, m.t.nr_nodes);
}

/* Sums with it would wrap. */
HTEST(numa_fake, the_largest_sizes_take_each_physical_node_whole)
{
    static const char *const options[] = {"fake=17592186044415M", "fake=17179869183G", "fake=1G"};

    for (unsigned i = 0; i < ARRAY_SIZE(options); i++) {
        two_nodes();
        decide(options[i]);
        EXPECT(m.t.fake);
        EXPECT_EQ(2, m.t.nr_blocks);
    }
}

/* F3: by address alone, a piece may lie in a hole. */
HTEST(numa_fake, a_cut_with_a_node_without_ram_is_refused)
{
    numa_machine_begin(&m, 1);
    memblock_add(&m.mb, GiB(3), GiB(4), NUMA_NO_NODE);
    memblock_add(&m.mb, GiB(4), GiB(8), NUMA_NO_NODE);
    decide("fake=4U"); /* [0, 2G) would be the first */
    EXPECT(!m.t.fake);
    EXPECT_STR("numa=fake=4U: there would be a node without RAM", m.t.fake_verdict);
}

/* ---- the same arithmetic again ---- */

#define UNIT MiB(32)

static struct numa_block todo[64], piece[4096];
static unsigned nr_todo, nr_piece;

static uint64_t usable(uint64_t start, uint64_t end)
{
    return start < end ? memblock_bytes_in(&m.mb, start, end, NUMA_NO_NODE) : 0;
}

/* Where the next piece of a range ends. @big: one unit more. @by_address: holes count as RAM. */
static uint64_t model_end(const struct numa_block *b, uint64_t size, bool big, bool by_address)
{
    uint64_t end = b->start + size + (big ? UNIT : 0);

    while (!by_address && usable(b->start, end) < size && end < b->end)
        end += UNIT;
    end = by_address ? end : min(end, max(b->end, b->start + size + (big ? UNIT : 0)));
    if (end < GiB(4) && usable(end, GiB(4)) < UNIT)
        end = GiB(4);
    if (!by_address && usable(end, b->end) < size)
        end = b->end;
    return min(end, b->end);
}

/* One piece of the first range of @phys; false if it has none left. */
static bool model_take(int phys, uint64_t size, unsigned nr_big, bool by_address)
{
    for (unsigned i = 0; i < nr_todo; i++) {
        struct numa_block *b = &todo[i];
        uint64_t end;

        if (b->nid != phys)
            continue;
        end = model_end(b, size, nr_piece < nr_big, by_address);
        piece[nr_piece++] = (struct numa_block){b->start, end, phys};
        b->start = end;
        if (b->start < b->end)
            return true;
        for (nr_todo--; i < nr_todo; i++)
            todo[i] = todo[i + 1];
        return true;
    }
    return false;
}

/* Nodes [first, last] in turns until nothing is left of them. */
static void model_cut(int first, int last, uint64_t size, unsigned nr_big, bool by_address)
{
    bool any = true;

    while (any) {
        any = false;
        for (int phys = first; phys <= last; phys++)
            any |= model_take(phys, size, nr_big, by_address);
    }
}

/* fake=@n with @letter 0, 'M' or 'U' on the ranges of the machine's last decision. Returns by what
 * the pieces are numbered modulo; 0: not obeyed. */
static unsigned model(unsigned n, char letter)
{
    uint64_t ram = usable(0, memblock_end(&m.mb)), size;

    nr_piece = 0;
    nr_todo = m.t.nr_blocks;
    memcpy(todo, m.t.blocks, nr_todo * sizeof(todo[0]));
    if (letter == 'U') {
        while (nr_todo) {
            int phys = todo[0].nid;

            size = (todo[0].end - todo[0].start) / n / PAGE_SIZE * PAGE_SIZE;
            size = (max(size, UNIT) + UNIT - 1) / UNIT * UNIT;
            model_cut(phys, phys, size, 0, true);
            if (nr_piece < n)
                return 0;
        }
        return nr_piece <= MAX_NUMNODES ? MAX_NUMNODES : 0;
    }
    if (letter == 'M') {
        size = (max(ram / PAGE_SIZE / MAX_NUMNODES * PAGE_SIZE, UNIT) + UNIT - 1) / UNIT * UNIT;
        model_cut(0, 63, max(MiB(n), size) / UNIT * UNIT, 0, false);
        return nr_piece <= MAX_NUMNODES ? MAX_NUMNODES : 0;
    }
    ram = ram / PAGE_SIZE / n * PAGE_SIZE;
    size = ram / UNIT * UNIT;
    if (!size)
        return 0;
    model_cut(0, 63, size, (unsigned)((ram - size) * n / UNIT), false);
    return n;
}

/* RAM with holes, and nodes that begin and end anywhere. */
static void random_machine(void)
{
    unsigned nr_nodes = 1 + host_random_below(4);
    uint64_t at = 0, top;

    numa_machine_begin(&m, 2);
    for (unsigned i = 1 + host_random_below(5); i > 0; i--) {
        uint64_t start = at + host_random_below(200) * MiB(host_random_below(8));
        uint64_t end = start + MiB(70) + host_random_below(300000) * KiB(4);

        memblock_add(&m.mb, max(start, (uint64_t)PAGE_SIZE), end, NUMA_NO_NODE);
        at = end;
    }
    top = memblock_end(&m.mb);
    if (host_random_below(5) == 0)
        return; /* flat */
    for (unsigned i = 0; i < nr_nodes; i++)
        numa_machine_cpu(&m, i, i);
    for (at = 0; at < top;) {
        uint64_t size = MiB(8) + host_random_below(400000) * KiB(4);

        numa_machine_memory(&m, host_random_below(nr_nodes), at, size);
        at += size;
    }
}

/* Is each piece's RAM at the node that the model numbers it with? */
static void compare(const char *option, unsigned wrap)
{
    for (unsigned i = 0; i < nr_piece; i++) {
        int nid = (int)(i % wrap);
        const struct numa_block *p = &piece[i];

        if (memblock_bytes_in(&m.applied, p->start, p->end, nid) != usable(p->start, p->end))
            host_fail(__FILE__, __LINE__, "%s: [0x%llx, 0x%llx) is not node %d's", option,
                      (unsigned long long)p->start, (unsigned long long)p->end, nid);
        if (i < wrap)
            EXPECT_EQ(p->nid, m.t.phys_node[nid]); /* F1 */
    }
}

/* Does each node of the model have RAM? Else the option is refused (F3). */
static bool model_has_ram(unsigned wrap)
{
    uint64_t bytes[MAX_NUMNODES] = {0};

    for (unsigned i = 0; i < nr_piece; i++)
        bytes[i % wrap] += usable(piece[i].start, piece[i].end);
    for (unsigned i = 0; i < min(nr_piece, wrap); i++) {
        if (!bytes[i])
            return false;
    }
    return true;
}

HTEST(numa_fake, random_machines_are_cut_as_the_plain_arithmetic_does)
{
    static const char letters[] = {'\0', 'M', 'U'};
    unsigned obeyed = 0;

    for (unsigned round = 0; round < 3000; round++) {
        char option[32], letter = letters[round % 3];
        unsigned n = 1 + host_random_below(letter == 'M' ? 700 : 20), wrap;
        uint64_t owned;

        random_machine();
        decide(NULL);
        owned = memblock_bytes_in(&m.applied, 0, UINT64_MAX, NUMA_NO_NODE);
        wrap = model(n, letter);
        snprintf(option, sizeof(option), "fake=%u%c", n, letter);
        decide(option);
        if (!wrap || !model_has_ram(wrap)) {
            EXPECT(!m.t.fake);
            continue;
        }
        if (!EXPECT(m.t.fake))
            continue;
        compare(option, wrap);
        EXPECT_EQ(owned, memblock_bytes_in(&m.applied, 0, UINT64_MAX, NUMA_NO_NODE)); /* F2 */
        obeyed++;
    }
    EXPECT(obeyed > 1000);
}
