/*
 * tests/host/fuzz_cpio.c - any bytes as an archive: a tree that holds together, or a reason.
 */
#include "kernel/bug.h"
#include "kernel/fs/cpio.h"
#include "kernel/lib/errno.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_NODES 3000

static struct cpio_node nodes[MAX_NODES];
static size_t nr_nodes;

static struct cpio_node *new_node(void *arg)
{
    (void)arg;
    return nr_nodes < MAX_NODES ? &nodes[nr_nodes++] : NULL;
}

static bool within(const void *p, uint64_t len, const uint8_t *data, size_t size)
{
    const uint8_t *at = p;

    return at >= data && at <= data + size && len <= (size_t)(data + size - at);
}

static void check_node(const struct cpio_tree *tree, const struct cpio_node *n, const uint8_t *data,
                       size_t size)
{
    unsigned depth = 0;

    BUG_ON(!within(n->name, n->name_len, data, size));            /* C1 */
    BUG_ON(n->size > 0 && !within(n->data, n->size, data, size)); /* C1 */
    BUG_ON(n->name_len == 0 || n->name_len > CPIO_NAME_MAX);      /* C3 */
    BUG_ON(memchr(n->name, '/', n->name_len) != NULL);
    BUG_ON(memchr(n->name, '\0', n->name_len) != NULL);
    BUG_ON(cpio_find(tree, n->parent, n->name, n->name_len) != n); /* C3 */
    BUG_ON(n->file->file != n->file);                              /* C4 */
    for (; n != tree->root; n = n->parent) {
        BUG_ON(!S_ISDIR(n->parent->mode)); /* C2 */
        BUG_ON(++depth > CPIO_PATH_MAX);
    }
}

static unsigned check_below(const struct cpio_tree *tree, const struct cpio_node *dir,
                            const uint8_t *data, size_t size)
{
    unsigned nr = 0;

    for (struct cpio_node *n = cpio_first(tree, dir); n; n = cpio_next(n)) {
        check_node(tree, n, data, size);
        nr += 1 + (S_ISDIR(n->mode) ? check_below(tree, n, data, size) : 0);
    }
    return nr;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cpio_tree tree;
    struct cpio_diag diag;
    int rc;

    nr_nodes = 0;
    BUG_ON(cpio_tree_init(&tree, new_node, NULL));
    rc = cpio_tree_add(&tree, data, size, &diag);
    BUG_ON(rc != 0 && rc != -EINVAL && rc != -ENOMEM);
    BUG_ON((rc == -EINVAL) != (diag.reason[0] != '\0'));
    BUG_ON(diag.offset > size);
    if (rc == 0)
        BUG_ON(check_below(&tree, tree.root, data, size) > nr_nodes - 1);
    return 0;
}
