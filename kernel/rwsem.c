/*
 * kernel/rwsem.c - a lock for many readers or one writer, who may sleep.
 *
 * THEORY
 *
 * Whoever lets go gives the lock to those who wait, in their order: to a writer alone, or to all
 * readers up to the next writer. Who is woken has the lock already.
 *
 *     held by writer W; waiting: R1 R2 W2 R3       W lets go: R1 and R2 have it
 *                                W2 R3             R1 and R2 let go: W2 has it
 */
#include "kernel/rwsem.h"
#include "kernel/bug.h"
#include "kernel/sched.h"

struct waiter {
    struct list_head link;
    struct task *task;
    bool writes;
    bool granted; /* it has the lock, and is in no list any more */
};

/* init_rwsem - nobody holds it. */
void init_rwsem(struct rw_semaphore *sem)
{
    spin_lock_init(&sem->lock, "rwsem", LOCK_WAIT);
    sem->nr_readers = 0;
    sem->writer = NULL;
    list_init(&sem->waiters);
}

/* Give the lock to @task if that is possible, whoever waits. */
static bool grant(struct rw_semaphore *sem, const struct task *task, bool writes)
    __must_hold(sem->lock)
{
    if (sem->writer || (writes && sem->nr_readers > 0))
        return false;
    if (writes)
        sem->writer = task;
    else
        sem->nr_readers++;
    return true;
}

static void grant_waiters(struct rw_semaphore *sem) __must_hold(sem->lock)
{
    while (!list_empty(&sem->waiters)) {
        struct waiter *w = list_first_entry(&sem->waiters, struct waiter, link);

        if (!grant(sem, w->task, w->writes))
            return;
        list_del(&w->link);
        w->granted = true;
        wake_up_process(w->task); /* it needs the lock to go on, so it is still there */
    }
}

static bool try_down(struct rw_semaphore *sem, bool writes)
{
    unsigned long flags;
    bool granted;

    spin_lock_irqsave(&sem->lock, flags);
    granted = list_empty(&sem->waiters) && grant(sem, current, writes);
    spin_unlock_irqrestore(&sem->lock, flags);
    return granted;
}

static void down(struct rw_semaphore *sem, bool writes)
{
    struct waiter w = {.task = current, .writes = writes};
    unsigned long flags;

    might_sleep();
    if (READ_ONCE(sem->writer) == current)
        panic("%s takes an rwsem that it holds for writing, and would wait for itself",
              current->comm);
    spin_lock_irqsave(&sem->lock, flags);
    if (list_empty(&sem->waiters) && grant(sem, current, writes))
        w.granted = true;
    else
        list_add_tail(&w.link, &sem->waiters);
    while (!w.granted) {
        set_current_state(TASK_UNINTERRUPTIBLE);
        spin_unlock_irqrestore(&sem->lock, flags);
        schedule();
        spin_lock_irqsave(&sem->lock, flags);
    }
    spin_unlock_irqrestore(&sem->lock, flags);
}

/* Contracts of all these in the header. */
void down_read(struct rw_semaphore *sem)
{
    down(sem, false);
}

void down_write(struct rw_semaphore *sem)
{
    down(sem, true);
}

bool down_read_trylock(struct rw_semaphore *sem)
{
    return try_down(sem, false);
}

bool down_write_trylock(struct rw_semaphore *sem)
{
    return try_down(sem, true);
}

void up_read(struct rw_semaphore *sem)
{
    unsigned long flags;

    spin_lock_irqsave(&sem->lock, flags);
    BUG_ON(sem->nr_readers <= 0);
    if (--sem->nr_readers == 0)
        grant_waiters(sem);
    spin_unlock_irqrestore(&sem->lock, flags);
}

void up_write(struct rw_semaphore *sem)
{
    unsigned long flags;

    spin_lock_irqsave(&sem->lock, flags);
    BUG_ON(sem->writer != current);
    sem->writer = NULL;
    grant_waiters(sem);
    spin_unlock_irqrestore(&sem->lock, flags);
}

void downgrade_write(struct rw_semaphore *sem)
{
    unsigned long flags;

    spin_lock_irqsave(&sem->lock, flags);
    BUG_ON(sem->writer != current);
    sem->writer = NULL;
    sem->nr_readers = 1;
    grant_waiters(sem);
    spin_unlock_irqrestore(&sem->lock, flags);
}
