/*
 * kernel/rwsem.h - a lock for many readers or one writer, who may sleep. First come, first served: a
 * writer that waits keeps later readers out, so nobody waits for ever.
 */
#ifndef KERNEL_RWSEM_H
#define KERNEL_RWSEM_H

#include "kernel/lib/list.h"
#include "kernel/lock.h"

struct __capability("rwsem") rw_semaphore
{
    struct spinlock lock; /* rank LOCK_WAIT; protects all */
    int nr_readers;
    const struct task *writer; /* NULL: none */
    struct list_head waiters;
};

#define RWSEM_INIT(name)                                                                           \
    {                                                                                              \
        SPINLOCK_INIT(#name, LOCK_WAIT), 0, NULL, LIST_HEAD_INIT((name).waiters)                   \
    }
#define DEFINE_RWSEM(name) struct rw_semaphore name = RWSEM_INIT(name)

void init_rwsem(struct rw_semaphore *sem);
/* Context: may sleep. */
void down_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
/* True if it could be had at once. Context: a thread. */
bool down_read_trylock(struct rw_semaphore *sem);
bool down_write_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
/* The writer becomes a reader, without letting another writer in between. */
void downgrade_write(struct rw_semaphore *sem);

#endif
