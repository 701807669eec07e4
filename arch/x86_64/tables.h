/*
 * arch/x86_64/tables.h - what of the page tables the rest of this folder needs.
 */
#ifndef ARCH_X86_64_TABLES_H
#define ARCH_X86_64_TABLES_H

#include "kernel/lib/compiler.h"
#include <arch/page.h>

/* Physical address of the kernel's top table. */
paddr_t vm_root(void);
/* Does anything map @va? Takes no lock: for places whose tables stay, such as the stacks'. */
bool vm_is_mapped(uintptr_t va);
/* Map a page of device registers; returns where, NULL without memory for the tables. */
volatile void *vm_map_device(paddr_t pa);

#endif
