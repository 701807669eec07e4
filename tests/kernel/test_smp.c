/*
 * tests/kernel/test_smp.c - all CPUs: their memory, calls, forgetting translations, locks, time.
 *
 * What has to run on all CPUs at the same time is sent to them by a call that doesn't wait, and lets
 * interrupts in again, so that the CPUs go on answering each other.
 */
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/lock.h"
#include "kernel/smp_call.h"
#include "mm/kstack.h"
#include "mm/memblock.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include "mm/percpu.h"
#include "tests/kernel/mm_helpers.h"
#include "tests/kernel/thread_helpers.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/percpu.h>
#include <arch/stack.h>
#include <arch/vm.h>

#define TIMEOUT_NS 100000000000UL /* so long nothing here can take */

/* How often each CPU does something of which all together do about @total: many virtual CPUs share
 * few real ones, and get their turn the later the more there are. */
static int rounds(int total)
{
    return max(total / (nr_online_cpus() * nr_online_cpus()), 3);
}

/* ---- running on all CPUs at the same time ---- */

static struct {
    void (*fn)(void);
    int nr_ready;
    int nr_done;
} party;

static void wait_for(const int *count, int value)
{
    uint64_t end = clock_ns() + TIMEOUT_NS;

    while (__atomic_load_n(count, __ATOMIC_ACQUIRE) < value) {
        if (clock_ns() > end)
            panic("a test waits for %d CPUs, and only %d come", value, *count);
        cpu_relax();
    }
}

static void join_party(void *unused)
{
    (void)unused;
    __atomic_fetch_add(&party.nr_ready, 1, __ATOMIC_SEQ_CST);
    irq_restore(RFLAGS_INTERRUPTS);
    wait_for(&party.nr_ready, nr_online_cpus());
    party.fn();
    irq_save();
    __atomic_fetch_add(&party.nr_done, 1, __ATOMIC_SEQ_CST);
}

/* @others on all other CPUs, @mine on this one, all at the same time. */
static void run_on_all(void (*mine)(void), void (*others)(void))
{
    party.fn = others;
    party.nr_ready = 0;
    party.nr_done = 0;
    preempt_disable();
    smp_call_function_many(&cpu_online_mask, join_party, NULL, false);
    __atomic_fetch_add(&party.nr_ready, 1, __ATOMIC_SEQ_CST);
    wait_for(&party.nr_ready, nr_online_cpus());
    mine();
    wait_for(&party.nr_done, nr_online_cpus() - 1);
    preempt_enable();
}

/* ---- memory ---- */

/* The node of a physical address by the firmware's ranges, and by the page's descriptor. */
static void expect_on_node(int nid, paddr_t pa)
{
    KEXPECT_EQ(nid, page_to_nid(pfn_to_page(pa >> PAGE_SHIFT)));
    KEXPECT_EQ(nid, memblock_nid_of(&memblock, pa));
}

/* Each access of a CPU to its own variables would cross the machine. */
KTEST(smp, areas_and_stacks_lie_in_the_nearest_node_with_memory)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        int nid = node_nearest_with_memory(cpu_to_node(cpu));

        if (node_free_pages(nid) == 0)
            continue; /* it had no room */
        expect_on_node(nid, virt_to_phys(cpu_local_of(cpu)));
        for (int id = 0; id < NR_CPU_STACKS; id++) {
            char *top = cpu_stack_top(cpu, (enum cpu_stack)id);
            paddr_t pa = 0;

            KASSERT(vm_query((uintptr_t)top - 1, &pa, NULL, NULL));
            expect_on_node(nid, pa);
        }
    }
}

/* A stack that grows into another one, or into free memory, corrupts it without a word. */
KTEST(smp, stack_has_an_unmapped_guard_below)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        uintptr_t bottom = (uintptr_t)cpu_idle_stack(cpu);

        KEXPECT_EQ(0, vm_probe_read(bottom));
        KEXPECT(vm_probe_read(bottom - 1) != 0);
        KEXPECT(vm_probe_read(bottom - KSTACK_SIZE) != 0);
    }
}

/* A thread's stack on the wrong node slows each of its calls, and one that isn't freed is a leak. */
KTEST(smp, stack_comes_from_its_node_and_goes_back)
{
    int nid;

    for_each_online_node (nid) {
        int from = node_nearest_with_memory(nid);
        unsigned long before = exact_free_pages(from);
        char *mine;

        if (before < KSTACK_PAGES)
            continue;
        mine = kstack_alloc(nid);
        KASSERT(mine != NULL);
        KEXPECT_EQ(from, kstack_node(mine));
        KEXPECT_EQ(before - KSTACK_PAGES, exact_free_pages(from));
        mine[0] = 1;
        mine[KSTACK_SIZE - 1] = 1;
        kstack_free(mine);
        KEXPECT_EQ(before, exact_free_pages(from));
        KEXPECT(vm_probe_write((uintptr_t)mine - 1) != 0);
    }
}

/* Slots are used again only after the TLBs have forgotten them; that must not lose or double one. */
KTEST(smp, thousands_of_stacks_one_after_the_other)
{
    unsigned before = kstack_nr_used();

    for (int i = 0; i < 5000; i++) {
        volatile int *mine = kstack_alloc(0);

        KASSERT(mine != NULL);
        *mine = i;
        KEXPECT_EQ(i, *mine);
        kstack_free((void *)(uintptr_t)mine);
    }
    KEXPECT_EQ(before, kstack_nr_used());
}

/* ---- calls ---- */

static void note_cpu(void *arg)
{
    int *result = arg;

    *result = irqs_enabled() || !cpu_in_interrupt() ? -2 : this_cpu();
}

/* A call that ran on another CPU than asked for would flush the wrong TLB. */
KTEST(smp, every_cpu_answers_a_call)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        int result = -1;

        if (cpu == this_cpu())
            continue;
        smp_call_function_single(cpu, note_cpu, &result, true);
        KEXPECT_EQ(cpu, result);
    }
}

static void count_call(void *arg)
{
    __atomic_fetch_add((int *)arg, 1, __ATOMIC_RELAXED);
}

KTEST(smp, call_of_all_reaches_each_cpu_once)
{
    int all = 0, others = 0;

    for (int i = 0; i < 100; i++) {
        on_each_cpu(count_call, &all);
        smp_call_function_many(&cpu_online_mask, count_call, &others, true);
    }
    KEXPECT_EQ(100 * nr_online_cpus(), all);
    KEXPECT_EQ(100 * (nr_online_cpus() - 1), others);
}

static int nr_calls;

static void call_everyone(void)
{
    for (int i = 0; i < 20; i++)
        smp_call_function_many(&cpu_online_mask, count_call, &nr_calls, true);
}

/* CPUs that call each other at the same time would wait for each other for ever, if waiting kept them
 * from answering. A call from an interrupt handler is a panic, so the others don't take part. */
KTEST(smp, calls_that_do_not_wait_are_all_run)
{
    static int nr_run;

    nr_run = 0;
    for (int i = 0; i < 1000; i++)
        smp_call_function_many(&cpu_online_mask, count_call, &nr_run, false);
    wait_for(&nr_run, 1000 * (nr_online_cpus() - 1));
    KEXPECT_EQ(1000 * (nr_online_cpus() - 1), nr_run);
    nr_calls = 0;
    call_everyone();
    KEXPECT_EQ(20 * (nr_online_cpus() - 1), nr_calls);
}

/* ---- forgetting translations ---- */

#define REMAPS      800
#define MAX_READERS 16 /* more busy CPUs than the host has make each flush take a second */

static int last_generation;
/* The lowest page of a stack that nobody runs on is remapped: its page tables are there. */
static void *stack;
static paddr_t stack_pa;
static struct page *pages[2];
static int generation; /* what the page holds, at least */
static int nr_stale;

/* What the page of generation @g holds. */
static void map_generation(int g)
{
    struct page *page = pages[g % 2];

    *(volatile int *)page_address(page) = g;
    vm_set_pages((uintptr_t)stack, (paddr_t)page_to_pfn(page) << PAGE_SHIFT, PAGE_SIZE, VM_WRITE);
    tlb_flush_range((uintptr_t)stack, PAGE_SIZE, false);
    __atomic_store_n(&generation, g, __ATOMIC_SEQ_CST);
}

static void free_pages_and_stack(void)
{
    if (stack)
        kstack_free(stack);
    for (int i = 0; i < 2; i++) {
        if (pages[i])
            __free_pages(pages[i], 0);
    }
}

/* False: not all is there, and nothing is kept. */
static bool begin_remapping(void)
{
    stack = kstack_alloc(numa_node_id());
    pages[0] = alloc_pages(GFP_KERNEL, 0);
    pages[1] = alloc_pages(GFP_KERNEL, 0);
    nr_stale = 0;
    if (!stack || !pages[0] || !pages[1] || !vm_query((uintptr_t)stack, &stack_pa, NULL, NULL)) {
        free_pages_and_stack();
        return false;
    }
    map_generation(1);
    return true;
}

static void end_remapping(void)
{
    vm_set_pages((uintptr_t)stack, stack_pa, PAGE_SIZE, VM_WRITE);
    tlb_flush_range((uintptr_t)stack, PAGE_SIZE, false);
    free_pages_and_stack();
}

static void look(void *unused)
{
    int least = __atomic_load_n(&generation, __ATOMIC_SEQ_CST);

    (void)unused;
    if (*(volatile int *)stack < least)
        __atomic_fetch_add(&nr_stale, 1, __ATOMIC_RELAXED);
}

/* The readers are spread over the machine; the other CPUs go idle. */
static void look_until_the_end(void)
{
    if (this_cpu() % max(nr_online_cpus() / MAX_READERS, 1) != 0)
        return;
    while (READ_ONCE(generation) < last_generation)
        look(NULL);
}

static void remap_until_the_end(void)
{
    for (int g = 2; g <= last_generation; g++)
        map_generation(g);
}

/* A CPU that goes on with an old translation reads, and writes, a page that is somebody else's. */
KTEST(smp, busy_cpus_forget_a_page_that_is_remapped)
{
    KASSERT(begin_remapping());
    last_generation = rounds(REMAPS);
    run_on_all(remap_until_the_end, look_until_the_end);
    KEXPECT_EQ(0, nr_stale);
    end_remapping();
}

/* The same of a CPU that was asleep and was not woken for it. */
KTEST(smp, idle_cpus_forget_a_page_when_they_wake)
{
    KASSERT(begin_remapping());
    for (int g = 2; g < 50; g++) {
        uint64_t end = clock_ns() + 100000; /* they fall asleep */

        on_each_cpu(look, NULL);
        while (clock_ns() < end)
            cpu_relax();
        map_generation(g);
    }
    on_each_cpu(look, NULL);
    KEXPECT_EQ(0, nr_stale);
    end_remapping();
}

/* ---- locks ---- */

#define ROUNDS 8000

static struct spinlock plain_lock = SPINLOCK_INIT("test plain", LOCK_ZONE);
static struct spinlock irq_lock = SPINLOCK_INIT("test irq", LOCK_ZONE);
static struct spinlock try_lock = SPINLOCK_INIT("test try", LOCK_ZONE);
static volatile unsigned long plain_count, irq_count, try_count;

static void count_under_plain_lock(void)
{
    for (int i = 0; i < rounds(ROUNDS); i++) {
        unsigned long flags;

        /* Those that were called are in an interrupt, where a lock needs interrupts off. */
        flags = irq_save();
        spin_lock(&plain_lock);
        plain_count = plain_count + 1;
        spin_unlock(&plain_lock);
        irq_restore(flags);
    }
}

static void count_under_irq_lock(void)
{
    for (int i = 0; i < rounds(ROUNDS); i++) {
        unsigned long flags;

        spin_lock_irqsave(&irq_lock, flags);
        irq_count = irq_count + 1;
        spin_unlock_irqrestore(&irq_lock, flags);
    }
}

static void count_under_try_lock(void) __no_lock_analysis
{
    for (int i = 0; i < rounds(ROUNDS); i++) {
        unsigned long flags = irq_save();

        while (!spin_trylock(&try_lock))
            cpu_relax();
        try_count = try_count + 1;
        spin_unlock(&try_lock);
        irq_restore(flags);
    }
}

static void count_under_all(void)
{
    count_under_plain_lock();
    count_under_irq_lock();
    count_under_try_lock();
}

static void torture(bool virtual_cpus)
{
    bool was_queued = lock_is_queued();
    unsigned long expected = (unsigned long)(nr_online_cpus() * rounds(ROUNDS));

    plain_count = irq_count = try_count = 0;
    lock_init(virtual_cpus);
    run_on_all(count_under_all, count_under_all);
    lock_init(!was_queued);
    KEXPECT_EQ(expected, plain_count);
    KEXPECT_EQ(expected, irq_count);
    KEXPECT_EQ(expected, try_count);
    KEXPECT_EQ(0, plain_lock.word | irq_lock.word | try_lock.word);
}

/* Two in a critical section at the same time lose one of the counts. */
KTEST(smp, one_cpu_at_a_time_has_a_lock_taken_by_test_and_set)
{
    torture(true);
}

/* The fair queue waits for CPUs that the host doesn't run, so with many virtual CPUs it takes long:
 * that is why it isn't used there. */
KTEST(smp, one_cpu_at_a_time_has_a_queued_lock)
{
    KSKIP_IF(nr_online_cpus() > 8 && !lock_is_queued(), "too many virtual CPUs for a fair queue");
    torture(false);
}

#ifdef CONFIG_DEBUG
#define LOCKS_CHECKED true
#else
#define LOCKS_CHECKED false
#endif

static struct spinlock unsafe_lock = SPINLOCK_INIT("test unsafe", LOCK_ZONE);

static void take_unsafe_lock(void *unused)
{
    (void)unused;
    spin_lock(&unsafe_lock);
    spin_unlock(&unsafe_lock);
}

/* A handler that waits for a lock which the interrupted thread holds waits for ever, on one day in a
 * thousand; here it is seen on all days. */
KTEST(smp, lock_of_a_handler_taken_with_interrupts_on_is_reported)
{
    KSKIP_IF(!LOCKS_CHECKED, "not built with DEBUG=1");
    KSKIP_IF(nr_online_cpus() < 2, "one CPU");
    unsafe_lock.usage = 0;
    report_expect();
    take_unsafe_lock(NULL);
    smp_call_function_many(&cpu_online_mask, take_unsafe_lock, NULL, true);
    KEXPECT_EQ(1, report_expect_end());
}

/* ---- time ---- */

static struct spinlock time_lock = SPINLOCK_INIT("test time", LOCK_ZONE);
static uint64_t last_ns;
static int nr_backwards;

static void look_at_the_clock(void)
{
    for (int i = 0; i < rounds(ROUNDS); i++) {
        unsigned long flags;
        uint64_t now;

        spin_lock_irqsave(&time_lock, flags);
        now = clock_ns();
        if (now < last_ns)
            nr_backwards++;
        last_ns = now;
        spin_unlock_irqrestore(&time_lock, flags);
    }
}

/* An event that is seen to happen before its cause, because two CPUs' clocks differ. */
KTEST(smp, clock_does_not_go_backwards_from_one_cpu_to_another)
{
    nr_backwards = 0;
    last_ns = 0;
    run_on_all(look_at_the_clock, look_at_the_clock);
    KEXPECT_EQ(0, nr_backwards);
}
