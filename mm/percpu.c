/*
 * mm/percpu.c - the memory of each CPU: its area and its stacks, in its own node.
 *
 * A CPU uses them all the time, so they are from the node that the CPU belongs to, or the nearest one
 * with memory. A CPU for which there is no memory cannot be started, and is not present any more.
 *
 * LOCKING  Boot only.
 * NOT HERE What lies in an area (<arch/percpu.h>).
 */
#include "mm/percpu.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/sections.h"
#include "mm/kstack.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include <arch/irq.h>
#include <arch/percpu.h>

static size_t area_size(void)
{
    return SET_SIZE(__percpu_start, __percpu_end);
}

/* A copy of the master for @cpu. */
static bool make_area(int cpu)
{
    int nid = cpu_to_node(cpu);
    struct page *page = alloc_pages_node(node_nearest_with_memory(nid), GFP_KERNEL | __GFP_NOWARN,
                                         get_order(area_size()));

    if (!page)
        return false;
    memcpy(page_address(page), __percpu_start, area_size());
    percpu_prepare(cpu, page_address(page), nid);
    return true;
}

static bool make_stacks(int cpu)
{
    for (int id = 0; id < NR_CPU_STACKS; id++) {
        char *stack = kstack_alloc(cpu_to_node(cpu));

        if (!stack)
            return false;
        cpu_stack_set(cpu, (enum cpu_stack)id, stack + KSTACK_SIZE);
    }
    return true;
}

/*
 * percpu_init - contract in the header.
 *
 * The boot CPU moves from the image to its own. Panics if there is no memory for that. Context: boot,
 * interrupts off, after mm_init().
 */
void percpu_init(void)
{
    int cpu, self = this_cpu();

    kstack_init();
    for_each_cpu (cpu, &cpu_present_mask) {
        if (make_area(cpu) && make_stacks(cpu))
            continue;
        if (cpu == self)
            panic("no memory for the boot CPU's own variables and stacks");
        pr_warn("CPU %d is left out: there is no memory for its variables and stacks", cpu);
        cpumask_clear(&cpu_present_mask, cpu);
    }
    percpu_move();
    pr_info("percpu: %zu bytes and %d stacks for each CPU", area_size(), NR_CPU_STACKS);
}

/* cpu_idle_stack - contract in the header. Context: any, after percpu_init(). */
void *cpu_idle_stack(int cpu)
{
    return (char *)cpu_stack_top(cpu, CPU_STACK_IDLE) - KSTACK_SIZE;
}
