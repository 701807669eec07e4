/*
 * mm/numa_verify.h - what must hold on any machine, at any time.
 */
#ifndef MM_NUMA_VERIFY_H
#define MM_NUMA_VERIFY_H

int numa_verify(void);

#endif
