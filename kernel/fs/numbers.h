/*
 * kernel/fs/numbers.h - numbers out of files, for commands that print them as tables.
 *
 *     struct wanted w[] = {{"MemTotal", 1, 0}, {"MemFree", 1, 0}, {NULL, 0, 0}};
 *
 *     numbers_read("/proc/meminfo", w);
 *     used = w[0].value - w[1].value;
 */
#ifndef KERNEL_FS_NUMBERS_H
#define KERNEL_FS_NUMBERS_H

#include "kernel/lib/compiler.h"

/* A number that is wanted of a file: the @field-th, from 1, behind @key at the start of a line. */
struct wanted {
    const char *key; /* without a final ':' */
    unsigned field;
    uint64_t value; /* the sum, where a key occurs more than once */
};

/* Fill in the values of @wanted, which a NULL key ends; 0 for what the file doesn't have, or if there is no
 * such file. Context: may sleep. */
void numbers_read(const char *path, struct wanted *wanted);

#endif
