/*
 * tests/kernel/soak_files.c - the soak's workers on files: reading all of them, tracing, the log.
 */
#include "kernel/fs/vfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/timer.h"
#include "tests/kernel/soak.h"
#include "tests/kernel/trace_helpers.h"

/* ---- what a file says ------------------------------------------------------------------------ */

#define FNV_OFFSET 0xcbf29ce484222325ul
#define FNV_PRIME  0x100000001b3ul

/* All that is kept of a text. */
struct digest {
    unsigned long hash; /* FNV-1a, 64 bits */
    size_t len;
    bool has_nul;
};

static void digest_piece(struct seqbuf *s, const char *text, size_t len)
{
    struct digest *d = s->flush_arg;

    for (size_t i = 0; i < len; i++) {
        d->hash = (d->hash ^ (unsigned char)text[i]) * FNV_PRIME;
        d->has_nul |= text[i] == '\0';
    }
    d->len += len;
}

static int read_digest(const char *path, struct digest *d)
{
    char buf[256];
    struct seqbuf s;
    int err;

    *d = (struct digest){.hash = FNV_OFFSET};
    seqbuf_init(&s, buf, sizeof(buf));
    s.flush = digest_piece;
    s.flush_arg = d;
    err = vfs_read(path, &s);
    seqbuf_flush(&s);
    return err;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Files that say the same as long as the machine is up. */
static struct {
    const char *path;
    struct digest digest;
} constants[] = {
    {.path = "/proc/version"},
    {.path = "/proc/cmdline"},
    {.path = "/sys/devices/system/node/online"},
    {.path = "/sys/devices/system/cpu/online"},
    {.path = "/sys/kernel/debug/zonelists"},
    {.path = "/sys/kernel/debug/sched/topology"},
    {.path = "/sys/kernel/tracing/available_events"},
};

static int prepare_files(int nr)
{
    (void)nr;
    for (size_t i = 0; i < ARRAY_SIZE(constants); i++) {
        int err = read_digest(constants[i].path, &constants[i].digest);

        if (err)
            return err;
    }
    return 0;
}

/* One entry of a directory, each as likely as the others. */
struct choice {
    struct soak_worker *w;
    unsigned nr; /* so far */
    char name[64];
    bool is_dir;
};

static int choose(const char *name, const struct vfs_stat *st, void *arg)
{
    struct choice *c = arg;

    if (soak_random(c->w, ++c->nr) == 0) {
        strlcpy(c->name, name, sizeof(c->name));
        c->is_dir = st->is_dir;
    }
    return 0;
}

/* A thread's files go with it. */
static void check_error(const struct soak_worker *w, const char *path, int err)
{
    if (err && !(err == -ENOENT && strncmp(path, "/proc/", 6) == 0))
        soak_fail(w, "%s: %s", path, vfs_strerror(err));
}

/* From /proc or /sys to some file, and read it. What an initrd holds may be anything. */
static void read_any(struct soak_worker *w)
{
    char path[VFS_PATH_MAX];
    struct seqbuf s;
    struct digest d;
    struct choice c;
    int err;

    seqbuf_init(&s, path, sizeof(path));
    seq_puts(&s, soak_one_in(w, 2) ? "/proc" : "/sys");
    do {
        c = (struct choice){.w = w};
        err = vfs_readdir(seqbuf_str(&s), choose, &c);
        if (err || c.nr == 0)
            break;
        seq_printf(&s, "/%s", c.name);
    } while (c.is_dir);
    seqbuf_str(&s);
    if (!err && c.nr > 0)
        err = read_digest(path, &d);
    check_error(w, path, err);
    if (!err && c.nr > 0 && d.has_nul)
        soak_fail(w, "%s has a NUL in its text", path);
}

static void read_constant(struct soak_worker *w)
{
    size_t i = soak_random(w, ARRAY_SIZE(constants));
    struct digest d;
    int err = read_digest(constants[i].path, &d);

    check_error(w, constants[i].path, err);
    if (!err && (d.hash != constants[i].digest.hash || d.len != constants[i].digest.len))
        soak_fail(w, "%s says something else than before, %zu bytes instead of %zu",
                  constants[i].path, d.len, constants[i].digest.len);
}

/* trace_helpers.c has one buffer for all, and this is called by many. */
static int write_tracing(const char *name, const char *text)
{
    char path[VFS_PATH_MAX];
    struct seqbuf s;

    seqbuf_init(&s, path, sizeof(path));
    seq_printf(&s, "/sys/kernel/tracing/%s", name);
    return vfs_write(seqbuf_str(&s), text, strlen(text));
}

/* Files that take one word only, each another one. */
static void write_constant(struct soak_worker *w)
{
    bool clock = soak_one_in(w, 2);
    const char *name = clock ? "trace_clock" : "current_tracer", *text = clock ? "local" : "nop";
    int err = write_tracing(name, text);

    if (err)
        soak_fail(w, "%s doesn't take '%s': %s", name, text, vfs_strerror(err));
}

static bool step_files(struct soak_worker *w)
{
    if (soak_one_in(w, 4))
        read_constant(w);
    else if (soak_one_in(w, 4))
        write_constant(w);
    else
        read_any(w);
    return soak_goes_on();
}

const struct soak_kind soak_files = {
    .name = "files",
    .cpus_each = 4,
    .least = 2,
    .most = 6,
    .prepare = prepare_files,
    .step = step_files,
};

/* ---- tracing --------------------------------------------------------------------------------- */

static struct trace_session session;
static bool session_is_on;

static int prepare_tracer(int nr)
{
    (void)nr;
    session_is_on = trace_session_begin(&session, "8");
    return session_is_on ? 0 : -ENOMEM;
}

static void finish_tracer(void)
{
    if (session_is_on)
        trace_session_end(&session);
    session_is_on = false;
}

/* Give a file of /sys/kernel/tracing one of its values. */
static void write_any(struct soak_worker *w)
{
    static const struct {
        const char *name, *text;
    } writes[] = {
        {"events/enable", "1"},
        {"events/enable", "0"},
        {"events/sched/enable", "1"},
        {"events/sched/sched_switch/enable", "0"},
        {"events/kmem/enable", "1"},
        {"set_event", "sched:sched_wakeup kmem:mm_page_alloc"},
        {"set_event", ""},
        {"tracing_on", "0"},
        {"tracing_on", "1"},
        {"trace", ""},
        {"buffer_size_kb", "4"},
        {"buffer_size_kb", "16"},
    };
    size_t i = soak_random(w, ARRAY_SIZE(writes));
    int err = write_tracing(writes[i].name, writes[i].text);

    if (err && err != -ENOMEM)
        soak_fail(w, "%s doesn't take '%s': %s", writes[i].name, writes[i].text, vfs_strerror(err));
}

static bool step_tracer(struct soak_worker *w)
{
    static const char *const reads[] = {"trace", "trace_pipe", "per_cpu/cpu0/trace", "set_event"};
    char path[64];
    struct seqbuf s;
    struct digest d;

    write_any(w);
    msleep(soak_random(w, 20));
    seqbuf_init(&s, path, sizeof(path));
    seq_printf(&s, "/sys/kernel/tracing/%s", reads[soak_random(w, ARRAY_SIZE(reads))]);
    seqbuf_str(&s);
    check_error(w, path, read_digest(path, &d));
    return soak_goes_on();
}

const struct soak_kind soak_tracer = {
    .name = "tracer",
    .cpus_each = NR_CPUS,
    .least = 1,
    .most = 1,
    .prepare = prepare_tracer,
    .step = step_tracer,
    .finish = finish_tracer,
};

/* ---- the log --------------------------------------------------------------------------------- */

#define MAX_LOG_MS 500 /* between two lines: what else the log says must not drown */

struct log_reader {
    uint64_t pos;
    bool at_line_start;
};

static bool begin_log(struct soak_worker *w)
{
    struct log_reader *r = soak_data(w, struct log_reader);

    r->pos = log_end();
    r->at_line_start = true;
    return true;
}

/* Each line of the log begins with '[', whoever wrote at the same time. */
static void read_log(struct soak_worker *w, struct log_reader *r)
{
    char buf[256];
    size_t n;

    for (;;) {
        uint64_t before = r->pos;

        n = log_read(&r->pos, buf, sizeof(buf));
        if (n == 0)
            return;
        if (r->pos - n != before)
            r->at_line_start = true; /* it was overtaken, and goes on at a line's beginning */
        for (size_t i = 0; i < n; i++) {
            if (r->at_line_start && buf[i] != '[')
                soak_fail(w, "a line of the log begins with '%c'", buf[i]);
            r->at_line_start = buf[i] == '\n';
        }
    }
}

/* Longer than what printk formats at once. */
static bool step_log(struct soak_worker *w)
{
    pr_debug("soak: log/%d %lu: %s, %s, %s", w->index, w->nr_ops,
             "a line that is put together from several pieces", "while others write theirs",
             "stays in one piece and stands alone in its line");
    read_log(w, soak_data(w, struct log_reader));
    msleep(soak_random(w, MAX_LOG_MS));
    return soak_goes_on();
}

const struct soak_kind soak_log = {
    .name = "log",
    .cpus_each = 8,
    .least = 2,
    .most = 4,
    .begin = begin_log,
    .step = step_log,
};
