/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every forbidden thing that a cell can try, one program each (attack-NAME.elf, underscores
 * turned to dashes): ATTACK(name, verdict, what it tries).
 *
 * Verdicts:	PARK	the cell is stopped and reported as crashed
 *		IGNORE	nothing happens; the program goes on and ends as done
 *		FAULT	the program gets an exception (#GP, #UD), catches it and ends as done
 *		DENY	a hypercall returns an error; the program ends as done
 *		ANY	IGNORE or FAULT
 *		STRICT	IGNORE, and PARK where the cell's description says strict
 * What ends otherwise ends as failed. In all cases Linux and other cells go on unharmed, which
 * is for the test that runs these to see.
 */
ATTACK(mem_write, PARK, "write to memory that nobody gave to the cell")
ATTACK(mem_read, PARK, "read of memory that nobody gave to the cell")
ATTACK(mem_execute, PARK, "execution of memory that nobody gave to the cell")
ATTACK(mem_info_write, PARK, "write to the read-only information page")
ATTACK(mem_page_table, PARK, "page tables in memory that nobody gave to the cell")
ATTACK(mem_high, PARK, "write far above all memory")
ATTACK(link_state_table, PARK, "write to the state table of a link")
ATTACK(link_foreign_output, PARK, "write to the output section of another peer")
ATTACK(link_doorbell_target, IGNORE, "doorbell to a peer that does not exist")
ATTACK(link_doorbell_vector, IGNORE, "doorbell for a vector that does not exist")
ATTACK(link_msix_foreign, IGNORE, "MSI-X entry that points to a CPU of Linux, then a doorbell")
ATTACK(link_bar_move, IGNORE, "BAR0 moved over the local APIC and back")
ATTACK(port_reset, STRICT, "reset by port CF9")
ATTACK(port_keyboard_reset, STRICT, "reset by the keyboard controller")
ATTACK(port_power_off, STRICT, "power-off by the ACPI control register")
ATTACK(port_pit, STRICT, "reprogramming the PIT")
ATTACK(port_pic, STRICT, "unmasking the 8259")
ATTACK(port_string, STRICT, "string output to a foreign port")
ATTACK(port_pci_foreign, IGNORE, "configuration write to a device of Linux by CF8")
ATTACK(pci_ecam_foreign, IGNORE, "configuration write to a device of Linux by ECAM")
ATTACK(msr_vm_hsave, FAULT, "write to VM_HSAVE_PA")
ATTACK(msr_vm_cr, ANY, "write to VM_CR")
ATTACK(msr_efer_svme, FAULT, "SVM switched on or off in EFER")
ATTACK(msr_smm_base, FAULT, "write to SMM_BASE")
ATTACK(msr_syscfg, ANY, "write to SYSCFG")
ATTACK(msr_microcode, ANY, "microcode update")
ATTACK(msr_apic_move, FAULT, "move of the APIC page")
ATTACK(msr_unknown, FAULT, "read of an MSR that does not exist")
ATTACK(icr_init_foreign, IGNORE, "INIT to a CPU of Linux")
ATTACK(icr_startup_foreign, IGNORE, "start-up IPI to a CPU of Linux")
ATTACK(icr_nmi_foreign, IGNORE, "NMI to a CPU of Linux")
ATTACK(icr_fixed_foreign, IGNORE, "interrupt to a CPU of Linux")
ATTACK(icr_init_others, IGNORE, "INIT to all others")
ATTACK(icr_smi, PARK, "SMI to itself")
ATTACK(icr_low_vector, PARK, "interrupt with vector 3")
ATTACK(xapic_icr_foreign, IGNORE, "INIT to a CPU of Linux from the xAPIC page")
ATTACK(lvt_smi, ANY, "LVT entry with SMI delivery")
ATTACK(insn_vmrun, FAULT, "VMRUN")
ATTACK(insn_vmload, FAULT, "VMLOAD")
ATTACK(insn_vmsave, FAULT, "VMSAVE")
ATTACK(insn_stgi, FAULT, "STGI")
ATTACK(insn_clgi, FAULT, "CLGI")
ATTACK(insn_skinit, FAULT, "SKINIT")
ATTACK(insn_invlpga, FAULT, "INVLPGA")
ATTACK(insn_invd, ANY, "INVD, which must not lose anyone's data")
ATTACK(insn_xsetbv, FAULT, "XSETBV with reserved bits")
ATTACK(hc_disable, DENY, "hypercall DISABLE")
ATTACK(hc_create, DENY, "hypercall CELL_CREATE")
ATTACK(hc_destroy, DENY, "hypercall CELL_DESTROY on itself and the root")
ATTACK(hc_reset, DENY, "hypercall CELL_RESET on all ids")
ATTACK(hc_load, DENY, "hypercall CELL_LOAD")
ATTACK(hc_start, DENY, "hypercall CELL_START")
ATTACK(hc_stop, DENY, "hypercall CELL_STOP on all ids")
ATTACK(hc_unknown, DENY, "hypercalls with unknown numbers")
