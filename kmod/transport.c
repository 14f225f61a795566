// SPDX-License-Identifier: GPL-2.0
/* Transports: UDP sockets, taken over from user space */

#include <linux/file.h>
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
#include "transport.h"

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

static void outer_read(const struct sk_buff *skb, const struct udphdr *udp,
		       struct espudp_outer *outer)
{
	outer->src_port = udp->source;
	outer->scope = 0;
	if (ip_hdr(skb)->version == 4) {
		outer->version = 4;
		outer->tos = ip_hdr(skb)->tos;
		outer->src.ipv4 = ip_hdr(skb)->saddr;
		return;
	}
	outer->version = 6;
	outer->tos = ipv6_get_dsfield(ipv6_hdr(skb));
	outer->src.ipv6 = ipv6_hdr(skb)->saddr;
	if (ipv6_addr_type(&outer->src.ipv6) & IPV6_ADDR_LINKLOCAL)
		outer->scope = skb->dev->ifindex;
}

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

	outer_read(skb, (const struct udphdr *)skb->data, &outer);
	__skb_pull(skb, sizeof(struct udphdr));
	transport->receive(transport, skb, &outer);
	return 0;
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

/* Give a socket back to its user, or close it if there is none. */
static void socket_release(struct sock *sk)
{
	bool orphan;

	lock_sock(sk);
	WRITE_ONCE(udp_sk(sk)->encap_type, 0);
	WRITE_ONCE(udp_sk(sk)->encap_rcv, NULL);
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
						espudp_receiver_t *receive)
{
	struct espudp_transport *transport = kzalloc(sizeof(*transport), GFP_KERNEL);

	if (!transport)
		return NULL;
	transport->stats = alloc_percpu(struct espudp_transport_stats);
	if (!transport->stats) {
		kfree(transport);
		return NULL;
	}
	transport->receive = receive;
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
			  espudp_receiver_t *receive, struct netlink_ext_ack *extack)
{
	struct espudp_transport *transport;
	int err;

	transport = transport_alloc(home, id, receive);
	if (!transport)
		return -ENOMEM;
	err = xa_insert(&home->transports, id, transport, GFP_KERNEL);
	if (err)
		goto err_put;
	err = socket_take(sock, transport, extack);
	if (err)
		goto err_erase;
	rcu_assign_pointer(transport->sk, sock->sk);
	return 0;

err_erase:
	xa_erase(&home->transports, id);
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
 * @receive: takes its ESP packets
 * @extack: why it failed
 *
 * Context: process, espudp_mutex held
 * Return: 0; -EEXIST, -EBUSY, -EINVAL or another error, and then nothing has changed
 */
int espudp_transport_add(struct espudp_net *home, u32 id, int fd, bool replace,
			 espudp_receiver_t *receive, struct netlink_ext_ack *extack)
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
		err = transport_make(home, id, sock, receive, extack);
	if (!err)
		home->generation++;
	sockfd_put(sock);
	return err;
}

static void transport_release(struct espudp_net *home, struct espudp_transport *transport)
{
	struct sock *sk = espudp_dereference(transport->sk);

	xa_erase(&home->transports, transport->id);
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
