/*
 * arch/x86_64/stacks.c - kernel stacks by address, and the ones that each CPU uses.
 *
 * LOCKING  None. A CPU's table is written before the CPU starts.
 */
#include "arch/x86_64/stacks.h"
#include "arch/x86_64/tables.h"
#include <arch/percpu.h>

struct guarded_stack boot_stacks[NR_CPU_STACKS];

/* Addresses above this CPU's stacks; 0: the boot CPU's in the image. */
static DEFINE_PER_CPU(uintptr_t[NR_CPU_STACKS], tops);

static const char *const names[NR_CPU_STACKS] = {
    [CPU_STACK_IDLE] = "idle",
    [CPU_STACK_DOUBLE_FAULT] = "double fault",
    [CPU_STACK_NMI] = "NMI",
    [CPU_STACK_MACHINE_CHECK] = "machine check",
};

_Static_assert(sizeof(struct guarded_stack) == PAGE_SIZE + BOOT_STACK_SIZE, "no padding");
_Static_assert(BOOT_STACK_SIZE % PAGE_SIZE == 0, "the next guard begins on a page border");

/* cpu_stack_set - contract in the header. */
void cpu_stack_set(int cpu, enum cpu_stack id, void *top)
{
    (*per_cpu_ptr(&tops, cpu))[id] = (uintptr_t)top;
}

/* cpu_stack_top - the address above @cpu's stack, NULL if it has none (yet). */
void *cpu_stack_top(int cpu, enum cpu_stack id)
{
    return (void *)(*per_cpu_ptr(&tops, cpu))[id];
}

/* stack_top_of_this_cpu - contract in the header. Context: the thread cannot move. */
uintptr_t stack_top_of_this_cpu(enum cpu_stack id)
{
    uintptr_t top = (*raw_cpu_ptr(&tops))[id];

    return top ? top : (uintptr_t)boot_stacks[id].bytes + BOOT_STACK_SIZE;
}

static struct stack_range range_of(uintptr_t bottom, size_t size)
{
    return (struct stack_range){.bottom = bottom, .top = bottom + size};
}

/*
 * stack_find - the stack whose usable part holds @va; empty if none does. It is mapped: a backtrace
 * may read there. Context: any. O(1).
 */
struct stack_range stack_find(uintptr_t va)
{
    uintptr_t slot = KSTACK_BASE + ALIGN_DOWN(va - KSTACK_BASE, KSTACK_SLOT);

    if (va >= KSTACK_BASE && va < KSTACK_END && va - slot >= KSTACK_SIZE && vm_is_mapped(va))
        return range_of(slot + KSTACK_SIZE, KSTACK_SIZE);
    for (int id = 0; id < NR_CPU_STACKS; id++) {
        uintptr_t bottom = (uintptr_t)boot_stacks[id].bytes;

        if (va >= bottom && va - bottom < BOOT_STACK_SIZE)
            return range_of(bottom, BOOT_STACK_SIZE);
    }
    return range_of(0, 0);
}

/* stack_find_guarded - the stack above the guard that holds @va; empty if none does. Context: any. */
struct stack_range stack_find_guarded(uintptr_t va)
{
    uintptr_t slot = KSTACK_BASE + ALIGN_DOWN(va - KSTACK_BASE, KSTACK_SLOT);

    if (va >= KSTACK_BASE && va < KSTACK_END && va - slot < KSTACK_SIZE)
        return range_of(slot + KSTACK_SIZE, KSTACK_SIZE);
    for (int id = 0; id < NR_CPU_STACKS; id++) {
        uintptr_t guard = (uintptr_t)boot_stacks[id].guard;

        if (va >= guard && va - guard < PAGE_SIZE)
            return range_of((uintptr_t)boot_stacks[id].bytes, BOOT_STACK_SIZE);
    }
    return range_of(0, 0);
}

/* stack_name - @stack in words. Context: any. */
const char *stack_name(struct stack_range stack)
{
    if (stack.bottom == (uintptr_t)boot_stacks[CPU_STACK_IDLE].bytes)
        return "boot";
    for (int id = 0; id < NR_CPU_STACKS; id++) {
        if (stack.top == stack_top_of_this_cpu((enum cpu_stack)id))
            return names[id];
    }
    return "thread";
}
