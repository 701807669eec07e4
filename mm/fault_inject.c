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
 *                  ignore-gfp-wait is N. failslab= and /sys/kernel/debug/failslab do the same to objects
 *                  of kmalloc() and the caches.
 *     one by one   fault_inject_nth(n): this thread's nth allocation, of pages or an object, fails, just
 *                  that. With n = 1, 2, 3... every path behind a failure is seen in turn; `ktest -f` does
 *                  so with tests.
 *
 * Example: fail_page_alloc=10,50,0,-1 with min-order 0 and ignore-gfp-wait N lets one allocation of twenty
 * fail for as long as the machine runs.
 *
 * What a CPU's lists and stacks serve at once nobody could let fail, and to ask there would cost everyone
 * an instruction. So they are taken away as long as something may fail: pcp_set_fast(false) empties the
 * table that the fast path of pages begins with, slab_set_fast(false) takes each CPU its stacks. The fast
 * paths find nothing, as on the first day, and go the long way, which asks.
 *
 * __GFP_NOFAIL never fails.
 *
 * LOCKING  arm_mutex: what is armed, and whether the fast paths serve. The settings have none
 *          (mm/fault_attr.h).
 * SOURCES  Linux 6.1, Documentation/fault-injection/fault-injection.rst, "Fault injection capabilities
 *          infrastructure": names and meaning.
 */
#include "mm/fault_inject.h"
#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "kernel/sysctl.h"
#include "kernel/task.h"
#include "mm/fault_attr.h"
#include "mm/pcp.h"
#include "mm/slab.h"
#include <arch/clock.h>
#include <arch/page.h>

bool fail_page_alloc_armed, failslab_armed;

static DEFINE_MUTEX(arm_mutex);
static unsigned nr_nth_threads; /* with task.fail_nth set; protected by arm_mutex */

/* Linux's defaults. */
static struct fault_attr page_alloc = {
    .interval = 1, .times = 1, .min_order = 1, .ignore_gfp_wait = 1, .verbose = 1};
static struct fault_attr slab = {.interval = 1, .times = 1, .ignore_gfp_wait = 1, .verbose = 1};

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

/* The fast paths serve if nothing can fail there. */
static void arm(void) __must_hold(arm_mutex)
{
    bool pages = nr_nth_threads != 0 || fault_attr_is_on(&page_alloc);
    bool objects = nr_nth_threads != 0 || fault_attr_is_on(&slab);

    if (pages != fail_page_alloc_armed) {
        WRITE_ONCE(fail_page_alloc_armed, pages);
        pcp_set_fast(!pages);
    }
    if (objects != failslab_armed) {
        WRITE_ONCE(failslab_armed, objects);
        slab_set_fast(!objects);
    }
}

/* ---- the questions ------------------------------------------------------------------------------ */

/* One by one: is it this thread's nth? False, and *@fails is nothing, if it doesn't count. */
static bool asks_nth(bool *fails)
{
    struct task *t = cpu_in_interrupt() ? NULL : current;

    if (!t || !t->fail_nth)
        return false;
    *fails = --t->fail_nth == 0;
    return true;
}

static bool fails_by_chance(struct fault_attr *a, gfp_t gfp, unsigned long size)
{
    if (READ_ONCE(a->ignore_gfp_wait) && (gfp & __GFP_DIRECT_RECLAIM))
        return false;
    return fault_attr_fails(a, size, percent());
}

static bool tells(const struct fault_attr *a, gfp_t gfp)
{
    return READ_ONCE(a->verbose) && !(gfp & __GFP_NOWARN);
}

/* should_fail_alloc_page_slow - it is armed. Context: any. */
bool should_fail_alloc_page_slow(gfp_t gfp, unsigned order)
{
    bool fails;

    if (gfp & __GFP_NOFAIL)
        return false;
    if (asks_nth(&fails))
        return fails;
    if ((long)order < READ_ONCE(page_alloc.min_order))
        return false;
    fails = fails_by_chance(&page_alloc, gfp, PAGE_SIZE << order);
    if (fails && tells(&page_alloc, gfp))
        pr_info("fail_page_alloc: an allocation of order %u fails on purpose", order);
    return fails;
}

/* should_failslab_slow - it is armed. Context: any. */
bool should_failslab_slow(gfp_t gfp, size_t size)
{
    bool fails;

    if (gfp & __GFP_NOFAIL)
        return false;
    if (asks_nth(&fails))
        return fails;
    fails = fails_by_chance(&slab, gfp, size);
    if (fails && tells(&slab, gfp))
        pr_info("failslab: an allocation of %zu bytes fails on purpose", size);
    return fails;
}

/* fault_inject_nth - contract in the header. Context: a thread, may sleep. */
void fault_inject_nth(unsigned n)
{
    bool had = current->fail_nth_set;

    current->fail_nth = 0; /* what the arming itself allocates doesn't count */
    current->fail_nth_set = n != 0;
    if (current->fail_nth_set != had) {
        mutex_lock(&arm_mutex);
        nr_nth_threads += had ? -1U : 1U;
        arm();
        mutex_unlock(&arm_mutex);
    }
    current->fail_nth = n;
}

/* fault_inject_nth_left - contract in the header. Context: a thread. */
unsigned fault_inject_nth_left(void)
{
    return current->fail_nth;
}

/* ---- settings ---------------------------------------------------------------------------------- */

/* Is @word all of @text, but for a line's end? */
static bool is_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    return strncmp(text, word, len) == 0 &&
           (text[len] == '\0' || (text[len] == '\n' && text[len + 1] == '\0'));
}

/* A number, Linux's Y and N where it is 0 or 1, or -1 where that is the least. */
static int parse(const char *name, const char *text, long least, long most, long *value)
{
    unsigned long number;

    if (most == 1 && (is_word(text, "Y") || is_word(text, "N"))) {
        *value = text[0] == 'Y';
        return 0;
    }
    if (least == FAULT_FOREVER && is_word(text, "-1")) {
        *value = FAULT_FOREVER;
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
    mutex_lock(&arm_mutex);
    __atomic_store_n(setting, value, __ATOMIC_RELAXED);
    arm();
    mutex_unlock(&arm_mutex);
    return 0;
}

/* The two functions of a file. */
#define SETTING(_attr, _name, _text, _least, _most)                                                \
    void fault_##_attr##_##_name##_show(struct seqbuf *s)                                          \
    {                                                                                              \
        seq_printf(s, "%ld\n", READ_ONCE(_attr._name));                                            \
    }                                                                                              \
                                                                                                   \
    int fault_##_attr##_##_name##_store(const char *text, size_t len)                              \
    {                                                                                              \
        (void)len;                                                                                 \
        return set(_text, text, _least, _most, &_attr._name);                                      \
    }

#define BOTH(_name, _text, _least, _most)                                                          \
    SETTING(page_alloc, _name, "fail_page_alloc/" _text, _least, _most)                            \
    SETTING(slab, _name, "failslab/" _text, _least, _most)

BOTH(interval, "interval", 0, INT32_MAX)
BOTH(probability, "probability", 0, 100)
BOTH(space, "space", 0, INT64_MAX)
BOTH(times, "times (-1: without end)", FAULT_FOREVER, INT32_MAX)
BOTH(ignore_gfp_wait, "ignore-gfp-wait", 0, 1)
BOTH(verbose, "verbose", 0, 2)
SETTING(page_alloc, min_order, "fail_page_alloc/min-order", 0, 10)

static void set_by_option(const char *name, struct fault_attr *a)
{
    const char *text = cmdline_get(name), *wrong;

    wrong = text ? fault_attr_parse(a, text) : NULL;
    if (wrong)
        pr_err(
            "%s=%s: %s. INTERVAL,PROBABILITY,SPACE,TIMES are wanted, such as 10,50,0,-1; nothing "
            "will fail",
            name, text, wrong);
}

/* fault_inject_init - contract in the header. */
void fault_inject_init(void)
{
    mutex_lock(&arm_mutex);
    set_by_option("fail_page_alloc", &page_alloc);
    set_by_option("failslab", &slab);
    arm();
    mutex_unlock(&arm_mutex);
}
