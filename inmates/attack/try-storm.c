/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks on time: what is allowed, as often as it goes; and by a second CPU of the cell. */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include <inmate/smp.h>
#include <inmate/string.h>
#include <inmate/time.h>
#include "attack.h"

#define STORM_US 100000
#define VECTOR 0x50
#define VECTOR_NMI 2
#define TIMER_COUNT 10000
#define SOME_PORT 0x80
#define MSR_NONE 0x12345678
#define INIT_ROUNDS 20

static uint64_t count;

static void counted(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
	count++;
}

static void repeat(void (*what)(void))
{
	uint64_t start;

	time_init();
	start = rdtsc();
	while (rdtsc() - start < time_from_ns(STORM_US * UINT64_C(1000)))
		what();
}

static void interrupt_self(void)
{
	apic_send(apic_id(), APIC_ICR_FIXED | VECTOR);
}

void attack_storm_interrupts(void)
{
	irq_set(VECTOR, counted, NULL);
	irq_enable();
	repeat(interrupt_self);
	irq_disable();
}

static void nmi_self(void)
{
	apic_send(apic_id(), APIC_ICR_NMI);
}

void attack_storm_nmis(void)
{
	irq_set(VECTOR_NMI, counted, NULL);
	repeat(nmi_self);
}

static void wait_a_little(void)
{
	cpu_relax();
}

static uint64_t storm_end; /* TSC */

/* Where interrupts come faster than they are taken, nothing else gets a turn to end it. */
static void until_end(struct irq_frame *frame, void *arg)
{
	counted(frame, arg);
	if (rdtsc() >= storm_end)
		timer_stop();
}

void attack_storm_timer(void)
{
	storm_end = rdtsc() + time_from_ns(STORM_US * UINT64_C(1000));
	irq_set(IRQ_TIMER, until_end, NULL);
	apic_write(APIC_LVT_TIMER, APIC_TIMER_PERIODIC | IRQ_TIMER);
	apic_write(APIC_TIMER_INITIAL, TIMER_COUNT);
	irq_enable();
	repeat(wait_a_little);
	irq_disable();
	timer_stop();
}

static void exit_by_cpuid(void)
{
	count += cpuid(0, 0).eax;
}

void attack_storm_cpuid(void)
{
	repeat(exit_by_cpuid);
}

static void call_nothing(void)
{
	hypercall(BH_HC_NOP, 0, 0, 0);
	hypercall(BH_HC_CELL_CREATE, 0, 0, 0);
}

void attack_storm_hypercalls(void)
{
	repeat(call_nothing);
}

static void use_port(void)
{
	outb(SOME_PORT, 0);
}

void attack_storm_ports(void)
{
	repeat(use_port);
}

static void read_config(void)
{
	const struct bh_info *info = platform_info();

	mmio_read32((uintptr_t)info->ecam_gpa);
}

void attack_storm_memory(void)
{
	repeat(read_config);
}

static void read_nothing(void *arg)
{
	(void)arg;
	rdmsr(MSR_NONE);
}

static void be_refused(void)
{
	irq_try(read_nothing, NULL);
}

void attack_storm_faults(void)
{
	repeat(be_refused);
}

static void flush(void)
{
	uint64_t cr3;

	__asm__ volatile("wbinvd\n\tmov %%cr3, %0\n\tmov %0, %%cr3" : "=r"(cr3) : : "memory");
}

void attack_storm_flushes(void)
{
	repeat(flush);
}

/* --------------------------------------------------------------------------------- a second CPU */

static volatile int stop;

static void start_sibling(smp_entry *entry)
{
	time_init();
	if (platform_cpu_count() < 2 || smp_start(platform_apic_id(1), 1, entry))
		inmate_fail(ETIMEDOUT, "this attack needs a second CPU");
}

/* A read of the APIC page or of ECAM, which is emulated, and a write to memory that is not ours
 * at all: the bytes change between the one and the other. QEMU may see some of the old bytes and some of the new,
 * which can be a longer instruction: what follows is full of returns. */
static uint8_t victim_code[4096] __attribute__((aligned(4096)));
static const uint8_t variants[][8] = {
	{ 0x8b, 0x07, 0x90, 0x90, 0xc3 }, /* mov (%rdi), %eax */
	{ 0x89, 0x06, 0x90, 0x90, 0xc3 }, /* mov %eax, (%rsi) */
	{ 0x48, 0x8b, 0x06, 0x90, 0xc3 }, /* mov (%rsi), %rax */
	{ 0xf3, 0xa4, 0x90, 0x90, 0xc3 }, /* rep movsb */
	{ 0xf0, 0x0f, 0xb1, 0x06, 0xc3 }, /* lock cmpxchg %eax, (%rsi) */
	{ 0x0f, 0x0b, 0x90, 0x90, 0xc3 }, /* ud2 */
};
#define RET 0xc3
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static void rewrite(uint32_t index)
{
	unsigned int i;

	(void)index;
	for (i = 0; !stop; i++)
		*(volatile uint64_t *)victim_code = *(const uint64_t *)variants[i % VARIANTS];
}

static void run_victim_code(void *arg)
{
	uint64_t from = (uintptr_t)arg, to = from, n = 1;

	__asm__ volatile("call *%3"
			 : "+D"(from), "+S"(to), "+c"(n)
			 : "r"(victim_code)
			 : "rax", "memory", "cc");
}

static void emulate(void)
{
	irq_try(run_victim_code, (void *)(uintptr_t)platform_info()->ecam_gpa);
}

void attack_smp_rewrite(void)
{
	memset(victim_code, RET, sizeof(victim_code));
	memcpy(victim_code, variants[0], sizeof(variants[0]));
	start_sibling(rewrite);
	repeat(emulate);
	stop = 1;
}

#define LARGE 0x83
#define SPARE UINT64_C(0x8000000000) /* the second entry of the root table */

static uint64_t tables[2][512] __attribute__((aligned(4096)));

/* The same linear page is ECAM, our own memory, and nobody's. */
static void remap(uint32_t index)
{
	uint64_t ecam = platform_info()->ecam_gpa & ~UINT64_C(0x1fffff);
	uint64_t places[] = { ecam, 0, NOBODYS_MEMORY };
	unsigned int i;

	(void)index;
	for (i = 0; !stop; i++)
		*(volatile uint64_t *)tables[1] = places[i % 2] | LARGE;
}

static void write_spare(void *arg)
{
	__asm__ volatile("invlpg %0" : : "m"(*(char *)arg));
	mmio_write32((uintptr_t)arg, 0);
}

static void use_spare(void)
{
	irq_try(write_spare, (void *)(uintptr_t)(SPARE + 0x1000));
}

void attack_smp_remap(void)
{
	uint64_t cr3;

	__asm__("mov %%cr3, %0" : "=r"(cr3));
	tables[1][0] = LARGE;
	tables[0][0] = (uintptr_t)tables[1] | 3;
	((uint64_t *)(uintptr_t)cr3)[1] = (uintptr_t)tables[0] | 3;
	start_sibling(remap);
	repeat(use_spare);
	stop = 1;
}

static void interrupt_boot_cpu(uint32_t index)
{
	(void)index;
	irq_enable();
	while (!stop)
		apic_send(platform_apic_id(0), APIC_ICR_FIXED | VECTOR);
	irq_disable();
}

static void interrupt_sibling(void)
{
	apic_send(platform_apic_id(1), APIC_ICR_FIXED | VECTOR);
}

void attack_smp_storm(void)
{
	irq_set(VECTOR, counted, NULL);
	start_sibling(interrupt_boot_cpu);
	irq_enable();
	repeat(interrupt_sibling);
	irq_disable();
	stop = 1;
}

static void halt(uint32_t index)
{
	(void)index;
}

void attack_smp_init(void)
{
	unsigned int i;

	start_sibling(halt);
	for (i = 0; i < INIT_ROUNDS; i++) {
		apic_send(platform_apic_id(1), APIC_ICR_INIT);
		apic_send(platform_apic_id(1), APIC_ICR_STARTUP | SMP_TRAMPOLINE >> 12);
		apic_send(platform_apic_id(1), APIC_ICR_INIT);
	}
}
