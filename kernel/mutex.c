/*
 * kernel/mutex.c - a lock whose holder may sleep, and for which others sleep.
 *
 * THEORY
 *
 * The word `owner` is 0, or the holder's task, with MUTEX_WAITERS in its lowest bit while somebody
 * waits. Without waiters lock and unlock are one compare-and-exchange each. With that bit set both
 * fail, and who wants something goes through `lock` and the list: unlock leaves the word at "nobody,
 * but waiters", which only the first of the list can turn into its own.
 *
 *     0 -> A                       A locks
 *     A -> A + W                   B finds it locked, and waits
 *     A + W -> 0 + W               A unlocks and wakes B; C, coming now, finds W and waits behind B
 *     0 + W -> B + W               B is the first; W stays, as C waits
 *
 * INVARIANTS
 *   M1  With MUTEX_WAITERS set, the word changes under `lock` only.
 *   M2  MUTEX_WAITERS is set while the list isn't empty.
 */
#include "kernel/mutex.h"
#include "kernel/bug.h"
#include "kernel/sched.h"

#define MUTEX_WAITERS 1ul /* tasks are aligned, so the lowest bit of their address is free */

struct waiter {
    struct list_head link;
    struct task *task;
};

/* mutex_init - unlocked. */
void mutex_init(struct mutex *m)
{
    m->owner = 0;
    spin_lock_init(&m->lock, "mutex", LOCK_WAIT);
    list_init(&m->waiters);
}

static bool change_owner(struct mutex *m, uintptr_t from, uintptr_t to)
{
    return __atomic_compare_exchange_n(&m->owner, &from, to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

/* Set MUTEX_WAITERS unless the mutex is free without it; M1 holds when this returns true. */
static bool mark_waiters(struct mutex *m) __must_hold(m->lock)
{
    uintptr_t owner = READ_ONCE(m->owner);

    while (owner != 0) {
        if ((owner & MUTEX_WAITERS) || change_owner(m, owner, owner | MUTEX_WAITERS))
            return true;
        owner = READ_ONCE(m->owner);
    }
    return false;
}

/* @w, the first of the list, takes the free mutex. */
static bool first_takes(struct mutex *m, const struct waiter *w) __must_hold(m->lock)
{
    if (m->waiters.next != &w->link || m->owner != MUTEX_WAITERS)
        return false;
    WRITE_ONCE(m->owner, (uintptr_t)current | MUTEX_WAITERS);
    return true;
}

/* The caller has found the mutex locked, or others waiting. */
static __noinline void lock_slow(struct mutex *m) __no_lock_analysis
{
    struct waiter w = {.task = current};
    unsigned long flags;

    if ((READ_ONCE(m->owner) & ~MUTEX_WAITERS) == (uintptr_t)current)
        panic("%s locks a mutex that it holds already, and would wait for itself", current->comm);
    spin_lock_irqsave(&m->lock, flags);
    while (!mark_waiters(m)) {
        if (change_owner(m, 0, (uintptr_t)current)) {
            spin_unlock_irqrestore(&m->lock, flags);
            return;
        }
    }
    list_add_tail(&w.link, &m->waiters);
    while (!first_takes(m, &w)) {
        set_current_state(TASK_UNINTERRUPTIBLE);
        spin_unlock_irqrestore(&m->lock, flags);
        schedule();
        spin_lock_irqsave(&m->lock, flags);
    }
    list_del(&w.link);
    if (list_empty(&m->waiters))
        WRITE_ONCE(m->owner, (uintptr_t)current);
    spin_unlock_irqrestore(&m->lock, flags);
}

/* mutex_lock - contract in the header. */
void mutex_lock(struct mutex *m) __no_lock_analysis
{
    might_sleep();
    if (unlikely(!change_owner(m, 0, (uintptr_t)current)))
        lock_slow(m);
}

/* mutex_trylock - contract in the header. Fails while others wait. */
bool mutex_trylock(struct mutex *m) __no_lock_analysis
{
    return change_owner(m, 0, (uintptr_t)current);
}

static __noinline void unlock_slow(struct mutex *m) __no_lock_analysis
{
    unsigned long flags;

    if ((READ_ONCE(m->owner) & ~MUTEX_WAITERS) != (uintptr_t)current)
        panic("%s unlocks a mutex that it doesn't hold", current->comm);
    spin_lock_irqsave(&m->lock, flags);
    BUG_ON(list_empty(&m->waiters)); /* M2 */
    WRITE_ONCE(m->owner, MUTEX_WAITERS);
    wake_up_process(list_first_entry(&m->waiters, struct waiter, link)->task);
    spin_unlock_irqrestore(&m->lock, flags);
}

/* mutex_unlock - contract in the header. */
void mutex_unlock(struct mutex *m) __no_lock_analysis
{
    if (unlikely(!change_owner(m, (uintptr_t)current, 0)))
        unlock_slow(m);
}

/* mutex_is_locked - a snapshot. */
bool mutex_is_locked(const struct mutex *m)
{
    return READ_ONCE(m->owner) != 0;
}
