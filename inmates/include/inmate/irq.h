/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Interrupts and exceptions (64 bit). Every vector has a stub that saves all general registers
 * as a struct irq_frame on the stack of whoever was interrupted. An exception that no
 * one handles prints the registers and ends the cell as failed, code 128 + vector.
 */
#ifndef INMATE_IRQ_H
#define INMATE_IRQ_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

struct irq_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

typedef void irq_handler(struct irq_frame *frame, void *arg);

/* Vectors with a fixed use; irq_allocate() gives those from IRQ_FIRST_FREE on. */
#define IRQ_EXCEPTIONS 32
#define IRQ_TIMER 0x20
#define IRQ_SWITCH 0x21 /* software interrupt of a kernel that switches tasks */
#define IRQ_FIRST_FREE 0x30
#define IRQ_SPURIOUS 0xff

/* Builds the table, once. */
void irq_init(void);

/* Loads it, on each CPU. */
void irq_init_cpu(void);

/* handler runs with interrupts off. For vectors from IRQ_EXCEPTIONS on other than IRQ_SWITCH
 * and IRQ_SPURIOUS the end of interrupt is signalled before it runs, which is harmless since
 * interrupts stay off. NULL: back to the default (exceptions: dump; others: counted). */
void irq_set(unsigned int vector, irq_handler *handler, void *arg);

/* For level-triggered interrupts: the end is signalled after the handler, which has made the device lower
 * its line; before, it would come once more. */
void irq_set_level(unsigned int vector, irq_handler *handler, void *arg);

/* A free vector, or -ENOSPC. */
int irq_allocate(void);

/* Interrupts that came without a handler. */
extern uint64_t irq_unexpected;

/*
 * Called at the end of every interrupt; returns the frame to go on with. A preemptive kernel
 * puts its scheduler here: the frame it gets is the whole context of the interrupted task.
 */
typedef struct irq_frame *irq_resume_hook(struct irq_frame *frame);
void irq_set_resume(irq_resume_hook *hook);

/* Runs attempt(arg) and returns -1, or the vector of the exception it died of (a fault at any
 * depth ends it; of nested calls, the inner one). Boot CPU only. For probing what may be absent. */
int irq_try(void (*attempt)(void *arg), void *arg);

/* Prints all registers. */
void irq_dump(const struct irq_frame *frame);

/* From assembly only. */
struct irq_frame *irq_dispatch(struct irq_frame *frame);

#endif
