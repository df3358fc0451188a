// SPDX-License-Identifier: GPL-2.0-only
/*
 * From VMX's exit reasons to the neutral exit record, and what the dispatcher needs of the guest:
 * its state, going on behind an instruction, events.
 */
#include "arch/x86/handlers.h"
#include "arch/x86/x86.h"
#include "vmx/vmx.h"

static const uint8_t kinds[VMX_REASONS] = {
	[REASON_EXCEPTION] = VMEXIT_EXCEPTION,
	[REASON_TRIPLE_FAULT] = VMEXIT_TRIPLE_FAULT,
	[REASON_INIT] = VMEXIT_INIT,
	[REASON_INTERRUPT_WINDOW] = VMEXIT_NMI_WINDOW,
	[REASON_NMI_WINDOW] = VMEXIT_NMI_WINDOW,
	[REASON_TASK_SWITCH] = VMEXIT_TASK_SWITCH,
	[REASON_GETSEC] = VMEXIT_INSTRUCTION,
	[REASON_INVD] = VMEXIT_INSTRUCTION,
	[REASON_VMCLEAR... REASON_VMXON] = VMEXIT_INSTRUCTION,
	[REASON_IO] = VMEXIT_PORT,
	[REASON_RDMSR] = VMEXIT_MSR_READ,
	[REASON_WRMSR] = VMEXIT_MSR_WRITE,
	[REASON_EPT_VIOLATION] = VMEXIT_MEMORY,
	[REASON_EPT_MISCONFIGURATION] = VMEXIT_BROKEN,
	[REASON_INVEPT] = VMEXIT_INSTRUCTION,
	[REASON_TIMER] = VMEXIT_NMI,
	[REASON_INVVPID] = VMEXIT_INSTRUCTION,
	[REASON_SEAMCALL] = VMEXIT_INSTRUCTION,
	[REASON_TDCALL] = VMEXIT_INSTRUCTION,
};

/* The two that need nothing from the VMCS but a step forward skip vmx_exit(). */
const struct vmx_dispatch vmx_dispatch[VMX_REASONS] = {
	[0 ... REASON_CPUID - 1] = { vmx_exit, 0 },
	[REASON_CPUID] = { cpuid_handle, 1 },
	[REASON_CPUID + 1 ... REASON_VMCALL - 1] = { vmx_exit, 0 },
	[REASON_VMCALL] = { hypercall_handle, 1 },
	[REASON_VMCALL + 1 ... VMX_REASONS - 1] = { vmx_exit, 0 },
};

/* ----------------------------------------------------------------------- what the exit says */

/* An IRET that ended the blocking of NMIs, and then faulted, will be executed again. */
static void block_nmis_again(uint64_t unblocked)
{
	if (unblocked & NMI_UNBLOCKED)
		vmx_change(VMCS_INTERRUPTIBILITY, 0, BLOCKING_NMI);
}

static void qualify_port(struct cpu *self)
{
	uint64_t q = vmread(VMCS_QUALIFICATION);

	self->exit.number = (uint32_t)q >> 16;
	self->exit.width = IO_WIDTH(q);
	self->exit.access = q & IO_IN ? ACCESS_READ : ACCESS_WRITE;
	self->exit.string = !!(q & IO_STRING);
}

/* An event whose delivery the exit interrupted is delivered again. */
static void deliver_again(uint32_t event)
{
	vmwrite(VMCS_ENTRY_EVENT, event & EVENT_ENTRY_MASK);
	if (event & EVENT_ERROR_CODE)
		vmwrite(VMCS_ENTRY_ERROR, vmread(VMCS_VECTORING_ERROR));
	if (EVENT_TYPE(event) >= EVENT_FIRST_WITH_LENGTH)
		vmwrite(VMCS_ENTRY_LENGTH, vmread(VMCS_EXIT_LENGTH));
	if (EVENT_TYPE(event) == EVENT_NMI)
		vmx_change(VMCS_INTERRUPTIBILITY, BLOCKING_NMI, 0);
}

static void qualify_memory(struct cpu *self)
{
	uint64_t q = vmread(VMCS_QUALIFICATION);
	uint32_t event = (uint32_t)vmread(VMCS_VECTORING);

	self->exit.address = vmread(VMCS_GUEST_PHYSICAL);
	self->reload = 1; /* any register may be the instruction's operand */
	self->exit.access = q & EPT_FETCH ? ACCESS_EXEC :
			    q & EPT_WRITE ? ACCESS_WRITE :
					    ACCESS_READ;
	if (event & EVENT_VALID)
		deliver_again(event);
	else
		block_nmis_again(q);
}

/* The exit came instead of the exception's own work on debug registers. */
static void update_debug_registers(void)
{
	uint64_t dr6;

	asm volatile("mov %%dr6, %0" : "=r"(dr6));
	dr6 = (dr6 & ~DR6_BREAKPOINTS) | (vmread(VMCS_QUALIFICATION) & (DR6_ALL));
	asm volatile("mov %0, %%dr6" : : "r"(dr6));
	vmx_change(VMCS_GUEST_DR7, DR7_GD, 0);
}

/* INT1 is delivered behind the instruction, like a trap. */
static void qualify_exception(struct cpu *self)
{
	uint32_t event = (uint32_t)vmread(VMCS_EXIT_EVENT);

	if (EVENT_TYPE(event) == EVENT_NMI) {
		self->exit.kind = VMEXIT_NMI;
		return;
	}
	self->exit.number = EVENT_VECTOR(event);
	block_nmis_again(event);
	if (self->exit.number == VMM_DB)
		update_debug_registers();
	if (EVENT_TYPE(event) >= EVENT_FIRST_WITH_LENGTH)
		vmm_skip(self, self->exit.length);
}

/* ------------------------------------------------------------ what only this vendor traps */

/*
 * A write to CR0 or CR4 that would change what the guest does not own. It is executed again
 * with that part of the guest's view adjusted before, so that the CPU has nothing to object to,
 * and does all that such a write entails. Nobody may switch on VMX.
 */
static void handle_control_register(struct cpu *self)
{
	uint64_t q = vmread(VMCS_QUALIFICATION);
	uint64_t value;

	self->public->exits[BH_EXIT_CR]++;
	if (CR_NUMBER(q) != 0) {
		vmm_inject(self, VMM_GP);
		return;
	}
	value = CR_REGISTER(q) == REG_RSP ? vmread(VMCS_GUEST_RSP) : self->regs[CR_REGISTER(q)];
	vmwrite(VMCS_CR0_SHADOW, value);
}

/* What the CPU refuses, it refuses the guest. */
static void handle_xsetbv(struct cpu *self)
{
	uint64_t value = self->regs[REG_RDX] << 32 | (uint32_t)self->regs[REG_RAX];

	self->public->exits[BH_EXIT_CR]++;
	if (xsetbv_safe((uint32_t)self->regs[REG_RCX], value))
		vmm_inject(self, VMM_GP);
	else
		vmm_skip(self, self->exit.length);
}

/* -------------------------------------------------------------------------- failed entries */

/* SDM vol. 3, 27.8 */
static const char *reason_name(uint32_t reason, uint64_t qualification)
{
	static const char *const state[] = {
		"guest state", "guest state", "PDPTEs", "injected NMI", "link pointer",
	};

	if (reason == REASON_ENTRY_MACHINE_CHECK)
		return "machine check";
	return qualification < sizeof(state) / sizeof(state[0]) ? state[qualification] : "unknown";
}

/* What the CPU has checked: whoever reads it finds the field that is wrong. */
static void print_vmcs(void)
{
	static const char names[8][5] = { "es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr" };

	for (uint32_t i = 0; i < 8; i++)
		console_print("  %s %04lx base %lx limit %lx rights %lx\n", names[i],
			      vmread(VMCS_GUEST_ES + 2 * i), vmread(VMCS_GUEST_ES_BASE + 2 * i),
			      vmread(VMCS_GUEST_ES_LIMIT + 2 * i),
			      vmread(VMCS_GUEST_ES_RIGHTS + 2 * i));
	console_print("  cr0 %lx cr4 %lx dr7 %lx debugctl %lx pat %lx controls %lx %lx event %lx "
		      "blocking %lx activity %lx pending %lx\n",
		      vmread(VMCS_GUEST_CR0), vmread(VMCS_GUEST_CR4), vmread(VMCS_GUEST_DR7),
		      vmread(VMCS_GUEST_DEBUGCTL), vmread(VMCS_GUEST_PAT),
		      vmread(VMCS_CPU_CONTROLS), vmread(VMCS_ENTRY_CONTROLS),
		      vmread(VMCS_ENTRY_EVENT), vmread(VMCS_INTERRUPTIBILITY),
		      vmread(VMCS_ACTIVITY), vmread(VMCS_PENDING_DEBUG));
}

static void report_broken(struct cpu *self, uint32_t number, const char *why)
{
	console_print("CPU %u: entry into its guest failed: %u, %s\n", self->apic_id, number, why);
	print_vmcs();
	if (self->state != BH_CPU_RUNNING)
		panic(__FILE__, __LINE__, "a CPU that is parked cannot be entered");
	self->exit.kind = VMEXIT_BROKEN;
	self->exit.number = number;
	exit_dispatch(self);
}

int vmx_entry_refused(struct cpu *self)
{
	uint32_t error = (uint32_t)vmread(VMCS_INSTRUCTION_ERROR);

	if (error == ERROR_NOT_LAUNCHED)
		return 1;
	report_broken(self, error, "VM-instruction error (7: controls, 8: host state)");
	return 0;
}

/* -------------------------------------------------------------------------------- dispatch */

/* How many NMIs the hypervisor took for others. One that comes meanwhile is counted here, or makes
 * the next entry end once more. */
static uint32_t latched_nmis(struct cpu *self)
{
	vmx_change(VMCS_PIN_CONTROLS, PIN_PREEMPTION_TIMER, 0);
	return __atomic_exchange_n(&self->entry->nmis, 0, __ATOMIC_SEQ_CST);
}

void vmx_exit(struct cpu *self)
{
	uint32_t reason = (uint32_t)vmread(VMCS_EXIT_REASON);
	uint32_t times = 1;

	if (reason & REASON_ENTRY_FAILED) {
		reason &= 0xffff;
		report_broken(self, reason, reason_name(reason, vmread(VMCS_QUALIFICATION)));
		return;
	}
	self->exit.kind = reason < VMX_REASONS ? kinds[reason] : VMEXIT_UNKNOWN;
	self->exit.number = reason;
	self->exit.length = (uint8_t)vmread(VMCS_EXIT_LENGTH);
	switch (reason) {
	case REASON_EXCEPTION:
		qualify_exception(self);
		break;
	case REASON_INTERRUPT_WINDOW:
	case REASON_NMI_WINDOW:
		vmx_change(VMCS_CPU_CONTROLS, CPU_INTERRUPT_WINDOW | CPU_NMI_WINDOW, 0);
		break;
	case REASON_CR:
		handle_control_register(self);
		return;
	case REASON_IO:
		qualify_port(self);
		break;
	case REASON_EPT_VIOLATION:
		qualify_memory(self);
		break;
	case REASON_TIMER:
		times = latched_nmis(self);
		break;
	case REASON_XSETBV:
		handle_xsetbv(self);
		return;
	}
	while (times--)
		exit_dispatch(self);
	/* what woke a parked CPU may have made it active */
	if (self->state != BH_CPU_RUNNING)
		vmwrite(VMCS_ACTIVITY, ACTIVITY_HLT);
}

/* --------------------------------------------------------------------------- what handlers need */

static int is_64_bit(void)
{
	return vmread(VMCS_GUEST_EFER) & EFER_LMA && vmread(VMCS_GUEST_CS_RIGHTS) & RIGHTS_LONG;
}

/* Behind the last byte of 4 GiB comes the first one. With more than 32 bits in RIP such a guest would not be
 * entered (SDM vol. 3, 27.3.1.4). */
uint64_t vmx_wrap_rip(uint64_t rip)
{
	return is_64_bit() ? rip : (uint32_t)rip;
}

void vmm_skip(struct cpu *self, unsigned int length)
{
	uint64_t rip = vmread(VMCS_GUEST_RIP), next = rip + length;

	if ((rip ^ next) >> 32)
		next = vmx_wrap_rip(next);
	vmwrite(VMCS_GUEST_RIP, next);
	vmx_change(VMCS_INTERRUPTIBILITY, BLOCKING_STI | BLOCKING_MOV_SS, 0);
}

static const uint32_t register_field[] = {
	[VMM_CPL] = VMCS_GUEST_SS_RIGHTS,   [VMM_EFER] = VMCS_GUEST_EFER,
	[VMM_RFLAGS] = VMCS_GUEST_RFLAGS,   [VMM_RSP] = VMCS_GUEST_RSP,
	[VMM_TSC_OFFSET] = VMCS_TSC_OFFSET,
};

uint64_t vmm_read(const struct cpu *self, enum vmm_register which)
{
	uint64_t value = vmread(register_field[which]);

	return which == VMM_CPL ? value >> 5 & 3 : value;
}

void vmm_write(struct cpu *self, enum vmm_register which, uint64_t value)
{
	if (which == VMM_EFER) {
		value = (value & ~EFER_LMA) | (vmread(VMCS_GUEST_EFER) & EFER_LMA);
		vmm_flush(self);
	}
	vmwrite(register_field[which], value);
}

void vmm_guest(struct cpu *self, struct vmm_guest *guest)
{
	uint32_t cs = (uint32_t)vmread(VMCS_GUEST_CS_RIGHTS);
	int long_mode = is_64_bit();

	self->regs[REG_RSP] = vmread(VMCS_GUEST_RSP);
	guest->walk.cr0 = vmx_guest_cr0();
	guest->walk.cr3 = vmread(VMCS_GUEST_CR3);
	guest->walk.cr4 = vmx_guest_cr4();
	guest->walk.efer = vmread(VMCS_GUEST_EFER);
	guest->rip = vmread(VMCS_GUEST_RIP);
	guest->rflags = vmread(VMCS_GUEST_RFLAGS);
	guest->cs_base = long_mode ? 0 : vmread(VMCS_GUEST_CS_BASE);
	guest->cpl = (uint8_t)vmm_read(self, VMM_CPL);
	guest->mode = long_mode ? INSN_64 : cs & RIGHTS_DB ? INSN_32 : INSN_16;
}

/* An NMI in the shadow of STI would let "sti; hlt" miss the interrupt that it waits for. The
 * window for NMIs does not wait for the end of that shadow, the one for interrupts does. */
static int inject_nmi(struct cpu *self)
{
	uint64_t blocking = vmread(VMCS_INTERRUPTIBILITY);

	if (blocking & BLOCKING_STI) {
		vmx_change(VMCS_CPU_CONTROLS, 0, CPU_INTERRUPT_WINDOW);
		return 0;
	}
	if (blocking || vmread(VMCS_ENTRY_EVENT) & EVENT_VALID) {
		vmx_change(VMCS_CPU_CONTROLS, 0, CPU_NMI_WINDOW);
		return 0;
	}
	vmwrite(VMCS_ENTRY_EVENT, EVENT_VALID | EVENT_NMI << 8 | 2);
	return 1;
}

/* Real mode has no error codes. Its delivery ends the shadow of STI or MOV SS. */
int vmm_inject(struct cpu *self, uint8_t vector)
{
	uint32_t event = EVENT_VALID | EVENT_EXCEPTION << 8 | vector;

	if (vector == VMM_NMI)
		return inject_nmi(self);
	if ((vector == VMM_GP || vector == VMM_AC) && vmread(VMCS_GUEST_CR0) & CR0_PE)
		event |= EVENT_ERROR_CODE;
	vmwrite(VMCS_ENTRY_ERROR, 0);
	vmwrite(VMCS_ENTRY_EVENT, event);
	vmx_change(VMCS_INTERRUPTIBILITY, BLOCKING_STI | BLOCKING_MOV_SS, 0);
	return 1;
}
