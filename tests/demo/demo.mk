# SPDX-License-Identifier: GPL-2.0-only
# The demo's program; included by the top-level Makefile.
# DURATION: seconds of the measured phase

DURATION ?= 10

# The RTOS without Linux and hypervisor, for comparison.
BARE_amd = tests/demo/bare.sh $(BUILD) $(QEMU) $(APIC) $(CPUS) $(DURATION)
BARE_intel = tests/demo/bare_intel.py $(APIC) $(CPUS) $(DURATION)

DEMO_SOURCES := $(wildcard tests/demo/*.c) $(wildcard tools/link/*.c)

guest-tools: $(BUILD)/guest-tools/bh-demo

$(BUILD)/guest-tools/bh-demo: $(DEMO_SOURCES) $(wildcard tests/demo/*.h tools/link/*.h) \
		$(wildcard include/bulkhead/*.h) | packages
	@mkdir -p $(@D)
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -Iinclude -Itools/link -o $@ \
		$(DEMO_SOURCES) -lpthread
