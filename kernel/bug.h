/*
 * kernel/bug.h - checks that stop the machine, checks that report, and the report itself.
 *
 * BUG_ON      an invariant of the file is broken; always compiled in; panics.
 * DEBUG_ASSERT the same in debug builds only; the condition has no side effect.
 * WARN_ON_ONCE wrong but survivable: reports once, returns the condition.
 * report_bug  a checker (buddy, poison, UBSan, numa_verify) caught something: prints the sentence
 *             with a backtrace, counts it, and the machine goes on. A test that provokes one says
 * so with report_expect(); any other report fails the running test.
 */
#ifndef KERNEL_BUG_H
#define KERNEL_BUG_H

#include "kernel/lib/compiler.h"

/* Prints message, registers if in a trap, backtrace; then exits QEMU or halts. Any context. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

void report_bug(const char *fmt, ...) __printf(1, 2);

/* How many reports since boot; the text of the last one ("" if none). */
unsigned long report_count(void);
const char *report_last(void);

/* From now on reports are expected (one quiet log line, not counted) until report_expect_end(),
 * which returns how many came. Does not nest. */
void report_expect(void);
unsigned report_expect_end(void);
bool report_is_expected(void);

#define BUG_ON(c)                                                                                  \
    do {                                                                                           \
        if (unlikely(c))                                                                           \
            panic("BUG at %s:%d: %s", __FILE__, __LINE__, #c);                                     \
    } while (0)

#ifdef CONFIG_DEBUG
#define DEBUG_ASSERT(c) BUG_ON(!(c))
#else
#define DEBUG_ASSERT(c) ((void)sizeof(c))
#endif

#define WARN_ON_ONCE(c)                                                                            \
    ({                                                                                             \
        static bool _warned;                                                                       \
        bool _c = (c);                                                                             \
        if (unlikely(_c && !_warned)) {                                                            \
            _warned = true;                                                                        \
            report_bug("%s:%d: %s", __FILE__, __LINE__, #c);                                       \
        }                                                                                          \
        unlikely(_c);                                                                              \
    })

#endif
