/*
 * tests/host/test_lib_sort.c - kernel/lib/sort.c.
 */
#include "kernel/lib/sort.h"
#include "tests/host/test.h"

/* A size that no word divides. */
struct __packed element {
    uint16_t key;
    uint8_t tag; /* travels with the key */
};

static unsigned long nr_comparisons;

static int by_key(const void *a, const void *b)
{
    const struct element *x = a, *y = b;

    nr_comparisons++;
    return (x->key > y->key) - (x->key < y->key);
}

static uint8_t tag_of(uint16_t key)
{
    return (uint8_t)(key * 7 + 3);
}

/* Sort the @n elements; each must be there afterwards, whole and in its place. */
static void expect_sorted(struct element *e, size_t n)
{
    unsigned long sum = 0;

    for (size_t i = 0; i < n; i++) {
        e[i].tag = tag_of(e[i].key);
        sum += e[i].key;
    }
    sort_array(e, n, sizeof(*e), by_key);
    for (size_t i = 0; i < n; i++) {
        EXPECT(i == 0 || e[i - 1].key <= e[i].key);
        EXPECT_EQ(tag_of(e[i].key), e[i].tag);
        sum -= e[i].key;
    }
    EXPECT_EQ(0, sum);
}

/* The firmware's memory map comes in any order; two ranges out of order would overlap unseen. */
HTEST(sort, sorts_every_length_and_keeps_elements_whole)
{
    for (size_t n = 0; n < 130; n++) {
        struct element *e = malloc(n * sizeof(*e));
        unsigned limit = host_random_below(2) ? 65536 : 4;

        for (size_t i = 0; i < n; i++)
            e[i].key = (uint16_t)host_random_below(limit);
        expect_sorted(e, n);
        free(e);
    }
}

HTEST(sort, sorts_all_orders_of_seven_elements)
{
    for (unsigned code = 0; code < 7 * 7 * 7 * 7 * 7 * 7 * 7; code += 3) {
        struct element e[7];
        unsigned rest = code;

        for (int i = 0; i < 7; i++, rest /= 7)
            e[i].key = (uint16_t)(rest % 7);
        expect_sorted(e, 7);
    }
}

/* A hostile table in the worst order would take the boot minutes. */
HTEST(sort, takes_n_log_n_comparisons_on_sorted_and_reversed_input)
{
    static struct element e[8192];

    for (int reversed = 0; reversed < 2; reversed++) {
        for (unsigned i = 0; i < 8192; i++)
            e[i].key = (uint16_t)(reversed ? 8192 - i : i);
        nr_comparisons = 0;
        expect_sorted(e, 8192);
        EXPECT(nr_comparisons < 2 * 8192 * 14);
    }
}
