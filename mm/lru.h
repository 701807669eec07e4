/*
 * mm/lru.h - which pages were used lately, and which were not.
 */
#ifndef MM_LRU_H
#define MM_LRU_H

#include "mm/node.h"

void lru_add(struct page *page);
void lru_mark_accessed(struct page *page);
unsigned long lru_size(struct lruvec *lruvec, enum lru_list list, enum zone_type highest);
unsigned long lru_isolate(pg_data_t *pgdat, enum lru_list list, unsigned long nr,
                          enum zone_type highest, struct list_head *to);
void lru_putback(struct page *page);
unsigned long lru_age_active(pg_data_t *pgdat, unsigned long nr, enum zone_type highest);
bool lru_get_page(struct page *page);
int lru_verify(pg_data_t *pgdat);

#endif
