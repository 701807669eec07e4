/*
 * <arch/fwcfg.h> - files that QEMU's command line gives to the guest (-fw_cfg name=...,file=...).
 */
#ifndef ARCH_FWCFG_H
#define ARCH_FWCFG_H

#include <stddef.h>

/*
 * fwcfg_read_file - copy a whole file of the fw_cfg device.
 *
 * @name  NUL-terminated, as on the command line: "opt/atoll/exec".
 * @buf   out, @size bytes; untouched on error. Not NUL-terminated.
 *
 * Returns its length, -ENOENT if there is no such file or no such device, -E2BIG if it is longer
 * than @size. Context: any, one at a time. Slow: a port access for each byte.
 */
int fwcfg_read_file(const char *name, void *buf, size_t size);

#endif
