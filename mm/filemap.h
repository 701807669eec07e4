/*
 * mm/filemap.h - the page cache: what was read from a file stays in memory, as long as there is room.
 *
 *     static const struct address_space_operations ops = {.read_page = read_from_archive};
 *
 *     address_space_init(&file->mapping, &ops, file, file->size);
 *     n = filemap_read(&file->mapping, pos, buf, len);
 */
#ifndef MM_FILEMAP_H
#define MM_FILEMAP_H

#include "kernel/lib/radix.h"
#include "kernel/lock.h"
#include "mm/page.h"

struct seqbuf;

struct address_space_operations {
    /*
     * Fill the page (page_address(page)), which is page->index of the file, locked, and of undefined
     * contents; behind the end of the file with zeroes. 0 or a negative errno. May sleep.
     */
    int (*read_page)(struct address_space *m, struct page *page);
    /*
     * Write it back; it is locked, and PAGE_DIRTY is off: who changes it now sets it again. 0 or a
     * negative errno. May sleep, but allocates without waiting. NULL: pages are never dirty.
     */
    int (*write_page)(struct address_space *m, struct page *page);
    /* Print the file's name. NULL: it has none. */
    void (*print_name)(struct address_space *m, struct seqbuf *s);
};

/* The pages of one file. */
struct address_space {
    /* Fixed by address_space_init(). */
    const struct address_space_operations *a_ops;
    void *host;    /* for a_ops */
    uint64_t size; /* of the file, bytes */

    /* Protected by lock. */
    struct spinlock lock;    /* rank LOCK_MAPPING */
    struct radix_tree pages; /* struct page * by index; each has the cache's reference */
    unsigned long nr_pages;

    unsigned long last_index; /* the page that was used last; a hint, changed without a lock */
};

void address_space_init(struct address_space *m, const struct address_space_operations *ops,
                        void *host, uint64_t size);
long filemap_read(struct address_space *m, uint64_t pos, void *buf, size_t len);
int filemap_get_page(struct address_space *m, unsigned long index, struct page **page);
void filemap_set_dirty(struct page *page);
int filemap_write_page(struct page *page);
bool filemap_drop_clean(struct page *page);
void address_space_drop(struct address_space *m);

#endif
