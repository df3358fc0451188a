/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VT-d unit's registers, tables and queue entries mean, and what of the root's is allowed. Two
 * words make an entry of a table or of the queue: low, then high. Section numbers are those of
 * the Intel VT-d specification, revision 4.1.
 */
#ifndef PURE_VTD_H
#define PURE_VTD_H

#include <bulkhead/errno.h>
#include "msi.h"
#include "pt.h"

/* Registers, 11.4 */
#define VTD_CAP 0x08
#define VTD_ECAP 0x10
#define VTD_GCMD 0x18
#define VTD_GSTS 0x1c
#define VTD_RTADDR 0x20
#define VTD_FSTS 0x34
#define VTD_FECTL 0x38
#define VTD_FEDATA 0x3c
#define VTD_FEADDR 0x40
#define VTD_FEUADDR 0x44
#define VTD_IQH 0x80
#define VTD_IQT 0x88
#define VTD_IQA 0x90
#define VTD_IRTA 0xb8

#define VTD_CAP_ND(c) ((unsigned int)(c)&7)
#define VTD_CAP_RWBF (UINT64_C(1) << 4)
#define VTD_CAP_SAGAW_3 (UINT64_C(1) << 9)
#define VTD_CAP_SAGAW_4 (UINT64_C(1) << 10)
#define VTD_CAP_MGAW(c) ((unsigned int)((c) >> 16 & 0x3f) + 1)
#define VTD_CAP_2M (UINT64_C(1) << 34)
#define VTD_CAP_1G (UINT64_C(1) << 35)
#define VTD_CAP_FRO(c) ((uint32_t)((c) >> 24 & 0x3ff) * 16)
#define VTD_CAP_NFR(c) ((uint32_t)((c) >> 40 & 0xff) + 1)
#define VTD_CAP_HIDDEN (UINT64_C(1) << 59 | UINT64_C(3) << 5) /* PI; PHMR, PLMR */

#define VTD_ECAP_C (UINT64_C(1) << 0)
#define VTD_ECAP_QI (UINT64_C(1) << 1)
#define VTD_ECAP_PT (UINT64_C(1) << 6)
/* DT (device TLBs), and all from NEST and PRS to scalable mode and what belongs to it */
#define VTD_ECAP_HIDDEN (UINT64_C(1) << 2 | ~UINT64_C(0x1ffffff))

/* GCMD and GSTS */
#define VTD_TE (1u << 31)
#define VTD_SRTP (1u << 30)
#define VTD_QIE (1u << 26)
#define VTD_IRE (1u << 25)
#define VTD_SIRTP (1u << 24)
#define VTD_CFI (1u << 23)
#define VTD_LASTING 0x96ffffffu /* of GSTS: to be repeated in every command, 11.4.4.1 */

#define VTD_FSTS_PFO 0x01u
#define VTD_FSTS_PPF 0x02u
#define VTD_FSTS_IQE 0x10u
#define VTD_FSTS_ERRORS 0x71u /* written 1 to clear: PFO, IQE, ICE, ITE */
#define VTD_FECTL_IM (1u << 31)

#define VTD_IRTA_EIME (UINT64_C(1) << 11)
#define VTD_IRTA_ENTRIES(irta) (UINT32_C(2) << ((irta)&0xf))
#define VTD_IQA_PAGES(iqa) (UINT32_C(1) << ((iqa)&7))
#define VTD_IQA_WIDE (UINT64_C(1) << 11) /* descriptors of 256 bits */
#define VTD_ADDRESS UINT64_C(0x000ffffffffff000)
#define VTD_RTADDR_MODE UINT64_C(0xc00) /* 0: legacy */

struct vtd_entry {
	uint64_t low, high;
};

/* Second-level tables that all units with these bits of CAP in common can walk; NULL: none. 9.8 */
const struct pt_format *vtd_pt_format(uint64_t cap);

/* For entries that a unit may read meanwhile: it sees the old one, none, or the new one. It never sees none where only
 * the lower half changes, as where an interrupt goes elsewhere: that would be lost. */
void vtd_store(struct vtd_entry *to, struct vtd_entry value);

/* 9.1, 9.3: an entry of the root table (table: of contexts; page tables of the format otherwise) */
struct vtd_entry vtd_root_entry(uint64_t table_hpa);
struct vtd_entry vtd_context_entry(const struct pt *pt, uint32_t domain);
#define VTD_CONTEXT_FPD UINT64_C(2) /* of low: no faults are told of any more */

/* What Linux wants with a function: 1 if its entry is absent or passes addresses through. */
int vtd_context_is_identity(const struct vtd_entry *entry);

/* 9.10: a remapping entry for messages of this function only, and the message that leads to it, with
 * a sub-handle of 0 that devices with several messages may add to. */
struct vtd_entry vtd_irte(const struct msi_interrupt *irq, uint16_t requester, int extended);
void vtd_message(uint32_t index, uint64_t *address, uint32_t *data);

/* An entry of the root. VTD_IRTE_ASK: *irq is what it asks for, and the caller judges whom it reaches. */
enum vtd_irte_kind {
	VTD_IRTE_ABSENT,
	VTD_IRTE_ASK, /* fixed, lowest priority, NMI or ExtINT */
	VTD_IRTE_DENY /* SMI, INIT, posted, reserved */
};
enum vtd_irte_kind vtd_irte_check(const struct vtd_entry *entry, int extended,
				  struct msi_interrupt *irq);

/* 6.5.2: entries of the queue. */
struct vtd_entry vtd_flush_contexts(void);
struct vtd_entry vtd_flush_iotlb(void);
struct vtd_entry vtd_flush_irtes(void);
struct vtd_entry vtd_flush_irte(uint32_t index);
struct vtd_entry vtd_wait(uint64_t status_hpa, uint32_t data);

struct vtd_request {
	enum {
		VTD_REQUEST_INVALID,	 /* no such request, or one of what we hide */
		VTD_REQUEST_TRANSLATION, /* contexts or IOTLB */
		VTD_REQUEST_IRTES,	 /* first, count */
		VTD_REQUEST_WAIT	 /* status_hpa, data; BH_ADDR_NONE: nothing to write */
	} kind;
	uint32_t first, count;
	uint64_t status_hpa;
	uint32_t data;
};
void vtd_request(const struct vtd_entry *entry, struct vtd_request *request);

/* 11.4.7.6: a fault record. 0 if there is none. */
struct vtd_fault {
	uint64_t address; /* index of the entry if it is an interrupt's */
	uint16_t bdf;
	uint8_t reason;
	uint8_t write;
	uint8_t interrupt;
};
#define VTD_FAULT_PRESENT (UINT64_C(1) << 63) /* F, of high */
int vtd_fault(const struct vtd_entry *record, struct vtd_fault *fault);
const char *vtd_fault_words(uint8_t reason);

#endif
