; arch/x86_64/context_switch.asm - from one thread's stack to another's.
;
; In:   RDI where to save this thread's stack pointer, RSI the other's struct context.
; Out:  nothing; returns on the other stack.
; Uses: what a function may: all but RBX, RBP, R12 to R15, which are on the stack meanwhile (struct
;       switch_frame in context.c).
;
; SOURCES  System V ABI, AMD64 supplement, 3.2.1 "Registers".

bits 64
default rel

global context_switch, context_start

section .text

context_switch:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov [rdi], rsp
    mov rsp, [rsi]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

; Where a new thread begins: RBX the function, R12 its argument. The function doesn't return.
context_start:
    mov rdi, r12
    call rbx
    ud2
