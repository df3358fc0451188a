# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel modules, for each kernel series, out of tree: kbuild puts its output beside the
# sources it is given, so it is given a tree of links in build/driver-SERIES.

KDIR_OF = $(BUILD)/kernels/$(1)/kdir
DRIVER_SOURCES := Kbuild driver include hypervisor

driver: $(KERNELS:%=driver-%) $(KERNELS:%=guest-modules-%)

driver-%: $(STAMPS)/kernel-%.stamp
	@mkdir -p $(BUILD)/$@
	@find $(BUILD)/$@ -type l ! -exec test -e {} \; -delete
	@cp -Pas --remove-destination $(abspath $(DRIVER_SOURCES)) $(BUILD)/$@
	$(MAKE) -C $(call KDIR_OF,$*) M=$(BUILD)/$@ modules

# What tests load into the guest
guest-modules-%: $(STAMPS)/kernel-%.stamp
	@mkdir -p $(BUILD)/$@
	@cp -Pas --remove-destination $(abspath $(wildcard tests/guest/modules/*) include) $(BUILD)/$@
	$(MAKE) -C $(call KDIR_OF,$*) M=$(BUILD)/$@ modules

print-kdirs:
	@for series in $(KERNELS); do echo "$$series $(call KDIR_OF,$$series)"; done

.PHONY: driver print-kdirs
