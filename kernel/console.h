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
/* The next key, or -1 if none is waiting. Never blocks. */
int console_getc(void);
/* False if there is no serial port (nobody will ever type). */
bool console_present(void);

/* Somebody sits at a terminal: set when the prompt starts, never for exec= or ktest=. */
void console_set_interactive(bool yes);
bool console_is_interactive(void);

/* True if nothing stands on the current line. */
bool console_at_line_start(void);
/* End the current line if something stands on it. */
void console_fresh_line(void);
/* Make @s write to the console whenever it is flushed or @buf is full. */
void console_seqbuf(struct seqbuf *s, char *buf, size_t size);

#endif
