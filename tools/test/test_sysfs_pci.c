// SPDX-License-Identifier: GPL-2.0-only
/* PCI functions by Linux's /sys, in trees that are made here: which one is meant, and each reason why
 * one cannot be given to a cell. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "check.h"
#include "sysfs_pci.h"

#define NIC 0x0100  /* 0000:01:00.0, behind the bridge */
#define NVME 0x0028 /* 0000:00:05.0 */
#define TWIN 0x0030 /* 0000:00:06.0 */
#define BRIDGE 0x0008

static char host[] = "/tmp/test_sysfs.XXXXXX";

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
	char line[2048];
	int length = snprintf(line, sizeof(line), "cd %s && ", host);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + length, sizeof(line) - (size_t)length, format, arguments);
	va_end(arguments);
	REQUIRE(system(line) == 0);
}

/* One function with its own group, a reset, and interrupt line 16 + group. */
static void add(const char *place, const char *name, const char *ids, const char *class, int group)
{
	run("mkdir -p sys/devices/%s/%s sys/bus/pci/devices sys/kernel/iommu_groups/%d/devices",
	    place, name, group);
	run("ln -sfn ../../../devices/%s/%s sys/bus/pci/devices/%s", place, name, name);
	run("cd sys/devices/%s/%s && set -- %s && echo $1 > vendor && echo $2 > device && "
	    "echo %s > class && echo 'flr bus' > reset_method && echo %d > irq",
	    place, name, ids, class, 16 + group);
	run("ln -sfn %s/sys/kernel/iommu_groups/%d sys/devices/%s/%s/iommu_group", host, group,
	    place, name);
	run("ln -sfn %s/sys/devices/%s/%s sys/kernel/iommu_groups/%d/devices/%s", host, place, name,
	    group, name);
	run("echo '0xfee00000 0xfeefffff msi' > sys/kernel/iommu_groups/%d/reserved_regions",
	    group);
}

static void make_machine(void)
{
	run("rm -rf sys proc && mkdir -p sys/block proc/self && : > proc/self/mounts && : > proc/swaps");
	add("pci0000:00", "0000:00:01.0", "0x8086 0x3420", "0x060400", 1);
	add("pci0000:00/0000:00:01.0", "0000:01:00.0", "0x8086 0x10d3", "0x020000", 2);
	add("pci0000:00", "0000:00:05.0", "0x1b36 0x0010", "0x010802", 3);
	add("pci0000:00", "0000:00:06.0", "0x1b36 0x0010", "0x010802", 4);
}

static struct sysfs_pci_wish wish = { .bdf = NVME };
static char why[512];

static int can_give(uint16_t bdf)
{
	wish.bdf = bdf;
	why[0] = 0;
	return sysfs_pci_can_give(host, &wish, 1, why, sizeof(why));
}

/* It cannot be given, for a reason with these words in it. */
static void refused(uint16_t bdf, const char *words)
{
	CHECK_EQ(can_give(bdf), 0);
	if (!CHECK(strstr(why, words)))
		fprintf(stderr, "  not \"%s\" in: %s\n", words, why);
}

/* ------------------------------------------------------------------------------ which one */

static void test_addresses(void)
{
	static const char *const bad[] = { "",	      "0001:00:05.0", "00:05",	    "00:20.0",
					   "00:05.8", "00:05.0x",     "0000:00:05", "5" };
	char name[SYSFS_PCI_NAME];
	uint16_t bdf;

	CHECK(sysfs_pci_parse("0000:01:1f.7", &bdf));
	CHECK_EQ(bdf, 0x1ff);
	CHECK(sysfs_pci_parse("fe:00.0", &bdf));
	CHECK_EQ(bdf, 0xfe00);
	sysfs_pci_name(0xfeff, name);
	CHECK(!strcmp(name, "0000:fe:1f.7"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(!sysfs_pci_parse(bad[i], &bdf)))
			fprintf(stderr, "  %s\n", bad[i]);
}

static void test_functions_are_found_by_their_ids_in_order(void)
{
	uint16_t found[SYSFS_PCI_MAX];

	CHECK_EQ(sysfs_pci_find(host, 0x1b36, 0x10, found), 2);
	CHECK_EQ(found[0], NVME);
	CHECK_EQ(found[1], TWIN);
	CHECK_EQ(sysfs_pci_find(host, 0x8086, 0x10d3, found), 1);
	CHECK_EQ(sysfs_pci_find(host, 0x8086, 0x1234, found), 0);
	CHECK_EQ(sysfs_pci_find("/nowhere", 0x8086, 0x10d3, found), 0);
}

static void test_functions_are_found_by_their_path(void)
{
	uint16_t bdf;

	CHECK(sysfs_pci_at_path(host, "pci0000:00/0000:00:01.0/0000:01:00.0", &bdf));
	CHECK_EQ(bdf, NIC);
	CHECK(!sysfs_pci_at_path(host, "pci0000:00/0000:00:02.0/0000:01:00.0", &bdf));
	CHECK(!sysfs_pci_at_path(host, "pci0000:00", &bdf));
}

/* ------------------------------------------------------------------------------- refusals */

static void test_what_nobody_uses_can_be_given(void)
{
	CHECK_EQ(can_give(NIC), 1);
	CHECK_EQ(can_give(NVME), 1);
	CHECK_EQ(why[0], 0);
}

static void test_kinds_that_are_not_given(void)
{
	refused(0x00f8, "does not exist");
	refused(BRIDGE, "is a bridge");
	run("echo 1 > sys/bus/pci/devices/0000:01:00.0/boot_vga");
	refused(NIC, "shows Linux's console");
	run("echo 2 > sys/bus/pci/devices/0000:00:05.0/sriov_numvfs");
	refused(NVME, "virtual functions");
}

static void test_no_reset_has_to_be_accepted(void)
{
	run("echo pm > sys/bus/pci/devices/0000:00:05.0/reset_method");
	refused(NVME, "accept-no-reset");
	run("echo 'af_flr pm' > sys/bus/pci/devices/0000:00:05.0/reset_method");
	refused(NVME, "accept-no-reset");
	wish.accept_no_reset = true;
	CHECK_EQ(can_give(NVME), 1);
	wish.accept_no_reset = false;
}

static void test_groups_are_given_whole(void)
{
	struct sysfs_pci_wish both[] = { { .bdf = NVME }, { .bdf = TWIN } };

	run("ln -s %s/sys/bus/pci/devices/0000:00:06.0 "
	    "sys/kernel/iommu_groups/3/devices/0000:00:06.0",
	    host);
	refused(NVME, "shares its IOMMU group with 0000:00:06.0");
	CHECK_EQ(sysfs_pci_can_give(host, both, 2, why, sizeof(why)), 1);
	/* bridges above are no owner's */
	run("rm sys/kernel/iommu_groups/3/devices/0000:00:06.0 && "
	    "ln -s %s/sys/bus/pci/devices/0000:00:01.0 "
	    "sys/kernel/iommu_groups/2/devices/0000:00:01.0",
	    host);
	CHECK_EQ(can_give(NIC), 1);
}

static void test_memory_reserved_by_firmware(void)
{
	run("echo '0x0000000000000000 0x0000000000ffffff direct-relaxable' >> "
	    "sys/kernel/iommu_groups/2/reserved_regions");
	CHECK_EQ(can_give(NIC), 1);
	run("echo '0x00000000000e0000 0x00000000000fffff direct' >> "
	    "sys/kernel/iommu_groups/2/reserved_regions");
	refused(NIC, "RMRR or IVMD");
}

static void test_an_interface_that_is_up(void)
{
	run("mkdir -p sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/net/eth1 && "
	    "echo 0x1003 > sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/net/eth1/flags");
	refused(NIC, "ip link set eth1 down");
	run("echo 0x1002 > sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/net/eth1/flags");
	CHECK_EQ(can_give(NIC), 1);
}

static void test_disks_in_use(void)
{
	const char *disk = "sys/devices/pci0000:00/0000:00:05.0/nvme/nvme0/nvme0n1";

	run("mkdir -p %s/nvme0n1p1 && : > %s/nvme0n1p1/partition && "
	    "ln -s %s/%s sys/block/nvme0n1",
	    disk, disk, host, disk);
	CHECK_EQ(can_give(NVME), 1);
	run("echo '/dev/nvme0n10 /x ext4 rw 0 0' > proc/self/mounts");
	CHECK_EQ(can_give(NVME), 1);
	run("echo '/dev/nvme0n1p1 / ext4 rw 0 0' >> proc/self/mounts");
	refused(NVME, "nvme0n1p1, which is mounted");
	CHECK_EQ(can_give(TWIN), 1);
	run(": > proc/self/mounts && echo '/dev/nvme0n1 partition 1 0 -2' > proc/swaps");
	refused(NVME, "nvme0n1, which is swapped to");
	run(": > proc/swaps && mkdir -p %s/holders/dm-0", disk);
	refused(NVME, "other block devices");
}

static void test_shared_interrupt_lines(void)
{
	run("echo 19 > sys/bus/pci/devices/0000:00:06.0/irq");
	wish.intx = true;
	CHECK_EQ(can_give(NVME), 1); /* nobody drives the other */
	run("mkdir sys/devices/pci0000:00/0000:00:06.0/driver");
	refused(NVME, "shares interrupt line 19 with 0000:00:06.0");
	wish.intx = false;
	CHECK_EQ(can_give(NVME), 1);
}

int main(void)
{
	static void (*const on_machines[])(void) = {
		test_functions_are_found_by_their_ids_in_order,
		test_functions_are_found_by_their_path,
		test_what_nobody_uses_can_be_given,
		test_kinds_that_are_not_given,
		test_no_reset_has_to_be_accepted,
		test_groups_are_given_whole,
		test_memory_reserved_by_firmware,
		test_an_interface_that_is_up,
		test_disks_in_use,
		test_shared_interrupt_lines,
	};

	REQUIRE(mkdtemp(host));
	test_addresses();
	for (size_t i = 0; i < sizeof(on_machines) / sizeof(on_machines[0]); i++) {
		make_machine();
		on_machines[i]();
	}
	run("rm -rf %s", host);
	return check_done();
}
