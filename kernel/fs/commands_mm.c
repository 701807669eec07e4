/*
 * kernel/fs/commands_mm.c - the numbers of memory as tables: free, numastat, vmstat.
 *
 * They read the files that the programs of these names read, and print what those print; a number
 * that no file has counts as 0. So they show what the files show, and nothing else.
 *
 * SOURCES  procps-ng 4.0, free(1), vmstat(8); numactl 2.0, numastat(8): columns and widths.
 */
#include "kernel/command.h"
#include "kernel/console.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "kernel/timer.h"
#include "mm/node.h"
#include <arch/clock.h>

#define LINE_MAX    160 /* bytes of a line that are looked at */
#define MAX_SECONDS 3600

/* ---- numbers out of files ---------------------------------------------------------------------- */

/* A number that is wanted of a file: the @field-th number, from 1, behind the word @key. */
struct wanted {
    const char *key; /* without a final ':' */
    unsigned field;
    uint64_t value; /* the sum, where a key occurs more than once */
};

/* A file being read line by line. */
struct lines {
    void (*take)(const char *line, void *arg);
    void *arg;
    char line[LINE_MAX];
    size_t len; /* of the line so far; what is too much is dropped */
};

static void take_piece(struct seqbuf *s, const char *text, size_t len)
{
    struct lines *l = s->flush_arg;

    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\n') {
            if (l->len < LINE_MAX - 1)
                l->line[l->len++] = text[i];
            continue;
        }
        l->line[l->len] = '\0';
        l->take(l->line, l->arg);
        l->len = 0;
    }
}

static int for_each_line(const char *path, void (*take)(const char *line, void *arg), void *arg)
{
    struct lines lines = {.take = take, .arg = arg};
    char buf[256];
    struct seqbuf s;
    int err;

    seqbuf_init(&s, buf, sizeof(buf));
    s.flush = take_piece;
    s.flush_arg = &lines;
    err = vfs_read(path, &s);
    seqbuf_flush(&s);
    return err;
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ')
        p++;
    return p;
}

/* The @field-th number of @text, or 0. */
static uint64_t number_at(const char *text, unsigned field)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < field; i++) {
        value = 0;
        if (parse_u64(skip_blanks(text), 10, &value, &text))
            return 0;
    }
    return value;
}

/* What follows @key and its ':' in @line; NULL if that begins with another word. */
static const char *behind_key(const char *line, const char *key)
{
    size_t len = strlen(key);

    if (strncmp(line, key, len) != 0)
        return NULL;
    line += len;
    if (*line == ':')
        line++;
    return *line == ' ' ? line : NULL;
}

/* All numbers that are wanted of a file; key NULL ends them. */
static void take_wanted(const char *line, void *arg)
{
    for (struct wanted *w = arg; w->key; w++) {
        const char *rest = behind_key(line, w->key);

        if (rest)
            w->value += number_at(rest, w->field);
    }
}

static void read_wanted(const char *path, struct wanted *wanted)
{
    for (struct wanted *w = wanted; w->key; w++)
        w->value = 0;
    for_each_line(path, take_wanted, wanted);
}

/* ---- free -------------------------------------------------------------------------------------- */

enum { TOTAL, FREE, AVAILABLE, BUFFERS, CACHED, RECLAIMABLE, SHMEM, SWAP_TOTAL, SWAP_FREE };

/* How numbers are shown: divided by a unit, or 'h', as is best to read. */
static void show_amount(struct seqbuf *out, uint64_t kib, char unit)
{
    static const char prefixes[] = "KMGTP";
    unsigned long long value = kib;
    char text[24];
    struct seqbuf s;
    int i = 0;

    seqbuf_init(&s, text, sizeof(text));
    if (unit == 'b') {
        seq_printf(&s, "%llu", value << 10);
    } else if (unit != 'h') {
        seq_printf(&s, "%llu", unit == 'm' ? value >> 10 : unit == 'g' ? value >> 20 : value);
    } else if (kib == 0) {
        seq_puts(&s, "0B");
    } else {
        /* Three digits, or one and a tenth: that leaves room for the unit. */
        uint64_t tenths = kib * 10;

        for (; tenths >= 10000 && prefixes[i + 1]; i++)
            tenths = (tenths + 512) / 1024;
        if (tenths < 100)
            seq_printf(&s, "%llu.%llu", (unsigned long long)tenths / 10,
                       (unsigned long long)tenths % 10);
        else
            seq_printf(&s, "%llu", (unsigned long long)tenths / 10);
        seq_printf(&s, "%ci", prefixes[i]);
    }
    seq_printf(out, "%12s", seqbuf_str(&s));
}

static void show_row(struct seqbuf *out, const char *name, const uint64_t *amounts, size_t nr,
                     char unit)
{
    seq_printf(out, "%-8s", name);
    for (size_t i = 0; i < nr; i++)
        show_amount(out, amounts[i], unit);
    seq_putc(out, '\n');
}

static void show_free(struct seqbuf *out, char unit)
{
    struct wanted w[] = {
        [TOTAL] = {"MemTotal", 1, 0},
        [FREE] = {"MemFree", 1, 0},
        [AVAILABLE] = {"MemAvailable", 1, 0},
        [BUFFERS] = {"Buffers", 1, 0},
        [CACHED] = {"Cached", 1, 0},
        [RECLAIMABLE] = {"SReclaimable", 1, 0},
        [SHMEM] = {"Shmem", 1, 0},
        [SWAP_TOTAL] = {"SwapTotal", 1, 0},
        [SWAP_FREE] = {"SwapFree", 1, 0},
        {NULL, 0, 0},
    };
    uint64_t cache, used;

    read_wanted("/proc/meminfo", w);
    cache = w[BUFFERS].value + w[CACHED].value + w[RECLAIMABLE].value;
    used = w[TOTAL].value - min(w[TOTAL].value, w[AVAILABLE].value);
    seq_puts(out, "               total        used        free      shared  buff/cache   "
                  "available\n");
    show_row(out, "Mem:",
             (uint64_t[]){w[TOTAL].value, used, w[FREE].value, w[SHMEM].value, cache,
                          w[AVAILABLE].value},
             6, unit);
    show_row(out, "Swap:",
             (uint64_t[]){w[SWAP_TOTAL].value, w[SWAP_TOTAL].value - w[SWAP_FREE].value,
                          w[SWAP_FREE].value},
             3, unit);
}

static int free_command(int argc, char **argv, struct seqbuf *out)
{
    char unit = 'k';

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' || !argv[i][1] || !strchr("bkmgh", argv[i][1]) || argv[i][2]) {
            seq_printf(out, "free: %s: there are -b, -k, -m, -g (bytes, KiB, MiB, GiB) and -h\n",
                       argv[i]);
            return -EINVAL;
        }
        unit = argv[i][1];
    }
    show_free(out, unit);
    return 0;
}

MONITOR_COMMAND("free", "[-b|-k|-m|-g|-h]", "memory in all, in KiB; -h: easy to read",
                free_command);

/* ---- numastat ---------------------------------------------------------------------------------- */

#define COLUMN_WIDTH 16
#define LINE_COLUMNS 4    /* numbers in a line of 80 characters */
#define KEYS_SIZE    2048 /* bytes of a node's file */

/* A table on its way: a column for each node, and perhaps one for their sum; the rows are the lines of
 * the first node's file. */
struct numa_table {
    struct seqbuf *out;
    const char *file; /* below nodeN/ */
    bool is_meminfo;  /* the lines begin with "Node N ", amounts are shown in MiB, there is a sum */
    int nodes[MAX_NUMNODES];
    int nr_nodes;
};

static int nr_columns(const struct numa_table *t)
{
    return t->nr_nodes + t->is_meminfo;
}

static const char *node_path(const struct numa_table *t, int i, char *path)
{
    struct seqbuf s;

    seqbuf_init(&s, path, VFS_PATH_MAX);
    seq_printf(&s, "/sys/devices/system/node/node%d/%s", t->nodes[i], t->file);
    return seqbuf_str(&s);
}

/* The number behind @key in the file of the @i-th node. */
static uint64_t node_number(const struct numa_table *t, int i, const char *key)
{
    struct wanted w[] = {{key, 1, 0}, {NULL, 0, 0}};
    char path[VFS_PATH_MAX], line_start[64];
    struct seqbuf s;

    seqbuf_init(&s, line_start, sizeof(line_start));
    if (t->is_meminfo) {
        seq_printf(&s, "Node %d %s", t->nodes[i], key);
        w[0].key = seqbuf_str(&s);
    }
    read_wanted(node_path(t, i, path), w);
    return w[0].value;
}

static uint64_t cell(const struct numa_table *t, int column, const char *key)
{
    uint64_t sum = 0;

    if (column < t->nr_nodes)
        return node_number(t, column, key);
    for (int i = 0; i < t->nr_nodes; i++)
        sum += node_number(t, i, key);
    return sum;
}

static void show_cell(const struct numa_table *t, uint64_t value)
{
    unsigned long long hundredths = (value * 100 + 512) / 1024;

    if (t->is_meminfo)
        seq_printf(t->out, "%*llu.%02llu", COLUMN_WIDTH - 3, hundredths / 100, hundredths % 100);
    else
        seq_printf(t->out, "%*llu", COLUMN_WIDTH, (unsigned long long)value);
}

static void show_numa_row(const struct numa_table *t, const char *key, int first, int end)
{
    seq_printf(t->out, "%-*s", COLUMN_WIDTH, key);
    for (int column = first; column < end; column++)
        show_cell(t, cell(t, column, key));
    seq_putc(t->out, '\n');
}

static void show_heads(const struct numa_table *t, int first, int end)
{
    seq_printf(t->out, "%*s", COLUMN_WIDTH, "");
    for (int column = first; column < end; column++) {
        char head[16];
        struct seqbuf s;

        seqbuf_init(&s, head, sizeof(head));
        if (column == t->nr_nodes)
            seq_puts(&s, "Total");
        else
            seq_printf(&s, t->is_meminfo ? "Node %d" : "node%d", t->nodes[column]);
        seq_printf(t->out, "%*s", COLUMN_WIDTH, seqbuf_str(&s));
    }
    seq_putc(t->out, '\n');
    if (!t->is_meminfo)
        return;
    seq_printf(t->out, "%*s", COLUMN_WIDTH, "");
    for (int column = first; column < end; column++)
        seq_puts(t->out, " ---------------");
    seq_putc(t->out, '\n');
}

static size_t word_len(const char *p)
{
    size_t n = 0;

    while (p[n] != '\0' && p[n] != ' ' && p[n] != ':' && p[n] != '\n')
        n++;
    return n;
}

/* A row for each line of @text; only the columns [first, end). */
static void show_piece(const struct numa_table *t, const char *text, int first, int end)
{
    show_heads(t, first, end);
    while (*text != '\0') {
        const char *next = strchr(text, '\n');
        char key[64];

        if (t->is_meminfo)
            for (int i = 0; i < 2; i++) /* "Node", "0" */
                text = skip_blanks(text + word_len(text));
        strlcpy(key, text, min(word_len(text) + 1, sizeof(key)));
        show_numa_row(t, key, first, end);
        text = next ? next + 1 : "";
    }
}

static int show_numa_table(struct numa_table *t)
{
    char keys[KEYS_SIZE], path[VFS_PATH_MAX];
    long len;
    int nid;

    for_each_online_node (nid)
        t->nodes[t->nr_nodes++] = nid;
    len = vfs_read_at(node_path(t, 0, path), 0, keys, sizeof(keys) - 1);
    if (len < 0) {
        seq_printf(t->out, "numastat: %s: %s\n", path, vfs_strerror((int)len));
        return (int)len;
    }
    keys[len] = '\0';
    for (int first = 0; first < nr_columns(t); first += LINE_COLUMNS) {
        if (first > 0)
            seq_putc(t->out, '\n');
        show_piece(t, keys, first, min(first + LINE_COLUMNS, nr_columns(t)));
    }
    return 0;
}

static int numastat_command(int argc, char **argv, struct seqbuf *out)
{
    struct numa_table t = {.out = out, .file = "numastat"};

    if (argc > 1) {
        if (argc > 2 || strcmp(argv[1], "-m") != 0) {
            seq_printf(out, "numastat: %s: there is -m, for memory by node\n", argv[argc - 1]);
            return -EINVAL;
        }
        t.file = "meminfo";
        t.is_meminfo = true;
        seq_puts(out, "\nPer-node system memory usage (in MBs):\n");
    }
    return show_numa_table(&t);
}

MONITOR_COMMAND("numastat", "[-m]", "where pages came from, by node; -m: what memory is used for",
                numastat_command);

/* ---- vmstat ------------------------------------------------------------------------------------ */

#define HEAD_EVERY 20  /* lines */
#define KEY_LOOK   100 /* ms between two looks for a key */

/* What a line of vmstat is made of. Those up to SAMPLE_CACHE are as they are, the others are counts
 * since boot, and shown as a rate. */
enum sample_item {
    SAMPLE_RUNNING,
    SAMPLE_BLOCKED,
    SAMPLE_FREE,
    SAMPLE_BUFFERS,
    SAMPLE_CACHE,
    SAMPLE_ALLOCATED, /* pages */
    SAMPLE_FREED,
    SAMPLE_SCANNED,
    SAMPLE_STOLEN,
    SAMPLE_INTERRUPTS,
    SAMPLE_SWITCHES,
    SAMPLE_BUSY, /* of all CPUs, in ticks, as the next one */
    SAMPLE_IDLE,
    SAMPLE_SECONDS, /* hundredths */
    NR_SAMPLES
};

struct sample {
    uint64_t item[NR_SAMPLES];
};

static uint64_t sum_wanted(const struct wanted *w)
{
    uint64_t sum = 0;

    for (; w->key; w++)
        sum += w->value;
    return sum;
}

static void sample_stat(struct sample *s)
{
    struct wanted w[] = {
        {"procs_running", 1, 0}, {"procs_blocked", 1, 0}, {"intr", 1, 0},
        {"ctxt", 1, 0},          {"cpu", 4, 0},           {NULL, 0, 0},
    };
    struct wanted busy[] = {{"cpu", 1, 0}, {"cpu", 2, 0}, {"cpu", 3, 0}, {NULL, 0, 0}};

    read_wanted("/proc/stat", w);
    read_wanted("/proc/stat", busy);
    s->item[SAMPLE_RUNNING] = w[0].value;
    s->item[SAMPLE_BLOCKED] = w[1].value;
    s->item[SAMPLE_INTERRUPTS] = w[2].value;
    s->item[SAMPLE_SWITCHES] = w[3].value;
    s->item[SAMPLE_IDLE] = w[4].value;
    s->item[SAMPLE_BUSY] = sum_wanted(busy);
}

static void sample_memory(struct sample *s)
{
    struct wanted w[] = {{"MemFree", 1, 0}, {"Buffers", 1, 0}, {NULL, 0, 0}};
    struct wanted cache[] = {{"Cached", 1, 0}, {"SReclaimable", 1, 0}, {NULL, 0, 0}};
    struct wanted allocated[] = {{"pgalloc_dma", 1, 0},    {"pgalloc_dma32", 1, 0},
                                 {"pgalloc_normal", 1, 0}, {"pgalloc_movable", 1, 0},
                                 {"pgalloc_device", 1, 0}, {NULL, 0, 0}};
    struct wanted freed[] = {{"pgfree", 1, 0}, {NULL, 0, 0}};
    struct wanted scanned[] = {{"pgscan_kswapd", 1, 0}, {"pgscan_direct", 1, 0}, {NULL, 0, 0}};
    struct wanted stolen[] = {{"pgsteal_kswapd", 1, 0}, {"pgsteal_direct", 1, 0}, {NULL, 0, 0}};

    read_wanted("/proc/meminfo", w);
    read_wanted("/proc/meminfo", cache);
    read_wanted("/proc/vmstat", allocated);
    read_wanted("/proc/vmstat", freed);
    read_wanted("/proc/vmstat", scanned);
    read_wanted("/proc/vmstat", stolen);
    s->item[SAMPLE_FREE] = w[0].value;
    s->item[SAMPLE_BUFFERS] = w[1].value;
    s->item[SAMPLE_CACHE] = sum_wanted(cache);
    s->item[SAMPLE_ALLOCATED] = sum_wanted(allocated);
    s->item[SAMPLE_FREED] = sum_wanted(freed);
    s->item[SAMPLE_SCANNED] = sum_wanted(scanned);
    s->item[SAMPLE_STOLEN] = sum_wanted(stolen);
}

static struct sample take_sample(void)
{
    struct sample s;

    sample_stat(&s);
    sample_memory(&s);
    s.item[SAMPLE_SECONDS] = clock_ns() / (NS_PER_S / 100);
    return s;
}

static void show_vmstat_head(struct seqbuf *out)
{
    seq_puts(
        out,
        "procs ------------memory----------- ------------pages------------ ---system-- -cpu--\n"
        " r  b       free   buff      cache   alloc    free    scan   steal    in    cs sy id\n");
}

/* What happened from @then to @now. */
static void show_vmstat_line(struct seqbuf *out, const struct sample *then,
                             const struct sample *now)
{
    unsigned long long rate[NR_SAMPLES];
    uint64_t hundredths = max(now->item[SAMPLE_SECONDS] - then->item[SAMPLE_SECONDS], 1ULL), cpu;

    for (int i = 0; i < NR_SAMPLES; i++)
        rate[i] = now->item[i] - min(now->item[i], then->item[i]);
    cpu = max(rate[SAMPLE_BUSY] + rate[SAMPLE_IDLE], 1ULL);
    seq_printf(
        out, "%2llu %2llu %10llu %6llu %10llu", (unsigned long long)now->item[SAMPLE_RUNNING],
        (unsigned long long)now->item[SAMPLE_BLOCKED], (unsigned long long)now->item[SAMPLE_FREE],
        (unsigned long long)now->item[SAMPLE_BUFFERS], (unsigned long long)now->item[SAMPLE_CACHE]);
    for (int i = SAMPLE_ALLOCATED; i <= SAMPLE_STOLEN; i++)
        seq_printf(out, " %7llu", rate[i] * 100 / hundredths);
    seq_printf(out, " %5llu %5llu", rate[SAMPLE_INTERRUPTS] * 100 / hundredths,
               rate[SAMPLE_SWITCHES] * 100 / hundredths);
    seq_printf(out, " %2llu %2llu\n", rate[SAMPLE_BUSY] * 100 / cpu,
               100 - rate[SAMPLE_BUSY] * 100 / cpu);
}

/* Wait @seconds. True if a key ended it. */
static bool wait_or_key(uint64_t seconds)
{
    uint64_t end = clock_ns() + seconds * NS_PER_S;

    while (clock_ns() < end) {
        if (console_is_interactive() && console_getc() >= 0)
            return true;
        sleep_ns(min(end - min(end, clock_ns()), KEY_LOOK * NS_PER_MS));
    }
    return false;
}

/* @count lines, the first since boot, the others each of @seconds; 0: until a key. */
static void show_vmstat(struct seqbuf *out, uint64_t seconds, uint64_t count)
{
    struct sample then = {{0}};

    for (uint64_t i = 0; count == 0 || i < count; i++) {
        struct sample now;

        if (i > 0 && wait_or_key(seconds))
            return;
        now = take_sample();
        if (i % HEAD_EVERY == 0)
            show_vmstat_head(out);
        show_vmstat_line(out, &then, &now);
        seqbuf_flush(out);
        then = now;
    }
}

static int vmstat_command(int argc, char **argv, struct seqbuf *out)
{
    uint64_t seconds = 1, count = argc > 1 && console_is_interactive() ? 0 : 1;

    if (argc > 3 ||
        (argc > 1 &&
         (parse_u64(argv[1], 10, &seconds, NULL) || seconds == 0 || seconds > MAX_SECONDS)) ||
        (argc > 2 && (parse_u64(argv[2], 10, &count, NULL) || count == 0))) {
        seq_printf(
            out,
            "vmstat: how often, and how many lines? seconds, 1 to %d, and a number from 1, for "
            "example vmstat 1 10\n",
            MAX_SECONDS);
        return -EINVAL;
    }
    show_vmstat(out, seconds, count);
    return 0;
}

MONITOR_COMMAND("vmstat", "[SECONDS [COUNT]]",
                "memory and CPUs, a line each SECONDS, until a key or COUNT lines", vmstat_command);
