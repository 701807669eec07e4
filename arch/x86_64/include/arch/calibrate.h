/*
 * <arch/calibrate.h> - a loop whose instructions are known, to tell what a tick is.
 */
#ifndef ARCH_CALIBRATE_H
#define ARCH_CALIBRATE_H

#define CALIBRATE_INSNS_PER_ITERATION 2

/* Execute 2 instructions @iterations times (at least 1). */
void calibrate_loop(unsigned long iterations);

#endif
