/*
 * tests/host/test_lib_rbtree.c - kernel/lib/rbtree.c.
 */
#include "kernel/lib/rbtree.h"
#include "tests/host/test.h"

#define NR 64

struct item {
    struct rb_node node;
    unsigned key;
    unsigned order; /* in which it was added */
    bool in_tree;
};

static bool before(struct rb_node *a, struct rb_node *b)
{
    return rb_entry(a, struct item, node)->key < rb_entry(b, struct item, node)->key;
}

static int count(const struct rb_tree *tree)
{
    int nr = 0;

    for (struct rb_node *n = rb_first(tree); n; n = rb_next(n))
        nr++;
    return nr;
}

HTEST(rbtree, empty_tree_has_no_first_and_no_last)
{
    struct rb_tree tree;

    rb_init(&tree);
    EXPECT(rb_empty(&tree));
    EXPECT(rb_first(&tree) == NULL);
    EXPECT(rb_last(&tree) == NULL);
    EXPECT(rb_verify(&tree, before));
}

/* A tree that loses its balance turns every wake-up into a walk over all threads. */
HTEST(rbtree, ascending_and_descending_insertion_keep_the_rules)
{
    for (int down = 0; down < 2; down++) {
        struct item items[NR] = {0};
        struct rb_tree tree;

        rb_init(&tree);
        for (unsigned i = 0; i < NR; i++) {
            items[i].key = down ? NR - i : i;
            rb_add(&tree, &items[i].node, before);
            EXPECT(rb_verify(&tree, before));
        }
        EXPECT_EQ(NR, count(&tree));
        EXPECT(rb_first(&tree) == &items[down ? NR - 1 : 0].node);
        EXPECT(rb_last(&tree) == &items[down ? 0 : NR - 1].node);
    }
}

/* Timers of one instant fire in the order in which they were set only if equals keep theirs. */
HTEST(rbtree, equals_stay_in_the_order_in_which_they_came)
{
    struct item items[NR] = {0};
    struct rb_tree tree;
    const struct item *last = NULL;

    rb_init(&tree);
    for (unsigned i = 0; i < NR; i++) {
        items[i].key = i % 3;
        items[i].order = i;
        rb_add(&tree, &items[i].node, before);
    }
    for (struct rb_node *n = rb_first(&tree); n; n = rb_next(n)) {
        const struct item *item = rb_entry(n, struct item, node);

        EXPECT(!last || last->key < item->key || last->order < item->order);
        last = item;
    }
}

/* Erasing has many cases; each one that is wrong loses a thread or a timer. */
HTEST(rbtree, random_adds_and_erases_keep_rules_and_members)
{
    static struct item items[NR];
    struct rb_tree tree;
    int nr = 0;

    rb_init(&tree);
    memset(items, 0, sizeof(items));
    for (int step = 0; step < 20000; step++) {
        struct item *item = &items[host_random_below(NR)];

        if (item->in_tree) {
            rb_erase(&tree, &item->node);
            nr--;
        } else {
            item->key = host_random_below(NR / 2);
            rb_add(&tree, &item->node, before);
            nr++;
        }
        item->in_tree = !item->in_tree;
        ASSERT(rb_verify(&tree, before));
        ASSERT_EQ(nr, count(&tree));
    }
}

/* A test of the verifier: it must see what it is there for. */
HTEST(rbtree, verify_sees_broken_order_and_colours)
{
    struct item items[3] = {{.key = 1}, {.key = 2}, {.key = 3}};
    struct rb_tree tree;

    rb_init(&tree);
    for (int i = 0; i < 3; i++)
        rb_add(&tree, &items[i].node, before);
    EXPECT(rb_verify(&tree, before));
    items[0].key = 9;
    EXPECT(!rb_verify(&tree, before));
    items[0].key = 1;
    items[0].node.red = false;
    EXPECT(!rb_verify(&tree, before));
}
