/*
 * <arch/timer.h> - this CPU's one-shot timer interrupt (local APIC; TSC deadline where the CPU has it).
 */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include <stdint.h>

/* Calibrate (boot CPU) or take over (others); no interrupt is due yet. */
void timer_init_cpu(void);
/* One interrupt when clock_ns() has reached @when_ns, never before; replaces an earlier one. */
void timer_set(uint64_t when_ns);
/* None. */
void timer_cancel(void);
/* Called on the CPU whose time has come, interrupts off, nothing set any more. Context: boot. */
void timer_set_handler(void (*handler)(void));

#endif
