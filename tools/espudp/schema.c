// SPDX-License-Identifier: GPL-2.0
#include "schema.h"

#include <stdio.h>
#include <string.h>

#include <linux/espudp.h>

#include "suggest.h"

#define IFINDEX_MAX	0x7fffffff
#define SECONDS_MAX	86400

const struct enumeration enum_suite = { "suite", (const struct name[]) {
	{ ESPUDP_SUITE_AES_GCM_16_128, "aes-gcm-16-128", 16 + 4 },
	{ ESPUDP_SUITE_AES_GCM_16_192, "aes-gcm-16-192", 24 + 4 },
	{ ESPUDP_SUITE_AES_GCM_16_256, "aes-gcm-16-256", 32 + 4 },
	{ ESPUDP_SUITE_AES_GCM_12_128, "aes-gcm-12-128", 16 + 4 },
	{ ESPUDP_SUITE_AES_GCM_12_192, "aes-gcm-12-192", 24 + 4 },
	{ ESPUDP_SUITE_AES_GCM_12_256, "aes-gcm-12-256", 32 + 4 },
	{ ESPUDP_SUITE_AES_GCM_8_128, "aes-gcm-8-128", 16 + 4 },
	{ ESPUDP_SUITE_AES_GCM_8_192, "aes-gcm-8-192", 24 + 4 },
	{ ESPUDP_SUITE_AES_GCM_8_256, "aes-gcm-8-256", 32 + 4 },
	{ ESPUDP_SUITE_CHACHA20_POLY1305, "chacha20-poly1305", 32 + 4 },
	{ ESPUDP_SUITE_AES_CCM_16_128, "aes-ccm-16-128", 16 + 3 },
	{ ESPUDP_SUITE_AES_CCM_16_192, "aes-ccm-16-192", 24 + 3 },
	{ ESPUDP_SUITE_AES_CCM_16_256, "aes-ccm-16-256", 32 + 3 },
	{ ESPUDP_SUITE_AES_CCM_12_128, "aes-ccm-12-128", 16 + 3 },
	{ ESPUDP_SUITE_AES_CCM_12_192, "aes-ccm-12-192", 24 + 3 },
	{ ESPUDP_SUITE_AES_CCM_12_256, "aes-ccm-12-256", 32 + 3 },
	{ ESPUDP_SUITE_AES_CCM_8_128, "aes-ccm-8-128", 16 + 3 },
	{ ESPUDP_SUITE_AES_CCM_8_192, "aes-ccm-8-192", 24 + 3 },
	{ ESPUDP_SUITE_AES_CCM_8_256, "aes-ccm-8-256", 32 + 3 },
	{ ESPUDP_SUITE_AES_CBC_128_SHA256, "aes-cbc-128-sha256", 16 + 32 },
	{ ESPUDP_SUITE_AES_CBC_128_SHA384, "aes-cbc-128-sha384", 16 + 48 },
	{ ESPUDP_SUITE_AES_CBC_128_SHA512, "aes-cbc-128-sha512", 16 + 64 },
	{ ESPUDP_SUITE_AES_CBC_192_SHA256, "aes-cbc-192-sha256", 24 + 32 },
	{ ESPUDP_SUITE_AES_CBC_192_SHA384, "aes-cbc-192-sha384", 24 + 48 },
	{ ESPUDP_SUITE_AES_CBC_192_SHA512, "aes-cbc-192-sha512", 24 + 64 },
	{ ESPUDP_SUITE_AES_CBC_256_SHA256, "aes-cbc-256-sha256", 32 + 32 },
	{ ESPUDP_SUITE_AES_CBC_256_SHA384, "aes-cbc-256-sha384", 32 + 48 },
	{ ESPUDP_SUITE_AES_CBC_256_SHA512, "aes-cbc-256-sha512", 32 + 64 },
	{ 0 }
} };

const struct enumeration enum_direction = { "direction", (const struct name[]) {
	{ ESPUDP_DIRECTION_IN, "in", 0 },
	{ ESPUDP_DIRECTION_OUT, "out", 0 },
	{ 0 }
} };

const struct enumeration enum_endpoint_policy = { "endpoint-policy", (const struct name[]) {
	{ ESPUDP_ENDPOINT_POLICY_FIXED, "fixed", 0 },
	{ ESPUDP_ENDPOINT_POLICY_NOTIFY, "notify", 0 },
	{ ESPUDP_ENDPOINT_POLICY_LEARN, "learn", 0 },
	{ 0 }
} };

const struct enumeration enum_df = { "df", (const struct name[]) {
	{ ESPUDP_DF_COPY, "copy", 0 },
	{ ESPUDP_DF_SET, "set", 0 },
	{ ESPUDP_DF_CLEAR, "clear", 0 },
	{ 0 }
} };

const struct enumeration enum_dscp_policy = { "dscp-policy", (const struct name[]) {
	{ ESPUDP_DSCP_POLICY_ZERO, "zero", 0 },
	{ ESPUDP_DSCP_POLICY_COPY, "copy", 0 },
	{ ESPUDP_DSCP_POLICY_FIXED, "fixed", 0 },
	{ 0 }
} };

const struct enumeration enum_ttl_policy = { "ttl-policy", (const struct name[]) {
	{ ESPUDP_TTL_POLICY_ROUTE, "route", 0 },
	{ ESPUDP_TTL_POLICY_INHERIT, "inherit", 0 },
	{ ESPUDP_TTL_POLICY_FIXED, "fixed", 0 },
	{ 0 }
} };

const struct enumeration enum_flow_label = { "flow-label", (const struct name[]) {
	{ ESPUDP_FLOW_LABEL_HASH, "hash", 0 },
	{ ESPUDP_FLOW_LABEL_ZERO, "zero", 0 },
	{ 0 }
} };

const struct enumeration enum_batch = { "batch", (const struct name[]) {
	{ ESPUDP_BATCH_ON, "on", 0 },
	{ ESPUDP_BATCH_OFF, "off", 0 },
	{ 0 }
} };

const struct enumeration enum_parallel = { "parallel", (const struct name[]) {
	{ ESPUDP_PARALLEL_OFF, "off", 0 },
	{ ESPUDP_PARALLEL_ON, "on", 0 },
	{ 0 }
} };

const struct enumeration enum_expire_cause = { "expire-cause", (const struct name[]) {
	{ ESPUDP_EXPIRE_CAUSE_BYTES, "bytes", 0 },
	{ ESPUDP_EXPIRE_CAUSE_PACKETS, "packets", 0 },
	{ ESPUDP_EXPIRE_CAUSE_TIME, "time", 0 },
	{ ESPUDP_EXPIRE_CAUSE_SEQUENCE, "sequence", 0 },
	{ 0 }
} };

const struct enumeration enum_delete_reason = { "delete-reason", (const struct name[]) {
	{ ESPUDP_DELETE_REASON_REQUEST, "request", 0 },
	{ ESPUDP_DELETE_REASON_EXPIRED, "expired", 0 },
	{ ESPUDP_DELETE_REASON_PARENT, "parent", 0 },
	{ ESPUDP_DELETE_REASON_LINK, "link", 0 },
	{ ESPUDP_DELETE_REASON_NAMESPACE, "namespace", 0 },
	{ 0 }
} };

const struct enumeration enum_drop_reason = { "drop-reason", (const struct name[]) {
	{ ESPUDP_DROP_REASON_RX_TRUNCATED, "rx-truncated", 0 },
	{ ESPUDP_DROP_REASON_RX_UNKNOWN_SPI, "rx-unknown-spi", 0 },
	{ ESPUDP_DROP_REASON_RX_LINK_DOWN, "rx-link-down", 0 },
	{ ESPUDP_DROP_REASON_RX_REPLAY, "rx-replay", 0 },
	{ ESPUDP_DROP_REASON_RX_LATE, "rx-late", 0 },
	{ ESPUDP_DROP_REASON_RX_AUTH, "rx-auth", 0 },
	{ ESPUDP_DROP_REASON_RX_EXPIRED, "rx-expired", 0 },
	{ ESPUDP_DROP_REASON_RX_PADDING, "rx-padding", 0 },
	{ ESPUDP_DROP_REASON_RX_NEXT_HEADER, "rx-next-header", 0 },
	{ ESPUDP_DROP_REASON_RX_INNER, "rx-inner", 0 },
	{ ESPUDP_DROP_REASON_RX_SELECTOR, "rx-selector", 0 },
	{ ESPUDP_DROP_REASON_RX_ECN, "rx-ecn", 0 },
	{ ESPUDP_DROP_REASON_RX_CRYPTO, "rx-crypto", 0 },
	{ ESPUDP_DROP_REASON_RX_MEMORY, "rx-memory", 0 },
	{ ESPUDP_DROP_REASON_TX_INNER, "tx-inner", 0 },
	{ ESPUDP_DROP_REASON_TX_NO_CHILD, "tx-no-child", 0 },
	{ ESPUDP_DROP_REASON_TX_NO_SA, "tx-no-sa", 0 },
	{ ESPUDP_DROP_REASON_TX_EXPIRED, "tx-expired", 0 },
	{ ESPUDP_DROP_REASON_TX_SEQUENCE, "tx-sequence", 0 },
	{ ESPUDP_DROP_REASON_TX_NO_ENDPOINT, "tx-no-endpoint", 0 },
	{ ESPUDP_DROP_REASON_TX_NO_ROUTE, "tx-no-route", 0 },
	{ ESPUDP_DROP_REASON_TX_LOOP, "tx-loop", 0 },
	{ ESPUDP_DROP_REASON_TX_TOO_BIG, "tx-too-big", 0 },
	{ ESPUDP_DROP_REASON_TX_CRYPTO, "tx-crypto", 0 },
	{ ESPUDP_DROP_REASON_TX_MEMORY, "tx-memory", 0 },
	{ 0 }
} };

const struct enumeration enum_carrier = { "carrier", (const struct name[]) {
	{ ESPUDP_CARRIER_ALWAYS, "always", 0 },
	{ ESPUDP_CARRIER_SA, "sa", 0 },
	{ 0 }
} };

const struct enumeration *const enumerations[] = {
	&enum_suite, &enum_direction, &enum_endpoint_policy, &enum_expire_cause,
	&enum_delete_reason, &enum_drop_reason, &enum_carrier, &enum_df, &enum_dscp_policy,
	&enum_ttl_policy, &enum_flow_label, &enum_batch, &enum_parallel, NULL
};

const struct attribute_set set_traffic = { "traffic", (const struct attribute[]) {
	{ .id = ESPUDP_A_TRAFFIC_PAD, .type = ATTR_PAD, .name = "pad" },
	{ .id = ESPUDP_A_TRAFFIC_PACKETS, .type = ATTR_U64, .name = "packets", .always = true },
	{ .id = ESPUDP_A_TRAFFIC_BYTES, .type = ATTR_U64, .name = "bytes", .always = true },
	{ 0 }
} };

const struct attribute_set set_drop = { "drop", (const struct attribute[]) {
	{ .id = ESPUDP_A_DROP_PAD, .type = ATTR_PAD, .name = "pad" },
	{ .id = ESPUDP_A_DROP_REASON, .type = ATTR_ENUM, .name = "reason",
	  .values = &enum_drop_reason },
	{ .id = ESPUDP_A_DROP_PACKETS, .type = ATTR_U64, .name = "packets" },
	{ 0 }
} };

const struct attribute_set set_link = { "link", (const struct attribute[]) {
	{ .id = ESPUDP_A_LINK_PAD, .type = ATTR_PAD, .name = "pad" },
	{ .id = ESPUDP_A_LINK_IFINDEX, .type = ATTR_U32, .name = "ifindex", .min = 1,
	  .max = IFINDEX_MAX },
	{ .id = ESPUDP_A_LINK_IFNAME, .type = ATTR_STRING, .name = "ifname", .max = 15 },
	{ .id = ESPUDP_A_LINK_NETNSID, .type = ATTR_S32, .name = "netnsid" },
	{ .id = ESPUDP_A_LINK_MARK, .type = ATTR_U32, .name = "mark" },
	{ .id = ESPUDP_A_LINK_PEERS, .type = ATTR_U32, .name = "peers", .json = "peer_count" },
	{ .id = ESPUDP_A_LINK_CHILDREN, .type = ATTR_U32, .name = "children",
	  .json = "child_count" },
	{ .id = ESPUDP_A_LINK_DROP, .type = ATTR_DROP, .name = "drop", .json = "drops",
	  .always = true },
	{ .id = ESPUDP_A_LINK_CARRIER, .type = ATTR_ENUM, .name = "carrier",
	  .values = &enum_carrier },
	{ .id = ESPUDP_A_LINK_DF, .type = ATTR_ENUM, .name = "df", .values = &enum_df },
	{ .id = ESPUDP_A_LINK_DSCP_POLICY, .type = ATTR_ENUM, .name = "dscp-policy",
	  .values = &enum_dscp_policy },
	{ .id = ESPUDP_A_LINK_DSCP, .type = ATTR_U8, .name = "dscp", .max = 63 },
	{ .id = ESPUDP_A_LINK_TTL_POLICY, .type = ATTR_ENUM, .name = "ttl-policy",
	  .values = &enum_ttl_policy },
	{ .id = ESPUDP_A_LINK_TTL, .type = ATTR_U8, .name = "ttl", .min = 1 },
	{ .id = ESPUDP_A_LINK_FLOW_LABEL, .type = ATTR_ENUM, .name = "flow-label",
	  .values = &enum_flow_label },
	{ .id = ESPUDP_A_LINK_FRAGMENTED_INNER, .type = ATTR_U64, .name = "fragmented-inner" },
	{ .id = ESPUDP_A_LINK_FRAGMENTED_OUTER, .type = ATTR_U64, .name = "fragmented-outer" },
	{ .id = ESPUDP_A_LINK_ECN_WARNED, .type = ATTR_U64, .name = "ecn-warned" },
	{ .id = ESPUDP_A_LINK_BATCH, .type = ATTR_ENUM, .name = "batch", .values = &enum_batch },
	{ .id = ESPUDP_A_LINK_TX_BATCHES, .type = ATTR_U64, .name = "tx-batches" },
	{ .id = ESPUDP_A_LINK_RX_BATCHES, .type = ATTR_U64, .name = "rx-batches" },
	{ .id = ESPUDP_A_LINK_PARALLEL, .type = ATTR_ENUM, .name = "parallel",
	  .values = &enum_parallel },
	{ .id = ESPUDP_A_LINK_TX_PARALLEL, .type = ATTR_U64, .name = "tx-parallel" },
	{ .id = ESPUDP_A_LINK_RX_PARALLEL, .type = ATTR_U64, .name = "rx-parallel" },
	{ 0 }
} };

const struct attribute_set set_transport = { "transport", (const struct attribute[]) {
	{ .id = ESPUDP_A_TRANSPORT_PAD, .type = ATTR_PAD, .name = "pad" },
	{ .id = ESPUDP_A_TRANSPORT_ID, .type = ATTR_U32, .name = "id", .min = 1 },
	{ .id = ESPUDP_A_TRANSPORT_FD, .type = ATTR_S32, .name = "fd" },
	{ .id = ESPUDP_A_TRANSPORT_REPLACE, .type = ATTR_FLAG, .name = "replace" },
	{ .id = ESPUDP_A_TRANSPORT_LOCAL_IPV4, .type = ATTR_IPV4, .name = "local-ipv4",
	  .json = "local" },
	{ .id = ESPUDP_A_TRANSPORT_LOCAL_IPV6, .type = ATTR_IPV6, .name = "local-ipv6",
	  .json = "local" },
	{ .id = ESPUDP_A_TRANSPORT_LOCAL_PORT, .type = ATTR_PORT, .name = "local-port" },
	{ .id = ESPUDP_A_TRANSPORT_PEERS, .type = ATTR_U32, .name = "peers",
	  .json = "peer_count" },
	{ .id = ESPUDP_A_TRANSPORT_KEEPALIVES, .type = ATTR_U64, .name = "keepalives" },
	{ .id = ESPUDP_A_TRANSPORT_PASSED, .type = ATTR_U64, .name = "passed" },
	{ .id = ESPUDP_A_TRANSPORT_DROP, .type = ATTR_DROP, .name = "drop", .json = "drops",
	  .always = true },
	{ .id = ESPUDP_A_TRANSPORT_SPI, .type = ATTR_SPI, .name = "spi" },
	{ .id = ESPUDP_A_TRANSPORT_REMOTE_IPV4, .type = ATTR_IPV4, .name = "remote-ipv4",
	  .json = "remote" },
	{ .id = ESPUDP_A_TRANSPORT_REMOTE_IPV6, .type = ATTR_IPV6, .name = "remote-ipv6",
	  .json = "remote" },
	{ .id = ESPUDP_A_TRANSPORT_REMOTE_PORT, .type = ATTR_PORT, .name = "remote-port" },
	{ .id = ESPUDP_A_TRANSPORT_ICMP_IGNORED, .type = ATTR_U64, .name = "icmp-ignored" },
	{ 0 }
} };

const struct attribute_set set_peer = { "peer", (const struct attribute[]) {
	{ .id = ESPUDP_A_PEER_PAD, .type = ATTR_PAD, .name = "pad" },
	{ .id = ESPUDP_A_PEER_ID, .type = ATTR_U32, .name = "id", .min = 1 },
	{ .id = ESPUDP_A_PEER_IFINDEX, .type = ATTR_U32, .name = "ifindex", .min = 1,
	  .max = IFINDEX_MAX },
	{ .id = ESPUDP_A_PEER_NETNSID, .type = ATTR_S32, .name = "netnsid" },
	{ .id = ESPUDP_A_PEER_TRANSPORT_ID, .type = ATTR_U32, .name = "transport-id", .min = 1 },
	{ .id = ESPUDP_A_PEER_LOCAL_IPV4, .type = ATTR_IPV4, .name = "local-ipv4",
	  .json = "local" },
	{ .id = ESPUDP_A_PEER_LOCAL_IPV6, .type = ATTR_IPV6, .name = "local-ipv6",
	  .json = "local" },
	{ .id = ESPUDP_A_PEER_REMOTE_IPV4, .type = ATTR_IPV4, .name = "remote-ipv4",
	  .json = "remote" },
	{ .id = ESPUDP_A_PEER_REMOTE_IPV6, .type = ATTR_IPV6, .name = "remote-ipv6",
	  .json = "remote" },
	{ .id = ESPUDP_A_PEER_REMOTE_SCOPE, .type = ATTR_U32, .name = "remote-scope" },
	{ .id = ESPUDP_A_PEER_REMOTE_PORT, .type = ATTR_PORT, .name = "remote-port", .min = 1 },
	{ .id = ESPUDP_A_PEER_ENDPOINT_POLICY, .type = ATTR_ENUM, .name = "endpoint-policy",
	  .values = &enum_endpoint_policy },
	{ .id = ESPUDP_A_PEER_KEEPALIVE, .type = ATTR_U32, .name = "keepalive",
	  .max = SECONDS_MAX },
	{ .id = ESPUDP_A_PEER_IDLE, .type = ATTR_U32, .name = "idle", .max = SECONDS_MAX },
	{ .id = ESPUDP_A_PEER_RX, .type = ATTR_TRAFFIC, .name = "rx" },
	{ .id = ESPUDP_A_PEER_TX, .type = ATTR_TRAFFIC, .name = "tx" },
	{ .id = ESPUDP_A_PEER_RX_AGE, .type = ATTR_MILLISECONDS, .name = "rx-age" },
	{ .id = ESPUDP_A_PEER_TX_AGE, .type = ATTR_MILLISECONDS, .name = "tx-age" },
	{ .id = ESPUDP_A_PEER_CHILDREN, .type = ATTR_U32, .name = "children",
	  .json = "child_count" },
	{ .id = ESPUDP_A_PEER_REASON, .type = ATTR_ENUM, .name = "reason",
	  .values = &enum_delete_reason },
	{ .id = ESPUDP_A_PEER_PATH_MTU, .type = ATTR_U32, .name = "path-mtu" },
	{ .id = ESPUDP_A_PEER_PATH_MTU_AGE, .type = ATTR_MILLISECONDS, .name = "path-mtu-age" },
	{ 0 }
} };

const struct attribute_set set_selector = { "selector", (const struct attribute[]) {
	{ .id = ESPUDP_A_SELECTOR_IPV4, .type = ATTR_IPV4, .name = "ipv4" },
	{ .id = ESPUDP_A_SELECTOR_IPV6, .type = ATTR_IPV6, .name = "ipv6" },
	{ .id = ESPUDP_A_SELECTOR_PREFIX_LEN, .type = ATTR_U8, .name = "prefix-len",
	  .max = 128 },
	{ .id = ESPUDP_A_SELECTOR_PROTOCOL, .type = ATTR_U8, .name = "protocol" },
	{ .id = ESPUDP_A_SELECTOR_PORT_FIRST, .type = ATTR_U16, .name = "port-first" },
	{ .id = ESPUDP_A_SELECTOR_PORT_LAST, .type = ATTR_U16, .name = "port-last" },
	{ 0 }
} };

const struct attribute_set set_child = { "child", (const struct attribute[]) {
	{ .id = ESPUDP_A_CHILD_PAD, .type = ATTR_PAD, .name = "pad" },
	{ .id = ESPUDP_A_CHILD_ID, .type = ATTR_U32, .name = "id", .min = 1 },
	{ .id = ESPUDP_A_CHILD_PEER_ID, .type = ATTR_U32, .name = "peer-id", .min = 1 },
	{ .id = ESPUDP_A_CHILD_LOCAL, .type = ATTR_SELECTOR, .name = "local" },
	{ .id = ESPUDP_A_CHILD_REMOTE, .type = ATTR_SELECTOR, .name = "remote" },
	{ .id = ESPUDP_A_CHILD_SA_ID, .type = ATTR_U32, .name = "sa-id" },
	{ .id = ESPUDP_A_CHILD_IFINDEX, .type = ATTR_U32, .name = "ifindex" },
	{ .id = ESPUDP_A_CHILD_REASON, .type = ATTR_ENUM, .name = "reason",
	  .values = &enum_delete_reason },
	{ .id = ESPUDP_A_CHILD_PACKET_SOURCE_IPV4, .type = ATTR_IPV4,
	  .name = "packet-source-ipv4", .json = "packet_source" },
	{ .id = ESPUDP_A_CHILD_PACKET_DESTINATION_IPV4, .type = ATTR_IPV4,
	  .name = "packet-destination-ipv4", .json = "packet_destination" },
	{ .id = ESPUDP_A_CHILD_PACKET_SOURCE_IPV6, .type = ATTR_IPV6,
	  .name = "packet-source-ipv6", .json = "packet_source" },
	{ .id = ESPUDP_A_CHILD_PACKET_DESTINATION_IPV6, .type = ATTR_IPV6,
	  .name = "packet-destination-ipv6", .json = "packet_destination" },
	{ .id = ESPUDP_A_CHILD_PACKET_PROTOCOL, .type = ATTR_U8, .name = "packet-protocol" },
	{ .id = ESPUDP_A_CHILD_WAITING, .type = ATTR_U32, .name = "waiting" },
	{ 0 }
} };

const struct attribute_set set_spi = { "spi", (const struct attribute[]) {
	{ .id = ESPUDP_A_SPI_SPI, .type = ATTR_SPI, .name = "spi" },
	{ .id = ESPUDP_A_SPI_FIRST, .type = ATTR_U32, .name = "first", .min = ESPUDP_MIN_SPI },
	{ .id = ESPUDP_A_SPI_LAST, .type = ATTR_U32, .name = "last", .min = ESPUDP_MIN_SPI },
	{ .id = ESPUDP_A_SPI_LIFETIME, .type = ATTR_U32, .name = "lifetime", .min = 1,
	  .max = 3600 },
	{ 0 }
} };

const struct attribute_set set_sa = { "sa", (const struct attribute[]) {
	{ .id = ESPUDP_A_SA_PAD, .type = ATTR_PAD, .name = "pad" },
	{ .id = ESPUDP_A_SA_ID, .type = ATTR_U32, .name = "id", .min = 1 },
	{ .id = ESPUDP_A_SA_CHILD_ID, .type = ATTR_U32, .name = "child-id", .min = 1 },
	{ .id = ESPUDP_A_SA_DIRECTION, .type = ATTR_ENUM, .name = "direction",
	  .values = &enum_direction },
	{ .id = ESPUDP_A_SA_SPI, .type = ATTR_SPI, .name = "spi" },
	{ .id = ESPUDP_A_SA_SUITE, .type = ATTR_ENUM, .name = "suite", .values = &enum_suite },
	{ .id = ESPUDP_A_SA_KEY, .type = ATTR_BINARY, .name = "key", .min = 1,
	  .max = ESPUDP_MAX_KEY_LEN },
	{ .id = ESPUDP_A_SA_ESN, .type = ATTR_FLAG, .name = "esn", .always = true },
	{ .id = ESPUDP_A_SA_REPLAY_WINDOW, .type = ATTR_U32, .name = "replay-window",
	  .max = ESPUDP_MAX_REPLAY_WINDOW },
	{ .id = ESPUDP_A_SA_SEQUENCE, .type = ATTR_U64, .name = "sequence" },
	{ .id = ESPUDP_A_SA_SOFT_BYTES, .type = ATTR_U64, .name = "soft-bytes" },
	{ .id = ESPUDP_A_SA_HARD_BYTES, .type = ATTR_U64, .name = "hard-bytes" },
	{ .id = ESPUDP_A_SA_SOFT_PACKETS, .type = ATTR_U64, .name = "soft-packets" },
	{ .id = ESPUDP_A_SA_HARD_PACKETS, .type = ATTR_U64, .name = "hard-packets" },
	{ .id = ESPUDP_A_SA_SOFT_TIME, .type = ATTR_U64, .name = "soft-time" },
	{ .id = ESPUDP_A_SA_HARD_TIME, .type = ATTR_U64, .name = "hard-time" },
	{ .id = ESPUDP_A_SA_SOFT_SEQUENCE, .type = ATTR_U64, .name = "soft-sequence" },
	{ .id = ESPUDP_A_SA_CURRENT, .type = ATTR_FLAG, .name = "current", .always = true },
	{ .id = ESPUDP_A_SA_EXPIRED, .type = ATTR_FLAG, .name = "expired", .always = true },
	{ .id = ESPUDP_A_SA_AGE, .type = ATTR_MILLISECONDS, .name = "age" },
	{ .id = ESPUDP_A_SA_IDLE, .type = ATTR_MILLISECONDS, .name = "idle" },
	{ .id = ESPUDP_A_SA_TRAFFIC, .type = ATTR_TRAFFIC, .name = "traffic" },
	{ .id = ESPUDP_A_SA_DROP, .type = ATTR_DROP, .name = "drop", .json = "drops",
	  .always = true },
	{ .id = ESPUDP_A_SA_PEER_ID, .type = ATTR_U32, .name = "peer-id" },
	{ .id = ESPUDP_A_SA_IFINDEX, .type = ATTR_U32, .name = "ifindex" },
	{ .id = ESPUDP_A_SA_HARD, .type = ATTR_FLAG, .name = "hard" },
	{ .id = ESPUDP_A_SA_CAUSE, .type = ATTR_ENUM, .name = "cause",
	  .values = &enum_expire_cause },
	{ .id = ESPUDP_A_SA_REASON, .type = ATTR_ENUM, .name = "reason",
	  .values = &enum_delete_reason },
	{ .id = ESPUDP_A_SA_DRIVER, .type = ATTR_STRING, .name = "driver", .max = 127 },
	{ .id = ESPUDP_A_SA_TFC_PAD, .type = ATTR_U32, .name = "tfc-pad", .max = 65535 },
	{ .id = ESPUDP_A_SA_DUMMIES, .type = ATTR_U64, .name = "dummies" },
	{ .id = ESPUDP_A_SA_DUMMY_LEN, .type = ATTR_U32, .name = "dummy-len", .max = 65535 },
	{ .id = ESPUDP_A_SA_DUMMY_COUNT, .type = ATTR_U32, .name = "dummy-count", .min = 1,
	  .max = 1024 },
	{ .id = ESPUDP_A_SA_CPU, .type = ATTR_U32, .name = "cpu" },
	{ 0 }
} };

const struct attribute_set *const attribute_sets[] = {
	&set_traffic, &set_drop, &set_link, &set_transport, &set_peer, &set_selector, &set_child,
	&set_spi, &set_sa, NULL
};

const struct kernel_event kernel_events[] = {
	{ ESPUDP_CMD_SA_EXPIRE_NTF, "sa_expire", &set_sa },
	{ ESPUDP_CMD_SA_DEL_NTF, "sa_del", &set_sa },
	{ ESPUDP_CMD_CHILD_ACQUIRE_NTF, "child_acquire", &set_child },
	{ ESPUDP_CMD_CHILD_DEL_NTF, "child_del", &set_child },
	{ ESPUDP_CMD_PEER_ENDPOINT_NTF, "peer_endpoint", &set_peer },
	{ ESPUDP_CMD_PEER_IDLE_NTF, "peer_idle", &set_peer },
	{ ESPUDP_CMD_PEER_DEL_NTF, "peer_del", &set_peer },
	{ ESPUDP_CMD_UNKNOWN_SPI_NTF, "unknown_spi", &set_transport },
	{ 0 }
};

const struct attribute *attribute_find(const struct attribute_set *set, uint16_t id)
{
	for (const struct attribute *a = set->attributes; a->name; a++)
		if (a->id == id)
			return a;
	return NULL;
}

const char *enum_text(const struct enumeration *values, uint32_t value)
{
	for (const struct name *n = values->entries; n->text; n++)
		if (n->value == value)
			return n->text;
	return NULL;
}

int enum_parse(const struct enumeration *values, const char *text, const struct name **entry,
	       struct error *e)
{
	char hint[SUGGEST_TEXT_SIZE];
	struct suggest s;
	size_t used;

	suggest_start(&s, text);
	for (const struct name *n = values->entries; n->text; n++) {
		if (!strcmp(n->text, text)) {
			*entry = n;
			return 0;
		}
		suggest_offer(&s, n->text);
	}
	error_set(e, "unknown %s '%s'%s; there are:", values->name, text, suggest_text(&s, hint));
	for (const struct name *n = values->entries; n->text; n++) {
		used = strlen(e->text);
		snprintf(e->text + used, sizeof(e->text) - used, " %s", n->text);
	}
	return -1;
}

void attribute_range(const struct attribute *attribute, uint64_t *min, uint64_t *max)
{
	static const uint64_t greatest[] = {
		[ATTR_U8] = UINT8_MAX,
		[ATTR_U16] = UINT16_MAX,
		[ATTR_PORT] = UINT16_MAX,
		[ATTR_U32] = UINT32_MAX,
		[ATTR_SPI] = UINT32_MAX,
		[ATTR_S32] = INT32_MAX,
		[ATTR_U64] = UINT64_MAX,
		[ATTR_MILLISECONDS] = UINT64_MAX,
	};

	*min = attribute->min;
	*max = attribute->max ? attribute->max : greatest[attribute->type];
}
