/*
 * mm/mm_init.h - memory from the loader's list to a working page allocator.
 */
#ifndef MM_MM_INIT_H
#define MM_MM_INIT_H

struct boot_info;

void mm_map_ram(const struct boot_info *bi);
void mm_init(void);
void mm_init_rest(void);

#endif
