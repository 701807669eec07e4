/*
 * kernel/fs/vfs_tables.c - paths to show functions.
 *
 * THEORY
 *
 * There is no tree in memory, only the tables of paths that the file systems registered. Finding a
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
 * INVARIANTS
 *   V1  Every registered path is absolute, has no empty component and does not end with '/'.
 *
 * LOCKING  Tables are registered at boot and read-only afterwards; who shows locks what it owns.
 */
#include "kernel/fs/vfs_tables.h"
#include "kernel/bug.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/stat.h"
#include "kernel/lib/string.h"

#define MAX_TABLES 16 /* file systems and test tables */

struct table {
    const struct vfs_file *files;
    size_t nr;
};

static struct table tables[MAX_TABLES];
static size_t nr_tables;

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

/* Length of the component that starts at @p. */
static size_t component_len(const char *p)
{
    size_t n = 0;

    while (p[n] != '\0' && p[n] != '/')
        n++;
    return n;
}

/* ---- ids ------------------------------------------------------------------------------------- */

/* Does @f have a pattern for one more number than @ids? */
static bool takes_id(const struct vfs_file *f, const struct vfs_ids *ids)
{
    return ids->nr == 0 ? f->next_id != NULL : ids->nr == 1 && f->next_sub != NULL;
}

/* The number above @after that can follow @ids, or -1. */
static int next_id(const struct vfs_file *f, const struct vfs_ids *ids, int after)
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
                              const char *name, size_t len, struct vfs_ids *ids)
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
static const char *match(const struct vfs_file *f, const char *path, struct vfs_ids *ids,
                         bool *below)
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

/* vfs_tables_find - contract in the header. O(entries). Context: any. */
int vfs_tables_find(const char *path, struct vfs_hit *t)
{
    const struct vfs_file *f;
    bool is_dir = *path == '\0', below_file = false;

    *t = (struct vfs_hit){.file = NULL};
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

/* vfs_in_tables - contract in the header. Context: any. */
bool vfs_in_tables(const char *path)
{
    struct vfs_hit t;

    return vfs_tables_find(path, &t) == 0;
}

/* vfs_tables_stat - contract in the header. Context: any. */
struct vfs_stat vfs_tables_stat(const struct vfs_file *file, int id)
{
    if (!file)
        return (struct vfs_stat){.is_dir = true, .mode = S_IFDIR | 0555};
    if (file->dev)
        return (struct vfs_stat){
            .writable = true, .mode = S_IFBLK | 0600, .size = file->dev->size(id)};
    return (struct vfs_stat){.writable = file->store != NULL,
                             .mode = S_IFREG | (file->store ? 0644 : 0444)};
}

/* vfs_tables_show - contract in the header. */
void vfs_tables_show(const struct vfs_hit *t, struct seqbuf *s)
{
    if (t->file->next_sub)
        t->file->show_pair(s, t->ids.id[0], t->ids.id[1]);
    else if (t->file->next_id)
        t->file->show_id(s, t->ids.id[0]);
    else
        t->file->show(s);
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
        struct vfs_ids ids;
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
    struct vfs_stat st = vfs_tables_stat(file, id);
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
                          const struct vfs_ids *ids, vfs_entry_fn fn, void *arg)
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

/* vfs_tables_list - contract in the header. */
int vfs_tables_list(const char *dir, vfs_entry_fn fn, void *arg)
{
    const struct vfs_file *f;
    int err = 0;

    for (size_t i = 0; (f = nth_file(i)) != NULL && !err; i++) {
        bool below;
        struct vfs_ids ids;
        const char *rest = match(f, dir, &ids, &below);
        size_t len;

        if (!rest)
            continue;
        len = component_len(++rest);
        err = give_component(dir, i, rest, len, &ids, fn, arg);
    }
    return err;
}
