/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A small preemptive kernel for one CPU: static tasks with fixed, distinct priorities, counting
 * semaphores, queues of fixed-size items. The ready task of the highest priority runs; a
 * switch happens in a blocking call or at the end of any interrupt.
 *
 * The tick is the local APIC timer. Time-outs are in ticks and have the tick's resolution.
 */
#ifndef RTOS_KERNEL_H
#define RTOS_KERNEL_H

#include <inmate/irq.h>

#define KERNEL_PRIORITIES 32 /* 0 is the lowest and the idle task's */
#define KERNEL_FOREVER UINT64_MAX

struct task {
	const char *name;
	struct irq_frame *frame; /* context while the task does not run */
	uint64_t wake;		 /* tick at which a wait times out */
	uint32_t *waiters;	 /* of the object it waits for; NULL: none */
	int result;		 /* of that wait */
	unsigned int priority;
	uint64_t switches; /* times it was chosen */
};

struct semaphore {
	uint32_t count;
	uint32_t waiters; /* bit n: the task of priority n */
};

/* A queue never blocks its producer: when it is full the new item is dropped and counted. */
struct queue {
	uint8_t *items;
	uint32_t item_size;
	uint32_t capacity;
	uint32_t first;
	uint32_t used;
	uint64_t dropped;
	struct semaphore filled;
};

/* Before kernel_run(). stack: 16-byte aligned. The caller's memory is used as it is. */
void task_create(struct task *task, const char *name, unsigned int priority, void (*entry)(void),
		 void *stack, size_t stack_size);

/* Starts the tick and the tasks; idle runs when nothing else does. tick, if any, is called from
 * the timer interrupt. Does not return. */
void kernel_run(uint32_t tick_hz, void (*tick)(void), void (*idle)(void)) __attribute__((noreturn));

/* Ticks since kernel_run(). */
uint64_t kernel_ticks(void);

/* Task context. 0, or -ETIMEDOUT after that many ticks (0: do not wait). */
int semaphore_wait(struct semaphore *s, uint64_t ticks);

/* Any context. */
void semaphore_post(struct semaphore *s, uint32_t count);

/* Takes away all that was posted. Any context. */
void semaphore_clear(struct semaphore *s);

/* Before use. items has room for capacity * item_size bytes. */
void queue_init(struct queue *q, void *items, uint32_t item_size, uint32_t capacity);

/* Any context; one producer or many. 0, or -ENOSPC: dropped. */
int queue_put(struct queue *q, const void *item);

/* Task context, one consumer. 0 or -ETIMEDOUT. */
int queue_get(struct queue *q, void *item, uint64_t ticks);

#endif
