// SPDX-License-Identifier: GPL-2.0
/* The kernel module: requests. What it reports is in kernel_events.c. */
#include "system/kernel.h"

#include <errno.h>
#include <linux/espudp.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

#include "wire/numbers.h"

static struct nlmsghdr *generic(struct kernel *kernel, uint16_t type, uint8_t version,
				uint8_t command)
{
	struct nlmsghdr *request = netlink_request(&kernel->requests, type, 0);
	struct genlmsghdr *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	header->cmd = command;
	header->version = version;
	return request;
}

static struct nlmsghdr *begin(struct kernel *kernel, uint8_t command)
{
	return generic(kernel, kernel->family, ESPUDP_FAMILY_VERSION, command);
}

static int finish(struct kernel *kernel, struct nlmsghdr *request)
{
	return netlink_do(&kernel->requests, request, NULL, NULL);
}

/* A request that has an id and nothing else. */
static int by_id(struct kernel *kernel, uint8_t command, uint16_t attribute, uint32_t id)
{
	struct nlmsghdr *request = begin(kernel, command);

	mnl_attr_put_u32(request, attribute, id);
	return finish(kernel, request);
}

static void take_group(struct kernel *kernel, const struct nlattr *nest)
{
	const struct nlattr *attr;
	const char *name = "";
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			id = mnl_attr_get_u32(attr);
	}
	if (!strcmp(name, ESPUDP_MCGRP_SA))
		kernel->groups[0] = id;
	if (!strcmp(name, ESPUDP_MCGRP_PEER))
		kernel->groups[1] = id;
}

static void take_family(void *arg, const struct nlmsghdr *message)
{
	struct kernel *kernel = arg;
	const struct nlattr *attr, *group;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_FAMILY_ID:
			if (mnl_attr_validate(attr, MNL_TYPE_U16) >= 0)
				kernel->family = mnl_attr_get_u16(attr);
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			mnl_attr_for_each_nested(group, attr)
				take_group(kernel, group);
			break;
		}
	}
}

static int find_family(struct kernel *kernel)
{
	struct nlmsghdr *request = generic(kernel, GENL_ID_CTRL, 1, CTRL_CMD_GETFAMILY);
	int err;

	kernel->family = 0;
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, ESPUDP_FAMILY_NAME);
	err = netlink_do(&kernel->requests, request, take_family, kernel);
	if (err)
		return err;
	return kernel->family && kernel->groups[0] && kernel->groups[1] ? 0 : -EPROTO;
}

int kernel_open(struct kernel *kernel, struct loop *loop, const struct kernel_handlers *handlers,
		void *arg, char why[KERNEL_WHY_MAX])
{
	int err;

	memset(kernel, 0, sizeof(*kernel));
	kernel->loop = loop;
	kernel->handlers = handlers;
	kernel->arg = arg;
	kernel->source = (struct loop_source){
		.fd = -1, .ready = kernel_on_readable, .arg = kernel,
	};
	err = netlink_open(&kernel->requests, NETLINK_GENERIC);
	if (!err)
		err = find_family(kernel);
	if (!err)
		err = netlink_listen(&kernel->events, NETLINK_GENERIC, kernel->groups, 2);
	if (!err) {
		kernel->source.fd = netlink_fd(&kernel->events);
		err = loop_add(loop, &kernel->source, EPOLLIN);
	}
	if (!err)
		return 0;
	if (err == -ENOENT)
		snprintf(why, KERNEL_WHY_MAX,
			 "the kernel module espudp is not there (try: modprobe espudp)");
	else if (err == -EPERM)
		snprintf(why, KERNEL_WHY_MAX, "the kernel module espudp: CAP_NET_ADMIN is needed");
	else
		snprintf(why, KERNEL_WHY_MAX, "the kernel module espudp: %s", strerror(-err));
	kernel_close(kernel);
	return err;
}

void kernel_close(struct kernel *kernel)
{
	if (kernel->source.fd >= 0 && kernel->loop)
		loop_remove(kernel->loop, &kernel->source);
	kernel->source.fd = -1;
	netlink_close(&kernel->events);
	netlink_close(&kernel->requests);
	kernel->family = 0;
}

const char *kernel_error(const struct kernel *kernel)
{
	return kernel->requests.error;
}

static int add_transport(struct kernel *kernel, uint32_t id, int fd, bool replace)
{
	struct nlmsghdr *request = begin(kernel, ESPUDP_CMD_TRANSPORT_ADD);

	mnl_attr_put_u32(request, ESPUDP_A_TRANSPORT_ID, id);
	mnl_attr_put_u32(request, ESPUDP_A_TRANSPORT_FD, (uint32_t)fd);
	if (replace)
		mnl_attr_put(request, ESPUDP_A_TRANSPORT_REPLACE, 0, NULL);
	return finish(kernel, request);
}

int kernel_transport_add(struct kernel *kernel, uint32_t id, int fd)
{
	int err = add_transport(kernel, id, fd, false);

	return err == -EEXIST ? add_transport(kernel, id, fd, true) : err;
}

int kernel_transport_delete(struct kernel *kernel, uint32_t id)
{
	return by_id(kernel, ESPUDP_CMD_TRANSPORT_DEL, ESPUDP_A_TRANSPORT_ID, id);
}

static struct nlmsghdr *begin_link(struct kernel *kernel, int ifindex, int netnsid)
{
	struct nlmsghdr *request = begin(kernel, ESPUDP_CMD_LINK_SET);

	mnl_attr_put_u32(request, ESPUDP_A_LINK_IFINDEX, (uint32_t)ifindex);
	if (netnsid != KERNEL_HERE)
		mnl_attr_put_u32(request, ESPUDP_A_LINK_NETNSID, (uint32_t)netnsid);
	return request;
}

int kernel_link_mark(struct kernel *kernel, int ifindex, int netnsid, uint32_t mark)
{
	struct nlmsghdr *request = begin_link(kernel, ifindex, netnsid);

	mnl_attr_put_u32(request, ESPUDP_A_LINK_MARK, mark);
	return finish(kernel, request);
}

int kernel_link_set(struct kernel *kernel, int ifindex, int netnsid,
		    const struct kernel_link *link)
{
	struct nlmsghdr *request = begin_link(kernel, ifindex, netnsid);

	mnl_attr_put_u32(request, ESPUDP_A_LINK_CARRIER, link->carrier);
	mnl_attr_put_u32(request, ESPUDP_A_LINK_DF, link->df);
	mnl_attr_put_u32(request, ESPUDP_A_LINK_DSCP_POLICY, link->dscp_policy);
	if (link->dscp_policy == ESPUDP_DSCP_POLICY_FIXED)
		mnl_attr_put_u8(request, ESPUDP_A_LINK_DSCP, (uint8_t)link->dscp);
	mnl_attr_put_u32(request, ESPUDP_A_LINK_TTL_POLICY, link->ttl_policy);
	if (link->ttl_policy == ESPUDP_TTL_POLICY_FIXED)
		mnl_attr_put_u8(request, ESPUDP_A_LINK_TTL, (uint8_t)link->ttl);
	mnl_attr_put_u32(request, ESPUDP_A_LINK_FLOW_LABEL, link->flow_label);
	mnl_attr_put_u32(request, ESPUDP_A_LINK_BATCH, link->batch);
	mnl_attr_put_u32(request, ESPUDP_A_LINK_PARALLEL, link->parallel);
	return finish(kernel, request);
}

/* An address goes into the attribute of its family; none puts nothing. */
static void put_address(struct nlmsghdr *request, const struct address *address, uint16_t ipv4,
			uint16_t ipv6)
{
	if (address->family == AF_INET)
		mnl_attr_put(request, ipv4, 4, address->ip);
	else if (address->family == AF_INET6)
		mnl_attr_put(request, ipv6, 16, address->ip);
}

static void put_u16_be(struct nlmsghdr *request, uint16_t type, uint16_t value)
{
	uint8_t octets[2];

	put_be16(octets, value);
	mnl_attr_put(request, type, sizeof(octets), octets);
}

static void put_u32_be(struct nlmsghdr *request, uint16_t type, uint32_t value)
{
	uint8_t octets[4];

	put_be32(octets, value);
	mnl_attr_put(request, type, sizeof(octets), octets);
}

static void put_peer(struct nlmsghdr *request, const struct kernel_peer *peer)
{
	mnl_attr_put_u32(request, ESPUDP_A_PEER_ID, peer->id);
	mnl_attr_put_u32(request, ESPUDP_A_PEER_TRANSPORT_ID, peer->transport);
	put_address(request, &peer->local, ESPUDP_A_PEER_LOCAL_IPV4, ESPUDP_A_PEER_LOCAL_IPV6);
	put_address(request, &peer->remote, ESPUDP_A_PEER_REMOTE_IPV4, ESPUDP_A_PEER_REMOTE_IPV6);
	if (peer->remote.family)
		put_u16_be(request, ESPUDP_A_PEER_REMOTE_PORT, peer->remote.port);
	if (peer->remote.scope)
		mnl_attr_put_u32(request, ESPUDP_A_PEER_REMOTE_SCOPE, peer->remote.scope);
	mnl_attr_put_u32(request, ESPUDP_A_PEER_ENDPOINT_POLICY, peer->policy);
	mnl_attr_put_u32(request, ESPUDP_A_PEER_KEEPALIVE, peer->keepalive);
}

int kernel_peer_new(struct kernel *kernel, const struct kernel_peer *peer)
{
	struct nlmsghdr *request = begin(kernel, ESPUDP_CMD_PEER_NEW);

	put_peer(request, peer);
	mnl_attr_put_u32(request, ESPUDP_A_PEER_IFINDEX, (uint32_t)peer->ifindex);
	if (peer->netnsid != KERNEL_HERE)
		mnl_attr_put_u32(request, ESPUDP_A_PEER_NETNSID, (uint32_t)peer->netnsid);
	return finish(kernel, request);
}

int kernel_peer_set(struct kernel *kernel, const struct kernel_peer *peer)
{
	struct nlmsghdr *request = begin(kernel, ESPUDP_CMD_PEER_SET);

	put_peer(request, peer);
	return finish(kernel, request);
}

int kernel_peer_delete(struct kernel *kernel, uint32_t id)
{
	return by_id(kernel, ESPUDP_CMD_PEER_DEL, ESPUDP_A_PEER_ID, id);
}

/* One number of an object. */
struct wanted_number {
	uint16_t type;
	uint64_t *value;
};

static void take_number(void *arg, const struct nlmsghdr *message)
{
	const struct wanted_number *wanted = arg;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == wanted->type &&
		    mnl_attr_validate(attr, MNL_TYPE_U64) >= 0)
			*wanted->value = mnl_attr_get_u64(attr);
}

int kernel_peer_rx_age(struct kernel *kernel, uint32_t id, uint64_t *age)
{
	struct nlmsghdr *request = begin(kernel, ESPUDP_CMD_PEER_GET);
	struct wanted_number wanted = { ESPUDP_A_PEER_RX_AGE, age };

	*age = UINT64_MAX;
	mnl_attr_put_u32(request, ESPUDP_A_PEER_ID, id);
	return netlink_do(&kernel->requests, request, take_number, &wanted);
}

static void put_selector(struct nlmsghdr *request, uint16_t type, const struct prefix *prefix,
			 const struct selector *selector)
{
	struct nlattr *nest = mnl_attr_nest_start(request, type);

	if (prefix->family == AF_INET)
		mnl_attr_put(request, ESPUDP_A_SELECTOR_IPV4, 4, prefix->ip);
	else
		mnl_attr_put(request, ESPUDP_A_SELECTOR_IPV6, 16, prefix->ip);
	mnl_attr_put_u8(request, ESPUDP_A_SELECTOR_PREFIX_LEN, prefix->length);
	if (selector->protocol)
		mnl_attr_put_u8(request, ESPUDP_A_SELECTOR_PROTOCOL, selector->protocol);
	if (selector->port_first || selector->port_last != UINT16_MAX) {
		mnl_attr_put_u16(request, ESPUDP_A_SELECTOR_PORT_FIRST, selector->port_first);
		mnl_attr_put_u16(request, ESPUDP_A_SELECTOR_PORT_LAST, selector->port_last);
	}
	mnl_attr_nest_end(request, nest);
}

/* One side of a child. Return: 0 or -E2BIG. */
static int put_selectors(struct kernel *kernel, struct nlmsghdr *request, uint16_t type,
			 const struct selector *selectors, size_t count)
{
	struct prefix prefixes[ESPUDP_MAX_SELECTORS];
	size_t room = ESPUDP_MAX_SELECTORS;
	size_t n;

	for (size_t i = 0; i < count; i++) {
		n = prefix_from_range(prefixes, room, (uint16_t)selectors[i].family,
				      selectors[i].first, selectors[i].last);
		if (!n) {
			snprintf(kernel->requests.error, sizeof(kernel->requests.error),
				 "the selectors need more than %u prefixes", ESPUDP_MAX_SELECTORS);
			return -E2BIG;
		}
		for (size_t k = 0; k < n; k++)
			put_selector(request, type, &prefixes[k], &selectors[i]);
		room -= n;
	}
	return 0;
}

/*
 * The longest request of all: two sides of ESPUDP_MAX_SELECTORS nests, each with the header of the
 * nest, an address, prefix length, protocol and two ports.
 */
_Static_assert(2 * ESPUDP_MAX_SELECTORS * (4 + 20 + 4 * 8) + 256 < NETLINK_MESSAGE_MAX,
	       "a child fits into a message");

static int put_child(struct kernel *kernel, uint8_t command, const struct engine_child *child)
{
	struct nlmsghdr *request = begin(kernel, command);
	int err;

	mnl_attr_put_u32(request, ESPUDP_A_CHILD_ID, child->id);
	mnl_attr_put_u32(request, ESPUDP_A_CHILD_PEER_ID, child->peer_id);
	err = put_selectors(kernel, request, ESPUDP_A_CHILD_LOCAL, child->local, child->n_local);
	if (!err)
		err = put_selectors(kernel, request, ESPUDP_A_CHILD_REMOTE, child->remote,
				    child->n_remote);
	return err ? err : finish(kernel, request);
}

int kernel_child_new(struct kernel *kernel, const struct engine_child *child)
{
	return put_child(kernel, ESPUDP_CMD_CHILD_NEW, child);
}

int kernel_child_set(struct kernel *kernel, const struct engine_child *child)
{
	return put_child(kernel, ESPUDP_CMD_CHILD_SET, child);
}

int kernel_child_delete(struct kernel *kernel, uint32_t id)
{
	return by_id(kernel, ESPUDP_CMD_CHILD_DEL, ESPUDP_A_CHILD_ID, id);
}

static void take_spi(void *arg, const struct nlmsghdr *message)
{
	uint32_t *spi = arg;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == ESPUDP_A_SPI_SPI &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			*spi = get_be32(mnl_attr_get_payload(attr));
}

int kernel_spi_alloc(struct kernel *kernel, uint32_t *spi)
{
	int err;

	*spi = 0;
	err = netlink_do(&kernel->requests, begin(kernel, ESPUDP_CMD_SPI_ALLOC), take_spi, spi);
	if (err)
		return err;
	return *spi >= ESPUDP_MIN_SPI ? 0 : -EPROTO;
}

int kernel_spi_free(struct kernel *kernel, uint32_t spi)
{
	struct nlmsghdr *request = begin(kernel, ESPUDP_CMD_SPI_FREE);

	put_u32_be(request, ESPUDP_A_SPI_SPI, spi);
	return finish(kernel, request);
}

/* IKEv2's transforms and the module's suites. */
static const struct {
	uint16_t encr, bits, integ;
	uint32_t suite;
} suites[] = {
	{ ENCR_AES_GCM_16, 128, INTEG_NONE, ESPUDP_SUITE_AES_GCM_16_128 },
	{ ENCR_AES_GCM_16, 192, INTEG_NONE, ESPUDP_SUITE_AES_GCM_16_192 },
	{ ENCR_AES_GCM_16, 256, INTEG_NONE, ESPUDP_SUITE_AES_GCM_16_256 },
	{ ENCR_AES_GCM_12, 128, INTEG_NONE, ESPUDP_SUITE_AES_GCM_12_128 },
	{ ENCR_AES_GCM_12, 192, INTEG_NONE, ESPUDP_SUITE_AES_GCM_12_192 },
	{ ENCR_AES_GCM_12, 256, INTEG_NONE, ESPUDP_SUITE_AES_GCM_12_256 },
	{ ENCR_AES_GCM_8, 128, INTEG_NONE, ESPUDP_SUITE_AES_GCM_8_128 },
	{ ENCR_AES_GCM_8, 192, INTEG_NONE, ESPUDP_SUITE_AES_GCM_8_192 },
	{ ENCR_AES_GCM_8, 256, INTEG_NONE, ESPUDP_SUITE_AES_GCM_8_256 },
	{ ENCR_CHACHA20_POLY1305, 0, INTEG_NONE, ESPUDP_SUITE_CHACHA20_POLY1305 },
	{ ENCR_AES_CCM_16, 128, INTEG_NONE, ESPUDP_SUITE_AES_CCM_16_128 },
	{ ENCR_AES_CCM_16, 192, INTEG_NONE, ESPUDP_SUITE_AES_CCM_16_192 },
	{ ENCR_AES_CCM_16, 256, INTEG_NONE, ESPUDP_SUITE_AES_CCM_16_256 },
	{ ENCR_AES_CCM_12, 128, INTEG_NONE, ESPUDP_SUITE_AES_CCM_12_128 },
	{ ENCR_AES_CCM_12, 192, INTEG_NONE, ESPUDP_SUITE_AES_CCM_12_192 },
	{ ENCR_AES_CCM_12, 256, INTEG_NONE, ESPUDP_SUITE_AES_CCM_12_256 },
	{ ENCR_AES_CCM_8, 128, INTEG_NONE, ESPUDP_SUITE_AES_CCM_8_128 },
	{ ENCR_AES_CCM_8, 192, INTEG_NONE, ESPUDP_SUITE_AES_CCM_8_192 },
	{ ENCR_AES_CCM_8, 256, INTEG_NONE, ESPUDP_SUITE_AES_CCM_8_256 },
	{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_256_128, ESPUDP_SUITE_AES_CBC_128_SHA256 },
	{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_384_192, ESPUDP_SUITE_AES_CBC_128_SHA384 },
	{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_512_256, ESPUDP_SUITE_AES_CBC_128_SHA512 },
	{ ENCR_AES_CBC, 192, INTEG_HMAC_SHA2_256_128, ESPUDP_SUITE_AES_CBC_192_SHA256 },
	{ ENCR_AES_CBC, 192, INTEG_HMAC_SHA2_384_192, ESPUDP_SUITE_AES_CBC_192_SHA384 },
	{ ENCR_AES_CBC, 192, INTEG_HMAC_SHA2_512_256, ESPUDP_SUITE_AES_CBC_192_SHA512 },
	{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_256_128, ESPUDP_SUITE_AES_CBC_256_SHA256 },
	{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_384_192, ESPUDP_SUITE_AES_CBC_256_SHA384 },
	{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_512_256, ESPUDP_SUITE_AES_CBC_256_SHA512 },
};

static uint32_t find_suite(const struct engine_sa *sa)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].encr == sa->encr && suites[i].bits == sa->encr_bits &&
		    suites[i].integ == sa->integ)
			return suites[i].suite;
	return 0;
}

static void put_limit(struct nlmsghdr *request, uint16_t type, uint64_t limit)
{
	if (limit)
		mnl_attr_put_u64(request, type, limit);
}

int kernel_sa_new(struct kernel *kernel, const struct engine_sa *sa)
{
	uint32_t suite = find_suite(sa);
	struct nlmsghdr *request;

	if (!suite || sa->key.len > ESPUDP_MAX_KEY_LEN) {
		snprintf(kernel->requests.error, sizeof(kernel->requests.error),
			 "no such suite in the kernel module: encryption %u-%u, integrity %u",
			 sa->encr, sa->encr_bits, sa->integ);
		return -EOPNOTSUPP;
	}
	request = begin(kernel, ESPUDP_CMD_SA_NEW);
	mnl_attr_put_u32(request, ESPUDP_A_SA_ID, sa->id);
	mnl_attr_put_u32(request, ESPUDP_A_SA_CHILD_ID, sa->child_id);
	mnl_attr_put_u32(request, ESPUDP_A_SA_DIRECTION,
			 sa->inbound ? ESPUDP_DIRECTION_IN : ESPUDP_DIRECTION_OUT);
	put_u32_be(request, ESPUDP_A_SA_SPI, sa->spi);
	mnl_attr_put_u32(request, ESPUDP_A_SA_SUITE, suite);
	mnl_attr_put(request, ESPUDP_A_SA_KEY, sa->key.len, sa->key.data);
	if (sa->esn)
		mnl_attr_put(request, ESPUDP_A_SA_ESN, 0, NULL);
	if (sa->inbound)
		mnl_attr_put_u32(request, ESPUDP_A_SA_REPLAY_WINDOW, sa->replay_window);
	put_limit(request, ESPUDP_A_SA_SOFT_BYTES, sa->soft_bytes);
	put_limit(request, ESPUDP_A_SA_HARD_BYTES, sa->hard_bytes);
	put_limit(request, ESPUDP_A_SA_SOFT_PACKETS, sa->soft_packets);
	put_limit(request, ESPUDP_A_SA_HARD_PACKETS, sa->hard_packets);
	put_limit(request, ESPUDP_A_SA_HARD_TIME, sa->hard_seconds);
	return finish(kernel, request);
}

int kernel_sa_switch(struct kernel *kernel, uint32_t id)
{
	return by_id(kernel, ESPUDP_CMD_SA_SWITCH, ESPUDP_A_SA_ID, id);
}

int kernel_sa_idle(struct kernel *kernel, uint32_t id, uint64_t *idle)
{
	struct nlmsghdr *request = begin(kernel, ESPUDP_CMD_SA_GET);
	struct wanted_number wanted = { ESPUDP_A_SA_IDLE, idle };

	*idle = UINT64_MAX;
	mnl_attr_put_u32(request, ESPUDP_A_SA_ID, id);
	return netlink_do(&kernel->requests, request, take_number, &wanted);
}

int kernel_sa_delete(struct kernel *kernel, uint32_t id)
{
	return by_id(kernel, ESPUDP_CMD_SA_DEL, ESPUDP_A_SA_ID, id);
}
