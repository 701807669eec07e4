/*
 * arch/x86_64/descriptors.h - GDT, TSS and IDT.
 */
#ifndef ARCH_X86_64_DESCRIPTORS_H
#define ARCH_X86_64_DESCRIPTORS_H

/* Build and load all three. From here on an exception reaches trap_handle(). */
void descriptors_init(void);
/* Those of the CPU that runs this; the IDT is there. */
void descriptors_init_cpu(void);

#endif
