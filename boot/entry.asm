; boot/entry.asm - from the loader's jump to the first line of C.
;
; THEORY
;
; Both loaders jump here in 32-bit protected mode without paging, with flat segments, at the
; physical address; the image is linked KERNEL_BASE higher. Until long mode is on, every address is therefore
; written PHYS(symbol). The early page tables show the first 4 GiB three times:
;
;     0                   itself, so that the instruction after "paging on" is still there; dropped
;                         as soon as the high half runs, which also unmaps page 0
;     DIRECT_MAP_BASE     RW, NX
;     KERNEL_BASE         the first 1 GiB only, for the image; RWX until vm_activate()
;
;     pml4 --+-- low_pdpt ---- page_dirs, 4 x 512 pages of 2 MiB
;            |                    ^ the first one
;            +-- high_pdpt -------+
;
; A CPU that cannot do this is told so in words, on the serial line and on a VGA text screen.
;
; SOURCES  Multiboot2 2.0, 3.1 and 3.3; Xen docs/misc/pvh.pandoc, "x86/HVM direct boot ABI"; Intel
;          SDM vol. 3A, 9.8.5 "Initializing IA-32e Mode" and 4.5 "4-Level Paging and 5-Level Paging".
; NOT HERE What the loader's structures mean (boot/bootinfo.c); the final tables (arch/x86_64/vm.c).

%include "numbers.inc"

%define PHYS(symbol)   (symbol - KERNEL_BASE)
%define PML4_INDEX(va) ((va) >> 39 & 511)
%define PDPT_INDEX(va) ((va) >> 30 & 511)
%define LARGE_PAGE     (2 << 20)

; IBM's VGA: 80 x 25 cells of character and colour. Where there is none, nobody looks there either.
%define VGA_TEXT           0xb8000
%define VGA_WHITE_ON_BLACK 0x0f

%define SERIAL_PATIENCE 100000  ; reads of the status; some 100 ms at a microsecond each

global multiboot2_entry, pvh_entry
extern boot_start, boot_stacks, __bss_start, __bss_end, __percpu_start
%ifdef CONFIG_KASAN
extern kasan_early_init
%endif

; ---- what the loaders look for ----

section .multiboot2 alloc noexec nowrite progbits align=8

header:
    dd MULTIBOOT2_HEADER_MAGIC
    dd 0                        ; architecture: 32-bit protected mode of i386
    dd header_end - header
    dd 0x100000000 - (MULTIBOOT2_HEADER_MAGIC + (header_end - header))

align 8                         ; the memory map is required
    dw MULTIBOOT2_HEADER_TAG_INFO_REQUEST, 0
    dd 12
    dd MULTIBOOT2_TAG_MEMORY_MAP

align 8
    dw MULTIBOOT2_HEADER_TAG_ENTRY, 0
    dd 12
    dd PHYS(multiboot2_entry)

align 8
    dw MULTIBOOT2_HEADER_TAG_END, 0
    dd 8
header_end:

; ELF specification, "Note Section": sizes of name and descriptor, type, name, descriptor.
section .note.Xen alloc noexec nowrite progbits align=4

    dd 4, 8, XEN_ELFNOTE_PHYS32_ENTRY
    db "Xen", 0
    dq PHYS(pvh_entry)

section .data

align 8
entry_tsc: dq 0                 ; time stamp counter at the entry
info:      dd 0                 ; physical address of the loader's information
loader:    dd 0                 ; PVH_BOOT_MAGIC, or what the other loader left in EAX

; ---- 32-bit ----

section .text
bits 32

; In:   EBX physical address of struct pvh_start_info.
pvh_entry:
    rdtsc
    mov ebp, PVH_BOOT_MAGIC
    jmp enter

; In:   EAX the loader's magic, EBX physical address of struct multiboot2_info.
multiboot2_entry:
    mov ebp, eax
    rdtsc

; In:   EDX:EAX time stamp counter, EBX the loader's information, EBP which loader.
enter:
    cli
    cld
    mov [PHYS(entry_tsc)], eax
    mov [PHYS(entry_tsc) + 4], edx
    mov [PHYS(info)], ebx
    mov [PHYS(loader)], ebp

    mov edi, PHYS(__bss_start)  ; loaders do this too; it is not relied on
    mov ecx, PHYS(__bss_end)
    sub ecx, edi
    shr ecx, 2                  ; both are multiples of 16
    xor eax, eax
    rep stosd

    mov esp, PHYS(boot_stacks) + BOOT_STACK_TOP
    call check_cpu
    call build_tables
    call enable_long_mode
    lgdt [PHYS(gdt_pointer_low)]
    jmp SEL_CODE:PHYS(enter_low64)

; Returns if the CPU has what the kernel needs.
; Uses: EAX, EBX, ECX, EDX.
check_cpu:
    mov esi, PHYS(no_long_mode)
    pushfd
    pop eax
    mov ecx, eax
    xor eax, EFLAGS_ID
    push eax
    popfd
    pushfd
    pop eax
    cmp eax, ecx
    je refuse                   ; no CPUID
    mov eax, 1
    cpuid
    not edx
    test edx, CPUID_1_EDX_TSC | CPUID_1_EDX_MSR | CPUID_1_EDX_PAE
    jnz refuse
    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000001         ; the highest extended leaf
    jb refuse
    mov eax, 0x80000001
    cpuid
    test edx, CPUID_80000001_EDX_LM
    jz refuse
    mov esi, PHYS(no_execute_disable)
    test edx, CPUID_80000001_EDX_NX
    jz refuse
    ret

; The picture at the head of the file. The tables are in bss and zero.
; Uses: EAX, ECX, EDI.
build_tables:
    mov edi, PHYS(page_dirs)
    mov eax, PTE_PRESENT | PTE_WRITE | PTE_LARGE
    mov ecx, 4 * 512
.page:
    mov [edi], eax
    add eax, LARGE_PAGE
    add edi, 8
    loop .page

    mov eax, PHYS(page_dirs) + PTE_PRESENT + PTE_WRITE
    mov edi, PHYS(low_pdpt)
    mov ecx, 4
.dir:
    mov [edi], eax
    add eax, PAGE_SIZE
    add edi, 8
    loop .dir

    mov dword [PHYS(high_pdpt) + PDPT_INDEX(KERNEL_BASE) * 8], \
        PHYS(page_dirs) + PTE_PRESENT + PTE_WRITE
    mov dword [PHYS(pml4)], PHYS(low_pdpt) + PTE_PRESENT + PTE_WRITE
    mov dword [PHYS(pml4) + PML4_INDEX(DIRECT_MAP_BASE) * 8], \
        PHYS(low_pdpt) + PTE_PRESENT + PTE_WRITE
    mov dword [PHYS(pml4) + PML4_INDEX(DIRECT_MAP_BASE) * 8 + 4], PTE_NX >> 32
    mov dword [PHYS(pml4) + PML4_INDEX(KERNEL_BASE) * 8], \
        PHYS(high_pdpt) + PTE_PRESENT + PTE_WRITE
    ret

; Paging on, still in a 32-bit code segment. Control registers get whole values: what the firmware
; or the loader left in them doesn't matter.
; Uses: EAX, ECX, EDX.
enable_long_mode:
    mov eax, CR4_PAE
    mov cr4, eax
    mov eax, PHYS(pml4)
    mov cr3, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_LME | EFER_NXE
    wrmsr
    mov eax, CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE
    mov cr0, eax
    ret

; ---- the sentence for a CPU that cannot run the kernel ----

; In:   ESI physical address of a NUL-terminated text. Doesn't return: QEMU's exit device ends the
;       machine as a panic does; elsewhere it stops.
refuse:
    mov edi, VGA_TEXT
    mov ebx, PHYS(serial_setup)
.setup:
    movzx edx, word [ebx]
    mov al, [ebx + 2]
    add ebx, 3
    out dx, al
    cmp ebx, PHYS(serial_setup_end)
    jb .setup
.next:
    lodsb
    test al, al
    jz .done
    mov [edi], al
    mov byte [edi + 1], VGA_WHITE_ON_BLACK
    add edi, 2
    mov ah, al
    mov ecx, SERIAL_PATIENCE
.wait:
    mov edx, SERIAL_LSR
    in al, dx
    test al, SERIAL_LSR_EMPTY
    loopz .wait
    mov al, ah
    mov edx, SERIAL_DATA
    out dx, al
    jmp .next
.done:
    mov eax, EXIT_PANIC
    mov edx, EXIT_PORT
    out dx, eax
.stop:
    hlt
    jmp .stop

; ---- 64-bit ----

bits 64

; At the physical address.
enter_low64:
    mov rax, enter_high64
    jmp rax

; At the linked address. Drops the mapping at 0 and calls C.
enter_high64:
    mov eax, SEL_DATA
    mov ds, eax
    mov es, eax
    mov ss, eax
    xor eax, eax                ; FS is unused; what the loader left in it is not
    mov fs, eax
    mov gs, eax                 ; sets the base, too, so that comes behind
    mov ecx, MSR_GS_BASE
    mov rax, __percpu_start     ; this CPU's area is the master until there is memory for another
    mov rdx, rax
    shr rdx, 32
    wrmsr
    mov rsp, boot_stacks + BOOT_STACK_TOP
    lgdt [gdt_pointer_high]
    mov qword [pml4], 0
    mov rax, cr3
    mov cr3, rax
%ifdef CONFIG_KASAN
    call kasan_early_init       ; C marks its stack frames in the shadow
%endif
    mov edi, [loader]
    mov esi, [info]
    mov rdx, [entry_tsc]
    xor ebp, ebp                ; the last frame of a backtrace
    call boot_start             ; doesn't return

; ---- data ----

section .rodata

align 8
gdt:
    dq 0
    dq DESC_CODE64
    dq DESC_DATA
gdt_end:

gdt_pointer_low:
    dw gdt_end - gdt - 1
    dd PHYS(gdt)
gdt_pointer_high:
    dw gdt_end - gdt - 1
    dq gdt

; Port and value: 115200 baud, 8N1.
serial_setup:
    dw SERIAL_LCR
    db SERIAL_LCR_DLAB
    dw SERIAL_DATA
    db SERIAL_DIVISOR
    dw SERIAL_IER
    db 0
    dw SERIAL_LCR
    db SERIAL_LCR_8N1
serial_setup_end:

; tools/run takes "Kernel panic: " for what it is.
no_long_mode:
    db "Kernel panic: this CPU has no 64-bit mode, or lacks CPUID, TSC, MSR or PAE; "
    db "Atoll needs an x86-64 CPU, such as QEMU's -cpu max."
    db 13, 10, 0
no_execute_disable:
    db "Kernel panic: this CPU cannot mark pages no-execute (NX), which Atoll needs; "
    db "enable it in the firmware set-up, or run QEMU without -nx."
    db 13, 10, 0

section .bss

alignb PAGE_SIZE
pml4:      resb PAGE_SIZE
low_pdpt:  resb PAGE_SIZE
high_pdpt: resb PAGE_SIZE
page_dirs: resb 4 * PAGE_SIZE
