/*
 * arch/x86_64/ioapic.c - the I/O APICs: how a device's interrupt reaches a CPU.
 *
 * THEORY
 *
 * An I/O APIC has inputs, numbered through over all of them: global system interrupts. ISA interrupt
 * n is number n unless the MADT says otherwise. Each input has an entry that says which vector to
 * send to which CPU, or that it is masked.
 *
 * LOCKING  None; boot only.
 * SOURCES  Intel 82093AA I/O APIC data sheet, 3.0 "Register Description"; ACPI 6.4, 5.2.12.5
 *          "Interrupt Source Override Structure".
 */
#include "arch/x86_64/apic.h"
#include "arch/x86_64/tables.h"
#include "kernel/printk.h"

/* Offsets of the two registers through which the others are reached. */
#define IOAPIC_SELECT    0x00
#define IOAPIC_WINDOW    0x10

#define IOAPIC_VERSION   0x01
#define IOAPIC_ENTRY(n)  (0x10 + 2 * (n)) /* low half; the high one follows */

#define ENTRY_LOW_ACTIVE (1u << 13)
#define ENTRY_LEVEL      (1u << 15)
#define ENTRY_MASKED     (1u << 16)
#define ENTRY_DEST_SHIFT 24 /* in the high half: APIC id */

/* MADT flags: "low" and "level"; see struct madt_override. */
#define OVERRIDE_POLARITY(flags) ((flags)&3)
#define OVERRIDE_TRIGGER(flags)  ((flags) >> 2 & 3)
#define OVERRIDE_LOW             3
#define OVERRIDE_LEVEL           3

static struct ioapic {
    volatile uint8_t *registers;
    uint32_t gsi_base;
    uint32_t nr_inputs;
} ioapics[MADT_MAX_IOAPICS];
static unsigned nr_ioapics;
static const struct madt *table;

static uint32_t ioapic_read(const struct ioapic *io, uint32_t reg)
{
    *(volatile uint32_t *)(io->registers + IOAPIC_SELECT) = reg;
    return *(volatile uint32_t *)(io->registers + IOAPIC_WINDOW);
}

static void ioapic_write(const struct ioapic *io, uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)(io->registers + IOAPIC_SELECT) = reg;
    *(volatile uint32_t *)(io->registers + IOAPIC_WINDOW) = value;
}

static void add_ioapic(const struct madt_ioapic *entry)
{
    struct ioapic *io = &ioapics[nr_ioapics];
    uint32_t version;

    io->registers = vm_map_device(entry->pa);
    if (!io->registers)
        return;
    version = ioapic_read(io, IOAPIC_VERSION);
    if (version == 0 || version == UINT32_MAX) { /* what is read where nothing is */
        pr_warn("I/O APIC %u: nothing answers at 0x%lx, it is left out", entry->id,
                (unsigned long)entry->pa);
        return;
    }
    io->gsi_base = entry->gsi_base;
    io->nr_inputs = (version >> 16 & 0xff) + 1;
    for (uint32_t i = 0; i < io->nr_inputs; i++)
        ioapic_write(io, IOAPIC_ENTRY(i), ENTRY_MASKED);
    nr_ioapics++;
}

/*
 * ioapic_init - find the I/O APICs of @madt (NULL: none), and mask all of their inputs.
 *
 * @madt stays in use. Context: boot.
 */
void ioapic_init(const struct madt *madt)
{
    table = madt;
    for (unsigned i = 0; madt && i < madt->nr_ioapics; i++)
        add_ioapic(&madt->ioapics[i]);
}

static const struct madt_override *find_override(unsigned irq)
{
    for (unsigned i = 0; i < table->nr_overrides; i++) {
        if (table->overrides[i].bus == 0 && table->overrides[i].source == irq)
            return &table->overrides[i];
    }
    return NULL;
}

/* An ISA interrupt is an edge to high unless the override says otherwise. */
static uint32_t entry_flags(const struct madt_override *override)
{
    uint32_t flags = 0;

    if (override && OVERRIDE_POLARITY(override->flags) == OVERRIDE_LOW)
        flags |= ENTRY_LOW_ACTIVE;
    if (override && OVERRIDE_TRIGGER(override->flags) == OVERRIDE_LEVEL)
        flags |= ENTRY_LEVEL;
    return flags;
}

/* ioapic_route_isa - contract in the header. Context: boot, after ioapic_init(). */
bool ioapic_route_isa(unsigned irq, uint8_t vector, uint32_t apic_id)
{
    const struct madt_override *override = table ? find_override(irq) : NULL;
    uint32_t gsi = override ? override->gsi : irq;

    for (unsigned i = 0; i < nr_ioapics; i++) {
        const struct ioapic *io = &ioapics[i];

        if (gsi < io->gsi_base || gsi - io->gsi_base >= io->nr_inputs)
            continue;
        ioapic_write(io, IOAPIC_ENTRY(gsi - io->gsi_base) + 1, apic_id << ENTRY_DEST_SHIFT);
        ioapic_write(io, IOAPIC_ENTRY(gsi - io->gsi_base), vector | entry_flags(override));
        return true;
    }
    return false;
}
