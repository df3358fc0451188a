/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The IO-APIC that the information page names. */
#ifndef INMATE_IOAPIC_H
#define INMATE_IOAPIC_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

/* Routes a pin, edge triggered, to a vector of the CPU with this APIC ID. -ENODEV: there is no
 * IO-APIC; -EINVAL: no such pin. */
int ioapic_route(unsigned int pin, uint8_t vector, uint32_t apic_id);

/* The same for a PCI function's pin: level triggered, active low. */
int ioapic_route_level(unsigned int pin, uint8_t vector, uint32_t apic_id);

/* -ENODEV, -EINVAL as above. */
int ioapic_mask(unsigned int pin);

#endif
