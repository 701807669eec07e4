/*
 * kernel/fs/cpio.h - a cpio archive as a tree of names.
 */
#ifndef KERNEL_FS_CPIO_H
#define KERNEL_FS_CPIO_H

#include "kernel/lib/compiler.h"
#include "kernel/lib/rbtree.h"
#include "kernel/lib/stat.h"

#define CPIO_PATH_MAX 4096 /* bytes of a name in the archive, NUL included; Linux's PATH_MAX */
#define CPIO_NAME_MAX 255  /* bytes of one component, as in Linux */

/* A name. Everything is fixed once cpio_tree_add() has returned. */
struct cpio_node {
    struct rb_node by_name;   /* in cpio_tree.names */
    struct rb_node by_file;   /* in cpio_tree.files: a regular file that may have other names */
    struct cpio_node *parent; /* the directory it is in; the root's is itself */
    uint64_t number;          /* of nodes, in the order in which they came; the root's is 0 */
    const char *name;         /* in the archive, not NUL-terminated; "" for the root */
    unsigned name_len;        /* bytes */
    unsigned archive; /* which one of the row said so, from 1; 0: only its entries are named */
    uint32_t mode;    /* S_IF... and permissions */
    uint32_t mtime;   /* seconds since 1970 */
    uint32_t uid, gid, nlink;
    uint32_t rdev_major, rdev_minor;    /* of a device: which one */
    uint32_t ino, dev_major, dev_minor; /* the file's identity within its archive */
    struct cpio_node
        *file;           /* the node that has the contents: itself, or another name of the file */
    const uint8_t *data; /* contents, or a symbolic link's target, in the archive */
    uint64_t size;       /* bytes of it */
};

struct cpio_tree {
    struct rb_tree names; /* by directory, then by name */
    struct rb_tree files; /* regular files with several names, by identity */
    struct cpio_node *root;
    uint64_t nr_nodes;
    uint64_t nr_bytes; /* of all contents */
    unsigned nr_archives;
    /* Memory for one node, which need not be cleared; NULL if there is none. */
    struct cpio_node *(*new_node)(void *arg);
    void *arg;
};

/* Where an archive stopped making sense. */
struct cpio_diag {
    uint64_t offset;  /* bytes from its start */
    char reason[160]; /* a clause, "" if nothing was wrong */
};

/* An empty directory for a root. 0 or -ENOMEM. */
int cpio_tree_init(struct cpio_tree *tree, struct cpio_node *(*new_node)(void *arg), void *arg);

/*
 * cpio_tree_add - enter what @bytes[0..len) holds: one archive, or several in a row with zeros in
 * between.
 *
 * Later archives, also of later calls, may name directories again, and replace other files by files.
 * The bytes must stay where they are as long as the tree is used.
 *
 * Returns 0; -EINVAL and in @diag where and why; or -ENOMEM. After an error the tree is fit for
 * nothing but to be thrown away. Pure but for new_node. O(n log n) in names.
 */
int cpio_tree_add(struct cpio_tree *tree, const uint8_t *bytes, uint64_t len,
                  struct cpio_diag *diag);

/* The entry @name[0..len) of the directory @dir, or NULL. */
struct cpio_node *cpio_find(const struct cpio_tree *tree, const struct cpio_node *dir,
                            const char *name, size_t len);

/*
 * cpio_lookup - the node at @path, from the root: components between slashes, of which there may be
 * more than needed; "." and ".." are nothing special, symbolic links are not followed.
 *
 * Returns 0, -ENOENT, or -ENOTDIR if a component that isn't the last is no directory.
 */
int cpio_lookup(const struct cpio_tree *tree, const char *path, struct cpio_node **node);

/* The entries of @dir by name, NULL behind the last. */
struct cpio_node *cpio_first(const struct cpio_tree *tree, const struct cpio_node *dir);
struct cpio_node *cpio_next(const struct cpio_node *node);

#endif
