/*
 * mm/filemap.c - the contents of files, read anew each time: a stand-in with the interface of the
 * page cache, which takes this file's place.
 */
#include "mm/filemap.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/page_alloc.h"

/* address_space_init - an empty one. Context: any. */
void address_space_init(struct address_space *m, const struct address_space_operations *ops,
                        void *host, uint64_t size)
{
    *m = (struct address_space){.a_ops = ops, .host = host, .size = size};
}

/* filemap_read - contract in the header; never more than the page in which @pos lies. */
long filemap_read(struct address_space *m, uint64_t pos, void *buf, size_t len)
{
    size_t offset = pos % PAGE_SIZE;
    struct page *page;
    int err;

    if (pos >= m->size || len == 0)
        return 0;
    page = alloc_pages(GFP_KERNEL, 0);
    if (!page)
        return -ENOMEM;
    page->index = pos / PAGE_SIZE;
    err = m->a_ops->read_page(m, page);
    len = min(len, min(PAGE_SIZE - offset, m->size - pos));
    if (!err)
        memcpy(buf, (char *)page_address(page) + offset, len);
    __free_pages(page, 0);
    return err ? err : (long)len;
}

/* address_space_drop - contract in the header: nothing is kept. */
void address_space_drop(struct address_space *m)
{
    (void)m;
}
