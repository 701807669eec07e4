/*
 * arch/x86_64/kasan_tables.h - the shadow in new page tables.
 */
#ifndef ARCH_X86_64_KASAN_TABLES_H
#define ARCH_X86_64_KASAN_TABLES_H

#include <stdint.h>

#ifdef CONFIG_KASAN
/* Let the page of zeros show everywhere in the shadow, by the top table @root. Context: boot. */
void kasan_early_map(uint64_t *root);
#else
static inline void kasan_early_map(uint64_t *root)
{
    (void)root;
}
#endif

#endif
