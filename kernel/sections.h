/*
 * kernel/sections.h - the borders of the image, as linker.ld sets them. Only their addresses mean
 * something; text, rodata and data begin and end on page borders.
 */
#ifndef KERNEL_SECTIONS_H
#define KERNEL_SECTIONS_H

#include "kernel/bench.h"
#include "kernel/command.h"
#include "kernel/ktest.h"
#include "kernel/lib/compiler.h"

/* The whole image: [__kernel_start, __kernel_end), virtual. */
extern const char __kernel_start[], __kernel_end[];
extern const char __text_start[], __text_end[];
extern const char __rodata_start[], __rodata_end[];
/* Data and bss reach from here to __kernel_end. */
extern const char __data_start[];
/* The master of the per-CPU areas, a part of the data. */
extern char __percpu_start[], __percpu_end[];

/* What the compiler wants to be called at the start: KASan builds' lists of global variables. */
extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);

/* The arrays that MONITOR_COMMAND, KTEST and BENCH fill: [start, end). */
extern const struct command __commands_start[], __commands_end[];
extern const struct ktest __ktests_start[], __ktests_end[];
extern const struct bench __benches_start[], __benches_end[];

/* How many there are. In integers, since to C start and end are different objects. */
#define SET_SIZE(start, end) (((uintptr_t)(end) - (uintptr_t)(start)) / sizeof((start)[0]))

#endif
