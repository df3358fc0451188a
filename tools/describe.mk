# SPDX-License-Identifier: GPL-2.0-only
#
# What has to do with descriptions: the Python tool in one file, and its checks. Included by the
# Makefile.

CONFIG_PY := $(sort $(wildcard config/*.py))

all: $(O)/hvctl-config

$(O)/hvctl-config: $(CONFIG_PY) describe.mk
	@mkdir -p $(@D)
	rm -rf $(O)/config && mkdir $(O)/config && cp $(CONFIG_PY) $(O)/config
	python3 -m zipapp -p '/usr/bin/env python3' -o $@ $(O)/config

TESTS += test_describe
SRC_test_describe := $(filter-out hvctl/describe_json.c,$(wildcard hvctl/describe*.c)) hvctl/sysfs_pci.c $(PURE)
LIBS_test_describe := -lfdt

CHECKS += check-rules check-config

check-rules: $(O)/hvctl
	@printf '%-20s ' $@ && timeout 120 python3 check-rules $<

check-config: $(O)/hvctl $(O)/hvctl-config
	@printf '%-20s ' $@ && HVCTL=$< timeout 120 python3 test/test_config.py

.PHONY: check-rules check-config
