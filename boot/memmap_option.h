/*
 * boot/memmap_option.h - memmap= on the command line.
 */
#ifndef BOOT_MEMMAP_OPTION_H
#define BOOT_MEMMAP_OPTION_H

#include "kernel/boot_info.h"

int memmap_part(struct boot_info *bi, const char *part, const char **why);
bool memmap_is_sound(const struct boot_info *bi);

/*
 * memmap_options - change bi->ranges as every memmap= of the command line says; what is wrong or would
 * leave the kernel without its memory is named in the log and ignored. Context: boot, after
 * bootinfo_parse() and cmdline_init().
 */
void memmap_options(struct boot_info *bi);

#endif
