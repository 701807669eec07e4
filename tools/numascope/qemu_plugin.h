/*
 * tools/numascope/qemu_plugin.h - what numascope needs of QEMU's interface for TCG plugins.
 *
 * Debian's QEMU loads plugins but ships no header for them, so these are our own declarations of the
 * functions that the qemu binary exports. They hold for version 1 of the interface, QEMU 6.0 to 8.2.
 *
 * SOURCES  QEMU manual, "QEMU TCG Plugins".
 */
#ifndef NUMASCOPE_QEMU_PLUGIN_H
#define NUMASCOPE_QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_PLUGIN_INTERFACE 1

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t; /* of one access: size, sign, load or store */

/* QEMU's own; seen by address only. */
struct qemu_plugin_tb;     /* a run of guest instructions that is translated as one */
struct qemu_plugin_insn;   /* one of them */
struct qemu_plugin_hwaddr; /* where an access went */

/* What QEMU tells a plugin of itself. */
struct qemu_plugin_info {
    const char *target_name; /* "x86_64" */
    struct {
        int min;
        int cur;
    } version;
    bool system_emulation; /* a machine, and not one program */
    int smp_vcpus;         /* these two only then */
    int max_vcpus;
};

/* May a callback look at the guest's registers? */
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_CB_R_REGS, QEMU_PLUGIN_CB_RW_REGS };

enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W = 2, QEMU_PLUGIN_MEM_RW = 3 };

typedef void (*qemu_plugin_tb_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_insn_fn)(unsigned vcpu, void *arg);
typedef void (*qemu_plugin_mem_fn)(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t va,
                                   void *arg);
typedef void (*qemu_plugin_exit_fn)(qemu_plugin_id_t id, void *arg);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_tb_fn fn);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_exit_fn fn, void *arg);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qemu_plugin_insn_fn fn,
                                            enum qemu_plugin_cb_flags flags, void *arg);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, qemu_plugin_mem_fn fn,
                                      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw,
                                      void *arg);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, uint64_t va);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *where);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *where);

#endif
