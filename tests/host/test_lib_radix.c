/*
 * tests/host/test_lib_radix.c - kernel/lib/radix.c, against an array.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/radix.h"
#include "tests/host/test.h"

static unsigned nr_nodes; /* allocated and not given back */

static void give_node(struct radix_stack *stack)
{
    struct radix_node *node = aligned_alloc(sizeof(*node), sizeof(*node));

    memset(node, 0x5a, sizeof(*node)); /* whoever relies on zeroes is found out */
    radix_push(stack, node);
    nr_nodes++;
}

static void take_nodes(struct radix_stack *stack)
{
    struct radix_node *node;

    while ((node = radix_pop(stack))) {
        free(node);
        nr_nodes--;
    }
}

/* With as many nodes as it says that it needs; returns how many those were. */
static unsigned insert(struct radix_tree *tree, unsigned long index, void *item)
{
    struct radix_stack spares = {0};
    unsigned nr = radix_nodes_needed(tree, index);

    for (unsigned i = 0; i < nr; i++)
        give_node(&spares);
    EXPECT_EQ(0, radix_insert(tree, index, item, &spares));
    EXPECT_EQ(0, spares.nr); /* it said neither too few nor too many */
    take_nodes(&spares);
    return nr;
}

static void *take_out(struct radix_tree *tree, unsigned long index)
{
    struct radix_stack freed = {0};
    void *item = radix_remove(tree, index, &freed);

    take_nodes(&freed);
    return item;
}

static void *item_of(unsigned long index)
{
    return (void *)((index + 1) << 6);
}

/* Most files are small: a tree for a file of one page costs nothing. */
HTEST(radix, index_0_alone_needs_no_node)
{
    struct radix_tree tree;

    radix_init(&tree);
    EXPECT(radix_empty(&tree));
    EXPECT_EQ(0, insert(&tree, 0, item_of(0)));
    EXPECT(radix_find(&tree, 0) == item_of(0));
    EXPECT(radix_find(&tree, 1) == NULL);
    EXPECT(take_out(&tree, 0) == item_of(0));
    EXPECT(radix_empty(&tree));
}

/* The last page of a level and the first of the next are where shifts go wrong. */
HTEST(radix, indexes_at_the_edges_of_levels_are_kept_apart)
{
    static const unsigned long edges[] = {
        0,         1,         511,        512,  513, 262143, 262144, (1ul << 27) - 1,
        1ul << 27, 1ul << 52, ~0ul >> 12, ~0ul,
    };
    struct radix_tree tree;

    for (int backwards = 0; backwards < 2; backwards++) {
        radix_init(&tree);
        for (unsigned i = 0; i < ARRAY_SIZE(edges); i++)
            insert(&tree, edges[backwards ? ARRAY_SIZE(edges) - 1 - i : i], item_of(i));
        for (unsigned i = 0; i < ARRAY_SIZE(edges); i++)
            EXPECT(take_out(&tree, edges[backwards ? ARRAY_SIZE(edges) - 1 - i : i]) == item_of(i));
        EXPECT(radix_empty(&tree));
        EXPECT_EQ(0, nr_nodes);
    }
}

/* A page that is read twice at once must not hide the first. */
HTEST(radix, taken_index_is_refused)
{
    struct radix_tree tree;
    struct radix_stack spares = {0};

    radix_init(&tree);
    insert(&tree, 700, item_of(700));
    EXPECT_EQ(-EEXIST, radix_insert(&tree, 700, item_of(1), &spares));
    EXPECT(radix_find(&tree, 700) == item_of(700));
    take_out(&tree, 700);
}

/* Memory is short exactly when trees must stay whole. */
HTEST(radix, too_few_nodes_change_nothing)
{
    struct radix_tree tree;
    struct radix_stack spares = {0};

    radix_init(&tree);
    insert(&tree, 5, item_of(5));
    EXPECT_EQ(4, radix_nodes_needed(&tree, 1ul << 20));
    for (int i = 0; i < 3; i++) {
        give_node(&spares);
        EXPECT_EQ(-ENOMEM, radix_insert(&tree, 1ul << 20, item_of(1), &spares));
    }
    EXPECT_EQ(3, spares.nr);
    EXPECT_EQ(1, tree.height);
    EXPECT(radix_find(&tree, 5) == item_of(5));
    take_nodes(&spares);
    take_out(&tree, 5);
    EXPECT_EQ(0, nr_nodes);
}

#define SPAN 3000

/* The first index of @model at or above @from, or SPAN. */
static unsigned long model_next(void *const *model, unsigned long from)
{
    while (from < SPAN && !model[from])
        from++;
    return from;
}

/* Each call is compared with what an array would say; a page lost here is a file that lies. */
HTEST(radix, random_changes_agree_with_an_array)
{
    static void *model[SPAN];
    struct radix_tree tree;

    radix_init(&tree);
    memset(model, 0, sizeof(model));
    for (int step = 0; step < 60000; step++) {
        /* Fuller and emptier by turns. */
        bool filling = (step / 6000) % 2 == 0;
        unsigned long at = host_random_below(SPAN), next = at;

        if (!model[at] && (filling || host_random_below(8) == 0)) {
            insert(&tree, at, item_of(at));
            model[at] = item_of(at);
        } else if (model[at] && (!filling || host_random_below(8) == 0)) {
            ASSERT(take_out(&tree, at) == model[at]);
            model[at] = NULL;
        }
        at = host_random_below(SPAN);
        ASSERT(radix_find(&tree, at) == model[at]);
        next = at;
        if (model_next(model, at) == SPAN) {
            ASSERT(radix_next(&tree, &next) == NULL);
        } else {
            ASSERT(radix_next(&tree, &next) == model[model_next(model, at)]);
            ASSERT_EQ(model_next(model, at), next);
        }
    }
    for (unsigned long at = 0; at < SPAN; at++)
        ASSERT(take_out(&tree, at) == model[at]);
    EXPECT(radix_empty(&tree));
    EXPECT_EQ(0, nr_nodes); /* R1: no node stays without an item */
}
