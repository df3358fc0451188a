// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exchanges frames with an inmate (nic-echo) over one of Linux's network cards and compares every
 * byte of every answer.
 *
 *	nic-frames INTERFACE COUNT [SIZE [ADDRESS]]
 *		sends COUNT requests with SIZE (200) bytes of payload to ADDRESS (default: everybody, until
 *		somebody has answered), a few at a time. Prints what came back; status 0: all of it, and right
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "nic-frame.h"

#define TYPE (NIC_TYPE_HIGH << 8 | NIC_TYPE_LOW)
#define WINDOW 16     /* requests on their way; the inmate's ring holds 63 */
#define PATIENCE 2000 /* ms without any answer, after which the open requests are lost */
#define MAX_COUNT 1000000

static unsigned int sent, answered, lost, wrong, foreign, highest_counter;
static unsigned char *seen;
static struct nic_frame request, reply;

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static int open_card(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(TYPE) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(TYPE));
	struct ifreq card = { 0 };

	if (fd < 0)
		fail("socket");
	snprintf(card.ifr_name, sizeof(card.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &card))
		fail(name);
	memcpy(request.from, card.ifr_hwaddr.sa_data, 6);
	address.sll_ifindex = (int)if_nametoindex(name);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		fail("bind");
	return fd;
}

static void send_request(int fd, unsigned int length)
{
	nic_frame_fill(&request, sent, (uint16_t)length);
	if (send(fd, &request, NIC_FRAME_HEADER + length, 0) < 0)
		fail("send");
	sent++;
}

static void judge(unsigned int length)
{
	if (reply.kind != NIC_REPLY || reply.sequence >= sent ||
	    memcmp(reply.to, request.from, 6)) {
		foreign++;
		return;
	}
	answered += !seen[reply.sequence];
	wrong += seen[reply.sequence] || reply.length != length || nic_frame_wrong(&reply);
	seen[reply.sequence] = 1;
	if (reply.counter > highest_counter)
		highest_counter = reply.counter;
	memcpy(request.to, reply.from, 6);
}

/* 0: nothing has come. */
static int take_reply(int fd, unsigned int length)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	ssize_t got;

	if (poll(&p, 1, PATIENCE) <= 0)
		return 0;
	got = recvfrom(fd, &reply, sizeof(reply), 0, (struct sockaddr *)&from, &size);
	if (got < 0)
		fail("recvfrom");
	if (from.sll_pkttype == PACKET_OUTGOING)
		return 1;
	if (nic_frame_is_ours(&reply, (uint32_t)got))
		judge(length);
	else
		foreign++;
	return 1;
}

static void exchange(int fd, unsigned int count, unsigned int length)
{
	/* One at first: it finds out who answers. */
	unsigned int window = 1;

	while (answered + lost < count && lost < 3 * WINDOW) {
		while (sent < count && sent - answered - lost < window)
			send_request(fd, length);
		if (!take_reply(fd, length))
			lost = sent - answered;
		if (answered)
			window = WINDOW;
	}
}

static void parse_address(const char *text)
{
	unsigned int b[6];

	if (sscanf(text, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4, b + 5) != 6) {
		fprintf(stderr, "%s is no address\n", text);
		exit(2);
	}
	for (int i = 0; i < 6; i++)
		request.to[i] = (uint8_t)b[i];
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 2 ? (unsigned int)atoi(argv[2]) : 0;
	unsigned int length = argc > 3 ? (unsigned int)atoi(argv[3]) : 200;
	struct timespec begin, end;
	double ms;
	int fd;

	if (!count || count > MAX_COUNT || length > sizeof(request.payload)) {
		fprintf(stderr, "usage: nic-frames INTERFACE COUNT [SIZE [ADDRESS]]\n");
		return 2;
	}
	fd = open_card(argv[1]);
	seen = calloc(1, count);
	memset(request.to, 0xff, 6);
	if (argc > 4)
		parse_address(argv[4]);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	exchange(fd, count, length);
	clock_gettime(CLOCK_MONOTONIC, &end);
	ms = (double)(end.tv_sec - begin.tv_sec) * 1e3 +
	     (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
	printf("{\"sent\": %u, \"answered\": %u, \"lost\": %u, \"wrong\": %u, \"foreign\": %u, "
	       "\"counter\": %u, \"ms\": %.0f}\n",
	       sent, answered, lost, wrong, foreign, highest_counter, ms);
	return answered == count && !wrong ? 0 : 1;
}
