/*
 * kernel/lib/bitmap.h - sets of small numbers, a bit each, in an array of words.
 *
 * @nr is always the number of bits that the set has; bits past it in the last word are never
 * changed by single-bit operations, written as 0 by all others, and ignored by questions. Nothing
 * here is atomic: whoever owns a bitmap says what protects it.
 */
#ifndef KERNEL_LIB_BITMAP_H
#define KERNEL_LIB_BITMAP_H

#include "kernel/lib/compiler.h"
#include "kernel/lib/seqbuf.h"

#define BITS_PER_LONG (8 * sizeof(unsigned long))
/* Words that @nr bits need. */
#define BITMAP_WORDS(nr) (((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)

static inline void bitmap_set(unsigned long *map, unsigned bit)
{
    map[bit / BITS_PER_LONG] |= 1UL << bit % BITS_PER_LONG;
}

static inline void bitmap_clear(unsigned long *map, unsigned bit)
{
    map[bit / BITS_PER_LONG] &= ~(1UL << bit % BITS_PER_LONG);
}

static inline bool bitmap_test(const unsigned long *map, unsigned bit)
{
    return map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

void bitmap_zero(unsigned long *map, unsigned nr);
void bitmap_fill(unsigned long *map, unsigned nr);

/* @dst = @a and @b; @a or @b; @a without @b. @dst may be one of them. */
void bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned nr);
void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned nr);
void bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned nr);

bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned nr);
bool bitmap_empty(const unsigned long *map, unsigned nr);
/* How many bits are set. */
unsigned bitmap_weight(const unsigned long *map, unsigned nr);

/* The lowest set bit; the lowest one at or above @from. @nr if there is none. */
unsigned bitmap_first(const unsigned long *map, unsigned nr);
unsigned bitmap_next(const unsigned long *map, unsigned nr, unsigned from);

/* For each set bit, ascending. The body may clear bits that were visited. */
#define for_each_bit(bit, map, nr)                                                                 \
    for ((bit) = bitmap_first(map, nr); (bit) < (nr); (bit) = bitmap_next(map, nr, (bit) + 1))

/* Linux's list format, "0-2,5"; nothing for the empty set, no newline. */
void bitmap_print_list(struct seqbuf *s, const unsigned long *map, unsigned nr);

/*
 * Linux's mask format, without a newline: groups of 32 bits in hexadecimal, highest first, the
 * first with as many digits as nr % 32 bits need: "00000000,0000000f" for 0-3 of 64 bits, "0f"
 * of 8.
 */
void bitmap_print_mask(struct seqbuf *s, const unsigned long *map, unsigned nr);

/*
 * Read the list format: decimal numbers and ranges of them, separated by commas or white space, in
 * any order; no text is the empty set. Returns 0, -EINVAL if the text is something else (a range
 * that ends before it starts, too), -ERANGE if a number is not below @nr; @map is untouched then.
 */
int bitmap_parse_list(const char *text, unsigned long *map, unsigned nr);

#endif
