/*
 * kernel/lib/cksum.h - the checksum that the command cksum prints, bytes at a time.
 *
 *     uint32_t crc = 0;
 *
 *     crc = cksum_add(crc, piece, len);      for each piece
 *     crc = cksum_end(crc, total);
 */
#ifndef KERNEL_LIB_CKSUM_H
#define KERNEL_LIB_CKSUM_H

#include "kernel/lib/compiler.h"

/* The sum so far, @crc, goes on with bytes[0..len). O(len). Context: any. */
uint32_t cksum_add(uint32_t crc, const void *bytes, size_t len);
/* The result, after all @total bytes. */
uint32_t cksum_end(uint32_t crc, uint64_t total);

#endif
