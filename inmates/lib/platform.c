/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Finds out where the program runs, and ends it. A hypervisor announces itself by CPUID; its
 * leaves may begin at a later multiple of 0x100 when it shows another interface first.
 */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/platform.h>
#include <inmate/string.h>

#define CPUID_HYPERVISOR (1u << 31) /* leaf 1, ECX */
#define CPUID_STEP 0x100u
#define CPUID_LAST 0x40000400u

#define MULTIBOOT_MAGIC 0x2badb002u
#define MULTIBOOT_CMDLINE 0x4u

#define DEBUG_EXIT_PORT 0xf4
#define DEBUG_EXIT_DONE 0x10
#define DEBUG_EXIT_FAILED 0x11

struct multiboot_info {
	uint32_t flags;
	uint32_t memory[2];
	uint32_t boot_device;
	uint32_t cmdline;
};

static const struct bh_info *info;
static const char *cmdline = "";

const struct bh_info *platform_info(void)
{
	return info;
}

const char *platform_name(void)
{
	return info ? "bulkhead" : "bare machine";
}

static const struct bh_info *find_info(void)
{
	const struct bh_info *found;
	struct cpuid r;
	uint32_t leaf;

	if (!(cpuid(1, 0).ecx & CPUID_HYPERVISOR))
		return NULL;
	for (leaf = BH_CPUID_SIGNATURE; leaf <= CPUID_LAST; leaf += CPUID_STEP) {
		r = cpuid(leaf, 0);
		if (memcmp(&r.ebx, "Bulk", 4) || memcmp(&r.ecx, "head", 4) ||
		    memcmp(&r.edx, "Bulk", 4))
			continue;
		r = cpuid(leaf + BH_CPUID_INFO - BH_CPUID_SIGNATURE, 0);
		found = (const struct bh_info *)(uintptr_t)((uint64_t)r.edx << 32 | r.ecx);
		return found && found->magic == BH_INFO_MAGIC ? found : NULL;
	}
	return NULL;
}

static size_t match(const char *text, const char *word)
{
	size_t n = 0;

	while (word[n] && text[n] == word[n])
		n++;
	return word[n] ? 0 : n;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static uint64_t parse_number(const char *p)
{
	int base = p[0] == '0' && p[1] == 'x' ? 16 : 10;
	uint64_t value = 0;

	for (p += base == 16 ? 2 : 0; digit(*p) < base; p++)
		value = value * (uint64_t)base + (uint64_t)digit(*p);
	return value;
}

uint64_t platform_option(const char *name, uint64_t otherwise)
{
	const char *p = cmdline;
	size_t n;

	for (; *p; p++) {
		if (p != cmdline && p[-1] != ' ')
			continue;
		n = match(p, name);
		if (n && p[n] == '=')
			return parse_number(p + n + 1);
	}
	return otherwise;
}

int platform_shutdown_requested(void)
{
	return info && *(const volatile uint32_t *)&info->request == BH_REQUEST_SHUTDOWN;
}

void platform_heartbeat(uint32_t progress)
{
	volatile struct bh_status *status;

	if (!info)
		return;
	status = (volatile struct bh_status *)(uintptr_t)info->status_gpa;
	status->progress = progress;
	status->heartbeat++;
}

uint32_t platform_cpu_count(void)
{
	return info ? info->cpu_count : 1;
}

uint32_t platform_apic_id(uint32_t index)
{
	if (!info)
		return cpuid(1, 0).ebx >> 24;
	return index < info->cpu_count && index < BH_MAX_CPUS ? info->apic_id[index] : BH_ID_NONE;
}

long hypercall(unsigned long number, unsigned long a, unsigned long b, unsigned long c)
{
	long result = (long)number;

	if (!info)
		return -ENOSYS;
	if (info->vendor == BH_VENDOR_INTEL)
		__asm__ volatile("vmcall" : "+a"(result) : "D"(a), "S"(b), "d"(c) : "memory");
	else
		__asm__ volatile("vmmcall" : "+a"(result) : "D"(a), "S"(b), "d"(c) : "memory");
	return result;
}

void inmate_exit(enum inmate_finish how, int code)
{
	irq_disable();
	hypercall(BH_HC_CELL_EXIT, how, (unsigned long)code, 0);
	outl(DEBUG_EXIT_PORT, how == INMATE_DONE ? DEBUG_EXIT_DONE : DEBUG_EXIT_FAILED);
	for (;;)
		__asm__ volatile("cli; hlt");
}

void inmate_fail(int code, const char *format, ...)
{
	va_list args;

	printf("failed on %s: ", platform_name());
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	inmate_exit(INMATE_FAILED, code);
}

static int is_ram(uint64_t gpa)
{
	const struct bh_info_memory *m;

	for (m = info->memory; m < info->memory + info->memory_count; m++)
		if (gpa - m->gpa < m->size && (m->flags & BH_MEM_READ) && !(m->flags & BH_MEM_IO))
			return 1;
	return 0;
}

void inmate_start(uint32_t magic, uint32_t multiboot)
{
	const struct multiboot_info *mb = (const void *)(uintptr_t)multiboot;
	int code;

	/* a cell has none, and may have no memory at 0 */
	if (magic == MULTIBOOT_MAGIC && multiboot && (mb->flags & MULTIBOOT_CMDLINE))
		cmdline = (const char *)(uintptr_t)mb->cmdline;
	info = find_info();
	if (info && is_ram(PLATFORM_CMDLINE))
		cmdline = (const char *)(uintptr_t)PLATFORM_CMDLINE;
	console_init();
	setup_machine();
	code = inmate_main();
	inmate_exit(code ? INMATE_FAILED : INMATE_DONE, code);
}
