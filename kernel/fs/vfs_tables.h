/*
 * kernel/fs/vfs_tables.h - the tables of files whose text is made when they are read. For kernel/fs
 * alone. A path is normalised: absolute without ".", "..", doubled and final slashes, the root "".
 */
#ifndef KERNEL_FS_VFS_TABLES_H
#define KERNEL_FS_VFS_TABLES_H

#include "kernel/fs/vfs.h"

/* The numbers that took the places of a pattern's '#'. */
struct vfs_ids {
    int nr;
    int id[2];
};

/* What a path leads to. */
struct vfs_hit {
    const struct vfs_file *file; /* NULL: a directory */
    struct vfs_ids ids;
};

/* 0, -ENOENT or -ENOTDIR (@path goes on below a file). */
int vfs_tables_find(const char *path, struct vfs_hit *hit);
/* Has some table the file or directory at @path? Then the root file system's is hidden. */
bool vfs_in_tables(const char *path);
/* Of a file, or with NULL of a directory. @id: a device's. */
struct vfs_stat vfs_tables_stat(const struct vfs_file *file, int id);
/* Print the file of @hit, which is there and no device. */
void vfs_tables_show(const struct vfs_hit *hit, struct seqbuf *s);
/* What vfs_readdir() gives of the directory @dir, which is one. */
int vfs_tables_list(const char *dir, vfs_entry_fn fn, void *arg);

#endif
