/*
 * kernel/fs/initramfs.c - cpio archives in memory as a read-only file system.
 *
 * THEORY
 *
 * The loader puts the boot module somewhere in memory, where it stays for ever, on whichever node that
 * is. Names and link targets are used where they lie. The contents of files are not: they are read
 * through the page cache, which gets its pages from the node of the first reader, and may drop them
 * when memory is short, as the archive has everything still. So the module is the disk of a machine
 * without one:
 *
 *     cat /etc/motd  ->  filemap_read(mapping)  ->  page 0 cached?  yes: copy
 *                                                   no: a page from here; read_page copies the
 *                                                       archive's bytes; kept; copy
 *
 * All modules are laid over each other in their order, like archives in a row. One that makes no sense
 * spoils all: "/" stays empty, and the log says which, where in it and why.
 *
 * Inodes lie in pages of their own, one behind the other, and go all together.
 *
 * INVARIANTS
 *   R1  What is mounted doesn't change.
 *   R2  A mapping's size is that of its node's contents; only node->file's mapping is ever read.
 *
 * LOCKING  None: built before it is mounted, read-only then (R1); the page cache has its own locks.
 * NOT HERE The format (kernel/fs/cpio.c); paths, symbolic links (kernel/fs/namei.c).
 */
#include "kernel/fs/initramfs.h"
#include "kernel/boot_info.h"
#include "kernel/bug.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/nodemask.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/memblock.h"
#include "mm/page_alloc.h"

struct initramfs_chunk {
    struct initramfs_chunk *next;
    unsigned nr; /* inodes in use */
    struct initramfs_inode inodes[];
};

#define CHUNK_INODES ((PAGE_SIZE - sizeof(struct initramfs_chunk)) / sizeof(struct initramfs_inode))

/* ---- inodes ----------------------------------------------------------------------------------- */

static struct initramfs_inode *inode_of(struct cpio_node *node)
{
    return container_of(node, struct initramfs_inode, node);
}

static struct cpio_node *new_node(void *arg)
{
    struct initramfs *fs = arg;

    if (!fs->chunks || fs->chunks->nr == CHUNK_INODES) {
        struct page *page = alloc_pages(GFP_KERNEL, 0);
        struct initramfs_chunk *chunk;

        if (!page)
            return NULL;
        chunk = page_address(page);
        chunk->next = fs->chunks;
        chunk->nr = 0;
        fs->chunks = chunk;
    }
    return &fs->chunks->inodes[fs->chunks->nr++].node;
}

/* ---- contents --------------------------------------------------------------------------------- */

/* A page of the file, from the archive. */
static int read_page(struct address_space *m, struct page *page)
{
    const struct cpio_node *node = m->host;
    uint64_t pos = (uint64_t)page->index * PAGE_SIZE;
    size_t len;

    if (pos >= node->size)
        return -EINVAL;
    len = min(node->size - pos, (uint64_t)PAGE_SIZE);
    memcpy(page_address(page), node->data + pos, len);
    memset((char *)page_address(page) + len, 0, PAGE_SIZE - len);
    return 0;
}

/* The path from the root; a file that was read has no more components than a path has room for. */
static void print_path(const struct cpio_node *node, struct seqbuf *s)
{
    const struct cpio_node *above[VFS_PATH_MAX / 2];
    unsigned depth = 0;

    for (; node->parent != node && depth < ARRAY_SIZE(above); node = node->parent)
        above[depth++] = node;
    while (depth-- > 0) {
        seq_putc(s, '/');
        seq_write(s, above[depth]->name, above[depth]->name_len);
    }
}

static void print_name(struct address_space *m, struct seqbuf *s)
{
    print_path(m->host, s);
}

static const struct address_space_operations contents = {.read_page = read_page,
                                                         .print_name = print_name};

/* R2: once all archives are in, since a later entry may have a file's contents. */
static void init_mappings(struct initramfs *fs)
{
    for (struct initramfs_chunk *chunk = fs->chunks; chunk; chunk = chunk->next)
        for (unsigned i = 0; i < chunk->nr; i++) {
            struct initramfs_inode *inode = &chunk->inodes[i];

            address_space_init(&inode->mapping, &contents, &inode->node, inode->node.size);
        }
}

/* ---- making one, and ending it ---------------------------------------------------------------- */

static void free_chunks(struct initramfs *fs)
{
    struct initramfs_chunk *chunk;

    while ((chunk = fs->chunks) != NULL) {
        fs->chunks = chunk->next;
        free_pages((unsigned long)chunk, 0);
    }
}

/* initramfs_create - contract in the header. */
int initramfs_create(struct initramfs *fs, const struct initramfs_source *sources, unsigned nr,
                     unsigned *failed, struct cpio_diag *diag)
{
    int err;

    fs->chunks = NULL;
    err = cpio_tree_init(&fs->tree, new_node, fs);
    for (unsigned i = 0; i < nr && !err; i++) {
        *failed = i;
        err = cpio_tree_add(&fs->tree, sources[i].bytes, sources[i].len, diag);
    }
    if (err)
        free_chunks(fs);
    else
        init_mappings(fs);
    return err;
}

/* initramfs_destroy - contract in the header. */
void initramfs_destroy(struct initramfs *fs)
{
    for (struct initramfs_chunk *chunk = fs->chunks; chunk; chunk = chunk->next)
        for (unsigned i = 0; i < chunk->nr; i++)
            address_space_drop(&chunk->inodes[i].mapping);
    free_chunks(fs);
}

/* ---- what the vfs asks for -------------------------------------------------------------------- */

static int lookup(void *arg, const char *path, void **node)
{
    struct initramfs *fs = arg;
    struct cpio_node *found;
    int err = cpio_lookup(&fs->tree, path, &found);

    if (!err)
        *node = found;
    return err;
}

static struct vfs_stat stat_of(const struct cpio_node *node)
{
    return (struct vfs_stat){
        .is_dir = S_ISDIR(node->mode), .mode = node->mode, .size = node->file->size};
}

static void stat(void *fs, void *node, struct vfs_stat *st)
{
    (void)fs;
    *st = stat_of(node);
}

static long read_at(void *fs, void *arg, uint64_t pos, void *buf, size_t len)
{
    struct cpio_node *node = arg;

    (void)fs;
    if (!S_ISREG(node->mode))
        return -ENXIO;
    return filemap_read(&inode_of(node->file)->mapping, pos, buf, len);
}

static long readlink(void *fs, void *arg, const char **target)
{
    const struct cpio_node *node = arg;

    (void)fs;
    if (!S_ISLNK(node->mode))
        return -EINVAL;
    *target = (const char *)node->data;
    return (long)node->size;
}

static int readdir(void *arg, void *dir, vfs_entry_fn fn, void *fn_arg)
{
    struct initramfs *fs = arg;
    int err = 0;

    for (struct cpio_node *n = cpio_first(&fs->tree, dir); n && !err; n = cpio_next(n)) {
        struct vfs_stat st = stat_of(n);
        char name[CPIO_NAME_MAX + 1];

        memcpy(name, n->name, n->name_len);
        name[n->name_len] = '\0';
        err = fn(name, &st, fn_arg);
    }
    return err;
}

static const struct vfs_root_operations operations = {
    .lookup = lookup,
    .stat = stat,
    .read_at = read_at,
    .readlink = readlink,
    .readdir = readdir,
};

/* initramfs_root - contract in the header. Context: any. */
struct vfs_root initramfs_root(struct initramfs *fs)
{
    return (struct vfs_root){.ops = &operations, .fs = fs};
}

/* ---- boot ------------------------------------------------------------------------------------- */

/* "node 1" or "nodes 0-1,3", the nodes whose memory [start, end) is. */
static void print_nodes(struct seqbuf *s, uint64_t start, uint64_t end)
{
    const struct memblock_type *memory = &memblock.memory;
    nodemask_t nodes;

    nodemask_zero(&nodes);
    for (unsigned i = 0; i < memory->nr; i++) {
        const struct memblock_region *r = &memory->regions[i];

        if (r->start < end && start < r->end && r->nid != NUMA_NO_NODE)
            nodemask_set(&nodes, r->nid);
    }
    seq_puts(s, nodemask_weight(&nodes) > 1 ? "nodes " : "node ");
    nodemask_print_list(s, &nodes);
}

/* Tell where a module is. False, with a reason in the log, if that isn't all memory. */
static bool check_module(unsigned i, const struct boot_module *m)
{
    char text[128];
    struct seqbuf s;

    if (m->start < m->end &&
        memblock_bytes_in(&memblock, m->start, m->end, NUMA_NO_NODE) != m->end - m->start) {
        pr_err("initrd: module %u at [mem 0x%016llx-0x%016llx] is not all in memory; / stays empty",
               i, (unsigned long long)m->start, (unsigned long long)m->end - 1);
        return false;
    }
    seqbuf_init(&s, text, sizeof(text));
    print_nodes(&s, m->start, m->end);
    pr_info("initrd: module %u at [mem 0x%016llx-0x%016llx], %llu KiB on %s", i,
            (unsigned long long)m->start, (unsigned long long)m->end - 1,
            (unsigned long long)(m->end - m->start + 1023) >> 10, seqbuf_str(&s));
    return true;
}

static void mount(struct initramfs *fs, const struct initramfs_source *sources, unsigned nr)
{
    struct cpio_diag diag;
    unsigned failed;
    int err = initramfs_create(fs, sources, nr, &failed, &diag);

    if (err == -ENOMEM) {
        pr_err("initrd: no memory for its names; / stays empty");
        return;
    }
    if (err) {
        pr_err("initrd: module %u, offset 0x%llx: %s; / stays empty", failed,
               (unsigned long long)diag.offset, diag.reason);
        return;
    }
    vfs_mount_root(initramfs_root(fs));
    pr_info("initrd: mounted at /: %llu names, %llu KiB of contents",
            (unsigned long long)fs->tree.nr_nodes - 1, (unsigned long long)fs->tree.nr_bytes >> 10);
}

/* initramfs_init - contract in the header. */
void initramfs_init(const struct boot_info *bi)
{
    static struct initramfs initrd;
    struct initramfs_source sources[BOOT_MAX_MODULES];

    for (unsigned i = 0; i < bi->nr_modules; i++) {
        const struct boot_module *m = &bi->modules[i];

        if (!check_module(i, m))
            return;
        sources[i] = (struct initramfs_source){phys_to_virt(m->start), m->end - m->start};
    }
    if (bi->nr_modules > 0)
        mount(&initrd, sources, bi->nr_modules);
}
