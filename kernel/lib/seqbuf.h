/*
 * kernel/lib/seqbuf.h - text being written: by a file's show function, by a monitor command.
 *
 * A seqbuf has a fixed buffer. With a flush function, a full buffer is handed to it and emptied, so
 * output of any length works; without one, what doesn't fit is dropped and `overflow` says so. To
 * print into a local array:
 *
 *     char text[64];
 *     struct seqbuf s;
 *
 *     seqbuf_init(&s, text, sizeof(text));
 *     cpumask_print_list(&s, mask);
 *     pr_info("CPUs %s\n", seqbuf_str(&s));
 */
#ifndef KERNEL_LIB_SEQBUF_H
#define KERNEL_LIB_SEQBUF_H

#include "kernel/lib/compiler.h"
#include <stdarg.h>

struct seqbuf {
    char *buf;     /* not NUL-terminated until seqbuf_str() */
    size_t size;   /* bytes in buf, at least 2; one is kept for the NUL */
    size_t len;    /* bytes written and not flushed */
    bool overflow; /* something was dropped, and everything after it */
    /* Takes all @len bytes; may be NULL, and writes nothing into @s itself. */
    void (*flush)(struct seqbuf *s, const char *text, size_t len);
    void *flush_arg; /* for flush */
};

/* Empty, without a flush function; set flush and flush_arg afterwards to have one. */
void seqbuf_init(struct seqbuf *s, char *buf, size_t size);
/* Hand what is pending to flush, if there is one. */
void seqbuf_flush(struct seqbuf *s);
/* NUL-terminate and return the text that is pending; valid until the next write. */
const char *seqbuf_str(struct seqbuf *s);

void seq_putc(struct seqbuf *s, char c);
void seq_puts(struct seqbuf *s, const char *text);
void seq_write(struct seqbuf *s, const char *text, size_t len);
/* Conversions: kernel/lib/vsprintf.h. The text may be longer than the buffer. */
void seq_printf(struct seqbuf *s, const char *fmt, ...) __printf(2, 3);
void seq_vprintf(struct seqbuf *s, const char *fmt, va_list args) __printf(2, 0);

#endif
