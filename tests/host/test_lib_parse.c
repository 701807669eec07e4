/*
 * tests/host/test_lib_parse.c - kernel/lib/parse.c.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "tests/host/test.h"

static void expect_u64(const char *text, unsigned base, uint64_t want, const char *want_rest)
{
    const char *end = NULL;
    uint64_t value = 0;

    if (EXPECT_EQ(0, parse_u64(text, base, &value, &end))) {
        EXPECT_EQ(want, value);
        EXPECT_STR(want_rest, end);
    }
}

HTEST(parse, numbers_end_where_their_digits_do)
{
    expect_u64("42", 10, 42, "");
    expect_u64("42-50", 10, 42, "-50");
    expect_u64("0", 10, 0, "");
    expect_u64("0017", 10, 17, "");
    expect_u64("ffG", 16, 255, "G");
    expect_u64("0xFf,", 16, 255, ",");
    expect_u64("102", 2, 2, "2");
    expect_u64("0x10", 10, 0, "x10");
}

HTEST(parse, base_0_goes_by_the_look_of_the_number)
{
    expect_u64("0x1f", 0, 31, "");
    expect_u64("0X1F ", 0, 31, " ");
    expect_u64("017", 0, 15, "");
    expect_u64("18", 0, 18, "");
    expect_u64("0", 0, 0, "");
    expect_u64("0x", 0, 0, "x");
    expect_u64("0xg", 0, 0, "xg");
    expect_u64("089", 0, 0, "89");
}

/* numa=fake=18446744073709551617 would be one node, and a size past the end a small one. */
HTEST(parse, the_largest_number_fits_and_the_next_is_an_error)
{
    uint64_t value = 7;
    const char *end = "before";

    expect_u64("18446744073709551615", 10, UINT64_MAX, "");
    expect_u64("ffffffffffffffff", 16, UINT64_MAX, "");
    expect_u64("000000000000000000000000000001", 10, 1, "");
    EXPECT_EQ(-ERANGE, parse_u64("18446744073709551616", 10, &value, &end));
    EXPECT_EQ(-ERANGE, parse_u64("99999999999999999999999999999", 10, &value, &end));
    EXPECT_EQ(-ERANGE, parse_u64("0x10000000000000000", 0, &value, &end));
    EXPECT_EQ(7, value);
    EXPECT_STR("before", end);
}

HTEST(parse, what_is_no_number_is_an_error)
{
    static const char *const wrong[] = {"", " 1", "-1", "+1", "x", ",", "K"};
    uint64_t value = 7;
    const char *end = "before";

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        EXPECT_EQ(-EINVAL, parse_u64(wrong[i], 0, &value, &end));
        EXPECT_EQ(-EINVAL, parse_size(wrong[i], &value, &end));
    }
    EXPECT_EQ(7, value);
    EXPECT_STR("before", end);
}

/* `ktest=3x` would be taken for 3. */
HTEST(parse, without_an_end_nothing_may_follow)
{
    uint64_t value = 7;

    EXPECT_EQ(-EINVAL, parse_u64("3x", 10, &value, NULL));
    EXPECT_EQ(-EINVAL, parse_size("3Kb", &value, NULL));
    EXPECT_EQ(7, value);
    EXPECT_EQ(0, parse_u64("3", 10, &value, NULL));
    EXPECT_EQ(3, value);
    EXPECT_EQ(0, parse_size("3K", &value, NULL));
    EXPECT_EQ(3072, value);
}

static void expect_size(const char *text, uint64_t want, const char *want_rest)
{
    const char *end = NULL;
    uint64_t value = 0;

    if (EXPECT_EQ(0, parse_size(text, &value, &end))) {
        EXPECT_EQ(want, value);
        EXPECT_STR(want_rest, end);
    }
}

HTEST(parse, sizes_take_one_suffix_of_either_case)
{
    expect_size("512", 512, "");
    expect_size("512K", KiB(512), "");
    expect_size("3m,", MiB(3), ",");
    expect_size("0x10G", GiB(16), "");
    expect_size("1t", 1ull << 40, "");
    expect_size("1P", 1ull << 50, "");
    expect_size("15E", 15ull << 60, "");
    expect_size("1KK", 1024, "K");
    expect_size("8U", 8, "U");
    expect_size("0E", 0, "");
}

HTEST(parse, a_size_past_64_bits_is_an_error)
{
    uint64_t value = 7;
    const char *end = "before";

    EXPECT_EQ(-ERANGE, parse_size("16E", &value, &end));
    EXPECT_EQ(-ERANGE, parse_size("18014398509481984K", &value, &end));
    EXPECT_EQ(-ERANGE, parse_size("18446744073709551616", &value, &end));
    EXPECT_EQ(7, value);
    EXPECT_STR("before", end);
    expect_size("18014398509481983K", 0xfffffffffffffc00, "");
}
