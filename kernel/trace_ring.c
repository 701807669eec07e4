/*
 * kernel/trace_ring.c - the last events of one CPU: written by it alone, read by anyone.
 *
 * THEORY
 *
 * Position p lies in slot p % nr_slots. A writer takes the position at head (reserve), fills the
 * slot, and says that it is whole (commit). It waits for nobody: the oldest record is overwritten.
 *
 * Another writer may come in between on the same CPU, in an interrupt that cannot be switched off.
 * It ends before the first goes on, so writers nest as brackets do:
 *
 *     reserve 7   reserve 8   commit 8   commit 7
 *                                        only now commit moves, from 7 to 9
 *
 * So `commit` moves when the outermost writer ends; all before it is whole.
 *
 * A reader on another CPU copies a slot, then looks at head. Record p + nr_slots needs the slot of
 * p, and moves head past it before it touches the slot; if head hasn't passed, the copy is whole.
 *
 *     nr_slots = 4, head = 9     slots hold 8 5 6 7; 5 is the oldest that can be read
 *
 * INVARIANTS
 *   T1  commit <= head, and commit == head when no writer is between reserve and commit.
 *   T2  A copy of p that was made before head exceeded p + nr_slots is record p.
 *   T3  Writers that are nested take different slots: head - commit never exceeds nr_slots. Who
 *       would be one too many is dropped, and counted.
 *
 * LOCKING  Writers: the ring's CPU only, and they stay on it. Readers: any CPU; those who consume
 *          or clear exclude each other. trace_ring_init(): nobody writes or reads.
 * UNITS    Records.
 * NOT HERE What is recorded (kernel/trace.c); its text (kernel/fs/trace_text.c).
 */
#include "kernel/trace_ring.h"
#include "kernel/bug.h"
#include <arch/barrier.h>

/* trace_ring_init - contract in the header. */
void trace_ring_init(struct trace_ring *ring, struct trace_record *slots, uint64_t nr_slots)
{
    BUG_ON(nr_slots & (nr_slots - 1));
    *ring = (struct trace_ring){.slots = slots, .nr_slots = nr_slots};
}

static struct trace_record *slot_of(const struct trace_ring *ring, uint64_t pos)
{
    return &ring->slots[pos & (ring->nr_slots - 1)];
}

/*
 * A writer ends. The outermost one stops nesting first, then publishes. A writer that interrupts it
 * in between is an outermost one itself and publishes both; if our store then takes commit back,
 * head differs from what we stored, and we store again.
 */
static void end_writer(struct trace_ring *ring)
{
    uint32_t nesting = ring->nesting - 1;
    uint64_t head;

    barrier(); /* the record is written before a writer that comes now may publish it */
    WRITE_ONCE(ring->nesting, nesting);
    if (unlikely(nesting > 0))
        return;
    do {
        head = READ_ONCE(ring->head);
        __atomic_store_n(&ring->commit, head, __ATOMIC_RELEASE); /* T1 */
    } while (unlikely(head != READ_ONCE(ring->head)));
}

/* T3. It ends as others do: those that were nested in it have left it to publish them. */
static __noinline struct trace_record *drop(struct trace_ring *ring)
{
    __atomic_fetch_add(&ring->nr_dropped, 1, __ATOMIC_RELAXED);
    end_writer(ring);
    return NULL;
}

/*
 * trace_ring_reserve - contract in the header.
 *
 * A nested writer between any two steps leaves `nesting` as it was, and head where the compare and
 * exchange notices. Context: any, on the ring's CPU; the caller stays on it until the commit.
 */
struct trace_record *trace_ring_reserve(struct trace_ring *ring)
{
    uint64_t pos;

    if (unlikely(ring->nr_slots == 0))
        return NULL;
    WRITE_ONCE(ring->nesting, ring->nesting + 1);
    barrier();
    pos = READ_ONCE(ring->head);
    do {
        if (unlikely(pos - READ_ONCE(ring->commit) >= ring->nr_slots))
            return drop(ring);
    } while (!__atomic_compare_exchange_n(&ring->head, &pos, pos + 1, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    __atomic_thread_fence(__ATOMIC_RELEASE); /* T2: head first, the slot after it */
    return slot_of(ring, pos);
}

/* trace_ring_commit - contract in the header. Context: as trace_ring_reserve(). */
void trace_ring_commit(struct trace_ring *ring)
{
    DEBUG_ASSERT(ring->nesting > 0);
    end_writer(ring);
}

/*
 * trace_ring_read - contract in the header. Context: any, also while the ring's CPU writes.
 */
bool trace_ring_read(const struct trace_ring *ring, uint64_t pos, struct trace_record *out)
{
    if (pos >= trace_ring_newest(ring) || pos < trace_ring_oldest(ring))
        return false;
    *out = *slot_of(ring, pos);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return READ_ONCE(ring->head) - pos <= ring->nr_slots; /* T2 */
}

/* trace_ring_oldest - contract in the header. Context: any. */
uint64_t trace_ring_oldest(const struct trace_ring *ring)
{
    uint64_t head = READ_ONCE(ring->head),
             start = head > ring->nr_slots ? head - ring->nr_slots : 0;

    return max(start, ring->read);
}

/* trace_ring_newest - contract in the header: the position behind it. Context: any. */
uint64_t trace_ring_newest(const struct trace_ring *ring)
{
    return __atomic_load_n(&ring->commit, __ATOMIC_ACQUIRE);
}

/* trace_ring_catch_up - contract in the header. Context: a reader. */
uint64_t trace_ring_catch_up(struct trace_ring *ring)
{
    uint64_t oldest = trace_ring_oldest(ring), lost = oldest - ring->read;

    ring->nr_overrun += lost;
    ring->read = oldest;
    return lost;
}

/* trace_ring_consume - contract in the header. @pos: up to newest. Context: a reader. */
void trace_ring_consume(struct trace_ring *ring, uint64_t pos)
{
    trace_ring_catch_up(ring);
    if (pos > ring->read) {
        ring->nr_read += pos - ring->read;
        ring->read = pos;
    }
}

/* trace_ring_clear - contract in the header. Context: a reader. */
void trace_ring_clear(struct trace_ring *ring)
{
    ring->read = trace_ring_newest(ring);
    ring->nr_overrun = 0;
    ring->nr_read = 0;
    __atomic_store_n(&ring->nr_dropped, 0, __ATOMIC_RELAXED);
}
