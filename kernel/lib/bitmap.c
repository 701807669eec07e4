/*
 * kernel/lib/bitmap.c - sets of small numbers, a bit each, in an array of words.
 */
#include "kernel/lib/bitmap.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"

/* The bits of word @i that belong to a set of @nr bits. */
static unsigned long word_mask(unsigned i, unsigned nr)
{
    unsigned below = i * BITS_PER_LONG;

    return nr - below >= BITS_PER_LONG ? ~0UL : (1UL << (nr - below)) - 1;
}

void bitmap_zero(unsigned long *map, unsigned nr)
{
    for (unsigned i = 0; i < BITMAP_WORDS(nr); i++)
        map[i] = 0;
}

void bitmap_fill(unsigned long *map, unsigned nr)
{
    for (unsigned i = 0; i < BITMAP_WORDS(nr); i++)
        map[i] = word_mask(i, nr);
}

void bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned nr)
{
    for (unsigned i = 0; i < BITMAP_WORDS(nr); i++)
        dst[i] = a[i] & b[i] & word_mask(i, nr);
}

void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned nr)
{
    for (unsigned i = 0; i < BITMAP_WORDS(nr); i++)
        dst[i] = (a[i] | b[i]) & word_mask(i, nr);
}

void bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned nr)
{
    for (unsigned i = 0; i < BITMAP_WORDS(nr); i++)
        dst[i] = a[i] & ~b[i] & word_mask(i, nr);
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned nr)
{
    for (unsigned i = 0; i < BITMAP_WORDS(nr); i++) {
        if ((a[i] ^ b[i]) & word_mask(i, nr))
            return false;
    }
    return true;
}

bool bitmap_empty(const unsigned long *map, unsigned nr)
{
    return bitmap_first(map, nr) == nr;
}

/* Sums of neighbours: pairs, fours, bytes, then all bytes at once in the top one. */
static unsigned word_weight(unsigned long w)
{
    w -= w >> 1 & 0x5555555555555555UL;
    w = (w & 0x3333333333333333UL) + (w >> 2 & 0x3333333333333333UL);
    w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
    return (unsigned)(w * 0x0101010101010101UL >> 56);
}

unsigned bitmap_weight(const unsigned long *map, unsigned nr)
{
    unsigned n = 0;

    for (unsigned i = 0; i < BITMAP_WORDS(nr); i++)
        n += word_weight(map[i] & word_mask(i, nr));
    return n;
}

unsigned bitmap_first(const unsigned long *map, unsigned nr)
{
    return bitmap_next(map, nr, 0);
}

unsigned bitmap_next(const unsigned long *map, unsigned nr, unsigned from)
{
    unsigned i = from / BITS_PER_LONG;
    unsigned long skip = ~0UL << from % BITS_PER_LONG;

    if (from >= nr)
        return nr;
    for (; i < BITMAP_WORDS(nr); i++, skip = ~0UL) {
        unsigned long w = map[i] & skip & word_mask(i, nr);

        if (w)
            return i * BITS_PER_LONG + (unsigned)__builtin_ctzl(w);
    }
    return nr;
}

void bitmap_print_list(struct seqbuf *s, const unsigned long *map, unsigned nr)
{
    const char *comma = "";
    unsigned first, last;

    for (first = bitmap_first(map, nr); first < nr; first = bitmap_next(map, nr, last + 1)) {
        last = first;
        while (last + 1 < nr && bitmap_test(map, last + 1))
            last++;
        seq_printf(s, "%s%u", comma, first);
        if (last > first)
            seq_printf(s, "-%u", last);
        comma = ",";
    }
}

void bitmap_print_mask(struct seqbuf *s, const unsigned long *map, unsigned nr)
{
    int digits = (int)(nr % 32 + 3) / 4;

    for (unsigned end = nr; end > 0;) {
        unsigned start = (end - 1) / 32 * 32;
        unsigned i = start / BITS_PER_LONG;
        unsigned long w = (map[i] & word_mask(i, nr)) >> start % BITS_PER_LONG;

        seq_printf(s, "%0*x%s", digits ? digits : 8, (unsigned)w, start ? "," : "");
        digits = 8;
        end = start;
    }
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Read "N" or "N-M" and what ends it. */
static int parse_range(const char **text, unsigned nr, unsigned *first, unsigned *last)
{
    uint64_t a, b;
    int err = parse_u64(*text, 10, &a, text);

    b = a;
    if (!err && **text == '-')
        err = parse_u64(*text + 1, 10, &b, text);
    if (err)
        return err;
    if (b < a || (**text && !is_separator(**text)))
        return -EINVAL;
    if (b >= nr)
        return -ERANGE;
    *first = (unsigned)a;
    *last = (unsigned)b;
    return 0;
}

/* Read all of @text, and set what it names in @map unless that is NULL. */
static int parse_ranges(const char *text, unsigned long *map, unsigned nr)
{
    for (;;) {
        unsigned first, last;
        int err;

        while (is_separator(*text))
            text++;
        if (!*text)
            return 0;
        err = parse_range(&text, nr, &first, &last);
        if (err)
            return err;
        for (unsigned bit = first; map && bit <= last; bit++)
            bitmap_set(map, bit);
    }
}

int bitmap_parse_list(const char *text, unsigned long *map, unsigned nr)
{
    int err = parse_ranges(text, NULL, nr);

    if (err)
        return err;
    bitmap_zero(map, nr);
    return parse_ranges(text, map, nr);
}
