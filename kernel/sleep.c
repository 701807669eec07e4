/*
 * kernel/sleep.c - the command sleep: let time pass between two others.
 */
#include "kernel/command.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/timer.h"

#define MAX_SECONDS 3600

/* "2" or "0.25" as ms; further digits are dropped. 0 or -EINVAL. */
static int parse_ms(const char *text, uint64_t *ms)
{
    uint64_t seconds, unit = 100;

    if (parse_u64(text, 10, &seconds, &text) || seconds > MAX_SECONDS)
        return -EINVAL;
    *ms = seconds * 1000;
    if (*text == '.')
        text++;
    for (; *text >= '0' && *text <= '9'; text++, unit /= 10)
        *ms += (uint64_t)(*text - '0') * unit;
    return *text ? -EINVAL : 0;
}

static int sleep_command(int argc, char **argv, struct seqbuf *out)
{
    uint64_t ms;

    if (argc != 2 || parse_ms(argv[1], &ms)) {
        seq_printf(out, "sleep: how long? seconds, 0 to %d, for example 0.5\n", MAX_SECONDS);
        return -EINVAL;
    }
    msleep(ms);
    return 0;
}

MONITOR_COMMAND("sleep", "SECONDS", "wait, for example sleep 0.5", sleep_command);
