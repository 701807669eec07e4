/*
 * kernel/console.c - the serial line as the console.
 *
 * LOCKING  console_lock keeps one write's bytes together. A writer that cannot have it (it
 *          interrupted the holder on this CPU, as a panic may) writes without: mixed letters are
 *          better than silence.
 */
#include "kernel/console.h"
#include "kernel/lock.h"
#include <arch/serial.h>

/* How often a writer asks for the lock; on one CPU a second time already means "never". */
#define LOCK_TRIES 10000

static struct spinlock console_lock = SPINLOCK_INIT("console", LOCK_CONSOLE);

static bool present; /* fixed by console_init() */
static bool interactive;

/* Protected by console_lock. */
static char last_byte = '\n';

static bool try_lock_console(void) __no_lock_analysis
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (spin_trylock(&console_lock))
            return true;
        cpu_relax();
    }
    return false;
}

static void put_bytes(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n')
            serial_putc('\r');
        serial_putc(text[i]);
    }
    if (len > 0)
        last_byte = text[len - 1];
}

/* console_init - find the serial port. Context: boot, before the first output. */
void console_init(void)
{
    present = serial_init();
}

/*
 * console_write - @text[0..len) goes out, "\n" as "\r\n".
 *
 * Context: any, a trap in the middle of another console_write() included. Waits for the line.
 */
void console_write(const char *text, size_t len) __no_lock_analysis
{
    unsigned long flags;
    bool locked;

    if (!present)
        return;
    flags = irq_save();
    locked = try_lock_console();
    put_bytes(text, len);
    if (locked)
        spin_unlock(&console_lock);
    irq_restore(flags);
}

/* console_getc - the next key, or -1 if none is waiting. Context: any. */
int console_getc(void)
{
    return present ? serial_getc() : -1;
}

/* console_present - is there a serial port? Context: any. */
bool console_present(void)
{
    return present;
}

/* console_set_interactive - does a person read and type? Context: the monitor's thread. */
void console_set_interactive(bool yes)
{
    interactive = yes;
}

/* console_is_interactive - may output move the cursor and have colours? Context: any. */
bool console_is_interactive(void)
{
    return interactive;
}

/* console_at_line_start - does nothing stand on the current line? A snapshot. Context: any. */
bool console_at_line_start(void)
{
    return READ_ONCE(last_byte) == '\n';
}

/* console_fresh_line - end the current line if something stands on it. Context: any. */
void console_fresh_line(void)
{
    if (!console_at_line_start())
        console_write("\n", 1);
}

static void flush_to_console(struct seqbuf *s, const char *text, size_t len)
{
    (void)s;
    console_write(text, len);
}

/*
 * console_seqbuf - make @s a seqbuf over @buf[0..size) that writes to the console.
 *
 * What is written appears when @buf is full and at seqbuf_flush().
 */
void console_seqbuf(struct seqbuf *s, char *buf, size_t size)
{
    seqbuf_init(s, buf, size);
    s->flush = flush_to_console;
}
