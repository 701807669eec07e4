/*
 * tools/numascope/mark.S - a program for Linux that makes numascope's mark and ends.
 */
        .globl _start
_start:
        nopl    0x4d554e00(%rax,%rax,1) /* arch/x86_64/insn.h, insn_mark(0) */
        mov     $60, %eax               /* exit */
        xor     %edi, %edi
        syscall
