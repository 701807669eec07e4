/*
 * kernel/load_avg.h - averages of how busy a thread or a queue is; sched/load.c says how they fade.
 */
#ifndef KERNEL_LOAD_AVG_H
#define KERNEL_LOAD_AVG_H

#include <stdint.h>

#define LOAD_FRACTION 20   /* bits behind the point */
#define LOAD_CPU      1024 /* utilization of a CPU that is never idle */

struct load_avg {
    uint64_t updated_ns;
    uint64_t load; /* weight of what was runnable, times 2^LOAD_FRACTION */
    uint64_t util; /* share of a CPU that was used, of LOAD_CPU, times 2^LOAD_FRACTION */
};

#endif
