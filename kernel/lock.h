/*
 * kernel/lock.h - spinlocks.
 *
 * A lock has a name and a rank (kernel/lockrank.h). A lock that an interrupt handler takes too is
 * taken with interrupts off, everywhere: spin_lock_irqsave(). What a lock protects is written at
 * its field. Debug builds check rank order, double acquire and foreign release (kernel/lock.c);
 * release builds pay one exchange and one store.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "kernel/lib/compiler.h"
#include "kernel/lockrank.h"
#include <arch/atomic.h>
#include <arch/cpu.h>
#include <arch/irq.h>

struct __capability("spinlock") spinlock
{
    volatile int locked; /* 0 free, 1 held */
    enum lock_rank rank;
    const char *name;
};

#define SPINLOCK_INIT(_name, _rank)                                                                \
    {                                                                                              \
        .locked = 0, .rank = (_rank), .name = (_name)                                              \
    }
#define DEFINE_SPINLOCK(_var, _rank) struct spinlock _var = SPINLOCK_INIT(#_var, _rank)

#ifdef CONFIG_DEBUG
/* Before the lock is waited for; once it is held; before it is let go. See kernel/lock.c. */
void lock_check_acquire(const struct spinlock *lock);
void lock_note_acquired(const struct spinlock *lock);
void lock_note_released(const struct spinlock *lock);
#else
static inline void lock_check_acquire(const struct spinlock *lock)
{
    (void)lock;
}

static inline void lock_note_acquired(const struct spinlock *lock)
{
    (void)lock;
}

static inline void lock_note_released(const struct spinlock *lock)
{
    (void)lock;
}
#endif

/* How many locks this CPU holds, as far as debug builds know (elsewhere 0). */
unsigned lock_nr_held(void);

/* @name must live as long as the lock. */
static inline void spin_lock_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
    *lock = (struct spinlock)SPINLOCK_INIT(name, rank);
}

static inline void spin_lock(struct spinlock *lock) __acquires(*lock) __no_lock_analysis
{
    lock_check_acquire(lock);
    while (unlikely(!atomic_try_set(&lock->locked)))
        cpu_relax();
    lock_note_acquired(lock);
}

/* True if the lock was free and is now ours. Never waits, so any order is allowed. */
static inline bool spin_trylock(struct spinlock *lock)
    __try_acquires(true, *lock) __no_lock_analysis
{
    if (!atomic_try_set(&lock->locked))
        return false;
    lock_note_acquired(lock);
    return true;
}

static inline void spin_unlock(struct spinlock *lock) __releases(*lock) __no_lock_analysis
{
    lock_note_released(lock);
    atomic_clear_release(&lock->locked);
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
    return READ_ONCE(lock->locked) != 0;
}

/* Interrupts off, then the lock; @flags, an unsigned long variable, remembers how they were. */
#define spin_lock_irqsave(lock, flags)                                                             \
    do {                                                                                           \
        (flags) = irq_save();                                                                      \
        spin_lock(lock);                                                                           \
    } while (0)

static inline void spin_unlock_irqrestore(struct spinlock *lock, unsigned long flags)
    __releases(*lock) __no_lock_analysis
{
    spin_unlock(lock);
    irq_restore(flags);
}

#endif
