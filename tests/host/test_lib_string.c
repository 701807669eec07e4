/*
 * tests/host/test_lib_string.c - kernel/lib/string.c and glob.c, beside the C library's functions.
 *
 * Copies happen inside exact-size heap blocks, so that ASan sees a byte too many.
 */
#include "kernel/lib/glob.h"
#include "kernel/lib/string.h"
#include "tests/host/atoll_names.h"
#include "tests/host/test.h"

static void fill_random(unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)host_random();
}

/* Page tables, task structures and every struct assignment go through memcpy. */
HTEST(string, memcpy_copies_exactly_n_bytes_at_any_alignment)
{
    for (size_t n = 0; n < 200; n++) {
        size_t from = host_random_below(9), to = host_random_below(9);
        unsigned char *src = malloc(from + n), *dst = malloc(to + n);

        fill_random(src, from + n);
        EXPECT(atoll_memcpy(dst + to, src + from, n) == dst + to);
        EXPECT_EQ(0, memcmp(dst + to, src + from, n));
        free(src);
        free(dst);
    }
}

/* A sorted array into which something is inserted would repeat one element for ever. */
HTEST(string, memmove_is_right_however_the_areas_overlap)
{
    for (int i = 0; i < 3000; i++) {
        unsigned char ours[256], model[256];
        size_t n = host_random_below(150), from = host_random_below(100);
        size_t to = host_random_below(100);

        fill_random(ours, sizeof(ours));
        memcpy(model, ours, sizeof(ours));
        EXPECT(atoll_memmove(ours + to, ours + from, n) == ours + to);
        memmove(model + to, model + from, n);
        ASSERT_EQ(0, memcmp(ours, model, sizeof(ours)));
    }
}

/* A page that should be zero would show another task's bytes; a neighbour would lose its own. */
HTEST(string, memset_fills_exactly_n_bytes)
{
    for (size_t n = 0; n < 200; n++) {
        size_t at = host_random_below(9);
        unsigned char *ours = malloc(at + n + 1), *model = malloc(at + n + 1);
        int byte = (int)host_random_below(1024) - 512;

        fill_random(ours, at + n + 1);
        memcpy(model, ours, at + n + 1);
        EXPECT(atoll_memset(ours + at, byte, n) == ours + at);
        memset(model + at, byte, n);
        EXPECT_EQ(0, memcmp(ours, model, at + n + 1));
        free(ours);
        free(model);
    }
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

/* A table whose checksum area differs in its last byte would pass for unchanged. */
HTEST(string, memcmp_orders_by_the_first_unsigned_byte_that_differs)
{
    for (int i = 0; i < 3000; i++) {
        size_t n = host_random_below(70);
        unsigned char *a = malloc(n), *b = malloc(n);

        fill_random(a, n);
        if (n) {
            memcpy(b, a, n);
            b[host_random_below((unsigned)n)] = (unsigned char)host_random();
        }
        EXPECT_EQ(sign(memcmp(a, b, n)), sign(atoll_memcmp(a, b, n)));
        free(a);
        free(b);
    }
}

HTEST(string, memchr_finds_the_first_and_looks_no_further_than_n)
{
    const char text[] = "a\0b\xff!b";

    EXPECT(atoll_memchr(text, 'b', sizeof(text)) == text + 2);
    EXPECT(atoll_memchr(text, 'b', 2) == NULL);
    EXPECT(atoll_memchr(text, 0xff, sizeof(text)) == text + 3);
    EXPECT(atoll_memchr(text, 'a' + 256, sizeof(text)) == text);
    EXPECT(atoll_memchr(text, 'a', 0) == NULL);
}

/* A signature in a table has no NUL: one byte more would be another table's. */
HTEST(string, strnlen_reads_no_byte_past_its_limit)
{
    char *four = malloc(4);

    memcpy(four, "SRAT", 4);
    EXPECT_EQ(4, atoll_strnlen(four, 4));
    EXPECT_EQ(0, atoll_strnlen(four, 0));
    four[2] = '\0';
    EXPECT_EQ(2, atoll_strnlen(four, 4));
    EXPECT_EQ(2, atoll_strlen(four));
    free(four);
}

/* Short texts over a small alphabet, so that equal and almost equal ones are common. */
static void random_text(char *text, size_t size)
{
    size_t len = host_random_below((unsigned)size);

    for (size_t i = 0; i < len; i++)
        text[i] = "ab\xe4"[host_random_below(3)];
    text[len] = '\0';
}

/* Commands, files and boot options are found by these; every one would be missed or mistaken. */
HTEST(string, comparing_and_searching_agree_with_the_c_library)
{
    for (int i = 0; i < 20000; i++) {
        char a[10], b[4];
        size_t n = host_random_below(12);
        int c = "ab\xe4x"[host_random_below(5)];

        random_text(a, sizeof(a));
        random_text(b, sizeof(b));
        ASSERT_EQ(strlen(a), atoll_strlen(a));
        ASSERT_EQ(sign(strcmp(a, b)), sign(atoll_strcmp(a, b)));
        ASSERT_EQ(sign(strncmp(a, b, n)), sign(atoll_strncmp(a, b, n)));
        ASSERT(strchr(a, c) == atoll_strchr(a, c));
        ASSERT(strrchr(a, c) == atoll_strrchr(a, c));
        ASSERT(strstr(a, b) == atoll_strstr(a, b));
    }
}

/* A long command line would run over the buffer, or stay without its end. */
HTEST(string, strlcpy_cuts_and_terminates)
{
    char *three = malloc(3);

    EXPECT_EQ(5, strlcpy(three, "hello", 3));
    EXPECT_STR("he", three);
    EXPECT_EQ(2, strlcpy(three, "ab", 3));
    EXPECT_STR("ab", three);
    EXPECT_EQ(0, strlcpy(three, "", 3));
    EXPECT_STR("", three);
    three[0] = 'x';
    EXPECT_EQ(2, strlcpy(three, "ab", 0));
    EXPECT_EQ('x', three[0]);
    free(three);
}

/* `ktest buddy.*` would run other tests than those it names. */
HTEST(glob, stars_and_question_marks_match_as_in_a_shell)
{
    EXPECT(glob_match("*", ""));
    EXPECT(glob_match("*", "anything"));
    EXPECT(glob_match("buddy.*", "buddy.split"));
    EXPECT(!glob_match("buddy.*", "zone.buddy.x"));
    EXPECT(glob_match("*.split*last", "buddy.split_at_last"));
    EXPECT(glob_match("*ab", "aab"));
    EXPECT(glob_match("a?c", "abc"));
    EXPECT(!glob_match("a?c", "ac"));
    EXPECT(!glob_match("?", ""));
    EXPECT(glob_match("", ""));
    EXPECT(!glob_match("", "a"));
    EXPECT(!glob_match("a", ""));
    EXPECT(glob_match("[a]", "[a]"));
    EXPECT(!glob_match("[a]", "a"));
    EXPECT(glob_match("a***b", "ab"));
}

/* By the definition: either side of each star is tried. */
static bool naive_match(const char *pattern, const char *text)
{
    if (*pattern == '*')
        return naive_match(pattern + 1, text) || (*text && naive_match(pattern, text + 1));
    if (!*pattern || !*text)
        return *pattern == *text;
    return (*pattern == '?' || *pattern == *text) && naive_match(pattern + 1, text + 1);
}

HTEST(glob, agrees_with_a_matcher_that_tries_everything)
{
    for (int i = 0; i < 50000; i++) {
        char pattern[7], text[8];
        size_t len = host_random_below(sizeof(pattern));

        for (size_t k = 0; k < len; k++)
            pattern[k] = "ab?*"[host_random_below(4)];
        pattern[len] = '\0';
        random_text(text, sizeof(text));
        if (!EXPECT_EQ(naive_match(pattern, text), glob_match(pattern, text))) {
            host_fail(__FILE__, __LINE__, "pattern \"%s\", text \"%s\"", pattern, text);
            return;
        }
    }
}

/* A user's pattern would stop the monitor for as long as the universe lasts. */
HTEST(glob, many_stars_take_no_time)
{
    char text[201];

    memset(text, 'a', 200);
    text[200] = '\0';
    EXPECT(!glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}
