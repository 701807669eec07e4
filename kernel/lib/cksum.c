/*
 * kernel/lib/cksum.c - the checksum that the command cksum prints.
 *
 * A cyclic redundancy check: the bytes are the coefficients of a polynomial over two elements, the
 * sum is what a division by a fixed one leaves. The highest bit comes first; the length follows the
 * bytes, the lowest byte first and without zeros behind its last; the result is complemented.
 *
 * SOURCES  POSIX.1-2017, Shell & Utilities, "cksum".
 */
#include "kernel/lib/cksum.h"

/* What four bits that leave at the top add to the rest: their product with x^32, divided by
 * 0x04c11db7. */
static const uint32_t remainders[16] = {
    0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b, 0x1a864db2, 0x1e475005,
    0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61, 0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd,
};

static uint32_t add_byte(uint32_t crc, uint8_t byte)
{
    crc ^= (uint32_t)byte << 24;
    crc = crc << 4 ^ remainders[crc >> 28];
    return crc << 4 ^ remainders[crc >> 28];
}

/* cksum_add - contract in the header. */
uint32_t cksum_add(uint32_t crc, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < len; i++)
        crc = add_byte(crc, p[i]);
    return crc;
}

/* cksum_end - contract in the header. Context: any. */
uint32_t cksum_end(uint32_t crc, uint64_t total)
{
    for (; total > 0; total >>= 8)
        crc = add_byte(crc, (uint8_t)total);
    return ~crc;
}
