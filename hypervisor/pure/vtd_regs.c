// SPDX-License-Identifier: GPL-2.0-only
/* The registers of a virtual VT-d unit. See vtd_regs.h. */
#include "icr.h"
#include "vtd_regs.h"

#define LASTING (VTD_TE | VTD_QIE | VTD_IRE)
#define IQT_WRITABLE 0x7fff0u
#define ENTRY_SIZE ((uint32_t)sizeof(struct vtd_entry))

static uint32_t fault_status(const struct vtd_regs *regs)
{
	return regs->fsts | (regs->fault.high & VTD_FAULT_PRESENT ? VTD_FSTS_PPF : 0);
}

static uint64_t pair(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

void vtd_regs_reset(struct vtd_regs *regs)
{
	*regs = (struct vtd_regs){
		.cap = regs->cap,
		.ecap = regs->ecap,
		.version = regs->version,
		.fectl = VTD_FECTL_IM,
	};
}

uint64_t vtd_regs_read(const struct vtd_regs *regs, uint32_t offset)
{
	switch (offset) {
	case 0:
		return regs->version;
	case VTD_CAP:
		return regs->cap & ~VTD_CAP_HIDDEN;
	case VTD_ECAP:
		return regs->ecap & ~VTD_ECAP_HIDDEN;
	case VTD_GCMD:
		return pair(0, regs->gsts);
	case VTD_RTADDR:
		return regs->rtaddr;
	case VTD_FSTS - 4:
		return pair(0, fault_status(regs));
	case VTD_FECTL:
		return pair(regs->fectl, regs->fedata);
	case VTD_FEADDR:
		return pair(regs->feaddr, regs->feuaddr);
	case VTD_IQH:
		return regs->iqh;
	case VTD_IQT:
		return regs->iqt;
	case VTD_IQA:
		return regs->iqa;
	case VTD_IRTA:
		return regs->irta;
	default:
		if (offset == VTD_CAP_FRO(regs->cap))
			return regs->fault.low;
		return offset == VTD_CAP_FRO(regs->cap) + 8 ? regs->fault.high : 0;
	}
}

/* Bits that last are as the command has them; the others are done at once, and stay done. */
static uint32_t command(struct vtd_regs *regs, uint32_t value)
{
	uint32_t begin = value & ~regs->gsts;
	uint32_t effects = VTD_DO_QUEUE;

	regs->gsts = (regs->gsts & ~LASTING) | (value & (LASTING | VTD_SRTP | VTD_SIRTP));
	if (begin & VTD_QIE)
		regs->iqh = 0;
	if (begin & VTD_TE || value & VTD_SRTP)
		effects |= VTD_DO_CONTEXTS;
	if (begin & VTD_IRE || value & VTD_SIRTP)
		effects |= VTD_DO_IRTES;
	return effects;
}

static void set_half(uint64_t *value, uint32_t offset, uint32_t half)
{
	*value = offset & 4 ? pair((uint32_t)*value, half) : pair(half, (uint32_t)(*value >> 32));
}

uint32_t vtd_regs_write(struct vtd_regs *regs, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case VTD_GCMD:
		return command(regs, value);
	case VTD_RTADDR:
	case VTD_RTADDR + 4:
		set_half(&regs->rtaddr, offset, value);
		return 0;
	case VTD_FSTS:
		regs->fsts &= ~(value & VTD_FSTS_ERRORS);
		return VTD_DO_QUEUE;
	case VTD_FECTL:
		regs->fectl = value & VTD_FECTL_IM;
		return VTD_DO_MESSAGE;
	case VTD_FEDATA:
		regs->fedata = value;
		return VTD_DO_MESSAGE;
	case VTD_FEADDR:
		regs->feaddr = value;
		return VTD_DO_MESSAGE;
	case VTD_FEUADDR:
		regs->feuaddr = value;
		return VTD_DO_MESSAGE;
	case VTD_IQT:
		regs->iqt = value & IQT_WRITABLE;
		return VTD_DO_QUEUE;
	case VTD_IQA:
	case VTD_IQA + 4:
		set_half(&regs->iqa, offset, value);
		regs->iqa &= ~VTD_IQA_WIDE;
		regs->iqh = 0;
		return 0;
	case VTD_IRTA:
	case VTD_IRTA + 4:
		set_half(&regs->irta, offset, value);
		return 0;
	default:
		if (offset == VTD_CAP_FRO(regs->cap) + 12 && value >> 31)
			regs->fault.high = 0;
		return 0;
	}
}

int vtd_regs_message(const struct vtd_regs *regs, struct msi_interrupt *irq)
{
	uint32_t unused;

	*irq = (struct msi_interrupt){ 0 };
	if (msi_decode(regs->feaddr, regs->fedata, irq, &unused) != MSI_COMPATIBLE)
		return -EINVAL;
	irq->destination |= regs->feuaddr & 0xffffff00u;
	return irq->mode == ICR_FIXED || irq->mode == ICR_LOWEST ? 0 : -EINVAL;
}

static uint32_t queue_size(const struct vtd_regs *regs)
{
	return VTD_IQA_PAGES(regs->iqa) * BH_PAGE_SIZE;
}

int vtd_regs_has_request(struct vtd_regs *regs)
{
	if (!(regs->gsts & VTD_QIE) || regs->fsts & VTD_FSTS_IQE || regs->iqh == regs->iqt)
		return 0;
	if (regs->iqt >= queue_size(regs))
		regs->fsts |= VTD_FSTS_IQE;
	return !(regs->fsts & VTD_FSTS_IQE);
}

void vtd_regs_next(struct vtd_regs *regs)
{
	regs->iqh = (regs->iqh + ENTRY_SIZE) % queue_size(regs);
}
