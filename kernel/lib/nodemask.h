/*
 * kernel/lib/nodemask.h - sets of nodes: bitmaps with a type of their own.
 *
 * Where a function returns a node and there is none, it returns MAX_NUMNODES. Numbers that are
 * passed in are 0..MAX_NUMNODES-1. Not atomic: whoever owns a set says what protects it.
 */
#ifndef KERNEL_LIB_NODEMASK_H
#define KERNEL_LIB_NODEMASK_H

#include "kernel/lib/bitmap.h"

#define MAX_NUMNODES 128

typedef struct {
    unsigned long bits[BITMAP_WORDS(MAX_NUMNODES)];
} nodemask_t;

static inline void nodemask_set(nodemask_t *mask, int nid)
{
    bitmap_set(mask->bits, (unsigned)nid);
}

static inline void nodemask_clear(nodemask_t *mask, int nid)
{
    bitmap_clear(mask->bits, (unsigned)nid);
}

static inline bool nodemask_test(const nodemask_t *mask, int nid)
{
    return bitmap_test(mask->bits, (unsigned)nid);
}

static inline void nodemask_zero(nodemask_t *mask)
{
    bitmap_zero(mask->bits, MAX_NUMNODES);
}

/* @dst may be one of the others, here and below. */
static inline void nodemask_or(nodemask_t *dst, const nodemask_t *a, const nodemask_t *b)
{
    bitmap_or(dst->bits, a->bits, b->bits, MAX_NUMNODES);
}

/* @a without @b. */
static inline void nodemask_andnot(nodemask_t *dst, const nodemask_t *a, const nodemask_t *b)
{
    bitmap_andnot(dst->bits, a->bits, b->bits, MAX_NUMNODES);
}

static inline bool nodemask_equal(const nodemask_t *a, const nodemask_t *b)
{
    return bitmap_equal(a->bits, b->bits, MAX_NUMNODES);
}

static inline bool nodemask_empty(const nodemask_t *mask)
{
    return bitmap_empty(mask->bits, MAX_NUMNODES);
}

static inline int nodemask_weight(const nodemask_t *mask)
{
    return (int)bitmap_weight(mask->bits, MAX_NUMNODES);
}

static inline int nodemask_first(const nodemask_t *mask)
{
    return (int)bitmap_first(mask->bits, MAX_NUMNODES);
}

/* The lowest node above nid (not nid itself); nid may be -1. */
static inline int nodemask_next(const nodemask_t *mask, int nid)
{
    return (int)bitmap_next(mask->bits, MAX_NUMNODES, (unsigned)(nid + 1));
}

/* For each node of *@mask, ascending. The body may clear those that were visited. */
#define for_each_node_mask(nid, mask)                                                              \
    for ((nid) = nodemask_first(mask); (nid) < MAX_NUMNODES; (nid) = nodemask_next(mask, nid))

/* "0-2,5" (kernel/lib/bitmap.h). */
static inline void nodemask_print_list(struct seqbuf *s, const nodemask_t *mask)
{
    bitmap_print_list(s, mask->bits, MAX_NUMNODES);
}

/* "00000000,0000000f" (kernel/lib/bitmap.h), of the lowest @nr bits. */
static inline void nodemask_print_mask(struct seqbuf *s, const nodemask_t *mask, int nr)
{
    bitmap_print_mask(s, mask->bits, (unsigned)nr);
}

#endif
