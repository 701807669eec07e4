/*
 * kernel/lib/rbtree.c - red-black trees: sorted sets in which everything takes O(log n).
 *
 * THEORY
 *
 * A search tree is quick as long as it isn't deep. Here each node is red or black, and two rules
 * keep the longest way down at most twice as long as the shortest, which has black nodes only:
 *
 *   no red node has a red child; every way from the root to a missing child passes equally many
 *   black nodes.
 *
 * A new leaf is red, which can break the first rule only, at its parent. A node that goes breaks
 * the second if it was black: its side is one black node short. Both are mended from there upwards,
 * by painting, and at most three rotations. A rotation lifts a child above its parent and leaves
 * the order alone:
 *
 *         p                c
 *        / \              / \
 *       a   c     ->     p   e        rotate(p, the right child c)
 *          / \          / \
 *         d   e        a   d
 *
 * INVARIANTS
 *   R1  The root is black; no red node has a red child.
 *   R2  All ways from the root to a missing child pass equally many black nodes.
 *   R3  `first` is the leftmost node, NULL in an empty tree.
 *
 * SOURCES  Cormen, Leiserson, Rivest, Stein, Introduction to Algorithms, 3rd ed., 13 "Red-Black
 *          Trees".
 */
#include "kernel/lib/rbtree.h"

static bool is_red(const struct rb_node *node)
{
    return node && node->red;
}

/* The place that points to @node: in its parent, or the root. */
static struct rb_node **link_to(struct rb_tree *tree, const struct rb_node *node)
{
    struct rb_node *parent = node->parent;

    if (!parent)
        return &tree->root;
    return parent->left == node ? &parent->left : &parent->right;
}

/* Put @child (may be NULL) where @node is. */
static void replace(struct rb_tree *tree, struct rb_node *node, struct rb_node *child)
{
    *link_to(tree, node) = child;
    if (child)
        child->parent = node->parent;
}

/* Lift @child above its parent. */
static void rotate(struct rb_tree *tree, struct rb_node *child)
{
    struct rb_node *parent = child->parent, *middle;

    replace(tree, parent, child);
    if (parent->left == child) {
        middle = child->right;
        parent->left = middle;
        child->right = parent;
    } else {
        middle = child->left;
        parent->right = middle;
        child->left = parent;
    }
    if (middle)
        middle->parent = parent;
    parent->parent = child;
}

/*
 * rb_insert_fixup - the leaf @node was hung below its parent: make R1 hold again. O(log n).
 */
void rb_insert_fixup(struct rb_tree *tree, struct rb_node *node)
{
    struct rb_node *parent, *grandparent, *uncle;

    node->red = true;
    while ((parent = node->parent) != NULL && parent->red) {
        grandparent = parent->parent; /* there is one, as a root is black */
        uncle = grandparent->left == parent ? grandparent->right : grandparent->left;
        if (is_red(uncle)) {
            parent->red = false;
            uncle->red = false;
            grandparent->red = true;
            node = grandparent;
            continue;
        }
        if ((grandparent->left == parent) != (parent->left == node)) {
            rotate(tree, node); /* an inner grandchild becomes an outer one, its parent the child */
            parent = node;
        }
        rotate(tree, parent);
        parent->red = false;
        grandparent->red = true;
        break;
    }
    tree->root->red = false;
}

/*
 * The side of @node (NULL: of the missing child) under @parent is one black node short; @node is
 * black. Make R2 hold again.
 */
static void mend_short_side(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent)
{
    while (parent && !is_red(node)) {
        bool left = parent->left == node;
        struct rb_node *sibling = left ? parent->right : parent->left, *inner, *outer;

        if (sibling->red) { /* then its children are black: one of them becomes the sibling */
            rotate(tree, sibling);
            sibling->red = false;
            parent->red = true;
            sibling = left ? parent->right : parent->left;
        }
        inner = left ? sibling->left : sibling->right;
        outer = left ? sibling->right : sibling->left;
        if (!is_red(inner) && !is_red(outer)) { /* now both sides are short, so go up */
            sibling->red = true;
            node = parent;
            parent = node->parent;
            continue;
        }
        if (!is_red(outer)) {
            rotate(tree, inner);
            inner->red = false;
            sibling->red = true;
            outer = sibling;
            sibling = inner;
        }
        rotate(tree, sibling);
        sibling->red = parent->red;
        parent->red = false;
        outer->red = false;
        return;
    }
    if (node)
        node->red = false;
}

static struct rb_node *leftmost(struct rb_node *node)
{
    while (node->left)
        node = node->left;
    return node;
}

/* @node has two children: its successor, which has no left one, takes its place and colour. */
static void erase_inner(struct rb_tree *tree, struct rb_node *node)
{
    struct rb_node *heir = leftmost(node->right), *child = heir->right, *parent = heir->parent;
    bool was_red = heir->red;

    if (parent == node) {
        parent = heir;
    } else {
        replace(tree, heir, child);
        heir->right = node->right;
        heir->right->parent = heir;
    }
    replace(tree, node, heir);
    heir->left = node->left;
    heir->left->parent = heir;
    heir->red = node->red;
    if (!was_red)
        mend_short_side(tree, child, parent);
}

/*
 * rb_erase - take @node out of the @tree that it is in; its links mean nothing afterwards. O(log n).
 */
void rb_erase(struct rb_tree *tree, struct rb_node *node)
{
    struct rb_node *child;

    if (tree->root == node && !node->left && !node->right) { /* alone, as most often */
        rb_init(tree);
        return;
    }
    if (tree->first == node)
        tree->first = rb_next(node);
    if (node->left && node->right) {
        erase_inner(tree, node);
        return;
    }
    child = node->left ? node->left : node->right;
    replace(tree, node, child);
    if (!node->red)
        mend_short_side(tree, child, node->parent);
}

/* rb_next - the one behind @node in order, NULL for the last. O(log n), O(1) on average. */
struct rb_node *rb_next(const struct rb_node *node)
{
    struct rb_node *parent;

    if (node->right)
        return leftmost(node->right);
    while ((parent = node->parent) != NULL && parent->right == node)
        node = parent;
    return parent;
}

/* rb_last - the last in order, NULL in an empty tree. O(log n). */
struct rb_node *rb_last(const struct rb_tree *tree)
{
    struct rb_node *node = tree->root;

    while (node && node->right)
        node = node->right;
    return node;
}

/* Black nodes on the way from @node up to the root, itself included. */
static int black_depth(const struct rb_node *node)
{
    int depth = 0;

    for (; node; node = node->parent)
        depth += !node->red;
    return depth;
}

/* Is all well with @node itself, and does every way that ends at it pass @depth black nodes? */
static bool node_ok(const struct rb_node *node, int depth)
{
    if (node->red && (is_red(node->left) || is_red(node->right)))
        return false; /* R1 */
    if ((!node->left || !node->right) && black_depth(node) != depth)
        return false; /* R2 */
    return (!node->left || node->left->parent == node) &&
           (!node->right || node->right->parent == node);
}

/*
 * rb_verify - do the invariants hold, and are the nodes in order? O(n log n).
 */
bool rb_verify(const struct rb_tree *tree, bool (*before)(struct rb_node *a, struct rb_node *b))
{
    struct rb_node *next;

    if (!tree->root)
        return tree->first == NULL;
    if (tree->root->red || tree->root->parent || leftmost(tree->root) != tree->first)
        return false;
    for (struct rb_node *node = tree->first; node; node = next) {
        if (!node_ok(node, black_depth(tree->first)))
            return false;
        next = rb_next(node);
        if (next && before(next, node))
            return false;
    }
    return true;
}
