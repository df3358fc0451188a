/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of a hostile root's queue and interrupt table, and records of a hostile unit: whatever is
 * let through stays within what the effects rely on.
 */
#include <stdlib.h>
#include <string.h>
#include <bulkhead/config.h>
#include "../../pure/icr.h"
#include "../../pure/vtd_regs.h"

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_request(const struct vtd_entry *entry)
{
	struct vtd_request r;

	vtd_request(entry, &r);
	if (r.kind == VTD_REQUEST_IRTES) {
		REQUIRE(r.count && r.count <= 0x10000 && r.first <= 0xffff);
		REQUIRE(r.first % r.count == 0);
	}
	if (r.kind == VTD_REQUEST_WAIT && r.status_hpa != BH_ADDR_NONE)
		REQUIRE(r.status_hpa % 4 == 0);
}

static void check_irte(const struct vtd_entry *entry, int extended)
{
	struct msi_interrupt irq;

	if (vtd_irte_check(entry, extended, &irq) != VTD_IRTE_ASK)
		return;
	REQUIRE(irq.mode == ICR_FIXED || irq.mode == ICR_LOWEST || irq.mode == ICR_NMI ||
		irq.mode == MSI_MODE_EXTINT);
	REQUIRE((irq.mode != ICR_FIXED && irq.mode != ICR_LOWEST) || irq.vector >= 16);
	REQUIRE(extended || irq.destination <= 0xff);
}

/* A write of the root, and then what there is in its queue, as far as a batch goes. */
static void check_registers(struct vtd_regs *regs, const struct vtd_entry *entry)
{
	struct msi_interrupt irq;

	(void)vtd_regs_write(regs, (uint32_t)entry->low & 0xfffc, (uint32_t)entry->high);
	(void)vtd_regs_read(regs, (uint32_t)(entry->low >> 32) & 0xfff8);
	if (!vtd_regs_message(regs, &irq))
		REQUIRE(irq.mode == ICR_FIXED || irq.mode == ICR_LOWEST);
	for (int n = 0; n < 4 && vtd_regs_has_request(regs); n++) {
		REQUIRE(regs->iqh % 16 == 0);
		REQUIRE(regs->iqh < VTD_IQA_PAGES(regs->iqa) * BH_PAGE_SIZE);
		vtd_regs_next(regs);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vtd_regs regs = { .cap = UINT64_C(0x22) << 24 };
	struct vtd_entry entry;
	struct vtd_fault fault;

	for (; size >= sizeof(entry); data += sizeof(entry), size -= sizeof(entry)) {
		memcpy(&entry, data, sizeof(entry));
		check_request(&entry);
		check_irte(&entry, 0);
		check_irte(&entry, 1);
		check_registers(&regs, &entry);
		(void)vtd_context_is_identity(&entry);
		if (vtd_fault(&entry, &fault))
			REQUIRE(vtd_fault_words(fault.reason));
	}
	return 0;
}
