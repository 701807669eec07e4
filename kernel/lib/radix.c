/*
 * kernel/lib/radix.c - things by number: an array that has memory only where something stands in it.
 *
 * THEORY
 *
 * A tree of nodes with 512 slots each, like the processor's page tables: each level looks at 9 bits of
 * the index, the leaves' slots hold the items. The tree is only as high as its largest index so far
 * demands, and one that holds nothing but index 0 has no node at all:
 *
 *     height 0   index 0            root: the item
 *     height 1   below 512          root -> node, slot = index
 *     height 2   below 262144       root -> node -> node
 *
 *     index 1000 = 1 * 512 + 488    root -> slot 1 -> slot 488
 *
 * A node fills a page to the last byte, so there is no room in it for the number of its slots in use,
 * by which one knows when it is empty. That number stands in the word that points to the node: a node is
 * aligned to 4096, and the word's lower 12 bits are free.
 *
 *     word of a node = its address + (slots in use - 1)
 *
 * INVARIANTS
 *   R1  Every node has at least one slot in use; the word that points to it says how many.
 *   R2  radix_insert() that fails has changed nothing.
 */
#include "kernel/lib/radix.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

#define COUNT_MASK (RADIX_SLOTS - 1)
#define MAX_HEIGHT ((64 + RADIX_SHIFT - 1) / RADIX_SHIFT)

static struct radix_node *node_of(uintptr_t word)
{
    return (struct radix_node *)(word & ~(uintptr_t)COUNT_MASK);
}

/* The slot of @index in a node at @level, the leaves' being 1. */
static unsigned slot_of(unsigned long index, unsigned level)
{
    return (unsigned)(index >> (level - 1) * RADIX_SHIFT) & COUNT_MASK;
}

/* How high a tree must be to have a place for @index. */
static unsigned height_for(unsigned long index)
{
    unsigned height = 0;

    while (index) {
        index >>= RADIX_SHIFT;
        height++;
    }
    return height;
}

/* radix_init - an empty tree. */
void radix_init(struct radix_tree *tree)
{
    tree->root = 0;
    tree->height = 0;
}

/* radix_push - give @node, whose contents don't matter, to a stack. */
void radix_push(struct radix_stack *stack, struct radix_node *node)
{
    node->slot[0] = (uintptr_t)stack->top;
    stack->top = node;
    stack->nr++;
}

/* radix_pop - contract in the header. */
struct radix_node *radix_pop(struct radix_stack *stack)
{
    struct radix_node *node = stack->top;

    if (node) {
        stack->top = (struct radix_node *)node->slot[0];
        stack->nr--;
    }
    return node;
}

/* radix_find - the item at @index, or NULL. */
void *radix_find(const struct radix_tree *tree, unsigned long index)
{
    uintptr_t word = tree->root;

    if (height_for(index) > tree->height)
        return NULL;
    for (unsigned level = tree->height; level > 0 && word; level--)
        word = node_of(word)->slot[slot_of(index, level)];
    return (void *)word;
}

/* The first item at or above *@index below the node or item @word at @level, whose span @index is in. */
static uintptr_t next_below(uintptr_t word, unsigned level, unsigned long *index)
{
    unsigned shift = level ? (level - 1) * RADIX_SHIFT : 0;

    if (level == 0 || !word)
        return word;
    for (unsigned i = slot_of(*index, level); i < RADIX_SLOTS; i++) {
        unsigned long here = *index >> shift; /* what leads to slot i */
        uintptr_t found = next_below(node_of(word)->slot[i], level - 1, index);

        if (found)
            return found;
        *index = (here + 1) << shift;
    }
    return 0;
}

/*
 * radix_next - the first item whose index is at least *@index, or NULL.
 *
 * @index  in and out: where the item stands; undefined if there is none.
 */
void *radix_next(const struct radix_tree *tree, unsigned long *index)
{
    if (height_for(*index) > tree->height)
        return NULL;
    return (void *)next_below(tree->root, tree->height, index);
}

/* radix_nodes_needed - how many nodes radix_insert() takes for @index as the tree is now. */
unsigned radix_nodes_needed(const struct radix_tree *tree, unsigned long index)
{
    unsigned height = height_for(index), nr = 0;
    uintptr_t word = tree->root;

    if (!word)
        return height;
    if (height > tree->height)
        /* New roots down to the old tree, and a path to the leaf beside it. */
        return height - tree->height + height - 1;
    for (unsigned level = tree->height; level > 0; level--) {
        if (!word)
            nr++;
        else
            word = node_of(word)->slot[slot_of(index, level)];
    }
    return nr;
}

/* A node from @spares with one slot in use; returns its word. */
static uintptr_t new_node(struct radix_stack *spares, unsigned slot, uintptr_t content)
{
    struct radix_node *node = radix_pop(spares);

    memset(node, 0, sizeof(*node));
    node->slot[slot] = content;
    return (uintptr_t)node;
}

/* Put more roots on top until there is a place for @index; an empty tree is of that height at once. */
static void grow(struct radix_tree *tree, unsigned height, struct radix_stack *spares)
{
    while (tree->root && tree->height < height) {
        tree->root = new_node(spares, 0, tree->root);
        tree->height++;
    }
    if (!tree->root)
        tree->height = height;
}

/* A path of new nodes at the levels 1..@level down to @item. */
static uintptr_t new_path(unsigned level, unsigned long index, void *item,
                          struct radix_stack *spares)
{
    uintptr_t word = (uintptr_t)item;

    for (unsigned at = 1; at <= level; at++)
        word = new_node(spares, slot_of(index, at), word);
    return word;
}

/*
 * radix_insert - @item, not NULL, at @index.
 *
 * @spares  nodes to be used, at least radix_nodes_needed(); those that aren't stay there.
 *
 * Returns 0; -EEXIST: there is one; -ENOMEM: @spares are too few.
 */
int radix_insert(struct radix_tree *tree, unsigned long index, void *item,
                 struct radix_stack *spares)
{
    uintptr_t *word = &tree->root;
    unsigned level;

    if (radix_find(tree, index))
        return -EEXIST;
    if (radix_nodes_needed(tree, index) > spares->nr)
        return -ENOMEM;
    grow(tree, height_for(index), spares);
    for (level = tree->height; level > 0 && *word; level--) {
        uintptr_t *slot = &node_of(*word)->slot[slot_of(index, level)];

        if (!*slot)
            (*word)++; /* R1 */
        word = slot;
    }
    *word = new_path(level, index, item, spares);
    return 0;
}

/*
 * radix_remove - take the item at @index out of the tree.
 *
 * @freed  gets the nodes that are empty now.
 *
 * Returns the item, or NULL if there was none.
 */
void *radix_remove(struct radix_tree *tree, unsigned long index, struct radix_stack *freed)
{
    uintptr_t *path[MAX_HEIGHT + 1];
    void *item = radix_find(tree, index);
    unsigned level;

    if (!item)
        return NULL;
    path[tree->height] = &tree->root;
    for (level = tree->height; level > 0; level--)
        path[level - 1] = &node_of(*path[level])->slot[slot_of(index, level)];
    *path[0] = 0;
    for (level = 1; level <= tree->height; level++) {
        if (*path[level] & COUNT_MASK) {
            (*path[level])--; /* R1 */
            return item;
        }
        radix_push(freed, node_of(*path[level]));
        *path[level] = 0;
    }
    tree->height = 0;
    return item;
}
