/*
 * kernel/lib/sort.h - sorting in place.
 */
#ifndef KERNEL_LIB_SORT_H
#define KERNEL_LIB_SORT_H

#include "kernel/lib/compiler.h"

/*
 * sort_array - sort @n elements of @size bytes each, ascending by @cmp (negative, 0 or positive as
 * *a is below, equal to or above *b).
 *
 * Equal elements may change places; let @cmp compare something unique last where that matters.
 * Context: any; allocates nothing, doesn't recurse, O(n log n) comparisons on any input.
 */
void sort_array(void *base, size_t n, size_t size, int (*cmp)(const void *a, const void *b));

#endif
