/*
 * kernel/fs/vfs.c - files by their paths: those of the tables, under them those of the root file system.
 *
 * THEORY
 *
 * The kernel's own files are in tables (kernel/fs/vfs_tables.c). Under them lies the root file system,
 * if the loader brought one (kernel/fs/initramfs.c). A path that is in the tables is not looked for
 * there, so an archive cannot hide /proc/meminfo. A directory that both have lists what both have:
 *
 *     tables   /proc/meminfo ...     ls /       proc  sys  bin
 *     root     /bin  /proc/notes     ls /proc   meminfo ...  notes
 *
 * LOCKING  The root file system is mounted at boot and stays. Writes go one at a time, under write_lock,
 *          which protects the text on its way; who shows or stores locks what it owns.
 * NOT HERE What "..", and symbolic links in a path, lead to (kernel/fs/namei.c).
 */
#include "kernel/fs/vfs.h"
#include "kernel/fs/vfs_root.h"
#include "kernel/fs/vfs_tables.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/stat.h"
#include "kernel/lib/string.h"
#include "kernel/mutex.h"

#define READ_SIZE 1024 /* bytes of a file on the stack */

static struct vfs_root root;

static DEFINE_MUTEX(write_lock);
static char write_text[VFS_WRITE_MAX + 1]; /* protected by write_lock; too large for a stack */

/* What a path leads to. */
struct target {
    struct vfs_hit hit; /* if it is in the tables */
    bool in_tables;
    void *node; /* of the root file system; for a table's directory its namesake, or NULL */
};

static struct vfs_stat stat_of_node(void *node)
{
    struct vfs_stat st;

    root.ops->stat(root.fs, node, &st);
    return st;
}

/* Find the normalised @path in tables and root. Returns 0, -ENOENT or -ENOTDIR. */
static int find(const char *path, struct target *t)
{
    int err = vfs_tables_find(path, &t->hit);

    t->in_tables = err == 0;
    t->node = NULL;
    if (!root.ops || t->hit.file || err == -ENOTDIR)
        return err;
    if (t->in_tables) {
        if (root.ops->lookup(root.fs, path, &t->node) != 0 || !stat_of_node(t->node).is_dir)
            t->node = NULL;
        return 0;
    }
    return root.ops->lookup(root.fs, path, &t->node);
}

static int find_path(const char *path, bool follow, char *normal, struct target *t)
{
    int err = namei(path, follow, normal);

    return err ? err : find(normal, t);
}

static struct vfs_stat stat_of_target(const struct target *t)
{
    return t->in_tables ? vfs_tables_stat(t->hit.file, t->hit.ids.id[0]) : stat_of_node(t->node);
}

/* ---- the interface -----------------------------------------------------------------------------
 */

/* vfs_mount_root - contract in kernel/fs/vfs_root.h. */
struct vfs_root vfs_mount_root(struct vfs_root new_root)
{
    struct vfs_root old = root;

    root = new_root;
    return old;
}

/* vfs_root_get - contract in kernel/fs/vfs_root.h. Context: any. */
const struct vfs_root *vfs_root_get(void)
{
    return &root;
}

static int stat_path(const char *path, bool follow, struct vfs_stat *st)
{
    char normal[VFS_PATH_MAX];
    struct target t;
    int err = find_path(path, follow, normal, &t);

    if (!err)
        *st = stat_of_target(&t);
    return err;
}

/* vfs_stat - what is at @path? Errors in the header. */
int vfs_stat(const char *path, struct vfs_stat *st)
{
    return stat_path(path, true, st);
}

/* vfs_lstat - and of a link: what is it itself? Errors in the header. */
int vfs_lstat(const char *path, struct vfs_stat *st)
{
    return stat_path(path, false, st);
}

/* Is the file a text that a show function prints as a whole? */
static bool is_text(const struct target *t)
{
    return t->in_tables && !t->hit.file->dev;
}

/* Bytes of a file that isn't; 0 at its end, or a negative errno. */
static long read_piece(const struct target *t, uint64_t pos, void *buf, size_t len)
{
    return t->in_tables ? t->hit.file->dev->read_at(t->hit.ids.id[0], pos, buf, len)
                        : root.ops->read_at(root.fs, t->node, pos, buf, len);
}

/* The contents of such a file, piece by piece. */
static int print_pieces(const struct target *t, struct seqbuf *s)
{
    char buf[READ_SIZE];
    uint64_t pos = 0;
    long len;

    while (!s->overflow && (len = read_piece(t, pos, buf, sizeof(buf))) != 0) {
        if (len < 0)
            return (int)len;
        seq_write(s, buf, (size_t)len);
        pos += (size_t)len;
    }
    return 0;
}

/* Find a file, something to read. */
static int find_file(const char *path, struct target *t)
{
    char normal[VFS_PATH_MAX];
    int err = find_path(path, true, normal, t);

    if (err)
        return err;
    return stat_of_target(t).is_dir ? -EISDIR : 0;
}

/* vfs_read - print the file at @path into @s. Errors in the header; but for those of reading itself, @s
 * is untouched then. */
int vfs_read(const char *path, struct seqbuf *s)
{
    struct target t;
    int err = find_file(path, &t);

    if (err)
        return err;
    if (!is_text(&t))
        return print_pieces(&t, s);
    vfs_tables_show(&t.hit, s);
    return 0;
}

/* A part of a text that is printed as a whole. */
struct window {
    uint64_t start; /* the part is [start, start + len) */
    char *buf;
    size_t len;
    uint64_t pos; /* of the text that comes next */
    size_t nr;    /* bytes in buf */
};

static void keep_window(struct seqbuf *s, const char *text, size_t len)
{
    struct window *w = s->flush_arg;
    uint64_t from = max(w->pos, w->start), to = min(w->pos + len, w->start + w->len);

    if (from < to) {
        memcpy(w->buf + (from - w->start), text + (from - w->pos), to - from);
        w->nr += to - from;
    }
    w->pos += len;
}

static long read_table_at(const struct target *t, uint64_t pos, void *buf, size_t len)
{
    struct window w = {.start = pos, .buf = buf, .len = len};
    char text[256];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    s.flush = keep_window;
    s.flush_arg = &w;
    vfs_tables_show(&t->hit, &s);
    seqbuf_flush(&s);
    return (long)w.nr;
}

/* vfs_read_at - contract in the header. */
long vfs_read_at(const char *path, uint64_t pos, void *buf, size_t len)
{
    struct target t;
    size_t nr = 0;
    long err = find_file(path, &t);

    if (err)
        return err;
    if (len > UINT64_MAX - pos)
        return -EINVAL;
    if (is_text(&t))
        return read_table_at(&t, pos, buf, len);
    while (nr < len) {
        long got = read_piece(&t, pos + nr, (char *)buf + nr, len - nr);

        if (got < 0)
            return got;
        if (got == 0)
            break;
        nr += (size_t)got;
    }
    return (long)nr;
}

/* vfs_readlink - contract in the header. */
long vfs_readlink(const char *path, char *buf, size_t size)
{
    char normal[VFS_PATH_MAX];
    const char *target;
    struct target t;
    long len = find_path(path, false, normal, &t);

    if (len)
        return len;
    if (t.in_tables)
        return -EINVAL;
    len = root.ops->readlink(root.fs, t.node, &target);
    if (len >= 0 && size > 0) {
        size_t fit = min((size_t)len, size - 1);

        memcpy(buf, target, fit);
        buf[fit] = '\0';
    }
    return len;
}

/* A copy that ends with a NUL goes to the file. */
static int store(const struct vfs_file *f, const char *text, size_t len)
{
    int err;

    mutex_lock(&write_lock);
    memcpy(write_text, text, len);
    write_text[len] = '\0';
    err = f->store(write_text, len);
    mutex_unlock(&write_lock);
    return err;
}

/* The normalised @path is nowhere: would it lie in the root file system? */
static int no_such_file(char *path)
{
    struct target t;
    char *name = strrchr(path, '/');

    if (!name)
        return -ENOENT;
    *name = '\0';
    if (name == path)
        return -EROFS;
    return find(path, &t) == 0 && !t.in_tables ? -EROFS : -ENOENT;
}

/* vfs_write - give the file at @path @text[0..len). Errors in the header. Context: may sleep. */
int vfs_write(const char *path, const char *text, size_t len)
{
    char normal[VFS_PATH_MAX];
    struct target t;
    int err = find_path(path, true, normal, &t);

    if (err)
        return err == -ENOENT ? no_such_file(normal) : err;
    if (stat_of_target(&t).is_dir)
        return -EISDIR;
    if (!t.in_tables)
        return -EROFS;
    if (t.hit.file->dev)
        return t.hit.file->dev->write_at(t.hit.ids.id[0], 0, text, len);
    if (!t.hit.file->store)
        return -EACCES;
    if (len > VFS_WRITE_MAX)
        return -E2BIG;
    return store(t.hit.file, text, len);
}

/* ---- listing a directory --------------------------------------------------------------------- */

/* A listing of the root file system, which leaves out what tables have. */
struct root_listing {
    const char *dir;
    vfs_entry_fn fn;
    void *arg;
};

static int give_unless_in_tables(const char *name, const struct vfs_stat *st, void *arg)
{
    const struct root_listing *l = arg;
    char path[VFS_PATH_MAX];
    size_t len = strlcpy(path, l->dir, sizeof(path));

    if (len + 1 + strlen(name) < sizeof(path)) {
        path[len] = '/';
        strlcpy(path + len + 1, name, sizeof(path) - len - 1);
        if (vfs_in_tables(path))
            return 0;
    }
    return l->fn(name, st, l->arg);
}

/* vfs_readdir - call @fn for each entry of the directory @path. Contract in the header. */
int vfs_readdir(const char *path, vfs_entry_fn fn, void *arg)
{
    char dir[VFS_PATH_MAX];
    struct root_listing l = {.dir = dir, .fn = fn, .arg = arg};
    struct target t;
    int err = find_path(path, true, dir, &t);

    if (err)
        return err;
    if (!stat_of_target(&t).is_dir)
        return -ENOTDIR;
    if (t.in_tables)
        err = vfs_tables_list(dir, fn, arg);
    if (err || !t.node)
        return err;
    return t.in_tables ? root.ops->readdir(root.fs, t.node, give_unless_in_tables, &l)
                       : root.ops->readdir(root.fs, t.node, fn, arg);
}

/* vfs_strerror - the sentence for an errno, negated or not. */
const char *vfs_strerror(int err)
{
    switch (err < 0 ? -err : err) {
    case EPERM:
        return "Operation not permitted";
    case ENOENT:
        return "No such file or directory";
    case E2BIG:
        return "Text is too long";
    case EIO:
        return "Input/output error";
    case ENXIO:
        return "No such device or address: there are no drivers for devices in files";
    case ENOMEM:
        return "Out of memory";
    case EACCES:
        return "Permission denied: the file is read-only";
    case EBUSY:
        return "Device or resource busy";
    case ENOTDIR:
        return "Not a directory";
    case EISDIR:
        return "Is a directory";
    case EINVAL:
        return "Invalid argument";
    case ERANGE:
        return "Number out of range";
    case EROFS:
        return "Read-only file system";
    case ELOOP:
        return "Too many levels of symbolic links";
    case ENAMETOOLONG:
        return "File name too long";
    default:
        return "Failed";
    }
}

/* vfs_init - register all file systems. Contract in the header. */
void vfs_init(void)
{
    devfs_register();
    procfs_register();
    procfs_task_register();
    procfs_vm_register();
    sysfs_register();
    debugfs_register();
    tracefs_register();
}
