/*
 * kernel/lib/seqbuf.c - text being written.
 *
 * INVARIANTS
 *   Q1  len < size: the last byte is kept for the NUL of seqbuf_str().
 *   Q2  What was kept or flushed is a prefix of what was written: after the first byte that was
 *       dropped all are.
 */
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/lib/vsprintf.h"

void seqbuf_init(struct seqbuf *s, char *buf, size_t size)
{
    *s = (struct seqbuf){.buf = buf, .size = size};
}

void seqbuf_flush(struct seqbuf *s)
{
    if (!s->flush || !s->len)
        return;
    s->flush(s, s->buf, s->len);
    s->len = 0;
}

const char *seqbuf_str(struct seqbuf *s)
{
    s->buf[s->len] = '\0';
    return s->buf;
}

void seq_write(struct seqbuf *s, const char *text, size_t len)
{
    while (len && !s->overflow) {
        size_t n = min(len, s->size - 1 - s->len);

        memcpy(s->buf + s->len, text, n);
        s->len += n;
        text += n;
        len -= n;
        if (!len)
            break;
        if (s->flush)
            seqbuf_flush(s);
        else
            s->overflow = true; /* Q2 */
    }
}

void seq_putc(struct seqbuf *s, char c)
{
    seq_write(s, &c, 1);
}

void seq_puts(struct seqbuf *s, const char *text)
{
    seq_write(s, text, strlen(text));
}

static void seq_sink(void *arg, const char *text, size_t len)
{
    seq_write(arg, text, len);
}

void seq_vprintf(struct seqbuf *s, const char *fmt, va_list args)
{
    vformat(seq_sink, s, fmt, args);
}

void seq_printf(struct seqbuf *s, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    seq_vprintf(s, fmt, args);
    va_end(args);
}
