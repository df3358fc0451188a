// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's end of the test bed: runs commands that the host asks for on the second
 * serial port, and returns their exact output and status. Frames in both directions are a
 * header line "TYPE ID LENGTH\n", then LENGTH bytes (signal or status instead of a length
 * where there is no body). Host to guest:
 *
 *	R id len	run the body in /bin/sh; its standard input is what I frames bring
 *	N id len	the same without input
 *	I id len	input for the command, acknowledged when consumed; none: end of file
 *	K id signal	signal the command's process group
 *
 * Guest to host: H (ready), O (output), A (input consumed), E (ended: status as a shell
 * gives it). The host sends no second I frame before the A of the first, so that a serial
 * port without flow control loses nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { JOBS = 16, BODY_MAX = 4096, OUTPUT_MAX = 4096 };

struct job {
	int id; /* 0: free */
	pid_t pid;
	int in;			/* write end of its standard input, -1: closed */
	int out;		/* read end of its output */
	char pending[BODY_MAX]; /* input not taken yet */
	size_t pending_len;
	size_t pending_at;
};

static struct job jobs[JOBS];
static int tty;
static int child_pipe[2];

static void die(const char *what)
{
	dprintf(STDERR_FILENO, "agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("write");
		at += n;
		len -= n;
	}
}

static void send_frame(char type, int id, int value, const void *body, size_t len)
{
	char header[48];
	int n = snprintf(header, sizeof(header), "%c %d %d\n", type, id, value);

	write_all(tty, header, n);
	write_all(tty, body, len);
}

static struct job *job_find(int id)
{
	for (struct job *job = jobs; job < jobs + JOBS; job++)
		if (job->id == id)
			return job;
	return NULL;
}

static void job_close_input(struct job *job)
{
	if (job->in >= 0)
		close(job->in);
	job->in = -1;
}

static void job_exec(const char *command, int in, int out)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static void job_run(int id, const char *command, int has_input)
{
	struct job *job = job_find(0);
	int in[2], out[2];

	if (!job) {
		send_frame('E', id, 126, NULL, 0);
		return;
	}
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("pipe");
	job->pid = fork();
	if (job->pid < 0)
		die("fork");
	if (!job->pid)
		job_exec(command, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	job->id = id;
	job->in = in[1];
	job->out = out[0];
	job->pending_len = 0;
	if (!has_input)
		job_close_input(job);
}

/* Reports what the command has written; false: nothing (more) to be had. */
static int job_drain(struct job *job)
{
	char buffer[OUTPUT_MAX];
	ssize_t n = job->out < 0 ? 0 : read(job->out, buffer, sizeof(buffer));

	if (n > 0) {
		send_frame('O', job->id, n, buffer, n);
		return 1;
	}
	if (n == 0 && job->out >= 0) {
		close(job->out);
		job->out = -1;
	}
	return 0;
}

static void job_feed(struct job *job)
{
	size_t left = job->pending_len - job->pending_at;
	ssize_t n = left ? write(job->in, job->pending + job->pending_at, left) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A command that does not read on: its input is dropped, as a pipe would. */
	job->pending_at += n < 0 ? left : (size_t)n;
	if (job->pending_at < job->pending_len)
		return;
	job->pending_len = 0;
	send_frame('A', job->id, 0, NULL, 0);
}

static void job_input(struct job *job, const char *body, size_t len)
{
	if (!len || job->in < 0) {
		job_close_input(job);
		send_frame('A', job->id, 0, NULL, 0);
		return;
	}
	memcpy(job->pending, body, len);
	job->pending_len = len;
	job->pending_at = 0;
	job_feed(job);
}

static void job_end(struct job *job, int status)
{
	/* Background children may keep the pipe open: take what is there, wait for no more. */
	while (job_drain(job))
		;
	if (job->out >= 0)
		close(job->out);
	job_close_input(job);
	send_frame('E', job->id, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
		   NULL, 0);
	job->id = 0;
}

static void reap_children(void)
{
	char drained[64];
	int status;
	pid_t pid;

	while (read(child_pipe[0], drained, sizeof(drained)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (struct job *job = jobs; job < jobs + JOBS; job++)
			if (job->id && job->pid == pid)
				job_end(job, status);
}

/* Takes one frame off the buffer; returns the bytes used, 0 if it is incomplete. */
static size_t take_frame(char *buffer, size_t len)
{
	char *newline = memchr(buffer, '\n', len);
	size_t header, body;
	struct job *job;
	int id, value;
	char type, saved;

	if (!newline)
		return 0;
	header = newline - buffer + 1;
	*newline = '\0';
	if (sscanf(buffer, "%c %d %d", &type, &id, &value) != 3 || id <= 0 || value < 0)
		return header;
	body = type == 'K' ? 0 : value;
	if (body > BODY_MAX)
		return header;
	if (len < header + body) {
		*newline = '\n';
		return 0;
	}
	job = job_find(id);
	saved = buffer[header + body];
	buffer[header + body] = '\0';
	if (type == 'R' || type == 'N')
		job_run(id, buffer + header, type == 'R');
	else if (type == 'I' && job)
		job_input(job, buffer + header, body);
	else if (type == 'K' && job)
		kill(-job->pid, value);
	buffer[header + body] = saved;
	return header + body;
}

static void read_tty(void)
{
	static char buffer[2 * BODY_MAX];
	static size_t fill;
	size_t used, at = 0;
	/* One byte is kept free for the terminator that take_frame() sets. */
	ssize_t n = read(tty, buffer + fill, sizeof(buffer) - 1 - fill);

	if (n <= 0)
		die("read of the serial port");
	fill += n;
	while ((used = take_frame(buffer + at, fill - at)))
		at += used;
	memmove(buffer, buffer + at, fill - at);
	fill -= at;
	if (fill == sizeof(buffer) - 1)
		fill = 0;
}

static void on_child(int signo)
{
	int saved = errno;

	(void)signo;
	(void)!write(child_pipe[1], "", 1);
	errno = saved;
}

static void wait_and_serve(void)
{
	struct pollfd fds[2 + 2 * JOBS];
	struct job *owner[2 + 2 * JOBS];
	int n = 2;

	fds[0] = (struct pollfd){ .fd = tty, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = child_pipe[0], .events = POLLIN };
	for (struct job *job = jobs; job < jobs + JOBS; job++) {
		if (!job->id)
			continue;
		owner[n] = job;
		fds[n++] = (struct pollfd){ .fd = job->out, .events = POLLIN };
		owner[n] = job;
		fds[n++] =
			(struct pollfd){ .fd = job->pending_len ? job->in : -1, .events = POLLOUT };
	}
	if (poll(fds, n, -1) < 0) {
		if (errno == EINTR)
			return;
		die("poll");
	}
	for (int i = 2; i < n; i += 2) {
		if (fds[i].revents)
			job_drain(owner[i]);
		if (fds[i + 1].revents)
			job_feed(owner[i + 1]);
	}
	if (fds[0].revents)
		read_tty();
	if (fds[1].revents)
		reap_children();
}

int main(int argc, char **argv)
{
	struct termios raw;

	if (argc != 2)
		return 2;
	tty = open(argv[1], O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0 || tcgetattr(tty, &raw))
		die(argv[1]);
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	raw.c_cflag |= CLOCAL;
	tcsetattr(tty, TCSANOW, &raw);
	if (pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK))
		die("pipe");
	signal(SIGCHLD, on_child);
	signal(SIGPIPE, SIG_IGN);
	send_frame('H', 0, 0, NULL, 0);
	for (;;)
		wait_and_serve();
}
