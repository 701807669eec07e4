/*
 * kernel/fs/vfs_root.h - the file system under the tables: files that are somewhere, not made when
 * they are read. For kernel/fs alone, and for tests.
 */
#ifndef KERNEL_FS_VFS_ROOT_H
#define KERNEL_FS_VFS_ROOT_H

#include "kernel/fs/vfs.h"

/*
 * What such a file system can do; it is read-only. @fs is its own; @node is one of its files, which
 * stays valid as long as the file system is mounted. A @path is absolute without ".", "..", doubled
 * and final slashes; the root is "". Context of all: may sleep.
 */
struct vfs_root_operations {
    /* Symbolic links are not followed. 0, -ENOENT, -ENOTDIR. */
    int (*lookup)(void *fs, const char *path, void **node);
    void (*stat)(void *fs, void *node, struct vfs_stat *st);
    /* Bytes, 0 at the end, or a negative errno; -ENXIO for what has no contents. */
    long (*read_at)(void *fs, void *node, uint64_t pos, void *buf, size_t len);
    /* The target of a symbolic link, not NUL-terminated. Bytes, or -EINVAL if it is none. */
    long (*readlink)(void *fs, void *node, const char **target);
    int (*readdir)(void *fs, void *node, vfs_entry_fn fn, void *arg);
};

struct vfs_root {
    const struct vfs_root_operations *ops; /* NULL: nothing is mounted */
    void *fs;
};

/* Put @root in the place of what was there, and return that. Context: nobody reads files meanwhile:
 * boot, tests. */
struct vfs_root vfs_mount_root(struct vfs_root root);
/* What is mounted. */
const struct vfs_root *vfs_root_get(void);

/*
 * namei - where @path leads: @out[VFS_PATH_MAX] is the same without ".", "..", doubled and final
 * slashes, and without symbolic links but for the last component, unless @follow.
 *
 * Returns 0, -ENAMETOOLONG, or -ELOOP after NAMEI_MAX_LINKS links.
 */
#define NAMEI_MAX_LINKS 40 /* as in Linux */
int namei(const char *path, bool follow, char *out);

#endif
