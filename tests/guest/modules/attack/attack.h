/* SPDX-License-Identifier: GPL-2.0-only */
/* What a hostile Linux tries, and how an attempt tells what came of it. */
#ifndef ATTACK_ATTACK_H
#define ATTACK_ATTACK_H

#include <linux/types.h>
#include <asm/asm.h>
#include <asm/trapnr.h>
#include <bulkhead/hypercall.h>

/* What came of an attempt; 0 and above is the vector of an exception. */
#define ATTACK_IGNORED -1
#define ATTACK_DENIED -2
#define ATTACK_SUCCEEDED -3

/* One function for each family of rows; a and b say which row. */
#define ATTACK(name, verdict, function, a, b, what) int attack_##function(u64 a_, u64 b_);
#include "attacks.h"
#undef ATTACK

/* Says what went wrong where; returns ATTACK_SUCCEEDED. */
__printf(1, 2) int attack_note(const char *format, ...);

/* The worse of two. */
static inline int attack_worse(int a, int b)
{
	return a == ATTACK_SUCCEEDED || b == ATTACK_IGNORED ? a : b;
}

/* Instructions of which the first may fault: -1, or the vector of the exception. RAX goes in; R11 is free. */
#define TRY(rax, instruction, ...)                                                             \
	({                                                                                     \
		u64 try_ = (u64)(rax);                                                         \
		asm volatile("1: " instruction                                                 \
			     "\n\tmov $-1, %%eax\n2:" _ASM_EXTABLE_TYPE(1b, 2b, EX_TYPE_FAULT) \
			     : "+a"(try_)                                                      \
			     : __VA_ARGS__                                                     \
			     : "r11", "memory", "cc");                                         \
		(int)try_;                                                                     \
	})

/* places.c: where things are, as the hypervisor itself says. */
enum place {
	PLACE_HV,	/* the hypervisor's code */
	PLACE_VICTIM,	/* RAM of the victim behind its program */
	PLACE_STATE,	/* the state table of the victim's link: read-only */
	PLACE_OUTPUT,	/* the victim's output section: read-only */
	PLACE_PUBLIC,	/* the hypervisor's public area: read-only */
	PLACE_COMM,	/* the victim's comm region: read-only */
	PLACE_NOBODY,	/* above all memory */
	PLACE_MESSAGES, /* where interrupt messages go */
	PLACE_LAPIC,
	PLACE_OWN, /* a page of Linux's */
	PLACES
};

struct function {
	u32 bdf;
	u32 bar[2]; /* as the BARs were found */
};

extern int attack_victim, attack_holder; /* ids of cells */
extern u32 attack_victim_apic;

int places_find(void);
void places_forget(void);
u64 place_address(enum place place);
void *place_map(enum place place);
u64 place_stray(void);	       /* stray accesses of the root so far */
u64 place_of_holder_ram(void); /* guest-physical */
/* Where the place would be for the holder if its RAM went on so far, in either direction: guest-physical. */
u64 place_beyond_holder_ram(u64 hpa);
u32 place_slots(u32 *bdf, u32 max);
u64 place_ecam(u32 bdf); /* 0: none */
int place_holds_function(u32 *bdf, u64 *bar);
u16 place_port(u32 n); /* the first of the holder's n-th range; 0: none */

/* main.c: runs code at an address that may not be executable. -1 or a vector. */
int attack_execute(void *at);
void *attack_writable_code(void); /* a page of ours that is both */

long attack_call(u64 number, u64 a, u64 b, u64 c);

/* config.c */
u32 config_read(u32 bdf, u32 offset, int width);
void config_write(u32 bdf, u32 offset, int width, u32 value);

#endif
