/*
 * boot/start.h - what boot/entry.asm calls.
 */
#ifndef BOOT_START_H
#define BOOT_START_H

#include "kernel/lib/compiler.h"

struct boot_info;

/* The first C function; see boot/start.c. */
void boot_start(uint32_t loader, uint32_t info, uint64_t entry_tsc) __noreturn;

/* What the loader handed over. */
const struct boot_info *boot_info_get(void);

#endif
