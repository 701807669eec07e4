/*
 * mm/vmap_space.c - sets of address ranges: which are free, and what fits where.
 *
 * THEORY
 *
 * A space is the ranges of addresses that are in one state (free, say), each as large as it can be:
 * two that touch become one. It is kept twice, by address, to find the neighbours that a range melts
 * with, and by size, to find what fits: the smallest that is large enough, the lowest of those, from
 * which the lower end is taken.
 *
 *     free: [0,2) [5,6) [8,99)      take 2: [0,2) fits exactly
 *     free: [5,6) [8,99)            take 2: [8,10)
 *     free: [5,6) [10,99)           give [6,10): melts with both
 *     free: [5,99)
 *
 * Each range is described by a struct that its user provides. Taking a part of a range needs one more
 * of them, giving a range back may leave up to two over. Of two that melt, the upper one's stays: what
 * describes the end of a space does so for ever, and may be a variable.
 *
 * INVARIANTS
 *   A1  Both trees hold the same areas; none is empty; no two overlap or touch.
 *   A2  nr_bytes is the sum of their sizes.
 *
 * LOCKING  The owner of a space says what protects it.
 * UNITS    Bytes. Sizes are whatever unit the caller's are multiples of.
 */
#include "mm/vmap_space.h"
#include "kernel/bug.h"

static struct vmap_area *area_of(struct rb_node *node)
{
    return node ? rb_entry(node, struct vmap_area, node) : NULL;
}

static struct vmap_area *sized_area_of(struct rb_node *node)
{
    return node ? rb_entry(node, struct vmap_area, by_size) : NULL;
}

static bool is_lower(struct rb_node *a, struct rb_node *b)
{
    return area_of(a)->start < area_of(b)->start;
}

static bool is_smaller(struct rb_node *a, struct rb_node *b)
{
    const struct vmap_area *x = sized_area_of(a), *y = sized_area_of(b);

    if (vmap_area_size(x) != vmap_area_size(y))
        return vmap_area_size(x) < vmap_area_size(y);
    return x->start < y->start;
}

/* vmap_space_init - an empty space. Context: any. */
void vmap_space_init(struct vmap_space *space)
{
    rb_init(&space->by_address);
    rb_init(&space->by_size);
    space->nr_bytes = 0;
}

static void add(struct vmap_space *space, struct vmap_area *area)
{
    BUG_ON(area->start >= area->end); /* A1 */
    rb_add(&space->by_address, &area->node, is_lower);
    rb_add(&space->by_size, &area->by_size, is_smaller);
    space->nr_bytes += vmap_area_size(area);
}

/* vmap_space_remove - @area, which is in @space, is in none any more. O(log n). */
void vmap_space_remove(struct vmap_space *space, struct vmap_area *area)
{
    rb_erase(&space->by_address, &area->node);
    rb_erase(&space->by_size, &area->by_size);
    space->nr_bytes -= vmap_area_size(area);
}

/* The smallest that is @size or larger, or NULL. */
static struct vmap_area *best_fit(const struct vmap_space *space, size_t size)
{
    struct rb_node *at = space->by_size.root;
    struct vmap_area *best = NULL;

    while (at) {
        struct vmap_area *area = sized_area_of(at);

        if (vmap_area_size(area) >= size) {
            best = area;
            at = at->left;
        } else {
            at = at->right;
        }
    }
    return best;
}

/*
 * vmap_space_take - take @size bytes out of @space, where they fit best.
 *
 * @size   above 0.
 * @spare  in, a description that is in no space; out, NULL if it was used.
 *
 * Returns the range, in no space, or NULL if nothing is large enough. O(log n).
 */
struct vmap_area *vmap_space_take(struct vmap_space *space, size_t size, struct vmap_area **spare)
{
    struct vmap_area *area = best_fit(space, size), *taken;

    if (!area)
        return NULL;
    vmap_space_remove(space, area);
    if (vmap_area_size(area) == size)
        return area;
    taken = *spare;
    *spare = NULL;
    taken->start = area->start;
    taken->end = area->start + size;
    area->start = taken->end;
    add(space, area);
    return taken;
}

/* vmap_space_before - the range of @space that ends at @at, or NULL. O(log n). */
struct vmap_area *vmap_space_before(const struct vmap_space *space, uintptr_t at)
{
    struct rb_node *node = space->by_address.root;

    while (node) {
        struct vmap_area *area = area_of(node);

        if (area->end == at)
            return area;
        node = at < area->end ? node->left : node->right;
    }
    return NULL;
}

/* vmap_space_behind - the range of @space that starts at @at, or NULL. O(log n). */
struct vmap_area *vmap_space_behind(const struct vmap_space *space, uintptr_t at)
{
    struct vmap_area *area = vmap_tree_at_or_above(&space->by_address, at);

    return area && area->start == at ? area : NULL;
}

/*
 * vmap_space_give - put @area, which overlaps nothing there, into @space.
 *
 * @dead  out: descriptions that nobody needs any more; @area may be one.
 *
 * Returns how many, 0 to 2. O(log n).
 */
int vmap_space_give(struct vmap_space *space, struct vmap_area *area, struct vmap_area *dead[2])
{
    struct vmap_area *below = vmap_space_before(space, area->start);
    struct vmap_area *above = vmap_space_behind(space, area->end);
    int nr_dead = 0;

    if (above) {
        vmap_space_remove(space, above);
        above->start = area->start;
        dead[nr_dead++] = area;
        area = above;
    }
    if (below) {
        vmap_space_remove(space, below);
        area->start = below->start;
        dead[nr_dead++] = below;
    }
    add(space, area);
    return nr_dead;
}

/* vmap_space_first - the lowest range, or NULL. */
struct vmap_area *vmap_space_first(const struct vmap_space *space)
{
    return area_of(rb_first(&space->by_address));
}

/* vmap_space_largest - the size of the largest range, 0 if there is none. O(log n). */
size_t vmap_space_largest(const struct vmap_space *space)
{
    const struct vmap_area *area = sized_area_of(rb_last(&space->by_size));

    return area ? vmap_area_size(area) : 0;
}

/* vmap_space_verify - do A1 and A2 hold? For tests. O(n log n). */
bool vmap_space_verify(const struct vmap_space *space)
{
    unsigned long nr = 0, nr_sized = 0, nr_bytes = 0;
    uintptr_t end = 0;

    if (!rb_verify(&space->by_address, is_lower) || !rb_verify(&space->by_size, is_smaller))
        return false;
    for (struct rb_node *n = rb_first(&space->by_size); n; n = rb_next(n))
        nr_sized++;
    for (struct rb_node *n = rb_first(&space->by_address); n; n = rb_next(n)) {
        const struct vmap_area *area = area_of(n);

        if (area->start >= area->end || (nr > 0 && area->start <= end))
            return false;
        end = area->end;
        nr_bytes += vmap_area_size(area);
        nr++;
    }
    return nr == nr_sized && nr_bytes == space->nr_bytes;
}

/* vmap_tree_add - put an area in use into a tree of such; by address. O(log n). */
void vmap_tree_add(struct rb_tree *tree, struct vmap_area *area)
{
    rb_add(tree, &area->node, is_lower);
}

/* vmap_tree_at_or_above - the lowest area of the tree that ends above @at, or NULL. O(log n). */
struct vmap_area *vmap_tree_at_or_above(const struct rb_tree *tree, uintptr_t at)
{
    struct rb_node *node = tree->root;
    struct vmap_area *found = NULL;

    while (node) {
        struct vmap_area *area = area_of(node);

        if (area->end > at) {
            found = area;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return found;
}
