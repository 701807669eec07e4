/*
 * tools/numascope/numascope.c - a QEMU plugin that counts who touches whose memory.
 *
 * THEORY
 *
 * QEMU translates the guest's code piece by piece. While it does, a plugin may ask to be called at each
 * load and store of an instruction. Each call gives the CPU and the address; the address lies in the
 * memory of some node; so one counter of a table with a row for each CPU and a column for each node
 * goes up by one. That is what `perf stat -e node-loads,node-load-misses` counts on a real machine.
 *
 * Example: two nodes with a CPU each. CPU 1 reads 1000 words of node 0, then writes 10 of its own:
 *
 *               loads           stores
 *             node0 node1     node0 node1
 *     cpu 0       0     0         0     0
 *     cpu 1    1000     0         0    10
 *
 * A mark cuts the run into parts, each with a table of its own. The guest makes one by an instruction that
 * does nothing, a NOP with an operand nobody would write by chance (arch/x86_64/insn.h, insn_mark()).
 *
 * Not seen: the fetching of instructions, the CPU's walks through page tables, DMA. There are no
 * caches either: each access counts, also one that a real machine's cache would have served.
 *
 * ARGUMENTS  out=FILE          where the result goes, as JSON, when QEMU ends
 *            nodes=N           columns 0 to N-1
 *            range=N:START-END memory of node N, [START, END), in hexadecimal, as often as needed
 *
 * INVARIANTS
 *   S1  Ranges are sorted and don't overlap.
 *   S2  A CPU's counters never decrease; a part's table is the difference of two copies.
 *
 * LOCKING  A row is written by its own CPU's thread alone. Others read it at a mark and may be a few accesses
 *          late: a mark is sharp for the CPU that makes it. Parts are protected by part_lock.
 * UNITS    Accesses, whatever their size; an atomic read-modify-write is a load and a store.
 * SOURCES  QEMU manual, "QEMU TCG Plugins".
 * NOT HERE Which addresses are whose, and what is printed (tools/atoll/numascope.py).
 */
#include "qemu_plugin.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NODES  128
#define MAX_RANGES (2 * MAX_NODES)
#define MAX_PARTS  64 /* further marks are not made */
#define LINE       64 /* bytes of a cache line of the host */

/* Whose instruction it was: the kernel's, at an address of the upper half, or of a user's program, the
 * firmware or the first steps of a kernel. And what it did. */
enum kind { KERNEL_LOAD, KERNEL_STORE, OTHER_LOAD, OTHER_STORE, NR_KINDS };

static const char *const kind_names[NR_KINDS] = {"kernel_loads", "kernel_stores", "other_loads",
                                                 "other_stores"};

struct range {
    uint64_t start;
    uint64_t end; /* not in it */
    unsigned node;
};

/* A part of the run, up to a mark or to the end. */
struct part {
    int number;       /* of the mark that ended it; -1: the end of the run */
    int cpu;          /* that made it; -1 */
    uint64_t *counts; /* copy of all rows at that moment */
};

/* Fixed when QEMU starts. */
static struct range ranges[MAX_RANGES]; /* S1 */
static unsigned nr_ranges, nr_nodes;
static unsigned nr_cpus;
static unsigned nr_columns; /* the nodes, then memory-mapped devices, then whatever else */
static size_t row_words;    /* of a CPU's row, a multiple of a line */
static const char *out_path;

static uint64_t *rows; /* nr_cpus x row_words; in a row NR_KINDS x nr_columns. S2 */

static pthread_mutex_t part_lock = PTHREAD_MUTEX_INITIALIZER;
/* Protected by part_lock. */
static struct part parts[MAX_PARTS + 1];
static unsigned nr_parts;

/* QEMU looks for this name. */
extern int qemu_plugin_version;
int qemu_plugin_version = QEMU_PLUGIN_INTERFACE;

/* The column of an address of memory. */
static unsigned column_of(uint64_t address)
{
    unsigned low = 0, high = nr_ranges;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (address >= ranges[middle].end)
            low = middle + 1;
        else
            high = middle;
    }
    return low < nr_ranges && address >= ranges[low].start ? ranges[low].node : nr_nodes + 1;
}

/* One load or store. @arg: the kind of a load of this instruction. */
static void count_access(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t va, void *arg)
{
    const struct qemu_plugin_hwaddr *where = qemu_plugin_get_hwaddr(info, va);
    size_t kind = (uintptr_t)arg + qemu_plugin_mem_is_store(info);
    unsigned column = nr_nodes + 1;

    if (cpu >= nr_cpus)
        return;
    if (where)
        column = qemu_plugin_hwaddr_is_io(where) ? nr_nodes
                                                 : column_of(qemu_plugin_hwaddr_phys_addr(where));
    rows[cpu * row_words + kind * nr_columns + column]++;
}

/* End the part that runs. */
static void end_part(int number, int cpu)
{
    size_t size = nr_cpus * row_words * sizeof(*rows);

    pthread_mutex_lock(&part_lock);
    if (nr_parts < MAX_PARTS || number < 0) {
        struct part *p = &parts[nr_parts];

        *p = (struct part){number, cpu, malloc(size)};
        if (p->counts) {
            memcpy(p->counts, rows, size);
            nr_parts++;
        }
    }
    pthread_mutex_unlock(&part_lock);
}

static void made_mark(unsigned cpu, void *arg)
{
    end_part((int)(uintptr_t)arg, (int)cpu);
}

/* The number of a mark, 0 to 255, or -1 if the instruction is none:
 * 0f 1f 84 00 NN 4e 55 4d is nopl 0x4d554eNN(%rax,%rax,1). */
static int mark_number(const struct qemu_plugin_insn *insn)
{
    static const uint8_t head[] = {0x0f, 0x1f, 0x84, 0x00}, tail[] = {0x4e, 0x55, 0x4d};
    const uint8_t *bytes = qemu_plugin_insn_data(insn);

    if (qemu_plugin_insn_size(insn) != 8 || memcmp(bytes, head, sizeof(head)) != 0 ||
        memcmp(bytes + 5, tail, sizeof(tail)) != 0)
        return -1;
    return bytes[4];
}

static void look_at_insn(struct qemu_plugin_insn *insn)
{
    int mark = mark_number(insn);
    uintptr_t kind = qemu_plugin_insn_vaddr(insn) >> 63 ? KERNEL_LOAD : OTHER_LOAD;

    if (mark >= 0)
        qemu_plugin_register_vcpu_insn_exec_cb(insn, made_mark, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)(uintptr_t)mark);
    qemu_plugin_register_vcpu_mem_cb(insn, count_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                     (void *)kind);
}

static void look_at_code(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t nr = qemu_plugin_tb_n_insns(tb);

    (void)id;
    for (size_t i = 0; i < nr; i++)
        look_at_insn(qemu_plugin_tb_get_insn(tb, i));
}

/* A row of a kind's table as it grew from @before (NULL: from nothing) to @after. */
static void write_row(FILE *out, const uint64_t *before, const uint64_t *after)
{
    for (unsigned i = 0; i < nr_columns; i++)
        fprintf(out, "%s%" PRIu64, i ? "," : "", after[i] - (before ? before[i] : 0));
}

static void write_kind(FILE *out, const uint64_t *before, const uint64_t *after, unsigned kind)
{
    fprintf(out, ",\n  \"%s\": [", kind_names[kind]);
    for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
        size_t at = cpu * row_words + kind * nr_columns;

        fprintf(out, "%s\n   [", cpu ? "," : "");
        write_row(out, before ? before + at : NULL, after + at);
        fputc(']', out);
    }
    fputc(']', out);
}

static void write_result(FILE *out)
{
    fprintf(out, "{\"nodes\": %u, \"cpus\": %u, \"parts\": [", nr_nodes, nr_cpus);
    for (unsigned i = 0; i < nr_parts; i++) {
        fprintf(out, "%s\n {\"mark\": %d, \"cpu\": %d", i ? "," : "", parts[i].number,
                parts[i].cpu);
        for (unsigned kind = 0; kind < NR_KINDS; kind++)
            write_kind(out, i ? parts[i - 1].counts : NULL, parts[i].counts, kind);
        fputc('}', out);
    }
    fputs("\n]}\n", out);
}

static void at_exit(qemu_plugin_id_t id, void *arg)
{
    FILE *out = fopen(out_path, "w");

    (void)id;
    (void)arg;
    if (!out) {
        perror(out_path);
        return;
    }
    end_part(-1, -1);
    write_result(out);
    fclose(out);
}

/* "1:8000000-10000000" into ranges, at its place. 0, or -1. */
static int add_range(const char *text)
{
    struct range r;
    unsigned at = nr_ranges;

    if (nr_ranges == MAX_RANGES ||
        sscanf(text, "%u:%" SCNx64 "-%" SCNx64, &r.node, &r.start, &r.end) != 3 ||
        r.start >= r.end || r.node >= MAX_NODES)
        return -1;
    for (; at > 0 && ranges[at - 1].start > r.start; at--)
        ranges[at] = ranges[at - 1];
    ranges[at] = r;
    nr_ranges++;
    if ((at > 0 && ranges[at - 1].end > r.start) ||
        (at + 1 < nr_ranges && ranges[at + 1].start < r.end))
        return -1; /* S1 */
    return 0;
}

/* One argument, "name=value". 0, or -1. */
static int take_argument(const char *text)
{
    if (strncmp(text, "out=", 4) == 0) {
        out_path = strdup(text + 4);
        return out_path ? 0 : -1;
    }
    if (strncmp(text, "nodes=", 6) == 0) {
        nr_nodes = (unsigned)strtoul(text + 6, NULL, 10);
        return nr_nodes > 0 && nr_nodes <= MAX_NODES ? 0 : -1;
    }
    return strncmp(text, "range=", 6) == 0 ? add_range(text + 6) : -1;
}

static int refuse(const char *what, const char *value)
{
    fprintf(stderr, "numascope: %s%s\n", what, value);
    return -1;
}

/* All arguments, and whether they fit together. */
static int take_arguments(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (take_argument(argv[i]))
            return refuse("wrong argument, or a range that overlaps another: ", argv[i]);
    }
    if (!out_path || !nr_nodes || !nr_ranges)
        return refuse("out=, nodes= and at least one range= are needed", "");
    for (unsigned i = 0; i < nr_ranges; i++) {
        if (ranges[i].node >= nr_nodes)
            return refuse("a range belongs to a node past nodes=", "");
    }
    return 0;
}

/* QEMU calls this once, before the machine starts. 0, or not 0 and QEMU ends. */
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc,
                        char **argv);
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc,
                        char **argv)
{
    size_t words_per_line = LINE / sizeof(*rows);

    if (!info->system_emulation)
        return refuse("this is QEMU for programs; nodes are a machine's", "");
    if (take_arguments(argc, argv))
        return -1;
    nr_cpus = (unsigned)info->max_vcpus;
    nr_columns = nr_nodes + 2;
    row_words = (NR_KINDS * nr_columns + words_per_line - 1) / words_per_line * words_per_line;
    rows = aligned_alloc(LINE, nr_cpus * row_words * sizeof(*rows));
    if (!rows)
        return refuse("no memory for the counters", "");
    memset(rows, 0, nr_cpus * row_words * sizeof(*rows));
    qemu_plugin_register_vcpu_tb_trans_cb(id, look_at_code);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
