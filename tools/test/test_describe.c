// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptions from file to wire format: what the schema refuses and in which words, the
 * defaults, the layout, CPU numbers, and trees that are cut short or damaged. Needs dtc.
 */
#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "check.h"
#include "describe_dt.h"

#define CELL "compatible = \"bulkhead,cell\"; #address-cells = <1>; #size-cells = <1>; "
#define RAM "memory@0 { reg = <0 0x200000>; }; "
#define LINK "peer = <1>; root-peer = <0>; rw-size = <0x1000>; output-size = <0x1000>; "
#define GOOD CELL "label = \"a\"; apic-ids = <1>; "
#define SYSTEM "compatible = \"bulkhead,system\"; #address-cells = <2>; #size-cells = <2>; "
#define ACCEPT "accept { unmoderated-msi; unprotected-dma; }; "
#define MACHINE SYSTEM "label = \"m\"; address-limit = <2 0>; "
#define NODES "cpus { apic-ids = <0 4 2>; }; accept { unmoderated-msi; unprotected-dma; }; "
#define GOOD_SYSTEM MACHINE NODES

static char directory[] = "/tmp/test_describe.XXXXXX";
static char file[256];

static void write_bytes(const char *name, const void *data, size_t size)
{
	int fd;

	snprintf(file, sizeof(file), "%s/%s", directory, name);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void write_dts(const char *body)
{
	char text[4096];
	int n = snprintf(text, sizeof(text), "/dts-v1/;\n/ { %s};\n", body);

	write_bytes("d.dts", text, (size_t)n);
}

static int load(const char *body, const struct description *system, struct description *d,
		struct describe_error *err)
{
	write_dts(body);
	return describe_load_for(file, system, d, err);
}

/* ------------------------------------------------------------------------------- refusals */

static const struct {
	const char *body, *node, *property, *says;
} wrong[] = {
	{ "", "/", "compatible", "is missing" },
	{ "compatible = \"x\"; #address-cells = <1>; #size-cells = <1>; ", "/", "compatible",
	  "is \"x\"; it has to be" },
	{ "compatible = \"bulkhead,cell\"; #address-cells = <3>; ", "/", "#address-cells",
	  "1 or 2" },
	{ "compatible = \"bulkhead,cell\"; #size-cells = <0>; ", "/", "#size-cells", "1 or 2" },
	{ CELL "cpus = <1>; " RAM, "/", "label", "is missing" },
	{ CELL "lable = \"a\"; ", "/", "lable", "nearest known here is \"label\"" },
	{ CELL "label = \"a\", \"b\"; ", "/", "label", "one string" },
	{ CELL "label = <1>; ", "/", "label", "one string" },
	{ CELL "console_size = <0x1000>; ", "/", "console_size", "\"console-size\"" },
	{ GOOD "strict = <1>; ", "/", "strict", "takes no value" },
	{ GOOD "console-size = <1 2>; ", "/", "console-size", "one number" },
	{ GOOD "console-size = [01]; ", "/", "console-size", "one number" },
	{ GOOD "cpus; ", "/", "cpus", "list of numbers" },
	{ GOOD "cpus = <2>; ", "/", "apic-ids", "contradicts" },
	{ GOOD "ports = <0x60 0x10000>; ", "/", "ports", "above 65535" },
	{ GOOD "ports = <0x60>; ", "/", "ports", "pairs" },
	{ GOOD "info-address = <1 2 3>; ", "/", "info-address", "one number, or two" },
	{ GOOD "no-ecam; ecam-address = <0>; ", "/", "no-ecam", "contradicts" },
	{ GOOD "no-ioapic; ioapic-address = <0>; ", "/", "no-ioapic", "contradicts" },
	{ GOOD "memroy@1000 { }; ", "/memroy@1000", "", "nearest known node here is \"memory\"" },
	{ GOOD "memory@1000 { }; ", "/memory@1000", "reg", "is missing" },
	{ GOOD "memory@1000 { reg = <1>; }; ", "/memory@1000", "reg", "one pair of 1 cells" },
	{ GOOD "memory@1000 { reg = <1 2 3 4>; }; ", "/memory@1000", "reg", "one pair" },
	{ GOOD "memory@1000 { reg = <1 2>; rights = \"rwxw\"; }; ", "/memory@1000", "rights",
	  "known are: rwx" },
	{ GOOD "memory@1000 { reg = <1 2>; child { }; }; ", "/memory@1000/child", "",
	  "its parent has no nodes" },
	{ GOOD "pins = <4>; ", "/", "pins", "pairs" },
	{ GOOD "pci@0 { }; ", "/pci@0", "address", "one of the three" },
	{ GOOD "pci@0 { vendor-id = <0x8086>; }; ", "/pci@0", "address", "one of the three" },
	{ GOOD "pci@0 { address = \"0000:00:03.0\"; path = \"x\"; }; ", "/pci@0", "address",
	  "one of the three" },
	{ GOOD "pci@0 { address = \"0001:00:03.0\"; }; ", "/pci@0", "address", "no PCI address" },
	{ GOOD "pci@0 { address = \"00:03.8\"; }; ", "/pci@0", "address", "no PCI address" },
	{ GOOD "pci@0 { address = \"00:03.0\"; bar-addresses = <0>; }; ", "/pci@0", "bar-addresses",
	  "two cells" },
	{ GOOD "pci@0 { address = \"00:03.0\"; reset; }; ", "/pci@0", "reset", "is unknown" },
	{ GOOD "mmio@1000 { reg = <0x1000 0x1000>; }; ", "/mmio@1000", "host-address",
	  "is missing" },
	{ GOOD "links { x = <1>; }; ", "/links", "x", "no properties" },
	{ GOOD "links { plc { }; }; ", "/links/plc", "peer", "is missing" },
	{ GOOD "links { plc { " LINK "vector = <1>; }; }; ", "/links/plc", "vector",
	  "\"vectors\"" },
	{ GOOD "links { plc { " LINK "pci-address = \"0:1.0\"; }; }; ", "/links/plc", "pci-address",
	  "no PCI address" },
	{ GOOD "links { plc { " LINK "pci-address = \"00:20.0\"; }; }; ", "/links/plc",
	  "pci-address", "no PCI address" },
	{ GOOD "links { plc { " LINK "root-vectors = <0x10000>; }; }; ", "/links/plc",
	  "root-vectors", "above" },
	{ GOOD "links { }; links@1 { }; ", "/links@1", "", "is the second \"links\"" },
	{ SYSTEM "label = \"m\"; address-limit = <2 0>; " ACCEPT, "/", "",
	  "needs a node \"cpus\"" },
	{ SYSTEM "label = \"m\"; cpus { apic-ids = <0>; }; " ACCEPT, "/", "address-limit",
	  "is missing" },
	{ MACHINE "root-policy = \"lax\"; " NODES, "/", "root-policy",
	  "known are: tolerant strict" },
	{ GOOD_SYSTEM "hypervisor@0 { reg = <0 0 0 0x200000>; memory-size = <1>; }; ",
	  "/hypervisor@0", "memory-size", "in \"reg\" already" },
	{ GOOD_SYSTEM "pci { bus-range = <0 0>; }; ", "/pci", "bus-range", "goes with \"reg\"" },
	{ GOOD_SYSTEM "pci@b0000000 { reg = <0 0xb0000000 0 0x200000>; bus-range = <0 0>; }; ",
	  "/pci@b0000000", "reg", "makes it 0x100000" },
	{ GOOD_SYSTEM "pci { link-slots = \"00:03.0\", \"3\"; }; ", "/pci", "link-slots",
	  "\"3\" is no PCI address" },
	{ GOOD_SYSTEM "console { type = \"16550\"; }; ", "/console", "port", "is missing" },
	{ GOOD_SYSTEM "console { type = \"uart\"; }; ", "/console", "type",
	  "known are: none 16550 debugcon" },
	{ GOOD_SYSTEM "pool@0 { reg = <0 0 0>; }; ", "/pool@0", "reg", "pairs of 2 cells" },
	{ GOOD_SYSTEM "root-end { policy = \"reboot\"; }; ", "/root-end", "policy",
	  "known are: stay ask reset restart" },
	{ GOOD_SYSTEM "root-end { stop-ports = <0x605 0x20>; }; ", "/root-end", "stop-ports",
	  "has to be triples" },
	{ GOOD_SYSTEM "root-end { stop-ports = <0x604 0x2000 0x2000>; }; ", "/root-end",
	  "stop-ports", "about one byte" },
	{ GOOD_SYSTEM "root-end { stop-ports = <0x604 0x20 0x100>; }; ", "/root-end", "stop-ports",
	  "about one byte" },
	{ SYSTEM "label = \"m\"; address-limit = <2 0>; " ACCEPT
		 "cpus { apic-ids = <0 1>; linux-cpus = <0>; }; ",
	  "/cpus", "linux-cpus", "as many numbers" },
};

static void test_wrong(void)
{
	struct describe_error err;
	struct description d;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (CHECK_EQ(load(wrong[i].body, NULL, &d, &err), -EINVAL) &
		    CHECK(!strcmp(err.node, wrong[i].node)) &
		    CHECK(!strcmp(err.property, wrong[i].property)) &
		    CHECK(strstr(err.text, wrong[i].says) != NULL) & CHECK(!*err.rule) &
		    CHECK(!strcmp(err.file, file) && strstr(err.text, file) == err.text))
			continue;
		fprintf(stderr, "wrong[%zu]: %s\n", i, err.text);
	}
}

static void test_rule_names_the_node(void)
{
	struct describe_error err;
	struct description d;

	CHECK_EQ(load(GOOD RAM "links { a { " LINK "}; b { " LINK "peers = <1>; }; }; ", NULL, &d,
		      &err),
		 -EINVAL);
	CHECK(!strcmp(err.rule, "link-peers"));
	CHECK(!strcmp(err.node, "/links/b"));
	CHECK(!strcmp(err.property, "peers"));
	CHECK(strstr(err.text, "property \"peers\" is 1, but a link has 2 to 16 peers") != NULL);
}

/* As the driver's answers to enable and create are explained. */
static void test_explain_answers(void)
{
	struct describe_error err;
	struct description d;

	REQUIRE(!load(GOOD RAM, NULL, &d, &err));
	describe_explain_rule(&d, RULE_CPU_UNKNOWN, 0, 1, &err);
	CHECK(!strcmp(err.property, "apic-ids") && strstr(err.text, "names APIC ID 1, but"));
	describe_explain_rule(&d, RULE_MEMORY_HOST_LIMIT, 7, 0x123, &err);
	CHECK(!strcmp(err.node, "/") && strstr(err.text, "0x123"));
	describe_explain_rule(&d, RULE_TABLE_COUNT, 99, 0, &err);
	CHECK(!strcmp(err.rule, "table-count"));
	describe_explain_rule(&d, RULE_COUNT, 0, 0, &err);
	CHECK(strstr(err.text, "different versions") && !*err.rule);
	for (uint32_t rule = 0; rule < RULE_COUNT; rule++) {
		describe_explain_rule(&d, rule, 0, 5, &err);
		CHECK(strstr(err.text, config_rule_name(rule)) != NULL);
	}
	describe_free(&d);
}

/* -------------------------------------------------------------------------------- contents */

static void test_defaults(void)
{
	const struct bh_config_memory *m;
	const struct bh_cell_config *c;
	struct describe_error err;
	struct description d;
	struct config_cell cell;
	struct config_error e;

	REQUIRE(!load(GOOD RAM, NULL, &d, &err));
	REQUIRE(!config_parse_cell(&cell, d.blob, d.size, &e));
	c = cell.c;
	m = cell.memory;
	CHECK_EQ(d.kind, BH_CONFIG_CELL);
	CHECK(!strcmp(d.name, "a"));
	CHECK_EQ(c->flags, 0);
	CHECK_EQ(c->console_size, 0x4000);
	CHECK_EQ(c->info_gpa, 0xfd000000);
	CHECK_EQ(c->ecam_gpa, 0xe0000000);
	CHECK_EQ(c->bar_gpa, 0xf0000000);
	CHECK_EQ(c->ioapic_gpa, 0xfec00000);
	CHECK(cell.cpu_count == 1 && cell.cpus[0].apic_id == 1 &&
	      cell.cpus[0].linux_cpu == BH_ID_NONE);
	CHECK(cell.memory_count == 1 && m->gpa == 0 && m->size == 0x200000 &&
	      m->hpa == BH_ADDR_NONE && m->flags == BH_MEM_FLAGS);
	CHECK(!cell.link_count && !cell.port_count);
	describe_free(&d);
}

static void test_links(void)
{
	const struct bh_config_link *l;
	struct describe_error err;
	struct description d;
	struct config_cell cell;
	struct config_error e;

	REQUIRE(!load(GOOD RAM "links { a { " LINK "vectors = <3>; }; "
			       "b { peer = <2>; peers = <3>; rw-size = <0x400000>; "
			       "output-size = <0>; intx; protocol = <1>; }; "
			       "c { " LINK
			       "pci-address = \"00:1f.0\"; memory-address = <0x10000000>; }; "
			       "d { " LINK "root-vectors = <5>; }; }; ",
		      NULL, &d, &err));
	REQUIRE(!config_parse_cell(&cell, d.blob, d.size, &e));
	REQUIRE(cell.link_count == 4);
	l = cell.links;
	CHECK(!strcmp(l[0].name, "a") && l[0].peers == 2 && l[0].peer == 1 && !l[0].root_peer);
	CHECK(l[0].vectors == 3 && l[0].root_vectors == 3 && l[0].protocol == 0x4000);
	CHECK(l[0].bdf == 1 << 3 && l[0].gpa == 0xd0000000 && l[0].hpa == BH_ADDR_NONE);
	CHECK(l[1].root_peer == BH_ID_NONE && !l[1].root_vectors && l[1].vectors == 1);
	CHECK(l[1].flags == BH_LINK_INTX && l[1].gpa == 0xd0200000 && l[1].protocol == 1);
	CHECK(l[2].bdf == 31 << 3 && l[2].gpa == 0x10000000);
	CHECK(l[3].bdf == 4 << 3 && l[3].gpa == 0xd0800000 && l[3].root_vectors == 5);
	describe_free(&d);
}

static void test_system(void)
{
	const struct bh_system_config *c;
	struct describe_error err;
	struct description d, cell;
	struct config_system sys;
	struct config_cell view;
	struct config_error e;

	REQUIRE(!load(MACHINE "root-policy = \"strict\"; " NODES "console { type = \"debugcon\"; "
			      "port = <0xe9>; }; pci { link-slots = \"00:03.0\", \"01:1f.0\"; }; "
			      "pool@0 { reg = <0 0x40000000 0 0x200000>, <1 0 0 0x400000>; }; "
			      "root-end { policy = \"restart\"; limit = <60>; "
			      "stop-ports = <0x605 0x20 0x20>, <0xcf9 0xff 0x0f>; }; ",
		      NULL, &d, &err));
	REQUIRE(!config_parse_system(&sys, d.blob, d.size, &e));
	c = sys.c;
	CHECK_EQ(c->flags, BH_SYSTEM_FLAGS);
	CHECK(c->memory_hpa == BH_ADDR_NONE && c->memory_size == BH_PIECE_SIZE);
	CHECK(c->address_limit == 0x200000000 && c->ecam_hpa == BH_ADDR_NONE);
	CHECK(c->console_type == BH_CONSOLE_DEBUGCON && c->console_port == 0xe9);
	CHECK(sys.slot_count == 2 && sys.slots[0].bdf == 0x18 && sys.slots[1].bdf == 0x1f8);
	CHECK(sys.pool_count == 2 && sys.pool[1].hpa == 0x100000000);
	CHECK(c->root_end == BH_ROOT_END_RESTART && c->root_end_limit == 60);
	CHECK(sys.stop_count == 2 && sys.stops[0].port == 0x605 && sys.stops[0].mask == 0x20);
	CHECK(sys.stops[1].port == 0xcf9 && sys.stops[1].value == 0x0f);
	CHECK(sys.cpu_count == 3 && sys.cpus[1].apic_id == 4 && sys.cpus[1].linux_cpu == 1);
	/* A cell's CPU numbers are those of the system that it is judged against. */
	REQUIRE(!load(CELL "label = \"a\"; cpus = <2 1>; " RAM, &d, &cell, &err));
	REQUIRE(!config_parse_cell(&view, cell.blob, cell.size, &e));
	CHECK(view.cpus[0].apic_id == 2 && view.cpus[1].apic_id == 4);
	CHECK(view.cpus[1].linux_cpu == 1);
	describe_free(&cell);
	CHECK_EQ(load(CELL "label = \"a\"; cpus = <3>; " RAM, &d, &cell, &err), -EINVAL);
	CHECK(!strcmp(err.property, "cpus") && strstr(err.text, "3 is no CPU of"));
	describe_free(&d);
}

/* ------------------------------------------------------------------------------------ CPUs */

static void make_host(const char *cpuinfo, const uint8_t *madt, size_t size)
{
	static const char *const directories[] = { "proc", "sys", "sys/firmware",
						   "sys/firmware/acpi",
						   "sys/firmware/acpi/tables" };
	char path[256];

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, directories[i]);
		mkdir(path, 0700);
	}
	write_bytes("proc/cpuinfo", cpuinfo, strlen(cpuinfo));
	write_bytes("sys/firmware/acpi/tables/APIC", madt, size);
}

static void test_cpu_numbers(void)
{
	/* Boot CPU has ID 4 and is second; one CPU is disabled, one is x2APIC, the last cut. */
	static const uint8_t madt[44 + 3 * 8 + 16 + 8] = {
		[44] = 0, 8, 0, 2,	  1, 0, 0,  0, [52] = 0, 8, 1,	      4,	1,
		0,	  0, 0, [60] = 0, 8, 2, 99, 0, 0,	 0, 0,	      [68] = 9, 16,
		0,	  0, 0, 1,	  0, 0, 1,  0, 0,	 0, [84] = 0, 9,
	};
	static const char cpuinfo[] = "processor\t: 0\napicid\t\t: 4\ninitial apicid\t: 9\n\n"
				      "processor\t: 2\napicid\t\t: 256\n";
	uint32_t id = 0;

	make_host(cpuinfo, madt, sizeof(madt));
	CHECK(!describe_apic_id_at(directory, 0, &id) && id == 4);
	CHECK(!describe_apic_id_at(directory, 2, &id) && id == 256);
	CHECK(!describe_apic_id_at(directory, 1, &id) && id == 2); /* off-line: from the MADT */
	CHECK_EQ(describe_apic_id_at(directory, 3, &id), -ENOENT);
	CHECK_EQ(describe_apic_id_at("/nonexistent", 0, &id), -ENOENT);
	CHECK_EQ(describe_apic_id_at("/nonexistent", 1, &id), -ENOENT);
}

/* ----------------------------------------------------------------------------------- files */

static void test_files(void)
{
	struct describe_error err;
	struct description d;
	char *path = strdup(getenv("PATH"));

	CHECK_EQ(describe_load("/nonexistent.dts", &d, &err), -ENOENT);
	CHECK(strstr(err.text, "/nonexistent.dts: No such file") != NULL);
	CHECK_EQ(describe_load(directory, &d, &err), -EIO);
	write_bytes("d.dts", "/dts-v1/; / { x = ", 18);
	CHECK_EQ(describe_load(file, &d, &err), -EINVAL);
	CHECK(strstr(err.text, "is no valid DTS") != NULL);
	write_bytes("empty", "", 0);
	CHECK_EQ(describe_load(file, &d, &err), -EINVAL);
	setenv("PATH", "/nonexistent", 1);
	write_dts(GOOD RAM);
	CHECK_EQ(describe_load(file, &d, &err), -ENOTSUP);
	CHECK(strstr(err.text, "apt install device-tree-compiler") != NULL);
	setenv("PATH", path, 1);
	free(path);
}

/* One tree from dtc, then all its beginnings, then thousands of damaged copies: errors, and
 * never more than that. */
static void test_damaged_trees(void)
{
	static uint8_t tree[8192], copy[8192];
	struct describe_error err;
	struct description d;
	uint32_t seed = 1;
	char command[600];
	size_t size;
	FILE *f;

	write_dts(GOOD RAM "links { a { " LINK "}; }; ");
	snprintf(command, sizeof(command), "dtc -q -I dts -O dtb %s", file);
	f = popen(command, "r");
	REQUIRE(f != NULL);
	size = fread(tree, 1, sizeof(tree), f);
	REQUIRE(!pclose(f) && size > 200);
	write_bytes("d.dtb", tree, size);
	REQUIRE(!describe_load(file, &d, &err));
	describe_free(&d);
	for (size_t n = 4; n < size; n++) {
		write_bytes("d.dtb", tree, n);
		CHECK_EQ(describe_load(file, &d, &err), -EINVAL);
	}
	for (int i = 0; i < 3000; i++) {
		memcpy(copy, tree, size);
		for (int k = 0; k < 3; k++) {
			seed = seed * 1103515245 + 12345;
			copy[4 + (seed >> 8) % (size - 4)] ^= (uint8_t)(1u << (seed >> 28 & 7));
		}
		write_bytes("d.dtb", copy, size);
		if (!describe_load(file, &d, &err))
			describe_free(&d);
		else
			CHECK(*err.text);
	}
}

int main(void)
{
	char command[64];

	REQUIRE(mkdtemp(directory) != NULL);
	/* dtc's own complaints about wrong input are not news. */
	REQUIRE(freopen("/dev/null", "w", stdout) != NULL);
	REQUIRE(dup2(STDERR_FILENO, 9) == 9 && dup2(STDOUT_FILENO, STDERR_FILENO) == STDERR_FILENO);
	test_files();
	dup2(9, STDERR_FILENO);
	dup2(9, STDOUT_FILENO);
	test_wrong();
	test_rule_names_the_node();
	test_explain_answers();
	test_defaults();
	test_links();
	test_system();
	test_cpu_numbers();
	test_damaged_trees();
	snprintf(command, sizeof(command), "rm -r %s", directory);
	CHECK_EQ(system(command), 0);
	return check_done();
}
