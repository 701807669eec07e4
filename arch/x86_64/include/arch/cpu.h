/*
 * <arch/cpu.h> - the processor that runs this code.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct seqbuf;

/*
 * cpu_init - descriptors, trap gates, and every protection that the CPU has (SMEP, SMAP, UMIP; NX
 * and WP are on since boot/entry.asm, which refuses a CPU without NX or 64-bit mode). The boot code
 * calls it before kmain().
 */
void cpu_init(void);

/* Hardware APIC id of the CPU that runs this. */
uint32_t cpu_apic_id(void);

/* How many bits a physical address has on this CPU: 36 to 52. */
unsigned cpu_phys_bits(void);

/* Tell the CPU that this is a polling loop. */
void cpu_relax(void);
/*
 * Interrupts are off, and there is nothing to do: let them in and wait until one was handled. They
 * are on afterwards. What the caller has checked with interrupts off (need_resched) cannot change
 * unseen. Other CPUs spare this one their TLB flushes meanwhile.
 */
void cpu_idle_wait(void);
/* Does CPUID say that this CPU is one of a virtual machine, and may be halted at any time? */
bool cpu_is_virtual(void);
/* The protections of cpu_init() and the descriptors, for a CPU that starts. */
void cpu_init_secondary(void);
/* Stop this CPU for good, interrupts off. */
void cpu_halt(void) __attribute__((noreturn));

/* One CPU's paragraph of /proc/cpuinfo, without the final empty line; @cpu is the logical number.
 */
void cpu_info_show(struct seqbuf *s, int cpu, uint32_t apic_id);

/* One log line: vendor, model, features in use. */
void cpu_print_features(void);

#endif
