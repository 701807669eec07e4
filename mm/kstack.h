/*
 * mm/kstack.h - stacks for threads and CPUs.
 */
#ifndef MM_KSTACK_H
#define MM_KSTACK_H

#include "kernel/lib/compiler.h"
#include "mm/kasan.h"
#include <arch/stack.h>

/* What a stack takes of its node's pages. */
#define KSTACK_PAGES ((1UL << KSTACK_ORDER) + KASAN_STACK_PAGES)

void kstack_init(void);
void *kstack_alloc(int nid);
void kstack_free(void *stack);
int kstack_node(const void *stack);
unsigned kstack_nr_used(void);
const void *kstack_find(unsigned long pfn);

#endif
