/*
 * kernel/lock.c - debug builds check how locks are used.
 *
 * THEORY
 *
 * The locks that this CPU holds stand in a list, in the order in which they were taken. A lock that
 * is about to be waited for must have a higher rank than every lock in the list: then all waiters
 * form a chain that ends at someone who waits for nobody. Example: with LOCK_ZONE (1) held,
 * LOCK_LOG (2) may be taken; with LOCK_LOG held, LOCK_ZONE may not.
 *
 * A breach of the order is reported and the machine goes on, since nothing hangs yet. A lock that
 * is taken twice would hang here for ever: that is a panic.
 *
 * INVARIANTS
 *   L1  held[0..nr_held) are distinct and locked.
 *
 * LOCKING  One CPU runs, and the list changes with a single store of nr_held, so an interrupt
 *          handler that takes and releases its locks leaves it as it was. With a second CPU the
 * list becomes per-CPU.
 */
#include "kernel/lock.h"

#ifdef CONFIG_DEBUG

#include "kernel/bug.h"

#define MAX_HELD 16 /* several times the number of ranks */

static const struct spinlock *held[MAX_HELD];
static unsigned nr_held;

static bool is_held(const struct spinlock *lock)
{
    for (unsigned i = 0; i < nr_held; i++)
        if (held[i] == lock)
            return true;
    return false;
}

/*
 * lock_check_acquire - @lock is about to be waited for: may this CPU do so?
 *
 * Panics if this CPU holds @lock; reports if it holds one of the same or a higher rank.
 * Context: any.
 */
void lock_check_acquire(const struct spinlock *lock)
{
    if (is_held(lock))
        panic("lock %s is taken twice by the same CPU, which would wait for itself", lock->name);
    for (unsigned i = 0; i < nr_held; i++)
        if (held[i]->rank >= lock->rank)
            report_bug("lock order: %s (rank %d) is wanted while %s (rank %d) is held", lock->name,
                       (int)lock->rank, held[i]->name, (int)held[i]->rank);
}

/* lock_note_acquired - @lock is held by this CPU from now on. Context: any. */
void lock_note_acquired(const struct spinlock *lock)
{
    if (nr_held == MAX_HELD)
        panic("lock %s would be the %u. held by one CPU, most that ranks allow is far below",
              lock->name, MAX_HELD + 1);
    held[nr_held] = lock;
    WRITE_ONCE(nr_held, nr_held + 1);
}

/* lock_note_released - @lock is about to be let go; reports if this CPU doesn't hold it. */
void lock_note_released(const struct spinlock *lock)
{
    unsigned i = 0;

    while (i < nr_held && held[i] != lock)
        i++;
    if (i == nr_held) {
        report_bug("lock %s is released by a CPU that doesn't hold it", lock->name);
        return;
    }
    for (; i + 1 < nr_held; i++)
        held[i] = held[i + 1];
    WRITE_ONCE(nr_held, nr_held - 1);
}

/* lock_nr_held - how many locks this CPU holds. Context: any. */
unsigned lock_nr_held(void)
{
    return nr_held;
}

#else

/* lock_nr_held - release builds don't know. Context: any. */
unsigned lock_nr_held(void)
{
    return 0;
}

#endif
