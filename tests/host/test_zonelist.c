/*
 * tests/host/test_zonelist.c - mm/zonelist.c: the order in which nodes are asked for a page.
 */
#include "kernel/lib/errno.h"
#include "mm/zonelist.h"
#include "tests/host/test.h"

struct machine {
    const char *name;
    int nr_nodes;
    int memory[MAX_NUMNODES]; /* nodes that have some */
    int nr_memory;
    uint8_t distance[64 * 64];
};

#include "topologies.h"

#define MOST_NODES 12

/*
 * "Fallback order for Node" as Linux 6.1 logged it when it booted on machines with these tables. A
 * node without memory is left out of its own line, where Linux prints it first.
 */
static const struct recording {
    const char *name;
    int nr_nodes;
    unsigned memory; /* bit n: node n has memory */
    uint8_t distance[MOST_NODES * MOST_NODES];
    int order[MOST_NODES][MOST_NODES];
} linux_6_1[] = {
    /* clang-format off */
    {
        .name = "flat 3", .nr_nodes = 3, .memory = 0x7,
        .distance = {
            10, 20, 20,
            20, 10, 20,
            20, 20, 10,
        },
        .order = {
            {0, 1, 2},
            {1, 2, 0},
            {2, 0, 1},
        },
    },
    {
        .name = "flat 4", .nr_nodes = 4, .memory = 0xf,
        .distance = {
            10, 20, 20, 20,
            20, 10, 20, 20,
            20, 20, 10, 20,
            20, 20, 20, 10,
        },
        .order = {
            {0, 1, 2, 3},
            {1, 2, 3, 0},
            {2, 3, 0, 1},
            {3, 0, 1, 2},
        },
    },
    {
        .name = "flat 5", .nr_nodes = 5, .memory = 0x1f,
        .distance = {
            10, 20, 20, 20, 20,
            20, 10, 20, 20, 20,
            20, 20, 10, 20, 20,
            20, 20, 20, 10, 20,
            20, 20, 20, 20, 10,
        },
        .order = {
            {0, 1, 2, 3, 4},
            {1, 2, 3, 4, 0},
            {2, 3, 4, 0, 1},
            {3, 4, 0, 1, 2},
            {4, 0, 1, 2, 3},
        },
    },
    {
        .name = "ring of 4", .nr_nodes = 4, .memory = 0xf,
        .distance = {
            10, 20, 30, 20,
            20, 10, 20, 30,
            30, 20, 10, 20,
            20, 30, 20, 10,
        },
        .order = {
            {0, 1, 3, 2},
            {1, 2, 0, 3},
            {2, 3, 1, 0},
            {3, 0, 2, 1},
        },
    },
    {
        .name = "interlagos-8n", .nr_nodes = 8, .memory = 0xff,
        .distance = {
            10, 16, 16, 22, 16, 22, 16, 22,
            16, 10, 22, 16, 16, 22, 22, 16,
            16, 22, 10, 16, 16, 16, 16, 16,
            22, 16, 16, 10, 16, 16, 22, 22,
            16, 16, 16, 16, 10, 16, 16, 22,
            22, 22, 16, 16, 16, 10, 22, 16,
            16, 22, 16, 22, 16, 22, 10, 16,
            22, 16, 16, 22, 22, 16, 16, 10,
        },
        .order = {
            {0, 1, 2, 4, 6, 3, 5, 7},
            {1, 4, 7, 3, 0, 2, 5, 6},
            {2, 5, 6, 7, 3, 4, 0, 1},
            {3, 4, 5, 2, 1, 6, 7, 0},
            {4, 5, 6, 0, 2, 3, 1, 7},
            {5, 7, 2, 3, 4, 6, 0, 1},
            {6, 7, 0, 2, 4, 3, 1, 5},
            {7, 2, 1, 5, 6, 0, 3, 4},
        },
    },
    {
        .name = "power9-gpu-8n", .nr_nodes = 8, .memory = 0xff,
        .distance = {
            10, 40, 80, 80, 80, 80, 80, 80,
            40, 10, 80, 80, 80, 80, 80, 80,
            80, 80, 10, 80, 80, 80, 80, 80,
            80, 80, 80, 10, 80, 80, 80, 80,
            80, 80, 80, 80, 10, 80, 80, 80,
            80, 80, 80, 80, 80, 10, 80, 80,
            80, 80, 80, 80, 80, 80, 10, 80,
            80, 80, 80, 80, 80, 80, 80, 10,
        },
        .order = {
            {0, 1, 2, 3, 4, 5, 6, 7},
            {1, 0, 3, 4, 5, 6, 7, 2},
            {2, 4, 5, 6, 7, 3, 0, 1},
            {3, 5, 6, 7, 4, 0, 1, 2},
            {4, 6, 7, 5, 0, 1, 2, 3},
            {5, 7, 6, 0, 1, 2, 3, 4},
            {6, 7, 0, 1, 2, 3, 4, 5},
            {7, 0, 1, 2, 3, 4, 5, 6},
        },
    },
    {
        .name = "flat 4, node 0 without memory", .nr_nodes = 4, .memory = 0xe,
        .distance = {
            10, 20, 20, 20,
            20, 10, 20, 20,
            20, 20, 10, 20,
            20, 20, 20, 10,
        },
        .order = {
            {1, 2, 3},
            {1, 2, 3},
            {2, 3, 1},
            {3, 1, 2},
        },
    },
    {
        .name = "asymmetric 8", .nr_nodes = 8, .memory = 0xff,
        .distance = {
            10, 20, 17, 21, 30, 16, 16, 22,
            16, 10, 20, 22, 16, 22, 17, 16,
            16, 21, 10, 21, 16, 17, 16, 22,
            21, 16, 22, 10, 16, 17, 30, 30,
            22, 16, 22, 22, 10, 21, 16, 17,
            16, 22, 17, 20, 21, 10, 17, 22,
            16, 22, 20, 22, 30, 17, 10, 16,
            22, 22, 30, 17, 20, 16, 22, 10,
        },
        .order = {
            {0, 5, 6, 2, 1, 3, 7, 4},
            {1, 4, 7, 0, 6, 2, 3, 5},
            {2, 6, 4, 0, 5, 3, 1, 7},
            {3, 4, 1, 5, 0, 2, 6, 7},
            {4, 6, 1, 7, 5, 0, 2, 3},
            {5, 0, 6, 2, 3, 4, 7, 1},
            {6, 7, 0, 5, 2, 1, 3, 4},
            {7, 5, 3, 4, 1, 0, 6, 2},
        },
    },
    {
        .name = "asymmetric 6, two without memory", .nr_nodes = 6, .memory = 0x3c,
        .distance = {
            10, 13, 13, 13, 11, 11,
            13, 10, 12, 13, 13, 13,
            12, 12, 10, 13, 13, 12,
            12, 11, 13, 10, 11, 12,
            12, 11, 12, 11, 10, 12,
            13, 11, 12, 11, 11, 10,
        },
        .order = {
            {4, 5, 2, 3},
            {2, 3, 5, 4},
            {2, 5, 3, 4},
            {3, 4, 5, 2},
            {4, 3, 5, 2},
            {5, 4, 3, 2},
        },
    },
    {
        .name = "asymmetric 8, three without memory", .nr_nodes = 8, .memory = 0xd5,
        .distance = {
            10, 13, 11, 11, 13, 11, 13, 12,
            13, 10, 13, 12, 12, 13, 12, 12,
            12, 12, 10, 11, 13, 11, 11, 11,
            12, 13, 11, 10, 13, 12, 11, 11,
            12, 11, 12, 11, 10, 13, 12, 11,
            13, 13, 12, 13, 12, 10, 12, 13,
            13, 12, 13, 12, 12, 13, 10, 12,
            12, 13, 12, 11, 12, 12, 11, 10,
        },
        .order = {
            {0, 2, 7, 4, 6},
            {6, 4, 7, 2, 0},
            {2, 6, 7, 0, 4},
            {7, 6, 2, 0, 4},
            {4, 7, 6, 0, 2},
            {6, 2, 4, 7, 0},
            {6, 7, 4, 0, 2},
            {7, 6, 2, 0, 4},
        },
    },
    {
        .name = "asymmetric 10, generic initiators", .nr_nodes = 10, .memory = 0x3cc,
        .distance = {
            10, 20, 20, 11, 11, 11, 11, 11, 11, 20,
            15, 10, 11, 20, 15, 20, 15, 20, 20, 11,
            20, 11, 10, 11, 11, 15, 11, 15, 11, 15,
            20, 15, 20, 10, 20, 15, 20, 15, 20, 11,
            20, 11, 20, 15, 10, 11, 20, 20, 11, 11,
            11, 11, 15, 20, 11, 10, 20, 11, 20, 11,
            15, 20, 20, 15, 11, 20, 10, 20, 20, 11,
            20, 20, 11, 11, 20, 20, 11, 10, 11, 20,
            20, 11, 15, 15, 20, 15, 11, 20, 10, 11,
            11, 11, 11, 20, 15, 20, 11, 15, 11, 10,
        },
        .order = {
            {3, 6, 7, 8, 2, 9},
            {9, 2, 6, 7, 8, 3},
            {2, 8, 3, 6, 7, 9},
            {3, 9, 7, 6, 8, 2},
            {8, 9, 3, 6, 7, 2},
            {9, 7, 2, 8, 6, 3},
            {6, 9, 3, 7, 8, 2},
            {7, 8, 2, 3, 6, 9},
            {8, 9, 6, 2, 3, 7},
            {9, 2, 6, 8, 7, 3},
        },
    },
    {
        .name = "asymmetric 12, four without memory", .nr_nodes = 12, .memory = 0x7ad,
        .distance = {
            10, 14, 14, 11, 12, 14, 14, 13, 12, 14, 13, 14,
            13, 10, 14, 12, 12, 11, 12, 12, 12, 12, 11, 14,
            12, 13, 10, 13, 11, 12, 14, 13, 13, 12, 11, 14,
            14, 14, 14, 10, 14, 11, 14, 14, 11, 12, 11, 12,
            14, 12, 11, 13, 10, 11, 11, 11, 12, 11, 13, 11,
            11, 12, 14, 12, 13, 10, 13, 13, 14, 11, 11, 14,
            14, 14, 14, 13, 11, 12, 10, 11, 13, 13, 14, 12,
            11, 12, 13, 12, 11, 13, 11, 10, 13, 13, 12, 13,
            12, 13, 12, 12, 12, 14, 12, 12, 10, 14, 13, 11,
            11, 13, 14, 13, 12, 13, 14, 13, 13, 10, 11, 12,
            11, 12, 14, 12, 13, 12, 14, 11, 14, 13, 10, 11,
            11, 14, 12, 14, 12, 14, 13, 11, 14, 14, 14, 10,
        },
        .order = {
            {0, 3, 8, 7, 10, 2, 5, 9},
            {5, 10, 9, 3, 7, 8, 0, 2},
            {2, 10, 5, 9, 0, 3, 7, 8},
            {3, 8, 10, 5, 9, 7, 0, 2},
            {5, 7, 9, 2, 8, 10, 3, 0},
            {5, 9, 10, 0, 3, 7, 8, 2},
            {7, 5, 9, 8, 10, 3, 0, 2},
            {7, 0, 10, 3, 8, 9, 2, 5},
            {8, 2, 0, 3, 7, 10, 9, 5},
            {9, 10, 0, 3, 5, 7, 8, 2},
            {10, 0, 7, 5, 3, 9, 2, 8},
            {7, 0, 2, 3, 5, 8, 9, 10},
        },
    },
    /* clang-format on */
};

static nodemask_t mask_of(unsigned bits)
{
    nodemask_t mask;

    nodemask_zero(&mask);
    mask.bits[0] = bits;
    return mask;
}

static void expect_recorded(const struct recording *r)
{
    unsigned load[MAX_NUMNODES] = {0};
    nodemask_t memory = mask_of(r->memory);
    int order[MAX_NUMNODES];

    for (int from = 0; from < r->nr_nodes; from++) {
        int nr = zonelist_order(order, from, r->distance, &memory, load, r->nr_nodes);

        if (!EXPECT_EQ(nodemask_weight(&memory), nr))
            continue;
        for (int i = 0; i < nr; i++) {
            if (order[i] != r->order[from][i])
                host_fail(__FILE__, __LINE__, "%s: node %d asks %d as number %d, on Linux %d",
                          r->name, from, order[i], i, r->order[from][i]);
        }
    }
}

/* A student who compares the two kernels would find another order than the books tell. */
HTEST(zonelist, order_is_linux_6_1s_on_recorded_machines)
{
    for (unsigned i = 0; i < ARRAY_SIZE(linux_6_1); i++)
        expect_recorded(&linux_6_1[i]);
}

/* Z1: the node itself is first, if it has memory. */
static void expect_own_first(const char *name, int from, const int *order, int nr,
                             const nodemask_t *memory)
{
    if (nodemask_test(memory, from) && (nr == 0 || order[0] != from))
        host_fail(__FILE__, __LINE__, "%s: node %d is not the first of its own list", name, from);
}

/* Z2: all nodes with memory, each once. */
static void expect_permutation(const char *name, int from, const int *order, int nr,
                               const nodemask_t *memory)
{
    nodemask_t seen;

    nodemask_zero(&seen);
    for (int i = 0; i < nr; i++)
        nodemask_set(&seen, order[i]);
    if (nr != nodemask_weight(memory) || !nodemask_equal(&seen, memory))
        host_fail(__FILE__, __LINE__, "%s: the list of node %d is no permutation", name, from);
}

/* Z3: distances never decrease, but for the unit that a lower number counts as farther. */
static void expect_ascending(const char *name, int from, const int *order, int nr,
                             const uint8_t *dist, int nr_nodes)
{
    for (int i = 1; i < nr; i++) {
        int a = dist[from * nr_nodes + order[i - 1]] + (order[i - 1] < from);
        int b = dist[from * nr_nodes + order[i]] + (order[i] < from);

        if (a > b)
            host_fail(__FILE__, __LINE__, "%s: node %d asks %d (%d) before %d (%d)", name, from,
                      order[i - 1], a, order[i], b);
    }
}

/* Z1 to Z3 for all nodes of one machine. */
static void expect_good_lists(const char *name, const uint8_t *dist, const nodemask_t *memory,
                              int nr_nodes)
{
    unsigned load[MAX_NUMNODES] = {0};
    int order[MAX_NUMNODES];

    for (int from = 0; from < nr_nodes; from++) {
        int nr = zonelist_order(order, from, dist, memory, load, nr_nodes);

        expect_own_first(name, from, order, nr, memory);
        expect_permutation(name, from, order, nr, memory);
        expect_ascending(name, from, order, nr, dist, nr_nodes);
    }
}

/* A node's memory would never be used, or be used before nearer memory. */
HTEST(zonelist, lists_of_all_topologies_are_permutations_with_ascending_distances)
{
    EXPECT(ARRAY_SIZE(topologies) >= 18);
    for (unsigned i = 0; i < ARRAY_SIZE(topologies); i++) {
        const struct machine *m = &topologies[i];
        nodemask_t memory;

        nodemask_zero(&memory);
        for (int j = 0; j < m->nr_memory; j++)
            nodemask_set(&memory, m->memory[j]);
        expect_good_lists(m->name, m->distance, &memory, m->nr_nodes);
    }
}

/* Firmware chooses the distances: whatever they are, lists hold together. */
HTEST(zonelist, lists_of_random_machines_are_permutations_with_ascending_distances)
{
    static uint8_t dist[MAX_NUMNODES * MAX_NUMNODES];

    for (int round = 0; round < 300; round++) {
        int nr_nodes = 1 + (int)host_random_below(round % 30 ? 12 : MAX_NUMNODES);
        unsigned spread = 1 + host_random_below(round % 2 ? 4 : 245);
        nodemask_t memory;

        nodemask_zero(&memory);
        for (int i = 0; i < nr_nodes; i++) {
            if (host_random_below(4))
                nodemask_set(&memory, i);
            for (int j = 0; j < nr_nodes; j++)
                dist[i * nr_nodes + j] = (uint8_t)(i == j ? 10 : 11 + host_random_below(spread));
        }
        expect_good_lists("random machine", dist, &memory, nr_nodes);
    }
}

/* All neighbours of a full mesh would overflow onto the same node. */
HTEST(zonelist, ties_are_spread_over_the_neighbours)
{
    enum { NR = 16 };
    uint8_t dist[NR * NR];
    unsigned load[MAX_NUMNODES] = {0}, second[NR] = {0};
    nodemask_t memory = mask_of((1U << NR) - 1);
    int order[MAX_NUMNODES];

    for (int i = 0; i < NR * NR; i++)
        dist[i] = i / NR == i % NR ? 10 : 20;
    for (int from = 0; from < NR; from++) {
        ASSERT_EQ(NR, zonelist_order(order, from, dist, &memory, load, NR));
        second[order[1]]++;
    }
    for (int i = 0; i < NR; i++)
        EXPECT_EQ(1, second[i]);
}

/*
 * Nodes 0 and 1 are 30 apart, and each is 20 from both 2 and 3: no lower number decides here, only
 * that node 2 was already the first for node 0.
 */
HTEST(zonelist, a_node_that_was_first_for_another_waits_behind_one_that_was_not)
{
    static const uint8_t dist[] = {10, 30, 20, 20, 30, 10, 20, 20, 20, 20, 10, 30, 20, 20, 30, 10};
    unsigned load[4] = {0};
    nodemask_t memory = mask_of(0xf);
    int order[4];

    ASSERT_EQ(4, zonelist_order(order, 0, dist, &memory, load, 4));
    EXPECT_EQ(2, order[1]);
    EXPECT_EQ(3, order[2]);
    EXPECT_EQ(1, load[2]);
    EXPECT_EQ(0, load[3]); /* not the first of its distance */
    ASSERT_EQ(4, zonelist_order(order, 1, dist, &memory, load, 4));
    EXPECT_EQ(3, order[1]);
    EXPECT_EQ(2, order[2]);
}

/* Boot would stop at a machine whose node 0 has nothing, or read a list that was never written. */
HTEST(zonelist, without_memory_anywhere_the_order_is_empty)
{
    const uint8_t dist[4] = {10, 20, 20, 10};
    unsigned load[2] = {0};
    nodemask_t none = mask_of(0);
    int order[2] = {-7, -7};

    EXPECT_EQ(0, zonelist_order(order, 1, dist, &none, load, 2));
    EXPECT_EQ(-7, order[0]);
}

/* A wrong node number would index past the matrix. */
HTEST(zonelist, numbers_out_of_range_are_refused)
{
    const uint8_t dist[4] = {10, 20, 20, 10};
    unsigned load[2] = {0};
    nodemask_t all = mask_of(3);
    int order[2] = {-7, -7};

    EXPECT_EQ(-EINVAL, zonelist_order(order, -1, dist, &all, load, 2));
    EXPECT_EQ(-EINVAL, zonelist_order(order, 2, dist, &all, load, 2));
    EXPECT_EQ(-EINVAL, zonelist_order(order, 0, dist, &all, load, 0));
    EXPECT_EQ(-EINVAL, zonelist_order(order, 0, dist, &all, load, MAX_NUMNODES + 1));
    EXPECT_EQ(-7, order[0]);
    EXPECT_EQ(0, load[0] + load[1]);
}
