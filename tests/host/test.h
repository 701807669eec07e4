/*
 * tests/host/test.h - tests of the pure core, on the host.
 *
 * HTEST(bitmap, weight_counts_only_bits_of_the_set) { EXPECT_EQ(3, bitmap_weight(map, 70)); }
 *
 * The name says what is true. A failed EXPECT lets the test go on, a failed ASSERT leaves it. A
 * test also fails if it panics outside of EXPECT_PANIC, if a report comes that it didn't expect
 * (report_expect, kernel/bug.h), or if it leaves interrupts off. It makes its objects anew: tests
 * run in any order, and alone.
 */
#ifndef TESTS_HOST_TEST_H
#define TESTS_HOST_TEST_H

#include "kernel/bug.h"
#include "kernel/lib/compiler.h"
#include "tests/host/stubs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct host_test {
    const char *name; /* "suite.name" */
    const char *file;
    int line;
    void (*run)(void);
    struct host_test *next;
};

void host_test_register(struct host_test *test);

/* Record a failure of the running test; the text says what was expected and what was there. */
void host_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4);

/* The next of a sequence of 64-bit numbers that starts the same in every test. */
uint64_t host_random(void);
/* One of 0..limit-1. */
unsigned host_random_below(unsigned limit);

/* The comparisons behind EXPECT_EQ and EXPECT_STR; true if they hold. */
bool host_expect_eq(const char *file, int line, const char *what, long long want, long long got);
bool host_expect_str(const char *file, int line, const char *what, const char *want,
                     const char *got);

#define HTEST(_suite, _name)                                                                       \
    static void htest_##_suite##_##_name(void);                                                    \
    __attribute__((constructor)) static void hregister_##_suite##_##_name(void)                    \
    {                                                                                              \
        static struct host_test test = {#_suite "." #_name, __FILE__, __LINE__,                    \
                                        htest_##_suite##_##_name, NULL};                           \
                                                                                                   \
        host_test_register(&test);                                                                 \
    }                                                                                              \
    static void htest_##_suite##_##_name(void)

#define EXPECT(c)                                                                                  \
    ({                                                                                             \
        bool _expect_ok = (c);                                                                     \
        if (!_expect_ok)                                                                           \
            host_fail(__FILE__, __LINE__, "expected: %s", #c);                                     \
        _expect_ok;                                                                                \
    })

/* Expected value first; both are compared and printed as signed 64-bit numbers. */
#define EXPECT_EQ(want, got)                                                                       \
    host_expect_eq(__FILE__, __LINE__, #got, (long long)(want), (long long)(got))

/* The same for NUL-terminated text; NULL equals only NULL. */
#define EXPECT_STR(want, got) host_expect_str(__FILE__, __LINE__, #got, want, got)

/* Evaluating @expr panics; host_panic_message tells with what. */
#define EXPECT_PANIC(expr)                                                                         \
    ({                                                                                             \
        jmp_buf _panic_here, *_panic_outer = host_panic_target;                                    \
        volatile bool _panicked = true;                                                            \
                                                                                                   \
        host_panic_target = &_panic_here;                                                          \
        if (!setjmp(_panic_here)) {                                                                \
            (void)(expr);                                                                          \
            _panicked = false;                                                                     \
        }                                                                                          \
        host_panic_target = _panic_outer;                                                          \
        if (!_panicked)                                                                            \
            host_fail(__FILE__, __LINE__, "expected a panic: %s", #expr);                          \
        (bool)_panicked;                                                                           \
    })

#define ASSERT(c)                                                                                  \
    do {                                                                                           \
        if (!EXPECT(c))                                                                            \
            return;                                                                                \
    } while (0)
#define ASSERT_EQ(want, got)                                                                       \
    do {                                                                                           \
        if (!EXPECT_EQ(want, got))                                                                 \
            return;                                                                                \
    } while (0)
#define ASSERT_STR(want, got)                                                                      \
    do {                                                                                           \
        if (!EXPECT_STR(want, got))                                                                \
            return;                                                                                \
    } while (0)

#endif
