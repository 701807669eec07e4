/*
 * <arch/serial.h> - the first serial port (16550 at I/O 0x3f8).
 */
#ifndef ARCH_SERIAL_H
#define ARCH_SERIAL_H

#include <stdbool.h>

/* 115200 8N1, FIFO on. False, and the others do nothing, if no port answers. May be repeated. */
bool serial_init(void);
void serial_putc(char c);
/* Next received byte or -1. */
int serial_getc(void);
/* Interrupt while there is something to get? After serial_set_handler() (<arch/interrupt.h>). */
void serial_enable_interrupt(bool on);

#endif
