// SPDX-License-Identifier: GPL-2.0-only
/*
 * The AMD IOMMU as the root's Linux sees it: its registers, its command ring, its event log, its device
 * table, none of which the hardware uses while we have the unit. What Linux asks for is checked, and
 * carried out on our table.
 */
#include "arch/x86/iommu/amd.h"
#include "console.h"
#include "memory.h"

#define ENTRY_SIZE ((uint32_t)sizeof(struct amdvi_entry))
#define RING_ENTRIES 256
#define COMMAND_BATCH 512 /* that one exit carries out: as many as Linux's ring has */

/* A cell's CPU that rings asks here, too, and has no view of the root's memory. */
static const void *look(struct cpu *self, uint64_t gpa, uint64_t size)
{
	if (cell_is_root(self->cell))
		return cell_view(self, WINDOW_SRC, gpa);
	if (!cell_memory_is_roots(self, gpa, size, PT_RWX))
		return NULL;
	return memory_window(self, WINDOW_DST, gpa);
}

/* Bytes of the root's memory, or 0 if they are not the root's. */
int amd_root_read(struct cpu *self, uint64_t gpa, void *to, size_t words)
{
	const volatile uint64_t *from = look(self, gpa, words * 8);

	for (size_t i = 0; from && i < words; i++)
		((uint64_t *)to)[i] = from[i];
	return from != NULL;
}

static void write_root(struct cpu *self, uint64_t gpa, const uint64_t *from, size_t words)
{
	uint64_t *to;

	if (gpa % (words * 8) || !cell_memory_is_roots(self, gpa, words * 8, PT_READ | PT_WRITE))
		return;
	to = (uint64_t *)((char *)memory_window(self, WINDOW_DST, gpa & ~(BH_PAGE_SIZE - 1ul)) +
			  gpa % BH_PAGE_SIZE);
	for (size_t i = 0; i < words; i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELEASE);
}

/* ---------------------------------------------------------------------------- Linux's tables */

int amd_root_dte(struct cpu *self, const struct amd *amd, uint32_t bdf, struct amdvi_dte *dte)
{
	if (!(amd->root.control & AMDVI_ENABLE) ||
	    (bdf + 1) * sizeof(*dte) > AMDVI_DEVTAB_BYTES(amd->root.devtab))
		return 0;
	return amd_root_read(self, (amd->root.devtab & AMDVI_ADDRESS) + bdf * sizeof(*dte), dte, 4);
}

/* Whether we can go on with what Linux has in its table, and room for its functions' interrupts. */
static int check_table(struct cpu *self, const struct amd *amd)
{
	struct amdvi_dte dte;
	unsigned int order;
	int err = 0;

	for (uint32_t bdf = 0; bdf < 0x10000 && !err && amd_root_dte(self, amd, bdf, &dte); bdf++) {
		if (!amdvi_dte_is_identity(&dte)) {
			console_print("Linux translates DMA of function %02x:%02x.%u: boot it with "
				      "iommu=pt, or write \"identity\" to "
				      "/sys/bus/pci/devices/.../iommu_group/type\n",
				      bdf >> 8, bdf >> 3 & 31u, bdf & 7u);
			return -EBUSY;
		}
		if (!amdvi_dte_remaps(&dte))
			continue;
		amd_remaps = 1;
		amdvi_dte_table(&dte, &order);
		err = amd_interrupts_reserve((uint16_t)bdf, order);
	}
	return err;
}

/* Identity is not what Linux wants for it, nor are its tables what we work with. */
static void judge_device(struct cpu *self, struct amd *amd, uint16_t bdf)
{
	struct amdvi_dte dte;

	if (iommu_owner(bdf) || !amd_root_dte(self, amd, bdf, &dte))
		return;
	if (amdvi_dte_is_identity(&dte) && (amd_remaps || !amdvi_dte_remaps(&dte)))
		amd_interrupts_follow(self, amd, bdf, &dte);
	else if (amd_block(amd, bdf) && iommu_may_tell())
		console_print(
			"Linux wants to translate DMA or interrupts of function %02x:%02x.%u, "
			"which is not supported while Bulkhead is enabled: it is blocked\n",
			bdf >> 8, bdf >> 3 & 31u, bdf & 7u);
}

void amd_root_follow(struct cpu *self, struct amd *amd)
{
	for (uint32_t bdf = 0;
	     bdf < AMDVI_DEVTAB_BYTES(amd->root.devtab) / sizeof(struct amdvi_dte); bdf++)
		judge_device(self, amd, (uint16_t)bdf);
}

int amd_root_init(struct cpu *self, struct amd *amd)
{
	struct amdvi_regs *root = &amd->root;
	int err;

	root->devtab = amd_read(amd, AMDVI_DEVTAB);
	root->commands = amd_read(amd, AMDVI_COMMANDS);
	root->events = amd_read(amd, AMDVI_EVENTS);
	root->control = amd_read(amd, AMDVI_CONTROL);
	root->exclusion_base = amd_read(amd, AMDVI_EXCLUSION_BASE);
	root->exclusion_limit = amd_read(amd, AMDVI_EXCLUSION_LIMIT);
	amd->wide = !!(root->control & AMDVI_WIDE_IRTES);
	if (root->exclusion_base & AMDVI_EXCLUSION_ENABLE) {
		console_print(
			"firmware excludes memory from the AMD IOMMU at %lx (%lx), which is not "
			"supported: leave the unit to Linux (\"left-to-root\")\n",
			amd->unit->config->base_hpa, root->exclusion_base);
		return -EOPNOTSUPP;
	}
	err = check_table(self, amd);
	if (!err && !amd_remaps && !(system_config.c->flags & BH_SYSTEM_ACCEPT_UNMODERATED_MSI)) {
		console_print(
			"Linux does not remap interrupts by the AMD IOMMU at %lx: boot it without "
			"intremap=off, or accept { unmoderated-msi; }\n",
			amd->unit->config->base_hpa);
		err = -EOPNOTSUPP;
	}
	return err;
}

/* ------------------------------------------------------------------------------------ events */

static void take_event(struct cpu *self, struct amd *amd, const struct amdvi_entry *entry)
{
	struct amdvi_event event;
	uint64_t at;

	if (!amdvi_event(entry, &event)) {
		console_print("AMD IOMMU at %lx: event %lx %lx\n", amd->unit->config->base_hpa,
			      entry->low, entry->high);
		return;
	}
	if (iommu_report(event.bdf, event.address, event.code, amdvi_event_words(event.code),
			 event.bdf | (event.write ? BH_FAULT_WRITE : 0) |
				 (event.interrupt ? BH_FAULT_INTERRUPT : 0)))
		amd_mute(amd, event.bdf);
	/* into Linux's log, if it has one with room */
	at = iommu_owner(event.bdf) ? BH_ADDR_NONE : amdvi_regs_event(&amd->root);
	if (at != BH_ADDR_NONE)
		write_root(self, at, &entry->low, 2);
}

void amd_root_drain_events(struct cpu *self, struct amd *amd)
{
	uint32_t full = (uint32_t)amd_read(amd, AMDVI_STATUS) & AMDVI_EVENT_OVERFLOW, tail;

	/* before the tail is read: what comes later is pending again */
	amd_write(amd, AMDVI_STATUS, AMDVI_EVENT_PENDING);
	tail = (uint32_t)amd_read(amd, AMDVI_EVENT_TAIL) / ENTRY_SIZE % RING_ENTRIES;
	for (int n = 0; n < RING_ENTRIES && amd->event_head != tail; n++) {
		struct amdvi_entry entry = amd->events[amd->event_head];

		amd->event_head = (amd->event_head + 1) % RING_ENTRIES;
		take_event(self, amd, &entry);
	}
	amd_write(amd, AMDVI_EVENT_HEAD, amd->event_head * ENTRY_SIZE);
	if (full)
		amd_restart_log(amd);
}

/* ---------------------------------------------------------------------------------- commands */

/* The whole table is looked through at the first command that wants it, and if there are more, once at
 * the end: each time takes milliseconds, for which cells may have to wait. */
static int carry_out(struct cpu *self, struct amd *amd, uint64_t at, unsigned int *wholes)
{
	struct amdvi_command command;
	struct amdvi_entry entry;

	if (!amd_root_read(self, at, &entry, 2))
		return 0;
	amdvi_command(&entry, &command);
	switch (command.kind) {
	case AMDVI_COMMAND_WAIT:
		if (command.status_hpa != BH_ADDR_NONE)
			write_root(self, command.status_hpa, &command.data, 1);
		return 1;
	case AMDVI_COMMAND_DEVICE:
	case AMDVI_COMMAND_INTERRUPTS:
		judge_device(self, amd, command.bdf);
		return 1;
	case AMDVI_COMMAND_ALL:
		if (!(*wholes)++)
			amd_root_follow(self, amd);
		return 1;
	default:
		return command.kind == AMDVI_COMMAND_NOTHING;
	}
}

static void run_commands(struct cpu *self, struct amd *amd)
{
	unsigned int wholes = 0;
	uint64_t at;

	for (int n = 0; n < COMMAND_BATCH; n++) {
		at = amdvi_regs_command(&amd->root);
		if (at == BH_ADDR_NONE)
			break;
		if (!carry_out(self, amd, at, &wholes)) {
			if (iommu_may_tell())
				console_print(
					"AMD IOMMU at %lx: a command of Linux that it does not have\n",
					amd->unit->config->base_hpa);
			amdvi_regs_stop(&amd->root);
			break;
		}
		amdvi_regs_next(&amd->root);
	}
	if (wholes > 1)
		amd_root_follow(self, amd);
}

/* --------------------------------------------------------------------------------- registers */

/* Registers have 64 bits. Linux accesses some of them by halves. */
void amd_root_mmio(struct cpu *self, struct amd *amd, uint32_t offset, struct mmio_access *access,
		   uint64_t *value)
{
	uint32_t at = offset & ~7u, shift = (offset & 4) * 8;
	uint64_t mask = access->width == 8 ? UINT64_MAX : UINT64_C(0xffffffff) << shift;

	if (access->write) {
		amdvi_regs_write(&amd->root, at, access->value << shift, mask);
		run_commands(self, amd);
		return;
	}
	if (at == AMDVI_STATUS)
		amd_root_drain_events(self, amd);
	*value = amdvi_regs_read(&amd->root, at) >> shift;
}
