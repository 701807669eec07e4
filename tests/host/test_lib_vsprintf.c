/*
 * tests/host/test_lib_vsprintf.c - kernel/lib/vsprintf.c, beside the C library's functions.
 */
#include "kernel/lib/vsprintf.h"
#include "tests/host/atoll_names.h"
#include "tests/host/test.h"
#include <limits.h>

typedef int (*formatter)(char *buf, size_t size, const char *fmt, ...);

/* Through pointers of a type that has no format attribute, since no compiler would let pass what
 * these tests ask for. */
static const volatile formatter theirs = snprintf, ours = atoll_snprintf;

/* Both functions format the same into buffers of the same size; text and length must be equal. */
#define EXPECT_SAME(size, ...)                                                                     \
    ({                                                                                             \
        char _want[1024] = "untouched", _got[1024] = "untouched";                                  \
        int _want_len = theirs(_want, size, __VA_ARGS__);                                          \
        int _got_len = ours(_got, size, __VA_ARGS__);                                              \
        bool _same = EXPECT_STR(_want, _got);                                                      \
        _same &EXPECT_EQ(_want_len, _got_len);                                                     \
    })

static uint64_t interesting_number(void)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     7,
                                     8,
                                     9,
                                     10,
                                     127,
                                     128,
                                     255,
                                     256,
                                     32767,
                                     32768,
                                     INT_MAX,
                                     1u + INT_MAX,
                                     UINT_MAX,
                                     INT64_MAX,
                                     1ull + INT64_MAX};
    uint64_t x = edges[host_random_below(ARRAY_SIZE(edges))];

    switch (host_random_below(3)) {
    case 0:
        return x;
    case 1:
        return -x;
    default:
        return host_random() >> host_random_below(64);
    }
}

/* Flags, width and precision, each or none; numbers or stars. */
static void random_modifiers(char *fmt, int *width, int *precision, bool *star_width,
                             bool *star_precision)
{
    *width = (int)host_random_below(50) - 20;
    *precision = (int)host_random_below(40) - 10;
    *star_width = *star_precision = false;
    strcpy(fmt, "%");
    for (unsigned i = host_random_below(4); i > 0; i--)
        strncat(fmt, &"-0+ #"[host_random_below(5)], 1);
    switch (host_random_below(3)) {
    case 0:
        strcat(fmt, "*");
        *star_width = true;
        break;
    case 1:
        sprintf(fmt + strlen(fmt), "%d", abs(*width) + 1);
        break;
    }
    switch (host_random_below(4)) {
    case 0:
        strcat(fmt, ".*");
        *star_precision = true;
        break;
    case 1:
        sprintf(fmt + strlen(fmt), ".%d", abs(*precision));
        break;
    case 2:
        strcat(fmt, host_random_below(4) ? "" : ".");
        break;
    }
}

/* Every file and log line is made by this; a wrong column breaks Linux's parsers of our files. */
HTEST(vsprintf, integers_agree_with_the_c_library_under_all_modifiers)
{
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z"};

    for (int i = 0; i < 200000; i++) {
        char fmt[64];
        int width, precision;
        bool star_width, star_precision, same;
        unsigned length = host_random_below(6);
        uint64_t wide = interesting_number();
        size_t size = host_random_below(4) ? 1024 : host_random_below(40);

        random_modifiers(fmt, &width, &precision, &star_width, &star_precision);
        strcat(fmt, lengths[length]);
        strncat(fmt, &"diuxXo"[host_random_below(6)], 1);
        strcat(fmt, host_random_below(2) ? "|" : "");
        if (length < 3) {
            int n = (int)wide;

            same = star_width && star_precision ? EXPECT_SAME(size, fmt, width, precision, n)
                   : star_width                 ? EXPECT_SAME(size, fmt, width, n)
                   : star_precision             ? EXPECT_SAME(size, fmt, precision, n)
                                                : EXPECT_SAME(size, fmt, n);
        } else {
            same = star_width && star_precision ? EXPECT_SAME(size, fmt, width, precision, wide)
                   : star_width                 ? EXPECT_SAME(size, fmt, width, wide)
                   : star_precision             ? EXPECT_SAME(size, fmt, precision, wide)
                                                : EXPECT_SAME(size, fmt, wide);
        }
        if (!same) {
            host_fail(__FILE__, __LINE__, "format \"%s\", value 0x%llx, size %zu", fmt,
                      (unsigned long long)wide, size);
            return;
        }
    }
}

/* A name in a column of fixed width would move all numbers behind it. */
HTEST(vsprintf, text_is_padded_and_cut_as_in_the_c_library)
{
    EXPECT_SAME(100, "[%s] [%10s] [%-10s] [%.2s] [%10.2s] [%-10.2s] [%.0s]", "node", "node", "node",
                "node", "node", "node", "node");
    EXPECT_SAME(100, "[%*s] [%-*s] [%.*s] [%.*s]", 6, "ab", 6, "ab", 1, "ab", -1, "ab");
    EXPECT_SAME(100, "[%*s]", -6, "ab");
    EXPECT_SAME(100, "%c%5c%-5c|", 'a', 'b', 'c');
    EXPECT_SAME(100, "100%%, %s%%", "x");
    EXPECT_SAME(100, "%s", "");
    EXPECT_SAME(1, "%s", "abc");
    EXPECT_SAME(3, "%s", "abc");
    EXPECT_SAME(4, "%s", "abc");
    EXPECT_SAME(2, "");
}

/* `seq 4 bytes` of a table signature are printed by "%.4s": there is no NUL behind them. */
HTEST(vsprintf, a_precision_limits_what_is_read)
{
    char *four = malloc(4), out[8];

    memcpy(four, "SRAT", 4);
    EXPECT_EQ(4, ours(out, sizeof(out), "%.4s", four));
    EXPECT_STR("SRAT", out);
    free(four);
}

HTEST(vsprintf, the_widest_and_longest_numbers_fit)
{
    EXPECT_SAME(200, "%llo %llu %llx", ULLONG_MAX, ULLONG_MAX, ULLONG_MAX);
    EXPECT_SAME(200, "%lld %lld %d %d", LLONG_MIN, LLONG_MAX, INT_MIN, INT_MAX);
    EXPECT_SAME(1000, "%0300d|%-300d|%.300d", -5, -5, -5);
    EXPECT_SAME(100, "%#llo %#o %#.0o %#x", ULLONG_MAX, 0, 0, 0);
}

/* A caller that sizes its buffer by a first call with none would write through NULL. */
HTEST(vsprintf, size_zero_writes_nothing_and_tells_the_length)
{
    char one = 'x';

    EXPECT_EQ(5, ours(NULL, 0, "%d", 12345));
    EXPECT_EQ(5, ours(&one, 0, "%d", 12345));
    EXPECT_EQ('x', one);
}

/* An address in a panic is compared with the symbol table: all its digits must be there. */
HTEST(vsprintf, pointers_are_0x_and_hexadecimal_digits)
{
    char out[64];

    ours(out, sizeof(out), "%p", (void *)0xffffffff80001234);
    EXPECT_STR("0xffffffff80001234", out);
    ours(out, sizeof(out), "%p|%8p|%-8p|", NULL, (void *)0x1f, (void *)0x1f);
    EXPECT_STR("0x0|    0x1f|0x1f    |", out);
}

/* A panic that prints a NULL name would be a fault inside the panic. */
HTEST(vsprintf, a_null_string_prints_as_such)
{
    char out[32];

    ours(out, sizeof(out), "%s", (char *)NULL);
    EXPECT_STR("(null)", out);
}

/* A slip in a format would read arguments of the wrong types and end in a wild pointer. */
HTEST(vsprintf, an_unknown_conversion_ends_the_formatting)
{
    char out[64];

    EXPECT_EQ(11, ours(out, sizeof(out), "%d %q %s end", 1, 2, (char *)3));
    EXPECT_STR("1 %q %s end", out);
    EXPECT_EQ(4, ours(out, sizeof(out), "50 %"));
    EXPECT_STR("50 %", out);
    EXPECT_EQ(5, ours(out, sizeof(out), "%-05l"));
    EXPECT_STR("%-05l", out);
}

/* A length past INT_MAX would come back negative and index in front of a buffer. */
HTEST(vsprintf, a_length_that_no_int_holds_is_int_max)
{
    char out[8];

    EXPECT_EQ(INT_MAX, ours(out, sizeof(out), "%*d%*d", INT_MAX, 1, INT_MIN, 2));
    EXPECT_STR("       ", out);
    EXPECT_EQ(INT_MAX, ours(out, sizeof(out), "%99999999999999999999d", 1));
}
