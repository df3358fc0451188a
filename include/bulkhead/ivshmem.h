/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The link device as a guest sees it: ivshmem, revision 2, of the public specification
 * "IVSHMEM Device Specification" (Siemens/Jailhouse project).
 */
#ifndef BULKHEAD_IVSHMEM_H
#define BULKHEAD_IVSHMEM_H

#include <bulkhead/types.h>

#define IVSHMEM_VENDOR_ID 0x110a
#define IVSHMEM_DEVICE_ID 0x4106
#define IVSHMEM_SUBSYSTEM_ID 0x424b /* "BK": tells the provider, as the specification asks */
#define IVSHMEM_CLASS 0xff	    /* sub-class and interface carry the protocol */

#define IVSHMEM_PROTO_UNDEFINED 0x0000
#define IVSHMEM_PROTO_NET 0x0001
#define IVSHMEM_PROTO_USER 0x4000

/* BAR0, 32-bit registers */
#define IVSHMEM_REG_ID 0x00	     /* RO: this peer */
#define IVSHMEM_REG_MAX_PEERS 0x04   /* RO */
#define IVSHMEM_REG_INT_CONTROL 0x08 /* RW: bit 0 enables interrupts; one-shot clears it */
#define IVSHMEM_REG_DOORBELL 0x0c    /* WO: target << 16 | vector */
#define IVSHMEM_REG_STATE 0x10	     /* RW: this peer's entry of the state table */

#define IVSHMEM_INT_ENABLE 0x1

/* Vendor-specific capability (PCI capability id 09h), offsets from its start */
#define IVSHMEM_CAP_LENGTH 0x02 /* 0x20 with the Base Address, 0x18 without */
#define IVSHMEM_CAP_PRIV_CNTL 0x03
#define IVSHMEM_CAP_STATE_TABLE_SIZE 0x04
#define IVSHMEM_CAP_RW_SIZE 0x08      /* 64 bit */
#define IVSHMEM_CAP_OUTPUT_SIZE 0x10  /* 64 bit */
#define IVSHMEM_CAP_BASE_ADDRESS 0x18 /* 64 bit */

#define IVSHMEM_PRIV_ONESHOT 0x1 /* one-shot interrupt mode */

#define IVSHMEM_MAX_VECTORS 16

#endif
