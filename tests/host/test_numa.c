/*
 * tests/host/test_numa.c - mm/numa.c: what becomes of tables, from sound to hostile.
 *
 * Where Linux 6.1 does something sensible, it was booted with the same tables, and what it made of
 * them is what is expected here. Each decision is also applied to the machine's RAM, and its lists
 * are built (numa_machine.h), so that every test checks what must hold on any machine.
 */
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/vsprintf.h"
#include "tests/host/numa_machine.h"
#include "tests/host/test.h"

static struct numa_machine m;

/* ---- making machines ---- */

/* 1 GiB and four CPUs, and no table. */
static void begin(void)
{
    numa_machine_begin(&m, 4);
    numa_machine_pc_ram(&m, GiB(1));
}

static struct srat_entry *cpu(uint32_t pxm, uint32_t apic_id)
{
    return numa_machine_cpu(&m, pxm, apic_id);
}

static struct srat_entry *x2apic(uint32_t pxm, uint32_t apic_id)
{
    struct srat_entry *e = cpu(pxm, apic_id);

    e->type = SRAT_X2APIC;
    return e;
}

static struct srat_entry *initiator(uint32_t pxm)
{
    return numa_machine_entry(&m, SRAT_GENERIC_INITIATOR, pxm);
}

static struct srat_entry *memory(uint32_t pxm, uint64_t base, uint64_t size)
{
    return numa_machine_memory(&m, pxm, base, size);
}

/* CPUs 0, 1 in domain 0 and 2, 3 in domain 1: entries 0 to 3. */
static void two_by_two(void)
{
    begin();
    cpu(0, 0);
    cpu(0, 1);
    cpu(1, 2);
    cpu(1, 3);
}

/* With half of the memory each: entries 4 and 5. */
static void two_nodes(void)
{
    two_by_two();
    memory(0, 0, MiB(512));
    memory(1, MiB(512), MiB(512));
}

static void slit(unsigned nr, const uint8_t *cells)
{
    memcpy(m.cells, cells, (size_t)nr * nr);
    m.slit = (struct slit){.nr_localities = nr, .distance = m.cells};
    m.in.slit = &m.slit;
}

/* ---- what came out ---- */

static void decide(void)
{
    const char *broken = numa_machine_broken(&m);

    EXPECT_STR(NULL, broken);
}

static void expect_list(const char *want, const nodemask_t *mask)
{
    char text[256];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    nodemask_print_list(&s, mask);
    EXPECT_STR(want, seqbuf_str(&s));
}

/* The SRAT is used and makes these nodes. */
static void expect_nodes(const char *possible)
{
    EXPECT_STR("", m.t.verdict);
    expect_list(possible, &m.t.possible);
}

/* One node of everything, for this reason. */
static void expect_flat(const char *verdict)
{
    EXPECT_EQ(NUMA_ORIGIN_FLAT, m.t.origin);
    EXPECT_STR(verdict, m.t.verdict);
    expect_list("0", &m.t.possible);
    EXPECT_EQ(1, m.t.nr_nodes);
    EXPECT_EQ(10, m.t.distance[0]);
    for (unsigned i = 0; i < m.in.nr_cpus; i++)
        EXPECT_EQ(0, m.t.cpu_node[i]);
}

static void expect_cpus(int a, int b, int c, int d)
{
    EXPECT_EQ(a, m.t.cpu_node[0]);
    EXPECT_EQ(b, m.t.cpu_node[1]);
    EXPECT_EQ(c, m.t.cpu_node[2]);
    EXPECT_EQ(d, m.t.cpu_node[3]);
}

/* Node @nid has so many pages of RAM from the first to the last, and so many of its own. */
static void expect_pages(int nid, unsigned long start, unsigned long spanned, unsigned long present)
{
    uint64_t first = 0, last = 0;

    memblock_node_span(&m.applied, nid, &first, &last);
    EXPECT_EQ(start, first >> PAGE_SHIFT);
    EXPECT_EQ(spanned, (last - first) >> PAGE_SHIFT);
    EXPECT_EQ(present, memblock_bytes_in(&m.applied, 0, UINT64_MAX, nid) >> PAGE_SHIFT);
}

static void expect_distances(unsigned nr, const uint8_t *want)
{
    ASSERT_EQ(nr, m.t.nr_nodes);
    for (unsigned i = 0; i < nr * nr; i++)
        EXPECT_EQ(want[i], m.t.distance[i]);
}

/* ---- numbers ---- */

/* Every file that names a node would name another one than Linux does. */
HTEST(numa, nodes_are_numbered_by_first_appearance_not_by_domain)
{
    begin();
    cpu(5, 0);
    cpu(5, 1);
    cpu(3, 2);
    cpu(3, 3);
    memory(3, 0, MiB(512));
    memory(5, MiB(512), MiB(512));
    decide();
    expect_nodes("0-1");
    EXPECT_EQ(0, numa_node_of_pxm(&m.t, 5));
    EXPECT_EQ(1, numa_node_of_pxm(&m.t, 3));
    EXPECT_EQ(NUMA_NO_NODE, numa_node_of_pxm(&m.t, 0));
    expect_cpus(0, 0, 1, 1);
    expect_pages(1, 1, 131071, 131072 - 1 - 97);
}

/* Linux reads the table twice: memory entries that come first don't make the first nodes. */
HTEST(numa, processors_number_nodes_before_memory_wherever_they_stand)
{
    begin();
    memory(7, 0, MiB(256));
    memory(3, MiB(256), MiB(256));
    memory(5, MiB(512), MiB(512));
    cpu(5, 0);
    cpu(5, 1);
    cpu(3, 2);
    cpu(3, 3);
    decide();
    expect_nodes("0-2");
    EXPECT_EQ(0, numa_node_of_pxm(&m.t, 5));
    EXPECT_EQ(1, numa_node_of_pxm(&m.t, 3));
    EXPECT_EQ(2, numa_node_of_pxm(&m.t, 7));
}

/* Types 0, 2 and 5 are one pass, in the table's order. */
HTEST(numa, initiators_and_x2apics_number_nodes_in_one_pass_with_processors)
{
    begin();
    initiator(20);
    memory(7, 0, MiB(512));
    memory(3, MiB(512), MiB(512));
    initiator(21);
    cpu(3, 2);
    x2apic(9, 0);
    initiator(7);
    decide();
    expect_nodes("0-4");
    EXPECT_EQ(0, numa_node_of_pxm(&m.t, 20));
    EXPECT_EQ(1, numa_node_of_pxm(&m.t, 21));
    EXPECT_EQ(2, numa_node_of_pxm(&m.t, 3));
    EXPECT_EQ(3, numa_node_of_pxm(&m.t, 9));
    EXPECT_EQ(4, numa_node_of_pxm(&m.t, 7));
    expect_list("0-1,4", &m.t.generic_initiator);
    EXPECT_EQ(3, m.t.cpu_node[0]);
    EXPECT_EQ(2, m.t.cpu_node[2]);
}

/* ---- entries that count for nothing, or for their domain only ---- */

HTEST(numa, disabled_entries_make_no_node_and_hold_no_memory)
{
    two_nodes();
    memory(1, 0, MiB(512))->enabled = false; /* would overlap */
    memory(5, GiB(2), MiB(512))->enabled = false;
    cpu(7, 200)->enabled = false;
    cpu(5000, 9)->enabled = false;
    initiator(8)->enabled = false;
    x2apic(9, 3)->enabled = false;
    decide();
    expect_nodes("0-1");
    for (unsigned i = 6; i < m.srat.nr_entries; i++)
        EXPECT_EQ(FATE_DISABLED, m.t.fates[i]);
    expect_cpus(0, 0, 1, 1);
}

HTEST(numa, an_empty_range_makes_a_node_without_memory)
{
    two_nodes();
    memory(5, MiB(256), 0);
    decide();
    expect_nodes("0-2");
    EXPECT_EQ(FATE_EMPTY, m.t.fates[6]);
    expect_pages(2, 0, 0, 0);
}

HTEST(numa, a_range_that_wraps_makes_a_node_without_memory)
{
    const uint64_t sizes[] = {MiB(1), MiB(2)}; /* ends at 2^64, ends behind it */

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        two_nodes();
        memory(5, 0 - MiB(1), sizes[i]);
        decide();
        expect_nodes("0-2");
        EXPECT_EQ(FATE_WRAPS, m.t.fates[6]);
    }
}

/* Room for hot-plug is not RAM; its domain is known all the same. */
HTEST(numa, a_range_outside_of_ram_makes_a_node_without_memory)
{
    const uint64_t bases[] = {GiB(1), GiB(4), 1ULL << 60, KiB(640)};

    for (unsigned i = 0; i < ARRAY_SIZE(bases); i++) {
        two_nodes();
        memory(5, bases[i], bases[i] == KiB(640) ? KiB(384) : GiB(1))->hotplug = true;
        decide();
        expect_nodes("0-2");
        EXPECT_EQ(FATE_NO_RAM, m.t.fates[6]);
        expect_pages(2, 0, 0, 0);
    }
}

HTEST(numa, hotplug_and_nonvolatile_ranges_over_ram_are_memory)
{
    two_by_two();
    memory(0, 0, MiB(512))->hotplug = true;
    memory(1, MiB(512), MiB(512))->nonvolatile = true;
    decide();
    expect_nodes("0-1");
    EXPECT_EQ(FATE_USED, m.t.fates[4]);
    EXPECT_EQ(FATE_USED, m.t.fates[5]);
    expect_pages(1, 131072, 131040, 131040);
}

HTEST(numa, unknown_types_are_ignored)
{
    two_nodes();
    numa_machine_entry(&m, 3, 9);
    numa_machine_entry(&m, 255, 9);
    decide();
    expect_nodes("0-1");
    EXPECT_EQ(FATE_UNKNOWN_TYPE, m.t.fates[6]);
    EXPECT_EQ(FATE_UNKNOWN_TYPE, m.t.fates[7]);
}

/* ---- ranges and RAM ---- */

HTEST(numa, ranges_end_where_ram_ends)
{
    const uint64_t sizes[] = {GiB(4), 1ULL << 45, UINT64_MAX - MiB(512)};

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        two_by_two();
        memory(0, 0, MiB(512));
        memory(1, MiB(512), sizes[i]);
        decide();
        expect_nodes("0-1");
        ASSERT_EQ(2, m.t.nr_blocks);
        EXPECT_EQ(GiB(1) - KiB(128), m.t.blocks[1].end);
    }
}

HTEST(numa, overlap_of_two_domains_by_one_byte_rejects_the_table)
{
    two_by_two();
    memory(0, 0, MiB(512) + 1);
    memory(1, MiB(512), MiB(512));
    decide();
    expect_flat("SRAT: node 0 [mem 0x00000000-0x20000000] overlaps with node 1 "
                "[mem 0x20000000-0x3ffdffff]");
    EXPECT_EQ(FATE_OVERLAPS, m.t.fates[4]);
    EXPECT_EQ(FATE_OVERLAPS, m.t.fates[5]);
    EXPECT_EQ(FATE_USED, m.t.fates[0]);
}

HTEST(numa, overlap_is_found_in_any_order_of_the_ranges)
{
    for (unsigned i = 0; i < 3; i++) {
        two_by_two();
        if (i == 0)
            memory(1, MiB(256), MiB(1));
        memory(0, 0, MiB(512));
        if (i == 1)
            memory(1, MiB(256), MiB(1));
        memory(1, MiB(512), MiB(512));
        if (i == 2)
            memory(1, MiB(256), MiB(1));
        decide();
        EXPECT_EQ(NUMA_ORIGIN_FLAT, m.t.origin);
    }
}

HTEST(numa, overlap_beyond_the_end_of_ram_is_not_noticed)
{
    two_nodes();
    m.entries[5].size = GiB(4);
    memory(0, GiB(2), MiB(512));
    decide();
    expect_nodes("0-1");
    EXPECT_EQ(FATE_NO_RAM, m.t.fates[6]);
}

HTEST(numa, overlap_of_a_domain_with_itself_is_no_harm)
{
    two_nodes();
    memory(0, MiB(256), MiB(256));
    memory(0, 0, MiB(512));
    decide();
    expect_nodes("0-1");
    EXPECT_EQ(2, m.t.nr_blocks);
    expect_pages(0, 1, 131071, 131072 - 1 - 97);
}

/* Gaps that are nobody else's belong to the node around them, as the hole below 1 MiB does. */
HTEST(numa, a_gap_inside_of_a_node_is_closed)
{
    two_by_two();
    memory(0, 0, MiB(256));
    memory(1, MiB(512), MiB(512));
    memory(0, MiB(356), MiB(156));
    decide();
    expect_nodes("0-1");
    ASSERT_EQ(2, m.t.nr_blocks);
    EXPECT_EQ(MiB(512), m.t.blocks[0].end);
    EXPECT_EQ(m.t.ram_bytes, m.t.covered_bytes);
}

/* Two nodes, and @gap bytes of RAM between them that are nobody's. */
static void decide_with_gap(uint64_t gap)
{
    two_by_two();
    memory(0, 0, MiB(512));
    memory(1, MiB(512) + gap, MiB(512) - gap);
    decide();
}

HTEST(numa, less_than_1_mib_without_a_node_is_left_out)
{
    decide_with_gap(MiB(1) - KiB(4));
    expect_nodes("0-1");
    EXPECT_EQ(MiB(1) - KiB(4), m.t.ram_bytes - m.t.covered_bytes);
    EXPECT_EQ(NUMA_NO_NODE, memblock_nid_of(&m.applied, MiB(512)));
    two_by_two();
    memory(0, 0, MiB(512));
    memory(1, MiB(512), MiB(512) - KiB(640)); /* the last 512 KiB */
    decide();
    expect_nodes("0-1");
    two_by_two();
    memory(0, MiB(1), MiB(511)); /* the first 632 KiB */
    memory(1, MiB(512), MiB(512));
    decide();
    expect_nodes("0-1");
}

HTEST(numa, from_1_mib_without_a_node_on_the_table_is_rejected)
{
    decide_with_gap(MiB(1));
    expect_flat("SRAT: nodes own only 1047032 KiB of 1048056 KiB of RAM, all but 1024 KiB must "
                "have one");
    decide_with_gap(MiB(1) + KiB(4));
    EXPECT_EQ(NUMA_ORIGIN_FLAT, m.t.origin);
    EXPECT_EQ(FATE_USED, m.t.fates[4]);
}

HTEST(numa, memory_in_disabled_entries_only_is_nobodys)
{
    two_nodes();
    m.entries[5].enabled = false;
    decide();
    EXPECT_EQ(NUMA_ORIGIN_FLAT, m.t.origin);
    m.entries[4].enabled = false;
    decide();
    expect_flat("SRAT: no enabled memory entry, so no node would have memory");
}

/* A machine with less than 1 MiB in all would be left without any. */
HTEST(numa, nodes_without_any_ram_reject_the_table)
{
    numa_machine_begin(&m, 1);
    memblock_add(&m.mb, KiB(64), KiB(636), NUMA_NO_NODE);
    memory(0, MiB(1), MiB(1));
    decide();
    EXPECT_EQ(NUMA_ORIGIN_FLAT, m.t.origin);
    /* The same in crumbs: each range loses both of its pages at the borders. */
    numa_machine_begin(&m, 1);
    memblock_add(&m.mb, MiB(1), MiB(3), NUMA_NO_NODE);
    for (unsigned i = 0; i < 512; i++)
        memory(i % 2, MiB(1) + 0x800 + i * 0x1000, 0x1000);
    decide();
    EXPECT_EQ(NUMA_ORIGIN_FLAT, m.t.origin);
}

/* A page cannot be freed to two nodes. */
HTEST(numa, a_page_that_two_nodes_share_is_nobodys)
{
    const uint64_t borders[] = {0x20000001, 0x20000800, 0x20000fff};

    for (unsigned i = 0; i < ARRAY_SIZE(borders); i++) {
        two_by_two();
        memory(0, 0, borders[i]);
        memory(1, borders[i], GiB(1) - borders[i]);
        decide();
        expect_nodes("0-1");
        expect_pages(0, 1, 131071, 131072 - 1 - 97);
        expect_pages(1, 131073, 131039, 131039);
    }
}

HTEST(numa, a_node_of_4_kib_is_a_node)
{
    two_by_two();
    memory(0, 0, MiB(512));
    memory(1, MiB(512), KiB(4));
    memory(0, MiB(512) + KiB(4), MiB(512) - KiB(4));
    decide();
    expect_nodes("0-1");
    expect_pages(1, 131072, 1, 1);
    expect_pages(0, 1, 262111, 262111 - 97 - 1);
}

HTEST(numa, interleaved_ranges_stay_apart_in_any_order)
{
    static const unsigned orders[2][4] = {{0, 1, 2, 3}, {2, 3, 1, 0}};

    for (unsigned i = 0; i < ARRAY_SIZE(orders); i++) {
        two_by_two();
        for (unsigned j = 0; j < 4; j++)
            memory(orders[i][j] % 2, orders[i][j] * MiB(256), MiB(256));
        decide();
        expect_nodes("0-1");
        EXPECT_EQ(4, m.t.nr_blocks);
        expect_pages(0, 1, 196607, 131072 - 1 - 97);
        expect_pages(1, 65536, 196576, 131040);
    }
}

/* numa=fake= cuts in this order, so it must be Linux's: that of the first part in the table. */
HTEST(numa, joined_ranges_have_the_place_of_their_first_part)
{
    two_by_two();
    memory(0, MiB(256), MiB(256));
    memory(1, MiB(512), MiB(512));
    memory(0, 0, MiB(256));
    decide();
    ASSERT_EQ(2, m.t.nr_blocks);
    EXPECT_EQ(0, m.t.blocks[0].nid);
    EXPECT_EQ(0, m.t.blocks[0].start);
    EXPECT_EQ(MiB(512), m.t.blocks[0].end);
}

/* ---- limits ---- */

HTEST(numa, domain_1023_is_the_highest)
{
    two_by_two();
    m.entries[2].pxm = m.entries[3].pxm = 1023;
    memory(0, 0, MiB(512));
    memory(1023, MiB(512), MiB(512));
    decide();
    expect_nodes("0-1");
    EXPECT_EQ(1, numa_node_of_pxm(&m.t, 1023));
}

HTEST(numa, a_domain_of_1024_or_more_rejects_the_table)
{
    const uint32_t domains[] = {1024, 0xffffffff};
    struct srat_entry *(*const kinds[])(uint32_t, uint32_t) = {cpu, x2apic};

    for (unsigned i = 0; i < ARRAY_SIZE(domains); i++) {
        for (unsigned j = 0; j < ARRAY_SIZE(kinds); j++) {
            two_nodes();
            kinds[j](domains[i], 3);
            decide();
            expect_flat("SRAT: entry at offset 0x120: its proximity domain is 1024 or more, or "
                        "there are more than 128 domains");
            EXPECT_EQ(FATE_BAD_PXM, m.t.fates[6]);
            EXPECT_EQ(FATE_NOT_REACHED, m.t.fates[4]);
        }
        two_nodes();
        initiator(domains[i]);
        decide();
        EXPECT_EQ(FATE_BAD_PXM, m.t.fates[6]);
        two_nodes();
        memory(domains[i], 0, 0);
        decide();
        EXPECT_EQ(FATE_BAD_PXM, m.t.fates[6]);
        EXPECT_EQ(FATE_USED, m.t.fates[4]);
    }
}

/* @nr domains of 4 MiB, the last one with the rest. */
static void many_domains(unsigned nr)
{
    begin();
    for (unsigned i = 0; i < 4; i++)
        cpu(i, i);
    for (unsigned i = 0; i < nr; i++)
        memory(i, i * MiB(4), i < nr - 1 ? MiB(4) : GiB(1) - i * MiB(4));
    decide();
}

HTEST(numa, domains_128_are_used_and_129_reject_the_table)
{
    many_domains(128);
    expect_nodes("0-127");
    many_domains(129);
    EXPECT_EQ(NUMA_ORIGIN_FLAT, m.t.origin);
    EXPECT_EQ(FATE_BAD_PXM, m.t.fates[4 + 128]);
}

HTEST(numa, more_ranges_than_fit_reject_the_table)
{
    for (unsigned extra = 0; extra < 2; extra++) {
        begin();
        for (unsigned i = 0; i < NUMA_MAX_BLOCKS + extra; i++)
            memory(0, i * MiB(1), MiB(1));
        decide();
        EXPECT_EQ(extra ? NUMA_ORIGIN_FLAT : NUMA_ORIGIN_SRAT, m.t.origin);
    }
    EXPECT_EQ(FATE_TOO_MANY, m.t.fates[NUMA_MAX_BLOCKS]);
}

/* Boot would panic over a list that is full. */
HTEST(numa, ranges_that_cut_ram_into_more_pieces_than_fit_reject_the_table)
{
    begin();
    for (unsigned i = 0; i < NUMA_MAX_BLOCKS; i++)
        memory(i % 2, i * MiB(1), MiB(1));
    decide();
    expect_nodes("0-1");
    EXPECT_EQ(MEMBLOCK_MAX_REGIONS, m.applied.memory.nr);
    memblock_remove(&m.mb, MiB(100) + KiB(8), MiB(100) + KiB(12));
    decide();
    expect_flat("SRAT: its ranges cut RAM into more than 1024 pieces");
}

/* A table of some hundred KiB must not keep the machine busy for minutes. */
HTEST(numa, a_table_of_thousands_of_entries_is_read_in_no_time)
{
    numa_machine_begin(&m, NUMA_MAX_CPUS);
    numa_machine_pc_ram(&m, GiB(1));
    for (unsigned i = 0; i < NUMA_MAX_ENTRIES - 900; i++)
        cpu(i % 128, i % NUMA_MAX_CPUS);
    for (unsigned i = 0; i < 900; i++)
        memory(i % 2, i * MiB(1), i < 899 ? MiB(1) : GiB(1));
    decide();
    expect_nodes("0-127");
    EXPECT_EQ(NUMA_MAX_ENTRIES, m.t.nr_fates);
    EXPECT_EQ(FATE_USED, m.t.fates[NUMA_MAX_ENTRIES - 1]);
}

/* ---- whole tables ---- */

HTEST(numa, without_an_srat_there_is_one_node)
{
    begin();
    decide();
    expect_flat("no SRAT");
    EXPECT_EQ(m.t.ram_bytes, memblock_bytes_in(&m.applied, 0, UINT64_MAX, 0));
    slit(2, (const uint8_t[]){10, 21, 21, 10});
    decide();
    expect_flat("no SRAT");
    EXPECT(!m.t.slit_used);
}

HTEST(numa, an_srat_without_memory_entries_is_not_used)
{
    begin();
    m.in.srat = &m.srat;
    decide();
    expect_flat("SRAT: no enabled memory entry, so no node would have memory");
    two_by_two();
    decide();
    EXPECT_EQ(NUMA_ORIGIN_FLAT, m.t.origin);
}

HTEST(numa, a_damaged_srat_is_not_used_and_says_where)
{
    static const struct acpi_diag diag = {"SRAT", 0x70, "entry of length 0"};

    two_nodes();
    m.in.srat_diag = &diag;
    decide();
    expect_flat("SRAT: offset 0x70: entry of length 0");
}

HTEST(numa, an_entry_of_wrong_length_rejects_the_table)
{
    const uint8_t types[] = {SRAT_CPU, SRAT_MEMORY, SRAT_X2APIC, SRAT_GENERIC_INITIATOR};

    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        struct srat_entry *e;

        two_nodes();
        e = numa_machine_entry(&m, types[i], 0);
        e->malformed = true;
        e->enabled = false;
        decide();
        expect_flat("SRAT: entry at offset 0x120: its length is wrong for its type");
        EXPECT_EQ(FATE_BAD_LENGTH, m.t.fates[6]);
    }
}

/* ---- CPUs ---- */

HTEST(numa, cpus_without_an_entry_take_turns_over_nodes_with_memory)
{
    begin();
    memory(0, 0, MiB(512));
    memory(1, MiB(512), MiB(512));
    decide();
    expect_cpus(0, 1, 0, 1);
    cpu(0, 0);
    cpu(1, 3);
    decide();
    expect_cpus(0, 1, 0, 1); /* turns go by CPU number, entry or not */
}

HTEST(numa, no_turn_is_taken_on_a_node_without_memory)
{
    begin();
    initiator(7);
    memory(0, 0, MiB(512));
    memory(1, MiB(512), MiB(512));
    decide();
    expect_nodes("0-2");
    expect_cpus(1, 2, 1, 2);
}

/* Its RAM is a part of a page, which no allocator can serve. */
HTEST(numa, no_turn_is_taken_on_a_node_of_less_than_a_page)
{
    begin();
    memory(0, 0, MiB(512));
    memory(1, MiB(512), 0x800);
    memory(0, MiB(512) + 0x800, MiB(512));
    decide();
    expect_nodes("0-1");
    expect_cpus(0, 0, 0, 0);
}

HTEST(numa, a_disabled_entry_counts_as_none_for_its_cpu)
{
    two_nodes();
    m.entries[3].enabled = false;
    m.entries[2].enabled = false;
    decide();
    expect_cpus(0, 0, 0, 1);
}

HTEST(numa, the_last_entry_of_a_cpu_wins)
{
    two_nodes();
    cpu(0, 3);
    decide();
    expect_cpus(0, 0, 1, 0);
    EXPECT_EQ(FATE_REPEATED, m.t.fates[3]);
    EXPECT_EQ(FATE_USED, m.t.fates[6]);
}

HTEST(numa, an_entry_of_an_absent_cpu_makes_its_node)
{
    two_nodes();
    cpu(7, 200);
    cpu(8, 255);
    decide();
    expect_nodes("0-3");
    EXPECT_EQ(FATE_NO_CPU, m.t.fates[6]);
    EXPECT_EQ(FATE_NO_CPU, m.t.fates[7]);
}

/* Linux takes such ids only in x2APIC mode, where CPUs may have them. */
HTEST(numa, x2apic_ids_from_255_count_only_where_a_cpu_has_such)
{
    const uint32_t ids[] = {255, 300, 40000};

    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        two_nodes();
        x2apic(2000, ids[i]);
        memory(9, 0, 0);
        decide();
        expect_nodes("0-2");
        EXPECT_EQ(FATE_BAD_APIC, m.t.fates[6]);
    }
    two_nodes();
    m.apic_ids[3] = 300;
    x2apic(7, 300);
    x2apic(8, 32767);
    x2apic(9, 32768);
    decide();
    expect_nodes("0-3");
    EXPECT_EQ(2, m.t.cpu_node[3]);
    EXPECT_EQ(FATE_BAD_APIC, m.t.fates[8]);
}

HTEST(numa, nodes_may_have_cpus_only_or_memory_only)
{
    begin();
    for (unsigned i = 0; i < 4; i++)
        cpu(i, i);
    memory(0, 0, MiB(256));
    memory(8, MiB(256), MiB(256));
    memory(1, MiB(512), MiB(512));
    decide();
    expect_nodes("0-4");
    expect_cpus(0, 1, 2, 3);
    expect_pages(2, 0, 0, 0);
    expect_pages(4, 65536, 65536, 65536);
}

/* ---- SLIT ---- */

static void decide_with_slit(unsigned nr, const uint8_t *cells)
{
    two_nodes();
    slit(nr, cells);
    decide();
    expect_nodes("0-1");
}

static void expect_slit_used(unsigned nr, const uint8_t *cells, uint8_t there, uint8_t back)
{
    decide_with_slit(nr, cells);
    EXPECT(m.t.slit_used);
    EXPECT_STR("", m.t.slit_verdict);
    expect_distances(2, (const uint8_t[]){10, there, back, 10});
}

static void expect_slit_ignored(unsigned nr, const uint8_t *cells, const char *verdict)
{
    decide_with_slit(nr, cells);
    EXPECT(!m.t.slit_used);
    EXPECT_STR(verdict, m.t.slit_verdict);
    expect_distances(2, (const uint8_t[]){10, 20, 20, 10});
}

HTEST(numa, a_sound_slit_is_taken_as_it_is)
{
    expect_slit_used(2, (const uint8_t[]){10, 21, 21, 10}, 21, 21);
    expect_slit_used(2, (const uint8_t[]){10, 21, 31, 10}, 21, 31);
    expect_slit_used(2, (const uint8_t[]){10, 255, 255, 10}, 255, 255);
    expect_slit_used(2, (const uint8_t[]){10, 11, 254, 10}, 11, 254);
}

HTEST(numa, a_slit_may_be_smaller_or_larger_than_the_machine)
{
    expect_slit_used(1, (const uint8_t[]){10}, 20, 20);
    expect_slit_used(3, (const uint8_t[]){10, 21, 31, 22, 10, 31, 31, 31, 10}, 21, 22);
}

HTEST(numa, a_slit_with_an_impossible_distance_is_ignored_whole)
{
    expect_slit_ignored(2, (const uint8_t[]){11, 21, 21, 10},
                        "SLIT: distance of domain 0 to domain 0 is 11, should be 10");
    expect_slit_ignored(2, (const uint8_t[]){10, 10, 21, 10},
                        "SLIT: distance of domain 0 to domain 1 is 10, should be above 10");
    expect_slit_ignored(2, (const uint8_t[]){10, 21, 9, 10},
                        "SLIT: distance of domain 1 to domain 0 is 9, should be above 10");
    expect_slit_ignored(2, (const uint8_t[]){10, 0, 21, 10},
                        "SLIT: distance of domain 0 to domain 1 is 0, should be above 10");
    /* Even where no node is. */
    expect_slit_ignored(3, (const uint8_t[]){10, 21, 31, 21, 10, 31, 31, 31, 11},
                        "SLIT: distance of domain 2 to domain 2 is 11, should be 10");
}

HTEST(numa, a_missing_or_damaged_slit_gives_10_and_20)
{
    static const struct acpi_diag diag = {"SLIT", 36, "0 localities, at least 1 expected"};

    two_nodes();
    decide();
    EXPECT_STR("no SLIT", m.t.slit_verdict);
    expect_distances(2, (const uint8_t[]){10, 20, 20, 10});
    m.in.slit_diag = &diag;
    decide();
    EXPECT_STR("SLIT: offset 0x24: 0 localities, at least 1 expected", m.t.slit_verdict);
    expect_distances(2, (const uint8_t[]){10, 20, 20, 10});
}

/* Distances would be those of other nodes on every machine whose domains are sparse. */
HTEST(numa, the_slit_is_indexed_by_domain_not_by_node)
{
    static const uint8_t want[][2] = {{53, 43}, {20, 20}, {20, 20}};
    static const unsigned sizes[] = {6, 4, 2};

    for (unsigned k = 0; k < ARRAY_SIZE(sizes); k++) {
        uint8_t cells[36];

        for (unsigned i = 0; i < sizes[k]; i++) {
            for (unsigned j = 0; j < sizes[k]; j++)
                cells[i * sizes[k] + j] = (uint8_t)(i == j ? 10 : 20 + 6 * i + j);
        }
        begin();
        cpu(5, 0);
        cpu(3, 2);
        memory(5, 0, MiB(512));
        memory(3, MiB(512), MiB(512));
        slit(sizes[k], cells);
        decide();
        EXPECT(m.t.slit_used);
        expect_distances(2, (const uint8_t[]){10, want[k][0], want[k][1], 10});
    }
}

/* ---- numa= ---- */

HTEST(numa, off_and_noacpi_give_one_node)
{
    two_nodes();
    m.in.option = "off";
    decide();
    expect_flat("numa=off");
    EXPECT_STR("", m.t.fake_verdict);
    m.in.option = "noacpi";
    decide();
    expect_flat("numa=noacpi");
}

HTEST(numa, an_unknown_option_is_told_and_changes_nothing)
{
    two_nodes();
    m.in.option = "bogus";
    decide();
    expect_nodes("0-1");
    EXPECT_STR("numa=bogus: not known; use off, noacpi, fake=N, fake=SIZE (M or G) or fake=NU",
               m.t.fake_verdict);
    m.in.option = "";
    decide();
    expect_nodes("0-1");
}

/* ---- words ---- */

static char report[1 << 20];

static bool reported(const char *text)
{
    struct seqbuf s;

    seqbuf_init(&s, report, sizeof(report));
    numa_report(&s, &m.t, &m.in);
    return strstr(seqbuf_str(&s), text) != NULL;
}

/* Who asks why a range is not there finds it in /sys/kernel/debug/numa. */
HTEST(numa, the_report_tells_each_entry_and_what_became_of_it)
{
    two_nodes();
    m.entries[5].hotplug = true;
    memory(5, GiB(4), GiB(1));
    memory(1, 0, GiB(1))->enabled = false;
    cpu(7, 200);
    cpu(0, 3);
    x2apic(7, 300);
    numa_machine_entry(&m, 99, 0)->enabled = false;
    slit(2, (const uint8_t[]){10, 21, 31, 10});
    decide();
    EXPECT(reported("topology: firmware (SRAT)\n"));
    EXPECT(reported("SLIT: used\n"));
    EXPECT(reported("node 1 = proximity domain 1\n"));
    EXPECT(reported("node 1 distances 31 10 20 20\n"));
    EXPECT(reported("node 1 [mem 0x20000000-0x3ffdffff]\n"));
    EXPECT(reported("SRAT offset 0x30: PXM 0 -> APIC 0x00 -> Node 0: used\n"));
    EXPECT(reported("SRAT offset 0xf8: PXM 1 [mem 0x20000000-0x3fffffff] hotplug -> Node 1: used"));
    EXPECT(reported("-> Node 3: used for its domain, no RAM in the range\n"));
    EXPECT(reported("[mem 0x00000000-0x3fffffff]: ignored, not enabled\n"));
    EXPECT(reported("APIC 0xc8 -> Node 2: used, but no such CPU is enabled in the MADT\n"));
    EXPECT(reported("APIC 0x03 -> Node 1: overruled, a later entry has the same APIC id\n"));
    EXPECT(reported("X2APIC 0x012c -> Node 2: ignored, an APIC id that no CPU of this machine"));
    EXPECT(reported("type 99, length 40: ignored, a type that is of no use here\n"));
    EXPECT(reported("SLIT row 1: 31 10: used\n"));
}

HTEST(numa, the_report_of_a_rejected_table_calls_no_entry_used)
{
    decide_with_gap(MiB(2));
    EXPECT(reported("topology: one flat node\nSRAT not used: SRAT: nodes own only"));
    EXPECT(reported("PXM 0 -> APIC 0x00: not used, as the whole table\n"));
    EXPECT(!reported(": used\n"));
    two_nodes();
    memory(1, 0, MiB(1));
    decide();
    EXPECT(reported("PXM 1 [mem 0x00000000-0x000fffff]: REJECTS the table, overlaps another"));
    two_nodes();
    m.in.option = "off";
    decide();
    EXPECT(reported("SRAT not used: numa=off\n"));
    EXPECT(!reported(": used\n"));
}

/* The log has the same, line by line. */
HTEST(numa, the_log_tells_entries_verdicts_and_ranges)
{
    decide_with_gap(KiB(512));
    numa_print(&m.t, &m.in);
    EXPECT(host_logged("SRAT offset 0x30: PXM 0 -> APIC 0x00 -> Node 0: used\n"));
    EXPECT(host_logged("NUMA: topology: firmware (SRAT)\n"));
    EXPECT(host_logged("NUMA: SLIT not used: no SLIT\n"));
    EXPECT(host_logged("NUMA: RAM without a node, left out: 512 KiB\n"));
    EXPECT(host_logged("NUMA: node 1 [mem 0x20080000-0x3ffdffff]\n"));
}

/* ---- everything at random ---- */

static void random_entry(void)
{
    uint32_t pxm = host_random_below(20) ? host_random_below(6) : host_random_below(1100);
    uint64_t base = host_random_below(9) * MiB(128), size = host_random_below(9) * MiB(128);
    struct srat_entry *e;

    switch (host_random_below(6)) {
    case 0:
        e = cpu(pxm, host_random_below(6));
        break;
    case 1:
        e = x2apic(pxm, host_random_below(300));
        break;
    case 2:
        e = initiator(pxm);
        break;
    default:
        e = memory(pxm, base + host_random_below(2) * host_random_below(0x3000),
                   host_random_below(8) ? size : host_random());
        break;
    }
    e->enabled = host_random_below(8) > 0;
}

/* All of RAM, in pieces of which each is somebody's. */
static void random_partition(void)
{
    uint64_t end;

    for (uint64_t start = 0; start < GiB(1); start = end) {
        end = start + MiB(1) + host_random_below(256) * MiB(1) - host_random_below(2) * KiB(2);
        memory(host_random_below(4), start, end - start);
    }
}

static void random_slit(void)
{
    unsigned nr = 1 + host_random_below(8);
    uint8_t cells[64];

    for (unsigned i = 0; i < nr * nr; i++)
        cells[i] = (uint8_t)(i / nr == i % nr ? 10 : 11 + host_random_below(245));
    if (host_random_below(5) == 0)
        cells[host_random_below(nr * nr)] = (uint8_t)host_random_below(12);
    slit(nr, cells);
}

/* Firmware that nobody thought of. */
HTEST(numa, whatever_the_entries_the_decision_holds_together)
{
    static const char *const options[] = {NULL,       NULL,      "off",       "fake=3",  "fake=7",
                                          "fake=64M", "fake=2U", "fake=128M", "fake=9U", "fake=x"};
    unsigned used = 0;

    for (unsigned round = 0; round < 4000; round++) {
        unsigned nr = host_random_below(14);

        begin();
        if (round % 2)
            random_partition();
        for (unsigned i = 0; i < nr / (1 + 7 * (round % 2)); i++)
            random_entry();
        if (host_random_below(2))
            random_slit();
        m.in.option = options[host_random_below(ARRAY_SIZE(options))];
        decide();
        used += m.t.origin == NUMA_ORIGIN_SRAT;
    }
    EXPECT(used > 500);
}
