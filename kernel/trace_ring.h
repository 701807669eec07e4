/*
 * kernel/trace_ring.h - the last events of one CPU: written by it alone, read by anyone.
 */
#ifndef KERNEL_TRACE_RING_H
#define KERNEL_TRACE_RING_H

#include "kernel/lib/compiler.h"

#define TRACE_COMM_LEN  16 /* as TASK_COMM_LEN */
#define TRACE_DATA_SIZE 96 /* bytes that an event's own fields may take */

/* One event, of whatever kind. From `type` on it is laid out as Linux's records are. */
struct trace_record {
    uint64_t time_ns;          /* clock_ns() */
    char comm[TRACE_COMM_LEN]; /* of the thread that ran, NUL-terminated */
    uint16_t type;             /* enum trace_event_id */
    uint8_t flags;             /* TRACE_FLAG_* */
    uint8_t preempt_count;     /* at most 255 */
    int32_t pid;               /* of the thread that ran, 0: idle */
    uint8_t data[TRACE_DATA_SIZE];
};
_Static_assert(sizeof(struct trace_record) == 128, "two cache lines, 32 records a page");
_Static_assert(offsetof(struct trace_record, data) - offsetof(struct trace_record, type) == 8,
               "Linux's common fields take 8 bytes");

struct trace_ring {
    /* Fixed while anybody writes or reads. */
    struct trace_record *slots;
    uint64_t nr_slots; /* a power of two, or 0: nothing is recorded */

    /* Written by the ring's CPU. Positions count records since the beginning and never wrap. */
    uint64_t head;       /* behind the newest record that was begun */
    uint64_t commit;     /* all before it are whole */
    uint64_t nr_dropped; /* events that found no room, see T3 */
    uint32_t nesting;    /* writers that were begun and not ended */

    /* The readers', who exclude each other. */
    uint64_t read;       /* all before it are consumed, or overwritten and counted as such */
    uint64_t nr_overrun; /* records overwritten before they were consumed */
    uint64_t nr_read;    /* records consumed */
};

/* Empty, all counters 0. @nr_slots: a power of two, or 0; then @slots may be NULL. */
void trace_ring_init(struct trace_ring *ring, struct trace_record *slots, uint64_t nr_slots);

/* Begin a record: the slot to fill, or NULL: the event is lost, don't commit. */
struct trace_record *trace_ring_reserve(struct trace_ring *ring);
/* The record that was begun last is whole. */
void trace_ring_commit(struct trace_ring *ring);

/* Copy the record at @pos. False if it isn't there any more, or not yet; then @out is undefined. */
bool trace_ring_read(const struct trace_ring *ring, uint64_t pos, struct trace_record *out);
/* Records [oldest, newest) can be read; the oldest may be overwritten at any time. */
uint64_t trace_ring_oldest(const struct trace_ring *ring);
uint64_t trace_ring_newest(const struct trace_ring *ring);

/* What a reader changes: records before @pos are consumed; all are forgotten, counters too. */
void trace_ring_consume(struct trace_ring *ring, uint64_t pos);
void trace_ring_clear(struct trace_ring *ring);
/* Count what was overwritten since the last look into nr_overrun; returns how many. */
uint64_t trace_ring_catch_up(struct trace_ring *ring);

#endif
