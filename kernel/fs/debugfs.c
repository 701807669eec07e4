/*
 * kernel/fs/debugfs.c - /sys/kernel/debug: what the kernel decided, and why. The formats are ours.
 */
#include "kernel/fs/vfs.h"
#include "mm/numa.h"
#include "mm/zonelist.h"

static const struct vfs_file files[] = {
    VFS_FILE("/sys/kernel/debug/numa", numa_show),
    VFS_FILE("/sys/kernel/debug/zonelists", zonelists_show),
};

/* debugfs_register - make the files appear. Context: boot. */
void debugfs_register(void)
{
    vfs_register(files, ARRAY_SIZE(files));
}
