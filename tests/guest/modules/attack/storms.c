// SPDX-License-Identifier: GPL-2.0-only
/* What Linux may do, as often as it goes; and instructions that change while they are looked at. */
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/nmi.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include "attack.h"
#include "icr.h"
#include "storms.h"
#include "ways.h"

#define STORM_NS 100000000 /* 100 ms */
#define REWRITE_NS 200000000
#define OWN_VECTOR 0xfd
#define MSR_NONE 0x12345678
#define SOME_PORT 0x80
#define PCI_ADDRESS 0xcf8
#define APIC_PAGE_ICR 0x300

static int swallow(unsigned int kind, struct pt_regs *regs)
{
	return NMI_HANDLED;
}

static u64 own_id(void)
{
	u64 id = 0;

	rdmsrl_safe(0x802, &id);
	return id;
}

/* To itself */
static void send_self(u32 low)
{
	if (x2apic_enabled())
		wrmsrl_safe(0x830, own_id() << 32 | low);
	else
		((volatile u32 *)place_map(PLACE_LAPIC))[APIC_PAGE_ICR / 4] = low | 1 << 18;
}

static void blow(enum storm kind)
{
	u64 value;

	switch (kind) {
	case STORM_INTERRUPTS:
		send_self(OWN_VECTOR);
		break;
	case STORM_NMIS:
		send_self(x2apic_enabled() ? ICR_NMI : ICR_FIXED | OWN_VECTOR);
		break;
	case STORM_CPUID:
		cpuid_eax(0);
		break;
	case STORM_CALLS:
		attack_call(BH_HC_CELL_STOP, ~0ull, 0, 0);
		break;
	case STORM_PORTS:
		inl(PCI_ADDRESS);
		break;
	case STORM_MEMORY:
		READ_ONCE(*(u32 *)place_map(PLACE_NOBODY));
		break;
	case STORM_REGISTERS:
		rdmsrl_safe(MSR_NONE, &value);
		wrmsrl_safe(MSR_IA32_APICBASE, 0);
		break;
	case STORM_CACHES:
		wbinvd();
		break;
	case STORM_FLUSHES:
		native_write_cr3(__native_read_cr3());
		break;
	}
}

int attack_storm(u64 kind, u64 unused)
{
	u64 end = ktime_get_ns() + STORM_NS;
	int n;

	if (kind == STORM_NMIS && register_nmi_handler(NMI_LOCAL, swallow, 0, "attack"))
		return attack_note("no handler");
	while (ktime_get_ns() < end)
		for (n = 0; n < 16; n++)
			blow(kind);
	if (kind == STORM_NMIS)
		unregister_nmi_handler(NMI_LOCAL, "attack");
	return ATTACK_IGNORED;
}

/* -------------------------------------------------------------------------------- rewriting */

/* An access through RDI in three bytes, each of them one of several: whichever of them a CPU sees together, it is
 * such an access, or no instruction. */
static const u8 prefixes[] = { 0x48, 0x40, 0x66, 0xf0, 0xf3, 0x44 };
static const u8 opcodes[] = { 0x88, 0x89, 0x8a, 0x8b, 0x01, 0x31, 0x63, 0x87, 0x09, 0x21 };
static const u8 operands[] = { 0x07, 0x0f }; /* RAX, RCX */

static int rewrite(void *at)
{
	volatile u8 *code = at;
	u32 turn;

	for (turn = 0; !kthread_should_stop(); turn++) {
		u32 dice = turn * 2654435761u >> 8;

		code[0] = prefixes[dice % ARRAY_SIZE(prefixes)];
		code[1] = opcodes[dice / 8 % ARRAY_SIZE(opcodes)];
		code[2] = operands[dice / 128 % ARRAY_SIZE(operands)];
		cpu_relax();
	}
	return 0;
}

/* Calls the code with RDI at the place; faults come back as from attack_execute(). */
static void call_code(u8 *code, void *at)
{
	u8 *enter = code + 64;
	static const u8 set_rdi[] = { 0x48, 0xbf };
	static const u8 set_rsi[] = { 0x48, 0xbe };
	static const u8 set_rcx[] = { 0x31, 0xc9, 0xff, 0xc1 }; /* 1 */
	s32 back = (s32)(code - (enter + 29));
	void *own = place_map(PLACE_OWN);

	memcpy(enter, set_rdi, 2);
	memcpy(enter + 2, &at, 8);
	memcpy(enter + 10, set_rsi, 2);
	memcpy(enter + 12, &own, 8);
	memcpy(enter + 20, set_rcx, 4);
	enter[24] = 0xe9;
	memcpy(enter + 25, &back, 4);
	attack_execute(enter);
}

int attack_rewrite(u64 place, u64 unused)
{
	static const u8 first[] = { 0x48, 0x89, 0x07, 0xc3 }; /* MOV, RET */
	u8 *code = attack_writable_code();
	u64 end = ktime_get_ns() + REWRITE_NS;
	struct task_struct *other;
	int n;

	if (!code || num_online_cpus() < 2)
		return attack_note("no second CPU, or no page");
	memcpy(code, first, sizeof(first));
	other = kthread_create(rewrite, code, "rewrite");
	if (IS_ERR(other))
		return attack_note("no thread");
	kthread_bind(other, cpumask_last(cpu_online_mask));
	wake_up_process(other);
	while (ktime_get_ns() < end)
		for (n = 0; n < 16; n++)
			call_code(code, place_map(place));
	kthread_stop(other);
	return ATTACK_IGNORED;
}
