/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table builder: one engine for every format of 64-bit, 512-entry tables (nested page
 * tables, EPT, the hypervisor's own, IOMMU tables). A format is a const table.
 *
 * Allocation is by callback so that the same code runs on the host. Operations which can fail
 * do so before they change a mapping; after pt_prepare() over a range, pt_map() and
 * pt_unmap() of anything inside that range cannot fail.
 * Not reentrant: the caller holds the lock that guards the tables. Removing or narrowing a
 * mapping does not flush any TLB: that is the caller's. CPUs may use the tables meanwhile:
 * each of them sees an entry before or after a change, never half of it.
 */
#ifndef PURE_PT_H
#define PURE_PT_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

#define PT_READ 0x1
#define PT_WRITE 0x2
#define PT_EXEC 0x4
#define PT_UNCACHED 0x8
#define PT_RWX (PT_READ | PT_WRITE | PT_EXEC)

#define PT_MAX_LEVELS 5

struct pt_format {
	uint8_t levels;		/* 3, 4 or 5 */
	uint8_t max_leaf_level; /* 0: 4 KiB, 1: 2 MiB, 2: 1 GiB leaves at most */
	uint8_t canonical;	/* 1: linear addresses, sign-extended; 0: physical ones */
	uint64_t address_mask;	/* of an entry */
	uint64_t present_mask;	/* an entry is present if any of these is set */
	uint64_t table_bits;	/* set in an entry that points to a table */
	uint64_t leaf_bits;	/* set in every leaf */
	uint64_t large_bit;	/* set in a leaf above level 0 */
	uint8_t next_level; /* where an entry holds the level it points to (0: a leaf), or 0: nowhere */
	uint64_t read, write; /* set for the right */
	uint64_t exec;	      /* set for the right, or 0 */
	uint64_t noexec;      /* set where there is no PT_EXEC, or 0 */
	uint64_t uncached;    /* set for PT_UNCACHED */
	uint64_t cached;      /* set without PT_UNCACHED */
};

/* AMD nested paging (APM vol. 2, 15.25). It takes its number of levels from the host's CR4.LA57
 * at VMRUN; CPUs that have LA57 have leaves of 1 GiB, too. */
extern const struct pt_format pt_format_npt;	  /* 4 levels */
extern const struct pt_format pt_format_npt_2m;	  /* 4 levels, no leaves of 1 GiB */
extern const struct pt_format pt_format_npt_la57; /* 5 levels */
extern const struct pt_format pt_format_ept;	  /* SDM vol. 3, 28.3 */
extern const struct pt_format pt_format_ept_2m;	  /* no leaves of 1 GiB */
/* The hypervisor's own, supervisor only */
extern const struct pt_format pt_format_host;
extern const struct pt_format pt_format_host_la57; /* 5 levels */

struct pt_ops {
	/* A zeroed 4 KiB page, or NULL; both kinds of address. */
	uint64_t *(*alloc)(void *context, uint64_t *hpa);
	void (*free)(void *context, uint64_t hpa);
	uint64_t *(*at)(void *context, uint64_t hpa); /* address of a page that alloc gave */
};

struct pt {
	const struct pt_format *format;
	const struct pt_ops *ops;
	void *context;
	uint64_t root_hpa;
};

/* -ENOMEM */
int pt_init(struct pt *pt, const struct pt_format *format, const struct pt_ops *ops, void *context);

/* Frees all tables. Harmless after pt_init() failed, and twice. */
void pt_destroy(struct pt *pt);

/* Map [address, +size) to [hpa, +size), replacing what was there, with the largest leaves that
 * alignment, the format and tables that are already there allow. -EINVAL: not multiples of
 * 4 KiB, beyond what the format can express, or without PT_READ; -ENOMEM (nothing visible
 * changed then, tables may have been split). */
int pt_map(struct pt *pt, uint64_t address, uint64_t hpa, uint64_t size, uint32_t rights);

/* -EINVAL, -ENOMEM (a large leaf had to be split) */
int pt_unmap(struct pt *pt, uint64_t address, uint64_t size);

/* Split the leaves that reach across an end of the range, so that pt_unmap() of exactly this
 * range, and pt_map() of it back to where it was, cannot fail. Cheaper than pt_prepare():
 * at most a page per level and end. -EINVAL, -ENOMEM. */
int pt_split(struct pt *pt, uint64_t address, uint64_t size);

/* Split and allocate all that 4 KiB operations inside the range will need; mappings keep their
 * meaning. -EINVAL, -ENOMEM. */
int pt_prepare(struct pt *pt, uint64_t address, uint64_t size);

/*
 * Undo what pt_split() and pt_prepare() left behind: every table that an address in the range
 * goes through becomes one leaf if it is full and all of it is one mapping. No translation
 * changes. Frees tables which a CPU may still walk: flush before anybody can allocate them.
 */
void pt_merge(struct pt *pt, uint64_t address, uint64_t size);

/* The 4 KiB-level entry of an address inside a range that pt_prepare() has seen; NULL elsewhere.
 * For who rewrites single entries all the time. */
uint64_t *pt_entry(const struct pt *pt, uint64_t address);

/* All tables, the root first: for who has to write them back from caches. */
void pt_for_each_table(const struct pt *pt, void (*visit)(void *context, uint64_t *table));

struct pt_leaf {
	uint64_t hpa;	 /* that address translates to, offset included */
	uint64_t size;	 /* of the leaf */
	uint32_t rights; /* PT_* */
};

/* 0, or -ENOENT when address is not mapped. */
int pt_lookup(const struct pt *pt, uint64_t address, struct pt_leaf *leaf);

/* Whether every byte of the range is mapped with at least these rights to the same addresses
 * (identity). Returns 1 or 0. */
int pt_is_identity(const struct pt *pt, uint64_t address, uint64_t size, uint32_t rights);

#endif
