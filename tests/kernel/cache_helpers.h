/*
 * tests/kernel/cache_helpers.h - a file for the tests of page cache and reclaim: its bytes are computed,
 * reads and writes of pages are counted, and can be made slow, or to fail.
 */
#ifndef TESTS_KERNEL_CACHE_HELPERS_H
#define TESTS_KERNEL_CACHE_HELPERS_H

#include "mm/filemap.h"
#include "mm/node.h"

#define NR_VERSIONS 64 /* of the first pages, each has a version that writing back raises */

struct test_file {
    struct address_space mapping;
    unsigned long nr_reads;  /* atomic */
    unsigned long nr_writes; /* atomic */
    unsigned long version[NR_VERSIONS];
    /* Set by the test. */
    uint64_t read_takes_ns;
    unsigned long fail_index; /* reading this page says -EIO; -1: none */
    bool fail_writes;
};

/* @nr_pages pages; without @writable its pages are never dirty. */
void test_file_init(struct test_file *f, unsigned long nr_pages, bool writable);

/* Read a word of page @index; true if it is what the file says. */
bool test_file_check(struct test_file *f, unsigned long index);
/* Read a word of page @index: 0 if it is that of @version, -EILSEQ if it isn't; -ENOMEM, -EIO: not read. */
int test_file_look(struct test_file *f, unsigned long index, unsigned long version);
/* Get the pages [@first, @end) into the cache, with their contents checked. True if all were right. */
bool test_file_read(struct test_file *f, unsigned long first, unsigned long end);
/* Write a new version into page @index and mark it dirty. False: no memory. */
bool test_file_change(struct test_file *f, unsigned long index);
/* The same with version @version, and whether that, read anew, is there. @index is below NR_VERSIONS. */
bool test_file_change_to(struct test_file *f, unsigned long index, unsigned long version);
bool test_file_is_at(struct test_file *f, unsigned long index, unsigned long version);
/* Is page @index in the cache? On which node; -1: it isn't. */
int test_file_node_of(struct test_file *f, unsigned long index);

/* One round of reclaim over all nodes that looks at every inactive page once. Returns how many came back. */
unsigned long reclaim_all_once(void);

/* No page is isolated; kswapd may be in the middle of a batch, which is waited for. */
bool nothing_is_isolated(void);

/* Run @fn(@arg) in a thread on @cpu, and return what it returned; -1: no memory. */
int run_on_cpu(int cpu, int (*fn)(void *arg), void *arg);

#endif
