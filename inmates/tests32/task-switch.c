/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a task switch by hardware (SDM vol. 3, 8.3; APM vol. 2, 12.4) harms nobody but its cell. Where the CPU
 * does it for a guest by itself, it works, and the program ends as done; where the CPU leaves it to the
 * hypervisor, the cell is ended.
 */
#include <inmate/console.h>
#include <inmate/platform.h>

#define CODE 0x08
#define DATA 0x10
#define FIRST 0x18
#define SECOND 0x20
#define AVAILABLE_TSS 0x89
#define STACK 4096

struct tss {
	uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2;
	uint32_t cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
	uint32_t es, cs, ss, ds, fs, gs, ldt, io_map;
};
_Static_assert(sizeof(struct tss) == 104, "SDM vol. 3, 8.2.1");

static struct tss first, second;
static uint8_t stack[STACK] __attribute__((aligned(16)));
static uint64_t gdt[] __attribute__((aligned(8))) = {
	0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0, 0,
};

static uint64_t descriptor(const struct tss *tss)
{
	uint64_t base = (uint32_t)tss;

	return (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | (uint64_t)AVAILABLE_TSS << 40 |
	       (base >> 24) << 56;
}

static void __attribute__((noreturn)) second_task(void)
{
	printf("task-switch: the second task runs\n");
	inmate_exit(INMATE_DONE, 0);
}

int inmate_main(void)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint32_t base;
	} pointer = { sizeof(gdt) - 1, (uint32_t)gdt };

	gdt[FIRST / 8] = descriptor(&first);
	gdt[SECOND / 8] = descriptor(&second);
	second = (struct tss){
		.eip = (uint32_t)second_task,
		.eflags = 2,
		.esp = (uint32_t)(stack + STACK - 4),
		.cs = CODE,
		.es = DATA,
		.ss = DATA,
		.ds = DATA,
		.fs = DATA,
		.gs = DATA,
		.io_map = sizeof(second) << 16,
	};
	printf("task-switch: to the second task\n");
	__asm__ volatile("lgdt %0\n ltr %w1\n ljmp %2, $0"
			 :
			 : "m"(pointer), "r"(FIRST), "i"(SECOND)
			 : "memory");
	return 1;
}
