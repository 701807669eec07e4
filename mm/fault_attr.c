/*
 * mm/fault_attr.c - when something fails on purpose: four numbers, and the text that sets them.
 *
 * THEORY  mm/fault_inject.c. The questions are asked in this order, and what an earlier one lets pass the
 *         later ones don't see: is it on, is there space left, is it the interval's turn, does the dice say
 *         so, may it happen once more.
 * LOCKING None, see struct fault_attr.
 * UNITS   Bytes; percent.
 */
#include "mm/fault_attr.h"
#include "kernel/lib/parse.h"

/* Take @amount from *@left if there is so much. False: there was less. */
static bool take(long *left, long amount)
{
    long had = __atomic_load_n(left, __ATOMIC_RELAXED);

    while (had >= amount)
        if (__atomic_compare_exchange_n(left, &had, had - amount, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

static bool is_turn(struct fault_attr *a)
{
    long interval = READ_ONCE(a->interval);

    return interval <= 1 ||
           __atomic_add_fetch(&a->nr_asked, 1, __ATOMIC_RELAXED) % (unsigned long)interval == 0;
}

/* fault_attr_fails - contract in the header. */
bool fault_attr_fails(struct fault_attr *a, unsigned long size, unsigned percent)
{
    if (!fault_attr_is_on(a) || take(&a->space, (long)size) || !is_turn(a) ||
        percent >= (unsigned long)READ_ONCE(a->probability))
        return false;
    return READ_ONCE(a->times) == FAULT_FOREVER || take(&a->times, 1);
}

/* One of the four numbers and, unless it is the @last, the comma behind it. */
static bool parse_part(const char **text, bool last, long least, long most, long *value)
{
    bool negative = **text == '-';
    const char *p = *text + negative;
    uint64_t number;

    if (parse_u64(p, 10, &number, &p) || number > (uint64_t)most || *p != (last ? '\0' : ','))
        return false;
    *value = negative ? -(long)number : (long)number;
    *text = p + !last;
    return *value >= least;
}

/* fault_attr_parse - contract in the header. */
const char *fault_attr_parse(struct fault_attr *a, const char *text)
{
    long interval, probability, space, times;

    if (!parse_part(&text, false, 0, INT32_MAX, &interval))
        return "INTERVAL must be a number of allocations from 0 on";
    if (!parse_part(&text, false, 0, 100, &probability))
        return "PROBABILITY must be a percentage, 0 to 100";
    if (!parse_part(&text, false, 0, INT32_MAX, &space))
        return "SPACE must be a number of bytes from 0 on";
    if (!parse_part(&text, true, FAULT_FOREVER, INT32_MAX, &times))
        return "TIMES must be a number from 0 on, or -1 for ever, and the last";
    a->interval = interval;
    a->probability = probability;
    a->space = space;
    a->times = times;
    return NULL;
}
