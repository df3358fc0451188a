/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every forbidden thing that a hostile Linux can try, a row "root-NAME" each of the attack suite:
 * ATTACK(name, verdict, function, a, b, what it tries).
 *
 * Verdicts:	COUNT	nothing happens, reads give ones, and it is counted as a stray access
 *		IGNORE	nothing happens
 *		FAULT	an exception (#GP, #UD)
 *		DENY	a hypercall returns an error
 *		ANY	one of these
 * Those of "pair" need a second CPU of Linux's; all others are tried on the only one it has.
 */
ATTACK(hv_read8, COUNT, hidden, PLACE_HV, READ8, "8-bit read of the hypervisor's memory")
ATTACK(hv_read16, COUNT, hidden, PLACE_HV, READ16, "16-bit read of the hypervisor's memory")
ATTACK(hv_read32, COUNT, hidden, PLACE_HV, READ32, "32-bit read of the hypervisor's memory")
ATTACK(hv_read64, COUNT, hidden, PLACE_HV, READ64, "64-bit read of the hypervisor's memory")
ATTACK(hv_movs_from, FAULT, hidden, PLACE_HV, MOVS_FROM, "REP MOVS out of the hypervisor's memory")
ATTACK(hv_movs_to, COUNT, hidden, PLACE_HV, MOVS_TO, "REP MOVS into the hypervisor's memory")
ATTACK(hv_stos, COUNT, hidden, PLACE_HV, STOS, "REP STOS into the hypervisor's memory")
ATTACK(hv_vector, FAULT, hidden, PLACE_HV, VECTOR, "128-bit read of the hypervisor's memory")
ATTACK(hv_write8, COUNT, hidden, PLACE_HV, WRITE8, "8-bit write to the hypervisor's memory")
ATTACK(hv_write16, COUNT, hidden, PLACE_HV, WRITE16, "16-bit write to the hypervisor's memory")
ATTACK(hv_write32, COUNT, hidden, PLACE_HV, WRITE32, "32-bit write to the hypervisor's memory")
ATTACK(hv_write64, COUNT, hidden, PLACE_HV, WRITE64, "64-bit write to the hypervisor's memory")
ATTACK(hv_locked, COUNT, hidden, PLACE_HV, LOCKED, "LOCK XOR of the hypervisor's memory")
ATTACK(hv_bit, COUNT, hidden, PLACE_HV, BIT, "LOCK BTS of the hypervisor's memory")
ATTACK(hv_exchange, COUNT, hidden, PLACE_HV, EXCHANGE, "XCHG with the hypervisor's memory")
ATTACK(hv_compare, FAULT, hidden, PLACE_HV, COMPARE_EXCHANGE, "CMPXCHG of the hypervisor's memory")
ATTACK(hv_execute, FAULT, execution, PLACE_HV, 0, "execution of the hypervisor's memory")
ATTACK(victim_read8, COUNT, hidden, PLACE_VICTIM, READ8, "8-bit read of a cell's memory")
ATTACK(victim_read16, COUNT, hidden, PLACE_VICTIM, READ16, "16-bit read of a cell's memory")
ATTACK(victim_read32, COUNT, hidden, PLACE_VICTIM, READ32, "32-bit read of a cell's memory")
ATTACK(victim_read64, COUNT, hidden, PLACE_VICTIM, READ64, "64-bit read of a cell's memory")
ATTACK(victim_movs_from, FAULT, hidden, PLACE_VICTIM, MOVS_FROM, "REP MOVS out of a cell's memory")
ATTACK(victim_movs_to, COUNT, hidden, PLACE_VICTIM, MOVS_TO, "REP MOVS into a cell's memory")
ATTACK(victim_stos, COUNT, hidden, PLACE_VICTIM, STOS, "REP STOS into a cell's memory")
ATTACK(victim_vector, FAULT, hidden, PLACE_VICTIM, VECTOR, "128-bit read of a cell's memory")
ATTACK(victim_write8, COUNT, hidden, PLACE_VICTIM, WRITE8, "8-bit write to a cell's memory")
ATTACK(victim_write16, COUNT, hidden, PLACE_VICTIM, WRITE16, "16-bit write to a cell's memory")
ATTACK(victim_write32, COUNT, hidden, PLACE_VICTIM, WRITE32, "32-bit write to a cell's memory")
ATTACK(victim_write64, COUNT, hidden, PLACE_VICTIM, WRITE64, "64-bit write to a cell's memory")
ATTACK(victim_locked, COUNT, hidden, PLACE_VICTIM, LOCKED, "LOCK XOR of a cell's memory")
ATTACK(victim_bit, COUNT, hidden, PLACE_VICTIM, BIT, "LOCK BTS of a cell's memory")
ATTACK(victim_exchange, COUNT, hidden, PLACE_VICTIM, EXCHANGE, "XCHG with a cell's memory")
ATTACK(victim_compare, FAULT, hidden, PLACE_VICTIM, COMPARE_EXCHANGE, "CMPXCHG of a cell's memory")
ATTACK(victim_execute, FAULT, execution, PLACE_VICTIM, 0, "execution of a cell's memory")
ATTACK(state_write8, COUNT, readable, PLACE_STATE, WRITE8,
       "8-bit write to the state table of a link")
ATTACK(state_write64, COUNT, readable, PLACE_STATE, WRITE64,
       "64-bit write to the state table of a link")
ATTACK(state_movs, COUNT, readable, PLACE_STATE, MOVS_TO, "REP MOVS into the state table of a link")
ATTACK(state_locked, COUNT, readable, PLACE_STATE, LOCKED, "LOCK XOR of the state table of a link")
ATTACK(state_execute, FAULT, execution, PLACE_STATE, 0, "execution of the state table of a link")
ATTACK(output_write8, COUNT, readable, PLACE_OUTPUT, WRITE8,
       "8-bit write to a cell's output section")
ATTACK(output_write64, COUNT, readable, PLACE_OUTPUT, WRITE64,
       "64-bit write to a cell's output section")
ATTACK(output_movs, COUNT, readable, PLACE_OUTPUT, MOVS_TO, "REP MOVS into a cell's output section")
ATTACK(output_locked, COUNT, readable, PLACE_OUTPUT, LOCKED, "LOCK XOR of a cell's output section")
ATTACK(output_execute, FAULT, execution, PLACE_OUTPUT, 0, "execution of a cell's output section")
ATTACK(public_write8, COUNT, readable, PLACE_PUBLIC, WRITE8,
       "8-bit write to the hypervisor's public pages")
ATTACK(public_write64, COUNT, readable, PLACE_PUBLIC, WRITE64,
       "64-bit write to the hypervisor's public pages")
ATTACK(public_movs, COUNT, readable, PLACE_PUBLIC, MOVS_TO,
       "REP MOVS into the hypervisor's public pages")
ATTACK(public_locked, COUNT, readable, PLACE_PUBLIC, LOCKED,
       "LOCK XOR of the hypervisor's public pages")
ATTACK(public_execute, FAULT, execution, PLACE_PUBLIC, 0,
       "execution of the hypervisor's public pages")
ATTACK(comm_write8, COUNT, readable, PLACE_COMM, WRITE8, "8-bit write to a cell's information page")
ATTACK(comm_write64, COUNT, readable, PLACE_COMM, WRITE64,
       "64-bit write to a cell's information page")
ATTACK(comm_movs, COUNT, readable, PLACE_COMM, MOVS_TO, "REP MOVS into a cell's information page")
ATTACK(comm_locked, COUNT, readable, PLACE_COMM, LOCKED, "LOCK XOR of a cell's information page")
ATTACK(comm_execute, FAULT, execution, PLACE_COMM, 0, "execution of a cell's information page")
ATTACK(nobody_read8, COUNT, hidden, PLACE_NOBODY, READ8, "8-bit read above all memory")
ATTACK(nobody_read16, COUNT, hidden, PLACE_NOBODY, READ16, "16-bit read above all memory")
ATTACK(nobody_read32, COUNT, hidden, PLACE_NOBODY, READ32, "32-bit read above all memory")
ATTACK(nobody_read64, COUNT, hidden, PLACE_NOBODY, READ64, "64-bit read above all memory")
ATTACK(nobody_write8, COUNT, hidden, PLACE_NOBODY, WRITE8, "8-bit write above all memory")
ATTACK(nobody_write16, COUNT, hidden, PLACE_NOBODY, WRITE16, "16-bit write above all memory")
ATTACK(nobody_write32, COUNT, hidden, PLACE_NOBODY, WRITE32, "32-bit write above all memory")
ATTACK(nobody_write64, COUNT, hidden, PLACE_NOBODY, WRITE64, "64-bit write above all memory")
ATTACK(nobody_vector, FAULT, hidden, PLACE_NOBODY, VECTOR, "128-bit read above all memory")
ATTACK(message_read, COUNT, hidden, PLACE_MESSAGES, READ32,
       "32-bit read of where interrupt messages go")
ATTACK(message_write16, COUNT, message, 2, 0x50, "16-bit message to a cell's CPU, written by a CPU")
ATTACK(message_write32, COUNT, message, 4, 0x50, "32-bit message to a cell's CPU, written by a CPU")
ATTACK(message_write64, COUNT, message, 8, 0x450,
       "64-bit message with NMI delivery, written by a CPU")
ATTACK(message_movs, COUNT, hidden, PLACE_MESSAGES, MOVS_TO, "messages by REP MOVS")
ATTACK(message_locked, COUNT, hidden, PLACE_MESSAGES, LOCKED, "message by LOCK XOR")
ATTACK(msr_vm_hsave, COUNT, msr, 0xc0010117, 12, "VM_HSAVE_PA moved")
ATTACK(msr_vm_cr, IGNORE, msr_shown, 0xc0010114, 0x18, "VM_CR without LOCK and SVMDIS")
ATTACK(msr_svm_key, COUNT, msr, 0xc0010118, 0, "SVM_LOCK_KEY changed")
ATTACK(msr_efer_svme, FAULT, msr, 0xc0000080, 12, "SVM switched on in EFER")
ATTACK(msr_efer_reserved, FAULT, msr, 0xc0000080, 63, "a reserved bit of EFER")
ATTACK(msr_efer_lme, FAULT, msr, 0xc0000080, 8, "long mode left by EFER")
ATTACK(msr_smm_base, COUNT, msr, 0xc0010111, 20, "SMBASE moved")
ATTACK(msr_smm_addr, COUNT, msr, 0xc0010112, 20, "SMM_ADDR moved")
ATTACK(msr_smm_mask, COUNT, msr, 0xc0010113, 0, "SMM_MASK changed")
ATTACK(msr_smm_ctl, COUNT, msr, 0xc0010116, 0, "SMM_CTL changed")
ATTACK(msr_smm_monitor, FAULT, msr, 0x9b, 0, "SMM_MONITOR_CTL changed")
ATTACK(msr_smrr, COUNT, msr, 0x1f2, 20, "SMRR_PHYSBASE moved")
ATTACK(msr_syscfg, COUNT, msr, 0xc0010010, 18, "SYSCFG changed")
ATTACK(msr_iorr, COUNT, msrs, 0xc0010016, 0xc0010019, "every IORR changed")
ATTACK(msr_top_mem, COUNT, msr, 0xc001001a, 23, "TOP_MEM moved")
ATTACK(msr_top_mem2, COUNT, msr, 0xc001001d, 23, "TOP_MEM2 moved")
ATTACK(msr_ecam_moved, COUNT, msr, 0xc0010058, 28, "MMIO_CFG_BASE moved")
ATTACK(msr_smi_traps, COUNT, msrs, 0xc0010050, 0xc0010054, "SMIs from port accesses")
ATTACK(msr_tsc_ratio, COUNT, msr, 0xc0000104, 32, "TSC_RATIO changed")
ATTACK(msr_mtrr_fixed, IGNORE, msrs, 0x268, 0x26f, "every fixed MTRR changed")
ATTACK(msr_mtrr_variable, IGNORE, msrs, 0x200, 0x20f, "every variable MTRR changed")
ATTACK(msr_mtrr_default, IGNORE, msr, 0x2ff, 11, "MTRRs switched off")
ATTACK(msr_feature_control, FAULT, msr, 0x3a, 2, "VMX switched on in FEATURE_CONTROL")
ATTACK(msr_vmx_basic, FAULT, msr_read, 0x480, 0, "read of VMX_BASIC")
ATTACK(msr_apic_move, FAULT, msr, 0x1b, 12, "the APIC page moved")
ATTACK(msr_apic_off, FAULT, msr, 0x1b, 11, "the APIC switched off")
ATTACK(msr_apic_mode, FAULT, msr, 0x1b, 10, "the APIC's mode changed")
ATTACK(msr_trace, COUNT, msr, 0x560, 20, "RTIT_OUTPUT_BASE moved")
ATTACK(msr_records, COUNT, msr, 0x3f1, 0, "PEBS switched on")
ATTACK(msr_microcode, COUNT, msr_write, 0x79, 0x100000, "microcode update, Intel's way")
ATTACK(msr_patch_loader, COUNT, msr_write, 0xc0010020, 0x100000, "microcode update, AMD's way")
ATTACK(lvt_lint0_smi, ANY, lvt, 0x835, 2, "LINT0 with SMI delivery")
ATTACK(lvt_lint1_smi, ANY, lvt, 0x836, 2, "LINT1 with SMI delivery")
ATTACK(lvt_lint0_init, ANY, lvt, 0x835, 5, "LINT0 with INIT delivery")
ATTACK(lvt_lint0_reserved, ANY, lvt, 0x835, 3, "LINT0 with a reserved delivery mode")
ATTACK(lvt_counter_smi, ANY, lvt, 0x834, 2, "performance counter's entry with SMI delivery")
ATTACK(lvt_thermal_smi, ANY, lvt, 0x833, 2, "thermal entry with SMI delivery")
ATTACK(insn_vmxe, FAULT, vmxe, 0, 0, "VMX switched on in CR4")
ATTACK(insn_xsetbv, FAULT, xsetbv, 0, 0, "XSETBV with reserved bits")
ATTACK(insn_vmrun, FAULT, instruction, VMRUN, 0, "VMRUN on the hypervisor's memory")
ATTACK(insn_vmload, FAULT, instruction, VMLOAD, 0, "VMLOAD on the hypervisor's memory")
ATTACK(insn_vmsave, FAULT, instruction, VMSAVE, 0, "VMSAVE on the hypervisor's memory")
ATTACK(insn_stgi, FAULT, instruction, STGI, 0, "STGI")
ATTACK(insn_clgi, FAULT, instruction, CLGI, 0, "CLGI")
ATTACK(insn_skinit, FAULT, instruction, SKINIT, 0, "SKINIT")
ATTACK(insn_invlpga, FAULT, instruction, INVLPGA, 0, "INVLPGA")
ATTACK(insn_vmxon, ANY, instruction, VMXON, 0, "VMXON")
ATTACK(insn_vmclear, ANY, instruction, VMCLEAR, 0, "VMCLEAR")
ATTACK(insn_vmptrld, ANY, instruction, VMPTRLD, 0, "VMPTRLD")
ATTACK(insn_vmptrst, ANY, instruction, VMPTRST, 0, "VMPTRST")
ATTACK(insn_vmlaunch, FAULT, instruction, VMLAUNCH, 0, "VMLAUNCH")
ATTACK(insn_vmresume, FAULT, instruction, VMRESUME, 0, "VMRESUME")
ATTACK(insn_vmxoff, FAULT, instruction, VMXOFF, 0, "VMXOFF")
ATTACK(insn_vmread, FAULT, instruction, VMREAD, 0, "VMREAD")
ATTACK(insn_vmwrite, FAULT, instruction, VMWRITE, 0, "VMWRITE")
ATTACK(insn_invept, FAULT, instruction, INVEPT, 0, "INVEPT")
ATTACK(insn_invvpid, FAULT, instruction, INVVPID, 0, "INVVPID")
ATTACK(insn_vmfunc, FAULT, instruction, VMFUNC, 0, "VMFUNC")
ATTACK(insn_getsec, FAULT, instruction, GETSEC, 0, "GETSEC")
ATTACK(insn_rsm, FAULT, instruction, RSM, 0, "RSM")
ATTACK(insn_invd, FAULT, instruction, INVD, 0, "INVD")
ATTACK(insn_foreign_call, FAULT, instruction, FOREIGN_CALL, 0,
       "the hypercall instruction of the other vendor")
ATTACK(icr_fixed_victim, IGNORE, icr, TO_VICTIM, ICR_FIXED, "interrupt to a cell's CPU")
ATTACK(icr_lowest_victim, IGNORE, icr, TO_VICTIM, ICR_LOWEST,
       "lowest-priority interrupt to a cell's CPU")
ATTACK(icr_nmi_victim, IGNORE, icr, TO_VICTIM, ICR_NMI, "NMI to a cell's CPU")
ATTACK(icr_init_victim, IGNORE, icr, TO_VICTIM, ICR_INIT, "INIT to a cell's CPU")
ATTACK(icr_startup_victim, IGNORE, icr, TO_VICTIM, ICR_STARTUP, "start-up IPI to a cell's CPU")
ATTACK(icr_smi_victim, COUNT, icr, TO_VICTIM, ICR_SMI, "SMI to a cell's CPU")
ATTACK(icr_extint_victim, COUNT, icr, TO_VICTIM, ICR_EXTINT, "ExtINT to a cell's CPU")
ATTACK(icr_reserved_victim, COUNT, icr, TO_VICTIM, ICR_RESERVED,
       "reserved delivery mode to a cell's CPU")
ATTACK(icr_smi_others, COUNT, icr, TO_OTHERS, ICR_SMI, "SMI to all others")
ATTACK(icr_low_vector, COUNT, icr_vector, 3, 0, "interrupt with vector 3 to a cell's CPU")
ATTACK(icr_fixed_others, IGNORE, icr, TO_OTHERS, ICR_FIXED, "interrupt to all others")
ATTACK(icr_nmi_others, IGNORE, icr, TO_OTHERS, ICR_NMI, "NMI to all others")
ATTACK(icr_init_others, IGNORE, icr, TO_OTHERS, ICR_INIT, "INIT to all others")
ATTACK(icr_startup_others, IGNORE, icr, TO_OTHERS, ICR_STARTUP, "start-up IPI to all others")
ATTACK(icr_fixed_logical, IGNORE, icr, TO_LOGICAL, ICR_FIXED,
       "interrupt to a logical destination with cells' CPUs")
ATTACK(icr_nmi_logical, IGNORE, icr, TO_LOGICAL, ICR_NMI,
       "NMI to a logical destination with cells' CPUs")
ATTACK(icr_init_logical, IGNORE, icr, TO_LOGICAL, ICR_INIT,
       "INIT to a logical destination with cells' CPUs")
ATTACK(icr_startup_logical, IGNORE, icr, TO_LOGICAL, ICR_STARTUP,
       "start-up IPI to a logical destination with cells' CPUs")
ATTACK(icr_init_deassert, IGNORE, icr, TO_ALL, ICR_DEASSERT, "INIT de-assert to all")
ATTACK(icr_fixed_all, IGNORE, icr, TO_ALL, ICR_FIXED, "interrupt to all")
ATTACK(icr_fixed_broadcast, IGNORE, icr, TO_BROADCAST, ICR_FIXED,
       "interrupt to the APIC ID that means all")
ATTACK(icr_nmi_all, IGNORE, icr, TO_ALL, ICR_NMI, "NMI to all")
ATTACK(icr_nmi_broadcast, IGNORE, icr, TO_BROADCAST, ICR_NMI, "NMI to the APIC ID that means all")
ATTACK(icr_odd, ANY, icr_odd, 0, 0,
       "8-bit, 16-bit, 64-bit and unaligned writes to the APIC page's ICR")
ATTACK(ioapic_fixed, COUNT, ioapic, TO_VICTIM, ICR_FIXED,
       "IO-APIC entry: an interrupt to a cell's CPU")
ATTACK(ioapic_lowest, COUNT, ioapic, TO_VICTIM, ICR_LOWEST,
       "IO-APIC entry: a lowest-priority interrupt to a cell's CPU")
ATTACK(ioapic_smi, COUNT, ioapic, TO_VICTIM, ICR_SMI, "IO-APIC entry: an SMI to a cell's CPU")
ATTACK(ioapic_nmi, COUNT, ioapic, TO_VICTIM, ICR_NMI, "IO-APIC entry: an NMI to a cell's CPU")
ATTACK(ioapic_init, COUNT, ioapic, TO_VICTIM, ICR_INIT, "IO-APIC entry: an INIT to a cell's CPU")
ATTACK(ioapic_extint, COUNT, ioapic, TO_VICTIM, ICR_EXTINT,
       "IO-APIC entry: an ExtINT to a cell's CPU")
ATTACK(ioapic_broadcast, COUNT, ioapic, TO_BROADCAST, ICR_FIXED, "IO-APIC entry for all CPUs")
ATTACK(ioapic_logical, COUNT, ioapic, TO_LOGICAL, ICR_NMI,
       "IO-APIC entry with a logical destination")
ATTACK(ioapic_halves, COUNT, ioapic_halves, 0, 0,
       "open IO-APIC entry turned to a cell's CPU by its upper half")
ATTACK(ioapic_handles, COUNT, ioapic_handles, 0, 0, "IO-APIC entries with handles of cells")
ATTACK(ioapic_hidden, COUNT, ioapic_hidden, 0, 0,
       "IO-APIC entry with the bit that means remapping, where nothing remaps")
ATTACK(ioapic_odd, ANY, ioapic_odd, 0, 0, "IO-APIC entry by writes of other widths")
ATTACK(config_cell_ports, IGNORE, config_cell, BY_PORTS, 0,
       "configuration of a cell's function by CF8, in each width")
ATTACK(config_cell_memory, IGNORE, config_cell, IN_MEMORY, 0,
       "configuration of a cell's function by ECAM, in each width")
ATTACK(config_host_ports, IGNORE, config_host, BY_PORTS, 0,
       "windows of the memory controller by CF8")
ATTACK(config_host_memory, IGNORE, config_host, IN_MEMORY, 0,
       "windows of the memory controller by ECAM")
ATTACK(config_straddle, IGNORE, config_host, STRADDLING, 0,
       "windows of the memory controller by 32-bit writes of which the first byte is below CFC")
ATTACK(config_slots_ports, IGNORE, config_slots, BY_PORTS, 0, "configuration of free slots by CF8")
ATTACK(config_slots_memory, IGNORE, config_slots, IN_MEMORY, 0,
       "configuration of free slots by ECAM")
ATTACK(port_cell_read8, COUNT, port, READ8, 0, "8-bit read of a cell's port")
ATTACK(port_cell_read16, COUNT, port, READ16, 0, "16-bit read of a cell's port")
ATTACK(port_cell_read32, COUNT, port, READ32, 0, "32-bit read of a cell's port")
ATTACK(port_cell_across, COUNT, port, ACROSS, 0,
       "32-bit read from Linux's ports on, of which the last byte is a cell's")
ATTACK(port_cell_write8, COUNT, port, WRITE8, 0, "8-bit write to a cell's port")
ATTACK(port_cell_write16, COUNT, port, WRITE16, 1, "16-bit write to a cell's port")
ATTACK(port_cell_write32, COUNT, port, WRITE32, 1, "32-bit write to a cell's port")
ATTACK(port_cell_ins, COUNT, port, INS, 0, "REP INS from a cell's port")
ATTACK(port_cell_outs, COUNT, port, OUTS, 1, "REP OUTS to a cell's port")
ATTACK(link_victim, IGNORE, link_victim, 0, 0,
       "MSI-X entry that points to a cell's CPU, then a doorbell")
ATTACK(link_nmi, IGNORE, link_victim, 0x400, 0, "MSI-X entry with NMI delivery, then a doorbell")
ATTACK(link_smi, IGNORE, link_victim, 0x200, 0, "MSI-X entry with SMI delivery, then a doorbell")
ATTACK(link_init, IGNORE, link_victim, 0x500, 0, "MSI-X entry with INIT delivery, then a doorbell")
ATTACK(link_extint, IGNORE, link_victim, 0x700, 0,
       "MSI-X entry with ExtINT delivery, then a doorbell")
ATTACK(link_broadcast, IGNORE, link_message, 0xff000, 0x50,
       "MSI-X entry for all CPUs, then a doorbell")
ATTACK(link_logical, IGNORE, link_message, 0xe004, 0x50,
       "MSI-X entry with a logical destination, then a doorbell")
ATTACK(link_elsewhere, IGNORE, link_victim, 0, 0x1fe00000,
       "MSI-X entry that is no message, then a doorbell")
ATTACK(link_handles, IGNORE, link_handles, 0, 0,
       "MSI-X entries with handles of others, then doorbells")
ATTACK(link_over_hv, COUNT, link_over, PLACE_HV, 0,
       "a link's BARs moved over the hypervisor's memory and away, then a write there")
ATTACK(link_over_cell, COUNT, link_over, PLACE_VICTIM, 0,
       "a link's BARs moved over a cell's memory and away, then a write there")
ATTACK(link_over_state, COUNT, link_over, PLACE_STATE, 0,
       "a link's BARs moved over a link's state table and away, then a write there")
ATTACK(link_over_public, COUNT, link_over, PLACE_PUBLIC, 0,
       "a link's BARs moved over the public pages and away, then a write there")
ATTACK(link_over_ioapic, COUNT, link_over_trap, 0xfec00000, 0,
       "a link's BAR moved over the IO-APIC and away")
ATTACK(link_over_lapic, COUNT, link_over_trap, 0xfee00000, 0,
       "a link's BAR moved over the local APIC and away")
ATTACK(link_over_messages, COUNT, link_over_trap, 0xfee02000, 0,
       "a link's BAR moved over interrupt messages and away")
ATTACK(link_registers, ANY, link_registers, 0, 1,
       "random accesses to a link's registers in each width")
ATTACK(link_msix_table, ANY, link_registers, 1, 2,
       "random accesses to a link's MSI-X page in each width")
ATTACK(link_config, ANY, link_config, 0, 3, "random writes to a link's configuration in each width")
ATTACK(link_flood, IGNORE, link_flood, 0, 0, "20,000 doorbells to a cell")
ATTACK(link_states, IGNORE, link_states, 0, 0, "2,000 changes of its state on a link")
ATTACK(hc_create, DENY, call_pointers, BH_HC_CELL_CREATE, 0,
       "CELL_CREATE with descriptions at places of others, beyond memory, of any size")
ATTACK(hc_root_load, DENY, call_pointers, BH_HC_ROOT_LOAD, 0,
       "ROOT_LOAD with images at places of others and beyond memory")
ATTACK(hc_root_load_cut, DENY, link_over_image, 0, 0,
       "ROOT_LOAD of an image of 2^20 runs whose second page is a link's BAR")
ATTACK(hc_attach_pointers, DENY, call_pointers, BH_HC_ROOT_ATTACH, 0,
       "ROOT_ATTACH with arguments at places of others and beyond memory")
ATTACK(hc_attach, DENY, call_attach, 0, 0,
       "ROOT_ATTACH with a way out over the hypervisor's memory")
ATTACK(hc_read_system, DENY, call_read, BH_ROOT_SYSTEM, 0,
       "ROOT_READ of the system's description into memory of others")
ATTACK(hc_read_cell, DENY, call_read, BH_ROOT_CELL, 0,
       "ROOT_READ of a cell's description into memory of others")
ATTACK(hc_read_state, DENY, call_read, BH_ROOT_STATE, 0,
       "ROOT_READ of the state into memory of others")
ATTACK(hc_load_hv, DENY, call_load, PLACE_HV, 0, "CELL_LOAD of the hypervisor's memory into a cell")
ATTACK(hc_load_victim, DENY, call_load, PLACE_VICTIM, 0,
       "CELL_LOAD of another cell's memory into a cell")
ATTACK(hc_load_beyond, DENY, call_load_beyond, 0, 0, "CELL_LOAD beyond the memory of a cell")
ATTACK(hc_ids, DENY, call_ids, 0, 0, "calls with the ids of the root and of nobody")
ATTACK(hc_running, DENY, call_running, 0, 0, "calls that a running cell forbids")
ATTACK(hc_unknown, DENY, call_unknown, 0, 0, "hypercalls with unknown numbers")
ATTACK(storm_interrupts, IGNORE, storm, STORM_INTERRUPTS, 0, "interrupts to itself without pause")
ATTACK(storm_nmis, IGNORE, storm, STORM_NMIS, 0, "NMIs to itself without pause")
ATTACK(storm_cpuid, IGNORE, storm, STORM_CPUID, 0, "CPUID exits without pause")
ATTACK(storm_hypercalls, IGNORE, storm, STORM_CALLS, 0, "hypercalls without pause")
ATTACK(storm_ports, IGNORE, storm, STORM_PORTS, 0, "port exits without pause")
ATTACK(storm_memory, COUNT, storm, STORM_MEMORY, 0, "stray reads without pause")
ATTACK(storm_registers, IGNORE, storm, STORM_REGISTERS, 0, "refused MSR accesses without pause")
ATTACK(storm_caches, IGNORE, storm, STORM_CACHES, 0, "WBINVD without pause")
ATTACK(storm_flushes, IGNORE, storm, STORM_FLUSHES, 0, "loads of CR3 without pause")
ATTACK(pair_rewrite_hv, COUNT, rewrite, PLACE_HV, 0,
       "another CPU rewrites an instruction on the hypervisor's memory")
ATTACK(pair_rewrite_victim, COUNT, rewrite, PLACE_VICTIM, 0,
       "another CPU rewrites an instruction on a cell's memory")
ATTACK(pair_rewrite_messages, COUNT, rewrite, PLACE_MESSAGES, 0,
       "another CPU rewrites an instruction on interrupt messages")
ATTACK(pair_create, DENY, call_race, 0, 0,
       "another CPU changes the description while CELL_CREATE reads it")
ATTACK(pair_load, DENY, call_race, 1, 0,
       "another CPU changes the arguments while CELL_LOAD reads them")
