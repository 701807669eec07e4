/*
 * tests/kernel/test_filemap.c - the page cache: files are read through it, once, and truly.
 */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/sched.h"
#include "kernel/timer.h"
#include "mm/lru.h"
#include "mm/page_ref.h"
#include "tests/kernel/cache_helpers.h"

#define MAX_READERS 16

static struct test_file file;

/* What a file is for. */
KTEST(filemap, read_gives_the_bytes_of_the_file)
{
    test_file_init(&file, 20, false);
    KEXPECT(test_file_read(&file, 0, 20));
    KEXPECT_EQ(20, file.nr_reads);
    KEXPECT_EQ(20, file.mapping.nr_pages);
    address_space_drop(&file.mapping);
}

/* What a cache is for. */
KTEST(filemap, second_read_finds_the_page)
{
    test_file_init(&file, 5, false);
    KEXPECT(test_file_read(&file, 0, 5));
    KEXPECT(test_file_read(&file, 0, 5));
    KEXPECT_EQ(5, file.nr_reads);
    address_space_drop(&file.mapping);
}

/* A reader beyond the end must neither get bytes that aren't there nor bring pages in for them. */
KTEST(filemap, end_of_file_cuts_and_then_gives_nothing)
{
    unsigned long words[4];

    test_file_init(&file, 3, false);
    file.mapping.size -= 8; /* the last page is not whole */
    KEXPECT_EQ(24, filemap_read(&file.mapping, file.mapping.size - 24, words, sizeof(words)));
    KEXPECT_EQ(0, filemap_read(&file.mapping, file.mapping.size, words, sizeof(words)));
    KEXPECT_EQ(0, filemap_read(&file.mapping, ~0ull, words, sizeof(words)));
    KEXPECT_EQ(0, filemap_read(&file.mapping, 0, words, 0));
    KEXPECT_EQ(1, file.nr_reads);
    address_space_drop(&file.mapping);
}

/* One call over the edges of pages: the piece before, whole pages, the piece behind. */
KTEST(filemap, read_crosses_pages)
{
    static unsigned long words[2 * PAGE_SIZE / sizeof(long)];
    unsigned long first, second;

    test_file_init(&file, 4, false);
    KEXPECT_EQ(sizeof(words), filemap_read(&file.mapping, PAGE_SIZE / 2, words, sizeof(words)));
    KEXPECT_EQ(3, file.nr_reads);
    filemap_read(&file.mapping, PAGE_SIZE, &first, sizeof(first));
    filemap_read(&file.mapping, 2 * PAGE_SIZE, &second, sizeof(second));
    KEXPECT_EQ(first, words[PAGE_SIZE / 2 / sizeof(long)]);
    KEXPECT_EQ(second, words[3 * PAGE_SIZE / 2 / sizeof(long)]);
    address_space_drop(&file.mapping);
}

/* A page that could not be read must not be taken for one that was. */
KTEST(filemap, error_goes_to_the_reader_and_nothing_is_kept)
{
    unsigned long words[PAGE_SIZE / sizeof(long) + 2];
    unsigned long pages = global_node_page_state(NR_FILE_PAGES);

    test_file_init(&file, 4, false);
    file.fail_index = 1;
    KEXPECT_EQ(-EIO, filemap_read(&file.mapping, PAGE_SIZE, words, 8));
    KEXPECT_EQ(pages, global_node_page_state(NR_FILE_PAGES));
    KEXPECT_EQ(0, file.mapping.nr_pages);
    /* What came before the error is not lost. */
    KEXPECT_EQ(8, filemap_read(&file.mapping, PAGE_SIZE - 8, words, 16));
    file.fail_index = -1ul;
    KEXPECT(test_file_read(&file, 0, 4));
    address_space_drop(&file.mapping);
}

static int get_first(void *arg)
{
    struct page **result = arg;

    return filemap_get_page(&file.mapping, 0, result);
}

/* Start readers of page 0 on up to MAX_READERS CPUs; what each got; returns how many there were. */
static int read_at_once(struct page **pages, int *errors)
{
    static struct task *readers[MAX_READERS];
    int cpu, nr = 0;

    for_each_cpu (cpu, &cpu_online_mask) {
        if (nr == MAX_READERS)
            break;
        pages[nr] = NULL;
        readers[nr] = kthread_create(get_first, &pages[nr], "reader/%d", cpu);
        if (!readers[nr])
            break;
        kthread_bind(readers[nr], cpu);
        kthread_start(readers[nr++]);
    }
    for (int i = 0; i < nr; i++)
        errors[i] = kthread_join(readers[i]);
    return nr;
}

/* Two copies of one page would be two truths, and twice the memory. */
KTEST(filemap, cpus_that_read_at_once_get_one_page)
{
    static struct page *pages[MAX_READERS];
    int errors[MAX_READERS], nr;

    test_file_init(&file, 1, false);
    file.read_takes_ns = 5 * NS_PER_MS;
    nr = read_at_once(pages, errors);
    for (int i = 0; i < nr; i++) {
        KEXPECT_EQ(0, errors[i]);
        KEXPECT(pages[i] == pages[0]);
    }
    KEXPECT_EQ(1, file.nr_reads);
    if (KEXPECT(nr > 0 && pages[0]))
        KEXPECT_EQ(1 + nr, page_count(pages[0]));
    for (int i = 0; i < nr; i++) {
        if (pages[i])
            put_page(pages[i]);
    }
    address_space_drop(&file.mapping);
}

/* Who has waited for a page that could not be read must not wait for ever, nor believe in it. */
KTEST(filemap, readers_that_wait_for_a_page_that_fails_get_the_error)
{
    static struct page *pages[MAX_READERS];
    int errors[MAX_READERS], nr;

    test_file_init(&file, 1, false);
    file.read_takes_ns = 2 * NS_PER_MS;
    file.fail_index = 0;
    nr = read_at_once(pages, errors);
    for (int i = 0; i < nr; i++)
        KEXPECT_EQ(-EIO, errors[i]);
    KEXPECT_EQ(nr, file.nr_reads); /* each tried */
    KEXPECT_EQ(0, file.mapping.nr_pages);
}

static int read_four(void *arg)
{
    (void)arg;
    return test_file_read(&file, 0, 4) ? 0 : -1;
}

/* Where the first reader runs is where the page will be used most, as far as one can know. */
KTEST(filemap, page_comes_from_the_readers_node)
{
    int cpu, last = NUMA_NO_NODE;

    for_each_cpu (cpu, &cpu_online_mask) {
        int nid = node_nearest_with_memory(cpu_to_node(cpu));

        if (nid == last || node_free_pages(nid) < 4096)
            continue;
        last = nid;
        test_file_init(&file, 4, false);
        KEXPECT_EQ(0, run_on_cpu(cpu, read_four, NULL));
        for (unsigned long i = 0; i < 4; i++)
            KEXPECT_EQ(nid, test_file_node_of(&file, i));
        address_space_drop(&file.mapping);
    }
}

/* A page in somebody's hands outlives its file; reclaim and drop must not free it under him. */
KTEST(filemap, page_in_use_survives_its_file)
{
    struct page *page;

    test_file_init(&file, 1, false);
    KASSERT_EQ(0, filemap_get_page(&file.mapping, 0, &page));
    KEXPECT_EQ(0, reclaim_all_once());
    KEXPECT_EQ(1, file.mapping.nr_pages);
    address_space_drop(&file.mapping);
    KEXPECT_EQ(0, file.mapping.nr_pages);
    KEXPECT_EQ(1, page_count(page));
    KEXPECT_EQ(0, lru_verify(NODE_DATA(page_to_nid(page))));
    put_page(page);
}

/* Sparse files and large ones: indexes far apart are no reason for much memory. */
KTEST(filemap, pages_far_apart_are_found)
{
    static const unsigned long at[] = {0, 511, 512, 262143, 262144, 1ul << 30};

    test_file_init(&file, (1ul << 30) + 1, false);
    for (unsigned i = 0; i < ARRAY_SIZE(at); i++)
        KEXPECT(test_file_check(&file, at[i]));
    for (unsigned i = 0; i < ARRAY_SIZE(at); i++)
        KEXPECT(test_file_check(&file, at[i]));
    KEXPECT_EQ(ARRAY_SIZE(at), file.nr_reads);
    address_space_drop(&file.mapping);
}

static int read_many(void *arg)
{
    unsigned long seed = (unsigned long)(uintptr_t)arg;
    int wrong = 0;

    for (int i = 0; i < 400; i++) {
        seed = seed * 6364136223846793005ul + 1442695040888963407ul;
        wrong += !test_file_check(&file, (seed >> 33) % 64);
    }
    return wrong;
}

/* Readers on all CPUs while reclaim takes everything away again and again: no byte may be wrong. */
KTEST(filemap, readers_and_reclaim_at_once_agree)
{
    static struct task *readers[MAX_READERS];
    int cpu, nr = 0, wrong = 0, nid;

    test_file_init(&file, 64, false);
    for_each_cpu (cpu, &cpu_online_mask) {
        if (nr == MAX_READERS)
            break;
        readers[nr] = kthread_create(read_many, (void *)(uintptr_t)(cpu + 1), "reader/%d", cpu);
        if (!readers[nr])
            break;
        kthread_bind(readers[nr], cpu);
        kthread_start(readers[nr++]);
    }
    for (int i = 0; i < 20; i++) {
        reclaim_all_once();
        sched_yield();
    }
    for (int i = 0; i < nr; i++)
        wrong += kthread_join(readers[i]);
    KEXPECT_EQ(0, wrong);
    for_each_node (nid)
        KEXPECT_EQ(0, lru_verify(NODE_DATA(nid)));
    address_space_drop(&file.mapping);
}
