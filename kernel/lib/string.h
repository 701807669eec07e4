/*
 * kernel/lib/string.h - bytes and NUL-terminated text, with the C library's names and meaning.
 */
#ifndef KERNEL_LIB_STRING_H
#define KERNEL_LIB_STRING_H

#include "kernel/lib/compiler.h"

/* ISO C11, 7.24 "String handling": the same arguments, results and undefined cases. */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int byte, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *needle);

/* Length of @s, at most @max; never reads s[max]. */
size_t strnlen(const char *s, size_t max);

/*
 * Copy what fits of @src into dst[0..size) and NUL-terminate, unless @size is 0. Returns
 * strlen(src): the text was cut if that is @size or more.
 */
size_t strlcpy(char *dst, const char *src, size_t size);

#endif
