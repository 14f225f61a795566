// SPDX-License-Identifier: GPL-2.0
/* Netlink requests for SPIs and SAs */

#include <net/ip.h>

#include "child.h"
#include "link.h"
#include "netlink.h"
#include "netns.h"
#include "peer.h"
#include "sa.h"
#include "send.h"
#include "spi.h"
#include "suite.h"

#define DEFAULT_WINDOW		1024
#define DEFAULT_SPI_LIFETIME	240
#define MAX_SPI_LIFETIME	3600
#define MAX_DUMMIES		1024

static espudp_compat_range spi_range = { .min = ESPUDP_MIN_SPI, .max = U32_MAX };
static espudp_compat_range len_range = { .max = IP_MAX_MTU };

const struct nla_policy espudp_spi_alloc_policy[ESPUDP_A_SPI_MAX + 1] = {
	[ESPUDP_A_SPI_FIRST]	= NLA_POLICY_FULL_RANGE(NLA_U32, &spi_range),
	[ESPUDP_A_SPI_LAST]	= NLA_POLICY_FULL_RANGE(NLA_U32, &spi_range),
	[ESPUDP_A_SPI_LIFETIME]	= NLA_POLICY_RANGE(NLA_U32, 1, MAX_SPI_LIFETIME),
};

const struct nla_policy espudp_spi_free_policy[ESPUDP_A_SPI_MAX + 1] = {
	[ESPUDP_A_SPI_SPI]	= { .type = NLA_U32 },
};

#define LIMITS						\
	[ESPUDP_A_SA_SOFT_BYTES]	= { .type = NLA_U64 },	\
	[ESPUDP_A_SA_HARD_BYTES]	= { .type = NLA_U64 },	\
	[ESPUDP_A_SA_SOFT_PACKETS]	= { .type = NLA_U64 },	\
	[ESPUDP_A_SA_HARD_PACKETS]	= { .type = NLA_U64 },	\
	[ESPUDP_A_SA_SOFT_TIME]		= { .type = NLA_U64 },	\
	[ESPUDP_A_SA_HARD_TIME]		= { .type = NLA_U64 },	\
	[ESPUDP_A_SA_SOFT_SEQUENCE]	= { .type = NLA_U64 }

const struct nla_policy espudp_sa_new_policy[ESPUDP_A_SA_MAX + 1] = {
	[ESPUDP_A_SA_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
	[ESPUDP_A_SA_CHILD_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
	[ESPUDP_A_SA_DIRECTION]		= NLA_POLICY_RANGE(NLA_U32, ESPUDP_DIRECTION_IN,
							   ESPUDP_DIRECTION_OUT),
	[ESPUDP_A_SA_SPI]		= { .type = NLA_U32 },
	[ESPUDP_A_SA_SUITE]		= NLA_POLICY_RANGE(NLA_U32, ESPUDP_SUITE_AES_GCM_16_128,
							   ESPUDP_SUITE_AES_CBC_256_SHA512),
	[ESPUDP_A_SA_KEY]		= NLA_POLICY_RANGE(NLA_BINARY, 1, ESPUDP_MAX_KEY_LEN),
	[ESPUDP_A_SA_ESN]		= { .type = NLA_FLAG },
	[ESPUDP_A_SA_REPLAY_WINDOW]	= NLA_POLICY_MAX(NLA_U32, ESPUDP_MAX_REPLAY_WINDOW),
	[ESPUDP_A_SA_SEQUENCE]		= { .type = NLA_U64 },
	[ESPUDP_A_SA_CURRENT]		= { .type = NLA_FLAG },
	[ESPUDP_A_SA_DRIVER]		= { .type = NLA_NUL_STRING,
					    .len = CRYPTO_MAX_ALG_NAME - 1 },
	[ESPUDP_A_SA_TFC_PAD]		= NLA_POLICY_FULL_RANGE(NLA_U32, &len_range),
	LIMITS,
	[ESPUDP_A_SA_CPU]		= { .type = NLA_U32 },
};

const struct nla_policy espudp_sa_set_policy[ESPUDP_A_SA_MAX + 1] = {
	[ESPUDP_A_SA_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
	[ESPUDP_A_SA_TFC_PAD]		= NLA_POLICY_FULL_RANGE(NLA_U32, &len_range),
	LIMITS,
};

const struct nla_policy espudp_sa_dummy_policy[ESPUDP_A_SA_MAX + 1] = {
	[ESPUDP_A_SA_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
	[ESPUDP_A_SA_DUMMY_LEN]		= NLA_POLICY_FULL_RANGE(NLA_U32, &len_range),
	[ESPUDP_A_SA_DUMMY_COUNT]	= NLA_POLICY_RANGE(NLA_U32, 1, MAX_DUMMIES),
};

const struct nla_policy espudp_sa_id_policy[ESPUDP_A_SA_MAX + 1] = {
	[ESPUDP_A_SA_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
};

/* The limits: attribute and place, for reading and writing them. */
static const struct {
	int	attr;
	size_t	offset;
} limit_fields[] = {
	{ ESPUDP_A_SA_SOFT_BYTES,	offsetof(struct espudp_sa_limits, soft_bytes) },
	{ ESPUDP_A_SA_HARD_BYTES,	offsetof(struct espudp_sa_limits, hard_bytes) },
	{ ESPUDP_A_SA_SOFT_PACKETS,	offsetof(struct espudp_sa_limits, soft_packets) },
	{ ESPUDP_A_SA_HARD_PACKETS,	offsetof(struct espudp_sa_limits, hard_packets) },
	{ ESPUDP_A_SA_SOFT_TIME,	offsetof(struct espudp_sa_limits, soft_time) },
	{ ESPUDP_A_SA_HARD_TIME,	offsetof(struct espudp_sa_limits, hard_time) },
	{ ESPUDP_A_SA_SOFT_SEQUENCE,	offsetof(struct espudp_sa_limits, soft_sequence) },
};

static u64 *limit_at(struct espudp_sa_limits *limits, unsigned int i)
{
	return (void *)limits + limit_fields[i].offset;
}

static u32 u32_or(struct genl_info *info, int attr, u32 value)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : value;
}

static int put_spi(struct sk_buff *msg, void *object)
{
	return nla_put_be32(msg, ESPUDP_A_SPI_SPI, *(__be32 *)object);
}

static int reserve_spi(struct genl_info *info, struct espudp_net *home, u32 first, u32 last)
{
	__be32 spi;
	int err;

	err = espudp_spi_reserve(home, first, last,
				 u32_or(info, ESPUDP_A_SPI_LIFETIME, DEFAULT_SPI_LIFETIME), &spi);
	if (err == -ENOSPC)
		GENL_SET_ERR_MSG(info, "no SPI of the range is free");
	if (err)
		return err;
	err = espudp_netlink_reply(info, nla_total_size(sizeof(spi)), put_spi, &spi);
	if (err)
		espudp_spi_free(home, spi);
	return err;
}

int espudp_cmd_spi_alloc(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	u32 first = u32_or(info, ESPUDP_A_SPI_FIRST, ESPUDP_MIN_SPI);
	u32 last = u32_or(info, ESPUDP_A_SPI_LAST, U32_MAX);
	int err;

	if (first > last)
		return espudp_netlink_bad(info, info->attrs[ESPUDP_A_SPI_LAST] ?
					  ESPUDP_A_SPI_LAST : ESPUDP_A_SPI_FIRST, -EINVAL,
					  "the range of SPIs is empty");
	mutex_lock(&espudp_mutex);
	err = reserve_spi(info, home, first, last);
	mutex_unlock(&espudp_mutex);
	return err;
}

int espudp_cmd_spi_free(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct nlattr *spi = info->attrs[ESPUDP_A_SPI_SPI];
	int err;

	if (!spi)
		return espudp_netlink_missing(info, ESPUDP_A_SPI_SPI, "spi is missing");
	mutex_lock(&espudp_mutex);
	err = espudp_spi_free(home, nla_get_be32(spi));
	mutex_unlock(&espudp_mutex);
	if (err == -ENOENT)
		return espudp_netlink_bad(info, ESPUDP_A_SPI_SPI, err,
					  "the SPI is not reserved");
	if (err == -EBUSY)
		return espudp_netlink_bad(info, ESPUDP_A_SPI_SPI, err, "an SA has the SPI");
	return err;
}

static struct espudp_sa *named_sa(struct genl_info *info, struct espudp_net *home)
{
	struct nlattr *id = info->attrs[ESPUDP_A_SA_ID];
	struct espudp_sa *sa;

	if (!id)
		return ERR_PTR(espudp_netlink_missing(info, ESPUDP_A_SA_ID, "id is missing"));
	sa = xa_load(&home->sas, nla_get_u32(id));
	if (!sa)
		return ERR_PTR(espudp_netlink_bad(info, ESPUDP_A_SA_ID, -ENOENT,
						  "no SA with this id"));
	return sa;
}

static int check_new(struct genl_info *info)
{
	static const struct {
		int		attr;
		const char	*what;
	} needed[] = {
		{ ESPUDP_A_SA_ID,		"id is missing" },
		{ ESPUDP_A_SA_CHILD_ID,		"child-id is missing" },
		{ ESPUDP_A_SA_DIRECTION,	"direction is missing" },
		{ ESPUDP_A_SA_SPI,		"spi is missing" },
		{ ESPUDP_A_SA_SUITE,		"suite is missing" },
		{ ESPUDP_A_SA_KEY,		"key is missing" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!info->attrs[needed[i].attr])
			return espudp_netlink_missing(info, needed[i].attr, needed[i].what);
	}
	return 0;
}

/* What only one direction has. */
static int check_direction(struct genl_info *info, bool inbound)
{
	if (!inbound && info->attrs[ESPUDP_A_SA_REPLAY_WINDOW])
		return espudp_netlink_bad(info, ESPUDP_A_SA_REPLAY_WINDOW, -EINVAL,
					  "an outbound SA has no replay window");
	if (inbound && info->attrs[ESPUDP_A_SA_SOFT_SEQUENCE])
		return espudp_netlink_bad(info, ESPUDP_A_SA_SOFT_SEQUENCE, -EINVAL,
					  "an inbound SA has no limit of sequence numbers");
	if (inbound && info->attrs[ESPUDP_A_SA_TFC_PAD])
		return espudp_netlink_bad(info, ESPUDP_A_SA_TFC_PAD, -EINVAL,
					  "an inbound SA pads nothing");
	if (inbound && info->attrs[ESPUDP_A_SA_CURRENT])
		return espudp_netlink_bad(info, ESPUDP_A_SA_CURRENT, -EINVAL,
					  "only an outbound SA can be the current one");
	if (inbound && info->attrs[ESPUDP_A_SA_CPU])
		return espudp_netlink_bad(info, ESPUDP_A_SA_CPU, -EINVAL,
					  "only an outbound SA can be that of a CPU");
	return 0;
}

static int check_numbers(struct genl_info *info, const struct espudp_sa_config *config, u64 end)
{
	if (be32_to_cpu(config->spi) < ESPUDP_MIN_SPI)
		return espudp_netlink_bad(info, ESPUDP_A_SA_SPI, -EINVAL,
					  "SPIs below 256 are reserved");
	if (nla_len(info->attrs[ESPUDP_A_SA_KEY]) != config->suite->key_len)
		return espudp_netlink_bad(info, ESPUDP_A_SA_KEY, -EINVAL,
					  "the key has not the length that the suite needs");
	if (config->inbound && config->esn && !config->window)
		return espudp_netlink_bad(info, ESPUDP_A_SA_REPLAY_WINDOW, -EINVAL,
					  "extended sequence numbers need a replay window");
	if (config->sequence >= end)
		return espudp_netlink_bad(info, ESPUDP_A_SA_SEQUENCE, -EINVAL,
					  "no sequence number would be left");
	return 0;
}

static int check_cpu(struct genl_info *info, const struct espudp_sa_config *config)
{
	if (config->has_cpu && (config->cpu >= nr_cpu_ids || !cpu_possible(config->cpu)))
		return espudp_netlink_bad(info, ESPUDP_A_SA_CPU, -ERANGE, "there is no such CPU");
	return 0;
}

static int check_soft_sequence(struct genl_info *info, const struct espudp_sa_limits *limits,
			       u64 end)
{
	if (info->attrs[ESPUDP_A_SA_SOFT_SEQUENCE] && limits->soft_sequence > end)
		return espudp_netlink_bad(info, ESPUDP_A_SA_SOFT_SEQUENCE, -ERANGE,
					  "the limit lies beyond the sequence numbers");
	return 0;
}

static void read_limits(struct genl_info *info, struct espudp_sa_limits *limits)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limit_fields); i++) {
		if (info->attrs[limit_fields[i].attr])
			*limit_at(limits, i) = nla_get_u64(info->attrs[limit_fields[i].attr]);
	}
}

/* 0 stands for no limit here, and for a number that is never reached there. */
static void settle_soft_sequence(struct espudp_sa_limits *limits)
{
	if (!limits->soft_sequence)
		limits->soft_sequence = U64_MAX;
}

static int read_config(struct genl_info *info, struct espudp_sa_config *config)
{
	u64 end;
	int err;

	memset(config, 0, sizeof(*config));
	config->owner = &espudp_child_sa_owner;
	config->id = nla_get_u32(info->attrs[ESPUDP_A_SA_ID]);
	config->spi = nla_get_be32(info->attrs[ESPUDP_A_SA_SPI]);
	config->suite = espudp_suite_find(nla_get_u32(info->attrs[ESPUDP_A_SA_SUITE]));
	config->key = nla_data(info->attrs[ESPUDP_A_SA_KEY]);
	if (info->attrs[ESPUDP_A_SA_DRIVER])
		config->driver = nla_data(info->attrs[ESPUDP_A_SA_DRIVER]);
	config->inbound = nla_get_u32(info->attrs[ESPUDP_A_SA_DIRECTION]) == ESPUDP_DIRECTION_IN;
	config->esn = info->attrs[ESPUDP_A_SA_ESN];
	config->window = round_up(u32_or(info, ESPUDP_A_SA_REPLAY_WINDOW, DEFAULT_WINDOW), 64);
	if (info->attrs[ESPUDP_A_SA_SEQUENCE])
		config->sequence = nla_get_u64(info->attrs[ESPUDP_A_SA_SEQUENCE]);

	config->tfc_pad = u32_or(info, ESPUDP_A_SA_TFC_PAD, 0);
	config->has_cpu = info->attrs[ESPUDP_A_SA_CPU];
	config->cpu = u32_or(info, ESPUDP_A_SA_CPU, 0);

	end = config->esn ? U64_MAX : U32_MAX;
	config->limits.soft_sequence = config->inbound ? 0 : end - end / 8;
	read_limits(info, &config->limits);
	err = check_direction(info, config->inbound) ?:
	      check_numbers(info, config, end) ?:
	      check_cpu(info, config) ?:
	      check_soft_sequence(info, &config->limits, end);
	settle_soft_sequence(&config->limits);
	return err;
}

static int insert(struct genl_info *info, struct espudp_sa *sa)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_child *child;
	int err, bad;

	child = xa_load(&home->children, nla_get_u32(info->attrs[ESPUDP_A_SA_CHILD_ID]));
	if (!child)
		return espudp_netlink_bad(info, ESPUDP_A_SA_CHILD_ID, -ENOENT,
					  "no child with this id");
	err = espudp_child_add_sa(home, child, sa, info->attrs[ESPUDP_A_SA_CURRENT],
				  info->extack);
	if (err == -EEXIST) {
		bad = xa_load(&home->sas, sa->id) ? ESPUDP_A_SA_ID : ESPUDP_A_SA_SPI;
		NL_SET_BAD_ATTR(info->extack, info->attrs[bad]);
	}
	return err;
}

/* Each of them, should there be more than one. */
static void wipe_keys(struct genl_info *info)
{
	struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) == ESPUDP_A_SA_KEY)
			memzero_explicit(nla_data(attr), nla_len(attr));
	}
}

/* The transform is what the driver names or, without one, the suite. */
static int refused(struct genl_info *info, int err)
{
	int attr = info->attrs[ESPUDP_A_SA_DRIVER] ? ESPUDP_A_SA_DRIVER : ESPUDP_A_SA_SUITE;

	if (err == -EOPNOTSUPP || (err == -EINVAL && attr == ESPUDP_A_SA_DRIVER))
		NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	return err;
}

static int new_sa(struct genl_info *info)
{
	struct espudp_sa_config config;
	struct espudp_sa *sa;
	int err;

	err = check_new(info) ?: read_config(info, &config);
	if (err)
		return err;
	sa = espudp_sa_alloc(&config, info->extack);
	if (IS_ERR(sa))
		return refused(info, PTR_ERR(sa));
	mutex_lock(&espudp_mutex);
	err = insert(info, sa);
	mutex_unlock(&espudp_mutex);
	if (err)
		espudp_sa_discard(sa);
	return err;
}

int espudp_cmd_sa_new(struct sk_buff *skb, struct genl_info *info)
{
	int err = new_sa(info);

	wipe_keys(info);
	return err;
}

static int change(struct genl_info *info, struct espudp_net *home, struct espudp_sa *sa)
{
	struct espudp_sa_limits limits;
	int err;

	err = check_direction(info, sa->inbound);
	if (err)
		return err;
	espudp_sa_get_limits(sa, &limits);
	read_limits(info, &limits);
	if (info->attrs[ESPUDP_A_SA_SOFT_SEQUENCE]) {
		err = check_soft_sequence(info, &limits, sa->esn ? U64_MAX : U32_MAX);
		if (err)
			return err;
	}
	settle_soft_sequence(&limits);
	err = espudp_sa_set_limits(sa, &limits);
	if (err)
		return err;
	WRITE_ONCE(sa->tfc_pad, u32_or(info, ESPUDP_A_SA_TFC_PAD, sa->tfc_pad));
	home->generation++;
	return 0;
}

int espudp_cmd_sa_set(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_sa *sa;
	int err;

	mutex_lock(&espudp_mutex);
	sa = named_sa(info, home);
	err = IS_ERR(sa) ? PTR_ERR(sa) : change(info, home, sa);
	mutex_unlock(&espudp_mutex);
	return err;
}

static int put_limits(struct sk_buff *msg, struct espudp_sa *sa)
{
	struct espudp_sa_limits limits;
	unsigned int i;
	u64 value;
	int err = 0;

	espudp_sa_get_limits(sa, &limits);
	if (limits.soft_sequence == U64_MAX)
		limits.soft_sequence = 0;
	for (i = 0; !err && i < ARRAY_SIZE(limit_fields); i++) {
		value = *limit_at(&limits, i);
		if (value)
			err = espudp_put_u64(msg, limit_fields[i].attr, value, ESPUDP_A_SA_PAD);
	}
	return err;
}

static int put_sequence(struct sk_buff *msg, struct espudp_sa *sa)
{
	u64 sequence;

	if (sa->inbound) {
		spin_lock_bh(&sa->lock);
		sequence = sa->replay->top;
		spin_unlock_bh(&sa->lock);
	} else {
		sequence = atomic64_read(&sa->sequence);
	}
	return espudp_put_u64(msg, ESPUDP_A_SA_SEQUENCE, sequence, ESPUDP_A_SA_PAD);
}

static int put_counters(struct sk_buff *msg, struct espudp_sa *sa)
{
	struct espudp_traffic_sum sum = espudp_traffic_sum(sa->traffic);
	unsigned int reason;
	int err;

	err = espudp_put_u64(msg, ESPUDP_A_SA_AGE, espudp_age(sa->made), ESPUDP_A_SA_PAD) ?:
	      espudp_put_traffic(msg, ESPUDP_A_SA_TRAFFIC, &sum);
	if (!err && sum.last)
		err = espudp_put_u64(msg, ESPUDP_A_SA_IDLE, espudp_age(sum.last),
				     ESPUDP_A_SA_PAD);
	if (!err && atomic_long_read(&sa->dummies))
		err = espudp_put_u64(msg, ESPUDP_A_SA_DUMMIES, atomic_long_read(&sa->dummies),
				     ESPUDP_A_SA_PAD);
	for (reason = 0; !err && reason < ESPUDP_DROP_REASONS; reason++)
		err = espudp_put_drop(msg, ESPUDP_A_SA_DROP, reason,
				      atomic_long_read(&sa->drops[reason]));
	return err;
}

static int put_flags(struct sk_buff *msg, const struct espudp_sa *sa)
{
	int err = 0;

	if (sa->esn)
		err = nla_put_flag(msg, ESPUDP_A_SA_ESN);
	if (!err && sa->inbound)
		err = nla_put_u32(msg, ESPUDP_A_SA_REPLAY_WINDOW, sa->replay->window);
	if (!err && sa->tfc_pad)
		err = nla_put_u32(msg, ESPUDP_A_SA_TFC_PAD, sa->tfc_pad);
	if (!err && espudp_child_uses(sa->child, sa))
		err = nla_put_flag(msg, ESPUDP_A_SA_CURRENT);
	if (!err && sa->has_cpu)
		err = nla_put_u32(msg, ESPUDP_A_SA_CPU, sa->cpu);
	if (!err && espudp_sa_expired(sa))
		err = nla_put_flag(msg, ESPUDP_A_SA_EXPIRED);
	return err;
}

static int put_sa(struct sk_buff *msg, void *object)
{
	struct espudp_sa *sa = object;
	const struct espudp_child *child = sa->child;

	return nla_put_u32(msg, ESPUDP_A_SA_ID, sa->id) ?:
	       nla_put_u32(msg, ESPUDP_A_SA_CHILD_ID, child->id) ?:
	       nla_put_u32(msg, ESPUDP_A_SA_PEER_ID, espudp_dereference(child->peer)->id) ?:
	       nla_put_u32(msg, ESPUDP_A_SA_IFINDEX, child->link->dev->ifindex) ?:
	       nla_put_u32(msg, ESPUDP_A_SA_DIRECTION,
			   sa->inbound ? ESPUDP_DIRECTION_IN : ESPUDP_DIRECTION_OUT) ?:
	       nla_put_be32(msg, ESPUDP_A_SA_SPI, sa->spi.spi) ?:
	       nla_put_u32(msg, ESPUDP_A_SA_SUITE, espudp_suite_id(sa->suite)) ?:
	       nla_put_string(msg, ESPUDP_A_SA_DRIVER, espudp_suite_driver(sa->tfm)) ?:
	       put_flags(msg, sa) ?:
	       put_sequence(msg, sa) ?:
	       put_limits(msg, sa) ?:
	       put_counters(msg, sa);
}

int espudp_cmd_sa_get(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_sa *sa;
	int err;

	mutex_lock(&espudp_mutex);
	sa = named_sa(info, espudp_net(genl_info_net(info)));
	if (IS_ERR(sa))
		err = PTR_ERR(sa);
	else
		err = espudp_netlink_reply(info, NLMSG_DEFAULT_SIZE, put_sa, sa);
	mutex_unlock(&espudp_mutex);
	return err;
}

int espudp_cmd_sa_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct espudp_net *home = espudp_net(sock_net(msg->sk));

	return espudp_netlink_dump(msg, cb, home, &home->sas, ESPUDP_CMD_SA_GET, put_sa);
}

int espudp_cmd_sa_switch(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_sa *sa;
	int err = 0;

	mutex_lock(&espudp_mutex);
	sa = named_sa(info, home);
	if (IS_ERR(sa))
		err = PTR_ERR(sa);
	else if (sa->inbound)
		err = espudp_netlink_bad(info, ESPUDP_A_SA_ID, -EINVAL, "the SA is inbound");
	else if (espudp_sa_expired(sa))
		err = espudp_netlink_bad(info, ESPUDP_A_SA_ID, -EINVAL, "the SA has expired");
	else
		espudp_child_switch(home, sa);
	mutex_unlock(&espudp_mutex);
	return err;
}

static int send_dummies(struct genl_info *info, struct espudp_sa *sa)
{
	u32 count = u32_or(info, ESPUDP_A_SA_DUMMY_COUNT, 1), i;
	int err = 0;

	for (i = 0; !err && i < count; i++)
		err = espudp_send_dummy(sa, u32_or(info, ESPUDP_A_SA_DUMMY_LEN, IP_MAX_MTU));
	if (err == -ENOMEM)
		return err;
	if (err)
		GENL_SET_ERR_MSG(info, "the peer cannot be reached");
	return err;
}

int espudp_cmd_sa_dummy(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_sa *sa;
	int err;

	mutex_lock(&espudp_mutex);
	sa = named_sa(info, home);
	if (IS_ERR(sa))
		err = PTR_ERR(sa);
	else if (sa->inbound)
		err = espudp_netlink_bad(info, ESPUDP_A_SA_ID, -EINVAL, "the SA is inbound");
	else if (espudp_sa_expired(sa))
		err = espudp_netlink_bad(info, ESPUDP_A_SA_ID, -EINVAL, "the SA has expired");
	else
		err = send_dummies(info, sa);
	mutex_unlock(&espudp_mutex);
	return err;
}

int espudp_cmd_sa_del(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_sa *sa;
	int err = 0;

	mutex_lock(&espudp_mutex);
	sa = named_sa(info, home);
	if (IS_ERR(sa))
		err = PTR_ERR(sa);
	else
		espudp_child_del_sa(home, sa, ESPUDP_DELETE_REASON_REQUEST);
	mutex_unlock(&espudp_mutex);
	return err;
}
