/*
 * tests/kernel/cache_helpers.c - a file whose bytes are computed; see the header.
 */
#include "tests/kernel/cache_helpers.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/timer.h"
#include "mm/lru.h"
#include "mm/page_ref.h"
#include "mm/page_wait.h"
#include "mm/reclaim_internal.h"
#include <arch/clock.h>

#define STEP 64 /* words between those that are written and looked at */

/* The word at @i of page @index in its version. */
static unsigned long word(unsigned long index, unsigned long version, unsigned i)
{
    return (index * 2654435761ul + i) ^ version << 48;
}

static unsigned long version_of(const struct test_file *f, unsigned long index)
{
    return index < NR_VERSIONS ? f->version[index] : 0;
}

static int read_page(struct address_space *m, struct page *page)
{
    struct test_file *f = m->host;
    unsigned long *words = page_address(page);

    __atomic_fetch_add(&f->nr_reads, 1, __ATOMIC_RELAXED);
    if (f->read_takes_ns)
        sleep_ns(f->read_takes_ns);
    if (page->index == READ_ONCE(f->fail_index))
        return -EIO;
    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*words); i += STEP)
        words[i] = word(page->index, version_of(f, page->index), i);
    return 0;
}

static int write_page(struct address_space *m, struct page *page)
{
    struct test_file *f = m->host;
    const unsigned long *words = page_address(page);

    __atomic_fetch_add(&f->nr_writes, 1, __ATOMIC_RELAXED);
    if (READ_ONCE(f->fail_writes))
        return -EIO;
    f->version[page->index] = (words[0] ^ page->index * 2654435761ul) >> 48;
    return 0;
}

static const struct address_space_operations read_only = {.read_page = read_page};
static const struct address_space_operations read_write = {.read_page = read_page,
                                                           .write_page = write_page};

void test_file_init(struct test_file *f, unsigned long nr_pages, bool writable)
{
    if (f->mapping.nr_pages)
        address_space_drop(&f->mapping); /* a test that failed has left it so */
    *f = (struct test_file){.fail_index = -1ul};
    address_space_init(&f->mapping, writable ? &read_write : &read_only, f, nr_pages << PAGE_SHIFT);
}

int test_file_look(struct test_file *f, unsigned long index, unsigned long version)
{
    unsigned i = (unsigned)(index % (PAGE_SIZE / sizeof(long) / STEP)) * STEP;
    unsigned long got;
    long n = filemap_read(&f->mapping, (index << PAGE_SHIFT) + i * sizeof(long), &got, sizeof(got));

    if (n < 0)
        return (int)n;
    return n == sizeof(got) && got == word(index, version, i) ? 0 : -EILSEQ;
}

bool test_file_is_at(struct test_file *f, unsigned long index, unsigned long version)
{
    return test_file_look(f, index, version) == 0;
}

bool test_file_check(struct test_file *f, unsigned long index)
{
    return test_file_is_at(f, index, version_of(f, index));
}

bool test_file_read(struct test_file *f, unsigned long first, unsigned long end)
{
    bool ok = true;

    for (unsigned long index = first; index < end; index++)
        ok &= test_file_check(f, index);
    return ok;
}

bool test_file_change_to(struct test_file *f, unsigned long index, unsigned long version)
{
    unsigned long *words;
    struct page *page;

    if (filemap_get_page(&f->mapping, index, &page))
        return false;
    lock_page(page);
    words = page_address(page);
    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*words); i += STEP)
        words[i] = word(index, version, i);
    filemap_set_dirty(page);
    unlock_page(page);
    put_page(page);
    return true;
}

bool test_file_change(struct test_file *f, unsigned long index)
{
    return test_file_change_to(f, index, version_of(f, index) + 1);
}

int test_file_node_of(struct test_file *f, unsigned long index)
{
    const struct page *page;
    int nid = -1;

    spin_lock(&f->mapping.lock);
    page = radix_find(&f->mapping.pages, index);
    if (page)
        nid = page_to_nid(page);
    spin_unlock(&f->mapping.lock);
    return nid;
}

unsigned long reclaim_all_once(void)
{
    unsigned long nr = 0;
    bool was = reclaim_begin();
    int nid;

    for_each_node (nid) {
        struct scan_control sc = {.nr_to_reclaim = -1ul,
                                  .gfp = GFP_KERNEL,
                                  .highest = MAX_NR_ZONES - 1,
                                  .may_writepage = true};

        shrink_node(NODE_DATA(nid), &sc);
        nr += sc.nr_reclaimed;
    }
    reclaim_end(was);
    return nr;
}

bool nothing_is_isolated(void)
{
    uint64_t end = clock_ns() + 10 * NS_PER_S;

    while (global_node_page_state(NR_ISOLATED_FILE) != 0 && clock_ns() < end)
        msleep(1);
    return global_node_page_state(NR_ISOLATED_FILE) == 0;
}

int run_on_cpu(int cpu, int (*fn)(void *arg), void *arg)
{
    struct task *t = kthread_create(fn, arg, "on-cpu-%d", cpu);

    if (!t)
        return -1;
    kthread_bind(t, cpu);
    kthread_start(t);
    return kthread_join(t);
}
