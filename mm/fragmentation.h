/*
 * mm/fragmentation.h - how much of what is free is of use?
 */
#ifndef MM_FRAGMENTATION_H
#define MM_FRAGMENTATION_H

#include "mm/zone.h"

struct seqbuf;

/* The free memory of a zone, as far as large blocks are concerned. */
struct free_blocks {
    unsigned long nr_pages;
    unsigned long nr_blocks;   /* of all orders */
    unsigned long nr_suitable; /* blocks of the order that was asked for, larger ones cut up */
};

struct free_blocks count_free_blocks(const struct zone *zone, unsigned order);
int unusable_free_index(const struct free_blocks *b, unsigned order);
int fragmentation_index(const struct free_blocks *b, unsigned order);

/* /sys/kernel/debug/extfrag/unusable_index and extfrag_index. */
void unusable_index_show(struct seqbuf *s);
void extfrag_index_show(struct seqbuf *s);

#endif
