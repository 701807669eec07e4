/*
 * <arch/power.h> - how the machine ends.
 */
#ifndef ARCH_POWER_H
#define ARCH_POWER_H

#include <stdint.h>

/* Values for the exit device; QEMU's process then exits with (value << 1) | 1. */
enum exit_code {
    EXIT_FAILED = 0, /* a command or a test failed: 1 */
    EXIT_PANIC = 1,  /* 3 */
};

/* The registers that enter ACPI's S5, from the FADT and the DSDT (kernel/acpi/fadt.h). */
void power_set_acpi(uint16_t pm1a_port, uint16_t pm1b_port, uint8_t slp_typa, uint8_t slp_typb);

/* Soft off: ACPI if known, then QEMU's fixed ports, then halt. */
void power_off(void) __attribute__((noreturn));

/* Leave QEMU with @code by its isa-debug-exit device; without one, power off or (panic) halt. */
void power_exit(enum exit_code code) __attribute__((noreturn));

#endif
