; boot/ap_trampoline.asm - from another CPU's first instruction to the first line of C.
;
; THEORY
;
; A CPU that gets a start-up IPI begins in real mode at the page that the IPI names; all CPUs run this
; at the same time, so nothing here is written, and there is no stack until the CPU has found its own.
; The code is copied to TRAMPOLINE_PA, and its page tables (made by arch/x86_64/smp.c) show the low
; 2 MiB at their own address, and the image:
;
;     ap_trampoline  16 bits  at TRAMPOLINE_PA
;     protected      32 bits  at TRAMPOLINE_PA, turns on paging
;     long_mode      64 bits  at TRAMPOLINE_PA, jumps to the image
;     ap_entry       64 bits  in the image; takes the kernel's tables; looks up the slot of its APIC
;                             id; a CPU that nobody waits for stops there
;
; SOURCES  Intel SDM vol. 3A, 8.4.4 "MP Initialization Example", 9.8.5 "Initializing IA-32e Mode";
;          vol. 2A, "CPUID - CPU Identification", leaves 01H and 0BH.

%include "numbers.inc"

%define LOW(symbol) (symbol - ap_trampoline + TRAMPOLINE_PA)

global ap_trampoline, ap_trampoline_end
extern ap_root, ap_slots, nr_ap_slots, ap_start

section .rodata

bits 16
ap_trampoline:
    cli
    cld
    mov ax, cs
    mov ds, ax
    lgdt [gdt_pointer - ap_trampoline]
    mov eax, cr0
    or eax, CR0_PE
    mov cr0, eax
    jmp dword SEL_CODE32:LOW(protected)

bits 32
protected:
    mov eax, CR4_PAE
    mov cr4, eax
    mov eax, TRAMPOLINE_PML4_PA
    mov cr3, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_LME | EFER_NXE
    wrmsr
    mov eax, CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE
    mov cr0, eax
    jmp SEL_CODE:LOW(long_mode)

bits 64
long_mode:
    mov rax, ap_entry
    jmp rax

align 8
gdt:
    dq 0                        ; marked as accessed, so that the CPUs don't write here
    dq DESC_CODE64 | DESC_ACCESSED
    dq DESC_DATA | DESC_ACCESSED
    dq DESC_CODE32 | DESC_ACCESSED
gdt_end:
gdt_pointer:
    dw gdt_end - gdt - 1
    dd LOW(gdt)
ap_trampoline_end:

section .text

ap_entry:
    mov eax, SEL_DATA           ; from the trampoline's GDT, which is lost with the low 2 MiB
    mov ds, eax
    mov es, eax
    mov ss, eax
    xor eax, eax
    mov fs, eax
    mov gs, eax
    mov rax, [ap_root]
    mov cr3, rax

    xor eax, eax                ; the APIC id, as cpu_apic_id() finds it
    cpuid
    cmp eax, 0xb
    jb .initial
    mov eax, 0xb
    xor ecx, ecx
    cpuid
    mov esi, edx
    test ebx, ebx
    jnz .search
.initial:
    mov eax, 1
    cpuid
    shr ebx, 24
    mov esi, ebx

.search:
    mov rdi, ap_slots
    mov ecx, [nr_ap_slots]
.next:
    sub ecx, 1
    jc .stop
    cmp [rdi + AP_SLOT_APIC_ID], esi
    je .found
    add rdi, AP_SLOT_SIZE
    jmp .next

.found:
    mov rsp, [rdi + AP_SLOT_STACK_TOP]
    mov ecx, MSR_GS_BASE
    mov eax, [rdi + AP_SLOT_AREA]
    mov edx, [rdi + AP_SLOT_AREA + 4]
    wrmsr
    mov edi, [rdi + AP_SLOT_CPU]
    xor ebp, ebp                ; the last frame of a backtrace
    call ap_start               ; doesn't return

.stop:
    cli
    hlt
    jmp .stop
