/*
 * <arch/interrupt.h> - interrupts from devices.
 */
#ifndef ARCH_INTERRUPT_H
#define ARCH_INTERRUPT_H

#include <stdbool.h>

struct madt;

/*
 * interrupts_init - find local and I/O APICs, start this CPU's timer, and let interrupts in.
 *
 * @madt  NULL if the firmware has none: then only the local APIC. Stays in use.
 *
 * On a CPU without a local APIC interrupts stay off. Context: boot, interrupts off, after
 * percpu_init().
 */
void interrupts_init(const struct madt *madt);

/* The same for a CPU that starts, interrupts stay off. */
void interrupts_init_cpu(void);

/* @handler is called on the boot CPU, interrupts off, when the serial port has received something.
 * False if such an interrupt cannot be had: somebody has to look from time to time. */
bool serial_set_handler(void (*handler)(void));

#define NR_IRQ_LINES 16 /* of the ISA bus: the devices of a PC that have one of their own */

/* How many interrupts @cpu has taken, of all kinds; how many all CPUs have from line @irq. Snapshots. */
unsigned long interrupts_of_cpu(int cpu);
unsigned long interrupts_of_line(int irq);

#endif
