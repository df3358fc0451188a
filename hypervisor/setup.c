// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way in, step by step: what the first CPU does for the machine, what every CPU does for
 * itself, and the rendezvous at which either all of them become guests or none.
 */
#include "setup.h"
#include "arch/x86/apic.h"
#include "arch/x86/entry.h"
#include "arch/x86/ioapic_access.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/memory_type.h"
#include "arch/x86/remap.h"
#include "arch/x86/start_layout.h"
#include "arch/x86/vmm.h"
#include "arch/x86/x86.h"
#include "lock.h"
#include "console.h"
#include "memory.h"
#include "root_image.h"

static_assert(sizeof(struct bh_cpu_entry) == ENTRY_SIZE, "start.S");
static_assert(offsetof(struct bh_boot, leave_va) == BOOT_LEAVE_VA, "start.S");
static_assert(offsetof(struct bh_boot, entry_va) == BOOT_ENTRY_VA, "start.S");
static_assert(offsetof(struct bh_boot, error) == BOOT_ERROR, "start.S");

#define STACK_PAGES (CPU_STACK_SIZE / BH_PAGE_SIZE) /* and one below that is not mapped */

/* Everything from struct cpu on: the page it is in, and the backend's. */
#define CPU_PAGES (1 + STACK_PAGES + 1 + vmm.cpu_pages)

struct bh_boot boot_info;
struct bh_cpu_entry boot_entries[BH_MAX_CPUS];
struct bh_public public_area __attribute__((aligned(4096), section(".bss.public")));
uint8_t boot_config[BOOT_CONFIG_SIZE] __attribute__((aligned(8)));

extern char image_file_end[];

uint64_t setup_tsc_hz, setup_apic_timer_hz;
uint32_t setup_state;
int setup_leaving;

/* Rendezvous of all CPUs: who has arrived, the first error, and the verdict for all of them. */
static uint32_t arrived;
static int32_t first_error;
static int32_t verdict; /* VERDICT_*; negative: nobody goes in */

#define VERDICT_OPEN 0
#define VERDICT_IN 1	   /* all go in */
#define VERDICT_DECIDING 2 /* all have come: too late for a timeout */

static int setup_config(void)
{
	struct config_error e = { BH_ID_NONE, 0, 0 };
	int err = -EINVAL;

	if (boot_info.config_bytes <= sizeof(boot_config))
		err = config_parse_system(&system_config, boot_config, boot_info.config_bytes, &e);
	if (!err)
		err = config_check_system(&system_config, CONFIG_FINAL, &e);
	if (!err && system_config.cpu_count != boot_info.cpu_count)
		err = -EINVAL;
	if (err) {
		boot_info.rule = e.rule;
		boot_info.record = e.record;
		boot_info.value = e.value;
		console_print("system description: rule %s, record %u, value %lx\n",
			      config_rule_name(e.rule), e.record, e.value);
		return err;
	}
	console_set_uart(system_config.c->console_type, system_config.c->console_port);
	return 0;
}

static int setup_one_cpu(unsigned int index)
{
	char *area = memory_alloc(CPU_PAGES);
	struct cpu *cpu;

	if (!area)
		return -ENOMEM;
	memory_guard(area);
	cpu = (struct cpu *)(area + (1 + STACK_PAGES) * BH_PAGE_SIZE);
	cpu->index = index;
	cpu->apic_id = system_config.cpus[index].apic_id;
	cpu->entry = &boot_entries[index];
	cpu->public = &public_area.cpu[index];
	cpu->public->apic_id = cpu->apic_id;
	cpu->state = BH_CPU_RUNNING;
	cpu->public->state = BH_CPU_RUNNING;
	cpu->cell = root_cell;
	cpu_table[index] = cpu;
	return 0;
}

static int setup_cpus(void)
{
	int err = 0;

	for (cpu_count = 0; cpu_count < boot_info.cpu_count && !err; cpu_count++)
		err = setup_one_cpu(cpu_count);
	return err;
}

static int setup_public(void)
{
	public_area.magic = BH_PUBLIC_MAGIC;
	public_area.abi = BH_ABI;
	public_area.size = sizeof(public_area);
	public_area.vendor = vmm.vendor;
	public_area.cpu_count = cpu_count;
	public_area.x2apic = (uint32_t)apic_machine_x2;
	public_area.image_size = (uint32_t)(image_file_end - (char *)BH_IMAGE_VA);
	return 0;
}

void setup_machine(void)
{
	static int (*const steps[])(void) = {
		vmm_check,   memory_type_init, setup_config,   setup_cpus, apic_init,
		ioapic_init, remap_init,       cell_init_root, iommu_init, setup_public,
	};
	int err;

	setup_tsc_hz = boot_info.tsc_hz;
	setup_apic_timer_hz = boot_info.apic_timer_hz;
	boot_info.rule = BH_ID_NONE;
	trap_init();
	trap_load();
	err = memory_init(&boot_info);
	if (!err)
		write_cr3(memory_host_cr3);
	for (unsigned int i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++)
		err = steps[i]();
	boot_info.error = err;
	__atomic_store_n(&setup_state, err ? 2 : 1, __ATOMIC_RELEASE);
}

/* Who comes first decides, and gets 1. */
static int settle(int32_t *what, int32_t value)
{
	int32_t open = VERDICT_OPEN;

	return __atomic_compare_exchange_n(what, &open, value, 0, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* On the CPU that came last. All the others wait here, so that no Linux uses the units. */
static void decide(struct cpu *self)
{
	int err = __atomic_load_n(&first_error, __ATOMIC_SEQ_CST);

	if (!settle(&verdict, VERDICT_DECIDING))
		return;
	if (!err)
		err = iommu_take_over(self);
	__atomic_store_n(&verdict, err ? err : VERDICT_IN, __ATOMIC_SEQ_CST);
}

/* All or nobody. A CPU that does not come in time means nobody. */
static int rendezvous(struct cpu *self, int err)
{
	uint64_t begin = rdtsc();
	int32_t said;

	if (err)
		settle(&first_error, err);
	if (__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST) == cpu_count)
		decide(self);
	for (;;) {
		said = __atomic_load_n(&verdict, __ATOMIC_SEQ_CST);
		if (said != VERDICT_OPEN && said != VERDICT_DECIDING)
			return said < 0 ? said : 0;
		__builtin_ia32_pause();
		if (rdtsc() - begin > ANSWER_SECONDS * setup_tsc_hz)
			settle(&verdict, -ETIMEDOUT);
	}
}

void setup_cpu(struct cpu *self)
{
	int on, err;

	trap_load();
	write_cr3(memory_host_cr3);
	err = apic_init_cpu(self);
	on = !err && !vmm_on(self);
	err = rendezvous(self, err ? err : on ? 0 : -EBUSY);
	if (err) {
		boot_info.error = err;
		if (on)
			vmm_leave(self, err);
		leave_to_linux(self->index, err);
	}
	if (self->index == 0)
		console_print("Bulkhead is below Linux on %u CPUs (%s), %u of %u pages free\n",
			      cpu_count, apic_machine_x2 ? "x2APIC" : "xAPIC",
			      public_area.pages_free, public_area.pages_total);
	vmm_run(self);
}

int setup_leave(struct cpu *self)
{
	for (unsigned int id = 1; id < BH_MAX_CELLS; id++)
		if (cell_table[id])
			return -EBUSY;
	if (!root_is_attached)
		return -ENODEV;
	/* the way out may have moved (memory_move_crossing()) */
	write_cr3(memory_host_cr3);
	/* From here on no cell is created any more: see hypercall.c */
	setup_leaving = 1;
	iommu_hand_back(self);
	ioapic_leave();
	machine_unlock();
	vmm_leave(self, 0);
}
