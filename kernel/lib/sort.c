/*
 * kernel/lib/sort.c - sorting in place, by a heap.
 *
 * The array is seen as a tree: the children of element i are 2i+1 and 2i+2. Once no child is above
 * its parent the first element is the greatest; it changes places with the last one, the heap is an
 * element shorter, and what came to the top sinks to its place.
 */
#include "kernel/lib/sort.h"

struct heap {
    unsigned char *base;
    size_t size; /* bytes in an element */
    int (*cmp)(const void *a, const void *b);
};

static void swap_elements(const struct heap *h, size_t i, size_t j)
{
    unsigned char *a = h->base + i * h->size, *b = h->base + j * h->size;

    for (size_t k = 0; k < h->size; k++) {
        unsigned char t = a[k];

        a[k] = b[k];
        b[k] = t;
    }
}

static bool is_below(const struct heap *h, size_t i, size_t j)
{
    return h->cmp(h->base + i * h->size, h->base + j * h->size) < 0;
}

/* Element @i of a heap of @n may be below its children: let it sink. */
static void sink(const struct heap *h, size_t i, size_t n)
{
    while (i < n / 2) {
        size_t child = 2 * i + 1;

        if (child + 1 < n && is_below(h, child, child + 1))
            child++;
        if (!is_below(h, i, child))
            return;
        swap_elements(h, i, child);
        i = child;
    }
}

void sort_array(void *base, size_t n, size_t size, int (*cmp)(const void *a, const void *b))
{
    const struct heap h = {base, size, cmp};

    for (size_t i = n / 2; i > 0; i--)
        sink(&h, i - 1, n);
    for (; n > 1; n--) {
        swap_elements(&h, 0, n - 1);
        sink(&h, 0, n - 1);
    }
}
