; arch/x86_64/calibrate.asm - a loop whose instructions are known.
;
; In:   RDI how often, at least 1.
; Out:  nothing.
; Uses: RDI, flags.
;
; <arch/calibrate.h> tells how many instructions an iteration has.

bits 64

global calibrate_loop

section .text

calibrate_loop:
    dec rdi
    jnz calibrate_loop
    ret
