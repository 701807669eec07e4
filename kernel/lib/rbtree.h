/*
 * kernel/lib/rbtree.h - sorted sets whose links lie in the objects that they sort.
 *
 * The tree knows nothing of keys: rb_add() is told by a function which of two objects comes first,
 * and is compiled anew, with that function in it, wherever it is used. The first object is always at
 * hand, since the scheduler and the timers ask for nothing as often.
 *
 *     static bool earlier(struct rb_node *a, struct rb_node *b)
 *     {
 *         return rb_entry(a, struct timer, node)->expires < rb_entry(b, struct timer, node)->expires;
 *     }
 *
 *     rb_add(&tree, &timer->node, earlier);
 *
 * LOCKING  None of its own: whoever owns the tree says what protects it.
 */
#ifndef KERNEL_LIB_RBTREE_H
#define KERNEL_LIB_RBTREE_H

#include "kernel/lib/compiler.h"

struct rb_node {
    struct rb_node *parent; /* NULL: the root */
    struct rb_node *left;   /* what comes before it */
    struct rb_node *right;  /* what comes after it */
    bool red;
};

struct rb_tree {
    struct rb_node *root;  /* NULL: empty */
    struct rb_node *first; /* the leftmost */
};

#define rb_entry(ptr, type, member) container_of(ptr, type, member)

static inline void rb_init(struct rb_tree *tree)
{
    tree->root = NULL;
    tree->first = NULL;
}

static inline bool rb_empty(const struct rb_tree *tree)
{
    return tree->root == NULL;
}

/* The first in order, NULL in an empty tree. */
static inline struct rb_node *rb_first(const struct rb_tree *tree)
{
    return tree->first;
}

struct rb_node *rb_last(const struct rb_tree *tree);
struct rb_node *rb_next(const struct rb_node *node);

/* For rb_add(): @node hangs below its parent as a leaf; paint it and balance the tree. */
void rb_insert_fixup(struct rb_tree *tree, struct rb_node *node);
void rb_erase(struct rb_tree *tree, struct rb_node *node);

/*
 * rb_add - put @node, which is in no tree, behind all that are not @before it the other way round.
 *
 * @before  true if its first argument stands before its second. Equals stay in the order in which
 *          they came.
 *
 * O(log n).
 */
static __always_inline void rb_add(struct rb_tree *tree, struct rb_node *node,
                                   bool (*before)(struct rb_node *a, struct rb_node *b))
{
    struct rb_node **link = &tree->root, *parent = NULL;
    bool is_first = true;

    while (*link) {
        parent = *link;
        if (before(node, parent)) {
            link = &parent->left;
        } else {
            link = &parent->right;
            is_first = false;
        }
    }
    node->parent = parent;
    node->left = NULL;
    node->right = NULL;
    *link = node;
    if (is_first)
        tree->first = node;
    if (parent)
        rb_insert_fixup(tree, node);
    else
        node->red = false;
}

/* True if order, colours, links and the first are as they must be; for tests. O(n). */
bool rb_verify(const struct rb_tree *tree, bool (*before)(struct rb_node *a, struct rb_node *b));

#endif
