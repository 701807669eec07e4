/*
 * kernel/printk.c - the kernel's log.
 *
 * THEORY
 *
 * A message is formatted straight into the ring and, if its level is urgent enough, to the console,
 * a piece at a time, so that no buffer limits its length. Each of its lines starts with the time:
 *
 *     [    0.012345] node 0: 131072 pages
 *
 * Who parses the serial line can thus leave the log out by the first character of the line; where
 * the console stands in the middle of other output, a new line is begun first.
 *
 * The ring (kernel/logring.c) holds the last LOG_SIZE bytes.
 *
 * INVARIANTS
 *   P1  Every line in the ring, the one that was cut by overwriting excepted, begins with '['.
 *
 * LOCKING  log_lock protects the ring and keeps a message together, on the console too, or several
 *          (printk_hold()). A message from a trap within printk itself (the CPU has the lock), or after
 *          printk_emergency(), doesn't wait for it. So the lock is taken only if it can be had, which
 *          clang's analysis cannot follow.
 * UNITS    Time in microseconds since the kernel's entry.
 */
#include "kernel/printk.h"
#include "kernel/cmdline.h"
#include "kernel/command.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lock.h"
#include "kernel/logring.h"
#include <arch/clock.h>
#include <arch/cpu.h>

#define LOG_SIZE              65536u /* bytes; about 900 lines */

#define DEFAULT_MESSAGE_LEVEL LOG_WARN /* shown in /proc/sys/kernel/printk only */
#define LOWEST_CONSOLE_LEVEL  1
#define DEFAULT_CONSOLE_LEVEL 7 /* all but debug messages */
#define QUIET_CONSOLE_LEVEL   4 /* errors and worse */
#define VERBOSE_CONSOLE_LEVEL 8 /* everything */

#define NOBODY                (-1)

static struct spinlock log_lock = SPINLOCK_INIT("log", LOCK_LOG);
static int log_owner = NOBODY; /* the CPU that has it for a message */

/* Protected by log_lock. */
static char log_text[LOG_SIZE];
static struct logring ring = {.buf = log_text, .size = LOG_SIZE};

/* Single words, read and written without a lock. */
static int console_level = DEFAULT_CONSOLE_LEVEL;
static bool emergency;

/* A message on its way. */
struct message {
    bool to_console;
    bool at_line_start;
    uint64_t time_us;
};

static void emit(const struct message *m, const char *text, size_t len)
{
    logring_write(&ring, text, len);
    if (m->to_console)
        console_write(text, len);
}

static void emit_prefix(const struct message *m)
{
    char buf[32];
    struct seqbuf s;

    seqbuf_init(&s, buf, sizeof(buf));
    seq_printf(&s, "[%5lu.%06lu] ", (unsigned long)(m->time_us / 1000000),
               (unsigned long)(m->time_us % 1000000));
    emit(m, buf, s.len);
}

static size_t length_of_line(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && text[n] != '\n')
        n++;
    return n < len ? n + 1 : n;
}

/* The flush function of the seqbuf that a message is formatted into. */
static void emit_lines(struct seqbuf *s, const char *text, size_t len)
{
    struct message *m = s->flush_arg;

    while (len > 0) {
        size_t n = length_of_line(text, len);

        if (m->at_line_start)
            emit_prefix(m);
        emit(m, text, n);
        m->at_line_start = text[n - 1] == '\n';
        text += n;
        len -= n;
    }
}

static bool try_lock_log(void) __no_lock_analysis
{
    while (READ_ONCE(log_owner) != this_cpu() && !READ_ONCE(emergency)) {
        if (spin_trylock(&log_lock)) {
            WRITE_ONCE(log_owner, this_cpu());
            return true;
        }
        cpu_relax();
    }
    return false;
}

/* printk_hold - contract in the header. */
void printk_hold(struct printk_hold *h) __no_lock_analysis
{
    h->flags = irq_save();
    h->locked = try_lock_log();
}

/* printk_let_go - contract in the header. */
void printk_let_go(const struct printk_hold *h) __no_lock_analysis
{
    if (h->locked) {
        WRITE_ONCE(log_owner, NOBODY);
        spin_unlock(&log_lock);
    }
    irq_restore(h->flags);
}

static void __printf(2, 0) write_message(struct message *m, const char *fmt, va_list args)
{
    char buf[128];
    struct seqbuf s;
    bool held = m->to_console && console_hold();

    seqbuf_init(&s, buf, sizeof(buf));
    s.flush = emit_lines;
    s.flush_arg = m;
    if (m->to_console)
        console_fresh_line();
    seq_vprintf(&s, fmt, args);
    seqbuf_flush(&s);
    if (!m->at_line_start)
        emit_lines(&s, "\n", 1);
    if (held)
        console_let_go();
}

/*
 * vprintk - log a message of one or more lines.
 *
 * @level  the console shows it if it is below the console level; the ring keeps it anyway.
 * An empty message is logged as an empty line. Context: any, traps and panics included.
 */
void vprintk(enum log_level level, const char *fmt, va_list args)
{
    struct message m = {
        .to_console = (int)level < READ_ONCE(console_level),
        .at_line_start = true,
        .time_us = clock_ns() / 1000,
    };
    struct printk_hold hold;

    if (*fmt == '\0')
        fmt = "\n";
    printk_hold(&hold);
    write_message(&m, fmt, args);
    printk_let_go(&hold);
}

/* printk - see vprintk(). */
void printk(enum log_level level, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintk(level, fmt, args);
    va_end(args);
}

/* printk_set_console_level - messages of a level below @level reach the console. Context: any. */
void printk_set_console_level(int level)
{
    WRITE_ONCE(console_level, clamp(level, 0, VERBOSE_CONSOLE_LEVEL));
}

/* printk_console_level - what printk_set_console_level() set. Context: any. */
int printk_console_level(void)
{
    return READ_ONCE(console_level);
}

/* printk_emergency - from now on everything reaches the console and no lock is waited for. */
void printk_emergency(void)
{
    WRITE_ONCE(emergency, true);
    console_emergency();
    printk_set_console_level(VERBOSE_CONSOLE_LEVEL);
}

static bool parse_level(const char *text, int *level)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    *level = text[0] - '0';
    return text[1] == '\0' || text[1] == '\n' || text[1] == ' ' || text[1] == '\t';
}

/* printk_init - obey `loglevel=N` and `quiet`. Context: boot, after cmdline_init(). */
void printk_init(void)
{
    const char *text = cmdline_get("loglevel");
    int level;

    if (cmdline_get("quiet"))
        printk_set_console_level(QUIET_CONSOLE_LEVEL);
    if (!text)
        return;
    if (parse_level(text, &level))
        printk_set_console_level(level);
    else
        pr_warn("loglevel=%s ignored: one digit from 0 (nothing on the console) to 8 (all) is "
                "wanted",
                text);
}

/* log_read - contract in the header. Context: any but a trap within printk. */
size_t log_read(uint64_t *pos, char *buf, size_t size)
{
    unsigned long flags;
    size_t n;

    spin_lock_irqsave(&log_lock, flags);
    n = logring_read(&ring, pos, buf, size);
    spin_unlock_irqrestore(&log_lock, flags);
    return n;
}

/* log_end - the position behind the newest byte. Context: any but a trap within printk. */
uint64_t log_end(void)
{
    unsigned long flags;
    uint64_t end;

    spin_lock_irqsave(&log_lock, flags);
    end = ring.end;
    spin_unlock_irqrestore(&log_lock, flags);
    return end;
}

/* printk_levels_show - /proc/sys/kernel/printk, the four numbers of Linux's file. */
void printk_levels_show(struct seqbuf *s)
{
    seq_printf(s, "%d\t%d\t%d\t%d\n", printk_console_level(), (int)DEFAULT_MESSAGE_LEVEL,
               LOWEST_CONSOLE_LEVEL, DEFAULT_CONSOLE_LEVEL);
}

/*
 * printk_levels_store - set the console level from the first number of @text.
 *
 * Returns 0, or -EINVAL if it isn't a digit from 0 to 8; the others are fixed and not looked at.
 */
int printk_levels_store(const char *text, size_t len)
{
    int level;

    (void)len;
    if (!parse_level(text, &level) || level > VERBOSE_CONSOLE_LEVEL)
        return -EINVAL;
    printk_set_console_level(level);
    return 0;
}

static int dmesg_command(int argc, char **argv, struct seqbuf *out)
{
    uint64_t pos = 0, end = log_end(); /* what is logged while we print can wait */
    char buf[256];
    size_t n;

    (void)argc;
    (void)argv;
    while (pos < end && (n = log_read(&pos, buf, min(sizeof(buf), (size_t)(end - pos)))) > 0)
        seq_write(out, buf, n);
    return 0;
}

MONITOR_COMMAND("dmesg", "", "print the kernel's log", dmesg_command);
