/*
 * kernel/console.c - the serial line as the console.
 *
 * Keys: the interrupt that tells of them switches itself off, since its handler leaves them where they
 * are, and a line that interrupts by level would do so for ever. Who reads the last one switches it on
 * again; a key that has come meanwhile then interrupts at once.
 *
 * LOCKING  console_lock keeps one write's bytes together, or several writes' (console_hold()). A writer
 *          that interrupted the holder on this CPU (a trap within a write), or that comes when the
 *          holder may have been stopped (a panic), writes without: mixed letters are better than
 *          silence. `muted` is a single word, set by the handler, which wakes a reader next, and
 *          cleared by readers.
 */
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/printk.h"
#include <arch/cpu.h>
#include <arch/interrupt.h>
#include <arch/serial.h>

#define NOBODY (-1)

static struct spinlock console_lock = SPINLOCK_INIT("console", LOCK_CONSOLE);
static int owner = NOBODY; /* the CPU that has it */
static bool emergency;

static bool present;                /* fixed by console_init() */
static bool interactive;            /* set by the monitor's thread */
static bool polled = true;          /* fixed by console_listen() */
static void (*input_handler)(void); /* set by the monitor's thread */
static bool muted;                  /* the interrupt for input is off until all was read */
static unsigned long nr_interrupts; /* of the input, written by the boot CPU */

/* Protected by console_lock. */
static char last_byte = '\n';

/* console_hold - contract in the header. Context: any, interrupts off. */
bool console_hold(void) __no_lock_analysis
{
    while (READ_ONCE(owner) != this_cpu() && !READ_ONCE(emergency)) {
        if (spin_trylock(&console_lock)) {
            WRITE_ONCE(owner, this_cpu());
            return true;
        }
        cpu_relax();
    }
    return false;
}

/* console_let_go - contract in the header. Context: after console_hold(). */
void console_let_go(void) __no_lock_analysis
{
    WRITE_ONCE(owner, NOBODY);
    spin_unlock(&console_lock);
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
void console_write(const char *text, size_t len)
{
    unsigned long flags;
    bool held;

    if (!present)
        return;
    flags = irq_save();
    held = console_hold();
    put_bytes(text, len);
    if (held)
        console_let_go();
    irq_restore(flags);
}

/* console_emergency - from now on the lock is not waited for. Context: any. */
void console_emergency(void)
{
    WRITE_ONCE(emergency, true);
}

static void handle_input(void)
{
    serial_enable_interrupt(false);
    WRITE_ONCE(muted, true);
    WRITE_ONCE(nr_interrupts, nr_interrupts + 1);
    if (input_handler)
        input_handler();
}

/* console_listen - contract in the header. */
void console_listen(void)
{
    if (!present)
        return;
    polled = !serial_set_handler(handle_input);
    if (polled)
        pr_warn("console: no I/O APIC has the serial line's input, so no interrupt tells of keys: "
                "they are looked for now and then");
    else
        serial_enable_interrupt(true);
}

/* console_is_polled - contract in the header. */
bool console_is_polled(void)
{
    return polled;
}

/* console_set_input_handler - contract in the header. */
void console_set_input_handler(void (*fn)(void))
{
    input_handler = fn;
}

/* console_getc - the next key, or -1 if none is waiting. Context: any. */
int console_getc(void)
{
    int key = present ? serial_getc() : -1;

    if (key < 0 && READ_ONCE(muted)) {
        WRITE_ONCE(muted, false);
        serial_enable_interrupt(true);
    }
    return key;
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

/* console_show - /sys/kernel/debug/console: how keys are noticed. */
void console_show(struct seqbuf *s)
{
    if (polled)
        seq_puts(s, "input: polled\n");
    else
        seq_printf(s, "input: %lu interrupts\n", READ_ONCE(nr_interrupts));
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
