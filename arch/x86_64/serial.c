/*
 * arch/x86_64/serial.c - the first serial port: polled, with an interrupt for what is received.
 *
 * LOCKING  None; kernel/console.c keeps writers apart.
 * SOURCES  PC16550D data sheet, 8.0 "Registers".
 */
#include "arch/x86_64/insn.h"
#include "arch/x86_64/ports.h"
#include <arch/serial.h>

/* Reads of the status before a byte is given up: a line that is held for that long is dead. */
#define PATIENCE 1000000

static bool present;

/* A port that isn't there reads as ones; the scratch register keeps what was written. */
static bool answers(void)
{
    static const uint8_t patterns[] = {0x55, 0xaa};

    for (unsigned i = 0; i < sizeof(patterns); i++) {
        insn_out8(SERIAL_SCRATCH, patterns[i]);
        if (insn_in8(SERIAL_SCRATCH) != patterns[i])
            return false;
    }
    return true;
}

/*
 * serial_init - set the port to 115200 8N1 with FIFOs, interrupts off. May be called again.
 *
 * Returns false if no port answers; serial_putc() and serial_getc() then do nothing.
 * Context: any.
 */
bool serial_init(void)
{
    present = answers();
    if (!present)
        return false;
    insn_out8(SERIAL_IER, 0);
    insn_out8(SERIAL_LCR, SERIAL_LCR_DLAB);
    insn_out8(SERIAL_DATA, SERIAL_DIVISOR);
    insn_out8(SERIAL_IER, 0);
    insn_out8(SERIAL_LCR, SERIAL_LCR_8N1);
    insn_out8(SERIAL_FCR, SERIAL_FCR_ENABLE);
    insn_out8(SERIAL_MCR, SERIAL_MCR_READY);
    return true;
}

/*
 * serial_putc - send one byte, as it is; wait until the port takes it, but not for ever.
 *
 * Context: any.
 */
void serial_putc(char c)
{
    if (!present)
        return;
    for (int i = 0; i < PATIENCE; i++) {
        if (insn_in8(SERIAL_LSR) & SERIAL_LSR_EMPTY)
            break;
        insn_pause();
    }
    insn_out8(SERIAL_DATA, (uint8_t)c);
}

/*
 * serial_getc - take one received byte.
 *
 * Returns 0..255, or -1 if none has come. Never waits. Context: any.
 */
int serial_getc(void)
{
    if (!present || !(insn_in8(SERIAL_LSR) & SERIAL_LSR_DATA))
        return -1;
    return insn_in8(SERIAL_DATA);
}

/*
 * serial_enable_interrupt - interrupt while there are received bytes, at once if there are some; or not
 * any more. Context: any, after serial_set_handler().
 */
void serial_enable_interrupt(bool on)
{
    if (!present)
        return;
    insn_out8(SERIAL_MCR, SERIAL_MCR_READY | SERIAL_MCR_OUT2);
    insn_out8(SERIAL_IER, on ? SERIAL_IER_RECEIVED : 0);
}
