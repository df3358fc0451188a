/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the RTOS cell of the demo (inmates/rtos) and its partner in Linux say to each other, as
 * application messages of link_proto.h, and the statistics that the RTOS keeps in the free half
 * of its output section (from bh_lp_free_offset() on) for everyone to read.
 */
#ifndef BULKHEAD_DEMO_H
#define BULKHEAD_DEMO_H

#include <bulkhead/link_proto.h>

#define BH_DEMO_HZ 1000u /* control loop */

/* Types of messages. Telemetry goes to the peer that last sent a set-point or a command. */
#define BH_DEMO_SETPOINT (BH_LP_APPLICATION + 0)  /* struct bh_demo_setpoint */
#define BH_DEMO_TELEMETRY (BH_LP_APPLICATION + 1) /* struct bh_demo_telemetry, each period */
#define BH_DEMO_COMMAND (BH_LP_APPLICATION + 2)	  /* struct bh_demo_command */

/* Values are fixed point, 1/65536. */
struct bh_demo_setpoint {
	uint64_t number; /* 0, 1, 2, ... without a gap */
	uint64_t tsc;	 /* when it was written */
	int32_t value;
	uint32_t check; /* bh_demo_check() of what stands before it */
};
static_assert(sizeof(struct bh_demo_setpoint) == 24, "wire");

struct bh_demo_telemetry {
	uint64_t number;   /* 0, 1, 2, ... since the statistics were reset */
	uint64_t tsc;	   /* when it was written */
	uint64_t setpoint; /* number of the set-point in force */
	int32_t target;
	int32_t measured;
	int32_t output; /* of the controller */
	uint32_t check; /* as above */
};
static_assert(sizeof(struct bh_demo_telemetry) == 40, "wire");

enum bh_demo_order {
	BH_DEMO_RESET,	  /* begin a measurement: all statistics and numbers from zero */
	BH_DEMO_SNAPSHOT, /* copy the statistics, all at one instant, to bh_demo_page.snapshot */
	BH_DEMO_DOORBELL, /* ring for every argument-th telemetry message (1 ..) */
	BH_DEMO_PAUSE,	  /* argument 1: no telemetry; 0: telemetry again (the loop runs on) */
	BH_DEMO_CRASH,	  /* write to an address that the cell does not own */
	BH_DEMO_FINISH,	  /* end the cell as done */
	BH_DEMO_MEMORY, /* fill unused memory (the first time), then see whether any of it changed */
};

struct bh_demo_command {
	uint32_t order; /* enum bh_demo_order */
	uint32_t argument;
};

/* Bucket 0: less than 1 us; bucket n: 2^(n-1) .. 2^n us; the last one: all above. */
#define BH_DEMO_BUCKETS 24

struct bh_demo_stats {
	uint64_t tsc_start;   /* of this measurement */
	uint64_t tsc_now;     /* last update */
	uint64_t periods_due; /* by the TSC */
	uint64_t periods_run;
	uint64_t timer_interrupts;
	uint64_t longest_stall_ns; /* between two timer interrupts */
	uint64_t longest_burst;	   /* periods due at one interrupt */
	uint64_t lateness_max_ns;  /* of a run, after the timer's expiry that it belongs to */
	uint64_t lateness[BH_DEMO_BUCKETS];
	uint64_t setpoints;	  /* received, content verified */
	uint64_t setpoints_bad;	  /* wrong check or a gap in the numbers */
	uint64_t telemetry;	  /* written to the link */
	uint64_t telemetry_lost;  /* found a queue or the ring full; 0 while no partner is there */
	uint64_t doorbells_begun; /* about to be rung */
	uint64_t doorbells_rung;  /* equals doorbells_begun but in the moment of ringing */
	uint64_t doorbells_taken; /* interrupts from peers */
	uint64_t echoes;	  /* requests answered */
};

#define BH_DEMO_MAGIC 0x4f4d4544u /* "DEMO" */

struct bh_demo_page {
	uint32_t magic;
	uint32_t hz;
	uint64_t tsc_hz;
	uint32_t resets;	   /* orders done */
	uint32_t snapshots;	   /* orders done; written after the copy */
	uint32_t memory_checks;	   /* orders done */
	uint32_t unexpected;	   /* interrupts that nobody asked for, so far */
	uint32_t memory_changed;   /* what all of them found, in words of 8 bytes */
	struct bh_demo_stats live; /* changes all the time, field by field */
	struct bh_demo_stats snapshot;
};
static_assert(sizeof(struct bh_demo_page) <= BH_PAGE_SIZE / 2, "fits into the smallest section");

/* FNV-1a */
static inline uint32_t bh_demo_check(const void *data, uint32_t bytes)
{
	const uint8_t *p = (const uint8_t *)data;
	uint32_t sum = 2166136261u;

	while (bytes--)
		sum = (sum ^ *p++) * 16777619u;
	return sum;
}

#endif
