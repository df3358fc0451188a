// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads another kernel into this one, or begins it.
 *
 *	kexec-load --crash|--next KERNEL INITRAMFS COMMAND-LINE
 *	kexec-load --go
 *
 * Trailing bytes beyond the files' contents do no harm, so that both may come from a disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long flags = argc > 1 && !strcmp(argv[1], "--crash") ? KEXEC_FILE_ON_CRASH : 0;
	int kernel, initramfs;

	if (argc == 2 && !strcmp(argv[1], "--go")) {
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			LINUX_REBOOT_CMD_KEXEC, 0);
		perror("kexec");
		return 1;
	}
	if (argc != 5) {
		fprintf(stderr,
			"usage: kexec-load --crash|--next KERNEL INITRAMFS COMMAND-LINE | --go\n");
		return 2;
	}
	kernel = open(argv[2], O_RDONLY);
	initramfs = open(argv[3], O_RDONLY);
	if (kernel < 0 || initramfs < 0 ||
	    syscall(SYS_kexec_file_load, kernel, initramfs, strlen(argv[4]) + 1, argv[4], flags)) {
		fprintf(stderr, "kexec_file_load: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
