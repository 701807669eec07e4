/*
 * kernel/task.c - threads as objects: their memory, their numbers, the list of all.
 *
 * THEORY
 *
 * The structures are objects of a cache (mm/slab.c), in the memory of the thread's node.
 *
 * A structure lives as long as somebody has a reference: its creator has one, until the thread is
 * joined; the list has one as long as the thread is in it.
 *
 * Numbers are given out upwards and used again only when the highest has been reached, so that a
 * number in an old log line doesn't soon mean somebody else.
 *
 * LOCKING  tasks_lock protects the list and the numbers.
 */
#include "kernel/task.h"
#include "kernel/bug.h"
#include "kernel/lib/bitmap.h"
#include "kernel/lib/errno.h"
#include "mm/slab.h"
#include <arch/clock.h>

#define PID_MAX 32768 /* Linux's default of /proc/sys/kernel/pid_max */

static struct kmem_cache *task_cache; /* of struct task */

static DEFINE_SPINLOCK(tasks_lock, LOCK_TASKS);
static struct list_head all_tasks = LIST_HEAD_INIT(all_tasks);
static unsigned long pids[BITMAP_WORDS(PID_MAX)]; /* 0 is never in it: idle threads share it */
static int last_pid;
static int nr_tasks;
static unsigned long nr_created; /* since boot */

/* ---- memory ---------------------------------------------------------------------------------- */

/* task_init - contract in the header. */
void task_init(void)
{
    task_cache = kmem_cache_create("task_struct", sizeof(struct task), 0,
                                   SLAB_HWCACHE_ALIGN | SLAB_PANIC, NULL);
}

/*
 * task_alloc - contract in the header. All bytes that it doesn't name are 0.
 *
 * Context: may sleep, once threads run.
 */
struct task *task_alloc(int nid)
{
    struct task *t = kmem_cache_alloc_node(task_cache, GFP_KERNEL | __GFP_ZERO, nid);

    if (!t)
        return NULL;
    t->nid = nid;
    t->refs = 1;
    t->start_ns = clock_ns();
    completion_init(&t->exited);
    completion_init(&t->parked);
    return t;
}

/* task_get - one reference more. Context: any. */
struct task *task_get(struct task *t)
{
    __atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
    return t;
}

/* task_put - one less; the last frees the structure. Context: any. */
void task_put(struct task *t)
{
    unsigned int before = __atomic_fetch_sub(&t->refs, 1, __ATOMIC_ACQ_REL);

    BUG_ON(before == 0);
    if (before == 1)
        kmem_cache_free(task_cache, t);
}

/* ---- numbers and the list -------------------------------------------------------------------- */

static int find_free_pid(void) __must_hold(tasks_lock)
{
    int pid = last_pid;

    do {
        pid = pid + 1 < PID_MAX ? pid + 1 : 1;
        if (!bitmap_test(pids, (unsigned)pid))
            return pid;
    } while (pid != last_pid);
    return -ENOSPC;
}

/*
 * task_register - contract in the header: 0, or -ENOSPC if all numbers are taken.
 */
int task_register(struct task *t)
{
    unsigned long flags;
    int pid;

    spin_lock_irqsave(&tasks_lock, flags);
    pid = find_free_pid();
    if (pid > 0) {
        bitmap_set(pids, (unsigned)pid);
        last_pid = pid;
        nr_tasks++;
        nr_created++;
        t->pid = pid;
        list_add_tail(&task_get(t)->tasks, &all_tasks);
    }
    spin_unlock_irqrestore(&tasks_lock, flags);
    return pid > 0 ? 0 : pid;
}

/* task_unregister - @t is in the list no more, and its number free. */
void task_unregister(struct task *t)
{
    unsigned long flags;

    spin_lock_irqsave(&tasks_lock, flags);
    list_del(&t->tasks);
    bitmap_clear(pids, (unsigned)t->pid);
    nr_tasks--;
    spin_unlock_irqrestore(&tasks_lock, flags);
    task_put(t);
}

static struct task *find_locked(int pid) __must_hold(tasks_lock)
{
    struct task *t;

    if (pid <= 0 || pid >= PID_MAX || !bitmap_test(pids, (unsigned)pid))
        return NULL;
    list_for_each_entry (t, &all_tasks, tasks) {
        if (t->pid == pid)
            return task_get(t);
    }
    return NULL;
}

/* task_find - contract in the header. Context: any. O(threads). */
struct task *task_find(int pid)
{
    unsigned long flags;
    struct task *t;

    spin_lock_irqsave(&tasks_lock, flags);
    t = find_locked(pid);
    spin_unlock_irqrestore(&tasks_lock, flags);
    return t;
}

/* task_next_pid - contract in the header. Context: any. */
int task_next_pid(int after)
{
    unsigned long flags;
    unsigned pid;

    if (after >= PID_MAX)
        return -1;
    spin_lock_irqsave(&tasks_lock, flags);
    pid = bitmap_next(pids, PID_MAX, (unsigned)(after + 1));
    spin_unlock_irqrestore(&tasks_lock, flags);
    return pid < PID_MAX ? (int)pid : -1;
}

/* task_nr - how many threads there are, idle ones not counted. A snapshot. */
int task_nr(void)
{
    return READ_ONCE(nr_tasks);
}

/* task_nr_created - how many there have been. A snapshot. */
unsigned long task_nr_created(void)
{
    return READ_ONCE(nr_created);
}

/* task_nr_blocked - contract in the header. */
int task_nr_blocked(void)
{
    unsigned long flags;
    struct task *t;
    int nr = 0;

    spin_lock_irqsave(&tasks_lock, flags);
    list_for_each_entry (t, &all_tasks, tasks) {
        if (READ_ONCE(t->state) == TASK_UNINTERRUPTIBLE && READ_ONCE(t->on_rq) == TASK_NOT_QUEUED)
            nr++;
    }
    spin_unlock_irqrestore(&tasks_lock, flags);
    return nr;
}

/* task_last_pid - contract in the header; a snapshot. */
int task_last_pid(void)
{
    return READ_ONCE(last_pid);
}

/* ---- for display ----------------------------------------------------------------------------- */

static const struct {
    unsigned int state;
    char letter;
    const char *name;
} states[] = {
    {TASK_INTERRUPTIBLE, 'S', "sleeping"},
    {TASK_UNINTERRUPTIBLE, 'D', "disk sleep"},
    {TASK_PARKED, 'P', "parked"},
    {TASK_DEAD, 'X', "dead"},
    {TASK_NEW, 'N', "new"},
};

/* task_state_char - contract in the header; a snapshot. */
char task_state_char(const struct task *t)
{
    unsigned int state = READ_ONCE(t->state);

    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (state & states[i].state)
            return states[i].letter;
    return 'R';
}

/* task_state_name - in Linux's words; a snapshot. */
const char *task_state_name(const struct task *t)
{
    unsigned int state = READ_ONCE(t->state);

    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (state & states[i].state)
            return states[i].name;
    return "running";
}
