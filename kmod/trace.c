// SPDX-License-Identifier: GPL-2.0
/* Where the tracepoints are defined */

#include <linux/netdevice.h>
#include <net/ipv6.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * espudp_trace_addr() - write an address as a socket address
 * @to: %ESPUDP_TRACE_ADDR octets
 * @version: 4 or 6; 0, of a packet that cannot be read, is written as ::
 * @addr: the first 4 or all 16 octets, network byte order
 * @port: network byte order, 0 for none
 * @scope: interface of a link-local address, or 0
 *
 * Context: any
 */
void espudp_trace_addr(u8 *to, u8 version, const void *addr, __be16 port, u32 scope)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	memset(to, 0, ESPUDP_TRACE_ADDR);
	if (version == 4) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		memcpy(&in->sin_addr, addr, sizeof(in->sin_addr));
		return;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = port;
	in6->sin6_scope_id = scope;
	memcpy(&in6->sin6_addr, addr, sizeof(in6->sin6_addr));
}
