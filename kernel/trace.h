/*
 * kernel/trace.h - trace points: what happened, where and when; one test where nobody asks.
 *
 *     trace(mm_page_alloc, .pfn = page_to_pfn(page), .order = order, .gfp_flags = gfp);
 *     trace(sched_wakeup, .comm = trace_comm(t->comm), .pid = t->pid, ...);
 *
 * An event is declared by one TRACE_EVENT in kernel/trace_events.h, which gives its fields; a field
 * that isn't named is 0. While the event is off, nothing behind its name is evaluated.
 */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "kernel/lib/compiler.h"
#include "kernel/trace_ring.h"

/* The number of a thread; the type's name stands in the events' `format` files. */
typedef int pid_t;

/* TRACE_sched_switch and so on, the number that the event's `id` file shows. */
#define TRACE_EVENT(_system, _name, ...) TRACE_##_name,
enum trace_event_id {
    TRACE_NONE,
#include "kernel/trace_events.h"
    TRACE_NR_EVENTS,
};

/* A thread's name by value. */
struct trace_comm {
    char text[TRACE_COMM_LEN];
};

/* struct trace_sched_switch and so on, the event's fields. */
#define TRACE_EVENT(_system, _name, _fields, ...)                                                  \
    struct trace_##_name {                                                                         \
        _fields                                                                                    \
    };                                                                                             \
    _Static_assert(sizeof(struct trace_##_name) <= TRACE_DATA_SIZE, "fits into a record");
#define FIELD(_type, _name) _type _name;
#define COMM(_name)         struct trace_comm _name;
#include "kernel/trace_events.h"

/* struct trace_record.flags; Linux's values, of its enum trace_flag_type. */
#define TRACE_FLAG_IRQS_OFF     0x01
#define TRACE_FLAG_NEED_RESCHED 0x04
#define TRACE_FLAG_HARDIRQ      0x08
#define TRACE_FLAG_PREEMPT_RESCHED                                                                 \
    0x20 /* preempt_enable() knows, too: here always with the former */

/* prev_state of a thread that could have gone on, Linux's TASK_REPORT_MAX; and of one that has ended. */
#define TRACE_STATE_PREEMPTED 0x100
#define TRACE_STATE_DEAD      0x10

/* Is the event recorded? By id. */
extern bool trace_enabled[TRACE_NR_EVENTS];

/* For whoever has to do more than write the record. */
/* A plain load, so that it is part of the comparison: a switch may be seen a moment late. */
#define trace_is_enabled(_event) (trace_enabled[TRACE_##_event])

#define trace(_event, ...)                                                                         \
    do {                                                                                           \
        if (unlikely(trace_is_enabled(_event))) {                                                  \
            const struct trace_##_event _record = {__VA_ARGS__};                                   \
            trace_write(TRACE_##_event, &_record, sizeof(_record));                                \
        }                                                                                          \
    } while (0)

/* Write a record of the event whatever trace_enabled says. Context: any. */
void trace_write(enum trace_event_id id, const void *data, size_t size);

/* @comm has TRACE_COMM_LEN bytes, as task.comm has. */
static inline struct trace_comm trace_comm(const char *comm)
{
    return *(const struct trace_comm *)comm;
}

/* The user's switch for all of it, on at boot. */
void trace_set_on(bool on);
bool trace_is_on(void);

/*
 * Between these nobody writes, on no CPU, so that rings can be given other memory. trace_pause()
 * waits for all CPUs. Context: a thread, interrupts on, no spinlock held; one at a time.
 */
void trace_pause(void);
void trace_resume(void);

/* The ring of @cpu, which is online. It has no slots until somebody gives it memory. */
struct trace_ring *trace_ring_of(int cpu);

#endif
