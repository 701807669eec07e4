/*
 * mm/explain.h - why a page came from where it came from.
 */
#ifndef MM_EXPLAIN_H
#define MM_EXPLAIN_H

#include "mm/gfp.h"

struct page;
struct seqbuf;

/* alloc_pages_node(), with each step told in @out. Context: as @gfp says; @out may be flushed. */
struct page *alloc_pages_explained(int nid, gfp_t gfp, unsigned order, struct seqbuf *out);

#endif
