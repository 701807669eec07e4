/*
 * kernel/fs/procfs_vm.c - /proc/sys/vm: how memory is managed, and the switches for it.
 *
 * SOURCES  Linux 6.1, Documentation/admin-guide/sysctl/vm.rst, "Documentation for /proc/sys/vm/".
 */
#include "kernel/fs/vfs.h"
#include "mm/oom.h"
#include "mm/vmscan.h"
#include "mm/watermark.h"

static const struct vfs_file files[] = {
    VFS_FILE_WRITABLE("/proc/sys/vm/drop_caches", drop_caches_show, drop_caches_store),
    VFS_FILE_WRITABLE("/proc/sys/vm/lowmem_reserve_ratio", lowmem_reserve_ratio_show,
                      lowmem_reserve_ratio_store),
    VFS_FILE_WRITABLE("/proc/sys/vm/min_free_kbytes", min_free_kbytes_show, min_free_kbytes_store),
    VFS_FILE_WRITABLE("/proc/sys/vm/min_slab_ratio", min_slab_ratio_show, min_slab_ratio_store),
    VFS_FILE_WRITABLE("/proc/sys/vm/min_unmapped_ratio", min_unmapped_ratio_show,
                      min_unmapped_ratio_store),
    VFS_FILE_WRITABLE("/proc/sys/vm/panic_on_oom", panic_on_oom_show, panic_on_oom_store),
    VFS_FILE_WRITABLE("/proc/sys/vm/watermark_scale_factor", watermark_scale_factor_show,
                      watermark_scale_factor_store),
    VFS_FILE_WRITABLE("/proc/sys/vm/zone_reclaim_mode", zone_reclaim_mode_show,
                      zone_reclaim_mode_store),
};

/* procfs_vm_register - make the files appear. Context: boot. */
void procfs_vm_register(void)
{
    vfs_register(files, ARRAY_SIZE(files));
}
