/*
 * mm/vmap_space.h - sets of address ranges: which are free, and what fits where.
 */
#ifndef MM_VMAP_SPACE_H
#define MM_VMAP_SPACE_H

#include "kernel/lib/rbtree.h"

/* Who made an area that is in use. */
enum vmap_kind { VMAP_VMALLOC, VMAP_VMAP };

/* [start, end) of the address space; in at most one space, or in one tree of areas in use. */
struct vmap_area {
    struct rb_node node;    /* by address */
    struct rb_node by_size; /* by size, then address; of areas in a space */
    uintptr_t start;
    uintptr_t end;

    /* Of an area in use; fixed while it is. */
    enum vmap_kind kind;
    uintptr_t caller;       /* the instruction that asked for it */
    unsigned long nr_pages; /* mapped from start on; behind them nothing is */
};

/* Ranges that don't touch: those that do are one. */
struct vmap_space {
    struct rb_tree by_address;
    struct rb_tree by_size;
    unsigned long nr_bytes;
};

static inline uintptr_t vmap_area_size(const struct vmap_area *area)
{
    return area->end - area->start;
}

void vmap_space_init(struct vmap_space *space);
struct vmap_area *vmap_space_take(struct vmap_space *space, size_t size, struct vmap_area **spare);
int vmap_space_give(struct vmap_space *space, struct vmap_area *area, struct vmap_area *dead[2]);
void vmap_space_remove(struct vmap_space *space, struct vmap_area *area);
struct vmap_area *vmap_space_before(const struct vmap_space *space, uintptr_t at);
struct vmap_area *vmap_space_behind(const struct vmap_space *space, uintptr_t at);
struct vmap_area *vmap_space_first(const struct vmap_space *space);
size_t vmap_space_largest(const struct vmap_space *space);
bool vmap_space_verify(const struct vmap_space *space);

void vmap_tree_add(struct rb_tree *tree, struct vmap_area *area);
struct vmap_area *vmap_tree_at_or_above(const struct rb_tree *tree, uintptr_t at);

#endif
