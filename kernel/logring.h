/*
 * kernel/logring.h - the last bytes of an endless text of lines.
 *
 * Positions count bytes since the beginning and never wrap; byte p lies at buf[p % size]. Whoever
 * owns a ring says what protects it.
 */
#ifndef KERNEL_LOGRING_H
#define KERNEL_LOGRING_H

#include "kernel/lib/compiler.h"

struct logring {
    char *buf;
    size_t size;
    uint64_t end; /* position behind the newest byte */
};

void logring_write(struct logring *r, const char *text, size_t len);

/*
 * Read from *@pos on (0: the oldest byte): copies at most @size bytes, moves *@pos behind them and
 * returns how many; 0 at the end. Where the byte at *@pos was overwritten meanwhile, reading goes
 * on with the first whole line.
 */
size_t logring_read(const struct logring *r, uint64_t *pos, char *buf, size_t size);

#endif
