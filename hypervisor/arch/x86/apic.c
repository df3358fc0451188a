// SPDX-License-Identifier: GPL-2.0-only
/* Local APIC. SDM vol. 3, chapter 11; APM vol. 2, chapter 16. */
#include "arch/x86/apic.h"
#include "arch/x86/ioapic_access.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/vmm.h"
#include "arch/x86/x86.h"
#include "console.h"
#include "memory.h"
#include "pure/icr.h"

#define APIC_ID 0x20
#define APIC_VERSION 0x30
#define VERSION_EXTENDED (1u << 31)
#define APIC_TPR 0x80
#define APIC_EOI 0xb0
#define APIC_LDR 0xd0
#define APIC_DFR 0xe0
#define APIC_SVR 0xf0
#define APIC_ISR 0x100
#define APIC_IRR 0x200
#define APIC_ESR 0x280
#define APIC_LVT_CMCI 0x2f0
#define APIC_ICR_LOW 0x300
#define APIC_ICR_HIGH 0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_ERROR 0x370
#define APIC_TMICT 0x380
#define APIC_TDCR 0x3e0
#define APIC_LVT_EXTENDED 0x500 /* of AMD's parts: to APIC_LVT_EXTENDED_LAST */
#define APIC_LVT_EXTENDED_LAST 0x530

#define SVR_ENABLE 0x100
#define SVR_RESET 0xff
#define SVR_DRAIN 0x0f /* no interrupt's vector: Bochs ends none that has the spurious one */
#define LVT_MASKED (1u << 16)
#define ICR_BUSY (1u << 12)
#define DFR_FLAT 0xffffffffu
#define DRAIN_ROUNDS 1024
#define SEND_POLLS 1000000 /* a message that is not accepted by then never will be */

int apic_machine_x2;
static volatile uint32_t *apic_page; /* NULL in x2APIC mode */
static struct icr_cpu apic_cpus[BH_MAX_CPUS];

static int physically_x2(void)
{
	return apic_machine_x2 || (rdmsr(MSR_APIC_BASE) & APIC_BASE_EXTD);
}

static uint32_t apic_read(uint32_t offset)
{
	return physically_x2() ? (uint32_t)rdmsr(MSR_X2APIC + offset / 16) : apic_page[offset / 4];
}

/* For values that we chose. */
static void apic_write(uint32_t offset, uint32_t value)
{
	if (physically_x2())
		wrmsr(MSR_X2APIC + offset / 16, value);
	else
		apic_page[offset / 4] = value;
}

int apic_init(void)
{
	apic_machine_x2 = !!(rdmsr(MSR_APIC_BASE) & APIC_BASE_EXTD);
	for (unsigned int i = 0; i < cpu_count; i++)
		apic_cpus[i] = (struct icr_cpu){ cpu_table[i]->apic_id,
						 icr_x2apic_logical(cpu_table[i]->apic_id) };
	if (apic_machine_x2)
		return 0;
	apic_page = memory_map_device(APIC_PAGE, BH_PAGE_SIZE, PT_READ | PT_WRITE | PT_UNCACHED);
	return apic_page ? 0 : -ENOMEM;
}

int apic_init_cpu(struct cpu *self)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);
	uint32_t id;

	if (!(base & APIC_BASE_EN) || !!(base & APIC_BASE_EXTD) != apic_machine_x2) {
		console_print("CPU %u: its local APIC is in another mode than the first CPU's\n",
			      self->apic_id);
		return -EINVAL;
	}
	id = apic_machine_x2 ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
	if (id != self->apic_id) {
		console_print("the description says APIC ID %u, the CPU says %u\n", self->apic_id,
			      id);
		return -EINVAL;
	}
	self->apic_base = base;
	self->ldr = apic_read(APIC_LDR);
	self->dfr = apic_machine_x2 ? DFR_FLAT : apic_read(APIC_DFR);
	return 0;
}

/* An ICR value in x2APIC format goes out in the format of the hardware. */
static void send(uint64_t icr)
{
	if (physically_x2()) {
		asm volatile("mfence" : : : "memory");
		wrmsr(MSR_X2APIC_ICR, icr);
		return;
	}
	for (int polls = 0; polls < SEND_POLLS && apic_page[APIC_ICR_LOW / 4] & ICR_BUSY; polls++)
		__builtin_ia32_pause();
	apic_page[APIC_ICR_HIGH / 4] = (uint32_t)(icr >> 32) << 24;
	apic_page[APIC_ICR_LOW / 4] = (uint32_t)icr;
}

void apic_send_nmi(const struct cpu *target)
{
	send((uint64_t)target->apic_id << 32 | ICR_ASSERT | ICR_NMI << 8);
}

static int any_set(uint32_t first)
{
	for (uint32_t n = 0; n < 8; n++)
		if (apic_read(first + n * 16))
			return 1;
	return 0;
}

/* A value that the guest chose, or a register that may not exist: in x2APIC mode both fault. 0 or -EINVAL. */
static int write_safe(uint32_t offset, uint32_t value)
{
	if (physically_x2())
		return wrmsr_safe(MSR_X2APIC + offset / 16, value);
	apic_page[offset / 4] = value;
	return 0;
}

/* Instruction sampling that its former owner left on would send the next one NMIs. */
static void mask_extended(void)
{
	if (!(apic_read(APIC_VERSION) & VERSION_EXTENDED))
		return;
	for (uint32_t at = APIC_LVT_EXTENDED; at <= APIC_LVT_EXTENDED_LAST; at += 16)
		write_safe(at, LVT_MASKED);
}

int apic_reset(struct cpu *self)
{
	uint32_t last = apic_read(APIC_VERSION) >> 16 & 0xff; /* highest LVT entry */
	int nmi = 0;

	apic_write(APIC_TMICT, 0);
	for (uint32_t lvt = 0; lvt <= last && lvt < 6; lvt++)
		apic_write(APIC_LVT_TIMER + lvt * 16, LVT_MASKED);
	mask_extended();
	apic_write(APIC_SVR, SVR_ENABLE | SVR_DRAIN);
	apic_write(APIC_TPR, 0);
	for (int round = 0; round < DRAIN_ROUNDS && any_set(APIC_ISR); round++)
		apic_write(APIC_EOI, 0);
	for (int round = 0; round < DRAIN_ROUNDS && any_set(APIC_IRR); round++) {
		nmi |= vmm_open_window(1);
		apic_write(APIC_EOI, 0);
	}
	apic_write(APIC_ESR, 0);
	apic_write(APIC_TDCR, 0);
	apic_write(APIC_SVR, SVR_RESET);
	if (!physically_x2()) {
		apic_write(APIC_LDR, 0);
		apic_write(APIC_DFR, DFR_FLAT);
	}
	self->icr_high = 0;
	self->ldr = 0;
	self->dfr = DFR_FLAT;
	return nmi;
}

static enum icr_format guest_format(const struct cpu *self)
{
	return self->dfr >> 28 == 0xf ? ICR_XAPIC_FLAT : ICR_XAPIC_CLUSTER;
}

static void request_each(struct cpu *self, const struct icr_verdict *verdict)
{
	for (uint64_t rest = verdict->cpus; rest; rest &= rest - 1) {
		struct cpu *cpu = cpu_table[__builtin_ctzll(rest)];

		if (verdict->action == ICR_DO_STARTUP)
			cpu->startup_vector = verdict->vector;
		cpu_request(cpu, verdict->action == ICR_DO_STARTUP ? CPU_STARTUP : CPU_INIT);
	}
	cpu_serve(self);
}

static void send_each(uint64_t cpus, uint8_t mode, uint8_t vector)
{
	for (uint64_t rest = cpus; rest; rest &= rest - 1) {
		const struct cpu *cpu = cpu_table[__builtin_ctzll(rest)];

		send((uint64_t)cpu->apic_id << 32 | ICR_ASSERT | (uint64_t)mode << 8 | vector);
	}
}

static struct icr_verdict moderate(struct cpu *self, uint64_t owned, uint64_t icr,
				   enum icr_format format)
{
	struct icr_cpu cpus[BH_MAX_CPUS];

	/* in x2APIC format the table never changes */
	if (format == ICR_X2APIC)
		return icr_moderate(icr, format, apic_cpus, cpu_count, owned, self->index);
	for (unsigned int i = 0; i < cpu_count; i++)
		cpus[i] = (struct icr_cpu){ cpu_table[i]->apic_id, cpu_table[i]->ldr >> 24 };
	return icr_moderate(icr, format, cpus, cpu_count, owned, self->index);
}

/* Whether a logical destination means to the hardware what it means to the guest: not in cells,
 * whose logical IDs never reach it, nor if the modes differ. */
static int logical_is_real(const struct cell *cell, enum icr_format format)
{
	return physically_x2() == (format == ICR_X2APIC) &&
	       (format == ICR_X2APIC || cell_is_root(cell));
}

static void act(struct cpu *self, const struct cell *cell, uint64_t icr, enum icr_format format,
		const struct icr_verdict *verdict)
{
	switch (verdict->action) {
	case ICR_DO_SEND:
		if (!(verdict->hardware & ICR_LOGICAL) || logical_is_real(cell, format)) {
			send(verdict->hardware);
			break;
		}
		/* fall through */
	case ICR_DO_EACH:
		send_each(verdict->cpus, verdict->mode, verdict->vector);
		break;
	case ICR_DO_INIT:
	case ICR_DO_STARTUP:
		request_each(self, verdict);
		break;
	case ICR_DO_DENY:
		cell_violation(self,
			       &(struct bh_report){ .cause = BH_EXIT_ICR,
						    .address = APIC_PAGE + APIC_ICR_LOW,
						    .value = icr,
						    .access = ACCESS_WRITE,
						    .width = 4 },
			       "interprocessor interrupt of a kind that no cell may send", NULL);
		break;
	case ICR_DO_NOTHING:
		break;
	}
}

void apic_guest_icr(struct cpu *self, uint64_t icr, int xapic_format)
{
	enum icr_format format = xapic_format ? guest_format(self) : ICR_X2APIC;
	struct icr_verdict verdict = moderate(self, self->cell->cpus, icr, format);

	act(self, self->cell, icr, format, &verdict);
}

void apic_deliver(struct cpu *self, struct cell *cell, const struct msi_interrupt *irq)
{
	enum icr_format format = apic_machine_x2 ? ICR_X2APIC : ICR_XAPIC_FLAT;
	uint64_t icr = (uint64_t)irq->destination << 32 | ICR_ASSERT | irq->vector |
		       (irq->logical ? ICR_LOGICAL : 0) | (uint64_t)irq->mode << 8;
	struct icr_verdict verdict;

	if (irq->mode != ICR_FIXED && irq->mode != ICR_LOWEST)
		return;
	/* a cell's 8-bit logical destinations are the ones of its own xAPIC world */
	if (!cell_is_root(cell) && irq->logical)
		format = ICR_XAPIC_FLAT;
	verdict = moderate(self, cell->cpus, icr, format);
	act(self, cell, icr, format, &verdict);
}

int apic_remapped_reaches_only(const struct msi_interrupt *irq, uint64_t cpus)
{
	uint64_t icr = (uint64_t)irq->destination << 32 | ICR_ASSERT |
		       (irq->logical ? ICR_LOGICAL : 0) | 0xff;

	if (!apic_machine_x2)
		return apic_reaches_only(irq, cpus);
	return !moderate(cpu_table[0], cpus, icr, ICR_X2APIC).foreign;
}

int apic_reaches_only(const struct msi_interrupt *irq, uint64_t cpus)
{
	enum icr_format format = apic_machine_x2 ? ICR_X2APIC : guest_format(cpu_table[0]);
	/* 8 bits of ones are everyone, in either mode */
	uint32_t destination = apic_machine_x2 && irq->destination == 0xff ? UINT32_MAX :
									     irq->destination;
	uint64_t icr = (uint64_t)destination << 32 | ICR_ASSERT | (irq->logical ? ICR_LOGICAL : 0) |
		       0xff;

	/* the 8 bits of a logical destination have no meaning in x2APIC mode */
	if (apic_machine_x2 && irq->logical)
		return 0;
	return !moderate(cpu_table[0], cpus, icr, format).foreign;
}

/* An LVT entry as the guest may have it: nothing that reaches SMM or the legacy PIC's owner. */
static uint32_t moderate_lvt(const struct cpu *self, uint32_t value)
{
	uint32_t mode = ICR_MODE(value);

	if (mode == ICR_FIXED || mode == ICR_NMI ||
	    (mode == MSI_MODE_EXTINT && cell_is_root(self->cell)))
		return value;
	return value | LVT_MASKED;
}

/* The interrupt that the CPU is in, or -1. */
static int in_service(void)
{
	for (uint32_t n = 8; n-- > 0;) {
		uint32_t bits = apic_read(APIC_ISR + n * 16);

		if (bits)
			return (int)(32 * n) + 31 - __builtin_clz(bits);
	}
	return -1;
}

static void end_interrupt(const struct cell *cell)
{
	int tell = cell->config.pin_count && iommu_judges_pins();
	int vector = tell ? in_service() : -1;

	/* any value does in the page; x2APIC mode takes only zero */
	apic_write(APIC_EOI, 0);
	if (vector >= 0)
		ioapic_end(cell, (uint8_t)vector);
}

/* Registers that exist for writing, in both modes alike. 0 or -EINVAL. */
static int guest_write(struct cpu *self, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case APIC_EOI:
		end_interrupt(self->cell);
		return 0;
	case APIC_ESR: /* as with APIC_EOI */
		apic_write(offset, 0);
		return 0;
	case APIC_TPR:
	case APIC_SVR:
	case APIC_TMICT:
	case APIC_TDCR:
		return write_safe(offset, value);
	case APIC_LVT_CMCI:
	case APIC_LVT_TIMER ... APIC_LVT_ERROR:
	case APIC_LVT_EXTENDED ... APIC_LVT_EXTENDED_LAST:
		return offset % 16 ? -EINVAL : write_safe(offset, moderate_lvt(self, value));
	default:
		return -EINVAL;
	}
}

int apic_msr_write(struct cpu *self, uint32_t msr, uint64_t value)
{
	if (value >> 32 || !(self->apic_base & APIC_BASE_EXTD))
		return -EINVAL;
	return guest_write(self, (msr - MSR_X2APIC) * 16, (uint32_t)value);
}

/* A cell's core in a machine whose root is in xAPIC mode may run in x2APIC mode. */
static void switch_mode(int x2)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (apic_machine_x2 || !!(base & APIC_BASE_EXTD) == x2)
		return;
	if (!x2)
		wrmsr(MSR_APIC_BASE, base & ~(APIC_BASE_EN | APIC_BASE_EXTD));
	wrmsr(MSR_APIC_BASE, (base & ~APIC_BASE_EXTD) | APIC_BASE_EN | (x2 ? APIC_BASE_EXTD : 0));
}

int apic_base_write(struct cpu *self, uint64_t value)
{
	uint64_t changed = value ^ self->apic_base;
	uint32_t a, b, c, d;

	if (!changed)
		return 0;
	if (changed & ~(APIC_BASE_EXTD | APIC_BASE_EN) || !(value & APIC_BASE_EN))
		return -EINVAL;
	if (cell_is_root(self->cell) || !(value & APIC_BASE_EXTD))
		return -EINVAL;
	cpuid(1, 0, &a, &b, &c, &d);
	if (!(c & 1u << 21) || self->cell->flags & BH_CELL_XAPIC_ONLY)
		return -EINVAL;
	switch_mode(1);
	self->apic_base = value;
	return 0;
}

void apic_set_guest_reset(struct cpu *self, int boot_cpu)
{
	switch_mode(0);
	self->apic_base = APIC_PAGE | APIC_BASE_EN | (boot_cpu ? APIC_BASE_BSP : 0);
	if (cell_is_root(self->cell) && apic_machine_x2)
		self->apic_base |= APIC_BASE_EXTD;
}

int apic_owns(struct cpu *self, uint64_t gpa)
{
	return gpa - APIC_PAGE < BH_PAGE_SIZE && !(self->apic_base & APIC_BASE_EXTD);
}

/* Registers of the xAPIC page for a guest on a core that is physically in x2APIC mode. */
static uint32_t emulated_read(struct cpu *self, uint32_t offset)
{
	uint64_t value;

	switch (offset) {
	case APIC_ID:
		return self->apic_id << 24;
	case APIC_LDR:
		return self->ldr;
	case APIC_DFR:
		return self->dfr;
	case APIC_ICR_LOW:
		return 0; /* never busy */
	case APIC_ICR_HIGH:
		return self->icr_high;
	default: /* what the other mode does not have reads as 0 */
		return offset % 16 || rdmsr_safe(MSR_X2APIC + offset / 16, &value) ?
			       0 :
			       (uint32_t)value;
	}
}

static void page_write(struct cpu *self, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case APIC_ICR_LOW:
		apic_guest_icr(self, icr_from_xapic(self->icr_high, value), 1);
		break;
	case APIC_ICR_HIGH:
		self->icr_high = value;
		break;
	case APIC_LDR:
	case APIC_DFR:
		if (cell_is_root(self->cell))
			apic_write(offset, value);
		if (offset == APIC_LDR)
			self->ldr = value & 0xff000000;
		else
			self->dfr = value | 0x0fffffff;
		break;
	default:
		guest_write(self, offset, value);
	}
}

void apic_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	uint32_t offset = access->gpa & (BH_PAGE_SIZE - 1);

	self->public->exits[BH_EXIT_APIC]++;
	if (offset % 16 || access->width != 4)
		*value = 0;
	else if (access->write)
		page_write(self, offset, (uint32_t)access->value);
	else
		*value = physically_x2() ? emulated_read(self, offset) : apic_page[offset / 4];
}
