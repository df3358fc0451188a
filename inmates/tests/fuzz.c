/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Throws at the hypervisor what a program can throw: random instructions, MSRs, ports, accesses to
 * emulated memory, hypercalls. All of it follows from seed= on the command line. What it does to
 * itself does not matter: exceptions are caught, endless loops end with the timer, and when the
 * cell is parked or stands still the test starts it again with another seed. Ends as done after
 * count= accesses.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/link.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include <inmate/string.h>
#include <inmate/time.h>

#define DEFAULT_COUNT 100000
#define CODE_SIZE 64
#define INSN_LONGEST 15
#define PATIENCE_NS 2000000
#define SCRATCH_SIZE 0x10000
#define REGISTERS 15 /* all but RSP */
#define RCX 2
#define RARELY 4096 /* once in so many times, what ends a life */
#define VECTOR_NMI 2
#define INT3 0xcc
#define ECAM_SIZE 0x100000u
#define NOBODYS_MEMORY 0xc0000000u
#define SEGMENT_CODE 0x08
#define SEGMENT_DATA 0x10
#define SEGMENT_TSS 0x18
#define STACK_SIZE 4096
#define GATE_IST 4 /* offset in a gate of the number of the stack to take */
#define GATE_SIZE 16
#define TSS_AVAILABLE (UINT64_C(0x89) << 40) /* present, 64-bit TSS */

static uint64_t state;
static uint8_t scratch[SCRATCH_SIZE] __attribute__((aligned(4096)));
static uint8_t code[CODE_SIZE] __attribute__((aligned(64)));
static uint64_t registers[REGISTERS];
static struct link link;
static int have_link;

/* xorshift64* */
static uint64_t random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)((random() >> 32) * limit >> 32);
}

/* Values that limits are made of, or any. */
static uint64_t value(void)
{
	uint64_t bit = UINT64_C(1) << below(64);

	switch (below(6)) {
	case 0:
		return below(256);
	case 1:
		return bit;
	case 2:
		return bit - 1;
	case 3:
		return ~bit;
	case 4:
		return (uintptr_t)scratch + below(SCRATCH_SIZE);
	default:
		return random();
	}
}

/* ------------------------------------------------------------------------------- instructions */

/* What random bytes seldom hit */
static const uint8_t openings[][3] = {
	{ 0x0f, 0x01, 0xd8 }, { 0x0f, 0x01, 0xd0 }, { 0x0f, 0x01, 0xc0 }, { 0x0f, 0xc7, 0x00 },
	{ 0x0f, 0x20, 0xc0 }, { 0x0f, 0x22, 0xc0 }, { 0x0f, 0x23, 0xc0 }, { 0x0f, 0xa2, 0x90 },
	{ 0x0f, 0x32, 0x90 }, { 0x0f, 0x30, 0x90 }, { 0x0f, 0x00, 0xd0 }, { 0x0f, 0xae, 0x38 },
	{ 0x0f, 0x09, 0x90 }, { 0x0f, 0x08, 0x90 }, { 0xcd, 0x20, 0x90 }, { 0xf0, 0x0f, 0xb1 },
	{ 0xf3, 0xa5, 0x90 }, { 0x66, 0xf3, 0xa5 }, { 0x0f, 0x34, 0x90 }, { 0x0f, 0x05, 0x90 },
	{ 0x9b, 0xdb, 0xe3 }, { 0x0f, 0x77, 0x90 }, { 0xcf, 0x90, 0x90 }, { 0xf4, 0x90, 0x90 },
};
#define OPENINGS (sizeof(openings) / sizeof(openings[0]))

static uintptr_t device_address(void);

/* MOV to a segment register that does not exist: 6 and 7, or, for QEMU, any with REX.R, which a CPU ignores */
static int is_mov_to_no_segment(const uint8_t *insn, unsigned int before)
{
	if (insn[0] != 0x8e)
		return 0;
	return (insn[1] & 0x30) == 0x30 || (before && (insn[-1] & 0xf4) == 0x44);
}

/*
 * What a CPU faults on or bears, and QEMU does not. It writes over other state of the emulated CPU for LTR
 * of a null selector and for segment registers that do not exist (its issue 3195): over TR, whereupon it ends
 * at the next interrupt ("invalid tss"), or over A20, whereupon the hypervisor reads the wrong memory. And where
 * DR7 watches the stack, pushing an interrupt's frame ends it ("bql_lock_impl").
 */
static void spare_qemu(void)
{
	unsigned int i;

	for (i = 0; i + 2 < CODE_SIZE; i++)
		if (code[i] == 0x0f && code[i + 1] == 0x00 && (code[i + 2] & 0x38) == 0x18)
			code[i + 1] = 0x0b;
		else if (code[i] == 0x0f && code[i + 1] == 0x23 && (code[i + 2] & 0x28) == 0x28)
			code[i + 1] = 0x21;
		else if (is_mov_to_no_segment(&code[i], i))
			code[i] = 0x8c;
}

static void run_code(void *arg)
{
	(void)arg;
	__asm__ volatile("sti\n\t"
			 "mov %0, %%rbx\n\t"
			 "mov 8(%%rbx), %%rax\n\t"
			 "mov 16(%%rbx), %%rcx\n\t"
			 "mov 24(%%rbx), %%rdx\n\t"
			 "mov 32(%%rbx), %%rsi\n\t"
			 "mov 40(%%rbx), %%rdi\n\t"
			 "mov 48(%%rbx), %%rbp\n\t"
			 "mov 56(%%rbx), %%r8\n\t"
			 "mov 64(%%rbx), %%r9\n\t"
			 "mov 72(%%rbx), %%r10\n\t"
			 "mov 80(%%rbx), %%r11\n\t"
			 "mov 88(%%rbx), %%r12\n\t"
			 "mov 96(%%rbx), %%r13\n\t"
			 "mov 104(%%rbx), %%r14\n\t"
			 "mov 112(%%rbx), %%r15\n\t"
			 "mov (%%rbx), %%rbx\n\t"
			 "jmp code"
			 :
			 : "r"(registers)
			 : "memory");
}

static void try_instruction(void)
{
	unsigned int i, length = 1 + below(INSN_LONGEST);

	for (i = 0; i < REGISTERS; i++)
		registers[i] = below(4) ? (uintptr_t)scratch + below(SCRATCH_SIZE - 64) : value();
	/* a long REP writes over the program itself, which ends this life */
	if (below(RARELY))
		registers[RCX] = below(64);
	if (!below(32))
		registers[below(REGISTERS)] = device_address();
	memset(code, INT3, sizeof(code));
	for (i = 0; i < length; i++)
		code[i] = (uint8_t)random();
	if (!below(8))
		memcpy(code, openings[below(OPENINGS)], 2 + below(2));
	spare_qemu();
	/* the timer ends endless loops: as long as what was tried before has left the APIC able to */
	apic_init(apic_mode());
	apic_eoi();
	timer_oneshot_ns(PATIENCE_NS);
	irq_try(run_code, NULL);
	__asm__ volatile("pushq $2\n\tpopfq" : : : "memory", "cc");
}

/* Interrupted in a loop: an exception ends it. */
static void give_up(struct irq_frame *frame, void *arg)
{
	static const uint8_t ud2[] = { 0x0f, 0x0b };

	(void)arg;
	frame->rip = (uintptr_t)ud2;
}

static void ignore(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
}

/* ---------------------------------------------------------------------- MSRs, ports, hypercalls */

static void access_msr(void *arg)
{
	static const uint32_t bases[] = { 0,	      0x100,	  0x200,      0x400,
					  0x480,      0x800,	  0xc00,      0x40000000,
					  0xc0000000, 0xc0000080, 0xc0000100, 0xc0010000,
					  0xc0010100 };
	uint32_t msr = bases[below(sizeof(bases) / sizeof(bases[0]))] + below(0x40);

	(void)arg;
	if (below(64) == 0)
		msr = (uint32_t)random();
	if (below(2))
		rdmsr(msr);
	/* an INIT to itself would end this life */
	else if (msr != APIC_X2_MSR + APIC_ICR / 16 || !below(RARELY))
		wrmsr(msr, value());
}

static void access_port(void *arg)
{
	uint16_t port = (uint16_t)(below(4) ? below(0x1000) : random());
	uint8_t *p = scratch;
	size_t n = below(8);

	(void)arg;
	switch (below(8)) {
	case 0:
		outb(port, (uint8_t)value());
		break;
	case 1:
		outw(port, (uint16_t)value());
		break;
	case 2:
		outl(port, (uint32_t)value());
		break;
	case 3:
		inb(port);
		break;
	case 4:
		inw(port);
		break;
	case 5:
		inl(port);
		break;
	case 6:
		__asm__ volatile("rep insl" : "+D"(p), "+c"(n) : "d"(port) : "memory");
		break;
	default:
		__asm__ volatile("rep outsw" : "+S"(p), "+c"(n) : "d"(port) : "memory");
	}
}

static void call(void *arg)
{
	unsigned long number = below(8) ? below(24) : random();
	unsigned long a = value();

	(void)arg;
	if (number != BH_HC_CELL_EXIT || a > BH_FINISH_FAILED || !below(RARELY))
		hypercall(number, a, value(), value());
}

/* ------------------------------------------------------------------------------ emulated memory */

/* Of a register: what lies between ends this life. So would an IPI of most kinds. */
static uintptr_t apic_address(void)
{
	uint32_t offset = 0x10 * below(0x40);

	if (apic_mode() == APIC_X2APIC && below(RARELY))
		return (uintptr_t)scratch + below(SCRATCH_SIZE);
	return APIC_PAGE + (offset != APIC_ICR || !below(RARELY) ? offset : APIC_ID);
}

static uintptr_t device_address(void)
{
	const struct bh_info *info = platform_info();

	if (below(RARELY) == 0)
		return NOBODYS_MEMORY + below(0x10000000);
	switch (below(5)) {
	case 0:
		return apic_address();
	case 1:
		return info->ecam_gpa == BH_ADDR_NONE ? apic_address() :
							info->ecam_gpa + below(ECAM_SIZE);
	case 2:
		return have_link ? pci_bar(link.bdf, 1) + below(0x1000) : apic_address();
	case 3:
		return info->ioapic_gpa == BH_ADDR_NONE ? apic_address() :
							  info->ioapic_gpa + 0x10 * below(2);
	default:
		return have_link ? link.registers + below(0x40) : apic_address();
	}
}

#define FORM(text, ...) \
	__asm__ volatile(text : "+a"(v), "+D"(to), "+S"(from), "+c"(n) : : "rdx", "memory", "cc")

static void access_memory(void *arg)
{
	uintptr_t to = device_address(), from = below(2) ? (uintptr_t)scratch : device_address();
	uint64_t v = value(), n = below(3);

	(void)arg;
	if (below(RARELY))
		to &= ~(uintptr_t)3;
	/* those behind are not for devices, and end this life */
	switch (below(to >= APIC_PAGE && to < APIC_PAGE + 0x1000 && below(RARELY) ? 2 :
		      below(RARELY)						  ? 6 :
										    14)) {
	case 0:
		FORM("movl %%eax, (%%rdi)");
		break;
	case 1:
		FORM("movl (%%rdi), %%eax");
		break;
	case 2:
		FORM("movb %%al, (%%rdi)");
		break;
	case 3:
		FORM("movw %%ax, (%%rdi)");
		break;
	case 4:
		FORM("orl %%eax, (%%rdi)");
		break;
	case 5:
		FORM("movzbl (%%rdi), %%eax");
		break;
	case 6:
		FORM("movq %%rax, (%%rdi)");
		break;
	case 7:
		FORM("xchgl %%eax, (%%rdi)");
		break;
	case 8:
		FORM("lock cmpxchgl %%edx, (%%rdi)");
		break;
	case 9:
		FORM("rep movsb");
		break;
	case 10:
		FORM("rep stosl");
		break;
	case 11:
		FORM("btsl %%eax, (%%rdi)");
		break;
	case 12:
		FORM("movsq");
		break;
	default:
		FORM("testl %%eax, (%%rdi)");
	}
}

/* ----------------------------------------------------------------------------------------- main */

/* Instructions are few: many of them end this life. */
static void one(void)
{
	static void (*const kinds[])(void *arg) = { access_msr, access_port, call, access_memory };

	if (below(40))
		irq_try(kinds[below(sizeof(kinds) / sizeof(kinds[0]))], NULL);
	else
		try_instruction();
}

/* Linear addresses where a 2 MiB page has to stay mapped */
static int is_needed(uint64_t at)
{
	const struct bh_info *info = platform_info();
	uint64_t places[] = { 0,
			      0x200000,
			      info->status_gpa,
			      info->console_gpa,
			      APIC_PAGE,
			      info->ecam_gpa,
			      info->ioapic_gpa,
			      NOBODYS_MEMORY,
			      have_link ? link.registers : 0 };
	unsigned int i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if ((places[i] & ~UINT64_C(0x1fffff)) == at)
			return 1;
	return have_link && at + 0x1fffff >= (uintptr_t)link.state &&
	       at < (uintptr_t)link.outputs + link.peers * link.output_size;
}

/* So that a wild pointer is a page fault, and not the end of this life. */
static void unmap_the_rest(void)
{
	uint64_t cr3, at, *directory, *pointers;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	pointers = (uint64_t *)(uintptr_t)(*(uint64_t *)(uintptr_t)cr3 & ~UINT64_C(0xfff));
	for (at = 0; at < UINT64_C(1) << 32; at += 0x200000) {
		directory = (uint64_t *)(uintptr_t)(pointers[at >> 30] & ~UINT64_C(0xfff));
		if (!is_needed(at))
			directory[at >> 21 & 511] = 0;
	}
	__asm__ volatile("mov %0, %%cr3" : : "r"(cr3) : "memory");
}

/* ---------------------------------------------------------------------------- the way back */

struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint64_t base;
};

/* AMD APM vol. 2, 12.2.5 */
struct __attribute__((packed)) tss {
	uint32_t reserved;
	uint64_t rsp[3], reserved2, ist[7], reserved3;
	uint16_t reserved4, io_map;
};

static struct tss tss;
static uint64_t gdt[5];
static uint8_t stack[STACK_SIZE] __attribute__((aligned(16)));

/* What an exception interrupted may have run with any flags and segments: IRETQ must not meet them. */
static struct irq_frame *straighten(struct irq_frame *frame)
{
	if (frame->vector == VECTOR_NMI || frame->vector > IRQ_TIMER)
		return frame;
	frame->cs = SEGMENT_CODE;
	frame->ss = SEGMENT_DATA;
	frame->rflags = 2;
	return frame;
}

/* Every interrupt on a stack of its own: an instruction that takes RSP away ends nothing. */
static void save_stack(void)
{
	struct table_pointer idt, own = { sizeof(gdt) - 1, (uintptr_t)gdt };
	uint64_t base = (uintptr_t)&tss;
	uint64_t *old;
	unsigned int at;

	tss.ist[0] = (uintptr_t)stack + sizeof(stack);
	tss.io_map = sizeof(tss);
	__asm__ volatile("sgdt %0" : "=m"(idt));
	old = (uint64_t *)(uintptr_t)idt.base;
	gdt[1] = old[1];
	gdt[2] = old[2];
	gdt[3] = TSS_AVAILABLE | (sizeof(tss) - 1) | (base & 0xffffff) << 16 |
		 (base >> 24 & 0xff) << 56;
	gdt[4] = base >> 32;
	__asm__ volatile("lgdt %0\n\tltr %w1" : : "m"(own), "r"(SEGMENT_TSS));
	__asm__ volatile("sidt %0" : "=m"(idt));
	for (at = GATE_IST; at < idt.limit; at += GATE_SIZE)
		*(uint8_t *)(uintptr_t)(idt.base + at) = 1;
	irq_set_resume(straighten);
}

int inmate_main(void)
{
	uint64_t n, count = platform_option("count", DEFAULT_COUNT);

	state = platform_option("seed", 1) | UINT64_C(1) << 40;
	printf("fuzz: seed %lu\n", state & 0xffffffffff);
	apic_init(apic_best_mode());
	time_init();
	have_link = !link_open(&link, NULL);
	unmap_the_rest();
	save_stack();
	irq_set(IRQ_TIMER, give_up, NULL);
	irq_set(VECTOR_NMI, ignore, NULL);
	/* where the program wrote over its state, random() gives nothing any more */
	for (n = 0; n < count && state; n++) {
		one();
		platform_heartbeat((uint32_t)n + 1);
	}
	printf("fuzz: %lu accesses\n", n);
	return 0;
}
