/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Interrupt table, dispatch, and the register dump of a fatal exception. */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>

#define VECTORS 256
#define STUB_BYTES 16
#define CODE_SEGMENT 0x08
#define GATE_INTERRUPT 0x8e00 /* present, ring 0, 64-bit interrupt gate */
#define EXIT_CODE_EXCEPTION 128
#define PIC_MASK_FIRST 0x21
#define PIC_MASK_SECOND 0xa1
#define PIC_MASK_ALL 0xff

struct gate {
	uint16_t offset_low;
	uint16_t segment;
	uint16_t flags;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
static_assert(sizeof(struct gate) == 16, "hardware");

struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint64_t base;
};

enum irq_end { IRQ_END_BEFORE, IRQ_END_AFTER };

struct line {
	irq_handler *handler;
	void *arg;
	enum irq_end end;
};

extern const char irq_stubs[];

uint64_t irq_unexpected;

static struct gate table[VECTORS] __attribute__((aligned(16)));
static struct line lines[VECTORS];
static irq_resume_hook *resume;
static int next_free = IRQ_FIRST_FREE;

/* A firmware may leave the 8259 open, whose vectors are those of exceptions. Cells have none. */
static void mask_pic(void)
{
	if (platform_info())
		return;
	outb(PIC_MASK_FIRST, PIC_MASK_ALL);
	outb(PIC_MASK_SECOND, PIC_MASK_ALL);
}

void irq_init(void)
{
	uintptr_t stub = (uintptr_t)irq_stubs;
	unsigned int i;

	for (i = 0; i < VECTORS; i++, stub += STUB_BYTES)
		table[i] = (struct gate){
			.offset_low = (uint16_t)stub,
			.segment = CODE_SEGMENT,
			.flags = GATE_INTERRUPT,
			.offset_middle = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32),
		};
	mask_pic();
}

void irq_init_cpu(void)
{
	struct table_pointer p = { sizeof(table) - 1, (uintptr_t)table };

	__asm__ volatile("lidt %0" : : "m"(p));
}

static void set(unsigned int vector, struct line line)
{
	unsigned long flags = irq_save();

	lines[vector % VECTORS] = line;
	irq_restore(flags);
}

void irq_set(unsigned int vector, irq_handler *handler, void *arg)
{
	set(vector, (struct line){ handler, arg, IRQ_END_BEFORE });
}

void irq_set_level(unsigned int vector, irq_handler *handler, void *arg)
{
	set(vector, (struct line){ handler, arg, IRQ_END_AFTER });
}

int irq_allocate(void)
{
	return next_free < IRQ_SPURIOUS ? next_free++ : -ENOSPC;
}

void irq_set_resume(irq_resume_hook *hook)
{
	resume = hook;
}

static uint64_t read_cr2(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

void irq_dump(const struct irq_frame *f)
{
	printf("vector %lu error %lx rip %016lx cs %lx rflags %lx cr2 %lx\n", f->vector, f->error,
	       f->rip, f->cs, f->rflags, read_cr2());
	printf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	printf("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
	printf("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
	printf("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
}

static void fatal(const struct irq_frame *frame)
{
	irq_dump(frame);
	inmate_fail(EXIT_CODE_EXCEPTION + (int)frame->vector, "exception %lu at %lx", frame->vector,
		    frame->rip);
}

static int wants_eoi(uint64_t vector)
{
	return vector >= IRQ_EXCEPTIONS && vector != IRQ_SWITCH && vector != IRQ_SPURIOUS;
}

struct irq_frame *irq_dispatch(struct irq_frame *frame)
{
	const struct line *line = &lines[frame->vector % VECTORS];
	enum irq_end end = line->end;

	if (wants_eoi(frame->vector) && end == IRQ_END_BEFORE)
		apic_eoi();
	if (line->handler)
		line->handler(frame, line->arg);
	else if (frame->vector < IRQ_EXCEPTIONS)
		fatal(frame);
	else
		irq_unexpected++;
	if (wants_eoi(frame->vector) && end == IRQ_END_AFTER)
		apic_eoi();
	return resume ? resume(frame) : frame;
}
