/*
 * tests/host/fuzz_bitmap_list.c - any text to bitmap_parse_list: no wild read or write, and what it
 * takes prints as a list that reads back as the same set.
 */
#include "kernel/bug.h"
#include "kernel/lib/bitmap.h"
#include <stdlib.h>
#include <string.h>

#define NR_BITS 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned long map[BITMAP_WORDS(NR_BITS)], back[BITMAP_WORDS(NR_BITS)];
    char printed[1024], *text = malloc(size + 1);
    struct seqbuf s;

    memcpy(text, data, size);
    text[size] = '\0';
    if (!bitmap_parse_list(text, map, NR_BITS)) {
        seqbuf_init(&s, printed, sizeof(printed));
        bitmap_print_list(&s, map, NR_BITS);
        BUG_ON(s.overflow);
        BUG_ON(bitmap_parse_list(seqbuf_str(&s), back, NR_BITS));
        BUG_ON(!bitmap_equal(map, back, NR_BITS));
    }
    free(text);
    return 0;
}
