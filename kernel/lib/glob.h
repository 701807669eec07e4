/*
 * kernel/lib/glob.h - shell patterns.
 */
#ifndef KERNEL_LIB_GLOB_H
#define KERNEL_LIB_GLOB_H

#include "kernel/lib/compiler.h"

/*
 * All of @text matches @pattern, in which '*' stands for any run of characters, '?' for any one,
 * and every other character for itself. Takes at most strlen(pattern) * strlen(text) steps.
 */
bool glob_match(const char *pattern, const char *text);

#endif
