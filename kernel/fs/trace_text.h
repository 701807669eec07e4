/*
 * kernel/fs/trace_text.h - events as text: their names, fields, and records as lines.
 */
#ifndef KERNEL_FS_TRACE_TEXT_H
#define KERNEL_FS_TRACE_TEXT_H

#include "kernel/lib/seqbuf.h"
#include "kernel/trace.h"

/* The names of event @id, 1..TRACE_NR_EVENTS-1: "sched" and "sched_switch". */
const char *trace_event_system(enum trace_event_id id);
const char *trace_event_name(enum trace_event_id id);

/* The event's `format` file: each field with offset and size, and how it is printed. */
void trace_event_show_format(struct seqbuf *s, enum trace_event_id id);
/* One record of CPU @cpu, a line of the file `trace`. Context: one at a time. */
void trace_record_show(struct seqbuf *s, int cpu, const struct trace_record *r);
/* " 1234.567890" */
void trace_time_show(struct seqbuf *s, uint64_t time_ns);

#endif
