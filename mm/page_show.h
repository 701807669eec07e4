/*
 * mm/page_show.h - where a page is, what it is, who owns it.
 */
#ifndef MM_PAGE_SHOW_H
#define MM_PAGE_SHOW_H

#include "mm/page.h"

struct seqbuf;

void page_show(struct seqbuf *s, unsigned long pfn);
void page_show_range(struct seqbuf *s, unsigned long start, unsigned long end);

/* Who uses the allocated block @head, of which @page is a part: in a few words, and in full lines.
 * Context: a thread, may sleep. mm/page_use.c. */
void page_use_brief(struct seqbuf *s, struct page *head);
void page_use_show(struct seqbuf *s, struct page *head, struct page *page);

#endif
