/*
 * arch/x86_64/smp.c - starting the other CPUs, all at once.
 *
 * THEORY
 *
 * A CPU that has got INIT waits for a start-up IPI that says where to begin: the trampoline
 * (boot/ap_trampoline.asm). All CPUs get both at the same time, and all go the same way; the only
 * thing that tells them apart is the APIC id, by which each finds its slot: its stack and area. So the
 * time to start 64 CPUs is that of one, and 63 times the few microseconds to send IPIs.
 *
 * A CPU and the one that waits for it agree by one exchange on how it went:
 *
 *     WANTED --the CPU arrives--> ARRIVED
 *     WANTED --nobody waits any longer--> GIVEN_UP: a CPU that comes later stops at once
 *
 * The trampoline's page tables stay, so that one that is late beyond all measure finds them.
 *
 * On the way the CPUs compare their time stamp counters: each publishes what it read if that is the
 * highest so far; who then reads less than what was published has a counter that lags.
 *
 * INVARIANTS
 *   S1  A CPU in cpu_online_mask answers IPIs as soon as it lets interrupts in.
 *
 * LOCKING  Slots are written before the first IPI. Words that several CPUs write are atomic.
 * SOURCES  Intel SDM vol. 3A, 8.4.3 "MP Initialization Protocol Algorithm for MP Systems", 8.4.4.1
 *          "Typical BSP Initialization Sequence": INIT, 10 ms, SIPI, 200 us, SIPI.
 * NOT HERE Which CPUs to start (kernel/smp.c).
 */
#include "arch/x86_64/apic.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/regs.h"
#include "arch/x86_64/smp_boot.h"
#include "arch/x86_64/tables.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/sections.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/interrupt.h>
#include <arch/percpu.h>
#include <arch/smp.h>
#include <arch/stack.h>
#include <arch/vm.h>

#define INIT_NS     10000000UL
#define SIPI_NS     200000UL
#define PATIENCE_NS 1000000000UL /* since the last one arrived */
#define TSC_ROUNDS  50           /* looks at the counter for each CPU that starts */

enum ap_state { AP_NONE, AP_WANTED, AP_ARRIVED, AP_GIVEN_UP };

struct ap_slot ap_slots[NR_CPUS];
uint32_t nr_ap_slots;
uint64_t ap_root;

static int states[NR_CPUS]; /* enum ap_state, by CPU */
static void (*ap_main)(void);

static uint64_t highest_tsc; /* that any CPU has read */
static uint64_t worst_lag;   /* ticks by which some CPU read less than that */

/* ---- the time stamp counters ---- */

static void raise(uint64_t *to, uint64_t value)
{
    uint64_t old = __atomic_load_n(to, __ATOMIC_RELAXED);

    while (old < value &&
           !__atomic_compare_exchange_n(to, &old, value, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        ;
}

/* The other's reading is loaded first, so ours must not be less. */
static void compare_tsc(void)
{
    uint64_t other = __atomic_load_n(&highest_tsc, __ATOMIC_SEQ_CST), mine = insn_rdtsc_ordered();

    if (mine < other)
        raise(&worst_lag, other - mine);
    raise(&highest_tsc, mine);
}

static void report_tsc(void)
{
    uint64_t lag = __atomic_load_n(&worst_lag, __ATOMIC_SEQ_CST);

    if (lag > 0)
        pr_warn("smp: the CPUs' time stamp counters differ by %lu ticks or more: times taken on "
                "different CPUs cannot be compared to that",
                (unsigned long)lag);
}

/* ---- the trampoline ---- */

/* Where the trampoline shall be there must be RAM; some firmware keeps those pages. */
static bool low_memory_is_ram(void)
{
    for (paddr_t pa = TRAMPOLINE_PA; pa < TRAMPOLINE_END_PA; pa += PAGE_SIZE) {
        unsigned prot;

        if (!vm_query((uintptr_t)phys_to_virt(pa), NULL, &prot, NULL) || !(prot & VM_WRITE))
            return false;
    }
    return true;
}

/* The low 2 MiB at their own address; the image as in the kernel's tables. */
static void build_tables(void)
{
    uint64_t *pml4 = phys_to_virt(TRAMPOLINE_PML4_PA);
    const uint64_t *kernel = phys_to_virt(vm_root());
    unsigned image = KERNEL_BASE >> 39 & 511;

    memset(pml4, 0, TRAMPOLINE_END_PA - TRAMPOLINE_PML4_PA);
    pml4[0] = TRAMPOLINE_PDPT_PA | PTE_PRESENT | PTE_WRITE;
    pml4[image] = kernel[image];
    *(uint64_t *)phys_to_virt(TRAMPOLINE_PDPT_PA) = TRAMPOLINE_PD_PA | PTE_PRESENT | PTE_WRITE;
    *(uint64_t *)phys_to_virt(TRAMPOLINE_PD_PA) = PTE_PRESENT | PTE_LARGE; /* read and execute */
}

static void install_trampoline(void)
{
    size_t size = SET_SIZE(ap_trampoline, ap_trampoline_end);

    BUG_ON(size > PAGE_SIZE);
    memcpy(phys_to_virt(TRAMPOLINE_PA), ap_trampoline, size);
    build_tables();
    ap_root = vm_root();
}

/* ---- on the starting CPU ---- */

/* Does somebody still wait for @cpu? */
static bool arrive(int cpu)
{
    int wanted = AP_WANTED;

    return __atomic_compare_exchange_n(&states[cpu], &wanted, AP_ARRIVED, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

/* ap_start - contract in the header. Context: interrupts off, on the idle stack. */
void ap_start(int cpu)
{
    cpu_init_secondary();
    interrupts_init_cpu();
    if (!arrive(cpu))
        cpu_halt();
    for (int i = 0; i < TSC_ROUNDS; i++)
        compare_tsc();
    cpumask_set_atomic(&cpu_online_mask, cpu); /* S1 */
    ap_main();
    panic("the entry function of CPU %d has returned", cpu);
}

/* ---- on the boot CPU ---- */

static void add_slot(int cpu)
{
    ap_slots[nr_ap_slots++] = (struct ap_slot){
        .apic_id = cpu_apic_id_of(cpu),
        .cpu = (uint32_t)cpu,
        .stack_top = (uintptr_t)cpu_stack_top(cpu, CPU_STACK_IDLE),
        .area = (uintptr_t)cpu_local_of(cpu),
    };
    states[cpu] = AP_WANTED;
}

static void wait_ns(uint64_t ns)
{
    uint64_t end = clock_ns() + ns;

    while (clock_ns() < end)
        cpu_relax();
}

/* Send @command to each CPU that has not arrived. */
static void send_to_missing(uint32_t command)
{
    for (uint32_t i = 0; i < nr_ap_slots; i++) {
        if (__atomic_load_n(&states[ap_slots[i].cpu], __ATOMIC_SEQ_CST) == AP_WANTED)
            apic_send(ap_slots[i].apic_id, command);
    }
}

static void send_start(void)
{
    send_to_missing(APIC_DM_INIT | APIC_ICR_ASSERT);
    wait_ns(INIT_NS);
    send_to_missing(APIC_DM_STARTUP | APIC_ICR_ASSERT | TRAMPOLINE_PA >> PAGE_SHIFT);
    wait_ns(SIPI_NS);
    send_to_missing(APIC_DM_STARTUP | APIC_ICR_ASSERT | TRAMPOLINE_PA >> PAGE_SHIFT);
}

static unsigned count_online(const cpumask_t *cpus)
{
    cpumask_t online;

    cpumask_and(&online, cpus, &cpu_online_mask);
    return (unsigned)cpumask_weight(&online);
}

/* Until all slots' CPUs are online, or nothing has happened for PATIENCE_NS. */
static void wait_for_all(const cpumask_t *cpus)
{
    uint64_t last_arrival = clock_ns();
    unsigned nr = 0;

    while (nr < nr_ap_slots && clock_ns() - last_arrival < PATIENCE_NS) {
        unsigned now = count_online(cpus);

        compare_tsc();
        if (now != nr)
            last_arrival = clock_ns();
        nr = now;
        cpu_relax();
    }
}

/* Who hasn't arrived is not waited for any longer; one that just has is waited for to the end. */
static void give_up_missing(void)
{
    for (uint32_t i = 0; i < nr_ap_slots; i++) {
        int cpu = (int)ap_slots[i].cpu, wanted = AP_WANTED;

        if (__atomic_compare_exchange_n(&states[cpu], &wanted, AP_GIVEN_UP, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
            pr_warn("smp: CPU %d (APIC id 0x%x) does not answer and is left out", cpu,
                    ap_slots[i].apic_id);
        else
            while (!cpumask_test(&cpu_online_mask, cpu))
                cpu_relax();
    }
}

/* smp_start - contract in the header. */
cpumask_t smp_start(const cpumask_t *cpus, void (*entry)(void))
{
    cpumask_t online;
    int cpu;

    cpumask_zero(&online);
    if (!low_memory_is_ram()) {
        pr_warn("smp: no RAM at 0x%lx, where other CPUs would start: they are left out",
                TRAMPOLINE_PA);
        return online;
    }
    for_each_cpu (cpu, cpus) {
        if (apic_can_reach(cpu_apic_id_of(cpu)))
            add_slot(cpu);
        else
            pr_warn("smp: CPU %d has APIC id 0x%x, which is out of reach without x2APIC, and is "
                    "left out",
                    cpu, cpu_apic_id_of(cpu));
    }
    ap_main = entry;
    install_trampoline();
    send_start();
    wait_for_all(cpus);
    give_up_missing();
    report_tsc();
    cpumask_and(&online, cpus, &cpu_online_mask);
    return online;
}
