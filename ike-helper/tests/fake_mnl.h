/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A socket of libmnl that is none, for a program that says itself what the kernel answers. To be included once; what is
 * sent and received, and the descriptor to wait for, are the program's own functions.
 */
#ifndef ESPUDP_TESTS_FAKE_MNL_H
#define ESPUDP_TESTS_FAKE_MNL_H

#include <libmnl/libmnl.h>

struct mnl_socket {
	int unused;
};

static struct mnl_socket socket_here;

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	return &socket_here;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	return 0;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	return 0;
}

int mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf, socklen_t len)
{
	return 0;
}

#endif
