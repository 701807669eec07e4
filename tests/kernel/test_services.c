/*
 * tests/kernel/test_services.c - log, symbols, command line, locks and reports of the running
 * kernel.
 */
#include "kernel/bug.h"
#include "kernel/cmdline.h"
#include "kernel/console.h"
#include "kernel/ksyms.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/lock.h"
#include "kernel/logring.h"
#include "kernel/preempt.h"
#include "kernel/printk.h"
#include <arch/irq.h>

static char text[2048];

/* What was logged since position @pos, at most 2 KiB, as a string. */
static const char *logged_since(uint64_t pos)
{
    size_t n = log_read(&pos, text, sizeof(text) - 1);

    text[n] = '\0';
    return text;
}

/* Does each line of @s begin with '['? */
static bool lines_have_prefix(const char *s)
{
    for (; *s != '\0'; s = strchr(s, '\n') + 1)
        if (*s != '[' || !strchr(s, '\n'))
            return false;
    return true;
}

static int count_lines(const char *s)
{
    int nr = 0;

    for (; *s != '\0'; s++)
        nr += *s == '\n';
    return nr;
}

/* A message that isn't in the ring is lost to `dmesg`, whatever the console showed. */
KTEST(printk, message_reaches_the_ring_with_a_newline)
{
    uint64_t pos = log_end();

    pr_debug("forty-two is %d", 42);
    KEXPECT(strstr(logged_since(pos), "] forty-two is 42\n") != NULL);
    KEXPECT_EQ(1, count_lines(text));
}

/* Parsers drop log lines by their first character; a second line without it is taken for output. */
KTEST(printk, every_line_of_a_message_has_the_prefix)
{
    uint64_t pos = log_end();

    pr_debug("one\ntwo\nthree\n");
    KEXPECT_EQ(3, count_lines(logged_since(pos)));
    KEXPECT(lines_have_prefix(text));
}

/* A message longer than any buffer of the formatter must not lose its end. */
KTEST(printk, long_message_is_not_cut)
{
    uint64_t pos = log_end();

    pr_debug("%1000d|", 7);
    KEXPECT(strstr(logged_since(pos), "   7|\n") != NULL);
    KEXPECT(strlen(text) > 1000);
}

/* After the ring has wrapped, its oldest line is half overwritten; a reader must not see the half.
 */
KTEST(printk, reading_a_wrapped_ring_starts_at_a_whole_line)
{
    char buf[16];
    struct logring ring = {.buf = buf, .size = sizeof(buf)};
    uint64_t pos = 0;
    size_t n;

    logring_write(&ring, "first\nsecond\nthird\n", 19);
    n = logring_read(&ring, &pos, text, sizeof(text) - 1);
    text[n] = '\0';
    KEXPECT(strcmp(text, "second\nthird\n") == 0);
    KEXPECT_EQ(19, pos);
    KEXPECT_EQ(0, logring_read(&ring, &pos, text, sizeof(text)));
}

/* A reader with a small buffer, as dmesg is, must get every byte once. */
KTEST(printk, reading_in_pieces_gives_the_whole)
{
    char buf[16];
    struct logring ring = {.buf = buf, .size = sizeof(buf)};
    uint64_t pos = 0;
    size_t n = 0, piece;

    logring_write(&ring, "one\ntwo\nthree\n", 14);
    while ((piece = logring_read(&ring, &pos, text + n, 3)) > 0)
        n += piece;
    text[n] = '\0';
    KEXPECT(strcmp(text, "one\ntwo\nthree\n") == 0);
}

/* Time that runs backwards in the log makes it useless for finding what came first. */
KTEST(printk, timestamps_never_decrease)
{
    uint64_t pos = log_end();
    const char *second;

    pr_debug("a");
    pr_debug("b");
    second = strchr(logged_since(pos), '\n');
    KASSERT(second != NULL);
    KEXPECT(memcmp(text, second + 1, sizeof("[    0.000000]") - 1) <= 0);
}

/* `echo 4 > /proc/sys/kernel/printk` is how a noisy kernel is silenced; a typo must change nothing.
 */
KTEST(printk, console_level_takes_one_digit_up_to_eight)
{
    int before = printk_console_level();

    KEXPECT_EQ(0, printk_levels_store("4\n", 2));
    KEXPECT_EQ(4, printk_console_level());
    KEXPECT_EQ(-EINVAL, printk_levels_store("9\n", 2));
    KEXPECT_EQ(-EINVAL, printk_levels_store("x", 1));
    KEXPECT_EQ(-EINVAL, printk_levels_store("", 0));
    KEXPECT_EQ(-EINVAL, printk_levels_store("44", 2));
    KEXPECT_EQ(4, printk_console_level());
    printk_set_console_level(before);
}

/* A backtrace of bare numbers helps nobody; a wrong name misleads. */
KTEST(ksyms, function_is_found_by_an_address_inside_it)
{
    uintptr_t start = (uintptr_t)ksym_lookup;
    size_t offset = 0, size = 0;
    const char *name;

    KSKIP_IF(nr_ksyms == 0, "linked without a symbol table");
    name = ksym_lookup(start + 3, &offset, &size);
    KASSERT(name != NULL);
    KEXPECT(strcmp(name, "ksym_lookup") == 0);
    KEXPECT_EQ(3, offset);
    KEXPECT(size > 3 && size < 4096);
}

/* Naming the nearest function for an address in the data would send the reader astray. */
KTEST(ksyms, address_outside_of_code_has_no_name)
{
    KEXPECT(!ksym_lookup(0, NULL, NULL));
    KEXPECT(!ksym_lookup(UINTPTR_MAX, NULL, NULL));
    KEXPECT(!ksym_lookup((uintptr_t)text, NULL, NULL));
}

/* Binary search over a table that isn't ascending finds nothing or the wrong one. */
KTEST(ksyms, table_is_ascending_and_ends_with_a_gap)
{
    KSKIP_IF(nr_ksyms == 0, "linked without a symbol table");
    for (size_t i = 1; i < nr_ksyms; i++)
        if (ksyms[i - 1].addr >= ksyms[i].addr)
            ktest_fail(__FILE__, __LINE__, "entry %zu is not above the one before", i);
    KEXPECT(!ksyms[nr_ksyms - 1].name);
}

/* The line of this boot: its text must be what the options were taken from. */
KTEST(cmdline, absent_option_has_no_value)
{
    KEXPECT(!cmdline_get("no-such-option"));
    KEXPECT(!cmdline_get(""));
    KEXPECT(cmdline_text() != NULL);
}

/* A checker's test that cannot tell its own report from a real one hides real ones. */
KTEST(report, expected_report_is_counted_apart)
{
    unsigned long before = report_count();

    report_expect();
    report_bug("provoked with %d", 42);
    KEXPECT(report_is_expected());
    KEXPECT_EQ(1, report_expect_end());
    KEXPECT_EQ(before, report_count());
    KEXPECT(strcmp(report_last(), "provoked with 42") == 0);
    KEXPECT(!report_is_expected());
}

static bool warn_twice_if(bool c)
{
    bool first = false;

    for (int i = 0; i < 2; i++)
        first = WARN_ON_ONCE(c);
    return first;
}

/* A warning in a hot path that came every time would drown the log, and one that lost its value the
 * caller's branch. */
KTEST(report, warning_comes_once_and_returns_its_condition)
{
    static bool done;

    KSKIP_IF(done, "came already in an earlier run since boot");
    done = true;
    report_expect();
    KEXPECT(!warn_twice_if(false));
    KEXPECT(warn_twice_if(true));
    KEXPECT_EQ(1, report_expect_end());
}

/* Tries and gives back, out of sight of the compiler's lock analysis: the test misuses the lock. */
static bool can_be_had(struct spinlock *lock) __no_lock_analysis
{
    if (!spin_trylock(lock))
        return false;
    spin_unlock(lock);
    return true;
}

/* A lock that two can have protects nothing. */
KTEST(lock, held_lock_cannot_be_had_again)
{
    struct spinlock lock = SPINLOCK_INIT("test", LOCK_ZONE);

    KEXPECT(!spin_is_locked(&lock));
    spin_lock(&lock);
    KEXPECT(spin_is_locked(&lock));
    KEXPECT(!can_be_had(&lock));
    spin_unlock(&lock);
    KEXPECT(can_be_had(&lock));
    KEXPECT(!spin_is_locked(&lock));
}

/* Interrupts that come back too early let a handler spin on the lock for ever. */
KTEST(lock, irqsave_keeps_interrupts_off_and_restores_them)
{
    struct spinlock lock = SPINLOCK_INIT("test", LOCK_ZONE);
    bool before = irqs_enabled();
    unsigned long flags;

    spin_lock_irqsave(&lock, flags);
    KEXPECT(!irqs_enabled());
    spin_unlock_irqrestore(&lock, flags);
    KEXPECT_EQ(before, irqs_enabled());
}

#ifdef CONFIG_DEBUG
#define LOCKS_CHECKED true
#else
#define LOCKS_CHECKED false
#endif

/* Two CPUs that take two locks in opposite order wait for each other: seen here before it happens.
 */
KTEST(lock, wrong_order_is_reported)
{
    struct spinlock outer = SPINLOCK_INIT("outer", LOCK_ZONE);
    struct spinlock inner = SPINLOCK_INIT("inner", LOCK_CONSOLE);
    unsigned before = lock_nr_held();
    unsigned long flags;

    KSKIP_IF(!LOCKS_CHECKED, "not built with DEBUG=1");
    report_expect();
    flags = irq_save(); /* a tick would take its locks inside of these, and be reported, too */
    spin_lock(&inner);
    spin_lock(&outer);
    KEXPECT_EQ(before + 2, lock_nr_held());
    spin_unlock(&outer);
    spin_unlock(&inner);
    irq_restore(flags);
    KEXPECT_EQ(1, report_expect_end());
    KEXPECT_EQ(before, lock_nr_held());
}

/* A stray unlock frees someone else's lock. */
KTEST(lock, release_of_a_lock_that_is_not_held_is_reported)
{
    struct spinlock lock = SPINLOCK_INIT("stray", LOCK_ZONE);

    KSKIP_IF(!LOCKS_CHECKED, "not built with DEBUG=1");
    report_expect();
    preempt_disable(); /* as the missing spin_lock() would have */
    spin_unlock(&lock);
    KEXPECT_EQ(1, report_expect_end());
}

/* The harness tells the kernel's words from a command's by lines; they must not share one. */
KTEST(console, fresh_line_is_begun_only_where_needed)
{
    console_fresh_line();
    KEXPECT(console_at_line_start());
    console_write("    # half a line", 17);
    KEXPECT(!console_at_line_start());
    pr_emerg("a log line begins on a line of its own");
    KEXPECT(console_at_line_start());
}
