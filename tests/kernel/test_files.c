/*
 * tests/kernel/test_files.c - the tree of files, and what holds for every file in it.
 */
#include "kernel/cpu.h"
#include "kernel/fs/vfs.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/timer.h"
#include "kernel/version.h"
#include "mm/node.h"

/* ---- files of our own, below /ktest ---------------------------------------------------------- */

static char stored[64];
static size_t stored_len;

static void stored_show(struct seqbuf *s)
{
    seq_write(s, stored, stored_len);
}

static int stored_store(const char *text, size_t len)
{
    if (len >= sizeof(stored))
        return -E2BIG;
    memcpy(stored, text, len + 1);
    stored_len = len;
    return 0;
}

static int next_odd(int after)
{
    int id = after < 0 ? 1 : (after + 1) | 1;

    return id <= 11 ? id : -1;
}

static int next_small(int after)
{
    return after < 3 ? after + 1 : -1;
}

static void square_show(struct seqbuf *s, int id)
{
    seq_printf(s, "%d\n", id * id);
}

/* Below 1 there is 0, below 3 there are 0 to 2, and so on. */
static int next_below(int id, int after)
{
    return after + 1 < id ? after + 1 : -1;
}

static void product_show(struct seqbuf *s, int id, int sub)
{
    seq_printf(s, "%d\n", id * sub);
}

static const struct vfs_file test_files[] = {
    VFS_FILE_WRITABLE("/ktest/stored", stored_show, stored_store),
    VFS_FILE_PER_ID("/ktest/odd#x/square", next_odd, square_show),
    VFS_FILE_PER_ID("/ktest/square#", next_odd, square_show),
    VFS_FILE_PER_ID("/ktest/both#/first", next_odd, square_show),
    VFS_FILE_PER_ID("/ktest/both#/second", next_small, square_show),
    VFS_FILE_PER_PAIR("/ktest/pairs/pair#/times#/product", next_odd, next_below, product_show),
};

/* The tables are for ever; the files appear with the first test that needs them. */
static void register_test_files(void)
{
    static bool done;

    if (!done)
        vfs_register(test_files, ARRAY_SIZE(test_files));
    done = true;
}

static char buf[1024];
static struct seqbuf out;

/* The file's text, cut at 1023 bytes; "" if it can't be read. */
static const char *read_file(const char *path)
{
    seqbuf_init(&out, buf, sizeof(buf));
    vfs_read(path, &out);
    return seqbuf_str(&out);
}

static int read_error(const char *path)
{
    seqbuf_init(&out, buf, sizeof(buf));
    return vfs_read(path, &out);
}

static int add_name(const char *name, const struct vfs_stat *st, void *arg)
{
    (void)arg;
    seq_printf(&out, "%s%s ", name, st->is_dir ? "/" : "");
    return 0;
}

static const char *list_dir(const char *path)
{
    seqbuf_init(&out, buf, sizeof(buf));
    vfs_readdir(path, add_name, NULL);
    return seqbuf_str(&out);
}

static void expect_text(const char *want, const char *got)
{
    if (strcmp(want, got) != 0)
        ktest_fail(__FILE__, __LINE__, "expected \"%s\", got \"%s\"", want, got);
}

/* A directory that lists a component twice, or misses one, misleads `ls` and every pattern. */
KTEST(files, directory_lists_each_component_once_ids_ascending)
{
    register_test_files();
    expect_text("stored odd1x/ odd3x/ odd5x/ odd7x/ odd9x/ odd11x/ square1 square3 square5 square7 "
                "square9 square11 both1/ both3/ both5/ both7/ both9/ both11/ both0/ both2/ pairs/ ",
                list_dir("/ktest"));
    expect_text("square ", list_dir("/ktest/odd3x"));
}

/* The boot CPU, which has no file "online" as the others have, would be missing from the list. */
KTEST(files, directory_is_made_of_the_files_that_exist_below_its_number)
{
    register_test_files();
    expect_text("first second ", list_dir("/ktest/both3"));
    expect_text("second ", list_dir("/ktest/both2"));
    expect_text("first ", list_dir("/ktest/both5"));
}

/* The wrong node's numbers under a node's name would be believed. */
KTEST(files, number_in_the_path_reaches_the_show_function)
{
    register_test_files();
    expect_text("81\n", read_file("/ktest/odd9x/square"));
    expect_text("121\n", read_file("/ktest/square11"));
}

/* Some CPUs have fewer domains than others: a CPU would show its neighbour's. */
KTEST(files, second_number_exists_only_below_the_right_first_one)
{
    register_test_files();
    expect_text("times0/ ", list_dir("/ktest/pairs/pair1"));
    expect_text("times0/ times1/ times2/ ", list_dir("/ktest/pairs/pair3"));
    expect_text("product ", list_dir("/ktest/pairs/pair3/times2"));
    expect_text("6\n", read_file("/ktest/pairs/pair3/times2/product"));
    expect_text("6\n", read_file("/ktest/pairs/pair3/times1/../times2/product"));
    KEXPECT_EQ(-ENOENT, read_error("/ktest/pairs/pair1/times1/product"));
    KEXPECT_EQ(-ENOENT, read_error("/ktest/pairs/pair2/times0/product"));
    KEXPECT_EQ(-EISDIR, read_error("/ktest/pairs/pair3/times2"));
}

/* node01, node and node999 are no names of node 1. */
KTEST(files, only_existing_numbers_as_they_are_printed_are_found)
{
    register_test_files();
    KEXPECT_EQ(-ENOENT, read_error("/ktest/odd2x/square"));
    KEXPECT_EQ(-ENOENT, read_error("/ktest/odd01x/square"));
    KEXPECT_EQ(-ENOENT, read_error("/ktest/oddx/square"));
    KEXPECT_EQ(-ENOENT, read_error("/ktest/odd13x/square"));
    KEXPECT_EQ(-ENOENT, read_error("/ktest/odd4294967297x/square"));
    KEXPECT_EQ(-ENOENT, read_error("/ktest/odd#x/square"));
    KEXPECT_EQ(-ENOENT, read_error("/sys/devices/system/node/node999999/distance"));
}

/* Who types a path with a doubled slash or by "..", as tools do, means the same file. */
KTEST(files, dots_and_doubled_slashes_do_not_matter)
{
    register_test_files();
    expect_text("9\n", read_file("//ktest/./odd1x/../odd3x//square/"));
    expect_text("9\n", read_file("ktest/square3"));
    expect_text("9\n", read_file("/../../ktest/square3"));
}

/* A tool that writes and reads back checks that the kernel took what it was given. */
KTEST(files, what_is_written_is_handed_to_store)
{
    register_test_files();
    KEXPECT_EQ(0, vfs_write("/ktest/stored", "hello\n", 6));
    expect_text("hello\n", read_file("/ktest/stored"));
}

/* The wrong sentence sends the user looking in the wrong place. */
KTEST(files, errors_tell_what_is_wrong_with_the_path)
{
    static char endless[2 * VFS_PATH_MAX];

    register_test_files();
    memset(endless, 'x', sizeof(endless) - 1);
    KEXPECT_EQ(-ENOENT, read_error("/proc/nothing"));
    KEXPECT_EQ(-ENOENT, read_error("/pro"));
    KEXPECT_EQ(-EISDIR, read_error("/proc"));
    KEXPECT_EQ(-EISDIR, read_error("/"));
    KEXPECT_EQ(-ENOTDIR, read_error("/proc/version/x"));
    KEXPECT_EQ(-ENAMETOOLONG, read_error(endless));
    KEXPECT_EQ(-EACCES, vfs_write("/proc/version", "x", 1));
    KEXPECT_EQ(-EISDIR, vfs_write("/proc", "x", 1));
    KEXPECT_EQ(-ENOENT, vfs_write("/proc/nothing", "x", 1));
    KEXPECT_EQ(-E2BIG, vfs_write("/ktest/stored", endless, sizeof(endless) - 1));
    KEXPECT_EQ(-ENOTDIR, vfs_readdir("/proc/version", add_name, NULL));
    KEXPECT_EQ(-ENOENT, vfs_readdir("/nothing", add_name, NULL));
}

/* ---- every file ------------------------------------------------------------------------------ */

/* A walk over the whole tree; the path grows and shrinks. */
struct walk {
    char path[VFS_PATH_MAX];
    size_t len;
    int nr_files;
    size_t nr_bytes; /* of the file at hand */
    char last;
};

static void count_bytes(struct seqbuf *s, const char *text, size_t len)
{
    struct walk *w = s->flush_arg;

    w->nr_bytes += len;
    w->last = text[len - 1];
}

/*
 * One CPU has nobody to balance with, so it has no domain, and there is a line for each. And of what
 * the trace shows there may be nothing.
 */
static bool may_be_empty(const char *path)
{
    if (strncmp(path, "/sys/kernel/tracing/", sizeof("/sys/kernel/tracing/") - 1) == 0)
        return true;
    return cpumask_weight(&cpu_online_mask) == 1 &&
           strcmp(path, "/sys/kernel/debug/sched/topology") == 0;
}

/* Readable, not empty, ends with a newline. */
static void check_file(struct walk *w)
{
    struct seqbuf s;
    int err;

    w->nr_files++;
    w->nr_bytes = 0;
    seqbuf_init(&s, buf, sizeof(buf));
    s.flush = count_bytes;
    s.flush_arg = w;
    err = vfs_read(w->path, &s);
    seqbuf_flush(&s);
    if (!err && w->nr_bytes == 0 && may_be_empty(w->path))
        return;
    if (err || w->nr_bytes == 0 || w->last != '\n')
        ktest_fail(__FILE__, __LINE__, "%s: error %d, %zu bytes, the last is 0x%x", w->path, err,
                   w->nr_bytes, (unsigned)w->last);
}

static int visit(const char *name, const struct vfs_stat *st, void *arg)
{
    struct walk *w = arg;
    size_t len = w->len;

    w->path[w->len++] = '/';
    w->len += strlcpy(w->path + w->len, name, sizeof(w->path) - w->len);
    if (!st->is_dir)
        check_file(w);
    else
        vfs_readdir(w->path, visit, w);
    w->len = len;
    w->path[len] = '\0';
    return 0;
}

static int walk_below(const char *dir)
{
    static struct walk w;

    w.nr_files = 0;
    w.len = strlcpy(w.path, dir, sizeof(w.path));
    vfs_readdir(dir, visit, &w);
    return w.nr_files;
}

/* A file that can't be read, or leaves the terminal in the middle of a line. */
KTEST(files, every_file_of_proc_and_sys_is_readable_and_ends_with_a_newline)
{
    KEXPECT(walk_below("/proc") >= 9);
    KEXPECT(walk_below("/sys") >= 11 + 6 * nodemask_weight(&node_states[N_ONLINE]));
}

/* A node directory for each online node and for no other: what numactl counts nodes by. */
KTEST(files, node_directories_are_the_online_nodes)
{
    for (int nid = 0; nid < MAX_NUMNODES; nid++) {
        char path[64];
        struct vfs_stat st;
        struct seqbuf s;

        seqbuf_init(&s, path, sizeof(path));
        seq_printf(&s, "/sys/devices/system/node/node%d", nid);
        KEXPECT_EQ(node_online(nid) ? 0 : -ENOENT, vfs_stat(seqbuf_str(&s), &st));
    }
}

/* One distance for each online node, the own one 10: numactl -H reads it so. */
KTEST(files, distance_row_has_a_number_for_each_online_node)
{
    char path[64];
    struct seqbuf s;
    int nid;

    for_each_online_node (nid) {
        const char *p;
        int other;

        seqbuf_init(&s, path, sizeof(path));
        seq_printf(&s, "/sys/devices/system/node/node%d/distance", nid);
        p = read_file(seqbuf_str(&s));
        for_each_online_node (other) {
            uint64_t distance = 0;

            KASSERT_EQ(0, parse_u64(p, 10, &distance, &p));
            KEXPECT_EQ(node_distance(nid, other), distance);
            p += *p == ' ';
        }
        KEXPECT_EQ('\n', *p);
    }
}

/* The number behind @key of a file of lines "key value", or -1. */
static long long value_of(const char *path, const char *key)
{
    const char *p = strstr(read_file(path), key);
    uint64_t value;

    if (!p)
        return -1;
    for (p += strlen(key); *p == ' ' || *p == ':'; p++)
        ;
    return parse_u64(p, 10, &value, &p) == 0 ? (long long)value : -1;
}

/* `free` computes used memory from these two; free above total would be a negative use. */
KTEST(files, meminfo_has_total_and_free_memory_in_kilobytes)
{
    long long total = value_of("/proc/meminfo", "MemTotal"), free, pages = 0;
    int nid;

    free = value_of("/proc/meminfo", "MemFree");
    for_each_online_node (nid)
        pages += (long long)node_free_pages(nid);
    KEXPECT(total > 0 && free > 0 && free <= total);
    KEXPECT_EQ(pages * 4, free);
    KEXPECT(strstr(read_file("/proc/meminfo"), " kB\n") != NULL);
}

/* A number with two decimals at *@p, in hundredths, -1 if there is none; *@p moves behind it. */
static long long read_hundredths(const char **p)
{
    uint64_t whole, part;

    if (parse_u64(*p, 10, &whole, p) || **p != '.' || parse_u64(*p + 1, 10, &part, p) || part > 99)
        return -1;
    return (long long)(whole * 100 + part);
}

/* Two numbers with two decimals, as `uptime` reads them; time goes on, the CPUs' idle time as well. */
KTEST(files, uptime_has_two_numbers_and_grows)
{
    const char *p = read_file("/proc/uptime");
    long long up = read_hundredths(&p), idle;

    KASSERT(up >= 0 && *p++ == ' ');
    idle = read_hundredths(&p);
    KEXPECT(idle >= 0 && idle <= up * cpumask_weight(&cpu_online_mask));
    KEXPECT(strcmp(p, "\n") == 0);
    msleep(20);
    p = read_file("/proc/uptime");
    KEXPECT(read_hundredths(&p) > up);
}

/* Scripts find out what they run on by the first word. */
KTEST(files, version_begins_with_the_kernels_name)
{
    KEXPECT(strncmp(read_file("/proc/version"), "Atoll version " ATOLL_VERSION " (",
                    sizeof("Atoll version " ATOLL_VERSION " (") - 1) == 0);
}
