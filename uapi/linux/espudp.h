/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/espudp.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_ESPUDP_H
#define _UAPI_LINUX_ESPUDP_H

#define ESPUDP_FAMILY_NAME	"espudp"
#define ESPUDP_FAMILY_VERSION	1

#define ESPUDP_MAX_KEY_LEN		128
#define ESPUDP_MAX_REPLAY_WINDOW	16384
#define ESPUDP_MIN_SPI			256
#define ESPUDP_MAX_SELECTORS		128

/**
 * enum espudp_suite - What protects a packet. The key attribute carries the
 *   cipher's key and then its salt or the key of the HMAC, as in the KEYMAT of
 *   RFC 7296 2.17. The number behind gcm and ccm is the length of the ICV in
 *   octets, the last one that of the key in bits.
 * @ESPUDP_SUITE_AES_GCM_16_128: RFC 4106, 16-octet ICV; 16 + 4 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_GCM_16_256: RFC 4106, 16-octet ICV; 32 + 4 bytes of key
 *   material.
 * @ESPUDP_SUITE_CHACHA20_POLY1305: RFC 7634; 32 + 4 bytes of key material.
 * @ESPUDP_SUITE_AES_GCM_16_192: RFC 4106, 16-octet ICV; 24 + 4 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_GCM_12_128: RFC 4106, 12-octet ICV; 16 + 4 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_GCM_12_192: RFC 4106, 12-octet ICV; 24 + 4 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_GCM_12_256: RFC 4106, 12-octet ICV; 32 + 4 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_GCM_8_128: RFC 4106, 8-octet ICV; 16 + 4 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_GCM_8_192: RFC 4106, 8-octet ICV; 24 + 4 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_GCM_8_256: RFC 4106, 8-octet ICV; 32 + 4 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CCM_16_128: RFC 4309, 16-octet ICV; 16 + 3 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CCM_16_192: RFC 4309, 16-octet ICV; 24 + 3 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CCM_16_256: RFC 4309, 16-octet ICV; 32 + 3 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CCM_12_128: RFC 4309, 12-octet ICV; 16 + 3 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CCM_12_192: RFC 4309, 12-octet ICV; 24 + 3 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CCM_12_256: RFC 4309, 12-octet ICV; 32 + 3 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CCM_8_128: RFC 4309, 8-octet ICV; 16 + 3 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CCM_8_192: RFC 4309, 8-octet ICV; 24 + 3 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CCM_8_256: RFC 4309, 8-octet ICV; 32 + 3 bytes of key
 *   material.
 * @ESPUDP_SUITE_AES_CBC_128_SHA256: RFC 3602 and HMAC-SHA-256-128 of RFC 4868;
 *   16 + 32 bytes of key material.
 * @ESPUDP_SUITE_AES_CBC_128_SHA384: RFC 3602 and HMAC-SHA-384-192 of RFC 4868;
 *   16 + 48 bytes of key material.
 * @ESPUDP_SUITE_AES_CBC_128_SHA512: RFC 3602 and HMAC-SHA-512-256 of RFC 4868;
 *   16 + 64 bytes of key material.
 * @ESPUDP_SUITE_AES_CBC_192_SHA256: RFC 3602 and HMAC-SHA-256-128 of RFC 4868;
 *   24 + 32 bytes of key material.
 * @ESPUDP_SUITE_AES_CBC_192_SHA384: RFC 3602 and HMAC-SHA-384-192 of RFC 4868;
 *   24 + 48 bytes of key material.
 * @ESPUDP_SUITE_AES_CBC_192_SHA512: RFC 3602 and HMAC-SHA-512-256 of RFC 4868;
 *   24 + 64 bytes of key material.
 * @ESPUDP_SUITE_AES_CBC_256_SHA256: RFC 3602 and HMAC-SHA-256-128 of RFC 4868;
 *   32 + 32 bytes of key material.
 * @ESPUDP_SUITE_AES_CBC_256_SHA384: RFC 3602 and HMAC-SHA-384-192 of RFC 4868;
 *   32 + 48 bytes of key material.
 * @ESPUDP_SUITE_AES_CBC_256_SHA512: RFC 3602 and HMAC-SHA-512-256 of RFC 4868;
 *   32 + 64 bytes of key material.
 */
enum espudp_suite {
	ESPUDP_SUITE_AES_GCM_16_128 = 1,
	ESPUDP_SUITE_AES_GCM_16_256,
	ESPUDP_SUITE_CHACHA20_POLY1305,
	ESPUDP_SUITE_AES_GCM_16_192,
	ESPUDP_SUITE_AES_GCM_12_128,
	ESPUDP_SUITE_AES_GCM_12_192,
	ESPUDP_SUITE_AES_GCM_12_256,
	ESPUDP_SUITE_AES_GCM_8_128,
	ESPUDP_SUITE_AES_GCM_8_192,
	ESPUDP_SUITE_AES_GCM_8_256,
	ESPUDP_SUITE_AES_CCM_16_128,
	ESPUDP_SUITE_AES_CCM_16_192,
	ESPUDP_SUITE_AES_CCM_16_256,
	ESPUDP_SUITE_AES_CCM_12_128,
	ESPUDP_SUITE_AES_CCM_12_192,
	ESPUDP_SUITE_AES_CCM_12_256,
	ESPUDP_SUITE_AES_CCM_8_128,
	ESPUDP_SUITE_AES_CCM_8_192,
	ESPUDP_SUITE_AES_CCM_8_256,
	ESPUDP_SUITE_AES_CBC_128_SHA256,
	ESPUDP_SUITE_AES_CBC_128_SHA384,
	ESPUDP_SUITE_AES_CBC_128_SHA512,
	ESPUDP_SUITE_AES_CBC_192_SHA256,
	ESPUDP_SUITE_AES_CBC_192_SHA384,
	ESPUDP_SUITE_AES_CBC_192_SHA512,
	ESPUDP_SUITE_AES_CBC_256_SHA256,
	ESPUDP_SUITE_AES_CBC_256_SHA384,
	ESPUDP_SUITE_AES_CBC_256_SHA512,
};

enum espudp_direction {
	ESPUDP_DIRECTION_IN = 1,
	ESPUDP_DIRECTION_OUT,
};

/**
 * enum espudp_endpoint_policy - What a peer does when an authenticated, fresh
 *   packet comes from another address or port.
 * @ESPUDP_ENDPOINT_POLICY_FIXED: Nothing; the packet is accepted all the same.
 * @ESPUDP_ENDPOINT_POLICY_NOTIFY: Report it, and go on sending to the old
 *   endpoint.
 * @ESPUDP_ENDPOINT_POLICY_LEARN: Send there from now on, and report it.
 */
enum espudp_endpoint_policy {
	ESPUDP_ENDPOINT_POLICY_FIXED,
	ESPUDP_ENDPOINT_POLICY_NOTIFY,
	ESPUDP_ENDPOINT_POLICY_LEARN,
};

/**
 * enum espudp_carrier - When a link has carrier.
 * @ESPUDP_CARRIER_ALWAYS: As long as its home namespace exists; a packet can
 *   ask for an SA.
 * @ESPUDP_CARRIER_SA: While a child has an outbound SA in use, so that routing
 *   daemons take another way when there is none. Without carrier the stack
 *   sends nothing, and nothing asks for an SA.
 */
enum espudp_carrier {
	ESPUDP_CARRIER_ALWAYS,
	ESPUDP_CARRIER_SA,
};

/**
 * enum espudp_df - Whether routers may fragment the outer packets over IPv4,
 *   and what becomes of inner packets that the path does not carry in one
 *   piece (RFC 4301 8.1). IPv6 packets of up to 1280 bytes are never refused;
 *   they are fragmented outside if need be (RFC 2473 7.1).
 * @ESPUDP_DF_COPY: As the inner packet says, IPv6 ones saying that they must
 *   not be fragmented. One that must not and does not fit is refused, and its
 *   sender told by ICMP; another is fragmented outside.
 * @ESPUDP_DF_SET: Never. An inner packet that does not fit is refused as with
 *   copy, or, if it may be fragmented, is so before it is encrypted: the peer
 *   need not put fragments together.
 * @ESPUDP_DF_CLEAR: Always. Nothing is refused for its size; what does not fit
 *   is fragmented outside.
 */
enum espudp_df {
	ESPUDP_DF_COPY,
	ESPUDP_DF_SET,
	ESPUDP_DF_CLEAR,
};

/**
 * enum espudp_dscp_policy - The DSCP of outer packets (RFC 2983).
 * @ESPUDP_DSCP_POLICY_ZERO: 0, which tells nothing about the inner packet.
 * @ESPUDP_DSCP_POLICY_COPY: That of the inner packet.
 * @ESPUDP_DSCP_POLICY_FIXED: What the attribute dscp says.
 */
enum espudp_dscp_policy {
	ESPUDP_DSCP_POLICY_ZERO,
	ESPUDP_DSCP_POLICY_COPY,
	ESPUDP_DSCP_POLICY_FIXED,
};

/**
 * enum espudp_ttl_policy - The time to live, or hop limit, of outer packets.
 * @ESPUDP_TTL_POLICY_ROUTE: As for packets of the host's own
 *   (net.ipv4.ip_default_ttl, hoplimit of the route).
 * @ESPUDP_TTL_POLICY_INHERIT: That of the inner packet.
 * @ESPUDP_TTL_POLICY_FIXED: What the attribute ttl says.
 */
enum espudp_ttl_policy {
	ESPUDP_TTL_POLICY_ROUTE,
	ESPUDP_TTL_POLICY_INHERIT,
	ESPUDP_TTL_POLICY_FIXED,
};

/**
 * enum espudp_flow_label - The flow label of outer packets over IPv6.
 * @ESPUDP_FLOW_LABEL_HASH: A keyed hash of the inner flow, so that routers can
 *   spread flows over several paths (RFC 6438) without learning of its
 *   addresses, ports and label.
 */
enum espudp_flow_label {
	ESPUDP_FLOW_LABEL_HASH,
	ESPUDP_FLOW_LABEL_ZERO,
};

/**
 * enum espudp_batch - Whether TCP and UDP superpackets (GSO) are taken whole.
 * @ESPUDP_BATCH_ON: Their segments are encrypted as one batch and leave as one
 *   UDP GSO packet, which passes routing, packet filter and queues once. One
 *   that comes in is decrypted as one batch, and what continues each other in
 *   it goes to the stack as one. Packets of one flow and length that a device
 *   brings right one after another are encrypted and sent like segments.
 * @ESPUDP_BATCH_OFF: Each segment goes by itself, before its encryption and
 *   until after its decryption.
 */
enum espudp_batch {
	ESPUDP_BATCH_ON,
	ESPUDP_BATCH_OFF,
};

/**
 * enum espudp_parallel - Whether packets of one SA are encrypted and decrypted
 *   by several CPUs.
 * @ESPUDP_PARALLEL_OFF: By the CPU that has them.
 * @ESPUDP_PARALLEL_ON: By whatever CPUs have time for it, packets and
 *   superpackets each as a whole; they go on in their order, by one of these
 *   CPUs. For the throughput of one SA, at the cost of delay and of work in
 *   all.
 */
enum espudp_parallel {
	ESPUDP_PARALLEL_OFF,
	ESPUDP_PARALLEL_ON,
};

enum espudp_expire_cause {
	ESPUDP_EXPIRE_CAUSE_BYTES = 1,
	ESPUDP_EXPIRE_CAUSE_PACKETS,
	ESPUDP_EXPIRE_CAUSE_TIME,
	ESPUDP_EXPIRE_CAUSE_SEQUENCE,
};

/**
 * enum espudp_delete_reason - Why an object went away.
 * @ESPUDP_DELETE_REASON_REQUEST: Asked for by its own id.
 * @ESPUDP_DELETE_REASON_EXPIRED: A hard limit was reached.
 * @ESPUDP_DELETE_REASON_PARENT: The child, peer or transport that it hung on
 *   was deleted.
 * @ESPUDP_DELETE_REASON_LINK: The link was deleted.
 * @ESPUDP_DELETE_REASON_NAMESPACE: The network namespace is going away.
 */
enum espudp_delete_reason {
	ESPUDP_DELETE_REASON_REQUEST = 1,
	ESPUDP_DELETE_REASON_EXPIRED,
	ESPUDP_DELETE_REASON_PARENT,
	ESPUDP_DELETE_REASON_LINK,
	ESPUDP_DELETE_REASON_NAMESPACE,
};

/**
 * enum espudp_drop_reason - Every packet that is not delivered or sent is
 *   counted under exactly one of these.
 * @ESPUDP_DROP_REASON_RX_TRUNCATED: Shorter than header, IV and ICV, or not a
 *   multiple of four.
 * @ESPUDP_DROP_REASON_RX_LINK_DOWN: The link is administratively down.
 * @ESPUDP_DROP_REASON_RX_REPLAY: The sequence number was received before.
 * @ESPUDP_DROP_REASON_RX_LATE: The sequence number lies left of the replay
 *   window.
 * @ESPUDP_DROP_REASON_RX_AUTH: The integrity check failed.
 * @ESPUDP_DROP_REASON_RX_EXPIRED: A hard limit of the SA was reached.
 * @ESPUDP_DROP_REASON_RX_PADDING: Pad length beyond the payload.
 * @ESPUDP_DROP_REASON_RX_NEXT_HEADER: Neither IPv4, IPv6 nor a dummy packet.
 * @ESPUDP_DROP_REASON_RX_INNER: The inner IP header is malformed or longer
 *   than the packet.
 * @ESPUDP_DROP_REASON_RX_SELECTOR: The inner packet does not match the
 *   selectors of the SA (RFC 4301 5.2).
 * @ESPUDP_DROP_REASON_RX_ECN: Congestion was marked on a packet that is not
 *   ECN-capable (RFC 6040 4.2).
 * @ESPUDP_DROP_REASON_RX_CRYPTO: The transform failed for another reason than
 *   integrity.
 * @ESPUDP_DROP_REASON_TX_INNER: Not an IP packet, or a malformed one.
 * @ESPUDP_DROP_REASON_TX_NO_CHILD: No selector matches.
 * @ESPUDP_DROP_REASON_TX_NO_SA: The child has no outbound SA, and the packet
 *   could not wait for one or did in vain.
 * @ESPUDP_DROP_REASON_TX_EXPIRED: A hard limit of the SA was reached.
 * @ESPUDP_DROP_REASON_TX_SEQUENCE: The sequence number space of the SA is used
 *   up.
 * @ESPUDP_DROP_REASON_TX_NO_ENDPOINT: The peer has no remote address yet, or
 *   its transport has no socket of that family.
 * @ESPUDP_DROP_REASON_TX_LOOP: The route to the peer leads into the link
 *   itself, or through other links back to it, or through more than two of
 *   them; or it is one of the link's own outer packets, which came back by way
 *   of another namespace.
 * @ESPUDP_DROP_REASON_TX_TOO_BIG: Larger than the path to the peer carries;
 *   the sender was told by ICMP.
 */
enum espudp_drop_reason {
	ESPUDP_DROP_REASON_RX_TRUNCATED,
	ESPUDP_DROP_REASON_RX_UNKNOWN_SPI,
	ESPUDP_DROP_REASON_RX_LINK_DOWN,
	ESPUDP_DROP_REASON_RX_REPLAY,
	ESPUDP_DROP_REASON_RX_LATE,
	ESPUDP_DROP_REASON_RX_AUTH,
	ESPUDP_DROP_REASON_RX_EXPIRED,
	ESPUDP_DROP_REASON_RX_PADDING,
	ESPUDP_DROP_REASON_RX_NEXT_HEADER,
	ESPUDP_DROP_REASON_RX_INNER,
	ESPUDP_DROP_REASON_RX_SELECTOR,
	ESPUDP_DROP_REASON_RX_ECN,
	ESPUDP_DROP_REASON_RX_CRYPTO,
	ESPUDP_DROP_REASON_RX_MEMORY,
	ESPUDP_DROP_REASON_TX_INNER,
	ESPUDP_DROP_REASON_TX_NO_CHILD,
	ESPUDP_DROP_REASON_TX_NO_SA,
	ESPUDP_DROP_REASON_TX_EXPIRED,
	ESPUDP_DROP_REASON_TX_SEQUENCE,
	ESPUDP_DROP_REASON_TX_NO_ENDPOINT,
	ESPUDP_DROP_REASON_TX_NO_ROUTE,
	ESPUDP_DROP_REASON_TX_LOOP,
	ESPUDP_DROP_REASON_TX_TOO_BIG,
	ESPUDP_DROP_REASON_TX_CRYPTO,
	ESPUDP_DROP_REASON_TX_MEMORY,
};

enum {
	ESPUDP_A_TRAFFIC_PAD = 1,
	ESPUDP_A_TRAFFIC_PACKETS,
	ESPUDP_A_TRAFFIC_BYTES,

	__ESPUDP_A_TRAFFIC_MAX,
	ESPUDP_A_TRAFFIC_MAX = (__ESPUDP_A_TRAFFIC_MAX - 1)
};

enum {
	ESPUDP_A_DROP_PAD = 1,
	ESPUDP_A_DROP_REASON,
	ESPUDP_A_DROP_PACKETS,

	__ESPUDP_A_DROP_MAX,
	ESPUDP_A_DROP_MAX = (__ESPUDP_A_DROP_MAX - 1)
};

enum {
	ESPUDP_A_LINK_PAD = 1,
	ESPUDP_A_LINK_IFINDEX,
	ESPUDP_A_LINK_IFNAME,
	ESPUDP_A_LINK_NETNSID,
	ESPUDP_A_LINK_MARK,
	ESPUDP_A_LINK_PEERS,
	ESPUDP_A_LINK_CHILDREN,
	ESPUDP_A_LINK_DROP,
	ESPUDP_A_LINK_CARRIER,
	ESPUDP_A_LINK_DF,
	ESPUDP_A_LINK_DSCP_POLICY,
	ESPUDP_A_LINK_DSCP,
	ESPUDP_A_LINK_TTL_POLICY,
	ESPUDP_A_LINK_TTL,
	ESPUDP_A_LINK_FLOW_LABEL,
	ESPUDP_A_LINK_FRAGMENTED_INNER,
	ESPUDP_A_LINK_FRAGMENTED_OUTER,
	ESPUDP_A_LINK_ECN_WARNED,
	ESPUDP_A_LINK_BATCH,
	ESPUDP_A_LINK_TX_BATCHES,
	ESPUDP_A_LINK_RX_BATCHES,
	ESPUDP_A_LINK_PARALLEL,
	ESPUDP_A_LINK_TX_PARALLEL,
	ESPUDP_A_LINK_RX_PARALLEL,

	__ESPUDP_A_LINK_MAX,
	ESPUDP_A_LINK_MAX = (__ESPUDP_A_LINK_MAX - 1)
};

enum {
	ESPUDP_A_TRANSPORT_PAD = 1,
	ESPUDP_A_TRANSPORT_ID,
	ESPUDP_A_TRANSPORT_FD,
	ESPUDP_A_TRANSPORT_REPLACE,
	ESPUDP_A_TRANSPORT_LOCAL_IPV4,
	ESPUDP_A_TRANSPORT_LOCAL_IPV6,
	ESPUDP_A_TRANSPORT_LOCAL_PORT,
	ESPUDP_A_TRANSPORT_PEERS,
	ESPUDP_A_TRANSPORT_KEEPALIVES,
	ESPUDP_A_TRANSPORT_PASSED,
	ESPUDP_A_TRANSPORT_DROP,
	ESPUDP_A_TRANSPORT_SPI,
	ESPUDP_A_TRANSPORT_REMOTE_IPV4,
	ESPUDP_A_TRANSPORT_REMOTE_IPV6,
	ESPUDP_A_TRANSPORT_REMOTE_PORT,
	ESPUDP_A_TRANSPORT_ICMP_IGNORED,

	__ESPUDP_A_TRANSPORT_MAX,
	ESPUDP_A_TRANSPORT_MAX = (__ESPUDP_A_TRANSPORT_MAX - 1)
};

enum {
	ESPUDP_A_PEER_PAD = 1,
	ESPUDP_A_PEER_ID,
	ESPUDP_A_PEER_IFINDEX,
	ESPUDP_A_PEER_NETNSID,
	ESPUDP_A_PEER_TRANSPORT_ID,
	ESPUDP_A_PEER_LOCAL_IPV4,
	ESPUDP_A_PEER_LOCAL_IPV6,
	ESPUDP_A_PEER_REMOTE_IPV4,
	ESPUDP_A_PEER_REMOTE_IPV6,
	ESPUDP_A_PEER_REMOTE_SCOPE,
	ESPUDP_A_PEER_REMOTE_PORT,
	ESPUDP_A_PEER_ENDPOINT_POLICY,
	ESPUDP_A_PEER_KEEPALIVE,
	ESPUDP_A_PEER_IDLE,
	ESPUDP_A_PEER_RX,
	ESPUDP_A_PEER_TX,
	ESPUDP_A_PEER_RX_AGE,
	ESPUDP_A_PEER_TX_AGE,
	ESPUDP_A_PEER_CHILDREN,
	ESPUDP_A_PEER_REASON,
	ESPUDP_A_PEER_PATH_MTU,
	ESPUDP_A_PEER_PATH_MTU_AGE,

	__ESPUDP_A_PEER_MAX,
	ESPUDP_A_PEER_MAX = (__ESPUDP_A_PEER_MAX - 1)
};

enum {
	ESPUDP_A_SELECTOR_IPV4 = 1,
	ESPUDP_A_SELECTOR_IPV6,
	ESPUDP_A_SELECTOR_PREFIX_LEN,
	ESPUDP_A_SELECTOR_PROTOCOL,
	ESPUDP_A_SELECTOR_PORT_FIRST,
	ESPUDP_A_SELECTOR_PORT_LAST,

	__ESPUDP_A_SELECTOR_MAX,
	ESPUDP_A_SELECTOR_MAX = (__ESPUDP_A_SELECTOR_MAX - 1)
};

enum {
	ESPUDP_A_CHILD_PAD = 1,
	ESPUDP_A_CHILD_ID,
	ESPUDP_A_CHILD_PEER_ID,
	ESPUDP_A_CHILD_LOCAL,
	ESPUDP_A_CHILD_REMOTE,
	ESPUDP_A_CHILD_SA_ID,
	ESPUDP_A_CHILD_IFINDEX,
	ESPUDP_A_CHILD_REASON,
	ESPUDP_A_CHILD_PACKET_SOURCE_IPV4,
	ESPUDP_A_CHILD_PACKET_DESTINATION_IPV4,
	ESPUDP_A_CHILD_PACKET_SOURCE_IPV6,
	ESPUDP_A_CHILD_PACKET_DESTINATION_IPV6,
	ESPUDP_A_CHILD_PACKET_PROTOCOL,
	ESPUDP_A_CHILD_WAITING,

	__ESPUDP_A_CHILD_MAX,
	ESPUDP_A_CHILD_MAX = (__ESPUDP_A_CHILD_MAX - 1)
};

enum {
	ESPUDP_A_SPI_SPI = 1,
	ESPUDP_A_SPI_FIRST,
	ESPUDP_A_SPI_LAST,
	ESPUDP_A_SPI_LIFETIME,

	__ESPUDP_A_SPI_MAX,
	ESPUDP_A_SPI_MAX = (__ESPUDP_A_SPI_MAX - 1)
};

enum {
	ESPUDP_A_SA_PAD = 1,
	ESPUDP_A_SA_ID,
	ESPUDP_A_SA_CHILD_ID,
	ESPUDP_A_SA_DIRECTION,
	ESPUDP_A_SA_SPI,
	ESPUDP_A_SA_SUITE,
	ESPUDP_A_SA_KEY,
	ESPUDP_A_SA_ESN,
	ESPUDP_A_SA_REPLAY_WINDOW,
	ESPUDP_A_SA_SEQUENCE,
	ESPUDP_A_SA_SOFT_BYTES,
	ESPUDP_A_SA_HARD_BYTES,
	ESPUDP_A_SA_SOFT_PACKETS,
	ESPUDP_A_SA_HARD_PACKETS,
	ESPUDP_A_SA_SOFT_TIME,
	ESPUDP_A_SA_HARD_TIME,
	ESPUDP_A_SA_SOFT_SEQUENCE,
	ESPUDP_A_SA_CURRENT,
	ESPUDP_A_SA_EXPIRED,
	ESPUDP_A_SA_AGE,
	ESPUDP_A_SA_IDLE,
	ESPUDP_A_SA_TRAFFIC,
	ESPUDP_A_SA_DROP,
	ESPUDP_A_SA_PEER_ID,
	ESPUDP_A_SA_IFINDEX,
	ESPUDP_A_SA_HARD,
	ESPUDP_A_SA_CAUSE,
	ESPUDP_A_SA_REASON,
	ESPUDP_A_SA_DRIVER,
	ESPUDP_A_SA_TFC_PAD,
	ESPUDP_A_SA_DUMMIES,
	ESPUDP_A_SA_DUMMY_LEN,
	ESPUDP_A_SA_DUMMY_COUNT,
	ESPUDP_A_SA_CPU,

	__ESPUDP_A_SA_MAX,
	ESPUDP_A_SA_MAX = (__ESPUDP_A_SA_MAX - 1)
};

enum {
	ESPUDP_CMD_LINK_GET = 1,
	ESPUDP_CMD_LINK_SET,
	ESPUDP_CMD_TRANSPORT_ADD,
	ESPUDP_CMD_TRANSPORT_GET,
	ESPUDP_CMD_TRANSPORT_DEL,
	ESPUDP_CMD_PEER_NEW,
	ESPUDP_CMD_PEER_SET,
	ESPUDP_CMD_PEER_GET,
	ESPUDP_CMD_PEER_DEL,
	ESPUDP_CMD_CHILD_NEW,
	ESPUDP_CMD_CHILD_SET,
	ESPUDP_CMD_CHILD_GET,
	ESPUDP_CMD_CHILD_DEL,
	ESPUDP_CMD_SPI_ALLOC,
	ESPUDP_CMD_SPI_FREE,
	ESPUDP_CMD_SA_NEW,
	ESPUDP_CMD_SA_SET,
	ESPUDP_CMD_SA_GET,
	ESPUDP_CMD_SA_SWITCH,
	ESPUDP_CMD_SA_DEL,
	ESPUDP_CMD_SA_EXPIRE_NTF,
	ESPUDP_CMD_SA_DEL_NTF,
	ESPUDP_CMD_CHILD_ACQUIRE_NTF,
	ESPUDP_CMD_CHILD_DEL_NTF,
	ESPUDP_CMD_PEER_ENDPOINT_NTF,
	ESPUDP_CMD_PEER_IDLE_NTF,
	ESPUDP_CMD_PEER_DEL_NTF,
	ESPUDP_CMD_UNKNOWN_SPI_NTF,
	ESPUDP_CMD_SA_DUMMY,

	__ESPUDP_CMD_MAX,
	ESPUDP_CMD_MAX = (__ESPUDP_CMD_MAX - 1)
};

#define ESPUDP_MCGRP_SA		"sa"
#define ESPUDP_MCGRP_PEER	"peer"

#endif /* _UAPI_LINUX_ESPUDP_H */
