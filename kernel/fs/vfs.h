/*
 * kernel/fs/vfs.h - files: those whose text is made when they are read, devices, and those of the boot module.
 *
 * A file of the first kind is one line of a table: a path, and the functions of the subject that owns the numbers.
 *
 *     static const struct vfs_file files[] = {
 *         VFS_FILE("/proc/meminfo", meminfo_show),
 *         VFS_FILE_WRITABLE("/proc/sys/kernel/printk", printk_levels_show, printk_levels_store),
 *         VFS_FILE_PER_ID("/sys/devices/system/node/node#/meminfo", next_node, node_meminfo_show),
 *         VFS_FILE_PER_PAIR("/sys/kernel/debug/sched/domains/cpu#/domain#/name", next_cpu,
 *                           next_domain, domain_name_show),
 *     };
 */
#ifndef KERNEL_FS_VFS_H
#define KERNEL_FS_VFS_H

#include "kernel/lib/compiler.h"
#include "kernel/lib/seqbuf.h"

#define VFS_PATH_MAX  256  /* bytes of a path, NUL included */
#define VFS_WRITE_MAX 4096 /* bytes that one write takes */

/* The next number above @after that exists, or -1. Asked with -1 it gives the first. */
typedef int (*vfs_next_id_fn)(int after);
/* The same for the second '#' of a path, below the first one's @id. */
typedef int (*vfs_next_sub_fn)(int id, int after);

/* A file of bytes that are somewhere. @id as in its path. Context of all: may sleep. */
struct vfs_device_operations {
    uint64_t (*size)(int id); /* bytes */
    /* Bytes, fewer than @len only at the end of the device, or a negative errno. */
    long (*read_at)(int id, uint64_t pos, void *buf, size_t len);
    /* All or nothing: 0 or a negative errno. */
    int (*write_at)(int id, uint64_t pos, const void *buf, size_t len);
};

struct vfs_file {
    const char *path;         /* absolute; a '#' stands for an id, in a component of its own each */
    vfs_next_id_fn next_id;   /* of the first '#'; NULL: '#' is an ordinary character */
    vfs_next_sub_fn next_sub; /* of the second; NULL: the path has only one */
    void (*show)(struct seqbuf *s);                       /* without an id */
    void (*show_id)(struct seqbuf *s, int id);            /* with one */
    void (*show_pair)(struct seqbuf *s, int id, int sub); /* with two */
    /* NULL: read-only. The text is NUL-terminated, text[len] == '\0'. 0 or a negative errno. */
    int (*store)(const char *text, size_t len);
    const struct vfs_device_operations *dev; /* NULL: a text; else none of the above */
};

#define VFS_FILE(_path, _show)                                                                     \
    {                                                                                              \
        .path = (_path), .show = (_show)                                                           \
    }
#define VFS_FILE_WRITABLE(_path, _show, _store)                                                    \
    {                                                                                              \
        .path = (_path), .show = (_show), .store = (_store)                                        \
    }
#define VFS_FILE_PER_ID(_path, _next_id, _show_id)                                                 \
    {                                                                                              \
        .path = (_path), .next_id = (_next_id), .show_id = (_show_id)                              \
    }
#define VFS_DEVICE_PER_ID(_path, _next_id, _dev)                                                   \
    {                                                                                              \
        .path = (_path), .next_id = (_next_id), .dev = (_dev)                                      \
    }
#define VFS_FILE_PER_PAIR(_path, _next_id, _next_sub, _show_pair)                                  \
    {                                                                                              \
        .path = (_path), .next_id = (_next_id), .next_sub = (_next_sub), .show_pair = (_show_pair) \
    }

struct vfs_stat {
    bool is_dir;
    bool writable; /* by vfs_write() */
    unsigned mode; /* S_IF... and permissions, kernel/lib/stat.h */
    uint64_t size; /* bytes; 0 where it isn't known before the file is read */
};

/*
 * Add @nr files of a table that lives for ever. Directories need no entry: they are what the paths
 * pass through. A path that is there already wins over a later one.
 */
void vfs_register(const struct vfs_file *files, size_t nr);

/*
 * @path may be relative to "/", and hold "." and ".." and doubled slashes. The errors of all that
 * follow: -ENOENT, -ENOTDIR (a file is used as a directory), -ENAMETOOLONG, -ELOOP (symbolic links
 * that lead to each other), and what is said there. Context: may sleep.
 */
int vfs_stat(const char *path, struct vfs_stat *st);
/* Of a symbolic link itself, if @path ends with one. */
int vfs_lstat(const char *path, struct vfs_stat *st);
/* Print the file into @s, bytes as they are. -EISDIR, -ENXIO (a device), -EIO, -ENOMEM. */
int vfs_read(const char *path, struct seqbuf *s);
/* Copy what the file has in [pos, pos + len) to @buf. Returns bytes, fewer only at the end of the file,
 * or what vfs_read() may return. The text of a table's file is made anew for each call. */
long vfs_read_at(const char *path, uint64_t pos, void *buf, size_t len);
/* The target of a symbolic link, cut, to @buf[size], NUL-terminated. Its length, or -EINVAL: it is no
 * link. */
long vfs_readlink(const char *path, char *buf, size_t size);
/* Give the file @text[0..len), a device at its start. -EISDIR, -EACCES (read-only), -EROFS (of the root file system), -E2BIG,
 * or what the file says. */
int vfs_write(const char *path, const char *text, size_t len);

/* One directory entry; a return value other than 0 ends the walk and is its result. */
typedef int (*vfs_entry_fn)(const char *name, const struct vfs_stat *st, void *arg);
/* Call @fn for each entry: those of tables in their order, ids ascending, then those of the root file
 * system by name. 0, @fn's value, or -ENOTDIR for a file. */
int vfs_readdir(const char *path, vfs_entry_fn fn, void *arg);

/* "No such file or directory" and the like, for an errno of either sign. */
const char *vfs_strerror(int err);

/* What each file system registers; called once by vfs_init(). */
void devfs_register(void);
void procfs_register(void);
void procfs_task_register(void);
void procfs_vm_register(void);
void sysfs_register(void);
void debugfs_register(void);
void tracefs_register(void);
/* All file systems. Context: boot, before the first command; nothing is shown yet. */
void vfs_init(void);

#endif
