/*
 * kernel/lib/radix.h - things by number: an array that has memory only where something stands in it.
 *
 * The memory is the caller's. Before an insertion he puts as many nodes on a stack as it may need, and
 * gets back those that a removal empties; so the tree can be changed where nothing can be allocated.
 *
 *     while (radix_nodes_needed(&tree, index) > spares.nr)
 *         radix_push(&spares, a page);
 *     radix_insert(&tree, index, item, &spares);
 *
 * LOCKING  None of its own: whoever owns the tree says what protects it.
 */
#ifndef KERNEL_LIB_RADIX_H
#define KERNEL_LIB_RADIX_H

#include "kernel/lib/compiler.h"

#define RADIX_SHIFT 9 /* bits of the index that a node resolves */
#define RADIX_SLOTS (1u << RADIX_SHIFT)

/* 4 KiB, and aligned to as much. Its contents on a stack: slot[0] is the next node. */
struct radix_node {
    uintptr_t slot[RADIX_SLOTS];
};
_Static_assert(sizeof(struct radix_node) == 4096, "a page");

struct radix_tree {
    uintptr_t root;  /* 0: empty; with height 0 the item of index 0; else a word as in radix.c */
    unsigned height; /* levels of nodes */
};

struct radix_stack {
    struct radix_node *top;
    unsigned nr;
};

void radix_init(struct radix_tree *tree);

static inline bool radix_empty(const struct radix_tree *tree)
{
    return tree->root == 0;
}

void radix_push(struct radix_stack *stack, struct radix_node *node);
/* NULL: there is none. */
struct radix_node *radix_pop(struct radix_stack *stack);

void *radix_find(const struct radix_tree *tree, unsigned long index);
void *radix_next(const struct radix_tree *tree, unsigned long *index);
unsigned radix_nodes_needed(const struct radix_tree *tree, unsigned long index);
int radix_insert(struct radix_tree *tree, unsigned long index, void *item,
                 struct radix_stack *spares);
void *radix_remove(struct radix_tree *tree, unsigned long index, struct radix_stack *freed);

#endif
