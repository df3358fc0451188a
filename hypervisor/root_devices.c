// SPDX-License-Identifier: GPL-2.0-only
/* Devices of a root that has ended: nothing of what it began reaches the next one. See root_devices.h. */
#include "root_devices.h"
#include "arch/x86/x86.h"
#include "assign_guard.h"
#include "console.h"
#include "pci_config.h"
#include "setup.h"

#define FLR_MS 100 /* PCIe Base 3.0, 6.6.2 */

static void write_all(uint16_t bdf, const struct pci_write *w, unsigned int count)
{
	for (; count; count--, w++)
		if (w->width)
			pci_hardware_write(bdf, w->offset, w->width, w->value);
}

static void stop(struct root_devices *devices, uint16_t bdf)
{
	struct pci_quiet quiet;
	uint8_t raw[256];

	if (assign_is_taken(bdf))
		return;
	pci_hardware_image(bdf, raw);
	/* functions of a cell are behind this one */
	if (pci_quiet_is_bridge(raw) && assign_guard_find(bdf))
		return;
	if (!pci_quiet_make(&quiet, raw))
		return;
	write_all(bdf, quiet.stop, PCI_QUIET_STOP);
	if (!quiet.reset.width || assign_guard_find(bdf))
		return;
	if (devices->count == ROOT_RESETS) {
		console_print("function %02x:%02x.%u is not reset: only the first %u are\n",
			      bdf >> 8, bdf >> 3 & 31u, bdf & 7u, ROOT_RESETS);
		return;
	}
	devices->reset[devices->count].bdf = bdf;
	devices->reset[devices->count++].quiet = quiet;
}

static int is_there(uint16_t bdf)
{
	return pci_hardware_read(bdf, PCI_VENDOR_ID, 2) != 0xffff;
}

void root_devices_stop(struct root_devices *devices)
{
	devices->count = 0;
	for (uint32_t device = 0; device < 0x10000; device += 8) {
		uint16_t bdf = (uint16_t)device;
		unsigned int functions = 8;

		if (!is_there(bdf))
			continue;
		if (!(pci_hardware_read(bdf, PCI_HEADER_TYPE, 1) & 0x80))
			functions = 1;
		for (unsigned int n = 0; n < functions; n++)
			if (is_there((uint16_t)(bdf + n)))
				stop(devices, (uint16_t)(bdf + n));
	}
}

void root_devices_reset(struct root_devices *devices)
{
	for (unsigned int i = 0; i < devices->count; i++)
		write_all(devices->reset[i].bdf, &devices->reset[i].quiet.reset, 1);
	devices->until = rdtsc() + setup_tsc_hz / 1000 * FLR_MS;
}

void root_devices_wait(struct root_devices *devices)
{
	while (devices->count && (int64_t)(devices->until - rdtsc()) > 0)
		__builtin_ia32_pause();
	for (; devices->count; devices->count--)
		write_all(devices->reset[devices->count - 1].bdf,
			  devices->reset[devices->count - 1].quiet.back, PCI_QUIET_BACK);
}
