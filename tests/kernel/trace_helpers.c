/*
 * tests/kernel/trace_helpers.c - tracing on for a while, and everything as it was afterwards.
 */
#include "tests/kernel/trace_helpers.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"

#define TRACING "/sys/kernel/tracing/"

static const char *full_path(const char *name)
{
    static char path[VFS_PATH_MAX];
    struct seqbuf s;

    seqbuf_init(&s, path, sizeof(path));
    seq_printf(&s, TRACING "%s", name);
    return seqbuf_str(&s);
}

/* tracing_read - contract in the header; "" where there is no such file. */
const char *tracing_read(const char *name)
{
    static char text[128 * 1024];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    vfs_read(full_path(name), &s);
    return seqbuf_str(&s);
}

/* tracing_write - contract in the header. */
int tracing_write(const char *name, const char *text)
{
    return vfs_write(full_path(name), text, strlen(text));
}

/* trace_session_begin - contract in the header. */
bool trace_session_begin(struct trace_session *t, const char *kb)
{
    strlcpy(t->events, tracing_read("set_event"), sizeof(t->events));
    strlcpy(t->size_kb, tracing_read("per_cpu/cpu0/buffer_size_kb"), sizeof(t->size_kb));
    t->on = trace_is_on();
    tracing_write("set_event", "");
    tracing_write("tracing_on", "1");
    if (tracing_write("buffer_size_kb", kb) == 0)
        return true;
    trace_session_end(t);
    return false;
}

/* trace_session_end - contract in the header. */
void trace_session_end(const struct trace_session *t)
{
    tracing_write("set_event", "");
    tracing_write("buffer_size_kb", strchr(t->size_kb, '(') ? "0" : t->size_kb);
    tracing_write("set_event", t->events);
    tracing_write("tracing_on", t->on ? "1" : "0");
}
