/*
 * kernel/logring.c - the last bytes of an endless text of lines.
 */
#include "kernel/logring.h"

/* logring_write - append @text[0..len), over the oldest bytes where there is no room. */
void logring_write(struct logring *r, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        r->buf[r->end++ % r->size] = text[i];
}

/* Where a reader who was at @pos can go on. */
static uint64_t first_readable(const struct logring *r, uint64_t pos)
{
    uint64_t start = r->end > r->size ? r->end - r->size : 0;

    if (pos >= start)
        return min(pos, r->end);
    while (start < r->end && r->buf[start % r->size] != '\n')
        start++;
    return min(start + 1, r->end);
}

/* logring_read - contract in the header. */
size_t logring_read(const struct logring *r, uint64_t *pos, char *buf, size_t size)
{
    size_t n = 0;

    *pos = first_readable(r, *pos);
    while (n < size && *pos < r->end)
        buf[n++] = r->buf[(*pos)++ % r->size];
    return n;
}
