/*
 * kernel/seqlock.h - data that is read often and written seldom: readers take no lock, they try again.
 *
 * The writer makes the count odd before and even after. A reader that finds it odd, or changed, has
 * read a mixture:
 *
 *     do {                                         write_seqlock(&s, flags);
 *         seq = read_seqbegin(&s.count);           x = ...; y = ...;
 *         a = READ_ONCE(x); b = READ_ONCE(y);      write_sequnlock(&s, flags);
 *     } while (read_seqretry(&s.count, seq));
 *
 * Ordering: begin is an acquire, so the data is read after the count; retry fences loads, so the data
 * is read before the count is looked at again. The writer's first step fences its stores, its second
 * is a release. Readers must not follow pointers that a writer may free.
 */
#ifndef KERNEL_SEQLOCK_H
#define KERNEL_SEQLOCK_H

#include "kernel/lock.h"
#include <arch/cpu.h>

/* Writers exclude each other by a lock of their own, and cannot be interrupted by a reader. */
typedef struct {
    unsigned int sequence; /* odd: being written */
} seqcount_t;

static inline unsigned int read_seqbegin(const seqcount_t *s)
{
    unsigned int seq;

    while (unlikely((seq = __atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE)) & 1))
        cpu_relax();
    return seq;
}

/* True if what was read since read_seqbegin() must be read again. */
static inline bool read_seqretry(const seqcount_t *s, unsigned int seq)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return unlikely(READ_ONCE(s->sequence) != seq);
}

static inline void write_seqcount_begin(seqcount_t *s)
{
    WRITE_ONCE(s->sequence, s->sequence + 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void write_seqcount_end(seqcount_t *s)
{
    __atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELEASE);
}

/* A count with its writers' lock. */
typedef struct {
    seqcount_t count;
    struct spinlock lock;
} seqlock_t;

static inline void seqlock_init(seqlock_t *s, const char *name, enum lock_rank rank)
{
    s->count.sequence = 0;
    spin_lock_init(&s->lock, name, rank);
}

/* Interrupts are off until write_sequnlock(), so that no handler reads for ever. */
#define write_seqlock(s, flags)                                                                    \
    do {                                                                                           \
        spin_lock_irqsave(&(s)->lock, flags);                                                      \
        write_seqcount_begin(&(s)->count);                                                         \
    } while (0)

#define write_sequnlock(s, flags)                                                                  \
    do {                                                                                           \
        write_seqcount_end(&(s)->count);                                                           \
        spin_unlock_irqrestore(&(s)->lock, flags);                                                 \
    } while (0)

#endif
