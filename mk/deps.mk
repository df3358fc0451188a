# SPDX-License-Identifier: GPL-2.0-only
#
# Set-up, each step once (a stamp file says that it is done): distribution packages, one
# directory per kernel series (image, modules, headers), and a QEMU that is new enough.

# A distribution has the series it has: Debian 12 both, later ones their own.
SUPPORTED_KERNELS := 6.1 6.12
DEPS := $(BED)/deps.sh
STAMPS := $(BUILD)/deps
DOWNLOADED := $(BUILD)/deps $(BUILD)/kernels $(BUILD)/qemu-10
export BULKHEAD_DEPS_STATE := $(STAMPS)

deps: packages $(STAMPS)/qemu-10.stamp $(SUPPORTED_KERNELS:%=$(STAMPS)/kernel-%.stamp)

packages: $(STAMPS)/packages.stamp

# What cannot be installed is said in one line, before anything else happens.
ifeq ($(wildcard $(STAMPS)/packages.stamp),)
ifneq ($(filter-out clean help print-kdirs,$(or $(MAKECMDGOALS),all)),)
PROBLEM := $(shell $(DEPS) problem)
$(if $(PROBLEM),$(error $(PROBLEM)))
endif
endif

$(STAMPS)/packages.stamp:
	@$(DEPS) packages
	@mkdir -p $(@D) && touch $@

$(STAMPS)/qemu-10.stamp: | packages
	@$(DEPS) qemu $(BUILD)/qemu-10
	@touch $@

$(STAMPS)/kernel-%.stamp: | packages
	@$(DEPS) kernel $* $(BUILD)/kernels/$*
	@touch $@

.PHONY: deps packages
