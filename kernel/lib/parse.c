/*
 * kernel/lib/parse.c - numbers in text that users and firmware wrote.
 */
#include "kernel/lib/parse.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

/* The value of a digit; 16 for any other character. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

/* A '0x' counts as a prefix only before a digit: "0x" alone is the number 0 and an x. */
static bool has_hex_prefix(const char *text)
{
    return text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && digit_value(text[2]) < 16;
}

/* Read digits only; on success @text is behind them. */
static int parse_digits(const char **text, unsigned base, uint64_t *value)
{
    const char *p = *text;
    uint64_t v = 0;
    bool too_big = false;

    for (; digit_value(*p) < base; p++) {
        too_big |= __builtin_mul_overflow(v, base, &v);
        too_big |= __builtin_add_overflow(v, digit_value(*p), &v);
    }
    if (p == *text)
        return -EINVAL;
    if (too_big)
        return -ERANGE;
    *text = p;
    *value = v;
    return 0;
}

/* Read a number; on success @text is behind it. */
static int parse_number(const char **text, unsigned base, uint64_t *value)
{
    const char *p = *text;
    int err;

    if ((base == 0 || base == 16) && has_hex_prefix(p)) {
        base = 16;
        p += 2;
    } else if (base == 0) {
        base = *p == '0' ? 8 : 10;
    }
    err = parse_digits(&p, base, value);
    if (!err)
        *text = p;
    return err;
}

/* Report @v and where it ended, unless something follows that mustn't. */
static int parse_done(const char *p, uint64_t v, uint64_t *value, const char **end)
{
    if (!end && *p)
        return -EINVAL;
    if (end)
        *end = p;
    *value = v;
    return 0;
}

int parse_u64(const char *text, unsigned base, uint64_t *value, const char **end)
{
    uint64_t v;
    int err = parse_number(&text, base, &v);

    return err ? err : parse_done(text, v, value, end);
}

int parse_size(const char *text, uint64_t *value, const char **end)
{
    static const char suffixes[] = "KkMmGgTtPpEe";
    const char *suffix;
    uint64_t v;
    int err = parse_number(&text, 0, &v);

    if (err)
        return err;
    suffix = *text ? strchr(suffixes, *text) : NULL;
    if (suffix) {
        unsigned shift = ((unsigned)(suffix - suffixes) / 2 + 1) * 10;

        if (v > UINT64_MAX >> shift)
            return -ERANGE;
        v <<= shift;
        text++;
    }
    return parse_done(text, v, value, end);
}
