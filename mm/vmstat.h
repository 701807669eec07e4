/*
 * mm/vmstat.h - the numbers of memory, as files.
 */
#ifndef MM_VMSTAT_H
#define MM_VMSTAT_H

struct seqbuf;

void meminfo_show(struct seqbuf *s);
void zoneinfo_show(struct seqbuf *s);
void buddyinfo_show(struct seqbuf *s);
void vmstat_show(struct seqbuf *s);
void node_meminfo_show(struct seqbuf *s, int nid);
void node_numastat_show(struct seqbuf *s, int nid);
void node_vmstat_show(struct seqbuf *s, int nid);

#endif
