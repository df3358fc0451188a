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
