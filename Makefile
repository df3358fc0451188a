# SPDX-License-Identifier: GPL-2.0-only
#
# Builds, tests and installs everything; "make help" names the targets. The parts build
# themselves (hypervisor/, tools/, inmates/ have a Makefile each, the kernel modules a
# Kbuild); set-up is mk/deps.mk, the driver mk/driver.mk, installation mk/install.mk.

MAKEFLAGS += --no-print-directory

VERSION := 0.1.0
BUILD := $(abspath build)
KERNELS ?= $(SUPPORTED_KERNELS)
PYTHON := /usr/bin/python3
BED := tests/bed
RUN := $(PYTHON) $(BED)/run.py

# The machine that shell and demo use: QEMU for AMD, of which there are several, or Bochs for Intel.
CPU ?= amd
CPUS ?= 4
QEMU ?= 10
APIC ?= x2apic
KERNEL ?= $(firstword $(KERNELS))
MACHINE_amd = --qemu $(QEMU) --apic $(APIC) --cpus $(CPUS) --kernel $(KERNEL)
MACHINE_intel = --cpu intel --apic $(APIC) --cpus $(CPUS)
MACHINE = $(or $(MACHINE_$(CPU)),$(error CPU=$(CPU): there are amd and intel))

# Length of a soak, in life-cycle turns; further arguments for pytest.
N ?= 2000
T ?=
# Rows of each protection in make attack-proof; all, if not said. With RESUME=1 it goes on where it was interrupted.
ROWS ?=
RESUME ?=

all: hypervisor tools inmates driver guest-tools

help:
	@echo 'make demo            set up, build, and show a real-time cell beside Linux in an emulator'
	@echo 'make test            set up, build, make check, and the system tests in emulators'
	@echo '                     (T="-k words" or T=tests/test_bed.py: only those system tests)'
	@echo 'make shell           an interactive machine with everything in /opt/bulkhead'
	@echo 'make check           checks that need neither root, kernel headers nor QEMU'
	@echo 'make fuzz            the fuzzers, until interrupted'
	@echo 'make attack          the attack suite on both vendors; table in build/attack.json'
	@echo 'make attack-proof    each protection taken out in turn: is there an attack that notices?'
	@echo 'make soak N=2000     that many life-cycle turns'
	@echo 'make bench           measure; writes build/bench.json'
	@echo 'make all             hypervisor, hvctl, inmates, driver for each kernel'
	@echo 'make deps            only the set-up: packages, kernels, emulators'
	@echo 'make install         on a real machine, driver by DKMS (DESTDIR= is honoured)'
	@echo 'make clean           removes what was built, keeps what was downloaded'
	@echo 'shell and demo take  CPU=amd (QEMU), and QEMU=10|7.2 APIC=x2apic|xapic CPUS=2|4 KERNEL=6.1|6.12'
	@echo '                     or CPU=intel (Bochs), and APIC=x2apic|xapic CPUS=2|4'

include mk/deps.mk
include mk/driver.mk
include mk/install.mk
include $(wildcard tests/demo/demo.mk)

# --- parts ----------------------------------------------------------------------------------

hypervisor tools inmates: host-packages
	$(MAKE) -C $@ O=$(BUILD)/$@

# Small programs that tests run in the guest: one C file each.
GUEST_TOOLS := $(patsubst tests/guest/%.c,$(BUILD)/guest-tools/%,$(wildcard tests/guest/*.c))

guest-tools: $(GUEST_TOOLS)

$(BUILD)/guest-tools/%: tests/guest/%.c $(wildcard tests/guest/*.h tests/guest/modules/*.h include/bulkhead/*.h) | host-packages
	@mkdir -p $(@D)
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -Iinclude -o $@ $< -lpthread

# --- checks and tests -----------------------------------------------------------------------
# Each step notes what passed and failed and never stops the next; tally.sh gives the verdict.

STEP := $(BED)/step.sh
PYTEST = $(PYTHON) -m pytest -p no:cacheprovider -c tests/pytest.ini

check: host-packages
	@rm -rf $(BUILD)/results
	@$(MAKE) check-steps
	@$(BED)/tally.sh

check-steps:
	@$(STEP) hypervisor 600 $(MAKE) -C hypervisor check O=$(BUILD)/hypervisor
	@$(STEP) tools 600 $(MAKE) -C tools check O=$(BUILD)/tools
	@for script in tests/check/*; do \
		$(STEP) $$(basename $${script%.*}) 300 $$script; \
	done

test: deps all
	@rm -rf $(BUILD)/results
	@$(MAKE) check-steps
	@$(MAKE) $(if $(T),system-chosen,system-steps)
	@$(BED)/tally.sh

# Bochs emulates all CPUs of a machine by one thread, as QEMU does when it counts time. So its machines run
# beside those of QEMU, and report afterwards; who has ended first takes those with counted time.
COUNTED = if mkdir $(BUILD)/logs/counted 2> /dev/null; then \
		$(STEP) system-counted 3800 $(PYTEST) --part counted tests; \
	fi
system-steps:
	@rm -rf $(BUILD)/attack.json $(BUILD)/logs/counted; mkdir -p $(BUILD)/logs; $(PYTHON) $(BED)/proof.py images few; \
	{ $(STEP) system-intel 3800 $(PYTEST) --part intel tests; $(COUNTED); } > $(BUILD)/logs/system-beside.out 2>&1 & \
	$(STEP) system-amd 3800 $(PYTEST) --part amd tests; $(COUNTED); \
	wait; cat $(BUILD)/logs/system-beside.out
	@$(STEP) attack-table 60 $(PYTHON) $(BED)/attacks.py

system-chosen:
	@$(STEP) system 3800 $(PYTEST) $(T)

ATTACKS := tests/test_attack.py tests/test_root_attack.py
attack: deps all
	@rm -f $(BUILD)/attack.json; mkdir -p $(BUILD)/logs; \
	$(PYTEST) -q --cpu intel $(ATTACKS) > $(BUILD)/logs/attack-intel.out 2>&1 & \
	$(PYTEST) -q --cpu amd $(ATTACKS); \
	wait; cat $(BUILD)/logs/attack-intel.out
	@$(PYTHON) $(BED)/attacks.py

PROOFS := tests/test_protections.py tests/test_root_protections.py tests/test_device_protections.py
attack-proof: deps all
	@$(if $(RESUME),,rm -f $(BUILD)/attack-proof.json;) mkdir -p $(BUILD)/logs; $(PYTHON) $(BED)/proof.py images all
	@export PROOF_ROWS=$(ROWS) PROOF_RESUME=$(RESUME); \
	BED_LOGS=beside $(PYTEST) -q -s --cpu intel tests/test_protections.py -m soak $(T) \
		> $(BUILD)/logs/attack-proof-intel.out 2>&1 & \
	$(PYTEST) -q -s --cpu amd $(PROOFS) -m soak $(T); \
	$(PYTEST) -q -s --cpu intel tests/test_root_protections.py -m soak $(T); \
	wait; cat $(BUILD)/logs/attack-proof-intel.out
	@PROOF_ROWS=$(ROWS) $(PYTHON) $(BED)/proof.py

soak: deps all
	SOAK_TURNS=$(N) $(PYTEST) tests -m soak $(T)

fuzz: host-packages
	$(MAKE) -C hypervisor fuzz O=$(BUILD)/hypervisor

bench: deps all
	$(PYTHON) tests/bench/bench.py --output $(BUILD)/bench.json

# --- machines -------------------------------------------------------------------------------

shell: deps all
	@$(RUN) $(MACHINE) --shell

demo: deps all
	@bare=$$($(BARE_$(CPU))) && \
	$(RUN) $(MACHINE) --name demo --timeout 900 "/opt/bulkhead/demo $(DURATION) '$$bare'"

clean:
	rm -rf $(filter-out $(DOWNLOADED),$(wildcard $(BUILD)/*))

.PHONY: all help hypervisor tools inmates guest-tools check check-steps test system-steps \
	system-chosen attack attack-proof soak fuzz bench \
	shell demo clean
