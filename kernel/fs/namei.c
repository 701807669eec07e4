/*
 * kernel/fs/namei.c - from a path as typed to the place that it means.
 *
 * THEORY
 *
 * A path is walked component by component; what is behind us is written down without detours. Where
 * that is a symbolic link, it is taken back, and the link's target is walked before what remains of
 * the path. A target that begins with '/' starts over at the root. With the link bin -> usr/bin:
 *
 *     to walk              behind us
 *     /bin/../motd
 *     ../motd              /bin               a link: it goes, its target comes in front
 *     usr/bin/../motd
 *     motd                 /usr               ".." takes bin, which usr/bin ended with
 *                          /usr/motd
 *
 * So ".." means the directory that really is above, as in Linux, and not the one that was typed.
 *
 * Only the root file system has links; where a table has something at the same path, it hides them.
 * Without a link, nothing is looked at: components that don't exist are found out later.
 *
 * LOCKING  None.
 */
#include "kernel/fs/vfs_root.h"
#include "kernel/fs/vfs_tables.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

struct walk {
    const char *path; /* what remains of the caller's */
    /* What remains of links' targets comes first. It ends with the array; a target is put in front. */
    char links[VFS_PATH_MAX];
    size_t links_pos;
    unsigned nr_links;
    char *out; /* [VFS_PATH_MAX], NUL-terminated after each step */
    size_t len;
};

static size_t component_len(const char *p)
{
    size_t n = 0;

    while (p[n] != '\0' && p[n] != '/')
        n++;
    return n;
}

/* Take the next component, at *@name, and return its length; 0 behind the last. */
static size_t next_component(struct walk *w, const char **name)
{
    size_t len;

    while (w->links[w->links_pos] == '/')
        w->links_pos++;
    len = component_len(w->links + w->links_pos);
    if (len > 0) {
        *name = w->links + w->links_pos;
        w->links_pos += len;
        return len;
    }
    while (*w->path == '/')
        w->path++;
    *name = w->path;
    len = component_len(w->path);
    w->path += len;
    return len;
}

/* Nothing is left to walk, not even the slash that asks for a directory. */
static bool at_end(const struct walk *w)
{
    return w->links[w->links_pos] == '\0' && *w->path == '\0';
}

static void go_up(struct walk *w)
{
    while (w->len > 0 && w->out[--w->len] != '/')
        ;
    w->out[w->len] = '\0';
}

static int go_down(struct walk *w, const char *name, size_t len)
{
    if (w->len + 1 + len >= VFS_PATH_MAX)
        return -ENAMETOOLONG;
    w->out[w->len++] = '/';
    memcpy(w->out + w->len, name, len);
    w->len += len;
    w->out[w->len] = '\0';
    return 0;
}

/* The target of the symbolic link at w->out, and its length; 0: that is no link. */
static size_t link_at(const struct walk *w, const char **target)
{
    const struct vfs_root *root = vfs_root_get();
    void *node;
    long len;

    if (!root->ops || root->ops->lookup(root->fs, w->out, &node) != 0)
        return 0;
    len = root->ops->readlink(root->fs, node, target);
    return len > 0 && !vfs_in_tables(w->out) ? (size_t)len : 0;
}

static int follow_link(struct walk *w, const char *target, size_t len)
{
    if (++w->nr_links > NAMEI_MAX_LINKS)
        return -ELOOP;
    if (len > w->links_pos)
        return -ENAMETOOLONG;
    w->links_pos -= len;
    memcpy(w->links + w->links_pos, target, len);
    go_up(w);
    if (target[0] == '/') {
        w->len = 0;
        w->out[0] = '\0';
    }
    return 0;
}

static int step(struct walk *w, const char *name, size_t len, bool follow)
{
    const char *target;
    size_t target_len;
    int err;

    if (len == 1 && name[0] == '.')
        return 0;
    if (len == 2 && name[0] == '.' && name[1] == '.') {
        go_up(w);
        return 0;
    }
    err = go_down(w, name, len);
    if (err || (at_end(w) && !follow))
        return err;
    target_len = link_at(w, &target);
    return target_len ? follow_link(w, target, target_len) : 0;
}

/* namei - contract in the header. Context: may sleep. */
int namei(const char *path, bool follow, char *out)
{
    struct walk w = {.path = path, .links_pos = VFS_PATH_MAX - 1, .out = out};
    const char *name;
    size_t len;

    w.links[VFS_PATH_MAX - 1] = '\0';
    out[0] = '\0';
    while ((len = next_component(&w, &name)) > 0) {
        int err = step(&w, name, len, follow);

        if (err)
            return err;
    }
    return 0;
}
