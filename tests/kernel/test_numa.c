/*
 * tests/kernel/test_numa.c - which nodes there are: what must hold of this machine's topology, and
 * the decision for machines that are made up.
 */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/lib/string.h"
#include "mm/node.h"
#include "mm/numa.h"

/* A node that the firmware didn't name, or one that it named and nobody made. */
KTEST(numa, possible_nodes_are_those_of_the_topology)
{
    KEXPECT(nodemask_equal(&numa_topology.possible, &node_states[N_POSSIBLE]));
    KEXPECT_EQ(nr_node_ids, numa_topology.nr_nodes);
}

/* RAM in two blocks would be in two nodes. */
KTEST(numa, blocks_of_nodes_do_not_overlap)
{
    const struct numa_topology *t = &numa_topology;

    for (unsigned i = 0; i < t->nr_blocks; i++) {
        KEXPECT(t->blocks[i].start < t->blocks[i].end);
        KEXPECT(nodemask_test(&t->possible, t->blocks[i].nid));
        for (unsigned j = 0; j < i; j++)
            KASSERT(t->blocks[i].nid == t->blocks[j].nid ||
                    t->blocks[i].end <= t->blocks[j].start ||
                    t->blocks[j].end <= t->blocks[i].start);
    }
}

/* memblock is where everybody looks; the blocks are what was decided. */
KTEST(numa, ram_belongs_to_the_node_of_its_block)
{
    for (unsigned i = 0; i < memblock.memory.nr; i++) {
        const struct memblock_region *r = &memblock.memory.regions[i];
        bool found = false;

        for (unsigned b = 0; b < numa_topology.nr_blocks && !found; b++) {
            const struct numa_block *block = &numa_topology.blocks[b];

            found = block->start <= r->start && r->start < block->end && block->nid == r->nid;
        }
        KEXPECT(found);
    }
}

/* A CPU on a node that doesn't exist would index behind every array. */
KTEST(numa, every_cpu_is_on_a_possible_node)
{
    int cpu;

    for_each_cpu (cpu, &cpu_present_mask) {
        KEXPECT_EQ(numa_topology.cpu_node[cpu], cpu_to_node(cpu));
        KEXPECT(nodemask_test(&numa_topology.possible, cpu_to_node(cpu)));
    }
}

/* "Why is there one node only?" must have an answer, and only then. */
KTEST(numa, verdict_says_why_the_srat_is_not_used)
{
    KEXPECT_EQ(numa_topology.origin == NUMA_ORIGIN_FLAT, numa_topology.verdict[0] != '\0');
    KEXPECT_EQ(!numa_topology.slit_used, numa_topology.slit_verdict[0] != '\0');
}

/* ---- machines that are made up -------------------------------------------------------------------- */

static struct numa_topology made;
static struct memblock ram;

/* Two CPUs on the far domains 7 and 3, 128 MiB each. The tests change what they are about. */
static struct srat_entry entries[4];
static struct srat srat;
static const uint32_t apic_ids[] = {0, 1};
static struct numa_input input;

static void make_up(void)
{
    memset(&ram, 0, sizeof(ram));
    ram.limit = MEMBLOCK_ANYWHERE;
    memblock_add(&ram, 0, MiB(256), NUMA_NO_NODE);
    memset(entries, 0, sizeof(entries));
    entries[0] = (struct srat_entry){.type = SRAT_CPU, .enabled = true, .pxm = 7, .apic_id = 0};
    entries[1] = (struct srat_entry){.type = SRAT_CPU, .enabled = true, .pxm = 3, .apic_id = 1};
    entries[2] = (struct srat_entry){
        .type = SRAT_MEMORY, .enabled = true, .pxm = 3, .base = 0, .size = MiB(128)};
    entries[3] = (struct srat_entry){
        .type = SRAT_MEMORY, .enabled = true, .pxm = 7, .base = MiB(128), .size = MiB(128)};
    srat = (struct srat){.revision = 3, .nr_entries = 4, .capacity = 4, .entries = entries};
    input =
        (struct numa_input){.memblock = &ram, .srat = &srat, .nr_cpus = 2, .apic_ids = apic_ids};
}

/* Linux numbers nodes as their domains appear; by value, node numbers would differ between the two. */
KTEST(numa, nodes_are_numbered_as_their_domains_appear)
{
    make_up();
    numa_decide(&made, &input);
    KEXPECT_EQ(NUMA_ORIGIN_SRAT, made.origin);
    KEXPECT_EQ(2, made.nr_nodes);
    KEXPECT_EQ(0, numa_node_of_pxm(&made, 7));
    KEXPECT_EQ(1, numa_node_of_pxm(&made, 3));
    KEXPECT_EQ(0, made.cpu_node[0]);
    KEXPECT_EQ(1, made.cpu_node[1]);
    KEXPECT_EQ(0, numa_apply(&made, &ram));
    KEXPECT_EQ(1, memblock_nid_of(&ram, MiB(1)));
    KEXPECT_EQ(0, memblock_nid_of(&ram, MiB(128)));
}

/* One byte with two owners: the table as a whole can't be trusted. */
KTEST(numa, overlapping_nodes_reject_the_table)
{
    make_up();
    entries[2].size = MiB(129);
    numa_decide(&made, &input);
    KEXPECT_EQ(NUMA_ORIGIN_FLAT, made.origin);
    KEXPECT_EQ(1, made.nr_nodes);
    KEXPECT(strstr(made.verdict, "overlaps") != NULL);
    KEXPECT_EQ(0, made.cpu_node[1]);
}

/* Firmware leaves entries of empty sockets in, disabled. */
KTEST(numa, disabled_entry_names_no_node)
{
    make_up();
    entries[0].enabled = false;
    entries[3].pxm = 3;
    numa_decide(&made, &input);
    KEXPECT_EQ(NUMA_ORIGIN_SRAT, made.origin);
    KEXPECT_EQ(1, made.nr_nodes);
    KEXPECT_EQ(NUMA_NO_NODE, numa_node_of_pxm(&made, 7));
}

/* RAM that no node owns would be lost; a table that forgets so much is worth nothing. */
KTEST(numa, ram_without_an_owner_rejects_the_table)
{
    make_up();
    entries[3].size = MiB(100);
    numa_decide(&made, &input);
    KEXPECT_EQ(NUMA_ORIGIN_FLAT, made.origin);
    KEXPECT_EQ(1, made.nr_nodes);
}

/* A matrix that says that a node is far from itself, or another one as near, is nonsense. */
KTEST(numa, slit_with_impossible_distances_is_ignored)
{
    static const uint8_t bad_local[64] = {20}, good[4] = {10, 42, 24, 10};
    struct slit slit = {.nr_localities = 8, .distance = bad_local};

    make_up();
    entries[0].pxm = entries[3].pxm = 0;
    entries[1].pxm = entries[2].pxm = 1;
    input.slit = &slit;
    numa_decide(&made, &input);
    KEXPECT(!made.slit_used);
    KEXPECT_EQ(REMOTE_DISTANCE, made.distance[1]);
    slit = (struct slit){.nr_localities = 2, .distance = good};
    numa_decide(&made, &input);
    KEXPECT(made.slit_used);
    KEXPECT_EQ(42, made.distance[1]);
    KEXPECT_EQ(24, made.distance[2]);
}

/* The way out when a table is wrong in a way that nobody thought of. */
KTEST(numa, numa_off_makes_one_node)
{
    make_up();
    input.option = "off";
    numa_decide(&made, &input);
    KEXPECT_EQ(1, made.nr_nodes);
    KEXPECT_EQ(0, numa_apply(&made, &ram));
    KEXPECT_EQ(0, memblock_nid_of(&ram, MiB(200)));
}

/* A machine of many nodes on one of few: each piece in one real node, and no RAM lost. */
KTEST(numa, numa_fake_cuts_each_node_into_pieces_of_its_own)
{
    make_up();
    input.option = "fake=4";
    numa_decide(&made, &input);
    KEXPECT(made.fake);
    KEXPECT_EQ(4, made.nr_nodes);
    KEXPECT_EQ(0, numa_apply(&made, &ram));
    KEXPECT_EQ(MiB(256), memblock_bytes_in(&ram, 0, UINT64_MAX, NUMA_NO_NODE));
    for (int nid = 0; nid < 4; nid++) {
        uint64_t bytes = memblock_bytes_in(&ram, 0, UINT64_MAX, nid);
        uint64_t own = made.phys_node[nid] == 1 ? memblock_bytes_in(&ram, 0, MiB(128), nid)
                                                : memblock_bytes_in(&ram, MiB(128), MiB(256), nid);

        KEXPECT(bytes > 0);
        KEXPECT_EQ(bytes, own);
    }
}
