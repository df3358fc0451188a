#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the RTOS on the bare machine, emulated by the same QEMU with as many CPUs, the others
# computing, and prints its statistics on one line: what the demo shows beside those of the cell.
#
# usage: bare.sh BUILD QEMU(10|7.2) APIC(x2apic|xapic) CPUS SECONDS
set -eu

BUILD=$1 APIC=$3 CPUS=$4 DURATION=$5

QEMU=$BUILD/qemu-$2/qemu
[ -x "$QEMU" ] || QEMU=qemu-system-x86_64
MODEL=EPYC
[ "$APIC" = x2apic ] && MODEL=EPYC-Rome,+x2apic

# Status 33 is isa-debug-exit's way to say that the program was done.
status=0
output=$(timeout $((DURATION + 60)) "$QEMU" -M q35 -cpu "$MODEL" -smp "$CPUS" -m 64 \
	-accel tcg,thread=multi -display none -no-reboot -serial stdio \
	-device isa-debug-exit,iobase=0xf4,iosize=4 \
	-kernel "$BUILD/inmates/rtos.elf" \
	-append "seconds=$DURATION neighbours=$((CPUS - 1))" < /dev/null 2> /dev/null) ||
	status=$?
[ $status -eq 33 ] || {
	echo "bare.sh: the RTOS ended with status $status on the bare machine: $output" >&2
	exit 1
}
echo "$output" | tr -d '\r' | tr '\n' ' '
