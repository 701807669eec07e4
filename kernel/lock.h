/*
 * kernel/lock.h - spinlocks.
 *
 * A lock has a name and a rank (kernel/lockrank.h). Its holder cannot be taken off the CPU. A lock
 * that an interrupt handler takes too is taken with interrupts off, everywhere: spin_lock_irqsave().
 * What a lock protects is written at its field. Debug builds check rank order, double acquire,
 * foreign release and use in interrupts (kernel/lock.c); release builds pay one compare-and-exchange
 * and one store.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "kernel/lib/compiler.h"
#include "kernel/lockrank.h"
#include "kernel/preempt.h"
#include <arch/irq.h>

struct __capability("spinlock") spinlock
{
    /* 0: free. Layout and protocol: kernel/lock.c. */
    union {
        uint32_t word;
        struct {
            uint8_t locked; /* 1: held */
            uint8_t unused;
            uint16_t tail; /* of the queue, 0: nobody waits in it */
        };
    };
    uint8_t rank;  /* enum lock_rank */
    uint8_t usage; /* debug builds: LOCK_USED_* */
    const char *name;
};

#define SPINLOCK_INIT(_name, _rank)                                                                \
    {                                                                                              \
        .word = 0, .rank = (_rank), .name = (_name)                                                \
    }
#define DEFINE_SPINLOCK(_var, _rank) struct spinlock _var = SPINLOCK_INIT(#_var, _rank)

#ifdef CONFIG_DEBUG
/* Before the lock is waited for; once it is held; before it is let go. See kernel/lock.c. */
void lock_check_acquire(struct spinlock *lock);
void lock_note_acquired(const struct spinlock *lock);
void lock_note_released(const struct spinlock *lock);
#else
static inline void lock_check_acquire(struct spinlock *lock)
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

/* Somebody has the lock: wait for it. */
void spin_lock_slow(struct spinlock *lock);

/* Choose how waiting is done: @virtual_cpus, test and set, else a queue. Context: boot, one CPU. */
void lock_init(bool virtual_cpus);
bool lock_is_queued(void);

/* @name must live as long as the lock. */
static inline void spin_lock_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
    *lock = (struct spinlock)SPINLOCK_INIT(name, (uint8_t)rank);
}

static inline bool lock_try(struct spinlock *lock)
{
    uint32_t free = 0;

    return __atomic_compare_exchange_n(&lock->word, &free, 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline void lock_release(struct spinlock *lock)
{
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

/* With interrupts off until spin_unlock_irqs_off(): that alone keeps the thread from being preempted. */
static inline void spin_lock_irqs_off(struct spinlock *lock) __acquires(*lock) __no_lock_analysis
{
    lock_check_acquire(lock);
    if (unlikely(!lock_try(lock)))
        spin_lock_slow(lock);
    lock_note_acquired(lock);
}

/* True if the lock was free and is now ours, until spin_unlock_irqs_off(). */
static inline bool spin_trylock_irqs_off(struct spinlock *lock)
    __try_acquires(true, *lock) __no_lock_analysis
{
    if (unlikely(!lock_try(lock)))
        return false;
    lock_note_acquired(lock);
    return true;
}

static inline void spin_unlock_irqs_off(struct spinlock *lock) __releases(*lock) __no_lock_analysis
{
    lock_note_released(lock);
    lock_release(lock);
}

static inline void spin_lock(struct spinlock *lock) __acquires(*lock) __no_lock_analysis
{
    preempt_disable();
    spin_lock_irqs_off(lock);
}

/* True if the lock was free and is now ours. Never waits, so any order is allowed. */
static inline bool spin_trylock(struct spinlock *lock)
    __try_acquires(true, *lock) __no_lock_analysis
{
    preempt_disable();
    if (unlikely(!lock_try(lock))) {
        preempt_enable();
        return false;
    }
    lock_note_acquired(lock);
    return true;
}

static inline void spin_unlock(struct spinlock *lock) __releases(*lock) __no_lock_analysis
{
    spin_unlock_irqs_off(lock);
    preempt_enable();
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
    return READ_ONCE(lock->locked) != 0;
}

/* Interrupts off, then the lock; @flags, an unsigned long variable, remembers how they were. */
#define spin_lock_irqsave(lock, flags)                                                             \
    do {                                                                                           \
        (flags) = irq_save();                                                                      \
        spin_lock_irqs_off(lock);                                                                  \
    } while (0)

/* A thread that was woken meanwhile, and should run now, does so here. */
static inline void spin_unlock_irqrestore(struct spinlock *lock, unsigned long flags)
    __releases(*lock) __no_lock_analysis
{
    spin_unlock_irqs_off(lock);
    irq_restore(flags);
    preempt_check();
}

#endif
