/*
 * kernel/fs/vfs.c - paths to show functions, and to files of the root file system.
 *
 * THEORY
 *
 * For the kernel's own files there is no tree in memory, only the tables of paths that the file systems registered. Finding a
 * file is comparing its path with each entry's, a component at a time. A directory is a proper
 * prefix of some path, and its entries are the components that follow that prefix, each once.
 *
 * A component with '#' stands for as many as there are ids. With
 *
 *     /sys/devices/system/node/online
 *     /sys/devices/system/node/node#/distance     ids 0, 2
 *
 * the directory /sys/devices/system/node holds online, node0 and node2; nothing is allocated for a
 * node, and a node that comes or goes is there or not at the next look. A path holds at most two
 * '#', in different components; which ids the second one has depends on the first one's. No fixed
 * name may look like one of the ids.
 *
 * Some 50 entries exist, so that walks over all of them are cheap. Comparing two entries for "the
 * same component again" makes listing a directory quadratic in them, still far below the time that
 * the serial line takes to print it.
 *
 * Under the tables lies the root file system, if the loader brought one (kernel/fs/initramfs.c). A path
 * that is in the tables is not looked for there, so an archive cannot hide /proc/meminfo. A directory
 * that both have lists what both have:
 *
 *     tables   /proc/meminfo         ls /       proc  sys  bin
 *     root     /bin/hello  /proc     ls /proc   meminfo ...
 *
 * INVARIANTS
 *   V1  Every registered path is absolute, has no empty component and does not end with '/'.
 *
 * LOCKING  The root file system is mounted, tables are registered at boot and read-only afterwards. Writes go one at a time, under
 *          write_lock, which protects the text on its way; who shows or stores locks what it owns.
 */
#include "kernel/fs/vfs.h"
#include "kernel/bug.h"
#include "kernel/fs/vfs_root.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/stat.h"
#include "kernel/lib/string.h"
#include "kernel/mutex.h"

#define MAX_TABLES 16  /* file systems and test tables */
#define READ_SIZE  1024 /* bytes of a file on the stack */

struct table {
    const struct vfs_file *files;
    size_t nr;
};

static struct table tables[MAX_TABLES];
static size_t nr_tables;

static struct vfs_root root;

static DEFINE_MUTEX(write_lock);
static char write_text[VFS_WRITE_MAX + 1]; /* protected by write_lock; too large for a stack */

/* ---- paths ----------------------------------------------------------------------------------- */

/* Length of the component that starts at @p. */
static size_t component_len(const char *p)
{
    size_t n = 0;

    while (p[n] != '\0' && p[n] != '/')
        n++;
    return n;
}

/* ---- ids ------------------------------------------------------------------------------------- */

/* The numbers that took the places of a pattern's '#'. */
struct ids {
    int nr;
    int id[2];
};

/* Does @f have a pattern for one more number than @ids? */
static bool takes_id(const struct vfs_file *f, const struct ids *ids)
{
    return ids->nr == 0 ? f->next_id != NULL : ids->nr == 1 && f->next_sub != NULL;
}

/* The number above @after that can follow @ids, or -1. */
static int next_id(const struct vfs_file *f, const struct ids *ids, int after)
{
    return ids->nr == 0 ? f->next_id(after) : f->next_sub(ids->id[0], after);
}

/* The number in @text[0..len), written as seq_printf would; -1 if it isn't one. */
static int parse_id(const char *text, size_t len)
{
    int id = 0;

    if (len == 0 || len > 6 || (len > 1 && text[0] == '0'))
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        id = id * 10 + (text[i] - '0');
    }
    return id;
}

/*
 * Does the component @name[0..len) fit the pattern component @pat[0..pat_len) of @f? If that holds
 * '#', its number must exist and is added to @ids.
 */
static bool component_matches(const struct vfs_file *f, const char *pat, size_t pat_len,
                              const char *name, size_t len, struct ids *ids)
{
    const char *hash = takes_id(f, ids) ? memchr(pat, '#', pat_len) : NULL;
    size_t head, tail;
    int id;

    if (!hash)
        return pat_len == len && memcmp(pat, name, len) == 0;
    head = (size_t)(hash - pat);
    tail = pat_len - head - 1;
    if (len <= head + tail || memcmp(pat, name, head) != 0 ||
        memcmp(hash + 1, name + len - tail, tail) != 0)
        return false;
    id = parse_id(name + head, len - head - tail);
    if (id < 0 || next_id(f, ids, id - 1) != id)
        return false;
    ids->id[ids->nr++] = id;
    return true;
}

/*
 * Match the normalised @path against @f from the front. Returns what is left of f's path: "" if it
 * is f itself, "/..." if @path is a directory above f, NULL if neither; in *@below whether @path
 * goes on below the file f, and in *@ids the numbers.
 */
static const char *match(const struct vfs_file *f, const char *path, struct ids *ids, bool *below)
{
    const char *pat = f->path;

    ids->nr = 0;
    *below = false;
    while (*path != '\0' && *pat != '\0') {
        size_t pat_len = component_len(++pat), len = component_len(++path);

        if (!component_matches(f, pat, pat_len, path, len, ids))
            return NULL;
        pat += pat_len;
        path += len;
    }
    *below = *path != '\0';
    return *below ? NULL : pat;
}

/* ---- walking the tables ------------------------------------------------------------------------
 */

/* The @i-th entry of all tables together, NULL behind the last. */
static const struct vfs_file *nth_file(size_t i)
{
    for (size_t t = 0; t < nr_tables; t++) {
        if (i < tables[t].nr)
            return &tables[t].files[i];
        i -= tables[t].nr;
    }
    return NULL;
}

/* What a path leads to. */
struct target {
    const struct vfs_file *file; /* of a table; NULL: a directory, or not in the tables */
    struct ids ids;
    bool in_tables;
    void *node; /* of the root file system; for a table's directory its namesake, or NULL */
};

/* Find the normalised @path in the tables. Returns 0, -ENOENT or -ENOTDIR. */
static int find_in_tables(const char *path, struct target *t)
{
    const struct vfs_file *f;
    bool is_dir = *path == '\0', below_file = false;

    *t = (struct target){.file = NULL};
    for (size_t i = 0; (f = nth_file(i)) != NULL; i++) {
        bool below;
        const char *rest = match(f, path, &t->ids, &below);

        below_file |= below;
        if (!rest)
            continue;
        if (*rest == '\0') {
            t->file = f;
            return 0;
        }
        is_dir = true;
    }
    if (is_dir)
        return 0;
    return below_file ? -ENOTDIR : -ENOENT;
}

static struct vfs_stat stat_of_node(void *node)
{
    struct vfs_stat st;

    root.ops->stat(root.fs, node, &st);
    return st;
}

/* Find the normalised @path in tables and root. Returns 0, -ENOENT or -ENOTDIR. */
static int find(const char *path, struct target *t)
{
    int err = find_in_tables(path, t);

    t->in_tables = err == 0;
    if (!root.ops || t->file || err == -ENOTDIR)
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

static struct vfs_stat stat_of(const struct vfs_file *file)
{
    if (!file)
        return (struct vfs_stat){.is_dir = true, .mode = S_IFDIR | 0555};
    return (struct vfs_stat){.writable = file->store != NULL,
                             .mode = S_IFREG | (file->store ? 0644 : 0444)};
}

static struct vfs_stat stat_of_target(const struct target *t)
{
    return t->in_tables ? stat_of(t->file) : stat_of_node(t->node);
}

/* ---- the interface -----------------------------------------------------------------------------
 */

/* vfs_register - contract in the header. Context: boot. */
void vfs_register(const struct vfs_file *files, size_t nr)
{
    if (nr_tables == MAX_TABLES)
        panic("more than %d tables of files; raise MAX_TABLES in %s", MAX_TABLES, __FILE__);
    for (size_t i = 0; i < nr; i++)
        BUG_ON(files[i].path[0] != '/' || strstr(files[i].path, "//") ||
               files[i].path[strlen(files[i].path) - 1] == '/'); /* V1 */
    tables[nr_tables++] = (struct table){files, nr};
}

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

/* vfs_in_tables - contract in kernel/fs/vfs_root.h. Context: any. */
bool vfs_in_tables(const char *path)
{
    struct target t;

    return find_in_tables(path, &t) == 0;
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

static void show(const struct target *t, struct seqbuf *s)
{
    if (t->file->next_sub)
        t->file->show_pair(s, t->ids.id[0], t->ids.id[1]);
    else if (t->file->next_id)
        t->file->show_id(s, t->ids.id[0]);
    else
        t->file->show(s);
}

/* The contents of a file of the root file system, piece by piece. */
static int print_node(void *node, struct seqbuf *s)
{
    char buf[READ_SIZE];
    uint64_t pos = 0;
    long len;

    while (!s->overflow && (len = root.ops->read_at(root.fs, node, pos, buf, sizeof(buf))) != 0) {
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
    if (!t.in_tables)
        return print_node(t.node, s);
    show(&t, s);
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
    show(t, &s);
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
    if (t.in_tables)
        return read_table_at(&t, pos, buf, len);
    while (nr < len) {
        long got = root.ops->read_at(root.fs, t.node, pos + nr, (char *)buf + nr, len - nr);

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
    if (!t.file->store)
        return -EACCES;
    if (len > VFS_WRITE_MAX)
        return -E2BIG;
    return store(t.file, text, len);
}

/* ---- listing a directory --------------------------------------------------------------------- */

/*
 * Did an entry before the @upto-th already give @dir a component written as @name[0..len), with the
 * number @id in place of its '#' (-1: it has none)?
 */
static bool listed_before(const char *dir, const char *name, size_t len, size_t upto, int id)
{
    for (size_t i = 0; i < upto; i++) {
        const struct vfs_file *f = nth_file(i);
        bool below;
        struct ids ids;
        const char *rest = match(f, dir, &ids, &below);

        if (rest && *rest == '/' && component_len(rest + 1) == len &&
            memcmp(rest + 1, name, len) == 0 &&
            (id < 0 || (takes_id(f, &ids) && next_id(f, &ids, id - 1) == id)))
            return true;
    }
    return false;
}

/* Call @fn for one component of a pattern; a '#' in it is replaced by @id. */
static int give_entry(const char *pat, size_t len, const struct vfs_file *file, int id,
                      vfs_entry_fn fn, void *arg)
{
    char name[VFS_PATH_MAX];
    struct vfs_stat st = stat_of(file);
    struct seqbuf s;

    seqbuf_init(&s, name, sizeof(name));
    for (size_t i = 0; i < len; i++) {
        if (pat[i] == '#' && id >= 0)
            seq_printf(&s, "%d", id);
        else
            seq_putc(&s, pat[i]);
    }
    return fn(seqbuf_str(&s), &st, arg);
}

/*
 * Give the component @pat[0..len) of the @i-th entry, which is its own name or a directory above it, in
 * the directory @dir with the numbers @ids: once for each number that can follow. What an earlier
 * entry has given is left out.
 */
static int give_component(const char *dir, size_t i, const char *pat, size_t len,
                          const struct ids *ids, vfs_entry_fn fn, void *arg)
{
    const struct vfs_file *f = nth_file(i), *file = pat[len] == '\0' ? f : NULL;
    int err = 0;

    if (!takes_id(f, ids) || !memchr(pat, '#', len))
        return listed_before(dir, pat, len, i, -1) ? 0 : give_entry(pat, len, file, -1, fn, arg);
    for (int id = next_id(f, ids, -1); id >= 0 && !err; id = next_id(f, ids, id))
        if (!listed_before(dir, pat, len, i, id))
            err = give_entry(pat, len, file, id, fn, arg);
    return err;
}

static int list_tables(const char *dir, struct target *t, vfs_entry_fn fn, void *arg)
{
    const struct vfs_file *f;
    int err = 0;

    for (size_t i = 0; (f = nth_file(i)) != NULL && !err; i++) {
        bool below;
        const char *rest = match(f, dir, &t->ids, &below);
        size_t len;

        if (!rest)
            continue;
        len = component_len(++rest);
        err = give_component(dir, i, rest, len, &t->ids, fn, arg);
    }
    return err;
}

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
        err = list_tables(dir, &t, fn, arg);
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
    procfs_register();
    procfs_task_register();
    sysfs_register();
    debugfs_register();
    tracefs_register();
}
