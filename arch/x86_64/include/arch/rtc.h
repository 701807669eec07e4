/*
 * <arch/rtc.h> - the calendar clock that goes on while the machine is off.
 */
#ifndef ARCH_RTC_H
#define ARCH_RTC_H

#include <stdint.h>

/* Seconds since 1970, the clock being set to UTC; 0 if there is no clock. Takes up to 3 ms. */
uint64_t rtc_read_seconds(void);

#endif
