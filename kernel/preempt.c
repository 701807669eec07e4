/*
 * kernel/preempt.c - preemption without a scheduler: nobody to change to.
 */
#include "kernel/preempt.h"

/* Contracts in the header; replaced by the scheduler's. */
__weak void preempt_schedule(void)
{
}

__weak void preempt_schedule_irq(void)
{
}
