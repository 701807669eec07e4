/*
 * kernel/lib/vsprintf.h - formatted text.
 *
 * Conversions: %d %i %u %x %X %o %c %s %p %%, lengths hh h l ll z, flags - 0 + space #, width and
 * precision as numbers or '*'; all as in ISO C11, 7.21.6.1 "The fprintf function". A NULL string
 * prints as "(null)", a pointer as 0x and hexadecimal digits. Anything else is printed as it stands
 * and ends the formatting, since what the arguments behind it are is not known any more.
 */
#ifndef KERNEL_LIB_VSPRINTF_H
#define KERNEL_LIB_VSPRINTF_H

#include "kernel/lib/compiler.h"
#include <stdarg.h>

/* Takes the next @len bytes of the text; called any number of times. */
typedef void (*format_sink)(void *arg, const char *text, size_t len);

/* Format into @sink, piece by piece. Needs no buffer, so the text may have any length. */
void vformat(format_sink sink, void *arg, const char *fmt, va_list args) __printf(3, 0);

/*
 * Format into buf[0..size), cut where it doesn't fit and always NUL-terminated unless @size is 0
 * (then @buf may be NULL). Returns the length of the whole text, its NUL not counted: it was cut if
 * that is @size or more. INT_MAX stands for any greater length.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

#endif
