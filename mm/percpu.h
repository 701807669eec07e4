/*
 * mm/percpu.h - the memory of each CPU.
 */
#ifndef MM_PERCPU_H
#define MM_PERCPU_H

/* Areas and stacks for every present CPU, each in its node. */
void percpu_init(void);
/* The lowest address of @cpu's idle stack (KSTACK_SIZE bytes). */
void *cpu_idle_stack(int cpu);

#endif
