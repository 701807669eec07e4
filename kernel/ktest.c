/*
 * kernel/ktest.c - runs the tests of tests/kernel and prints KTAP.
 *
 * THEORY
 *
 * Every suite is a subtest of the whole run:
 *
 *     KTAP version 1
 *     1..1
 *         KTAP version 1
 *         # Subtest: buddy
 *         1..2
 *         ok 1 merge_rebuilds_the_largest_block
 *         # mm/test_buddy.c:40: nr: expected 1 (0x1), got 2 (0x2)
 *         not ok 2 split_leaves_one_block_of_each_smaller_order
 *     # buddy: pass:1 fail:1 skip:0 total:2
 *     not ok 1 buddy
 *     # Totals: pass:1 fail:1 skip:0 total:2
 *
 * The linker gathers the tests in no useful order; the next one by name is looked for each time,
 * which needs no memory and is quick enough for some hundreds.
 *
 * Around a test four witnesses are asked, whatever it is about: the free pages of each node are the same
 * as before (what the slab allocator keeps for the next time is given back first), and so is the number of
 * objects in use (one that is lost in a slab with others costs no page); no checker reported anything that
 * the test didn't announce, and numa_verify finds nothing.
 *
 * LOCKING  None: tests run one at a time, in the monitor's thread.
 * SOURCES  Linux 6.1, Documentation/dev-tools/ktap.rst, "The Kernel Test Anything Protocol (KTAP),
 *          version 1".
 */
#include "kernel/ktest.h"
#include "kernel/bug.h"
#include "kernel/command.h"
#include "kernel/console.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/glob.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include "kernel/timer.h"
#include "mm/fault_inject.h"
#include "mm/node.h"
#include "mm/numa_verify.h"
#include "mm/pcp.h"
#include "mm/slab.h"
#include "mm/vmap_area.h"
#include "mm/vmscan.h"
#include <arch/clock.h>
#include <stdarg.h>

#define MAX_TEST_NAME 128 /* "suite.name", NUL included; what is longer is matched cut */
#define MOMENT_NS     (100 * NS_PER_MS) /* that is waited for what a failure has made impossible */
#define PATIENCE_NS   NS_PER_S          /* that memory is waited for after a test */
#define IN_FULL_NS    (400 * NS_PER_MS) /* so long each allocation of a test is tried; then fewer */

struct tally {
    int nr_passed;
    int nr_failed;
    int nr_skipped;
};

static bool runs_slow;   /* the slow tests, too; also if a test is named in full */
static bool runs_faults; /* each again and again, another of its allocations failing each time */
static bool runs_all_faults; /* however long that takes */

/* The test that runs. */
static unsigned nr_failures;
static bool allocation_fails; /* what the test expects needn't hold */
static bool skipped;
static char skip_reason[128];
static struct {
    void (*fn)(void *arg);
    void *arg;
} deferred[KTEST_MAX_DEFERRED];
static int nr_deferred;

static char out_buf[512];
static struct seqbuf out;

/* ---- choosing -------------------------------------------------------------------------------- */

static int compare_tests(const struct ktest *a, const struct ktest *b)
{
    int order = strcmp(a->suite, b->suite);

    return order ? order : strcmp(a->name, b->name);
}

static bool is_chosen(const struct ktest *t, const char *glob)
{
    char name[MAX_TEST_NAME];
    struct seqbuf s;

    seqbuf_init(&s, name, sizeof(name));
    seq_printf(&s, "%s.%s", t->suite, t->name);
    return glob_match(glob, seqbuf_str(&s));
}

/* The first test behind @after (NULL: of all) that @glob chooses, or NULL. */
static const struct ktest *next_test(const struct ktest *after, const char *glob)
{
    const struct ktest *best = NULL;

    for (size_t i = 0; i < SET_SIZE(__ktests_start, __ktests_end); i++) {
        const struct ktest *t = &__ktests_start[i];

        if ((!after || compare_tests(t, after) > 0) && (!best || compare_tests(t, best) < 0) &&
            is_chosen(t, glob))
            best = t;
    }
    return best;
}

static bool same_suite(const struct ktest *a, const struct ktest *b)
{
    return a && b && strcmp(a->suite, b->suite) == 0;
}

static int count_suites(const char *glob)
{
    const struct ktest *last = NULL;
    int nr = 0;

    for (const struct ktest *t = next_test(NULL, glob); t; t = next_test(t, glob)) {
        nr += !same_suite(last, t);
        last = t;
    }
    return nr;
}

static int count_tests(const struct ktest *first, const char *glob)
{
    int nr = 0;

    for (const struct ktest *t = first; same_suite(first, t); t = next_test(t, glob))
        nr++;
    return nr;
}

/* ---- what a test says --------------------------------------------------------------------------
 */

/* ktest_fail - contract in the header. Context: within a test. */
void ktest_fail(const char *file, int line, const char *fmt, ...)
{
    va_list args;

    if (allocation_fails)
        return;
    nr_failures++;
    console_fresh_line();
    seq_printf(&out, "    # %s:%d: ", file, line);
    va_start(args, fmt);
    seq_vprintf(&out, fmt, args);
    va_end(args);
    seq_putc(&out, '\n');
    seqbuf_flush(&out);
}

/* ktest_skip - contract in the header. Context: within a test. */
void ktest_skip(const char *fmt, ...)
{
    struct seqbuf s;
    va_list args;

    skipped = true;
    seqbuf_init(&s, skip_reason, sizeof(skip_reason));
    va_start(args, fmt);
    seq_vprintf(&s, fmt, args);
    va_end(args);
    seqbuf_str(&s);
}

/* ktest_defer - contract in the header. Context: within a test. */
void ktest_defer(void (*fn)(void *arg), void *arg)
{
    for (int i = 0; i < nr_deferred; i++) {
        if (deferred[i].fn == fn && deferred[i].arg == arg)
            return;
    }
    BUG_ON(nr_deferred == KTEST_MAX_DEFERRED);
    deferred[nr_deferred].fn = fn;
    deferred[nr_deferred++].arg = arg;
}

/* ktest_lets_fail - contract in the header. Context: within a test. */
bool ktest_lets_fail(void)
{
    return allocation_fails;
}

/* ktest_limit - contract in the header. Context: within a test, in its own thread. */
uint64_t ktest_limit(uint64_t ns)
{
    return allocation_fails && fault_inject_nth_left() == 0 ? min(ns, MOMENT_NS) : ns;
}

static void run_deferred(void)
{
    while (nr_deferred > 0) {
        nr_deferred--;
        deferred[nr_deferred].fn(deferred[nr_deferred].arg);
    }
}

/* ---- the four witnesses --------------------------------------------------------------------- */

struct witness {
    unsigned long free_pages[MAX_NUMNODES];
    unsigned long nr_objects; /* of the slab allocator that are in use */
    unsigned long nr_reports;
};

/* What is only kept for speed goes back to its zone, so that free pages can be compared. */
static void settle(void)
{
    drop_pagecache();
    kmem_cache_drain_all();
    vmap_purge();
    drain_all_pages(NULL);
}

static void ask_before(struct witness *w)
{
    int nid;

    settle();
    for_each_online_node (nid)
        w->free_pages[nid] = node_free_pages(nid);
    w->nr_objects = kmem_cache_nr_used();
    w->nr_reports = report_count();
}

static bool memory_is_as_before(const struct witness *w)
{
    int nid;

    settle();
    if (kmem_cache_nr_used() != w->nr_objects)
        return false;
    for_each_online_node (nid) {
        if (node_free_pages(nid) != w->free_pages[nid])
            return false;
    }
    return true;
}

/* What other threads free, such as the stacks of those that have ended, may come a moment later. */
static void check_memory(const struct witness *w)
{
    uint64_t end = clock_ns() + PATIENCE_NS;
    unsigned long nr_objects;
    int nid;

    while (!memory_is_as_before(w) && clock_ns() < end)
        msleep(1);
    nr_objects = kmem_cache_nr_used();
    if (nr_objects != w->nr_objects)
        ktest_fail(__FILE__, __LINE__, "%lu objects were in use before the test and %lu are",
                   w->nr_objects, nr_objects);
    for_each_online_node (nid) {
        unsigned long now = node_free_pages(nid);

        if (now != w->free_pages[nid])
            ktest_fail(__FILE__, __LINE__, "node %d had %lu free pages before the test and has %lu",
                       nid, w->free_pages[nid], now);
    }
}

static void check_after(const struct witness *w)
{
    unsigned nr_unclaimed = report_is_expected() ? report_expect_end() : 0;

    check_memory(w);
    if (nr_unclaimed > 0)
        ktest_fail(__FILE__, __LINE__, "report_expect() was left on, and %u reports came",
                   nr_unclaimed);
    if (numa_verify() != 0)
        ktest_fail(__FILE__, __LINE__, "numa_verify found something; the log tells what");
    if (report_count() != w->nr_reports)
        ktest_fail(__FILE__, __LINE__, "%lu unexpected reports, the last: %s",
                   report_count() - w->nr_reports, report_last());
}

/* ---- running --------------------------------------------------------------------------------- */

static void print_result(const struct ktest *t, int number)
{
    console_fresh_line();
    seq_printf(&out, "    %s %d %s", nr_failures ? "not ok" : "ok", number, t->name);
    if (skipped && !nr_failures)
        seq_printf(&out, " # SKIP %s", skip_reason);
    seq_putc(&out, '\n');
    seqbuf_flush(&out);
}

static void run_witnessed(const struct ktest *t)
{
    static struct witness before; /* too large for a stack */

    ask_before(&before);
    t->run();
    run_deferred();
    check_after(&before);
}

/* Run it with its @nth allocation failing. False if it has fewer. */
static bool run_with_fault(const struct ktest *t, unsigned nth)
{
    static struct witness before;
    bool failed;

    ask_before(&before);
    allocation_fails = true;
    fault_inject_nth(nth);
    t->run();
    failed = fault_inject_nth_left() == 0;
    fault_inject_nth(0);
    run_deferred();
    if (report_is_expected())
        report_expect_end();
    allocation_fails = false;
    check_after(&before);
    return failed;
}

/*
 * Each of the test's allocations fails in turn, until it has no more: every path behind a failure is
 * taken once. Of a test that takes long for it, having thousands of them, some are passed over.
 */
static void run_with_faults(const struct ktest *t)
{
    uint64_t end = clock_ns() + IN_FULL_NS;
    unsigned nth = 1;

    while (run_with_fault(t, nth) && !nr_failures && !skipped)
        nth += runs_all_faults || clock_ns() < end ? 1 : 1 + nth / 2;
    if (nr_failures)
        seq_printf(&out, "    # that was with allocation %u of the test failing\n", nth);
}

static void run_test(const struct ktest *t, int number, struct tally *tally)
{
    nr_failures = 0;
    skipped = false;
    if (t->is_slow && !runs_slow)
        ktest_skip("slow: `ktest -s` runs it");
    else if (runs_faults)
        run_with_faults(t);
    else
        run_witnessed(t);
    print_result(t, number);
    if (nr_failures)
        tally->nr_failed++;
    else if (skipped)
        tally->nr_skipped++;
    else
        tally->nr_passed++;
}

static void print_tally(const char *what, const struct tally *t)
{
    seq_printf(&out, "# %s: pass:%d fail:%d skip:%d total:%d\n", what, t->nr_passed, t->nr_failed,
               t->nr_skipped, t->nr_passed + t->nr_failed + t->nr_skipped);
}

/* Run the suite that begins with @first; returns the first test behind it. */
static const struct ktest *run_suite(const struct ktest *first, int number, const char *glob,
                                     struct tally *total)
{
    struct tally tally = {0};
    const struct ktest *t = first;
    bool all_skipped;

    seq_printf(&out, "    KTAP version 1\n    # Subtest: %s\n    1..%d\n", first->suite,
               count_tests(first, glob));
    seqbuf_flush(&out);
    for (int i = 1; same_suite(first, t); i++, t = next_test(t, glob))
        run_test(t, i, &tally);
    print_tally(first->suite, &tally);
    all_skipped = tally.nr_passed + tally.nr_failed == 0;
    seq_printf(&out, "%s %d %s%s\n", tally.nr_failed ? "not ok" : "ok", number, first->suite,
               all_skipped ? " # SKIP all of its tests" : "");
    seqbuf_flush(&out);
    total->nr_passed += tally.nr_passed;
    total->nr_failed += tally.nr_failed;
    total->nr_skipped += tally.nr_skipped;
    return t;
}

/* ktest_run - contract in the header. Context: the monitor's thread; doesn't nest. */
int ktest_run(const char *glob, enum ktest_mode mode)
{
    const struct ktest *t = next_test(NULL, glob);
    struct tally total = {0};
    int number = 1;

    if (!t)
        return -ENOENT;
    runs_faults = mode == KTEST_FAULTS || mode == KTEST_ALL_FAULTS;
    runs_all_faults = mode == KTEST_ALL_FAULTS;
    runs_slow = mode == KTEST_ALL || !(strchr(glob, '*') || strchr(glob, '?'));
    console_fresh_line();
    console_seqbuf(&out, out_buf, sizeof(out_buf));
    seq_printf(&out, "KTAP version 1\n1..%d\n", count_suites(glob));
    while (t)
        t = run_suite(t, number++, glob, &total);
    print_tally("Totals", &total);
    seqbuf_flush(&out);
    return total.nr_failed;
}

static void list_tests(const char *glob, struct seqbuf *s)
{
    for (const struct ktest *t = next_test(NULL, glob); t; t = next_test(t, glob))
        seq_printf(s, "%s.%s\n", t->suite, t->name);
}

static int ktest_command(int argc, char **argv, struct seqbuf *s)
{
    char option = argc > 1 && argv[1][0] == '-' ? argv[1][1] : '\0';
    const char *glob = argc > 1 + (option != '\0') ? argv[argc - 1] : "*";

    if (argc > 2 + (option != '\0') ||
        (option && (!strchr("lsfF", option) || argv[1][2] != '\0'))) {
        seq_printf(s, "usage: ktest [-l | -s | -f | -F] [GLOB]\n");
        return -EINVAL;
    }
    if (!next_test(NULL, glob)) {
        seq_printf(s, "ktest: no test matches '%s'; `ktest -l` lists them\n", glob);
        return -ENOENT;
    }
    if (option == 'l') {
        list_tests(glob, s);
        return 0;
    }
    seqbuf_flush(s);
    return ktest_run(glob, option == 's'   ? KTEST_ALL
                           : option == 'f' ? KTEST_FAULTS
                           : option == 'F' ? KTEST_ALL_FAULTS
                                           : KTEST_QUICK)
               ? 1
               : 0;
}

MONITOR_COMMAND(
    "ktest", "[-l | -s | -f | -F] [GLOB]",
    "run the tests whose suite.name matches; -s: the slow ones, too; -f: with each of their "
    "allocations failing in turn (-F: really each, even of a thousand); -l: list",
    ktest_command);
