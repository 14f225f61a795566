// SPDX-License-Identifier: GPL-2.0
/* The kernel module: what it reports, by events and by dumps. */
#include "system/kernel.h"

#include <errno.h>
#include <linux/espudp.h>
#include <linux/genetlink.h>

#include "system/log.h"

#define DUMP_TRIES	3	/* a dump may be disturbed by a change of another process */

static uint32_t u32_of(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_U32) < 0 ? 0 : mnl_attr_get_u32(attr);
}

static uint64_t u64_of(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_U64) < 0 ? 0 : mnl_attr_get_u64(attr);
}

static void on_sa_expire(struct kernel *kernel, const struct nlmsghdr *message)
{
	const struct nlattr *attr;
	bool hard = false;
	uint32_t id = 0;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == ESPUDP_A_SA_ID)
			id = u32_of(attr);
		if (mnl_attr_get_type(attr) == ESPUDP_A_SA_HARD)
			hard = true;
	}
	kernel->handlers->sa_expired(kernel->arg, id, hard);
}

static void on_endpoint(struct kernel *kernel, const struct nlmsghdr *message)
{
	struct address remote = { 0 };
	const struct nlattr *attr;
	bool followed = false;
	uint32_t scope = 0;
	uint16_t port = 0;
	uint32_t id = 0;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case ESPUDP_A_PEER_ID:
			id = u32_of(attr);
			break;
		case ESPUDP_A_PEER_REMOTE_IPV4:
		case ESPUDP_A_PEER_REMOTE_IPV6:
			address_from_bytes(&remote, bytes_make(mnl_attr_get_payload(attr),
							       mnl_attr_get_payload_len(attr)));
			break;
		case ESPUDP_A_PEER_REMOTE_PORT:
			if (mnl_attr_validate(attr, MNL_TYPE_U16) >= 0)
				port = get_be16(mnl_attr_get_payload(attr));
			break;
		case ESPUDP_A_PEER_REMOTE_SCOPE:
			scope = u32_of(attr);
			break;
		case ESPUDP_A_PEER_ENDPOINT_POLICY:
			followed = u32_of(attr) == ESPUDP_ENDPOINT_POLICY_LEARN;
			break;
		}
	}
	remote.port = port;
	remote.scope = scope;
	if (remote.family)
		kernel->handlers->endpoint(kernel->arg, id, &remote, followed);
}

static void on_acquire(struct kernel *kernel, const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == ESPUDP_A_CHILD_ID)
			kernel->handlers->acquire(kernel->arg, u32_of(attr));
}

static const struct {
	uint8_t command;
	void (*handle)(struct kernel *kernel, const struct nlmsghdr *message);
} events_table[] = {
	{ ESPUDP_CMD_SA_EXPIRE_NTF, on_sa_expire },
	{ ESPUDP_CMD_PEER_ENDPOINT_NTF, on_endpoint },
	{ ESPUDP_CMD_CHILD_ACQUIRE_NTF, on_acquire },
};

static void on_event(void *arg, const struct nlmsghdr *message)
{
	struct kernel *kernel = arg;
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type != kernel->family ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return;
	for (size_t i = 0; i < sizeof(events_table) / sizeof(events_table[0]); i++)
		if (events_table[i].command == header->cmd)
			events_table[i].handle(kernel, message);
}

void kernel_on_readable(void *arg, uint32_t events)
{
	struct kernel *kernel = arg;

	if (netlink_events(&kernel->events, on_event, kernel) == -ENOBUFS) {
		log_warning(NULL, "the kernel module reported more than could be read");
		kernel->handlers->lost(kernel->arg);
	}
}

/**
 * struct dump - a dump under way
 * @id: number of the attribute that holds the id, and so on
 */
struct dump {
	uint16_t id, parent, ifindex, netnsid;
	void (*more)(struct kernel_object *object, const struct nlmsghdr *message);
	void (*tell)(void *arg, const struct kernel_object *object);
	void *arg;
};

static void take_object(void *arg, const struct nlmsghdr *message)
{
	const struct dump *dump = arg;
	struct kernel_object object = { 0 };
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type == dump->id)
			object.id = u32_of(attr);
		else if (type == dump->ifindex)
			object.ifindex = (int)u32_of(attr);
		else if (type == dump->parent)
			object.parent = u32_of(attr);
		else if (dump->netnsid && type == dump->netnsid)
			object.foreign = true;
	}
	if (dump->more)
		dump->more(&object, message);
	dump->tell(dump->arg, &object);
}

static int run_dump(struct kernel *kernel, uint8_t command, struct dump *dump)
{
	int err = -EINTR;

	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		struct nlmsghdr *request = netlink_request(&kernel->requests, kernel->family,
							   NLM_F_DUMP);
		struct genlmsghdr *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

		header->cmd = command;
		header->version = ESPUDP_FAMILY_VERSION;
		err = netlink_do(&kernel->requests, request, take_object, dump);
	}
	return err;
}

int kernel_peers(struct kernel *kernel,
		 void (*tell)(void *arg, const struct kernel_object *object), void *arg)
{
	struct dump dump = {
		.id = ESPUDP_A_PEER_ID, .parent = ESPUDP_A_PEER_TRANSPORT_ID,
		.ifindex = ESPUDP_A_PEER_IFINDEX,
		.netnsid = ESPUDP_A_PEER_NETNSID, .tell = tell, .arg = arg,
	};

	return run_dump(kernel, ESPUDP_CMD_PEER_GET, &dump);
}

int kernel_children(struct kernel *kernel,
		    void (*tell)(void *arg, const struct kernel_object *object), void *arg)
{
	struct dump dump = {
		.id = ESPUDP_A_CHILD_ID, .parent = ESPUDP_A_CHILD_PEER_ID,
		.ifindex = ESPUDP_A_CHILD_IFINDEX, .tell = tell, .arg = arg,
	};

	return run_dump(kernel, ESPUDP_CMD_CHILD_GET, &dump);
}

static bool reached(uint64_t limit, uint64_t value)
{
	return limit && value >= limit;
}

static void take_sa(struct kernel_object *object, const struct nlmsghdr *message)
{
	uint64_t bytes = 0, packets = 0, sequence = 0;
	uint64_t soft_bytes = 0, soft_packets = 0, soft_sequence = 0;
	const struct nlattr *attr, *inner;

	object->idle = UINT64_MAX;
	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case ESPUDP_A_SA_DIRECTION:
			object->inbound = u32_of(attr) == ESPUDP_DIRECTION_IN;
			break;
		case ESPUDP_A_SA_IDLE:
			object->idle = u64_of(attr);
			break;
		case ESPUDP_A_SA_EXPIRED:
			object->expired = true;
			break;
		case ESPUDP_A_SA_SOFT_BYTES:
			soft_bytes = u64_of(attr);
			break;
		case ESPUDP_A_SA_SOFT_PACKETS:
			soft_packets = u64_of(attr);
			break;
		case ESPUDP_A_SA_SOFT_SEQUENCE:
			soft_sequence = u64_of(attr);
			break;
		case ESPUDP_A_SA_SEQUENCE:
			sequence = u64_of(attr);
			break;
		case ESPUDP_A_SA_TRAFFIC:
			mnl_attr_for_each_nested(inner, attr) {
				if (mnl_attr_get_type(inner) == ESPUDP_A_TRAFFIC_BYTES)
					bytes = u64_of(inner);
				if (mnl_attr_get_type(inner) == ESPUDP_A_TRAFFIC_PACKETS)
					packets = u64_of(inner);
			}
			break;
		}
	}
	object->soft = reached(soft_bytes, bytes) || reached(soft_packets, packets) ||
		       reached(soft_sequence, sequence);
}

int kernel_sas(struct kernel *kernel,
	       void (*tell)(void *arg, const struct kernel_object *object), void *arg)
{
	struct dump dump = {
		.id = ESPUDP_A_SA_ID, .parent = ESPUDP_A_SA_CHILD_ID,
		.ifindex = ESPUDP_A_SA_IFINDEX, .more = take_sa, .tell = tell, .arg = arg,
	};

	return run_dump(kernel, ESPUDP_CMD_SA_GET, &dump);
}
