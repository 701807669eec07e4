/*
 * kernel/fs/trace_read.h - the rings of all CPUs, read as one list of events by time.
 */
#ifndef KERNEL_FS_TRACE_READ_H
#define KERNEL_FS_TRACE_READ_H

#include "kernel/lib/seqbuf.h"

#define TRACE_ALL_CPUS (-1)

/* `trace`: a head, and what the rings hold, of one CPU or of all. Nothing is consumed. */
void trace_show(struct seqbuf *s, int cpu);
/* `trace_pipe`: what came since the last look, and then it is gone. Ends where there is no more. */
void trace_pipe_show(struct seqbuf *s, int cpu);
/* `per_cpu/cpuN/stats` */
void trace_stats_show(struct seqbuf *s, int cpu);
/* All rings are empty from now on. */
void trace_clear(void);

#endif
