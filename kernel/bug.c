/*
 * kernel/bug.c - reports: something was caught, and the machine goes on.
 *
 * LOCKING  Counters are atomic. The text of a report is made on the stack; of reports at the same time
 *          one leaves its text in report_last(), perhaps mixed with another's.
 */
#include "kernel/bug.h"
#include "kernel/backtrace.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include <stdarg.h>

static unsigned long nr_reports; /* unexpected ones, since boot */
static char last_report[256];

static bool expecting;
static unsigned nr_expected; /* since report_expect() */

static void __printf(2, 0) format(char *text, const char *fmt, va_list args)
{
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(last_report));
    seq_vprintf(&s, fmt, args);
    seqbuf_str(&s);
}

/*
 * report_bug - a checker caught something: log the sentence with a backtrace and count it.
 *
 * An expected one (report_expect()) is one quiet log line and is counted apart.
 * Context: any, under any lock.
 */
void report_bug(const char *fmt, ...)
{
    char text[sizeof(last_report)];
    struct printk_hold hold;
    va_list args;

    va_start(args, fmt);
    format(text, fmt, args);
    va_end(args);
    memcpy(last_report, text, sizeof(last_report));
    if (READ_ONCE(expecting)) {
        __atomic_fetch_add(&nr_expected, 1, __ATOMIC_RELAXED);
        pr_debug("expected report: %s", text);
        return;
    }
    __atomic_fetch_add(&nr_reports, 1, __ATOMIC_RELAXED);
    printk_hold(&hold);
    pr_err("BUG: %s", text);
    backtrace_print(LOG_ERR, 0);
    printk_let_go(&hold);
}

/* report_count - unexpected reports since boot. Context: any. */
unsigned long report_count(void)
{
    return nr_reports;
}

/* report_last - the text of the last report, expected or not, cut at 255 bytes; "" if none. */
const char *report_last(void)
{
    return last_report;
}

/* report_expect - from now on reports are provoked on purpose. Does not nest. */
void report_expect(void)
{
    expecting = true;
    nr_expected = 0;
}

/* report_is_expected - between report_expect() and report_expect_end()? Context: any. */
bool report_is_expected(void)
{
    return expecting;
}

/* report_expect_end - reports are bad news again. Returns how many came meanwhile. */
unsigned report_expect_end(void)
{
    expecting = false;
    return nr_expected;
}
