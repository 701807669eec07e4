/*
 * kernel/mutex.h - a lock whose holder may sleep, and for which others sleep.
 *
 * It belongs to the thread that locked it: nobody else unlocks it, and a second lock by the holder is
 * a panic, because it would wait for itself. First come, first served.
 */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include "kernel/lib/list.h"
#include "kernel/lock.h"

struct task;

struct __capability("mutex") mutex
{
    uintptr_t owner;          /* struct task *, and MUTEX_WAITERS; see kernel/mutex.c */
    struct spinlock lock;     /* rank LOCK_WAIT */
    struct list_head waiters; /* protected by lock */
};

#define MUTEX_INIT(name)                                                                           \
    {                                                                                              \
        0, SPINLOCK_INIT(#name, LOCK_WAIT), LIST_HEAD_INIT((name).waiters)                         \
    }
#define DEFINE_MUTEX(name) struct mutex name = MUTEX_INIT(name)

void mutex_init(struct mutex *m);
/* Context: may sleep. */
void mutex_lock(struct mutex *m) __acquires(*m);
void mutex_unlock(struct mutex *m) __releases(*m);
/* True if it was free and is ours now. Context: a thread. */
bool mutex_trylock(struct mutex *m) __try_acquires(true, *m);
bool mutex_is_locked(const struct mutex *m);

#endif
