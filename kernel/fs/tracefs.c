/*
 * kernel/fs/tracefs.c - /sys/kernel/tracing: what is recorded, where to, and what was.
 *
 * A session:
 *
 *     echo kmem:mm_page_alloc > /sys/kernel/tracing/set_event
 *     cat /sys/kernel/tracing/trace
 *
 * The rings have no memory until an event is switched on for the first time, or buffer_size_kb is
 * written. Then each CPU's ring is one block of pages of its own node, or of the nearest that has
 * some. "echo 0 > buffer_size_kb" switches all events off and gives the memory back.
 *
 * A write to set_event replaces the set of events that are on, as ">" does in Linux; where it
 * begins with '!', the events that it names are taken out of the set.
 *
 * LOCKING  tracefs_lock, a mutex, around everything here: switches, rings, readers.
 * SOURCES  Linux 6.1, Documentation/trace/ftrace.rst, "The File System", and
 *          Documentation/trace/events.rst, 2 "Using Event Tracing": names, contents, errors.
 */
#include "kernel/cpu.h"
#include "kernel/fs/trace_read.h"
#include "kernel/fs/trace_text.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/glob.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "mm/node.h"
#include "mm/page_alloc.h"

#define DEFAULT_KB 256 /* for each CPU: 2048 events */
/* By default, all rings together take no more than this part of what is free. */
#define DEFAULT_SHARE 16

#define PAGE_KB       (PAGE_SIZE / 1024)
#define RING_MAX_KB   (MAX_ORDER_PAGES * PAGE_KB)
#define SLOTS_PER_KB  (1024 / sizeof(struct trace_record))
#define MAX_NAME      64 /* of "system:event", NUL included */

static DEFINE_MUTEX(tracefs_lock);

/* ---- memory ---------------------------------------------------------------------------------- */

static unsigned long ring_kb(const struct trace_ring *ring)
{
    return ring->nr_slots / SLOTS_PER_KB;
}

/* The order of a block of @kb KiB or more. */
static unsigned order_of(unsigned long kb)
{
    unsigned order = 0;

    while (PAGE_KB << order < kb)
        order++;
    return order;
}

static void free_ring(struct trace_ring *ring)
{
    if (ring->nr_slots)
        free_pages((unsigned long)ring->slots, order_of(ring_kb(ring)));
    trace_ring_init(ring, NULL, 0);
}

/* Memory near @cpu; half as much, and so on, where there is no block that large. 0 or -ENOMEM. */
static int fill_ring(int cpu, unsigned long kb)
{
    for (; kb >= PAGE_KB; kb /= 2) {
        struct page *page =
            alloc_pages_node(cpu_to_node(cpu), GFP_KERNEL | __GFP_NOWARN, order_of(kb));

        if (page) {
            trace_ring_init(trace_ring_of(cpu), page_address(page), kb * SLOTS_PER_KB);
            return 0;
        }
    }
    return -ENOMEM;
}

/*
 * Give each ring @kb KiB, a power of two of pages; 0 takes their memory away. What was recorded is
 * lost. Returns 0, or -ENOMEM: then no ring has memory.
 */
static int resize_rings(unsigned long kb)
{
    int cpu, err = 0;

    trace_pause();
    for_each_cpu (cpu, &cpu_online_mask)
        free_ring(trace_ring_of(cpu));
    for_each_cpu (cpu, &cpu_online_mask)
        if (kb && !err)
            err = fill_ring(cpu, kb);
    if (err)
        for_each_cpu (cpu, &cpu_online_mask)
            free_ring(trace_ring_of(cpu));
    trace_resume();
    return err;
}

/* What a ring gets if nobody says else. */
static unsigned long default_kb(void)
{
    unsigned long free_kb = 0, kb = DEFAULT_KB;
    int nid;

    for_each_online_node (nid)
        free_kb += node_free_pages(nid) * PAGE_KB;
    while (kb > PAGE_KB &&
           kb * (unsigned)cpumask_weight(&cpu_online_mask) > free_kb / DEFAULT_SHARE)
        kb /= 2;
    return kb;
}

static bool has_rings(void)
{
    return trace_ring_of(cpumask_first(&cpu_online_mask))->nr_slots != 0;
}

static int need_rings(void)
{
    return has_rings() ? 0 : resize_rings(default_kb());
}

/* ---- switches -------------------------------------------------------------------------------- */

/* A line with a number and nothing else. 0, -EINVAL or -ERANGE. */
static int parse_number(const char *text, uint64_t *value)
{
    const char *end;
    int err = parse_u64(text, 0, value, &end);

    if (!err && *end == '\n')
        end++;
    return err ? err : *end ? -EINVAL : 0;
}

static int parse_switch(const char *text, bool *on)
{
    uint64_t value;
    int err = parse_number(text, &value);

    if (err || value > 1)
        return -EINVAL;
    *on = value != 0;
    return 0;
}

/* Is event @id meant by "event", "system:event" or "system:", in which '*' and '?' are patterns? */
static bool event_fits(int id, const char *pattern)
{
    char full[MAX_NAME];
    struct seqbuf s;

    seqbuf_init(&s, full, sizeof(full));
    seq_printf(&s, "%s:%s", trace_event_system(id), trace_event_name(id));
    if (!strchr(pattern, ':'))
        return glob_match(pattern, trace_event_name(id)) ||
               glob_match(pattern, trace_event_system(id));
    if (pattern[strlen(pattern) - 1] != ':')
        return glob_match(pattern, seqbuf_str(&s));
    return strncmp(pattern, seqbuf_str(&s), strlen(pattern)) == 0;
}

/* Switch all that @pattern means. 0, -EINVAL if that is none, -ENOMEM. */
static int switch_events(const char *pattern, bool on)
{
    bool found = false;
    int err = on ? need_rings() : 0;

    if (err)
        return err;
    for (int id = TRACE_NONE + 1; id < TRACE_NR_EVENTS; id++) {
        if (event_fits(id, pattern)) {
            WRITE_ONCE(trace_enabled[id], on);
            found = true;
        }
    }
    return found ? 0 : -EINVAL;
}

static int store_switch(const char *pattern, const char *text)
{
    bool on;
    int err = parse_switch(text, &on);

    if (err)
        return err;
    mutex_lock(&tracefs_lock);
    err = switch_events(pattern, on);
    mutex_unlock(&tracefs_lock);
    return err;
}

/* 0 or 1 if all that @pattern means are off or on, else X. */
static void show_switch(struct seqbuf *s, const char *pattern)
{
    bool any_on = false, any_off = false;

    for (int id = TRACE_NONE + 1; id < TRACE_NR_EVENTS; id++) {
        if (event_fits(id, pattern)) {
            any_on |= trace_enabled[id];
            any_off |= !trace_enabled[id];
        }
    }
    seq_puts(s, any_on && any_off ? "X\n" : any_on ? "1\n" : "0\n");
}

static void set_event_show(struct seqbuf *s)
{
    for (int id = TRACE_NONE + 1; id < TRACE_NR_EVENTS; id++)
        if (trace_enabled[id])
            seq_printf(s, "%s:%s\n", trace_event_system(id), trace_event_name(id));
}

/* The next word of @text, cut to MAX_NAME; returns what follows, or NULL if there is none. */
static const char *next_word(const char *text, char *word)
{
    size_t len = 0;

    while (*text == ' ' || *text == '\n' || *text == '\t')
        text++;
    if (*text == '\0')
        return NULL;
    for (; *text != '\0' && !strchr(" \n\t", *text); text++)
        if (len < MAX_NAME - 1)
            word[len++] = *text;
    word[len] = '\0';
    return text;
}

/* Words are done one by one; the first that means nothing ends it. */
static int set_events_locked(const char *text)
{
    char word[MAX_NAME];
    int err = 0;

    if (text[0] != '!')
        switch_events("*", false);
    while (!err && (text = next_word(text, word)) != NULL)
        err = word[0] == '!' ? switch_events(word + 1, false) : switch_events(word, true);
    return err;
}

static int set_event_store(const char *text, size_t len)
{
    int err;

    (void)len;
    mutex_lock(&tracefs_lock);
    err = set_events_locked(text);
    mutex_unlock(&tracefs_lock);
    return err;
}

static void available_events_show(struct seqbuf *s)
{
    for (int id = TRACE_NONE + 1; id < TRACE_NR_EVENTS; id++)
        seq_printf(s, "%s:%s\n", trace_event_system(id), trace_event_name(id));
}

static void tracing_on_show(struct seqbuf *s)
{
    seq_printf(s, "%d\n", trace_is_on());
}

static int tracing_on_store(const char *text, size_t len)
{
    bool on;
    int err = parse_switch(text, &on);

    (void)len;
    if (err)
        return err;
    mutex_lock(&tracefs_lock);
    trace_set_on(on);
    mutex_unlock(&tracefs_lock);
    return 0;
}

/* A file that has one possible value. */
static int store_only(const char *text, size_t len, const char *only)
{
    if (len > 0 && text[len - 1] == '\n')
        len--;
    return len == strlen(only) && memcmp(text, only, len) == 0 ? 0 : -EINVAL;
}

static void current_tracer_show(struct seqbuf *s)
{
    seq_puts(s, "nop\n");
}

static int current_tracer_store(const char *text, size_t len)
{
    return store_only(text, len, "nop");
}

static void trace_clock_show(struct seqbuf *s)
{
    seq_puts(s, "[local]\n");
}

static int trace_clock_store(const char *text, size_t len)
{
    return store_only(text, len, "local");
}

/* ---- the size -------------------------------------------------------------------------------- */

static void show_size(struct seqbuf *s, unsigned long kb)
{
    if (has_rings())
        seq_printf(s, "%lu\n", kb);
    else
        seq_printf(s, "0 (expanded: %lu)\n", default_kb());
}

/* X where rings differ, as some got less than was asked for. */
static void buffer_size_show(struct seqbuf *s)
{
    unsigned long kb = ring_kb(trace_ring_of(cpumask_first(&cpu_online_mask)));
    bool equal = true;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        equal = equal && ring_kb(trace_ring_of(cpu)) == kb;
    if (equal)
        show_size(s, kb);
    else
        seq_puts(s, "X\n");
}

static void buffer_total_size_show(struct seqbuf *s)
{
    unsigned long kb = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        kb += ring_kb(trace_ring_of(cpu));
    seq_printf(s, "%lu\n", kb);
}

static void cpu_buffer_size_show(struct seqbuf *s, int cpu)
{
    show_size(s, ring_kb(trace_ring_of(cpu)));
}

/* @kb is rounded up to what a block can be. */
static int set_size_locked(uint64_t kb)
{
    if (kb == 0)
        switch_events("*", false);
    return resize_rings(kb ? PAGE_KB << order_of((unsigned long)kb) : 0);
}

static int buffer_size_store(const char *text, size_t len)
{
    uint64_t kb;
    int err = parse_number(text, &kb);

    (void)len;
    if (err)
        return err;
    if (kb > RING_MAX_KB) {
        pr_notice("buffer_size_kb: %lu is more than %lu, the largest block of pages",
                  (unsigned long)kb, RING_MAX_KB);
        return -ERANGE;
    }
    mutex_lock(&tracefs_lock);
    err = set_size_locked(kb);
    mutex_unlock(&tracefs_lock);
    return err;
}

/* ---- what was recorded ----------------------------------------------------------------------- */

static void show_locked(struct seqbuf *s, int cpu, void (*show)(struct seqbuf *s, int cpu))
{
    mutex_lock(&tracefs_lock);
    show(s, cpu);
    mutex_unlock(&tracefs_lock);
}

static void trace_file_show(struct seqbuf *s)
{
    show_locked(s, TRACE_ALL_CPUS, trace_show);
}

static void trace_pipe_file_show(struct seqbuf *s)
{
    show_locked(s, TRACE_ALL_CPUS, trace_pipe_show);
}

static void cpu_trace_show(struct seqbuf *s, int cpu)
{
    show_locked(s, cpu, trace_show);
}

static void cpu_trace_pipe_show(struct seqbuf *s, int cpu)
{
    show_locked(s, cpu, trace_pipe_show);
}

static void cpu_stats_show(struct seqbuf *s, int cpu)
{
    show_locked(s, cpu, trace_stats_show);
}

/* Whatever is written, what was recorded is gone. */
static int trace_file_store(const char *text, size_t len)
{
    (void)text;
    (void)len;
    mutex_lock(&tracefs_lock);
    trace_clear();
    mutex_unlock(&tracefs_lock);
    return 0;
}

/* ---- the files ------------------------------------------------------------------------------- */

static int next_cpu(int after)
{
    int cpu = cpumask_next(&cpu_online_mask, after);

    return cpu < NR_CPUS ? cpu : -1;
}

/* The files of each event, and of all together, differ by a pattern; so do their functions. */
#define SWITCH_FUNCTIONS(_id, _pattern)                                                            \
    static void _id##_enable_show(struct seqbuf *s)                                                \
    {                                                                                              \
        show_switch(s, _pattern);                                                                  \
    }                                                                                              \
    static int _id##_enable_store(const char *text, size_t len)                                    \
    {                                                                                              \
        (void)len;                                                                                 \
        return store_switch(_pattern, text);                                                       \
    }

SWITCH_FUNCTIONS(all, "*")
SWITCH_FUNCTIONS(sched, "sched:")
SWITCH_FUNCTIONS(kmem, "kmem:")

#define TRACE_EVENT(_system, _name, ...)                                                           \
    SWITCH_FUNCTIONS(_name, #_system ":" #_name)                                                   \
    static void _name##_format_show(struct seqbuf *s)                                              \
    {                                                                                              \
        trace_event_show_format(s, TRACE_##_name);                                                 \
    }                                                                                              \
    static void _name##_id_show(struct seqbuf *s)                                                  \
    {                                                                                              \
        seq_printf(s, "%d\n", TRACE_##_name);                                                      \
    }
#include "kernel/trace_events.h"

#define TRACING "/sys/kernel/tracing/"
#define EVENTS  TRACING "events/"

static const struct vfs_file files[] = {
    VFS_FILE(TRACING "available_events", available_events_show),
    VFS_FILE(TRACING "available_tracers", current_tracer_show),
    VFS_FILE(TRACING "buffer_total_size_kb", buffer_total_size_show),
    VFS_FILE_WRITABLE(TRACING "buffer_size_kb", buffer_size_show, buffer_size_store),
    VFS_FILE_WRITABLE(TRACING "current_tracer", current_tracer_show, current_tracer_store),
    VFS_FILE_WRITABLE(TRACING "set_event", set_event_show, set_event_store),
    VFS_FILE_WRITABLE(TRACING "trace", trace_file_show, trace_file_store),
    VFS_FILE_WRITABLE(TRACING "trace_clock", trace_clock_show, trace_clock_store),
    VFS_FILE(TRACING "trace_pipe", trace_pipe_file_show),
    VFS_FILE_WRITABLE(TRACING "tracing_on", tracing_on_show, tracing_on_store),

    VFS_FILE_PER_ID(TRACING "per_cpu/cpu#/buffer_size_kb", next_cpu, cpu_buffer_size_show),
    VFS_FILE_PER_ID(TRACING "per_cpu/cpu#/stats", next_cpu, cpu_stats_show),
    VFS_FILE_PER_ID(TRACING "per_cpu/cpu#/trace", next_cpu, cpu_trace_show),
    VFS_FILE_PER_ID(TRACING "per_cpu/cpu#/trace_pipe", next_cpu, cpu_trace_pipe_show),

    VFS_FILE_WRITABLE(EVENTS "enable", all_enable_show, all_enable_store),
    VFS_FILE_WRITABLE(EVENTS "sched/enable", sched_enable_show, sched_enable_store),
    VFS_FILE_WRITABLE(EVENTS "kmem/enable", kmem_enable_show, kmem_enable_store),
#define EVENT_DIR(_system, _name) EVENTS #_system "/" #_name "/"
#define TRACE_EVENT(_system, _name, ...)                                                           \
    VFS_FILE_WRITABLE(EVENT_DIR(_system, _name) "enable", _name##_enable_show,                     \
                      _name##_enable_store),                                                       \
        VFS_FILE(EVENT_DIR(_system, _name) "format", _name##_format_show),                         \
        VFS_FILE(EVENT_DIR(_system, _name) "id", _name##_id_show),
#include "kernel/trace_events.h"
};

/* tracefs_register - make the files appear. Context: boot. */
void tracefs_register(void)
{
    vfs_register(files, ARRAY_SIZE(files));
}
