/*
 * kernel/fs/cpio_tree.c - the names of cpio archives, sorted.
 *
 * THEORY
 *
 * The tree is one sorted set of all names, ordered by the directory's number and then by name, so that a directory is a run of neighbours:
 *
 *     0 ""      1 etc (in 0)     2 motd (in 1)     3 bin (in 0)
 *
 *     sorted:   (0 bin) (0 etc) (1 motd)
 *
 * A second set holds the files that say that they have several names, by archive, device and inode number.
 *
 * INVARIANTS
 *   C2  The parent of each node is a directory; the way up ends at the root.
 *   C3  No two nodes of one directory have the same name; none is "", "." or "..".
 *   C4  node->file->file == node->file.
 *
 * LOCKING  None: the tree is built by one thread, and read-only then. Pure; runs on the host too.
 * NOT HERE What an archive may say (kernel/fs/cpio.c).
 */
#include "kernel/fs/cpio_internal.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

#define IMPLIED_DIR (S_IFDIR | 0755)

/* How the name @a of directory @dir_a stands to the other: negative, 0, positive. */
static int compare(uint64_t dir_a, const char *a, size_t len_a, const struct cpio_node *b)
{
    int order;

    if (dir_a != b->parent->number)
        return dir_a < b->parent->number ? -1 : 1;
    order = memcmp(a, b->name, min(len_a, (size_t)b->name_len));
    if (order != 0 || len_a == b->name_len)
        return order;
    return len_a < b->name_len ? -1 : 1;
}

static bool name_before(struct rb_node *a, struct rb_node *b)
{
    const struct cpio_node *n = rb_entry(a, struct cpio_node, by_name);

    return compare(n->parent->number, n->name, n->name_len,
                   rb_entry(b, struct cpio_node, by_name)) < 0;
}

/* cpio_add_name - O(log n). */
void cpio_add_name(struct cpio_tree *tree, struct cpio_node *node)
{
    rb_add(&tree->names, &node->by_name, name_before);
}

/* cpio_find - contract in the header. O(log n). Context: any. */
struct cpio_node *cpio_find(const struct cpio_tree *tree, const struct cpio_node *dir,
                            const char *name, size_t len)
{
    struct rb_node *at = tree->names.root;

    while (at) {
        struct cpio_node *node = rb_entry(at, struct cpio_node, by_name);
        int order = compare(dir->number, name, len, node);

        if (order == 0)
            return node;
        at = order < 0 ? at->left : at->right;
    }
    return NULL;
}

/* cpio_first - contract in the header. O(log n). Context: any. */
struct cpio_node *cpio_first(const struct cpio_tree *tree, const struct cpio_node *dir)
{
    struct rb_node *at = tree->names.root;
    struct cpio_node *first = NULL;

    while (at) {
        struct cpio_node *node = rb_entry(at, struct cpio_node, by_name);
        bool is_behind = node->parent->number >= dir->number;

        if (is_behind && node->parent == dir)
            first = node;
        at = is_behind ? at->left : at->right;
    }
    return first;
}

/* cpio_next - contract in the header. Context: any. */
struct cpio_node *cpio_next(const struct cpio_node *node)
{
    struct rb_node *next = rb_next(&node->by_name);
    struct cpio_node *other = next ? rb_entry(next, struct cpio_node, by_name) : NULL;

    return other && other->parent == node->parent ? other : NULL;
}

/* cpio_component_len - contract in kernel/fs/cpio_internal.h, as for those below. */
size_t cpio_component_len(const char *p, const char *end)
{
    size_t n = 0;

    while (p + n < end && p[n] != '/')
        n++;
    return n;
}

/* cpio_lookup - contract in the header. O(components log n). Context: any. */
int cpio_lookup(const struct cpio_tree *tree, const char *path, struct cpio_node **node)
{
    const char *end = path + strlen(path);
    struct cpio_node *at = tree->root;

    for (size_t len; path < end; path += len) {
        len = cpio_component_len(path, end);
        if (len == 0) {
            len = 1; /* the slash */
            continue;
        }
        if (!S_ISDIR(at->mode))
            return -ENOTDIR;
        at = cpio_find(tree, at, path, len);
        if (!at)
            return -ENOENT;
    }
    *node = at;
    return 0;
}

/* cpio_make_node - not in the tree yet; an empty directory. Context: that of new_node. */
struct cpio_node *cpio_make_node(struct cpio_tree *tree, struct cpio_node *parent, const char *name,
                                 size_t len)
{
    struct cpio_node *node = tree->new_node(tree->arg);

    if (!node)
        return NULL;
    *node = (struct cpio_node){.parent = parent ? parent : node, .file = node};
    node->name = name;
    node->name_len = (unsigned)len;
    node->number = tree->nr_nodes++;
    node->mode = IMPLIED_DIR;
    return node;
}

/* cpio_tree_init - contract in the header. Context: that of @new_node. */
int cpio_tree_init(struct cpio_tree *tree, struct cpio_node *(*new_node)(void *arg), void *arg)
{
    *tree = (struct cpio_tree){.new_node = new_node, .arg = arg};
    rb_init(&tree->names);
    rb_init(&tree->files);
    tree->root = cpio_make_node(tree, NULL, "", 0);
    return tree->root ? 0 : -ENOMEM;
}

/* ---- files of several names ------------------------------------------------------------------- */

/* Negative, 0 or positive, as the identity of @a stands to @b's. */
static int compare_identity(const struct cpio_node *a, const struct cpio_node *b)
{
    const uint32_t left[] = {a->archive, a->dev_major, a->dev_minor, a->ino};
    const uint32_t right[] = {b->archive, b->dev_major, b->dev_minor, b->ino};

    for (size_t i = 0; i < ARRAY_SIZE(left); i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

static bool identity_before(struct rb_node *a, struct rb_node *b)
{
    return compare_identity(rb_entry(a, struct cpio_node, by_file),
                            rb_entry(b, struct cpio_node, by_file)) < 0;
}

/* cpio_join_names - then the one that is known has the contents of both. O(log n). */
void cpio_join_names(struct cpio_tree *tree, struct cpio_node *node)
{
    struct rb_node *at = tree->files.root;

    while (at) {
        struct cpio_node *other = rb_entry(at, struct cpio_node, by_file);
        int order = compare_identity(node, other);

        if (order == 0) {
            node->file = other;
            if (node->size > 0) {
                other->data = node->data;
                other->size = node->size;
            }
            return;
        }
        at = order < 0 ? at->left : at->right;
    }
    rb_add(&tree->files, &node->by_file, identity_before);
}
