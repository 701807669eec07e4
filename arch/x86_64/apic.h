/*
 * arch/x86_64/apic.h - this CPU's local APIC, and the I/O APICs.
 */
#ifndef ARCH_X86_64_APIC_H
#define ARCH_X86_64_APIC_H

#include "kernel/acpi/madt.h"
#include "kernel/lib/compiler.h"

/* Offsets of registers: Intel SDM vol. 3A, table 10-1 "Local APIC Register Address Map". */
enum apic_reg {
    APIC_ID = 0x20,
    APIC_TPR = 0x80,
    APIC_EOI = 0xb0,
    APIC_SVR = 0xf0,
    APIC_ESR = 0x280,
    APIC_ICR = 0x300,
    APIC_ICR_HIGH = 0x310, /* not in x2APIC mode */
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

/* 10.6.1 "Interrupt Command Register (ICR)"; 10.5.1 "Local Vector Table" */
#define APIC_DM_FIXED           0x000u
#define APIC_DM_NMI             0x400u
#define APIC_DM_INIT            0x500u
#define APIC_DM_STARTUP         0x600u
#define APIC_ICR_PENDING        (1u << 12)
#define APIC_ICR_ASSERT         (1u << 14)
#define APIC_LVT_MASKED         (1u << 16)
#define APIC_LVT_TIMER_DEADLINE (2u << 17)
#define APIC_SVR_ENABLED        (1u << 8)
#define APIC_TIMER_DIVIDE_BY_1  0xbu
#define APIC_MAX_ID             0xfeu /* without x2APIC mode; 0xff means all */

/* Find and enable the boot CPU's; false if it has none. @madt may be NULL. */
bool apic_init(const struct madt *madt);
/* Enable that of the CPU that runs this. */
void apic_init_cpu(void);
bool apic_present(void);
/* Can an interrupt be sent to this id? */
bool apic_can_reach(uint32_t apic_id);

uint32_t apic_read(enum apic_reg reg);
void apic_write(enum apic_reg reg, uint32_t value);
void apic_eoi(void);
/* Send an interrupt: @command is the low half of the ICR. */
void apic_send(uint32_t apic_id, uint32_t command);

/* Mask every input of every I/O APIC of the table. */
void ioapic_init(const struct madt *madt);
/* ISA interrupt @irq becomes @vector on the CPU @apic_id. False if no I/O APIC has that input. */
bool ioapic_route_isa(unsigned irq, uint8_t vector, uint32_t apic_id);

#endif
