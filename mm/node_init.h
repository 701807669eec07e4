/*
 * mm/node_init.h - how boot makes the nodes.
 */
#ifndef MM_NODE_INIT_H
#define MM_NODE_INIT_H

#include "mm/memblock.h"

void nodes_set_states(const struct memblock *mb);
void nodes_init(struct memblock *mb);

#endif
