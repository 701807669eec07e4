; arch/x86_64/probe.asm - touch an address and live to tell: vm_probe_read, _write, _exec.
;
; In:   RDI the address.
; Out:  EAX 0, or -EFAULT if the access raised a page fault or a protection fault.
; Uses: RAX, RDX; vm_probe_exec also what the code at RDI uses.
;
; Nothing is prepared for the fault: trap_handle() (traps.c) knows the faulting instructions below
; by their addresses and goes on at probe_faulted. A call whose target cannot be executed faults at the
; target, with the return address on the stack; it is known by that.

%include "numbers.inc"

bits 64
default rel

global vm_probe_read, vm_probe_write, vm_probe_exec
global probe_read_access, probe_write_access, probe_exec_call, probe_exec_return, probe_faulted

section .text

vm_probe_read:
probe_read_access:
    mov dl, [rdi]
    xor eax, eax
    ret

vm_probe_write:
    mov dl, 0
probe_write_access:
    lock or [rdi], dl           ; a write that leaves the byte as it is
    xor eax, eax
    ret

vm_probe_exec:
    push rbp
    mov rbp, rsp
probe_exec_call:
    call rdi
probe_exec_return:
    leave
    xor eax, eax
    ret

; The stack is as at the entry of the function; trap_handle() has undone what vm_probe_exec pushed.
probe_faulted:
    mov eax, -EFAULT
    ret
