/*
 * kernel/fs/trace_text.c - events as text: their names, fields, and records as lines.
 *
 * kernel/trace_events.h is included again and again: for the events' layout, for tables of their
 * fields, for functions that print them. A record's line is, as Linux prints it,
 *
 *              spin-12      [001] dNh2.     3.141592: sched_wakeup: comm=kbalance/0 pid=4 ...
 *              |     |        |   |||||         |         |
 *              name  pid      CPU |||||         seconds   event: its fields
 *                                 ||||migration off, never here
 *                                 |||preemption off, how often; not by locks under d, which suffices
 *                                 ||h: in an interrupt
 *                                 |N: another thread should run
 *                                 d: interrupts off
 *
 * LOCKING  trace_record_show() prints some fields by way of a buffer: one caller at a time, the
 *          lock of kernel/fs/tracefs.c.
 * SOURCES  Linux 6.1, Documentation/trace/ftrace.rst, "Output format", and
 *          Documentation/trace/events.rst, 4 "Event formats".
 */
#include "kernel/fs/trace_text.h"
#include "kernel/task.h"
#include "mm/gfp.h"
#include "mm/page.h"

struct trace_field {
    const char *type; /* "int"; NULL: a thread's name */
    const char *name;
    unsigned offset; /* within the event's own fields */
    unsigned size;   /* bytes */
    bool is_signed;
};

/* ---- values that have names ------------------------------------------------------------------ */

/* The letter of a sleeping thread's state, R for one that could go on, R+ if it was preempted. */
static const char *task_state(long state)
{
    if (state & TRACE_STATE_PREEMPTED)
        return "R+";
    if (state & TASK_INTERRUPTIBLE)
        return "S";
    if (state & TASK_UNINTERRUPTIBLE)
        return "D";
    if (state & TASK_PARKED)
        return "P";
    return state & TRACE_STATE_DEAD ? "X" : "R";
}

static const void *page_of(unsigned long pfn)
{
    return pfn != -1UL ? pfn_to_page(pfn) : NULL;
}

/* "GFP_KERNEL|__GFP_ZERO"; valid until the next call. */
static const char *gfp_names(unsigned long gfp)
{
    static char text[512];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    gfp_print(&s, (gfp_t)gfp);
    return seqbuf_str(&s);
}

/* The bits that there are, of pages of files. */
static const char *reclaim_flags(int flags)
{
    return flags ? "RECLAIM_WB_FILE|RECLAIM_WB_ASYNC" : "RECLAIM_WB_NONE";
}

/* ---- the events, again and again ------------------------------------------------------------- */

/* Their layout as a reader sees it: a thread's name is an array. */
#define TRACE_EVENT(_system, _name, _fields, ...)                                                  \
    struct view_##_name {                                                                          \
        _fields                                                                                    \
    };                                                                                             \
    _Static_assert(sizeof(struct view_##_name) == sizeof(struct trace_##_name), "the same layout");
#define FIELD(_type, _name) _type _name;
#define COMM(_name)         char _name[TRACE_COMM_LEN];
#include "kernel/trace_events.h"

#define FIELD_ENTRY(_text, _name, _signed)                                                         \
    {                                                                                              \
        _text, #_name, offsetof(view, _name), sizeof(((view *)NULL)->_name), _signed               \
    }

/* A table of each one's fields. */
#define TRACE_EVENT(_system, _name, _fields, ...)                                                  \
    static const struct trace_field *_name##_table(size_t *nr)                                     \
    {                                                                                              \
        typedef struct view_##_name view;                                                          \
        static const struct trace_field table[] = {_fields};                                       \
                                                                                                   \
        *nr = ARRAY_SIZE(table);                                                                   \
        return table;                                                                              \
    }
#define FIELD(_type, _name) FIELD_ENTRY(#_type, _name, (_type)-1 < (_type)1),
#define COMM(_name)         FIELD_ENTRY(NULL, _name, (char)-1 < (char)1),
#include "kernel/trace_events.h"

/* What prints each. */
#define TRACE_EVENT(_system, _name, _fields, ...)                                                  \
    static void _name##_print(struct seqbuf *s, const void *data)                                  \
    {                                                                                              \
        const struct view_##_name *REC = data;                                                     \
                                                                                                   \
        seq_printf(s, __VA_ARGS__);                                                                \
    }
#include "kernel/trace_events.h"

static const struct {
    const char *system;
    const char *name;
    const char *print_fmt; /* format and arguments, as they stand in the source */
    const struct trace_field *(*fields)(size_t *nr);
    void (*print)(struct seqbuf *s, const void *data);
} events[] = {
#define TRACE_EVENT(_system, _name, _fields, ...)                                                  \
    [TRACE_##_name] = {#_system, #_name, #__VA_ARGS__, _name##_table, _name##_print},
#include "kernel/trace_events.h"
};
_Static_assert(ARRAY_SIZE(events) == TRACE_NR_EVENTS, "one entry an event");

/* trace_event_system - contract in the header. */
const char *trace_event_system(enum trace_event_id id)
{
    return events[id].system;
}

/* trace_event_name - contract in the header. */
const char *trace_event_name(enum trace_event_id id)
{
    return events[id].name;
}

/* ---- the format file ------------------------------------------------------------------------- */

/* Where Linux's records begin, and what they begin with. */
#define RAW_START offsetof(struct trace_record, type)
#define COMMON_FIELD(_type, _name, _member)                                                        \
    {                                                                                              \
        .type = #_type, .name = _name,                                                             \
        .offset = offsetof(struct trace_record, _member) - RAW_START,                              \
        .size = sizeof(((struct trace_record *)NULL)->_member), .is_signed = (_type)-1 < (_type)1  \
    }

static const struct trace_field common_fields[] = {
    COMMON_FIELD(unsigned short, "common_type", type),
    COMMON_FIELD(unsigned char, "common_flags", flags),
    COMMON_FIELD(unsigned char, "common_preempt_count", preempt_count),
    COMMON_FIELD(int, "common_pid", pid),
};

static void show_field(struct seqbuf *s, const struct trace_field *f, size_t start)
{
    if (f->type)
        seq_printf(s, "\tfield:%s %s;", f->type, f->name);
    else
        seq_printf(s, "\tfield:char %s[%u];", f->name, f->size);
    seq_printf(s, "\toffset:%zu;\tsize:%u;\tsigned:%d;\n", start + f->offset, f->size,
               f->is_signed);
}

/* trace_event_show_format - contract in the header. */
void trace_event_show_format(struct seqbuf *s, enum trace_event_id id)
{
    size_t nr;
    const struct trace_field *fields = events[id].fields(&nr);

    seq_printf(s, "name: %s\nID: %d\nformat:\n", events[id].name, (int)id);
    for (size_t i = 0; i < ARRAY_SIZE(common_fields); i++)
        show_field(s, &common_fields[i], 0);
    seq_putc(s, '\n');
    for (size_t i = 0; i < nr; i++)
        show_field(s, &fields[i], offsetof(struct trace_record, data) - RAW_START);
    seq_printf(s, "\nprint fmt: %s\n", events[id].print_fmt);
}

/* ---- a line ---------------------------------------------------------------------------------- */

static void show_context(struct seqbuf *s, const struct trace_record *r)
{
    seq_putc(s, r->flags & TRACE_FLAG_IRQS_OFF ? 'd' : '.');
    seq_putc(s, r->flags & TRACE_FLAG_NEED_RESCHED ? 'N' : '.');
    seq_putc(s, r->flags & TRACE_FLAG_HARDIRQ ? 'h' : '.');
    if (r->preempt_count)
        seq_printf(s, "%x.", min(r->preempt_count, 0xf)); /* one digit, as Linux */
    else
        seq_puts(s, "..");
}

/* trace_time_show - contract in the header. */
void trace_time_show(struct seqbuf *s, uint64_t time_ns)
{
    seq_printf(s, " %5lu.%06lu", (unsigned long)(time_ns / 1000000000),
               (unsigned long)(time_ns % 1000000000 / 1000));
}

/* trace_record_show - contract in the header. A record of no known event is shown as its number. */
void trace_record_show(struct seqbuf *s, int cpu, const struct trace_record *r)
{
    seq_printf(s, "%16s-%-7d [%03d] ", r->pid == 0 ? "<idle>" : r->comm, r->pid, cpu);
    show_context(s, r);
    trace_time_show(s, r->time_ns);
    if (r->type == TRACE_NONE || r->type >= TRACE_NR_EVENTS) {
        seq_printf(s, ": Unknown type %d\n", r->type);
        return;
    }
    seq_printf(s, ": %s: ", events[r->type].name);
    events[r->type].print(s, r->data);
    seq_putc(s, '\n');
}
