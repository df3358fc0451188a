/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Wire format of the descriptions that hvctl hands to the driver and the driver to the
 * hypervisor: a header, fixed fields, then tables named by {offset, count}.
 *
 * Little-endian, fixed width, every table 8-byte aligned, no pointers. The receiver copies the
 * whole blob once, and believes nothing in it that config_parse() and config_check()
 * (hypervisor/pure) have not accepted. hvctl runs the same two functions first.
 */
#ifndef BULKHEAD_CONFIG_H
#define BULKHEAD_CONFIG_H

#include <bulkhead/types.h>

#define BH_CONFIG_MAGIC 0x46434842u /* "BHCF" */
#define BH_CONFIG_REVISION 3
#define BH_CONFIG_MAX_SIZE 0x10000u /* bytes, whole blob */

#define BH_CONFIG_SYSTEM 1 /* struct bh_system_config */
#define BH_CONFIG_CELL 2   /* struct bh_cell_config */

#define BH_MAX_CPUS 64
#define BH_MAX_CELLS 16 /* root included */
#define BH_MAX_LINKS 16 /* in the machine */
#define BH_MAX_CELL_LINKS 8
#define BH_MAX_PEERS 16
#define BH_MAX_IOAPICS 8
#define BH_MAX_IOMMUS 8
#define BH_MAX_STOPS 16
#define BH_MAX_DEVICES 16  /* PCI functions of one cell */
#define BH_MAX_PINS 24	   /* IO-APIC pins of one cell */
#define BH_MAX_MEMORY 1024 /* memory records of one cell, after the driver split it in pieces */

struct bh_table {
	uint32_t offset; /* bytes from the start of the blob, multiple of 8 */
	uint32_t count;	 /* records */
};

struct bh_config_header {
	uint32_t magic;
	uint16_t revision;
	uint16_t kind;
	uint32_t size; /* bytes of the whole blob; must equal the size handed over */
	uint32_t reserved;
	char name[BH_NAME_LEN]; /* NUL-terminated; [a-z0-9._-], the first a letter */
};
static_assert(sizeof(struct bh_config_header) == 48, "wire");

struct bh_config_cpu {
	uint32_t apic_id;
	uint32_t linux_cpu; /* for messages only; BH_ID_NONE when not known */
};

/* ------------------------------------------------------------------ system description */

#define BH_SYSTEM_ROOT_STRICT 0x1	     /* root-policy = "strict": a stray access parks root */
#define BH_SYSTEM_ACCEPT_UNMODERATED_MSI 0x2 /* no interrupt remapping under our control */
#define BH_SYSTEM_ACCEPT_UNPROTECTED_DMA 0x4 /* no DMA remapping under our control */
#define BH_SYSTEM_FLAGS 0x7

#define BH_CONSOLE_NONE 0
#define BH_CONSOLE_16550 1
#define BH_CONSOLE_DEBUGCON 2

struct bh_config_ioapic {
	uint64_t base_hpa; /* 4 KiB aligned */
	uint32_t id;
	uint32_t gsi_base;
	uint32_t pins;
	uint32_t requester; /* bdf under which remapping units know it; BH_ID_NONE: not known */
};

#define BH_IOMMU_VTD 1
#define BH_IOMMU_AMDVI 2
#define BH_IOMMU_LEFT_TO_ROOT 0x1 /* Linux goes on driving this unit; needs both ACCEPT flags */

struct bh_config_iommu {
	uint64_t base_hpa;
	uint64_t size;
	uint32_t type;
	uint32_t flags;
	uint16_t bdf;	   /* AMD-Vi: the unit's own PCI function; BH_BDF_NONE otherwise */
	uint16_t bus_last; /* the highest bus with a function; DMA from beyond may be blocked */
	uint32_t reserved;
};

/* A PCI function of the root where a link may appear; nothing real may live there. */
struct bh_config_slot {
	uint16_t bdf; /* bus << 8 | device << 3 | function */
	uint16_t reserved[3];
};

struct bh_config_range {
	uint64_t hpa;
	uint64_t size;
};

/* What becomes of the machine when the root has ended while cells run. Whatever it is, the machine
 * is stopped as the root wanted (reset, power-off) as soon as no cell runs. */
#define BH_ROOT_END_STAY 0	 /* cells run on */
#define BH_ROOT_END_ASK 1	 /* cells are asked to shut down */
#define BH_ROOT_END_RESET 2	 /* nobody is asked */
#define BH_ROOT_END_RESTART 3	 /* the root starts again as it was loaded; as STAY if nothing is */
#define BH_ROOT_END_LIMIT 604800 /* seconds */

/* A port by which the machine is reset, or sent to sleep, beside those that every PC has: a byte
 * written there of which the bits in mask are those of value. */
struct bh_config_stop {
	uint16_t port;
	uint8_t mask;
	uint8_t value;
	uint32_t reserved;
};

struct bh_system_config {
	struct bh_config_header header;
	uint32_t flags;
	uint32_t console_type;
	uint64_t address_limit; /* end of the root's physical address space, multiple of 1 GiB */
	uint64_t memory_hpa;	/* hypervisor memory, or BH_ADDR_NONE: taken from Linux */
	uint64_t memory_size;	/* bytes, multiple of BH_PIECE_SIZE */
	uint64_t ecam_hpa;	/* BH_ADDR_NONE: none, CF8/CFC only */
	uint8_t ecam_bus_first;
	uint8_t ecam_bus_last;
	uint16_t console_port;
	uint32_t root_end;	 /* BH_ROOT_END_* */
	uint32_t root_end_limit; /* seconds until the machine is stopped all the same; 0: never */
	uint32_t reserved;
	struct bh_table cpus;	 /* struct bh_config_cpu */
	struct bh_table ioapics; /* struct bh_config_ioapic */
	struct bh_table iommus;	 /* struct bh_config_iommu */
	struct bh_table slots;	 /* struct bh_config_slot */
	struct bh_table pool;  /* struct bh_config_range: reserved memory for cells; may be empty */
	struct bh_table stops; /* struct bh_config_stop */
};
static_assert(sizeof(struct bh_system_config) == 152, "wire");

/* -------------------------------------------------------------------- cell description */

#define BH_CELL_STRICT 0x1     /* stray port and MMIO accesses park the cell, too */
#define BH_CELL_XAPIC_ONLY 0x2 /* the cell is not shown x2APIC */
#define BH_CELL_X2APIC 0x4     /* shown it even where the root does not use it */
#define BH_CELL_FLAGS 0x7

#define BH_MEM_READ 0x1
#define BH_MEM_WRITE 0x2
#define BH_MEM_EXEC 0x4
#define BH_MEM_IO 0x8 /* device registers: uncached, pinned, never cleared, copied or executed */
#define BH_MEM_FLAGS 0x7

struct bh_config_memory {
	uint64_t gpa;  /* 4 KiB aligned */
	uint64_t hpa;  /* BH_ADDR_NONE: chosen by the driver (never seen by the hypervisor) */
	uint64_t size; /* bytes, multiple of 4 KiB (of 2 MiB where the driver chooses) */
	uint32_t flags;
	uint32_t reserved;
};

struct bh_config_port {
	uint16_t first;
	uint16_t last; /* inclusive */
	uint32_t reserved;
};

#define BH_LINK_INTX 0x1 /* this peer's function has INTx and no MSI-X */
#define BH_LINK_FLAGS 0x1

/*
 * One end of a link. All ends name the same link and must agree in peers, protocol, rw_size,
 * output_size and root_peer. Memory, in this order: state table (one page), read/write
 * section, one output section per peer.
 */
struct bh_config_link {
	char name[BH_NAME_LEN];
	uint16_t peers;	    /* 2 .. BH_MAX_PEERS */
	uint16_t peer;	    /* this end's id, < peers */
	uint16_t root_peer; /* the root's id; BH_ID_NONE: root is not a peer */
	uint16_t vectors;   /* of this end: 1 .. 16 (1 with BH_LINK_INTX) */
	uint16_t root_vectors;
	uint16_t bdf; /* where the function sits in this cell: device << 3 on bus 0 */
	uint16_t protocol;
	uint16_t flags;
	uint64_t gpa; /* of the shared memory in this cell, 4 KiB aligned */
	uint64_t hpa; /* assigned by the driver, contiguous, 4 KiB aligned; BH_ADDR_NONE before */
	uint64_t rw_size;
	uint64_t output_size; /* per peer; both multiples of 4 KiB */
};
static_assert(sizeof(struct bh_config_link) == 80, "wire");

#define BH_PCI_ACCEPT_NO_RESET 0x1 /* no function level reset between owners */
#define BH_PCI_INTX 0x2		   /* uses the pin in intx_pin, and not MSI or MSI-X */
#define BH_PCI_FLAGS 0x3
#define BH_BDF_NONE 0xffff

/* A PCI function (segment 0) that the cell owns. hvctl finds it, the driver fills in what Linux
 * knows of it, and the hypervisor compares that with what the function itself says. */
struct bh_config_pci {
	uint16_t host_bdf; /* BH_BDF_NONE: not found yet */
	uint16_t bdf;	   /* where it sits in this cell: on bus 0 */
	uint16_t pf_bdf;   /* of a virtual function: its physical function; else BH_BDF_NONE */
	uint16_t flags;
	uint16_t vendor, device; /* what the description named, 0: nothing; PCI IDs */
	uint32_t intx_pin;	 /* of the cell's virtual IO-APIC; BH_ID_NONE: none */
	struct {
		uint64_t gpa;  /* BH_ADDR_NONE: chosen by the driver */
		uint64_t hpa;  /* from the driver; BH_ADDR_NONE before */
		uint64_t size; /* bytes; 0: no such BAR, or not memory */
	} bar[6];
};
static_assert(sizeof(struct bh_config_pci) == 160, "wire");

/* An interrupt line of the machine that the cell owns. */
struct bh_config_pin {
	uint32_t gsi;
	uint32_t pin; /* of the cell's virtual IO-APIC, < 24 */
};

struct bh_cell_config {
	struct bh_config_header header;
	uint32_t flags;
	uint32_t console_size; /* bytes of the console ring's data, power of two, 4 KiB .. 64 KiB */
	uint64_t info_gpa;     /* information page, status page, console ring, in this order */
	uint64_t ecam_gpa;     /* 1 MiB aligned: bus 0 only; BH_ADDR_NONE: none */
	uint64_t bar_gpa;     /* window for the BARs of virtual functions, 1 MiB aligned and long */
	uint64_t ioapic_gpa;  /* virtual IO-APIC; BH_ADDR_NONE: none */
	struct bh_table cpus; /* struct bh_config_cpu; the first one boots */
	struct bh_table links;	 /* struct bh_config_link */
	struct bh_table ports;	 /* struct bh_config_port: handed through */
	struct bh_table devices; /* struct bh_config_pci */
	struct bh_table pins;	 /* struct bh_config_pin */
	struct bh_table memory;	 /* struct bh_config_memory; must be the last table in the blob */
};
static_assert(sizeof(struct bh_cell_config) == 136, "wire");

static inline uint64_t bh_link_size(const struct bh_config_link *l)
{
	return BH_PAGE_SIZE + l->rw_size + l->peers * l->output_size;
}

#endif
