/*
 * kernel/fs/cpio_internal.h - how entries of an archive get into the tree.
 */
#ifndef KERNEL_FS_CPIO_INTERNAL_H
#define KERNEL_FS_CPIO_INTERNAL_H

#include "kernel/fs/cpio.h"

/* Bytes of [p, end) before the first slash. */
size_t cpio_component_len(const char *p, const char *end);

/* A node for @name in @parent (NULL: itself), of which only these are set; NULL without memory. */
struct cpio_node *cpio_make_node(struct cpio_tree *tree, struct cpio_node *parent, const char *name,
                                 size_t len);
/* @node, whose name its directory doesn't have, can be found. */
void cpio_add_name(struct cpio_tree *tree, struct cpio_node *node);
/* @node may be one more name of a file that is known. */
void cpio_join_names(struct cpio_tree *tree, struct cpio_node *node);

#endif
