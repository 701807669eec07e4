/*
 * tests/kernel/trace_helpers.h - tracing on for a while, and everything as it was afterwards.
 */
#ifndef TESTS_KERNEL_TRACE_HELPERS_H
#define TESTS_KERNEL_TRACE_HELPERS_H

#include "kernel/trace.h"

/* What the user had switched on, to be put back. What was recorded is lost. */
struct trace_session {
    char events[1024];
    char size_kb[64];
    bool on;
};

/* Empty rings of @kb KiB; all events off, recording on. False: no memory, and nothing to end. */
bool trace_session_begin(struct trace_session *t, const char *kb);
void trace_session_end(const struct trace_session *t);

/* Files below /sys/kernel/tracing. Text is cut where it exceeds 128 KiB; valid until the next. */
const char *tracing_read(const char *name);
/* 0 or what the file says. */
int tracing_write(const char *name, const char *text);

#endif
