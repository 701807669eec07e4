/*
 * kernel/task.c - threads as objects: their memory, their numbers, the list of all.
 *
 * THEORY
 *
 * The structures lie in pages of their own, TASKS_PER_PAGE in each, in the memory of the thread's node.
 * Each node has a list of those pages that have room left; a page that gets empty goes back to the
 * buddy at once, so that what a node has free doesn't depend on how many threads there once were. A
 * page's descriptor says which of its places are taken.
 *
 * A structure lives as long as somebody has a reference: its creator has one, until the thread is
 * joined; the list has one as long as the thread is in it.
 *
 * Numbers are given out upwards and used again only when the highest has been reached, so that a
 * number in an old log line doesn't soon mean somebody else.
 *
 * LOCKING  pool_lock protects the pages' lists and bitmaps; tasks_lock the list and the numbers.
 */
#include "kernel/task.h"
#include "kernel/bug.h"
#include "kernel/kasan.h"
#include "kernel/lib/bitmap.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include <arch/clock.h>

#define PID_MAX        32768 /* Linux's default of /proc/sys/kernel/pid_max */
#define TASK_SIZE      ALIGN_UP(sizeof(struct task), 64)
#define TASKS_PER_PAGE (PAGE_SIZE / TASK_SIZE)
#define ALL_TAKEN      ((1ul << TASKS_PER_PAGE) - 1)

_Static_assert(TASKS_PER_PAGE >= 2 && TASKS_PER_PAGE < 64, "places are bits of a word");

static DEFINE_SPINLOCK(pool_lock, LOCK_TASK_POOL);
static struct list_head partial[MAX_NUMNODES]; /* of struct page.lru: pages with room, by node */

static DEFINE_SPINLOCK(tasks_lock, LOCK_TASKS);
static struct list_head all_tasks = LIST_HEAD_INIT(all_tasks);
static unsigned long pids[BITMAP_WORDS(PID_MAX)]; /* 0 is never in it: idle threads share it */
static int last_pid;
static int nr_tasks;
static unsigned long nr_created; /* since boot */

/* ---- memory ---------------------------------------------------------------------------------- */

/* The word of a pool page's descriptor that says which places are taken. */
static unsigned long *taken(struct page *page)
{
    return &page->private[0];
}

static struct list_head *partial_of(int nid)
{
    if (!partial[nid].next)
        list_init(&partial[nid]);
    return &partial[nid];
}

/* Take a place in a page with room; NULL if there is no such page. */
static struct task *take_place(int nid) __must_hold(pool_lock)
{
    struct list_head *pages = partial_of(nid);
    struct page *page;
    struct task *t;
    unsigned i;

    if (list_empty(pages))
        return NULL;
    page = list_first_entry(pages, struct page, lru);
    i = (unsigned)__builtin_ctzl(~*taken(page));
    *taken(page) |= 1ul << i;
    if (*taken(page) == ALL_TAKEN)
        list_del(&page->lru);
    t = (struct task *)((char *)page_address(page) + i * TASK_SIZE);
    kasan_unpoison(t, sizeof(*t));
    return t;
}

static void add_page(struct page *page) __must_hold(pool_lock)
{
    *taken(page) = 0;
    kasan_poison(page_address(page), PAGE_SIZE, KASAN_OBJECT_FREE);
    list_add(&page->lru, partial_of(page_to_nid(page)));
}

/* @nid's own pool may stay empty, if it has no memory: then where the page came from. */
static struct task *alloc_place(int nid)
{
    struct page *page;
    unsigned long flags;
    struct task *t;

    spin_lock_irqsave(&pool_lock, flags);
    t = take_place(nid);
    spin_unlock_irqrestore(&pool_lock, flags);
    if (t)
        return t;
    page = alloc_pages_node(nid, GFP_KERNEL, 0);
    if (!page)
        return NULL;
    spin_lock_irqsave(&pool_lock, flags);
    add_page(page);
    t = take_place(page_to_nid(page));
    spin_unlock_irqrestore(&pool_lock, flags);
    return t;
}

/*
 * task_alloc - contract in the header. All bytes that it doesn't name are 0.
 *
 * Context: may sleep, once threads run.
 */
struct task *task_alloc(int nid)
{
    int from = node_nearest_with_memory(nid);
    struct task *t = alloc_place(from);

    if (!t)
        return NULL;
    memset(t, 0, sizeof(*t));
    t->nid = nid;
    t->refs = 1;
    t->start_ns = clock_ns();
    completion_init(&t->exited);
    completion_init(&t->parked);
    return t;
}

static void free_place(struct task *t)
{
    struct page *page = virt_to_page(t), *empty = NULL;
    unsigned i = (unsigned)(((uintptr_t)t & (PAGE_SIZE - 1)) / TASK_SIZE);
    unsigned long flags;

    spin_lock_irqsave(&pool_lock, flags);
    if (*taken(page) == ALL_TAKEN)
        list_add(&page->lru, partial_of(page_to_nid(page)));
    *taken(page) &= ~(1ul << i);
    kasan_poison(t, TASK_SIZE, KASAN_OBJECT_FREE);
    if (*taken(page) == 0) {
        list_del(&page->lru);
        empty = page;
    }
    spin_unlock_irqrestore(&pool_lock, flags);
    if (empty)
        __free_pages(empty, 0);
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
        free_place(t);
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
