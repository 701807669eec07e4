/*
 * mm/filemap.c - the page cache: what was read from a file stays in memory, as long as there is room.
 *
 * THEORY
 *
 * A file's pages are known by their index in an address_space. The first who wants one allocates it, near
 * his own CPU, puts it into the tree locked, and fills it; who comes meanwhile finds it there, and waits
 * for the lock. So a page is read once, however many ask, and there is one page of it in the machine.
 *
 *     CPU 0 (node 0)                        CPU 2 (node 1)
 *     finds nothing at index 5
 *     allocates a page of node 0
 *     inserts it, PAGE_LOCKED               finds it, no PAGE_UPTODATE: lock_page() sleeps
 *     read_page()                              .
 *     PAGE_UPTODATE, unlock_page()          wakes: PAGE_UPTODATE, and it is still the file's
 *     copies                                copies, from node 0
 *
 * If read_page() fails, the page leaves the tree before it is unlocked: the error is the reader's, those
 * who waited find page->mapping gone and try themselves, and nothing wrong is kept.
 *
 * The tree holds a reference to each page, every user another while he copies. Reclaim drops a page if the
 * tree's and its own are all there are: it turns a count of 2 into 0 in one step, with the tree locked,
 * where new references come from. If it cannot, somebody is at it, and the page stays.
 *
 * INVARIANTS
 *   F1  page->mapping is m exactly while the page is in m's tree at page->index; that changes only with
 *       m->lock and PAGE_LOCKED held, so either keeps it.
 *   F2  Without PAGE_UPTODATE nobody copies from the page; with it, it holds the file's bytes.
 *   F3  nr_pages is the number of pages in the tree, and counted in nr_file_pages of their nodes.
 *
 * LOCKING  PAGE_LOCKED, then m->lock, then the LRU's. Pages and tree nodes are allocated and freed with
 *          neither m->lock nor interrupts off; an allocation under PAGE_LOCKED is possible, since reclaim
 *          passes over pages that are locked.
 * UNITS    Bytes for pos, len and size; pages for index.
 * NOT HERE When pages are dropped (mm/vmscan.c); their order (mm/lru.c).
 */
#include "mm/filemap.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/counters.h"
#include "mm/lru.h"
#include "mm/page_alloc.h"
#include "mm/page_ref.h"
#include "mm/page_wait.h"

#define GFP_PAGE_CACHE (GFP_USER | __GFP_MOVABLE | __GFP_NOWARN)
#define GFP_TREE_NODE  (GFP_KERNEL | __GFP_RECLAIMABLE | __GFP_NOWARN)

/*
 * address_space_init - @m is a file of @size bytes without pages.
 *
 * @ops, @host  live as long as @m; see the header.
 */
void address_space_init(struct address_space *m, const struct address_space_operations *ops,
                        void *host, uint64_t size)
{
    *m = (struct address_space){.a_ops = ops, .host = host, .size = size, .last_index = -1ul};
    spin_lock_init(&m->lock, "mapping", LOCK_MAPPING);
    radix_init(&m->pages);
}

/* ---- the tree -------------------------------------------------------------------------------- */

static void free_nodes(struct radix_stack *nodes)
{
    struct radix_node *node;

    while ((node = radix_pop(nodes)))
        free_pages((unsigned long)node, 0);
}

/* @nodes get as many as an insertion at @index takes, as things are now. 0 or -ENOMEM. */
static int fetch_nodes(struct address_space *m, unsigned long index, struct radix_stack *nodes)
{
    unsigned needed;

    spin_lock(&m->lock);
    needed = radix_nodes_needed(&m->pages, index);
    spin_unlock(&m->lock);
    while (nodes->nr < needed) {
        unsigned long node = __get_free_pages(GFP_TREE_NODE, 0);

        if (!node)
            return -ENOMEM;
        radix_push(nodes, (struct radix_node *)node);
    }
    return 0;
}

/* The page at @index with a reference, or NULL. */
static struct page *find(struct address_space *m, unsigned long index)
{
    struct page *page;

    spin_lock(&m->lock);
    page = radix_find(&m->pages, index);
    if (page)
        get_page(page);
    spin_unlock(&m->lock);
    return page;
}

static int insert_locked(struct address_space *m, struct page *page, struct radix_stack *nodes)
    __must_hold(m->lock)
{
    int err = radix_insert(&m->pages, page->index, page, nodes);

    if (err)
        return err;
    page->mapping = m; /* F1 */
    get_page(page);
    m->nr_pages++;
    mod_node_page_state(page_to_nid(page), NR_FILE_PAGES, 1);
    return 0;
}

/* Put @page, which is locked, at its index. 0, -EEXIST or -ENOMEM. */
static int insert(struct address_space *m, struct page *page)
{
    struct radix_stack nodes = {0};
    int err;

    do {
        err = fetch_nodes(m, page->index, &nodes);
        if (err)
            break;
        spin_lock(&m->lock);
        err = insert_locked(m, page, &nodes);
        spin_unlock(&m->lock);
    } while (err == -ENOMEM); /* the tree has changed meanwhile */
    free_nodes(&nodes);
    return err;
}

/* @page, which is locked, leaves the tree. The tree's reference is the caller's now. */
static void remove_locked(struct address_space *m, struct page *page, struct radix_stack *freed)
    __must_hold(m->lock)
{
    BUG_ON(radix_remove(&m->pages, page->index, freed) != page); /* F1 */
    page->mapping = NULL;
    m->nr_pages--;
    mod_node_page_state(page_to_nid(page), NR_FILE_PAGES, -1);
    if (page_flag_test_and_clear(page, PAGE_DIRTY))
        mod_node_page_state(page_to_nid(page), NR_FILE_DIRTY, -1);
}

/* The same from without the lock; the tree's reference is put. */
static void remove_page(struct address_space *m, struct page *page)
{
    struct radix_stack freed = {0};

    spin_lock(&m->lock);
    remove_locked(m, page, &freed);
    spin_unlock(&m->lock);
    free_nodes(&freed);
    put_page(page);
}

/* ---- getting pages --------------------------------------------------------------------------- */

/* Fill @page, which is locked and in the tree, and unlock it. 0, or what read_page() said. */
static int fill(struct address_space *m, struct page *page)
{
    int err = m->a_ops->read_page(m, page);

    if (err) {
        remove_page(m, page);
    } else {
        page_flag_set(page, PAGE_UPTODATE); /* F2 */
        lru_add(page);
    }
    unlock_page(page);
    return err;
}

/* A new page at @index. 0 and the page with a reference; -EEXIST: somebody was faster; or an error. */
static int read_new(struct address_space *m, unsigned long index, struct page **result)
{
    struct page *page = alloc_pages(GFP_PAGE_CACHE, 0);
    int err;

    if (!page)
        return -ENOMEM;
    page->mapping = NULL;
    page->index = index;
    page_flag_set(page, PAGE_LOCKED);
    err = insert(m, page);
    if (err)
        unlock_page(page);
    else
        err = fill(m, page);
    if (err)
        put_page(page);
    else
        *result = page;
    return err;
}

/* Wait until @page is filled. False: that failed, or it has left the file. */
static bool wait_filled(const struct address_space *m, struct page *page)
{
    bool ok;

    if (likely(page_flag_test(page, PAGE_UPTODATE)))
        return true;
    lock_page(page);
    ok = page->mapping == m && page_flag_test(page, PAGE_UPTODATE);
    unlock_page(page);
    return ok;
}

/* filemap_get_page(), and whether the caller is the one who has read it. */
static int get(struct address_space *m, unsigned long index, struct page **page, bool *is_new)
{
    for (;;) {
        int err;

        *is_new = false;
        *page = find(m, index);
        if (*page && wait_filled(m, *page)) {
            count_vm_event(PGREUSE);
            return 0;
        }
        if (*page) {
            put_page(*page);
            continue;
        }
        *is_new = true;
        err = read_new(m, index, page);
        if (err != -EEXIST)
            return err;
    }
}

/*
 * filemap_get_page - the page of @m at @index, filled, in *@page, with a reference for the caller.
 *
 * Returns 0, -ENOMEM, or what read_page() said. Whether @index is within the file is the caller's business.
 * Context: may sleep; the caller keeps @m alive, and no address_space_drop() runs.
 */
int filemap_get_page(struct address_space *m, unsigned long index, struct page **page)
{
    bool is_new;

    return get(m, index, page, &is_new);
}

/*
 * Copy from one page, at most to its end. Returns how many bytes, or an error.
 *
 * Reading a page into the cache is no use of what is there, and a reader that takes a page in several
 * pieces uses it once.
 */
static long read_some(struct address_space *m, uint64_t pos, void *buf, size_t len)
{
    unsigned long index = (unsigned long)(pos >> PAGE_SHIFT);
    size_t offset = pos & (PAGE_SIZE - 1), nr = min(len, PAGE_SIZE - offset);
    struct page *page;
    bool is_new;
    int err = get(m, index, &page, &is_new);

    if (err)
        return err;
    if (!is_new && (offset == 0 || READ_ONCE(m->last_index) != index))
        lru_mark_accessed(page);
    WRITE_ONCE(m->last_index, index);
    memcpy(buf, (const char *)page_address(page) + offset, nr);
    put_page(page);
    return (long)nr;
}

/*
 * filemap_read - copy @len bytes at @pos of the file to @buf.
 *
 * Returns how many bytes were copied: fewer at the end of the file, or where an error came after some;
 * 0 behind the end; else -ENOMEM, or what read_page() said. Context: as filemap_get_page().
 */
long filemap_read(struct address_space *m, uint64_t pos, void *buf, size_t len)
{
    size_t done = 0;

    if (pos >= m->size)
        return 0;
    if (len > m->size - pos)
        len = (size_t)(m->size - pos);
    while (done < len) {
        long nr = read_some(m, pos + done, (char *)buf + done, len - done);

        if (nr < 0)
            return done ? (long)done : nr;
        done += (size_t)nr;
    }
    return (long)done;
}

/* ---- giving them up -------------------------------------------------------------------------- */

/*
 * filemap_set_dirty - what the caller has written into @page must be written back before it is dropped.
 *
 * @page  the caller has a reference; its file has write_page(). Context: any thread.
 */
void filemap_set_dirty(struct page *page)
{
    if (!page_flag_test_and_set(page, PAGE_DIRTY))
        mod_node_page_state(page_to_nid(page), NR_FILE_DIRTY, 1);
}

/*
 * filemap_write_page - write @page back if it is dirty; it stays dirty if that fails.
 *
 * @page  locked, in its file. Returns 0, or what write_page() said. Context: may sleep.
 */
int filemap_write_page(struct page *page)
{
    struct address_space *m = page->mapping;
    int nid = page_to_nid(page), err;

    if (!page_flag_test_and_clear(page, PAGE_DIRTY))
        return 0;
    mod_node_page_state(nid, NR_FILE_DIRTY, -1);
    page_flag_set(page, PAGE_WRITEBACK);
    mod_node_page_state(nid, NR_WRITEBACK, 1);
    err = m->a_ops->write_page(m, page);
    page_flag_clear(page, PAGE_WRITEBACK);
    mod_node_page_state(nid, NR_WRITEBACK, -1);
    if (err)
        filemap_set_dirty(page);
    return err;
}

/*
 * filemap_drop_clean - reclaim: take @page from its file, if nobody uses it and it is clean.
 *
 * @page  locked, in its file, in no list; the caller's reference and the tree's are the last if this
 *        succeeds, and then the count is 0 and the page unlocked: the caller gives it to page_release().
 *
 * Context: a thread; takes the tree's lock.
 */
bool filemap_drop_clean(struct page *page)
{
    struct address_space *m = page->mapping;
    struct radix_stack freed = {0};
    bool dropped = false;

    spin_lock(&m->lock);
    if (page_ref_freeze(page, 2)) {
        /* Who makes it dirty has a reference, so now nobody does any more. */
        dropped = !page_flag_test(page, PAGE_DIRTY);
        if (dropped)
            remove_locked(m, page, &freed);
        else
            page_ref_unfreeze(page, 2);
    }
    spin_unlock(&m->lock);
    free_nodes(&freed);
    if (dropped)
        unlock_page(page);
    return dropped;
}

/* The first page from *@index on with a reference, or NULL. */
static struct page *find_next(struct address_space *m, unsigned long *index)
{
    struct page *page;

    spin_lock(&m->lock);
    page = radix_next(&m->pages, index);
    if (page)
        get_page(page);
    spin_unlock(&m->lock);
    return page;
}

/*
 * address_space_drop - all pages of @m leave it; dirty ones are not written back, as the file is gone.
 *
 * Nobody reads @m any more, but reclaim may be at its pages: they are waited for. A page that somebody
 * still has a reference to lives until he puts it. When this returns, @m may be freed.
 * Context: may sleep.
 */
void address_space_drop(struct address_space *m)
{
    unsigned long index = 0;
    struct page *page;

    while ((page = find_next(m, &index))) {
        lock_page(page);
        if (page->mapping == m)
            remove_page(m, page);
        unlock_page(page);
        put_page(page);
    }
    BUG_ON(m->nr_pages != 0); /* F3 */
}
