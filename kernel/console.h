/*
 * kernel/console.h - where characters go and come from.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include "kernel/lib/compiler.h"
#include "kernel/lib/seqbuf.h"

/* Find the serial port. Before it, and without a port, writing goes nowhere. */
void console_init(void);
/* Write @len bytes; "\n" becomes "\r\n" on the wire. Works, to nowhere, without a serial port. */
void console_write(const char *text, size_t len);
/* Keep other CPUs' bytes away until console_let_go(), which is to be called only if this returns true:
 * false, if there is no need or no waiting for it. Interrupts are off from before to after. */
bool console_hold(void);
void console_let_go(void);
/* The next key, or -1 if none is waiting. Never blocks. */
int console_getc(void);
/* From now on an interrupt tells that keys have come, or a line in the log that none will. Context:
 * boot, after interrupts_init(). */
void console_listen(void);
/* Does no interrupt tell? Who waits for keys must look for them. */
bool console_is_polled(void);
/* @fn is called on the boot CPU in an interrupt when keys have come, and again only after somebody has
 * taken them all, to the -1. Context: before the first one waits. */
void console_set_input_handler(void (*fn)(void));
/* False if there is no serial port (nobody will ever type). */
bool console_present(void);

/* Somebody sits at a terminal: set when the prompt starts, never for exec= or ktest=. */
void console_set_interactive(bool yes);
bool console_is_interactive(void);
/* After a panic: the holder of the lock may be stopped, so write without. */
void console_emergency(void);

void console_show(struct seqbuf *s);

/* True if nothing stands on the current line. */
bool console_at_line_start(void);
/* End the current line if something stands on it. */
void console_fresh_line(void);
/* Make @s write to the console whenever it is flushed or @buf is full. */
void console_seqbuf(struct seqbuf *s, char *buf, size_t size);

#endif
