/*
 * kernel/trace.c - events go to the ring of the CPU where they happen.
 *
 * THEORY
 *
 * A trace point that is off costs a load and a test of a byte. One that is on fills a record of
 * fixed size in its CPU's own ring (kernel/trace_ring.c): no lock, no line of memory that another
 * CPU writes, no word of memory on another node. So tracing changes what it watches as little as it
 * can, and works in any context, the scheduler's and the page allocator's innermost parts included.
 *
 * The rings' memory comes from above, since the page allocator itself is traced. To take a ring's
 * memory away, trace_pause() clears `recording`, then has every CPU run an empty function in an
 * interrupt: since a writer keeps interrupts off from its look at `recording` to its last store,
 * none is under way when that returns.
 *
 * LOCKING  Writers: interrupts off. The switches are single words.
 * NOT HERE Files, text and memory (kernel/fs/tracefs.c).
 */
#include "kernel/trace.h"
#include "kernel/lib/string.h"
#include "kernel/smp_call.h"
#include "kernel/task.h"
#include <arch/clock.h>

_Static_assert(TASK_COMM_LEN == TRACE_COMM_LEN, "a name fits");

bool trace_enabled[TRACE_NR_EVENTS];

static DEFINE_PER_CPU(struct trace_ring, trace_ring);

static bool tracing_on = true; /* what the user wants */
static bool paused;
static bool recording = true; /* tracing_on and not paused */

/* One word of ours is what Linux has two of. */
#define NEED_RESCHED_FLAGS (TRACE_FLAG_NEED_RESCHED | TRACE_FLAG_PREEMPT_RESCHED)

/* Who and in which state; @flags are the CPU's before interrupts were switched off. */
static void note_context(struct trace_record *r, unsigned long flags)
{
    const struct task *t = current;

    r->flags = (uint8_t)((flags & RFLAGS_INTERRUPTS ? 0 : TRACE_FLAG_IRQS_OFF) |
                         (cpu_need_resched() ? NEED_RESCHED_FLAGS : 0) |
                         (cpu_in_interrupt() ? TRACE_FLAG_HARDIRQ : 0));
    r->preempt_count = (uint8_t)min(cpu_preempt_count(), 255);
    r->pid = t ? t->pid : 0;
    if (t)
        memcpy(r->comm, t->comm, sizeof(r->comm));
    else
        r->comm[0] = '\0';
}

/*
 * trace_write - contract in the header.
 *
 * @data, @size  the event's fields; at most TRACE_DATA_SIZE bytes.
 *
 * The time is taken after the place in the ring, so that among the records of a CPU it never goes
 * back, but for an event in an interrupt between the two, which is a little earlier than the one
 * before it.
 */
void trace_write(enum trace_event_id id, const void *data, size_t size)
{
    unsigned long flags = irq_save();
    struct trace_ring *ring = raw_cpu_ptr(&trace_ring);
    struct trace_record *r = READ_ONCE(recording) ? trace_ring_reserve(ring) : NULL;

    if (r) {
        r->time_ns = clock_ns();
        r->type = (uint16_t)id;
        note_context(r, flags);
        memcpy(r->data, data, size);
        trace_ring_commit(ring);
    }
    irq_restore(flags);
}

static void update_recording(void)
{
    __atomic_store_n(&recording, tracing_on && !paused, __ATOMIC_SEQ_CST);
}

/* trace_set_on - contract in the header. Context: one caller at a time. */
void trace_set_on(bool on)
{
    tracing_on = on;
    update_recording();
}

/* trace_is_on - contract in the header. */
bool trace_is_on(void)
{
    return tracing_on;
}

/* On each CPU: it was not in the middle of trace_write(). */
static void pass_by(void *arg)
{
    (void)arg;
}

/* trace_pause - contract in the header. */
void trace_pause(void)
{
    paused = true;
    update_recording();
    on_each_cpu(pass_by, NULL);
}

/* trace_resume - contract in the header. */
void trace_resume(void)
{
    paused = false;
    update_recording();
}

/* trace_ring_of - contract in the header. */
struct trace_ring *trace_ring_of(int cpu)
{
    return per_cpu_ptr(&trace_ring, cpu);
}
