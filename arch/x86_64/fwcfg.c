/*
 * arch/x86_64/fwcfg.c - QEMU's fw_cfg device: files from the host's command line.
 *
 * A selector chooses an item, the data port then gives its bytes one after the other, zeros past
 * its end. One item is the directory of files. Without the device both ports read as ones.
 *
 * LOCKING  None; the device has one selector, so one caller at a time.
 * SOURCES  QEMU, docs/specs/fw_cfg.rst, "Selector (Control) Register", "File Directory". The
 *          directory's numbers are big-endian.
 */
#include "arch/x86_64/insn.h"
#include "arch/x86_64/ports.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include <arch/fwcfg.h>

#define ITEM_SIGNATURE 0x0000
#define ITEM_DIRECTORY 0x0019
#define MAX_FILES      0x3fe0 /* selectors 0x20 to 0x3fff */

struct fwcfg_file {
    uint8_t size[4];   /* bytes, big-endian */
    uint8_t select[2]; /* big-endian */
    uint8_t reserved[2];
    char name[56]; /* NUL-terminated */
};

_Static_assert(sizeof(struct fwcfg_file) == 64, "fw_cfg directory entry");

static void select_item(uint16_t item)
{
    insn_out16(FWCFG_SELECTOR, item);
}

static void read_bytes(void *buf, size_t len)
{
    uint8_t *bytes = buf;

    for (size_t i = 0; i < len; i++)
        bytes[i] = insn_in8(FWCFG_DATA);
}

static uint32_t big_endian(const uint8_t *bytes, int len)
{
    uint32_t value = 0;

    for (int i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return value;
}

static bool device_present(void)
{
    char signature[4];

    select_item(ITEM_SIGNATURE);
    read_bytes(signature, sizeof(signature));
    return memcmp(signature, "QEMU", sizeof(signature)) == 0;
}

static bool find_file(const char *name, struct fwcfg_file *file)
{
    uint8_t count[4];
    uint32_t nr_files;

    select_item(ITEM_DIRECTORY);
    read_bytes(count, sizeof(count));
    nr_files = min(big_endian(count, 4), (uint32_t)MAX_FILES);
    for (uint32_t i = 0; i < nr_files; i++) {
        read_bytes(file, sizeof(*file));
        file->name[sizeof(file->name) - 1] = '\0';
        if (strcmp(file->name, name) == 0)
            return true;
    }
    return false;
}

/* fwcfg_read_file - contract in the header. */
int fwcfg_read_file(const char *name, void *buf, size_t size)
{
    struct fwcfg_file file;
    uint32_t len;

    if (!device_present() || !find_file(name, &file))
        return -ENOENT;
    len = big_endian(file.size, 4);
    if (len > size || len > INT32_MAX)
        return -E2BIG;
    select_item((uint16_t)big_endian(file.select, 2));
    read_bytes(buf, len);
    return (int)len;
}
