/*
 * kernel/acpi/bytes.h - numbers in tables: little-endian, at any alignment.
 *
 * A table's layout is declared once, as a packed struct whose size is asserted. It is never pointed
 * at: le_field() takes offset and width from it and reads single bytes.
 */
#ifndef KERNEL_ACPI_BYTES_H
#define KERNEL_ACPI_BYTES_H

#include "kernel/lib/compiler.h"

/* The number in @width bytes at @p, 1 to 8, lowest byte first. */
static inline uint64_t le_read(const uint8_t *p, size_t width)
{
    uint64_t value = 0;

    while (width-- > 0)
        value = value << 8 | p[width];
    return value;
}

/* The number in @member of the @type that begins at @p, which fits the member's own type; the
 * caller has checked that it is there. */
#define le_field(p, type, member) le_read((p) + offsetof(type, member), sizeof(((type *)0)->member))

/* The sum of all bytes, modulo 256: 0 if a table's checksum is right. */
static inline uint8_t byte_sum(const uint8_t *p, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + p[i]);
    return sum;
}

#endif
