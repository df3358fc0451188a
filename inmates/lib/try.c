/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * irq_try(): runs a function that may fault. A fault restores the stack and the registers which
 * a function must keep, as they were before the call, and comes back with the vector.
 */
#include <inmate/irq.h>

/* DE DB BP OF BR UD NM TS NP SS GP PF MF AC XM */
static const uint8_t caught[] = { 0, 1, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 16, 17, 19 };

static struct point {
	uint64_t rsp, rip;
} back;
static int vector_seen;

static void fault(struct irq_frame *frame, void *arg)
{
	(void)arg;
	vector_seen = (int)frame->vector;
	frame->rsp = back.rsp;
	frame->rip = back.rip;
}

static void catch (irq_handler *handler)
{
	unsigned int i;

	for (i = 0; i < sizeof(caught); i++)
		irq_set(caught[i], handler, NULL);
}

int irq_try(void (*attempt)(void *arg), void *arg)
{
	struct point outer = back;
	int seen;

	vector_seen = -1;
	catch (fault);
	__asm__ volatile("push %%rbp\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "mov %%rax, %[rip]\n\t"
			 "mov %%rsp, %[rsp]\n\t"
			 "mov %%rsp, %%rbp\n\t"
			 "and $~15, %%rsp\n\t"
			 "call *%[attempt]\n\t"
			 "mov %[rsp], %%rsp\n"
			 "1:\n\t"
			 "pop %%rbp"
			 : [rip] "=m"(back.rip), [rsp] "+m"(back.rsp), "+D"(arg)
			 : [attempt] "c"(attempt)
			 : "rax", "rbx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "memory", "cc");
	seen = vector_seen;
	vector_seen = -1;
	back = outer;
	if (!outer.rip)
		catch (NULL);
	return seen;
}
