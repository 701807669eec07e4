/*
 * tests/kernel/test_fault_inject.c - what is to fail fails, and nothing else.
 *
 * Blocks of 2^TEST_ORDER pages are tried where the whole kernel is concerned: hardly anybody else asks for
 * such, so that failures that are counted are the test's.
 */
#include "kernel/fs/vfs.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "mm/fault_inject.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "tests/kernel/thread_helpers.h"

#define TEST_ORDER 5
#define MAX_TRIES  200

#define ITSELF     "it lets allocations fail itself"

static const char *const names[] = {"fail_page_alloc/probability",
                                    "fail_page_alloc/interval",
                                    "fail_page_alloc/space",
                                    "fail_page_alloc/times",
                                    "fail_page_alloc/min-order",
                                    "fail_page_alloc/ignore-gfp-wait",
                                    "fail_page_alloc/verbose",
                                    "failslab/probability",
                                    "failslab/interval",
                                    "failslab/space",
                                    "failslab/times",
                                    "failslab/ignore-gfp-wait",
                                    "failslab/verbose"};

static char saved[ARRAY_SIZE(names)][24];

static const char *path_of(const char *name)
{
    static char path[64];
    struct seqbuf s;

    seqbuf_init(&s, path, sizeof(path));
    seq_printf(&s, "/sys/kernel/debug/%s", name);
    return seqbuf_str(&s);
}

static int set(const char *name, const char *text)
{
    return vfs_write(path_of(name), text, strlen(text));
}

static const char *get(const char *name, char *buf, size_t size)
{
    struct seqbuf s;

    seqbuf_init(&s, buf, size);
    KEXPECT_EQ(0, vfs_read(path_of(name), &s));
    return seqbuf_str(&s);
}

static void restore(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        KEXPECT_EQ(0, set(names[i], saved[i]));
}

/* Nothing fails by chance; how it was comes back when the test is over. */
static void begin(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        get(names[i], saved[i], sizeof(saved[i]));
    ktest_defer(restore, NULL);
    KEXPECT_EQ(0, set("fail_page_alloc/probability", "0"));
    KEXPECT_EQ(0, set("fail_page_alloc/verbose", "0"));
    KEXPECT_EQ(0, set("fail_page_alloc/interval", "1"));
    KEXPECT_EQ(0, set("fail_page_alloc/space", "0"));
    KEXPECT_EQ(0, set("fail_page_alloc/times", "-1"));
    KEXPECT_EQ(0, set("fail_page_alloc/min-order", "5"));
    KEXPECT_EQ(0, set("fail_page_alloc/ignore-gfp-wait", "N"));
    KEXPECT_EQ(0, set("failslab/probability", "0"));
}

static bool page_fails(gfp_t gfp, unsigned order)
{
    struct page *page = alloc_pages(gfp | __GFP_NOWARN, order);

    if (page)
        __free_pages(page, order);
    return !page;
}

static bool object_fails(size_t size, gfp_t gfp)
{
    void *p = kmalloc(size, gfp | __GFP_NOWARN);

    kfree(p);
    return !p;
}

/* How many of @nr blocks fail. */
static int failures_of(int nr)
{
    int nr_failed = 0;

    for (int i = 0; i < nr; i++)
        nr_failed += page_fails(GFP_KERNEL, TEST_ORDER);
    return nr_failed;
}

/* ---- one by one --------------------------------------------------------------------------------- */

/* If more failed than one, the path behind the first would hide what is wrong with the second. */
KTEST(fault_inject, nth_allocation_fails_and_only_that)
{
    bool fails[5];

    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    fault_inject_nth(3);
    for (int i = 0; i < 5; i++)
        fails[i] = page_fails(GFP_KERNEL, 0);
    KEXPECT_EQ(0, fault_inject_nth_left());
    fault_inject_nth(0);
    for (int i = 0; i < 5; i++)
        KEXPECT_EQ(i == 2, fails[i]);
}

/* Objects come from a CPU's stack, where nobody asks whether they shall fail. */
KTEST(fault_inject, nth_may_be_an_object_though_the_cpu_has_some)
{
    bool first, second;

    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    for (int i = 0; i < 10; i++)
        object_fails(64, GFP_KERNEL);
    fault_inject_nth(1);
    first = object_fails(64, GFP_KERNEL);
    second = object_fails(64, GFP_KERNEL);
    fault_inject_nth(0);
    KEXPECT(first);
    KEXPECT(!second);
}

/* Who says that he cannot go on without it must not be the one that it is tried on. */
KTEST(fault_inject, what_must_not_fail_does_not_and_does_not_count)
{
    unsigned left;

    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    fault_inject_nth(1);
    KEXPECT(!page_fails(GFP_KERNEL | __GFP_NOFAIL, 0));
    left = fault_inject_nth_left();
    fault_inject_nth(0);
    KEXPECT_EQ(1, left);
}

static int count_failures(void *nr_failed)
{
    for (int i = 0; i < 20; i++)
        *(int *)nr_failed += page_fails(GFP_KERNEL, 0) + object_fails(100, GFP_KERNEL);
    return 0;
}

/* The kernel around the test has to work, or what is seen says nothing about the test. */
KTEST(fault_inject, other_threads_are_left_alone)
{
    static int nr_failed;
    struct task *t;
    unsigned left;

    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    nr_failed = 0;
    t = own_thread(kthread_create(count_failures, &nr_failed, "bystander"));
    KASSERT(t != NULL);
    fault_inject_nth(1);
    kthread_start(t);
    join_thread(t);
    left = fault_inject_nth_left();
    fault_inject_nth(0);
    KEXPECT_EQ(0, nr_failed);
    KEXPECT_EQ(1, left);
}

/* ---- by chance ---------------------------------------------------------------------------------- */

/* Without an end a machine would be tried to death. */
KTEST(fault_inject, times_is_used_up)
{
    char text[24];

    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    KEXPECT_EQ(0, set("fail_page_alloc/times", "3"));
    KEXPECT_EQ(0, set("fail_page_alloc/probability", "100"));
    for (int i = 0; i < 6; i++)
        KEXPECT_EQ(i < 3, page_fails(GFP_KERNEL, TEST_ORDER));
    KEXPECT(strcmp(get("fail_page_alloc/times", text, sizeof(text)), "0\n") == 0);
}

KTEST(fault_inject, each_intervalth_fails)
{
    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    KEXPECT_EQ(0, set("fail_page_alloc/interval", "4"));
    KEXPECT_EQ(0, set("fail_page_alloc/probability", "100"));
    KEXPECT_EQ(10, failures_of(40));
}

/* A system that has to come up first gets what it needs for that. */
KTEST(fault_inject, nothing_fails_before_space_is_used_up)
{
    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    KEXPECT_EQ(0, set("fail_page_alloc/space", "400000")); /* of 131072 bytes three */
    KEXPECT_EQ(0, set("fail_page_alloc/probability", "100"));
    for (int i = 0; i < 6; i++)
        KEXPECT_EQ(i >= 3, page_fails(GFP_KERNEL, TEST_ORDER));
}

/* Half of 200: 100, give or take seven standard deviations. */
KTEST(fault_inject, probability_is_kept)
{
    int nr;

    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    KEXPECT_EQ(0, failures_of(20));
    KEXPECT_EQ(0, set("fail_page_alloc/probability", "50"));
    nr = failures_of(MAX_TRIES);
    KEXPECT(nr > 50 && nr < 150);
}

/* Small blocks are what nobody checks, and those who can wait get theirs in the end. */
KTEST(fault_inject, small_blocks_and_who_can_wait_are_spared)
{
    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    KEXPECT_EQ(0, set("fail_page_alloc/probability", "100"));
    KEXPECT(!page_fails(GFP_KERNEL, TEST_ORDER - 1));
    KEXPECT(page_fails(GFP_KERNEL, TEST_ORDER));
    KEXPECT(!page_fails(GFP_KERNEL | __GFP_NOFAIL, TEST_ORDER));
    KEXPECT_EQ(0, set("fail_page_alloc/ignore-gfp-wait", "Y"));
    KEXPECT(!page_fails(GFP_KERNEL, TEST_ORDER));
    KEXPECT(page_fails(GFP_NOWAIT, TEST_ORDER));
}

/* For a moment no thread of the machine that may wait gets an object. */
KTEST(fault_inject, objects_fail_by_chance_too)
{
    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    KEXPECT_EQ(0, set("failslab/verbose", "0"));
    KEXPECT_EQ(0, set("failslab/times", "-1"));
    KEXPECT_EQ(0, set("failslab/space", "0"));
    KEXPECT_EQ(0, set("failslab/interval", "1"));
    KEXPECT_EQ(0, set("failslab/ignore-gfp-wait", "N"));
    KEXPECT_EQ(0, set("failslab/probability", "100"));
    KEXPECT(object_fails(64, GFP_KERNEL));
    KEXPECT(!page_fails(GFP_KERNEL, TEST_ORDER));
    KEXPECT_EQ(0, set("failslab/ignore-gfp-wait", "Y"));
    KEXPECT(!object_fails(64, GFP_KERNEL));
    KEXPECT(object_fails(64, GFP_NOWAIT));
    KEXPECT_EQ(0, set("failslab/probability", "0"));
    KEXPECT(!object_fails(64, GFP_NOWAIT));
}

/* ---- the files ---------------------------------------------------------------------------------- */

/* A slip of the hand must not let the machine fail in another way than was meant. */
KTEST(fault_inject, wrong_values_are_refused_and_change_nothing)
{
    static const struct {
        const char *name, *text;
    } wrong[] = {{"fail_page_alloc/probability", "101"},
                 {"fail_page_alloc/probability", "-1"},
                 {"fail_page_alloc/probability", "many"},
                 {"fail_page_alloc/interval", "-1"},
                 {"fail_page_alloc/times", "-2"},
                 {"fail_page_alloc/times", "-1x"},
                 {"fail_page_alloc/min-order", "11"},
                 {"fail_page_alloc/ignore-gfp-wait", "2"},
                 {"fail_page_alloc/ignore-gfp-wait", "Yes"},
                 {"fail_page_alloc/space", ""},
                 {"fail_page_alloc/verbose", "3"},
                 {"failslab/probability", "101"},
                 {"failslab/times", "--1"},
                 {"failslab/interval", "1,2"}};
    char before[24], after[24];

    KSKIP_IF(ktest_lets_fail(), ITSELF);
    begin();
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        get(wrong[i].name, before, sizeof(before));
        KEXPECT_EQ(-EINVAL, set(wrong[i].name, wrong[i].text));
        KEXPECT(strcmp(before, get(wrong[i].name, after, sizeof(after))) == 0);
    }
    KEXPECT_EQ(-ENOENT, set("failslab/min-order", "1"));
}
