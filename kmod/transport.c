// SPDX-License-Identifier: GPL-2.0
/* Transports: UDP sockets, taken over from user space */

#include <linux/file.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <linux/wait_bit.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>

#include "drop.h"
#include "esp.h"
#include "netns.h"
#include "outer.h"
#include "pmtu.h"
#include "transport.h"
#include "transport_gso.h"

/*
 * A private kind of encapsulation: that of xfrm (2) would let setsockopt() of later kernels hang
 * xfrm's functions into the socket.
 */
#define ENCAP_TYPE	0xe5

/* For IPv4 and IPv6: the kernel's functions of a UDP socket, and a copy with our close(). */
static struct proto *base_protos[2];
static struct proto protos[2];

/* Callers of socket_close() that are in it. */
static atomic_t closing = ATOMIC_INIT(0);

static int drop(struct espudp_transport *transport, struct sk_buff *skb, unsigned int reason)
{
	espudp_drop_stray(transport, 0, skb, reason);
	return 0;
}

/*
 * What came to the socket; skb->data is at the UDP header, the UDP checksum is verified.
 * Return 1 to leave it to user space.
 */
static int transport_encap_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct espudp_transport *transport = rcu_dereference_sk_user_data(sk);
	unsigned int len = skb->len - sizeof(struct udphdr);
	struct espudp_outer outer;
	const u8 *payload;
	__be32 spi;

	/* The socket is being given back. */
	if (!transport)
		return 1;
	if (!pskb_may_pull(skb, sizeof(struct udphdr) + min_t(unsigned int, len, sizeof(spi))))
		return drop(transport, skb, ESPUDP_DROP_REASON_RX_MEMORY);

	payload = skb->data + sizeof(struct udphdr);
	if (len == 1 && payload[0] == ESPUDP_KEEPALIVE) {
		this_cpu_inc(transport->stats->keepalives);
		consume_skb(skb);
		return 0;
	}
	if (len < ESPUDP_NON_ESP_MARKER_LEN)
		return drop(transport, skb, ESPUDP_DROP_REASON_RX_TRUNCATED);
	memcpy(&spi, payload, sizeof(spi));
	if (!spi) {
		this_cpu_inc(transport->stats->passed);
		if (!sock_flag(sk, SOCK_DEAD))
			return 1;
		/* Nobody is there to read it. */
		consume_skb(skb);
		return 0;
	}
	if (len < ESPUDP_ESP_HEADER_LEN)
		return drop(transport, skb, ESPUDP_DROP_REASON_RX_TRUNCATED);

	espudp_outer_read(skb, (const struct udphdr *)skb->data, &outer);
	__skb_pull(skb, sizeof(struct udphdr));
	transport->ops->receive(transport, skb, &outer);
	return 0;
}

/* The MTU of an ICMP error that says "too big"; the ICMP header precedes the quoted one. */
static bool read_too_big(const struct sk_buff *skb, u8 version, u32 *mtu)
{
	const struct icmp6hdr *icmp6 = (const struct icmp6hdr *)skb->data - 1;
	const struct icmphdr *icmp4 = (const struct icmphdr *)skb->data - 1;

	if (version == 4) {
		*mtu = ntohs(icmp4->un.frag.mtu);
		return icmp4->type == ICMP_DEST_UNREACH && icmp4->code == ICMP_FRAG_NEEDED;
	}
	*mtu = ntohl(icmp6->icmp6_mtu);
	return icmp6->icmp6_type == ICMPV6_PKT_TOOBIG;
}

static void read_quote(const struct sk_buff *skb, const struct espudp_esp_header *esp,
		       struct espudp_quote *quote)
{
	quote->version = ip_hdr(skb)->version;
	if (quote->version == 4) {
		quote->remote.ipv4 = ip_hdr(skb)->daddr;
		quote->len = ntohs(ip_hdr(skb)->tot_len);
	} else {
		quote->remote.ipv6 = ipv6_hdr(skb)->daddr;
		quote->len = sizeof(struct ipv6hdr) + ntohs(ipv6_hdr(skb)->payload_len);
	}
	quote->port = udp_hdr(skb)->dest;
	quote->spi = esp->spi;
	quote->seq = be32_to_cpu(esp->seq);
	quote->too_big = read_too_big(skb, quote->version, &quote->mtu);
}

/*
 * Whether to let the kernel have an ICMP error about an IKE message. Large ones of a socket that
 * does not discover path MTUs are not sent with DF, so no honest router complains of their size.
 */
static bool ike_error(struct sock *sk, const struct sk_buff *skb)
{
	u8 version = ip_hdr(skb)->version;
	u32 mtu;

	return version != 4 || READ_ONCE(inet_sk(sk)->pmtudisc) != IP_PMTUDISC_DONT ||
	       !read_too_big(skb, version, &mtu);
}

/*
 * An ICMP error came for the socket. The network header is that of the quoted packet, as is the
 * transport header; 8 octets behind the latter's start are there. Return 0 to let the kernel go on
 * with it, in which case it makes the path MTU of its own routes smaller; IPv6 packets that we let
 * it fragment depend on that.
 */
static int transport_encap_err(struct sock *sk, struct sk_buff *skb)
{
	struct espudp_transport *transport = rcu_dereference_sk_user_data(sk);
	unsigned int offset = skb_transport_offset(skb) + sizeof(struct udphdr);
	unsigned int wanted = offsetof(struct espudp_esp_header, seq) + sizeof(__be32);
	struct espudp_esp_header buffer;
	const struct espudp_esp_header *esp;
	struct espudp_quote quote;

	if (!transport)
		return 0;
	if (udp_hdr(skb)->source != inet_sk(sk)->inet_sport)
		return -ENOENT;
	esp = skb_header_pointer(skb, offset, wanted, &buffer);
	if (esp && !esp->spi)
		return ike_error(sk, skb) ? 0 : -ENOENT;
	if (esp) {
		read_quote(skb, esp, &quote);
		if (transport->ops->error(transport, &quote))
			return 0;
	}
	this_cpu_inc(transport->stats->icmp_ignored);
	return -ENOENT;
}

/*
 * The last descriptor of a socket is closed. Keep the socket if it is a transport's: cut it off
 * from the file, and stop counting it as a user of its namespace.
 */
static bool socket_adopt(struct sock *sk)
{
	bool ours;

	mutex_lock(&espudp_mutex);
	ours = READ_ONCE(sk->sk_prot) != sk->sk_prot_creator;
	if (ours) {
		lock_sock(sk);
		sock_orphan(sk);
		release_sock(sk);
		espudp_compat_sock_unpin_net(sk);
	}
	mutex_unlock(&espudp_mutex);
	return ours;
}

static void socket_close(struct sock *sk, long timeout)
{
	atomic_inc(&closing);
	if (!socket_adopt(sk))
		sk->sk_prot_creator->close(sk, timeout);
	if (atomic_dec_and_test(&closing))
		wake_up_var(&closing);
}

/* The functions for a socket that we take; espudp_mutex is held. */
static struct proto *proto_of(const struct sock *sk)
{
	unsigned int i = sk->sk_family == AF_INET6;

	if (base_protos[i] != sk->sk_prot_creator) {
		base_protos[i] = sk->sk_prot_creator;
		protos[i] = *sk->sk_prot_creator;
		protos[i].close = socket_close;
	}
	return &protos[i];
}

static const char *socket_flaw(struct sock *sk, struct net *net)
{
	if (sk->sk_family != AF_INET && sk->sk_family != AF_INET6)
		return "the socket is not of IPv4 or IPv6";
	if (sk->sk_type != SOCK_DGRAM || sk->sk_protocol != IPPROTO_UDP)
		return "the socket is not a UDP socket";
	if (!net_eq(sock_net(sk), net))
		return "the socket is of another network namespace";
	if (!inet_sk(sk)->inet_num)
		return "the socket is not bound";
	if (sk->sk_state == TCP_ESTABLISHED)
		return "the socket is connected";
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 && !ipv6_only_sock(sk) &&
	    (ipv6_addr_any(&sk->sk_v6_rcv_saddr) || ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr)))
		return "the IPv6 socket lacks IPV6_V6ONLY";
#endif
	return NULL;
}

static bool socket_in_use(struct sock *sk)
{
	return READ_ONCE(sk->sk_user_data) || READ_ONCE(udp_sk(sk)->encap_type) ||
	       sk->sk_prot != sk->sk_prot_creator || !sk->sk_net_refcnt;
}

/* Hang @transport into a user's socket, and take a reference to it. */
static int socket_take(struct socket *sock, struct espudp_transport *transport,
		       struct netlink_ext_ack *extack)
{
	struct udp_tunnel_sock_cfg config = {
		.sk_user_data = transport,
		.encap_type = ENCAP_TYPE,
		.encap_rcv = transport_encap_rcv,
		.encap_err_lookup = transport_encap_err,
	};
	struct net *net = transport->home->net;
	struct sock *sk = sock->sk;
	const char *flaw;
	int err = 0;

	lock_sock(sk);
	flaw = socket_flaw(sk, net);
	if (flaw) {
		extack->_msg = flaw;
		err = -EINVAL;
	} else if (socket_in_use(sk)) {
		NL_SET_ERR_MSG(extack, "the socket is used by a transport or by another tunnel");
		err = -EBUSY;
	} else {
		sock_hold(sk);
		WRITE_ONCE(sk->sk_prot, proto_of(sk));
		espudp_compat_setup_tunnel(net, sock, &config);
	}
	release_sock(sk);
	return err;
}

/*
 * Give a socket back to its user, or close it if there is none. In the latter case nothing may come
 * to it any more when it ceases to be ours: it would be queued for nobody, while another socket has
 * taken over.
 */
static void socket_release(struct sock *sk)
{
	bool orphan;

	lock_sock(sk);
	if (sock_flag(sk, SOCK_DEAD)) {
		sk->sk_prot->unhash(sk);
		synchronize_rcu();
	}
	WRITE_ONCE(udp_sk(sk)->encap_type, 0);
	WRITE_ONCE(udp_sk(sk)->encap_rcv, NULL);
	WRITE_ONCE(udp_sk(sk)->encap_err_lookup, NULL);
	rcu_assign_sk_user_data(sk, NULL);
	inet_dec_convert_csum(sk);
	WRITE_ONCE(sk->sk_prot, sk->sk_prot_creator);
	orphan = sock_flag(sk, SOCK_DEAD);
	release_sock(sk);

	if (orphan)
		sk_common_release(sk);
	sock_put(sk);
}

static struct espudp_transport *transport_alloc(struct espudp_net *home, u32 id,
						const struct espudp_transport_ops *ops)
{
	struct espudp_transport *transport = kzalloc(sizeof(*transport), GFP_KERNEL);

	if (!transport)
		return NULL;
	transport->stats = alloc_percpu(struct espudp_transport_stats);
	if (!transport->stats) {
		kfree(transport);
		return NULL;
	}
	transport->ops = ops;
	transport->home = home;
	transport->id = id;
	kref_init(&transport->refs);
	INIT_LIST_HEAD(&transport->peers);
	pr_debug("espudp: transport %u created\n", id);
	return transport;
}

static void transport_free(struct rcu_head *rcu)
{
	struct espudp_transport *transport = container_of(rcu, struct espudp_transport, rcu);

	pr_debug("espudp: transport %u destroyed\n", transport->id);
	free_percpu(transport->stats);
	kfree(transport);
}

static void transport_unreferenced(struct kref *refs)
{
	struct espudp_transport *transport = container_of(refs, struct espudp_transport, refs);

	call_rcu(&transport->rcu, transport_free);
}

/**
 * espudp_transport_put() - drop a reference
 * @transport: what it is to
 */
void espudp_transport_put(struct espudp_transport *transport)
{
	kref_put(&transport->refs, transport_unreferenced);
}

static int transport_replace(struct espudp_transport *transport, struct socket *sock,
			     struct netlink_ext_ack *extack)
{
	struct sock *old;
	int err;

	err = socket_take(sock, transport, extack);
	if (err)
		return err;
	/* From here on both receive, and we send by the new one. */
	old = espudp_dereference(transport->sk);
	rcu_assign_pointer(transport->sk, sock->sk);
	socket_release(old);
	return 0;
}

static int transport_make(struct espudp_net *home, u32 id, struct socket *sock,
			  const struct espudp_transport_ops *ops, struct netlink_ext_ack *extack)
{
	struct espudp_transport *transport;
	int err;

	transport = transport_alloc(home, id, ops);
	if (!transport)
		return -ENOMEM;
	if (xa_empty(&home->transports)) {
		err = espudp_transport_gso_start(home);
		if (err)
			goto err_put;
	}
	err = xa_insert(&home->transports, id, transport, GFP_KERNEL);
	if (err)
		goto err_gso;
	err = socket_take(sock, transport, extack);
	if (err)
		goto err_erase;
	rcu_assign_pointer(transport->sk, sock->sk);
	return 0;

err_erase:
	xa_erase(&home->transports, id);
err_gso:
	if (xa_empty(&home->transports))
		espudp_transport_gso_stop(home);
err_put:
	espudp_transport_put(transport);
	return err;
}

/**
 * espudp_transport_add() - take a socket
 * @home: the namespace
 * @id: of the transport
 * @fd: of the socket, in the calling process
 * @replace: the transport may exist, and gets a new socket
 * @ops: take what comes to it
 * @extack: why it failed
 *
 * Context: process, espudp_mutex held
 * Return: 0; -EEXIST, -EBUSY, -EINVAL or another error, and then nothing has changed
 */
int espudp_transport_add(struct espudp_net *home, u32 id, int fd, bool replace,
			 const struct espudp_transport_ops *ops, struct netlink_ext_ack *extack)
{
	struct espudp_transport *transport = xa_load(&home->transports, id);
	struct socket *sock;
	int err;

	if (transport && !replace) {
		NL_SET_ERR_MSG(extack, "a transport with this id exists");
		return -EEXIST;
	}
	sock = sockfd_lookup(fd, &err);
	if (!sock) {
		NL_SET_ERR_MSG(extack, "the descriptor is not a socket");
		return err;
	}
	if (transport)
		err = transport_replace(transport, sock, extack);
	else
		err = transport_make(home, id, sock, ops, extack);
	if (!err)
		home->generation++;
	sockfd_put(sock);
	return err;
}

static void transport_release(struct espudp_net *home, struct espudp_transport *transport)
{
	struct sock *sk = espudp_dereference(transport->sk);

	xa_erase(&home->transports, transport->id);
	if (xa_empty(&home->transports))
		espudp_transport_gso_stop(home);
	home->generation++;
	RCU_INIT_POINTER(transport->sk, NULL);
	socket_release(sk);
	espudp_transport_put(transport);
}

/**
 * espudp_transport_del() - give the socket back
 * @home: the namespace
 * @transport: of it
 *
 * Context: process, espudp_mutex held
 * Return: 0, or -EBUSY while peers use it
 */
int espudp_transport_del(struct espudp_net *home, struct espudp_transport *transport)
{
	if (transport->n_peers)
		return -EBUSY;
	transport_release(home, transport);
	return 0;
}

/**
 * espudp_transport_del_all() - close or give back all sockets
 * @home: the namespace, which has no peers any more
 *
 * Context: process, espudp_mutex held
 */
void espudp_transport_del_all(struct espudp_net *home)
{
	struct espudp_transport *transport;
	unsigned long id;

	xa_for_each(&home->transports, id, transport)
		transport_release(home, transport);
}

/**
 * espudp_transport_exit() - wait until no task is in socket_close()
 *
 * A task may have read the pointer to it before the sockets got their own functions back. The
 * first wait is for it to enter or to have been through, the last one for it to return.
 *
 * Context: module exit, when the last socket was released
 */
void espudp_transport_exit(void)
{
	if (!base_protos[0] && !base_protos[1])
		return;
	synchronize_rcu_tasks();
	wait_var_event(&closing, !atomic_read(&closing));
	synchronize_rcu_tasks();
}
