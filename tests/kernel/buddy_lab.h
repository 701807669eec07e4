/*
 * tests/kernel/buddy_lab.h - a zone of one MAX_ORDER block, apart from the machine's own zones.
 *
 * The block is allocated and its descriptors are lent to a zone of the test's own, so that a test
 * knows every block in it and may break what it likes.
 */
#ifndef TESTS_KERNEL_BUDDY_LAB_H
#define TESTS_KERNEL_BUDDY_LAB_H

#include "mm/zone.h"

#define LAB_PAGES MAX_ORDER_PAGES
#define LAB_TYPE  MIGRATE_UNMOVABLE /* of its pageblocks, and of what it allocates */

extern struct zone lab_zone;
extern struct page *lab_block; /* the first of LAB_PAGES descriptors */

/* Lend a block; the zone is empty. False, with a failure recorded, if there is none. */
bool lab_open(void);
/* Give back whatever state the descriptors are in. */
void lab_close(void);

/* mm/buddy.h on the lab's zone, with its lock taken. */
struct page *lab_alloc(unsigned order);
void lab_free(struct page *page, unsigned order);
void lab_give(unsigned long first, unsigned long end); /* pages of the block, from 0 */
int lab_verify(void);

/* How many free blocks of this order the zone has. */
unsigned long lab_nr_free(unsigned order);

#endif
