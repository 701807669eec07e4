/*
 * kernel/fs/initramfs.h - cpio archives in memory as a read-only file system.
 */
#ifndef KERNEL_FS_INITRAMFS_H
#define KERNEL_FS_INITRAMFS_H

#include "kernel/fs/cpio.h"
#include "kernel/fs/vfs_root.h"
#include "mm/filemap.h"

struct boot_info;

/* A name with the cached pages of its file. */
struct initramfs_inode {
    struct cpio_node node;
    struct address_space mapping; /* of regular files that have their contents themselves */
};

struct initramfs_chunk;

struct initramfs {
    struct cpio_tree tree;
    struct initramfs_chunk *chunks; /* the pages that inodes lie in, the newest first */
};

/* One archive, or several in a row; they must stay where they are until initramfs_destroy(). */
struct initramfs_source {
    const uint8_t *bytes;
    uint64_t len;
};

/*
 * initramfs_create - a file system of what @sources[0..nr) hold, each laid over those before it.
 *
 * Returns 0; -EINVAL, then *@failed is the source and @diag says what is wrong with it; or -ENOMEM.
 * After an error nothing is left in memory. Context: may sleep.
 */
int initramfs_create(struct initramfs *fs, const struct initramfs_source *sources, unsigned nr,
                     unsigned *failed, struct cpio_diag *diag);
/* Give back all that it has in memory. Context: may sleep; it isn't mounted and nobody reads. */
void initramfs_destroy(struct initramfs *fs);
/* What to mount. */
struct vfs_root initramfs_root(struct initramfs *fs);

/* Mount the boot modules at "/". Whatever they hold, the boot goes on, and the log says what came of
 * them. Context: boot, in a thread; once. */
void initramfs_init(const struct boot_info *bi);

#endif
