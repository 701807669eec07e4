/*
 * kernel/lib/string.c - bytes and NUL-terminated text.
 *
 * The copies go a word at a time, four words a turn: on x86-64 an unaligned word costs what an
 * aligned one does, so only the tail goes by bytes. Nothing here reads past its arguments' ends,
 * not even within a word, so that sanitizers see every error of a caller. In KASan builds the functions
 * that copy and fill check all that they will touch at once.
 */
#include "kernel/lib/string.h"
#include "kernel/lib/kasan_check.h"

/* A word at any address, of any object. */
typedef unsigned long __attribute__((may_alias, aligned(1))) word_t;

#define WORD  sizeof(word_t)
#define BLOCK (4 * WORD)

/* Ascending, so right for overlapping areas too as long as @d is below @s. */
static __no_kasan void copy_up(unsigned char *d, const unsigned char *s, size_t n)
{
    for (; n >= BLOCK; n -= BLOCK, d += BLOCK, s += BLOCK) {
        word_t a = ((const word_t *)s)[0], b = ((const word_t *)s)[1];
        word_t c = ((const word_t *)s)[2], e = ((const word_t *)s)[3];

        ((word_t *)d)[0] = a;
        ((word_t *)d)[1] = b;
        ((word_t *)d)[2] = c;
        ((word_t *)d)[3] = e;
    }
    for (; n >= WORD; n -= WORD, d += WORD, s += WORD)
        *(word_t *)d = *(const word_t *)s;
    while (n--)
        *d++ = *s++;
}

/* Descending, for areas that overlap with @d above @s. */
static __no_kasan void copy_down(unsigned char *d, const unsigned char *s, size_t n)
{
    for (; n >= WORD; n -= WORD)
        *(word_t *)(d + n - WORD) = *(const word_t *)(s + n - WORD);
    while (n--)
        d[n] = s[n];
}

void *memcpy(void *dst, const void *src, size_t n)
{
    kasan_check_read(src, n);
    kasan_check_write(dst, n);
    copy_up(dst, src, n);
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    kasan_check_read(src, n);
    kasan_check_write(dst, n);
    if ((uintptr_t)dst - (uintptr_t)src < n)
        copy_down(dst, src, n);
    else
        copy_up(dst, src, n);
    return dst;
}

__no_kasan void *memset(void *dst, int byte, size_t n)
{
    unsigned char *d = dst;
    word_t word = (unsigned char)byte * (~0UL / 0xff);

    kasan_check_write(dst, n);
    for (; n >= BLOCK; n -= BLOCK, d += BLOCK) {
        ((word_t *)d)[0] = word;
        ((word_t *)d)[1] = word;
        ((word_t *)d)[2] = word;
        ((word_t *)d)[3] = word;
    }
    for (; n >= WORD; n -= WORD, d += WORD)
        *(word_t *)d = word;
    while (n--)
        *d++ = (unsigned char)byte;
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;

    for (; n >= WORD && *(const word_t *)p == *(const word_t *)q; n -= WORD) {
        p += WORD;
        q += WORD;
    }
    for (; n; n--, p++, q++) {
        if (*p != *q)
            return *p - *q;
    }
    return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
    const unsigned char *p = s;

    for (; n; n--, p++) {
        if (*p == (unsigned char)byte)
            return (void *)(uintptr_t)p;
    }
    return NULL;
}

size_t strlen(const char *s)
{
    const char *p = s;

    while (*p)
        p++;
    return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b || !*a)
            return (unsigned char)*a - (unsigned char)*b;
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++) {
        if (!*s)
            return NULL;
    }
    return (char *)(uintptr_t)s;
}

char *strrchr(const char *s, int c)
{
    const char *found = NULL;

    do {
        if (*s == (char)c)
            found = s;
    } while (*s++);
    return (char *)(uintptr_t)found;
}

char *strstr(const char *s, const char *needle)
{
    size_t n = strlen(needle);

    if (!n)
        return (char *)(uintptr_t)s;
    for (s = strchr(s, *needle); s; s = strchr(s + 1, *needle)) {
        if (!strncmp(s, needle, n))
            return (char *)(uintptr_t)s;
    }
    return NULL;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t len = strlen(src);

    if (size) {
        size_t n = len < size ? len : size - 1;

        memcpy(dst, src, n);
        dst[n] = '\0';
    }
    return len;
}
