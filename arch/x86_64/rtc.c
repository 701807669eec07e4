/*
 * arch/x86_64/rtc.c - the calendar clock of a PC, an MC146818 behind two ports.
 *
 * The clock counts once a second and says so 244 us before; what is read meanwhile may be half of the
 * old time and half of the new. So it is read between two updates, and again until two readings agree.
 *
 * LOCKING  None: read by one thread, at boot.
 * SOURCES  Motorola MC146818 data sheet, "Address Map" and "Register A", "Register B": registers and
 *          bits. The year has two digits; we take it for one of this century.
 */
#include <arch/rtc.h>

#include "arch/x86_64/insn.h"
#include "arch/x86_64/ports.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/string.h"
#include <arch/cpu.h>

#define MAX_LOOKS       3000 /* at a register, about 1 us each: longer than an update lasts */
#define CENTURY         2000
#define DAYS_UNTIL_2000 10957 /* from 1970 */
#define DAY_SECONDS     86400

/* Register numbers, in the order of struct reading. */
static const uint8_t registers[] = {RTC_SECONDS, RTC_MINUTES, RTC_HOURS,
                                    RTC_DAY,     RTC_MONTH,   RTC_YEAR};

struct reading {
    uint8_t second, minute, hour, day, month, year;
};
_Static_assert(sizeof(struct reading) == ARRAY_SIZE(registers), "a byte for each register");

static uint8_t read_register(uint8_t nr)
{
    insn_out8(RTC_INDEX, nr);
    return insn_in8(RTC_DATA);
}

/* All registers, between two updates; false: the clock is stuck, or isn't there. */
static bool read_once(struct reading *r)
{
    uint8_t *bytes = (uint8_t *)r;

    for (int i = 0; read_register(RTC_A) & RTC_A_UPDATING; i++) {
        if (i == MAX_LOOKS)
            return false;
        cpu_relax();
    }
    for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
        bytes[i] = read_register(registers[i]);
    return true;
}

static bool read_twice(struct reading *r)
{
    struct reading again;

    for (int i = 0; i < 3; i++) {
        if (!read_once(r) || !read_once(&again))
            return false;
        if (memcmp(r, &again, sizeof(again)) == 0)
            return true;
    }
    return false;
}

static uint8_t from_bcd(uint8_t bcd)
{
    return (uint8_t)((bcd >> 4) * 10 + (bcd & 0xf));
}

/* To numbers from 0 on, hours of a day of 24, as register B says what the clock's are. */
static void decode(struct reading *r)
{
    uint8_t b = read_register(RTC_B), *bytes = (uint8_t *)r;
    bool afternoon = !(b & RTC_B_24H) && r->hour & RTC_HOUR_PM;

    if (!(b & RTC_B_24H))
        r->hour &= (uint8_t)~RTC_HOUR_PM;
    for (size_t i = 0; i < ARRAY_SIZE(registers) && !(b & RTC_B_BINARY); i++)
        bytes[i] = from_bcd(bytes[i]);
    if (!(b & RTC_B_24H))
        r->hour = (uint8_t)(r->hour % 12 + (afternoon ? 12 : 0));
}

static bool is_valid(const struct reading *r)
{
    return r->second < 60 && r->minute < 60 && r->hour < 24 && r->day >= 1 && r->day <= 31 &&
           r->month >= 1 && r->month <= 12 && r->year < 100;
}

/* Days from 1970 to the date; until 2099 every fourth year has one more. */
static uint64_t days_until(unsigned year, unsigned month, unsigned day)
{
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    unsigned since = year - CENTURY;
    bool leap_day_passed = year % 4 == 0 && month > 2;

    return DAYS_UNTIL_2000 + since * 365 + (since + 3) / 4 + before[month - 1] + leap_day_passed +
           day - 1;
}

/* rtc_read_seconds - contract in the header. */
uint64_t rtc_read_seconds(void)
{
    struct reading r;

    if (!read_twice(&r))
        return 0;
    decode(&r);
    if (!is_valid(&r))
        return 0;
    return days_until(CENTURY + r.year, r.month, r.day) * DAY_SECONDS + r.hour * 3600u +
           r.minute * 60u + r.second;
}
