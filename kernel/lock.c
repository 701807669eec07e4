/*
 * kernel/lock.c - waiting for a spinlock, and debug builds' checks of how locks are used.
 *
 * THEORY
 *
 * On real processors the waiters form a queue, and each looks at a word of its own, in its own node's
 * memory: so a lock goes round fairly, and a CPU that waits doesn't disturb the others. In a virtual
 * machine the host may have halted the next in the queue just then, and everyone would wait for it;
 * there whoever runs takes the lock, and waiters look less and less often.
 *
 * A lock is one word, which changes as a whole when a free lock is taken (0 -> 1):
 *
 *     | tail, 16 bits | 0 | locked, 8 bits |
 *
 *     word          queue, by tail
 *     0 | 0         free
 *     0 | 1         held, nobody waits
 *     n | 1         held; n, the last in the queue, waits
 *     n | 0         just released; the first of the queue is about to take it; nobody else can, as
 *                   the word isn't 0
 *
 * A waiter's place in the queue is one of its CPU's four nodes, as many as there are contexts that can
 * wait inside of each other: a thread, an interrupt, two exceptions. Who comes exchanges the tail and
 * finds there who was last; that one's node gets to know its successor. The first in the queue waits
 * for `locked` to become 0, sets it, and either takes the tail away (if it is its own) or tells its
 * successor to be the first.
 *
 * Checks. The locks that a CPU holds stand in a list, in the order in which they were taken. A lock
 * that is about to be waited for must have a higher rank than every lock in the list: then all waiters
 * form a chain that ends at someone who waits for nobody. Example: with LOCK_ZONE held, LOCK_LOG may
 * be taken; with LOCK_LOG held, LOCK_ZONE may not. And a lock that an interrupt handler waits for must
 * never be taken with interrupts on: the handler could come while its own CPU holds it.
 *
 * A breach is reported and the machine goes on, since nothing hangs yet. A lock that is taken twice
 * would hang here for ever: that is a panic.
 *
 * INVARIANTS
 *   L1  held[0..nr_held) of a CPU are distinct and locked.
 *   L2  tail is 0 only if no node waits for the lock.
 *
 * LOCKING  Lists and nodes are per-CPU; whoever takes a lock has preemption off. A list changes with
 *          a single store of its length, so an interrupt handler that takes and releases its locks
 *          leaves it as it was.
 * SOURCES  J. M. Mellor-Crummey, M. L. Scott, "Algorithms for Scalable Synchronization on
 *          Shared-Memory Multiprocessors", ACM TOCS 9(1), 1991, section 2.4 "A New List-Based Queue
 *          Lock".
 */
#include "kernel/lock.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/percpu.h>

/* ---- waiting ---- */

#define MAX_CONTEXTS 4
#define MAX_BACKOFF  64 /* pauses between two looks */

struct waiter {
    struct waiter *next; /* NULL: none yet */
    int is_first;
};

struct waiters {
    struct waiter nodes[MAX_CONTEXTS];
    unsigned nr_used;
};

static DEFINE_PER_CPU(struct waiters, waiters);

static bool queued = true; /* fixed at boot */

_Static_assert(NR_CPUS *MAX_CONTEXTS < 0xffff, "CPU and context fit a tail");

void lock_init(bool virtual_cpus)
{
    queued = !virtual_cpus;
}

/* lock_is_queued - do waiters queue? Context: any. */
bool lock_is_queued(void)
{
    return queued;
}

static uint16_t tail_of(int cpu, unsigned context)
{
    return (uint16_t)((unsigned)cpu * MAX_CONTEXTS + context + 1);
}

static struct waiter *waiter_of(uint16_t tail)
{
    unsigned n = tail - 1u;

    return &per_cpu_ptr(&waiters, (int)(n / MAX_CONTEXTS))->nodes[n % MAX_CONTEXTS];
}

/* Test and set: look, ever less often, and try when the lock looks free. */
static void wait_unfairly(struct spinlock *lock)
{
    unsigned pauses = 1;

    do {
        while (READ_ONCE(lock->word) != 0) {
            for (unsigned i = 0; i < pauses; i++)
                cpu_relax();
            pauses = min(2 * pauses, (unsigned)MAX_BACKOFF);
        }
    } while (!lock_try(lock));
}

/* Behind all that came before; returns when this waiter is the first. */
static void enter_queue(struct spinlock *lock, struct waiter *self, uint16_t tail)
{
    uint16_t before;

    self->next = NULL;
    self->is_first = 0;
    before = __atomic_exchange_n(&lock->tail, tail, __ATOMIC_ACQ_REL);
    if (before == 0)
        return;
    __atomic_store_n(&waiter_of(before)->next, self, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&self->is_first, __ATOMIC_ACQUIRE))
        cpu_relax();
}

/* The lock is free, this waiter is the first: take it, and let the next one be the first. */
static void leave_queue(struct spinlock *lock, struct waiter *self, uint16_t tail)
{
    uint32_t only_me = (uint32_t)tail << 16;
    struct waiter *next;

    if (__atomic_compare_exchange_n(&lock->word, &only_me, 1, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
        return;
    __atomic_store_n(&lock->locked, 1, __ATOMIC_RELAXED);
    while (!(next = __atomic_load_n(&self->next, __ATOMIC_ACQUIRE)))
        cpu_relax();
    __atomic_store_n(&next->is_first, 1, __ATOMIC_RELEASE);
}

static void wait_in_queue(struct spinlock *lock)
{
    struct waiters *mine = this_cpu_ptr(&waiters);
    unsigned context = mine->nr_used;
    uint16_t tail = tail_of(this_cpu(), context);

    if (context == MAX_CONTEXTS) { /* deeper than can be: without a place in the queue */
        wait_unfairly(lock);
        return;
    }
    WRITE_ONCE(mine->nr_used, context + 1);
    barrier();
    enter_queue(lock, &mine->nodes[context], tail);
    while (__atomic_load_n(&lock->locked, __ATOMIC_ACQUIRE))
        cpu_relax();
    leave_queue(lock, &mine->nodes[context], tail);
    barrier();
    WRITE_ONCE(mine->nr_used, context);
}

/*
 * spin_lock_slow - wait until the lock is ours. Context: any, preemption off.
 */
void spin_lock_slow(struct spinlock *lock)
{
    if (queued)
        wait_in_queue(lock);
    else
        wait_unfairly(lock);
}

/* ---- checks ---- */

#ifdef CONFIG_DEBUG

#define MAX_HELD 16 /* several times the number of ranks */

/* struct spinlock.usage: was it ever waited for ... */
#define LOCK_USED_IN_IRQ    0x1 /* ... by an interrupt handler? */
#define LOCK_USED_IRQS_ON   0x2 /* ... with interrupts on? */
#define LOCK_USAGE_REPORTED 0x4

struct held_locks {
    const struct spinlock *held[MAX_HELD];
    unsigned nr_held;
};

static DEFINE_PER_CPU(struct held_locks, held_locks);

static bool is_held(const struct held_locks *mine, const struct spinlock *lock)
{
    for (unsigned i = 0; i < mine->nr_held; i++)
        if (mine->held[i] == lock)
            return true;
    return false;
}

/* Note how it is used; true if both of what may not go together have now been seen. */
static bool usage_is_unsafe(struct spinlock *lock)
{
    uint8_t now = cpu_in_interrupt() ? LOCK_USED_IN_IRQ : irqs_enabled() ? LOCK_USED_IRQS_ON : 0;
    uint8_t both = LOCK_USED_IN_IRQ | LOCK_USED_IRQS_ON, usage = READ_ONCE(lock->usage) | now;

    if (usage != READ_ONCE(lock->usage))
        __atomic_fetch_or(&lock->usage, now, __ATOMIC_RELAXED);
    if ((usage & both) != both)
        return false;
    return !(__atomic_fetch_or(&lock->usage, LOCK_USAGE_REPORTED, __ATOMIC_RELAXED) &
             LOCK_USAGE_REPORTED);
}

/*
 * lock_check_acquire - @lock is about to be waited for: may this CPU do so?
 *
 * Panics if this CPU holds @lock; reports if it holds one of the same or a higher rank, or if the lock
 * is taken by interrupt handlers and with interrupts on. Context: any, preemption off.
 */
void lock_check_acquire(struct spinlock *lock)
{
    const struct held_locks *mine = this_cpu_ptr(&held_locks);

    if (is_held(mine, lock))
        panic("lock %s is taken twice by the same CPU, which would wait for itself", lock->name);
    for (unsigned i = 0; i < mine->nr_held; i++)
        if (mine->held[i]->rank >= lock->rank)
            report_bug("lock order: %s (rank %d) is wanted while %s (rank %d) is held", lock->name,
                       (int)lock->rank, mine->held[i]->name, (int)mine->held[i]->rank);
    if (usage_is_unsafe(lock))
        report_bug("lock %s is taken with interrupts on, and by an interrupt handler, which would "
                   "wait for the thread that it interrupted",
                   lock->name);
}

/* lock_note_acquired - @lock is held by this CPU from now on. Context: any. */
void lock_note_acquired(const struct spinlock *lock)
{
    struct held_locks *mine = this_cpu_ptr(&held_locks);

    if (mine->nr_held == MAX_HELD)
        panic("lock %s would be the %u. held by one CPU, most that ranks allow is far below",
              lock->name, MAX_HELD + 1);
    mine->held[mine->nr_held] = lock;
    WRITE_ONCE(mine->nr_held, mine->nr_held + 1);
}

/* lock_note_released - @lock is about to be let go; reports if this CPU doesn't hold it. */
void lock_note_released(const struct spinlock *lock)
{
    struct held_locks *mine = raw_cpu_ptr(&held_locks);
    unsigned i = 0;

    while (i < mine->nr_held && mine->held[i] != lock)
        i++;
    if (i == mine->nr_held) {
        report_bug("lock %s is released by a CPU that doesn't hold it", lock->name);
        return;
    }
    for (; i + 1 < mine->nr_held; i++)
        mine->held[i] = mine->held[i + 1];
    WRITE_ONCE(mine->nr_held, mine->nr_held - 1);
}

/* lock_nr_held - how many locks this CPU holds. Context: any. */
unsigned lock_nr_held(void)
{
    return raw_cpu_ptr(&held_locks)->nr_held;
}

#else

/* lock_nr_held - release builds don't know. Context: any. */
unsigned lock_nr_held(void)
{
    return 0;
}

#endif
