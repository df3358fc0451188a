/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that Linux must not have */
#ifndef ATTACK_INSTRUCTIONS_H
#define ATTACK_INSTRUCTIONS_H

enum instruction {
	VMRUN,
	VMLOAD,
	VMSAVE,
	STGI,
	CLGI,
	SKINIT,
	INVLPGA,
	VMXON,
	VMCLEAR,
	VMPTRLD,
	VMPTRST,
	VMLAUNCH,
	VMRESUME,
	VMXOFF,
	VMREAD,
	VMWRITE,
	INVEPT,
	INVVPID,
	VMFUNC,
	GETSEC,
	RSM,
	INVD,
	FOREIGN_CALL,
};

#endif
