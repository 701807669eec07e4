/*
 * kernel/ktest.h - tests that run inside the kernel.
 *
 * KTEST(buddy, split_leaves_one_block_of_each_smaller_order) { KEXPECT_EQ(1, n); }
 *
 * The name says what is true. Suites and tests run in the order of their names. A failed KEXPECT
 * lets the test go on, a failed KASSERT leaves it. Around each test the free pages of every node
 * are compared, reports (kernel/bug.h) are counted and numa_verify runs.
 *
 * A test that takes more than a fraction of a second is a KTEST_SLOW: it runs only when asked for
 * (`ktest -s`, or by its whole name), so that every machine can be tried in a moment.
 */
#ifndef KERNEL_KTEST_H
#define KERNEL_KTEST_H

#include "kernel/lib/compiler.h"

struct ktest {
    const char *suite;
    const char *name;
    void (*run)(void);
    bool is_slow;
};

#define KTEST(_suite, _name)      KTEST_ENTRY(_suite, _name, false)
#define KTEST_SLOW(_suite, _name) KTEST_ENTRY(_suite, _name, true)

#define KTEST_ENTRY(_suite, _name, _is_slow)                                                       \
    static void ktest_##_suite##_##_name(void);                                                    \
    static const struct ktest ktest_entry_##_suite##_##_name __used __section(                     \
        ".rodata.ktests") __aligned(_Alignof(struct ktest)) = {                                    \
        .suite = #_suite, .name = #_name, .run = ktest_##_suite##_##_name, .is_slow = (_is_slow)}; \
    static void ktest_##_suite##_##_name(void)

/* Record a failure of the running test; the text says what was expected and what was there. */
void ktest_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4);
/* The running test cannot say anything on this machine (one node only, ...): SKIP, with reason. */
void ktest_skip(const char *fmt, ...) __printf(1, 2);

/*
 * ktest_defer - call @fn(@arg) when the running test has returned, whichever way; the last one first.
 *
 * So that a test can leave in the middle (KASSERT) and nothing of it stays. @arg may not lie on its stack,
 * and what the test gives back itself may not be given back twice. Asked for twice, it is called once. At
 * most KTEST_MAX_DEFERRED.
 */
#define KTEST_MAX_DEFERRED 16
void ktest_defer(void (*fn)(void *arg), void *arg);

/* Does the harness let allocations of the running test fail (`ktest -f`)? For tests of just that. */
bool ktest_lets_fail(void);

/* How long to wait for what a test expects: @ns, but a moment only if one of its allocations has failed. */
uint64_t ktest_limit(uint64_t ns);

#define KEXPECT(c)                                                                                 \
    ({                                                                                             \
        bool _ok = (c);                                                                            \
        if (!_ok)                                                                                  \
            ktest_fail(__FILE__, __LINE__, "expected: %s", #c);                                    \
        _ok;                                                                                       \
    })
/* Expected value first; both are compared and printed as signed 64-bit numbers. */
#define KEXPECT_EQ(want, got)                                                                      \
    ({                                                                                             \
        long long _want = (long long)(want), _got = (long long)(got);                              \
        bool _ok = _want == _got;                                                                  \
        if (!_ok)                                                                                  \
            ktest_fail(__FILE__, __LINE__, "%s: expected %lld (0x%llx), got %lld (0x%llx)", #got,  \
                       _want, _want, _got, _got);                                                  \
        _ok;                                                                                       \
    })
#define KASSERT(c)                                                                                 \
    do {                                                                                           \
        if (!KEXPECT(c))                                                                           \
            return;                                                                                \
    } while (0)
#define KASSERT_EQ(want, got)                                                                      \
    do {                                                                                           \
        if (!KEXPECT_EQ(want, got))                                                                \
            return;                                                                                \
    } while (0)
#define KSKIP_IF(c, ...)                                                                           \
    do {                                                                                           \
        if (c) {                                                                                   \
            ktest_skip(__VA_ARGS__);                                                               \
            return;                                                                                \
        }                                                                                          \
    } while (0)

enum ktest_mode {
    KTEST_QUICK,  /* without the slow ones */
    KTEST_ALL,    /* with them */
    KTEST_FAULTS, /* each of a test's allocations fails in turn: it may not crash, report or leak */
    KTEST_ALL_FAULTS, /* the same; not even of a test that takes long for it is one passed over */
};

/*
 * Run every test whose "suite.name" matches @glob ("*" for all), KTAP version 1 on the console; a slow one
 * also if @glob is its whole name. Returns the number of failed tests, or -ENOENT if none matches.
 */
int ktest_run(const char *glob, enum ktest_mode mode);

#endif
