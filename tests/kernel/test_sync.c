/*
 * tests/kernel/test_sync.c - wait queues, completions, mutexes, rw-semaphores, sequence counts: a little
 * of each on every machine, and torture from all CPUs at once in the slow tests.
 */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/mutex.h"
#include "kernel/rwsem.h"
#include "kernel/sched.h"
#include "kernel/seqlock.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include "tests/kernel/thread_helpers.h"
#include <arch/cpu.h>

#define MAX_WORKERS (NR_CPUS + 1)
#define LIMIT_NS    (20 * NS_PER_S)

/* What the workers of a test do: set by light_load() or torture(). */
static int nr_workers, nr_turns;

static void light_load(void)
{
    nr_workers = min(cpumask_weight(&cpu_online_mask) + 1, 5);
    nr_turns = 240;
}

/* One thread more than there are CPUs; the more there are, the fewer turns for each. */
static void torture(void)
{
    nr_workers = cpumask_weight(&cpu_online_mask) + 1;
    nr_turns = max(12000 / nr_workers / 8 * 8, 240);
}

/* Run @fn in all workers; false if one returned other than 0, or was not to be had: then none ran. */
static bool run_workers(int (*fn)(void *arg))
{
    static struct task *t[MAX_WORKERS];
    bool ok = true;

    for (int i = 0; i < nr_workers; i++) {
        t[i] = own_thread(kthread_create(fn, (void *)(intptr_t)i, "worker/%d", i));
        if (!t[i])
            return false;
    }
    for (int i = 0; i < nr_workers; i++)
        kthread_start(t[i]);
    for (int i = 0; i < nr_workers; i++)
        ok &= join_thread(t[i]) == 0;
    return ok;
}

/* Take the CPU away in the middle, now and then. */
static void disturb(int turn)
{
    if (turn % 16 == 0)
        sched_yield();
    if (turn % 256 == 0)
        usleep(10);
}

/* ---- mutex ---- */

static DEFINE_MUTEX(mutex);
static unsigned long shared; /* protected by what is tested */

static int count_under_mutex(void *arg)
{
    (void)arg;
    for (int i = 0; i < nr_turns; i++) {
        unsigned long seen;

        mutex_lock(&mutex);
        seen = READ_ONCE(shared);
        disturb(i);
        WRITE_ONCE(shared, seen + 1);
        mutex_unlock(&mutex);
    }
    return 0;
}

static void check_mutex(void)
{
    shared = 0;
    KASSERT(run_workers(count_under_mutex));
    KEXPECT_EQ(nr_workers * nr_turns, shared);
    KEXPECT(!mutex_is_locked(&mutex));
}

/* Two holders at once lose each other's updates. */
KTEST(mutex, one_thread_at_a_time_holds_it)
{
    light_load();
    check_mutex();
}

KTEST_SLOW(mutex, one_thread_at_a_time_holds_it_under_torture)
{
    torture();
    check_mutex();
}

/* Take it twice: does the first, and the second, try succeed? */
static void try_twice(bool *first, bool *second) __no_lock_analysis
{
    *first = mutex_trylock(&mutex);
    *second = mutex_trylock(&mutex);
    if (*first)
        mutex_unlock(&mutex);
}

KTEST(mutex, trylock_fails_while_it_is_held)
{
    bool first, second;

    try_twice(&first, &second);
    KEXPECT(first);
    KEXPECT(!second);
    KEXPECT(!mutex_is_locked(&mutex));
}

/* ---- rwsem ---- */

static struct rw_semaphore sem;
static unsigned long left, right; /* equal, but while a writer holds sem */

static int read_and_write(void *arg)
{
    int me = (int)(intptr_t)arg, broken = 0;

    for (int i = 0; i < nr_turns; i++) {
        if ((i + me) % 8 == 0) {
            down_write(&sem);
            WRITE_ONCE(left, left + 1);
            disturb(i);
            WRITE_ONCE(right, right + 1);
            if (i % 3 == 0) {
                downgrade_write(&sem);
                broken += READ_ONCE(left) != READ_ONCE(right);
                up_read(&sem);
            } else {
                up_write(&sem);
            }
        } else {
            unsigned long a;

            down_read(&sem);
            a = READ_ONCE(left);
            disturb(i);
            broken += a != READ_ONCE(right);
            up_read(&sem);
        }
    }
    return broken;
}

static void check_rwsem(void)
{
    init_rwsem(&sem);
    left = right = 0;
    KASSERT(run_workers(read_and_write));
    KEXPECT_EQ(left, right);
    KEXPECT_EQ(nr_workers * nr_turns / 8, left);
}

/* A reader beside a writer sees half of a change. */
KTEST(rwsem, writers_are_alone_and_readers_see_whole_changes)
{
    light_load();
    check_rwsem();
}

KTEST_SLOW(rwsem, writers_are_alone_under_torture)
{
    torture();
    check_rwsem();
}

KTEST(rwsem, readers_share_it_and_a_writer_does_not)
{
    init_rwsem(&sem);
    KEXPECT(down_read_trylock(&sem));
    KEXPECT(down_read_trylock(&sem));
    KEXPECT(!down_write_trylock(&sem));
    up_read(&sem);
    up_read(&sem);
    KEXPECT(down_write_trylock(&sem));
    KEXPECT(!down_read_trylock(&sem));
    up_write(&sem);
}

/* ---- completion ---- */

KTEST(completion, each_event_is_taken_once)
{
    struct completion c;

    completion_init(&c);
    KEXPECT(!try_wait_for_completion(&c));
    complete(&c);
    complete(&c);
    wait_for_completion(&c);
    KEXPECT(try_wait_for_completion(&c));
    KEXPECT(!try_wait_for_completion(&c));
}

KTEST(completion, wait_with_a_limit_ends_at_the_limit)
{
    struct completion c;

    completion_init(&c);
    KEXPECT(!wait_for_completion_timeout(&c, NS_PER_MS));
    complete_all(&c);
    KEXPECT(wait_for_completion_timeout(&c, NS_PER_MS));
    KEXPECT(wait_for_completion_timeout(&c, 0));
}

static struct completion gate;

static int pass_gate(void *arg)
{
    (void)arg;
    return wait_for_completion_timeout(&gate, LIMIT_NS) ? 0 : -EIO;
}

static int open_gate(void *arg)
{
    (void)arg;
    msleep(2);
    complete_all(&gate);
    return 0;
}

KTEST(completion, complete_all_lets_everyone_go)
{
    struct task *opener;

    light_load();
    completion_init(&gate);
    opener = own_thread(kthread_run(open_gate, NULL, "opener"));
    KASSERT(opener != NULL);
    KEXPECT(run_workers(pass_gate));
    join_thread(opener);
}

/* ---- wait queues ---- */

static DEFINE_WAIT_QUEUE(queue);
static unsigned long items; /* to be taken; atomic */

static bool take_item(void)
{
    unsigned long nr = __atomic_load_n(&items, __ATOMIC_RELAXED);

    while (nr > 0)
        if (__atomic_compare_exchange_n(&items, &nr, nr - 1, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

static int consume(void *arg)
{
    (void)arg;
    for (int i = 0; i < nr_turns; i++)
        wait_event_exclusive(&queue, take_item());
    return 0;
}

static int produce(void *arg)
{
    (void)arg;
    for (int i = 0; i < nr_workers * nr_turns; i++) {
        __atomic_fetch_add(&items, 1, __ATOMIC_SEQ_CST);
        wake_up(&queue);
        disturb(i);
    }
    return 0;
}

static void check_wait_queue(void)
{
    struct task *producer;

    items = 0;
    producer = own_thread(kthread_run(produce, NULL, "producer"));
    KASSERT(producer != NULL);
    KASSERT(run_workers(consume));
    join_thread(producer);
    KEXPECT_EQ(0, items);
    KEXPECT(wait_queue_empty(&queue));
}

/* An exclusive waiter whose wake-up is swallowed by another leaves an item, and itself, lying. */
KTEST(wait, every_item_reaches_an_exclusive_waiter)
{
    light_load();
    check_wait_queue();
}

KTEST_SLOW(wait, every_item_reaches_an_exclusive_waiter_under_torture)
{
    torture();
    check_wait_queue();
}

KTEST(wait, limit_without_the_condition_returns_0_and_with_it_what_is_left)
{
    KEXPECT_EQ(0, wait_event_timeout(&queue, false, NS_PER_MS));
    KEXPECT(wait_event_timeout(&queue, true, 0) > 0);
    KEXPECT(wait_queue_empty(&queue));
}

/* ---- sequence counts ---- */

static seqlock_t seq;

static int read_sequence(void *arg)
{
    int me = (int)(intptr_t)arg, broken = 0;

    for (int i = 0; i < nr_turns; i++) {
        unsigned long flags, a, b;
        unsigned int count;

        if (me == 0) {
            write_seqlock(&seq, flags);
            WRITE_ONCE(left, left + 1);
            cpu_relax();
            WRITE_ONCE(right, right + 1);
            write_sequnlock(&seq, flags);
            continue;
        }
        do {
            count = read_seqbegin(&seq.count);
            a = READ_ONCE(left);
            cpu_relax();
            b = READ_ONCE(right);
        } while (read_seqretry(&seq.count, count));
        broken += a != b;
    }
    return broken;
}

static void check_seqlock(void)
{
    seqlock_init(&seq, "test", LOCK_WAIT);
    left = right = 0;
    KASSERT(run_workers(read_sequence));
    KEXPECT_EQ(nr_turns, left);
}

/* Time, read half before and half after an update, jumps. */
KTEST(seqlock, readers_never_keep_a_mixture)
{
    light_load();
    check_seqlock();
}

KTEST_SLOW(seqlock, readers_never_keep_a_mixture_under_torture)
{
    torture();
    check_seqlock();
}

/* ---- sleeping where it is forbidden ---- */

/* With a spinlock held it hangs the next who wants the lock: seen only now and then without this. */
KTEST(might_sleep, waiting_with_a_spinlock_held_is_reported)
{
#ifdef CONFIG_DEBUG
    static DEFINE_SPINLOCK(spin, LOCK_TASKS);
    unsigned reports;

    report_expect();
    spin_lock(&spin);
    might_sleep();
    spin_unlock(&spin);
    reports = report_expect_end();
    KEXPECT_EQ(1, reports);
#else
    ktest_skip("not built with DEBUG=1");
#endif
}
