// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses of this Linux to physical memory, by /dev/mem, and exits from user space.
 *
 *	stray read|write ADDRESS WIDTH [COUNT]	prints what the last read gave
 *	stray poke ADDRESS VALUE		a 32-bit write of the value
 *	stray vector ADDRESS			a 16-byte read by an SSE register
 *	stray call NUMBER			VMMCALL or VMCALL with that number; prints RAX
 *	stray edge cpuid|hypercall		32-bit code whose last instruction ends with the 4 GiB;
 *						prints the signal that it gets
 *	stray map FILE OFFSET SIZE r|w		maps a file shared; prints ok or the error
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define LAST_PAGE (0x100000000ul - PAGE)
#define CODE32 0x23ul /* the kernel's selector for programs of 32 bits */

static void *map(const char *file, uint64_t offset, size_t size, int protection)
{
	int fd = open(file, (protection & PROT_WRITE ? O_RDWR : O_RDONLY) | O_SYNC);
	void *p;

	if (fd < 0) {
		printf("open: %s\n", strerror(errno));
		exit(1);
	}
	p = mmap(NULL, size, protection, MAP_SHARED, fd, (off_t)offset);
	if (p == MAP_FAILED) {
		printf("mmap: %s\n", strerror(errno));
		exit(1);
	}
	return p;
}

static volatile uint8_t *physical(const char *text)
{
	uint64_t address = strtoull(text, NULL, 0);
	uint8_t *p = map("/dev/mem", address & ~(PAGE - 1), PAGE, PROT_READ | PROT_WRITE);

	return p + address % PAGE;
}

static uint64_t read_width(volatile void *p, int width)
{
	switch (width) {
	case 1:
		return *(volatile uint8_t *)p;
	case 2:
		return *(volatile uint16_t *)p;
	case 4:
		return *(volatile uint32_t *)p;
	default:
		return *(volatile uint64_t *)p;
	}
}

static void write_width(volatile void *p, int width)
{
	switch (width) {
	case 1:
		*(volatile uint8_t *)p = 0x5a;
		break;
	case 2:
		*(volatile uint16_t *)p = 0x5a5a;
		break;
	case 4:
		*(volatile uint32_t *)p = 0x5a5a5a5a;
		break;
	default:
		*(volatile uint64_t *)p = 0x5a5a5a5a5a5a5a5a;
	}
}

static void access_memory(char **argv, long count)
{
	volatile uint8_t *p = physical(argv[2]);
	int width = atoi(argv[3]);
	uint64_t value = 0;

	for (; count; count--) {
		if (!strcmp(argv[1], "write"))
			write_width(p, width);
		else
			value = read_width(p, width);
	}
	printf("%llx\n", (unsigned long long)value);
}

static void hypercall(const char *number)
{
	long result = strtol(number, NULL, 0);

	if (__builtin_cpu_is("intel"))
		__asm__ volatile("vmcall" : "+a"(result) : "D"(1), "S"(0), "d"(0) : "memory");
	else
		__asm__ volatile("vmmcall" : "+a"(result) : "D"(1), "S"(0), "d"(0) : "memory");
	printf("%ld\n", result);
}

/* Behind it comes address 0, where nothing is mapped. */
static int edge(const char *what)
{
	static const uint8_t cpuid[] = { 0x0f, 0xa2 }, vmcall[] = { 0x0f, 0x01, 0xc1 },
			     vmmcall[] = { 0x0f, 0x01, 0xd9 };
	const uint8_t *code = !strcmp(what, "cpuid")	? cpuid :
			      __builtin_cpu_is("intel") ? vmcall :
							  vmmcall;
	size_t size = code == cpuid ? sizeof(cpuid) : sizeof(vmcall);
	uint8_t *page = mmap((void *)LAST_PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	int status;

	if (page == MAP_FAILED)
		return 1;
	memcpy(page + PAGE - size, code, size);
	if (!fork())
		__asm__ volatile("pushq %0\n pushq %1\n lretq"
				 :
				 : "r"(CODE32), "r"(page + PAGE - size), "a"(0)
				 : "memory");
	wait(&status);
	printf("%d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
	return 0;
}

static void read_vector(const char *address)
{
	volatile uint8_t *p = physical(address);

	__asm__ volatile("movdqu %0, %%xmm0" : : "m"(*p) : "xmm0");
	printf("survived\n");
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "call"))
		hypercall(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "edge"))
		return edge(argv[2]);
	else if (argc == 4 && !strcmp(argv[1], "poke"))
		*(volatile uint32_t *)physical(argv[2]) = (uint32_t)strtoul(argv[3], NULL, 0);
	else if (argc == 3 && !strcmp(argv[1], "vector"))
		read_vector(argv[2]);
	else if (argc == 6 && !strcmp(argv[1], "map"))
		printf("%s\n", map(argv[2], strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0),
				   *argv[5] == 'w' ? PROT_READ | PROT_WRITE : PROT_READ) ?
				       "ok" :
				       "");
	else if (argc == 4 || argc == 5)
		access_memory(argv, argc == 5 ? atol(argv[4]) : 1);
	else
		return 2;
	return 0;
}
