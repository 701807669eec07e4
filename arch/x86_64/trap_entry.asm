; arch/x86_64/trap_entry.asm - the code that the gates of the IDT point to.
;
; In:   what the CPU pushes: SS, RSP, RFLAGS, CS, RIP, and for some vectors an error code.
; Out:  struct trap_frame (arch/x86_64/traps.h) for trap_handle(), who may change it, or, from vector
;       NR_EXCEPTIONS on, for irq_handle().
; Uses: nothing that the interrupted code could see, apart from about 300 bytes of its stack.
;
; The frame begins with RBP and RIP of the interrupted code, laid out as by a function's prologue:
; walking frame pointers from trap_handle() leads through it into that code.
;
; SOURCES  Intel SDM vol. 3A, 6.14.2 "64-Bit Mode Stack Frame"; which vectors push an error code:
;          6.15 "Exception and Interrupt Reference", and AMD64 APM vol. 2, 8.2 "Vectors" (29, 30).

%include "numbers.inc"

bits 64
default rel

extern trap_handle, irq_handle
global trap_stubs, trap_handled, irq_handled

%define HAS_ERROR_CODE (1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 17 | \
                        1 << 21 | 1 << 29 | 1 << 30)

section .text

align TRAP_STUB_SIZE
trap_stubs:
%assign vector 0
%rep NR_EXCEPTIONS
    align TRAP_STUB_SIZE
%if (HAS_ERROR_CODE >> vector & 1) == 0
    push 0
%endif
    push vector
    jmp near trap_common
%assign vector vector + 1
%endrep
%rep NR_VECTORS - NR_EXCEPTIONS
    align TRAP_STUB_SIZE
    push 0
    push vector
    jmp near irq_common
%assign vector vector + 1
%endrep

; The whole frame, and a call of the handler %1 with its address.
%macro ENTER 1
    push rax
    push rcx
    push rdx
    push rbx
    push rbp
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    push qword [rsp + TRAP_FRAME_RIP - TRAP_FRAME_R15]
    push rbp
    mov rbp, rsp
    mov rdi, rsp
    cld
    call %1                     ; the CPU aligned the stack; the frame is a multiple of 16 bytes
%endmacro

align 16
irq_common:
    ENTER irq_handle
irq_handled:
    jmp leave_frame

align 16
trap_common:
    ENTER trap_handle
trap_handled:
leave_frame:
    add rsp, TRAP_FRAME_R15     ; the link
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rbp
    pop rbx
    pop rdx
    pop rcx
    pop rax
    add rsp, 16                 ; vector and error code
    iretq
