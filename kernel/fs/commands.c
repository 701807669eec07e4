/*
 * kernel/fs/commands.c - the monitor's commands on files: cat, ls, echo, readlink, wc, cksum.
 */
#include "kernel/command.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/cksum.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/stat.h"
#include "kernel/lib/string.h"

static int fail(struct seqbuf *out, const char *command, const char *path, int err)
{
    seq_printf(out, "%s: %s: %s\n", command, path, vfs_strerror(err));
    return err;
}

static int cat_command(int argc, char **argv, struct seqbuf *out)
{
    int result = 0;

    if (argc < 2) {
        seq_puts(out, "cat: which file? for example: cat /proc/meminfo\n");
        return -EINVAL;
    }
    for (int i = 1; i < argc; i++) {
        int err = vfs_read(argv[i], out);

        if (err)
            result = fail(out, "cat", argv[i], err);
    }
    return result;
}

MONITOR_COMMAND("cat", "FILE...", "print files", cat_command);

/* One `ls` on its way. */
struct listing {
    struct seqbuf *out;
    const char *dir; /* that is being listed; NULL: a file is */
    bool is_long;
};

static char type_letter(unsigned mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return 'd';
    case S_IFLNK:
        return 'l';
    case S_IFCHR:
        return 'c';
    case S_IFBLK:
        return 'b';
    case S_IFIFO:
        return 'p';
    case S_IFSOCK:
        return 's';
    default:
        return '-';
    }
}

static void list_mode(struct seqbuf *out, const struct vfs_stat *st)
{
    static const char letters[] = "rwxrwxrwx";

    seq_putc(out, type_letter(st->mode));
    for (unsigned bit = 0; bit < 9; bit++)
        seq_putc(out, st->mode & (0400u >> bit) ? letters[bit] : '-');
    seq_printf(out, " %10llu ", (unsigned long long)st->size);
}

static void list_link_target(const struct listing *l, const char *name)
{
    char path[VFS_PATH_MAX], target[VFS_PATH_MAX];
    struct seqbuf s;

    seqbuf_init(&s, path, sizeof(path));
    seq_printf(&s, l->dir ? "%s/%s" : "%s%s", l->dir ? l->dir : "", name);
    if (vfs_readlink(seqbuf_str(&s), target, sizeof(target)) > 0)
        seq_printf(l->out, " -> %s", target);
}

static int list_entry(const char *name, const struct vfs_stat *st, void *arg)
{
    struct listing *l = arg;

    if (l->is_long)
        list_mode(l->out, st);
    seq_puts(l->out, name);
    if (l->is_long && S_ISLNK(st->mode))
        list_link_target(l, name);
    seq_putc(l->out, '\n');
    return 0;
}

/* A link is listed itself by -l, unless a slash follows it. */
static int stat_listed(const char *path, const struct listing *l, struct vfs_stat *st)
{
    size_t len = strlen(path);

    return l->is_long && len > 0 && path[len - 1] != '/' ? vfs_lstat(path, st) : vfs_stat(path, st);
}

static int list_path(const char *path, struct listing *l)
{
    struct vfs_stat st;
    int err = stat_listed(path, l, &st);

    l->dir = NULL;
    if (!err && !st.is_dir)
        return list_entry(path, &st, l);
    l->dir = path;
    if (!err)
        err = vfs_readdir(path, list_entry, l);
    return err ? fail(l->out, "ls", path, err) : 0;
}

static int ls_command(int argc, char **argv, struct seqbuf *out)
{
    struct listing l = {.out = out};
    int first = 1, result = 0;

    if (argc > 1 && argv[1][0] == '-') {
        if (strcmp(argv[1], "-l") != 0) {
            seq_printf(out, "ls: unknown option %s; there is -l\n", argv[1]);
            return -EINVAL;
        }
        l.is_long = true;
        first = 2;
    }
    if (first == argc)
        return list_path("/", &l);
    for (int i = first; i < argc; i++) {
        int err = list_path(argv[i], &l);

        if (err)
            result = err;
    }
    return result;
}

MONITOR_COMMAND("ls", "[-l] [PATH...]", "list directories; -l: rights, sizes, links", ls_command);

static int echo_command(int argc, char **argv, struct seqbuf *out)
{
    for (int i = 1; i < argc; i++)
        seq_printf(out, i > 1 ? " %s" : "%s", argv[i]);
    seq_putc(out, '\n');
    return 0;
}

MONITOR_COMMAND("echo", "TEXT... [> FILE]", "print the text, or write it to the file",
                echo_command);

static int readlink_command(int argc, char **argv, struct seqbuf *out)
{
    int result = 0;

    if (argc < 2) {
        seq_puts(out, "readlink: which link? for example: readlink /bin\n");
        return -EINVAL;
    }
    for (int i = 1; i < argc; i++) {
        char target[VFS_PATH_MAX];
        long len = vfs_readlink(argv[i], target, sizeof(target));

        if (len >= 0)
            seq_printf(out, "%s\n", target);
        else if (len == -EINVAL)
            seq_printf(out, "readlink: %s: not a symbolic link\n", argv[i]);
        else
            fail(out, "readlink", argv[i], (int)len);
        result = len < 0 ? (int)len : result;
    }
    return result;
}

MONITOR_COMMAND("readlink", "LINK...", "print what symbolic links lead to", readlink_command);

/* ---- files that are read, not shown ------------------------------------------------------------
 */

/* What was read of a file. */
struct sums {
    unsigned long long lines, bytes;
    uint32_t crc;
    bool wants_crc;
};

static void add_piece(struct seqbuf *s, const char *text, size_t len)
{
    struct sums *sums = s->flush_arg;

    sums->bytes += len;
    if (sums->wants_crc)
        sums->crc = cksum_add(sums->crc, text, len);
    else
        for (size_t i = 0; i < len; i++)
            sums->lines += text[i] == '\n';
}

static int read_sums(const char *path, struct sums *sums)
{
    char buf[1024];
    struct seqbuf s;
    int err;

    seqbuf_init(&s, buf, sizeof(buf));
    s.flush = add_piece;
    s.flush_arg = sums;
    err = vfs_read(path, &s);
    seqbuf_flush(&s);
    return err;
}

static int wc_command(int argc, char **argv, struct seqbuf *out)
{
    struct sums total = {.lines = 0};
    int result = 0;

    if (argc < 2) {
        seq_puts(out, "wc: which file? for example: wc /proc/zoneinfo\n");
        return -EINVAL;
    }
    for (int i = 1; i < argc; i++) {
        struct sums sums = {.lines = 0};
        int err = read_sums(argv[i], &sums);

        if (err) {
            result = fail(out, "wc", argv[i], err);
            continue;
        }
        seq_printf(out, "%llu %llu %s\n", sums.lines, sums.bytes, argv[i]);
        total.lines += sums.lines;
        total.bytes += sums.bytes;
    }
    if (argc > 2)
        seq_printf(out, "%llu %llu total\n", total.lines, total.bytes);
    return result;
}

MONITOR_COMMAND("wc", "FILE...", "count the lines and bytes of files", wc_command);

static int cksum_command(int argc, char **argv, struct seqbuf *out)
{
    int result = 0;

    if (argc < 2) {
        seq_puts(out, "cksum: which file? for example: cksum /bin/program\n");
        return -EINVAL;
    }
    for (int i = 1; i < argc; i++) {
        struct sums sums = {.wants_crc = true};
        int err = read_sums(argv[i], &sums);

        if (err)
            result = fail(out, "cksum", argv[i], err);
        else
            seq_printf(out, "%u %llu %s\n", cksum_end(sums.crc, sums.bytes), sums.bytes, argv[i]);
    }
    return result;
}

MONITOR_COMMAND("cksum", "FILE...", "the checksum of files, as POSIX cksum prints it",
                cksum_command);
