/*
 * kernel/fs/commands_mm.c - the numbers of memory as tables: free, numastat.
 *
 * They read the files that the programs of these names read, and print what those print; a number
 * that no file has counts as 0. So they show what the files show, and nothing else.
 *
 * SOURCES  procps-ng 4.0, free(1); numactl 2.0, numastat(8): columns and widths.
 */
#include "kernel/command.h"
#include "kernel/fs/numbers.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/node.h"

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

    numbers_read("/proc/meminfo", w);
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
    numbers_read(node_path(t, i, path), w);
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

static const char *skip_blanks(const char *p)
{
    while (*p == ' ')
        p++;
    return p;
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
