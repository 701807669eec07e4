/*
 * mm/fault_inject.c - allocations that fail on purpose.
 *
 * THEORY
 *
 * Code that handles a failed allocation hardly ever runs, so it is wrong more often than any other. Two
 * ways make it run:
 *
 *     by chance    fail_page_alloc=INTERVAL,PROBABILITY,SPACE,TIMES, or the files of
 *                  /sys/kernel/debug/fail_page_alloc: each INTERVALth allocation fails with PROBABILITY
 *                  percent, but not before SPACE bytes were given, and no more than TIMES times (-1:
 *                  without end). Of order min-order at least, and only such as cannot wait, unless
 *                  ignore-gfp-wait is N.
 *     one by one   fault_inject_nth(n): this thread's nth allocation fails, just that. With n = 1, 2, 3...
 *                  every path behind a failure is seen in turn; `ktest -f` does so with tests.
 *
 * Example: fail_page_alloc=10,50,0,-1 with min-order 0 and ignore-gfp-wait N lets one allocation of twenty
 * fail for as long as the machine runs.
 *
 * __GFP_NOFAIL never fails.
 *
 * LOCKING  None. Settings are read as they are; the counts are atomic, so that of TIMES none is lost.
 * SOURCES  Linux 6.1, Documentation/fault-injection/fault-injection.rst, "Fault injection capabilities
 *          infrastructure": names and meaning.
 */
#include "mm/fault_inject.h"
#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/printk.h"
#include "kernel/sysctl.h"
#include "kernel/task.h"
#include "mm/pcp.h"
#include <arch/clock.h>
#include <arch/page.h>

#define FOREVER (-1L)

bool fault_inject_armed;

/* Linux's defaults. */
static struct {
    long interval;    /* 0 or 1: each */
    long probability; /* percent */
    long space;       /* bytes */
    long times;
    long min_order;
    long ignore_gfp_wait; /* leave those alone that may reclaim */
    long verbose;         /* 0: silent, else a line for each failure */
} settings = {.interval = 1, .times = 1, .min_order = 1, .ignore_gfp_wait = 1, .verbose = 1};

static unsigned long nr_asked;  /* for the interval */
static unsigned nr_nth_threads; /* with task.fail_nth set */

/* A number below 100 that nobody foresees; several CPUs at once may get the same. */
static unsigned percent(void)
{
    static uint64_t state;
    uint64_t x = __atomic_load_n(&state, __ATOMIC_RELAXED);

    if (x == 0)
        x = clock_ticks() | 1;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    __atomic_store_n(&state, x, __ATOMIC_RELAXED);
    return (unsigned)(x >> 32) % 100;
}

static void arm(void)
{
    bool by_chance = settings.probability != 0 && settings.times != 0;

    WRITE_ONCE(fault_inject_armed,
               by_chance || __atomic_load_n(&nr_nth_threads, __ATOMIC_RELAXED) != 0);
    pcp_set_fast(!fault_inject_armed); /* what a CPU's list serves at once, nobody can let fail */
}

/* Take @amount from *@left if there is so much. False: there was less. */
static bool take(long *left, long amount)
{
    long had = __atomic_load_n(left, __ATOMIC_RELAXED);

    while (had >= amount)
        if (__atomic_compare_exchange_n(left, &had, had - amount, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

/* By chance: is it time? */
static bool chance(unsigned order)
{
    long interval = READ_ONCE(settings.interval);

    if (READ_ONCE(settings.probability) == 0 || READ_ONCE(settings.times) == 0)
        return false;
    if (take(&settings.space, (long)(PAGE_SIZE << order)))
        return false;
    if (interval > 1 &&
        __atomic_add_fetch(&nr_asked, 1, __ATOMIC_RELAXED) % (unsigned long)interval != 0)
        return false;
    if (percent() >= (unsigned)READ_ONCE(settings.probability))
        return false;
    return READ_ONCE(settings.times) == FOREVER || take(&settings.times, 1);
}

/* One by one: is it this thread's nth? */
static bool nth(struct task *t)
{
    return --t->fail_nth == 0;
}

/* should_fail_alloc_page_slow - it is armed. Context: any. */
bool should_fail_alloc_page_slow(gfp_t gfp, unsigned order)
{
    struct task *t = cpu_in_interrupt() ? NULL : current;
    bool fails;

    if (gfp & __GFP_NOFAIL)
        return false;
    if (t && t->fail_nth)
        return nth(t);
    if ((long)order < READ_ONCE(settings.min_order) ||
        (READ_ONCE(settings.ignore_gfp_wait) && (gfp & __GFP_DIRECT_RECLAIM)))
        return false;
    fails = chance(order);
    if (fails && READ_ONCE(settings.verbose) && !(gfp & __GFP_NOWARN))
        pr_info("fail_page_alloc: an allocation of order %u fails on purpose", order);
    return fails;
}

/* fault_inject_nth - contract in the header. Context: a thread. */
void fault_inject_nth(unsigned n)
{
    bool had = current->fail_nth_set;

    current->fail_nth = n;
    current->fail_nth_set = n != 0;
    if (current->fail_nth_set != had)
        __atomic_fetch_add(&nr_nth_threads, had ? -1U : 1U, __ATOMIC_RELAXED);
    arm();
}

/* fault_inject_nth_left - contract in the header. Context: a thread. */
unsigned fault_inject_nth_left(void)
{
    return current->fail_nth;
}

/* ---- settings ---------------------------------------------------------------------------------- */

/* A number, or Linux's Y and N. */
static int parse(const char *name, const char *text, long least, long most, long *value)
{
    unsigned long number;

    if ((text[0] == 'Y' || text[0] == 'N') && most == 1) {
        *value = text[0] == 'Y';
        return 0;
    }
    if (least == FOREVER && text[0] == '-' && text[1] == '1') {
        *value = FOREVER;
        return 0;
    }
    if (sysctl_parse(name, text, 0, (unsigned long)most, &number))
        return -EINVAL;
    *value = (long)number;
    return 0;
}

static int set(const char *name, const char *text, long least, long most, long *setting)
{
    long value;

    if (parse(name, text, least, most, &value))
        return -EINVAL;
    __atomic_store_n(setting, value, __ATOMIC_RELAXED);
    arm();
    return 0;
}

/* The two functions of a file. */
#define SETTING(_name, _text, _least, _most)                                                       \
    void fault_##_name##_show(struct seqbuf *s)                                                    \
    {                                                                                              \
        seq_printf(s, "%ld\n", READ_ONCE(settings._name));                                         \
    }                                                                                              \
                                                                                                   \
    int fault_##_name##_store(const char *text, size_t len)                                        \
    {                                                                                              \
        (void)len;                                                                                 \
        return set(_text, text, _least, _most, &settings._name);                                   \
    }

SETTING(interval, "interval", 0, INT32_MAX)
SETTING(probability, "probability", 0, 100)
SETTING(space, "space", 0, INT64_MAX)
SETTING(times, "times", FOREVER, INT32_MAX)
SETTING(min_order, "min-order", 0, 10)
SETTING(ignore_gfp_wait, "ignore-gfp-wait", 0, 1)
SETTING(verbose, "verbose", 0, 2)

/* One of the four numbers, and the comma behind it. */
static bool parse_part(const char **text, bool last, long *value)
{
    bool negative = **text == '-';
    uint64_t number;

    if (parse_u64(*text + negative, 10, &number, text) || number > INT32_MAX ||
        **text != (last ? '\0' : ','))
        return false;
    *text += !last;
    *value = negative ? -(long)number : (long)number;
    return true;
}

/* fault_inject_init - contract in the header. */
void fault_inject_init(void)
{
    const char *text = cmdline_get("fail_page_alloc"), *p = text;
    long interval, probability, space, times;

    if (!text)
        return;
    if (!parse_part(&p, false, &interval) || !parse_part(&p, false, &probability) ||
        !parse_part(&p, false, &space) || !parse_part(&p, true, &times) || interval < 0 ||
        probability < 0 || probability > 100 || space < 0 || times < FOREVER) {
        pr_err(
            "fail_page_alloc=%s: INTERVAL,PROBABILITY,SPACE,TIMES are wanted, such as 10,50,0,-1; nothing "
            "will fail",
            text);
        return;
    }
    settings.interval = interval;
    settings.probability = probability;
    settings.space = space;
    settings.times = times;
    arm();
}
