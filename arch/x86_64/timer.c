/*
 * arch/x86_64/timer.c - an interrupt at a given time, on the CPU that asks.
 *
 * THEORY
 *
 * The local APIC counts down at a rate that nobody tells; it is measured once against the clock. A CPU
 * with TSC deadline compares the time stamp counter instead and needs no rate. A count that would not
 * fit, and one that was rounded, comes too early: the interrupt then sets the rest and nobody hears of
 * it.
 *
 *     timer_set(5 s)   counter of 1 GHz holds 4.29 s: | 4.29 s, again | 0.71 s | handler
 *
 * LOCKING  None: due times are per-CPU, and changed with interrupts off.
 * UNITS    Nanoseconds of clock_ns(); ticks of the APIC.
 * SOURCES  Intel SDM vol. 3A, 10.5.4 "APIC Timer", 10.5.4.1 "TSC-Deadline Mode".
 */
#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/regs.h"
#include "kernel/printk.h"
#include <arch/clock.h>
#include <arch/irq.h>
#include <arch/percpu.h>
#include <arch/timer.h>

#define CALIBRATE_NS 2000000UL
#define NEVER        UINT64_MAX

static uint64_t ticks_per_ns_32; /* of the APIC's counter, times 2^32; 0: not measured */
static void (*timer_handler)(void);

static DEFINE_PER_CPU(uint64_t, due_ns) = NEVER;

/* Count down for a while and look how far it came. */
static void calibrate(void)
{
    uint64_t start, ns;
    uint32_t ticks;

    apic_write(APIC_TIMER_DIVIDE, APIC_TIMER_DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VEC_TIMER);
    start = clock_ns();
    apic_write(APIC_TIMER_INITIAL, UINT32_MAX);
    while (clock_ns() - start < CALIBRATE_NS)
        insn_pause();
    ticks = UINT32_MAX - apic_read(APIC_TIMER_CURRENT);
    ns = clock_ns() - start;
    apic_write(APIC_TIMER_INITIAL, 0);
    ticks_per_ns_32 = ((uint64_t)ticks << 32) / ns;
    pr_info("APIC: timer at %lu kHz", (unsigned long)((uint64_t)ticks * 1000000 / ns));
}

/* Let the counter run until @when, or as long as it can. It is at least one tick: 0 would stop it. */
static void arm(uint64_t when_ns)
{
    uint64_t now = clock_ns(), ns = when_ns > now ? when_ns - now : 0;
    unsigned __int128 ticks = (unsigned __int128)ns * ticks_per_ns_32 >> 32;

    if (cpu_has(CPU_HAS_TSC_DEADLINE))
        insn_wrmsr(MSR_TSC_DEADLINE, clock_ticks_at(when_ns));
    else
        apic_write(APIC_TIMER_INITIAL, ticks >= UINT32_MAX ? UINT32_MAX : (uint32_t)ticks + 1);
}

static void handle_timer(void)
{
    uint64_t *due = raw_cpu_ptr(&due_ns);

    if (*due == NEVER)
        return;
    if (clock_ns() < *due) {
        arm(*due);
        return;
    }
    *due = NEVER;
    if (timer_handler)
        timer_handler();
}

/* timer_init_cpu - contract in the header. Context: interrupts off. */
void timer_init_cpu(void)
{
    irq_set_handler(VEC_TIMER, handle_timer);
    if (cpu_has(CPU_HAS_TSC_DEADLINE)) {
        apic_write(APIC_LVT_TIMER, APIC_LVT_TIMER_DEADLINE | VEC_TIMER);
        return;
    }
    if (ticks_per_ns_32 == 0)
        calibrate();
    apic_write(APIC_TIMER_DIVIDE, APIC_TIMER_DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, VEC_TIMER);
}

/* timer_set - contract in the header. Context: any. */
void timer_set(uint64_t when_ns)
{
    unsigned long flags = irq_save();

    if (apic_present()) {
        *raw_cpu_ptr(&due_ns) = when_ns;
        arm(when_ns);
    }
    irq_restore(flags);
}

/* timer_cancel - contract in the header. An interrupt that is on its way is not heard of. */
void timer_cancel(void)
{
    unsigned long flags = irq_save();

    *raw_cpu_ptr(&due_ns) = NEVER;
    if (apic_present()) {
        if (cpu_has(CPU_HAS_TSC_DEADLINE))
            insn_wrmsr(MSR_TSC_DEADLINE, 0);
        else
            apic_write(APIC_TIMER_INITIAL, 0);
    }
    irq_restore(flags);
}

/* timer_set_handler - contract in the header. */
void timer_set_handler(void (*handler)(void))
{
    timer_handler = handler;
}
