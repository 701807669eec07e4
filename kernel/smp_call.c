/*
 * kernel/smp_call.c - have a function run on other CPUs.
 *
 * THEORY
 *
 * Each CPU has one letter (function, argument, how many still have to read it) and a letter box, a
 * bit for each sender. To call, a CPU writes its letter, sets its bit in the boxes of all receivers,
 * and interrupts those whose box was empty. The receiver empties its box in one step and reads the
 * letters of all whose bits were set:
 *
 *     CPU 0's letter: flush, for 2      CPU 2's box: {0, 5}     interrupted once for both
 *     CPU 5's letter: count, for 1      CPU 3's box: {0}
 *
 * Nothing is allocated, and nobody takes a lock. A letter is written anew only when all have read it,
 * so a second call of a CPU waits for its first one.
 *
 * Why two CPUs that call each other don't wait for ever: a waiting CPU has interrupts on and serves
 * its box. Why no bit is lost: a bit that is set in a box that wasn't empty is there before the
 * receiver empties it, since the interrupt that the first bit caused is still to come.
 *
 * INVARIANTS
 *   C1  The bit of a sender is in a box only while its letter's count is above 0.
 *
 * LOCKING  None: a letter is its CPU's (preemption off), the count and the boxes are atomic.
 */
#include "kernel/smp_call.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/preempt.h"
#include <arch/cpu.h>
#include <arch/percpu.h>
#include <arch/smp.h>

struct letter {
    smp_call_fn fn;
    void *arg;
    bool wait; /* it counts as read when the function has returned, else when it is known */
    int nr_unread;
};

struct box {
    unsigned long senders[BITMAP_WORDS(NR_CPUS)];
};

static DEFINE_PER_CPU(struct letter, letter);
static DEFINE_PER_CPU(struct box, box);

static void wait_until_read(const struct letter *l)
{
    while (__atomic_load_n(&l->nr_unread, __ATOMIC_ACQUIRE) != 0)
        cpu_relax();
}

/* Put this CPU's letter into @cpu's box. Returns whether somebody has to wake it. */
static bool put_into_box(int cpu)
{
    unsigned self = (unsigned)this_cpu();
    unsigned long *word = &per_cpu_ptr(&box, cpu)->senders[self / BITS_PER_LONG];

    return __atomic_fetch_or(word, 1UL << self % BITS_PER_LONG, __ATOMIC_SEQ_CST) == 0;
}

static void count_as_read(struct letter *l)
{
    __atomic_fetch_sub(&l->nr_unread, 1, __ATOMIC_RELEASE);
}

/* The letter is gone as soon as the count falls. */
static void read_letter(struct letter *l)
{
    smp_call_fn fn = l->fn;
    void *arg = l->arg;
    bool wait = l->wait;

    if (!wait)
        count_as_read(l);
    fn(arg);
    if (wait)
        count_as_read(l);
}

/* The handler of IPI_CALL. */
static void empty_box(void)
{
    struct box *mine = this_cpu_ptr(&box);

    for (unsigned i = 0; i < ARRAY_SIZE(mine->senders); i++) {
        unsigned long senders = __atomic_exchange_n(&mine->senders[i], 0, __ATOMIC_SEQ_CST);
        unsigned bit;

        for_each_bit (bit, &senders, BITS_PER_LONG)
            read_letter(per_cpu_ptr(&letter, (int)(i * BITS_PER_LONG + bit)));
    }
}

/* May this CPU wait for others? */
static void check_context(void)
{
    if (!irqs_enabled() || cpu_in_interrupt() || lock_nr_held() > 0)
        panic("a call of other CPUs with interrupts %s, %s, and %u locks held: they could wait for "
              "this one",
              irqs_enabled() ? "on" : "off", cpu_in_interrupt() ? "in an interrupt" : "in a thread",
              lock_nr_held());
}

/* Preemption is off, *@cpus isn't empty and without this CPU. */
static void send(const cpumask_t *cpus, smp_call_fn fn, void *arg, bool wait)
{
    struct letter *mine = this_cpu_ptr(&letter);
    cpumask_t wake;
    int cpu;

    check_context();
    wait_until_read(mine);
    mine->fn = fn;
    mine->arg = arg;
    mine->wait = wait;
    __atomic_store_n(&mine->nr_unread, cpumask_weight(cpus), __ATOMIC_SEQ_CST);
    cpumask_zero(&wake);
    for_each_cpu (cpu, cpus) {
        if (put_into_box(cpu))
            cpumask_set(&wake, cpu);
    }
    ipi_send_mask(&wake, IPI_CALL);
}

/* Send to those of *@cpus that are online, but not to this one. Preemption is off. */
static void send_to_others(const cpumask_t *cpus, smp_call_fn fn, void *arg, bool wait)
{
    cpumask_t others;

    cpumask_and(&others, cpus, &cpu_online_mask);
    cpumask_clear(&others, this_cpu());
    if (!cpumask_empty(&others))
        send(&others, fn, arg, wait);
}

/* smp_call_function_many - contract in the header. O(CPUs). */
void smp_call_function_many(const cpumask_t *cpus, smp_call_fn fn, void *arg, bool wait)
{
    preempt_disable();
    send_to_others(cpus, fn, arg, wait);
    if (wait)
        wait_until_read(this_cpu_ptr(&letter));
    preempt_enable();
}

static void call_here(smp_call_fn fn, void *arg)
{
    unsigned long flags = irq_save();

    fn(arg);
    irq_restore(flags);
}

/* smp_call_function_single - contract in the header. */
void smp_call_function_single(int cpu, smp_call_fn fn, void *arg, bool wait)
{
    preempt_disable();
    BUG_ON(!cpumask_test(&cpu_online_mask, cpu));
    if (cpu == this_cpu()) {
        call_here(fn, arg);
    } else {
        cpumask_t one = cpumask_of(cpu);

        smp_call_function_many(&one, fn, arg, wait);
    }
    preempt_enable();
}

/* on_each_cpu - contract in the header. */
void on_each_cpu(smp_call_fn fn, void *arg)
{
    preempt_disable();
    send_to_others(&cpu_online_mask, fn, arg, true);
    call_here(fn, arg);
    wait_until_read(this_cpu_ptr(&letter));
    preempt_enable();
}

/* smp_call_init - contract in the header. */
void smp_call_init(void)
{
    ipi_set_handler(IPI_CALL, empty_box);
}
