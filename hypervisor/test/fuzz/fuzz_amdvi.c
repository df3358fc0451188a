// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any entry that Linux may have in its device table, interrupt tables and command ring: what is let through is
 * a plain interrupt, survives being written into our table, and nothing is read beyond what there is.
 */
#include <stdlib.h>
#include <string.h>
#include "pure/amdvi.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_irte(const uint64_t q[2], int wide)
{
	struct msi_interrupt irq, again;
	uint64_t made[2];

	if (amdvi_irte(q, wide, &irq))
		return;
	require(irq.vector >= 16 && irq.mode <= 1);
	amdvi_make_irte(&irq, wide, made);
	require(!amdvi_irte(made, wide, &again));
	require(again.destination == irq.destination && again.vector == irq.vector &&
		again.mode == irq.mode && again.logical == irq.logical);
	/* nothing else of the entry gets through */
	require(!(made[0] & ~(wide ? UINT64_C(0xffffff7d) : UINT64_C(0xffff7d)) & ~UINT64_C(0x1)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct amdvi_command command;
	struct amdvi_event event;
	struct amdvi_dte dte;
	struct amdvi_entry entry;
	unsigned int order;

	if (size < sizeof(dte))
		return 0;
	memcpy(&dte, data, sizeof(dte));
	memcpy(&entry, data, sizeof(entry));
	check_irte(dte.q, 0);
	check_irte(dte.q, 1);
	require(!(amdvi_dte_table(&dte, &order) & 63) && order <= AMDVI_MAX_ORDER);
	/* what is judged as identity has no tables that the function would go through */
	if (amdvi_dte_is_identity(&dte) && (dte.q[0] & 3) == 3 && dte.q[0] >> 61 & 3)
		require(!(dte.q[0] >> 9 & 7));
	amdvi_command(&entry, &command);
	require(command.status_hpa == BH_ADDR_NONE || !(command.status_hpa & 7));
	if (amdvi_event(&entry, &event))
		require(strcmp(amdvi_event_words(event.code), "unknown") != 0);
	return 0;
}
