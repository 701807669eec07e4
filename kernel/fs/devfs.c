/*
 * kernel/fs/devfs.c - /dev: persistent memory as files of bytes.
 *
 *     echo survived > /dev/pmem0
 *     cksum /dev/pmem0
 *
 * What was written is persistent when the write returns. The number is the range's (mm/memremap.h).
 */
#include "kernel/fs/vfs.h"
#include "mm/memremap.h"

static uint64_t size(int id)
{
    return pmem_size(pmem_get(id));
}

static long read_at(int id, uint64_t pos, void *buf, size_t len)
{
    uint64_t end = size(id), nr = pos < end ? min((uint64_t)len, end - pos) : 0;
    int err = nr ? pmem_read(pmem_get(id), pos, buf, nr) : 0;

    return err ? err : (long)nr;
}

static int write_at(int id, uint64_t pos, const void *buf, size_t len)
{
    return pmem_write(pmem_get(id), pos, buf, len);
}

static const struct vfs_device_operations pmem = {
    .size = size, .read_at = read_at, .write_at = write_at};

static const struct vfs_file files[] = {
    VFS_DEVICE_PER_ID("/dev/pmem#", pmem_next, &pmem),
};

/* devfs_register - make the files appear. Context: boot. */
void devfs_register(void)
{
    vfs_register(files, ARRAY_SIZE(files));
}
