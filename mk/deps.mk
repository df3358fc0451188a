# SPDX-License-Identifier: GPL-2.0-only
#
# Set-up, each step once (a stamp file says that it is done): distribution packages, one
# directory per kernel series (image, modules, headers), and a QEMU that is new enough.

# The series that the distribution has: Debian 12 with its backports, or a later one. The cloud
# flavour of the oldest is for Bochs: it is smaller.
SERIES := $(if $(shell grep -s VERSION_CODENAME=bookworm /etc/os-release),6.1 )6.12
CLOUD := $(firstword $(SERIES))-cloud
SUPPORTED_KERNELS := $(SERIES) $(CLOUD)
DEPS := $(BED)/deps.sh
STAMPS := $(BUILD)/deps
DOWNLOADED := $(BUILD)/deps $(BUILD)/kernels $(BUILD)/qemu-10 $(BUILD)/udev
export BULKHEAD_DEPS_STATE := $(STAMPS)

deps: packages $(STAMPS)/qemu-10.stamp $(STAMPS)/udev.stamp \
	$(SUPPORTED_KERNELS:%=$(STAMPS)/kernel-%.stamp)

packages: $(STAMPS)/all-packages.stamp
host-packages: $(STAMPS)/host-packages.stamp

# What cannot be installed is said in one line, before anything else happens.
HOST_GOALS := hypervisor tools inmates check check-steps fuzz install
QUIET_GOALS := clean help print-kdirs
GOALS := $(filter-out $(QUIET_GOALS),$(or $(MAKECMDGOALS),all))
SET := $(if $(filter-out $(HOST_GOALS),$(GOALS)),all,$(if $(GOALS),host))

ifneq ($(SET),)
ifeq ($(wildcard $(STAMPS)/$(SET)-packages.stamp),)
PROBLEM := $(shell $(DEPS) problem $(SET))
$(if $(PROBLEM),$(error $(PROBLEM)))
endif
endif

$(STAMPS)/all-packages.stamp: | host-packages

$(STAMPS)/%-packages.stamp: $(DEPS)
	@$(DEPS) packages $*
	@mkdir -p $(@D) && touch $@

$(STAMPS)/qemu-10.stamp: | packages
	@$(DEPS) qemu $(BUILD)/qemu-10
	@touch $@

$(STAMPS)/udev.stamp: | packages
	@$(DEPS) udev $(BUILD)/udev
	@touch $@

$(STAMPS)/kernel-%.stamp: | packages
	@$(DEPS) kernel $* $(BUILD)/kernels/$*
	@touch $@

.PHONY: deps packages host-packages
