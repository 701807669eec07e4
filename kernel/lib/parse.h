/*
 * kernel/lib/parse.h - numbers in text that users and firmware wrote.
 */
#ifndef KERNEL_LIB_PARSE_H
#define KERNEL_LIB_PARSE_H

#include "kernel/lib/compiler.h"

/*
 * parse_u64 - read an unsigned number from the start of @text.
 *
 * @base   2..16; 16 allows "0x" in front. 0: by the number's look, "0x1f" hexadecimal, "017" octal,
 *         else decimal.
 * @value  out; untouched on error.
 * @end    out, what follows the number; untouched on error. NULL: nothing may follow.
 *
 * Returns 0, -EINVAL if there is no number (white space and signs are none) or something follows
 * though @end is NULL, -ERANGE if it needs more than 64 bits.
 */
int parse_u64(const char *text, unsigned base, uint64_t *value, const char **end);

/*
 * parse_size - the same in base 0 with an optional suffix, K M G T P E or in lower case, for the
 * powers of 1024. The rest is as for parse_u64; -ERANGE also if the product needs more than 64
 * bits.
 */
int parse_size(const char *text, uint64_t *value, const char **end);

#endif
