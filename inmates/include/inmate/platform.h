/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where the program runs and how it ends. In a cell the hypervisor describes the place in an
 * information page (bulkhead/comm.h); on a bare machine there is none, and the same program
 * runs with what every PC has.
 *
 * Start-up (start64.S, start32.S, start16.S) calls inmate_start(), which finds the platform,
 * sets up the console and, in 64 bit, interrupts, and then calls the program's inmate_main().
 * Its return value ends the cell: 0 "done", otherwise "failed" with that code.
 */
#ifndef INMATE_PLATFORM_H
#define INMATE_PLATFORM_H

#include <bulkhead/comm.h>
#include <bulkhead/errno.h>
#include <bulkhead/hypercall.h>

/* The program. */
int inmate_main(void);

/* NULL on a bare machine. */
const struct bh_info *platform_info(void);

/* "bulkhead" or "bare machine" */
const char *platform_name(void);

/* Where a cell may be given a command line: RAM, text that ends with a zero byte, as by
 * "hvctl cell load NAME words.txt --address 0x6000". */
#define PLATFORM_CMDLINE 0x6000u

/* Value of name=NUMBER (decimal, or 0x and hexadecimal) on the command line, which comes by multiboot or is
 * at PLATFORM_CMDLINE, or otherwise. */
uint64_t platform_option(const char *name, uint64_t otherwise);

/* Linux asked the cell to finish: call inmate_exit() soon. Always 0 on a bare machine. */
int platform_shutdown_requested(void);

/* A sign of life, and a number that hvctl shows. Cheap: two stores. */
void platform_heartbeat(uint32_t progress);

/* Hypercall; -ENOSYS on a bare machine. */
long hypercall(unsigned long number, unsigned long a, unsigned long b, unsigned long c);

/* Parks the cell as done (code 0 .. ) or failed; on a bare machine, tells QEMU's
 * isa-debug-exit at port 0xf4 (exit status 33 done, 35 failed) and halts. */
enum inmate_finish { INMATE_DONE = BH_FINISH_DONE, INMATE_FAILED = BH_FINISH_FAILED };
void inmate_exit(enum inmate_finish how, int code) __attribute__((noreturn));

/* One line that names the place, and inmate_exit(INMATE_FAILED, code). */
void inmate_fail(int code, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* From assembly only. */
void inmate_start(uint32_t magic, uint32_t multiboot) __attribute__((noreturn));

/* Chosen at link time: what is set up before inmate_main() (setup64.c, setup32.c). */
void setup_machine(void);

/* CPUs and APIC IDs; on a bare machine only the present CPU is known. */
uint32_t platform_cpu_count(void);
uint32_t platform_apic_id(uint32_t index);

#endif
