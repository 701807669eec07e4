/*
 * kernel/fs/commands.c - the monitor's commands on files: cat, ls, echo.
 */
#include "kernel/command.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/errno.h"
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
    bool is_long;
};

static void list_mode(struct seqbuf *out, const struct vfs_stat *st)
{
    static const char letters[] = "rwxrwxrwx";

    seq_putc(out, st->is_dir ? 'd' : '-');
    for (unsigned bit = 0; bit < 9; bit++)
        seq_putc(out, st->mode & (0400u >> bit) ? letters[bit] : '-');
    seq_putc(out, ' ');
}

static int list_entry(const char *name, const struct vfs_stat *st, void *arg)
{
    struct listing *l = arg;

    if (l->is_long)
        list_mode(l->out, st);
    seq_printf(l->out, "%s\n", name);
    return 0;
}

static int list_path(const char *path, struct listing *l)
{
    struct vfs_stat st;
    int err = vfs_stat(path, &st);

    if (err)
        return fail(l->out, "ls", path, err);
    if (!st.is_dir)
        return list_entry(path, &st, l);
    return vfs_readdir(path, list_entry, l);
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

MONITOR_COMMAND("ls", "[-l] [PATH...]", "list directories; -l with their rights", ls_command);

static int echo_command(int argc, char **argv, struct seqbuf *out)
{
    for (int i = 1; i < argc; i++)
        seq_printf(out, i > 1 ? " %s" : "%s", argv[i]);
    seq_putc(out, '\n');
    return 0;
}

MONITOR_COMMAND("echo", "TEXT... [> FILE]", "print the text, or write it to the file",
                echo_command);
