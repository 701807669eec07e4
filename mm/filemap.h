/*
 * mm/filemap.h - the contents of files, a page at a time.
 */
#ifndef MM_FILEMAP_H
#define MM_FILEMAP_H

#include "mm/page.h"

struct address_space;

struct address_space_operations {
    /* Fill @page with the @page->index-th page of the file, zeros behind its end. 0 or an errno. */
    int (*read_page)(struct address_space *m, struct page *page);
};

struct address_space {
    const struct address_space_operations *a_ops;
    void *host;    /* the owner's */
    uint64_t size; /* bytes */
};

void address_space_init(struct address_space *m, const struct address_space_operations *ops,
                        void *host, uint64_t size);
/* Copy what the file has in [pos, pos + len) to @buf. Returns bytes, 0 at the end, or a negative
 * errno. Context: may sleep. */
long filemap_read(struct address_space *m, uint64_t pos, void *buf, size_t len);
/* Give back all pages that the file has in memory. */
void address_space_drop(struct address_space *m);

#endif
