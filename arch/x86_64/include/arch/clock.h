/*
 * <arch/clock.h> - time.
 */
#ifndef ARCH_CLOCK_H
#define ARCH_CLOCK_H

#include <stdint.h>

/* The time stamp counter: ticks of clock_hz() since some time before boot. */
uint64_t clock_ticks(void);
/* Find the counter's rate; takes about 2 ms. Before it, clock_ns() is 0. @entry_tsc: boot's zero.
 */
void clock_init(uint64_t entry_tsc);
uint64_t clock_hz(void);
/* Nanoseconds since the kernel's entry. */
uint64_t clock_ns(void);
/* What clock_ticks() is when clock_ns() reaches @ns, roughly. */
uint64_t clock_ticks_at(uint64_t ns);

#endif
