# SPDX-License-Identifier: GPL-2.0-only
#
# Installation on a real machine. The driver goes in as source: DKMS builds it for the kernels
# that are there now and those that come. With DESTDIR nothing outside it is touched.

PREFIX ?= /usr
MODULE_SOURCE := $(DESTDIR)$(PREFIX)/src/bulkhead-$(VERSION)
SHARE := $(DESTDIR)$(PREFIX)/share/bulkhead
INSTALL := install -D -m

install: hypervisor tools inmates
	$(INSTALL) 755 -t $(DESTDIR)$(PREFIX)/sbin $(BUILD)/tools/hvctl
	$(INSTALL) 755 -t $(SHARE) $(BUILD)/tools/hvctl-config
	$(INSTALL) 644 -t $(DESTDIR)$(PREFIX)/lib $(BUILD)/tools/libbulkhead-link.a
	$(INSTALL) 644 -t $(DESTDIR)$(PREFIX)/include/bulkhead include/bulkhead/*.h tools/link/bulkhead*.h
	$(INSTALL) 644 -t $(DESTDIR)/lib/firmware $(wildcard $(BUILD)/hypervisor/bulkhead-*.bin)
	$(INSTALL) 644 -t $(DESTDIR)$(PREFIX)/lib/bulkhead/inmates $(BUILD)/inmates/*.elf
	$(INSTALL) 644 -t $(SHARE)/configs $(wildcard configs/*.dts)
	for rules in $$(find driver -name '*.rules'); do \
		$(INSTALL) 644 -t $(DESTDIR)/lib/udev/rules.d $$rules || exit; \
	done
	find Kbuild driver include hypervisor/pure -name '*.[chS]' -o -name Kbuild | \
		while read -r file; do $(INSTALL) 644 $$file $(MODULE_SOURCE)/$$file || exit; done
	sed 's/@VERSION@/$(VERSION)/' mk/dkms.conf.in > $(MODULE_SOURCE)/dkms.conf
	@if [ -n "$(DESTDIR)" ]; then \
		echo "staged in $(DESTDIR); on the machine: dkms install bulkhead/$(VERSION)"; \
	elif command -v dkms > /dev/null; then \
		dkms install --force bulkhead/$(VERSION); \
	else \
		echo "apt-get install dkms linux-headers-amd64, then: dkms install bulkhead/$(VERSION)"; \
		exit 1; \
	fi

.PHONY: install
