/*
 * arch/x86_64/nmi.h - the receiving end of smp_stop_others() and smp_backtrace().
 */
#ifndef ARCH_X86_64_NMI_H
#define ARCH_X86_64_NMI_H

#include <stdbool.h>

struct trap_frame;

/* An NMI has come: do what another CPU asks for. Doesn't return if that is to stop; returns false if
 * nobody asks for anything. */
bool nmi_handle(const struct trap_frame *f);

#endif
