/*
 * <arch/percpu.h> - variables of which each CPU has its own copy.
 *
 * THEORY
 *
 * The copies' master lies in the image, in section .percpu. Each CPU has an area of the section's
 * size, a copy of the master, in memory of its own node (mm/percpu.c); GS points to it, so %gs:0 is
 * the CPU's struct cpu_local, the first thing in the area. The boot CPU uses the master itself until
 * its area is there.
 *
 *     image     | cpu_local | runqueue | ... |  the master: &var is an address in here
 *     area 3    | cpu_local | runqueue | ... |  CPU 3's: &var + percpu_offset[3]
 *
 * A variable whose address is stored in itself (a list head) must be initialised in the area, not in
 * the master: the copy would point back to it.
 *
 * LOCKING  A copy is its CPU's. To use this_cpu_ptr() the thread must stay on the CPU: preemption or
 *          interrupts off; debug builds check it (kernel/preempt.h).
 */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#include "arch/x86_64/insn.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/cpumask.h"

struct task;

/* What each CPU must reach in one instruction. First in its area. */
struct cpu_local {
    struct cpu_local *self; /* linear address of this structure */
    uintptr_t offset;       /* percpu_offset[cpu] */
    uint32_t cpu;           /* logical number */
    int32_t preempt_count;  /* 0: may be preempted; see kernel/preempt.h */
    uint32_t need_resched;  /* schedule() at the next chance; others set it, then IPI_RESCHEDULE */
    uint32_t irq_depth;     /* interrupts being handled, one in another */
    struct task *current;   /* the running thread, NULL before the scheduler */
    int32_t node;           /* of this CPU */
};

/* The master's. */
extern struct cpu_local cpu_local_master;

#define DEFINE_PER_CPU(type, name)  __section(".percpu") __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name

/* What is added to a variable's address to reach @cpu's copy; 0 until it has an area. */
extern uintptr_t percpu_offset[NR_CPUS];

#define per_cpu_ptr(ptr, cpu) ((__typeof__(ptr))((uintptr_t)(ptr) + percpu_offset[cpu]))

/* This CPU's copy; no check. For those who know that they cannot move. */
#define raw_cpu_ptr(ptr)                                                                           \
    ((__typeof__(ptr))((uintptr_t)(ptr) + insn_read_gs(offsetof(struct cpu_local, offset))))

/* This CPU's; whoever can move gets what was true a moment ago. */
static inline struct cpu_local *cpu_local(void)
{
    return (struct cpu_local *)insn_read_gs(offsetof(struct cpu_local, self));
}

static inline struct cpu_local *cpu_local_of(int cpu)
{
    return per_cpu_ptr(&cpu_local_master, cpu);
}

/* Each of these is one instruction on this CPU's own, right even if the thread moves. */
static inline int raw_this_cpu(void)
{
    return (int)insn_read_gs32(offsetof(struct cpu_local, cpu));
}

static inline int raw_this_node(void)
{
    return (int)insn_read_gs32(offsetof(struct cpu_local, node));
}

/* Add @nr to this CPU's copy of *@var, by its master's address. */
static inline void raw_cpu_add(unsigned long *var, unsigned long nr)
{
    insn_add_gs64((uintptr_t)var - (uintptr_t)&cpu_local_master, nr);
}

/* @t is the thread that runs on @cpu. */
static inline void cpu_set_current(int cpu, struct task *t)
{
    cpu_local_of(cpu)->current = t;
}

static inline struct task *cpu_current(void)
{
    return (struct task *)insn_read_gs(offsetof(struct cpu_local, current));
}

static inline void cpu_preempt_count_inc(void)
{
    insn_inc_gs32(offsetof(struct cpu_local, preempt_count));
}

static inline void cpu_preempt_count_dec(void)
{
    insn_dec_gs32(offsetof(struct cpu_local, preempt_count));
}

static inline int cpu_preempt_count(void)
{
    return (int)insn_read_gs32(offsetof(struct cpu_local, preempt_count));
}

static inline bool cpu_need_resched(void)
{
    return insn_read_gs32(offsetof(struct cpu_local, need_resched)) != 0;
}

/* In an interrupt handler? */
static inline bool cpu_in_interrupt(void)
{
    return insn_read_gs32(offsetof(struct cpu_local, irq_depth)) != 0;
}

/*
 * percpu_prepare - @area, a copy of the master, is @cpu's from now on: others reach its variables
 * there. Context: boot; @cpu doesn't run, or is the caller, interrupts off, who must call
 * percpu_move() next.
 */
void percpu_prepare(int cpu, void *area, int nid);
/* The boot CPU changes from the master to its area, and to its own exception stacks. */
void percpu_move(void);

#endif
