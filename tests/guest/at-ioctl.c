// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends a signal to a program at a chosen step of its work with /dev/bulkhead.
 *
 *	at-ioctl SIGNAL STEP WHEN COMMAND [ARGUMENT]...
 *
 * STEP counts, from 1, the calls that change something. WHEN: "before" the call, "after" it, or a
 * number of microseconds: that long after the call began. Prints the program's end, and "no such
 * step" if it ended before.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bulkhead/ioctl.h>

#define STOPPED_AT_CALL (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

static int changes_something(pid_t pid)
{
	struct user_regs_struct regs;
	unsigned int request;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) || regs.orig_rax != SYS_ioctl)
		return 0;
	request = (unsigned int)regs.rsi;
	return _IOC_TYPE(request) == BH_IOC && _IOC_NR(request) != _IOC_NR(BH_IOC_READ);
}

static int ended(int status)
{
	if (WIFEXITED(status))
		printf("status %d\n", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) || WIFSIGNALED(status);
}

/* Lets the program run to its next call or return, passing its signals on. 0 at its end. */
static int next_stop(pid_t pid, int *status)
{
	int pass = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, pass) || waitpid(pid, status, 0) != pid)
			return 0;
		if (!WIFSTOPPED(*status))
			return 0;
		if (WSTOPSIG(*status) == STOPPED_AT_CALL)
			return 1;
		pass = WSTOPSIG(*status);
	}
}

static void interfere(pid_t pid, int number, const char *when)
{
	int status;

	if (!strcmp(when, "after"))
		next_stop(pid, &status);
	if (!strcmp(when, "before") || !strcmp(when, "after")) {
		kill(pid, number);
		ptrace(PTRACE_DETACH, pid, NULL, number == SIGKILL ? 0 : number);
		return;
	}
	ptrace(PTRACE_DETACH, pid, NULL, 0);
	usleep((useconds_t)atoi(when));
	kill(pid, number);
}

int main(int argc, char **argv)
{
	int status, step, entry = 0;
	pid_t pid;

	if (argc < 5)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (step = atoi(argv[2]); step;) {
		if (!next_stop(pid, &status)) {
			ended(status);
			printf("no such step\n");
			return 0;
		}
		entry = !entry;
		step -= entry && changes_something(pid);
	}
	interfere(pid, atoi(argv[1]), argv[3]);
	waitpid(pid, &status, 0);
	return !ended(status);
}
