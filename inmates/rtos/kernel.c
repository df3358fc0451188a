/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Scheduler, semaphores, queues.
 *
 * A task's context is the frame that the interrupt stubs save on its own stack. kernel_resume()
 * runs at the end of every interrupt and picks the frame to go on with; a blocking call gets
 * there by a software interrupt. All state is guarded by switched-off interrupts.
 */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/platform.h>
#include <inmate/string.h>
#include <inmate/time.h>
#include "kernel.h"

#define CODE_SEGMENT 0x08
#define DATA_SEGMENT 0x10
#define IDLE_STACK 4096
#define IDLE_PRIORITY 0

static struct task *tasks[KERNEL_PRIORITIES];
static struct task *current;
static uint32_t ready;	  /* bit n: the task of priority n can run */
static uint32_t sleeping; /* bit n: the task of priority n has a time-out */
static uint64_t ticks;
static void (*user_tick)(void);

static struct task idle_task;
static uint8_t idle_stack[IDLE_STACK] __attribute__((aligned(16)));

static unsigned int highest(uint32_t mask)
{
	return 31u - (unsigned int)__builtin_clz(mask);
}

static struct irq_frame *kernel_resume(struct irq_frame *frame)
{
	struct task *next = tasks[highest(ready)];

	if (next == current)
		return frame;
	if (current)
		current->frame = frame;
	current = next;
	current->switches++;
	return current->frame;
}

static void kernel_switch(void)
{
	__asm__ volatile("int %0" : : "i"(IRQ_SWITCH) : "memory");
}

/* Interrupts are off. */
static void make_ready(struct task *task, int result)
{
	uint32_t bit = 1u << task->priority;

	if (task->waiters)
		*task->waiters &= ~bit;
	task->waiters = NULL;
	task->result = result;
	sleeping &= ~bit;
	ready |= bit;
}

static void expire_timeouts(void)
{
	uint32_t left = sleeping;
	unsigned int n;

	while (left) {
		n = highest(left);
		left &= ~(1u << n);
		if (tasks[n]->wake <= ticks)
			make_ready(tasks[n], -ETIMEDOUT);
	}
}

static void timer_interrupt(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
	ticks++;
	expire_timeouts();
	if (user_tick)
		user_tick();
}

static void switch_interrupt(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg; /* kernel_resume() does the work */
}

static void task_returned(void)
{
	inmate_fail(EINVAL, "task %s returned", current->name);
}

void task_create(struct task *task, const char *name, unsigned int priority, void (*entry)(void),
		 void *stack, size_t stack_size)
{
	uint64_t *top = (uint64_t *)((uintptr_t)stack + stack_size);
	struct irq_frame *frame;

	if (priority >= KERNEL_PRIORITIES || tasks[priority])
		inmate_fail(EINVAL, "task %s: priority %u is taken or too high", name, priority);
	*--top = (uintptr_t)task_returned; /* where entry() would return to */
	frame = (struct irq_frame *)top - 1;
	*frame = (struct irq_frame){
		.rip = (uintptr_t)entry,
		.cs = CODE_SEGMENT,
		.rflags = RFLAGS_IF | 2,
		.rsp = (uintptr_t)top,
		.ss = DATA_SEGMENT,
	};
	*task = (struct task){ .name = name, .frame = frame, .priority = priority };
	tasks[priority] = task;
	ready |= 1u << priority;
}

void kernel_run(uint32_t tick_hz, void (*tick)(void), void (*idle)(void))
{
	irq_disable();
	task_create(&idle_task, "idle", IDLE_PRIORITY, idle, idle_stack, IDLE_STACK);
	user_tick = tick;
	irq_set(IRQ_TIMER, timer_interrupt, NULL);
	irq_set(IRQ_SWITCH, switch_interrupt, NULL);
	irq_set_resume(kernel_resume);
	timer_periodic(tick_hz);
	kernel_switch(); /* to the first task; this stack is not used again */
	inmate_fail(EINVAL, "the scheduler came back");
}

uint64_t kernel_ticks(void)
{
	return *(volatile uint64_t *)&ticks;
}

/* Interrupts are off; they are again on return. */
static int block(uint32_t *waiters, uint64_t timeout)
{
	uint32_t bit = 1u << current->priority;

	ready &= ~bit;
	*waiters |= bit;
	current->waiters = waiters;
	if (timeout != KERNEL_FOREVER) {
		current->wake = ticks + timeout;
		sleeping |= bit;
	}
	kernel_switch();
	return current->result;
}

int semaphore_wait(struct semaphore *s, uint64_t timeout)
{
	unsigned long flags = irq_save();
	int result = 0;

	if (s->count)
		s->count--;
	else
		result = timeout ? block(&s->waiters, timeout) : -ETIMEDOUT;
	irq_restore(flags);
	return result;
}

void semaphore_post(struct semaphore *s, uint32_t count)
{
	unsigned long flags = irq_save();
	int woken = 0;

	for (; count && s->waiters; count--, woken = 1)
		make_ready(tasks[highest(s->waiters)], 0);
	s->count += count;
	/* From an interrupt handler, flags says off, and the end of the interrupt switches. */
	if (woken && (flags & RFLAGS_IF))
		kernel_switch();
	irq_restore(flags);
}

void semaphore_clear(struct semaphore *s)
{
	unsigned long flags = irq_save();

	s->count = 0;
	irq_restore(flags);
}

void queue_init(struct queue *q, void *items, uint32_t item_size, uint32_t capacity)
{
	*q = (struct queue){ .items = items, .item_size = item_size, .capacity = capacity };
}

int queue_put(struct queue *q, const void *item)
{
	unsigned long flags = irq_save();
	uint32_t slot;

	if (q->used == q->capacity) {
		q->dropped++;
		irq_restore(flags);
		return -ENOSPC;
	}
	slot = (q->first + q->used++) % q->capacity;
	memcpy(q->items + slot * q->item_size, item, q->item_size);
	irq_restore(flags);
	semaphore_post(&q->filled, 1);
	return 0;
}

int queue_get(struct queue *q, void *item, uint64_t timeout)
{
	unsigned long flags;
	int result = semaphore_wait(&q->filled, timeout);

	if (result)
		return result;
	flags = irq_save();
	memcpy(item, q->items + q->first * q->item_size, q->item_size);
	q->first = (q->first + 1) % q->capacity;
	q->used--;
	irq_restore(flags);
	return 0;
}
