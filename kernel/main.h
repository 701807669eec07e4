/*
 * kernel/main.h - where the boot code hands over to the kernel.
 */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

struct boot_info;

/*
 * Bring the kernel up. The serial port and the trap gates work already (serial_init, cpu_init); the
 * early page tables of <arch/vm.h> are loaded, interrupts are off, the stack is the boot stack.
 * @bi lives in the image. Does not return: the machine is switched off instead.
 */
void kmain(struct boot_info *bi);

#endif
