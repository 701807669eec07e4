/*
 * tests/host/acpi_image.h - tables made byte by byte, and a physical memory to put them into.
 *
 * Bytes that are given to a parser, and each range that fake_map() returns, are copies in heap
 * blocks of exactly their size: ASan sees a read of one byte too many.
 */
#ifndef TESTS_HOST_ACPI_IMAGE_H
#define TESTS_HOST_ACPI_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A heap copy of exactly @size bytes; the caller frees it. */
static inline uint8_t *exact_copy(const void *bytes, size_t size)
{
    uint8_t *copy = malloc(size);

    memcpy(copy, bytes, size);
    return copy;
}

/* ---- tables ---- */

/* A table that is being written; its length and checksum become right in image_finish(). */
struct image {
    size_t size;
    uint8_t bytes[8192];
};

/* Append the lowest @width bytes of @value. */
static inline void image_put(struct image *t, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        t->bytes[t->size++] = (uint8_t)(value >> 8 * i);
}

/* Overwrite @width bytes at @offset. */
static inline void image_set(struct image *t, size_t offset, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        t->bytes[offset + i] = (uint8_t)(value >> 8 * i);
}

/* Begin anew, with a header. */
static inline void image_begin(struct image *t, const char *signature, uint8_t revision)
{
    *t = (struct image){0};
    memcpy(t->bytes, signature, 4);
    t->bytes[8] = revision;
    t->size = 36;
}

/* Make the sum of bytes[0..size) 0 by the byte at @at. */
static inline void image_fix_checksum(uint8_t *bytes, size_t size, size_t at)
{
    uint8_t sum = 0;

    bytes[at] = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[at] = (uint8_t)-sum;
}

static inline void image_finish(struct image *t)
{
    image_set(t, 4, t->size, 4);
    image_fix_checksum(t->bytes, t->size, 9);
}

/* ---- physical memory ---- */

#define FAKE_RANGES 80
#define FAKE_MAPS   1024

struct fake_memory {
    unsigned nr_ranges;
    struct {
        uint64_t pa;
        size_t size;
        uint8_t *bytes;
    } ranges[FAKE_RANGES];
    unsigned nr_maps;
    void *maps[FAKE_MAPS];
};

static struct fake_memory fake __attribute__((unused));

/* Let [pa, pa + size) exist and hold @bytes. */
static inline void fake_add(uint64_t pa, const void *bytes, size_t size)
{
    fake.ranges[fake.nr_ranges].pa = pa;
    fake.ranges[fake.nr_ranges].size = size;
    fake.ranges[fake.nr_ranges].bytes = exact_copy(bytes, size);
    fake.nr_ranges++;
}

static inline void fake_add_image(uint64_t pa, const struct image *t)
{
    fake_add(pa, t->bytes, t->size);
}

/* An acpi_map_fn: a copy of the range, if it lies in one that exists. Nobody may ask for one that
 * wraps around. */
static inline const void *fake_map(uint64_t pa, size_t size)
{
    if (pa + size < pa)
        abort();
    for (unsigned i = 0; i < fake.nr_ranges; i++) {
        uint64_t start = fake.ranges[i].pa;

        if (pa < start || pa - start > fake.ranges[i].size ||
            size > fake.ranges[i].size - (pa - start))
            continue;
        if (fake.nr_maps == FAKE_MAPS)
            abort();
        return fake.maps[fake.nr_maps++] = exact_copy(fake.ranges[i].bytes + (pa - start), size);
    }
    return NULL;
}

/* No memory exists, and what was mapped is gone. */
static inline void fake_reset(void)
{
    while (fake.nr_ranges > 0)
        free(fake.ranges[--fake.nr_ranges].bytes);
    while (fake.nr_maps > 0)
        free(fake.maps[--fake.nr_maps]);
}

#endif
