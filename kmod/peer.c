// SPDX-License-Identifier: GPL-2.0
/* Peers: their life, keepalives, and endpoints that change */

#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "child.h"
#include "esp.h"
#include "event.h"
#include "link.h"
#include "netns.h"
#include "peer.h"
#include "transport.h"

/**
 * espudp_peer_mark() - mark of packets to a peer
 * @peer: the peer
 * @sk: its transport's socket
 *
 * Context: any
 */
u32 espudp_peer_mark(const struct espudp_peer *peer, const struct sock *sk)
{
	return READ_ONCE(peer->link->config.mark) ?: READ_ONCE(sk->sk_mark);
}

static void xmit_keepalive(struct sock *sk, struct espudp_peer *peer,
			   struct espudp_endpoint *endpoint)
{
	struct espudp_outer_fields fields = { .mark = espudp_peer_mark(peer, sk) };
	struct espudp_route route;
	struct sk_buff *skb;

	if (espudp_route_get(sk, endpoint, fields.mark, peer->link->dev,
			     &route) != ESPUDP_NOT_DROPPED)
		return;
	skb = alloc_skb(MAX_HEADER + 1, GFP_ATOMIC);
	if (skb) {
		skb_reserve(skb, MAX_HEADER);
		skb_put_u8(skb, ESPUDP_KEEPALIVE);
		espudp_outer_xmit(sk, endpoint, &route, &fields, skb);
	}
	espudp_route_put(&route);
}

/* RFC 3948 4: one octet, if the peer is known and the link is up. */
static void send_keepalive(struct espudp_peer *peer)
{
	struct espudp_endpoint *endpoint;
	struct sock *sk;

	if (!netif_running(peer->link->dev))
		return;
	local_bh_disable();
	rcu_read_lock();
	endpoint = rcu_dereference(peer->endpoint);
	sk = rcu_dereference(rcu_dereference(peer->transport)->sk);
	if (sk && endpoint->version)
		xmit_keepalive(sk, peer, endpoint);
	rcu_read_unlock();
	local_bh_enable();
}

/* Send one if it is time to. Return when the next one is due. */
static u64 check_keepalive(struct espudp_peer *peer, u64 now)
{
	u64 interval = (u64)READ_ONCE(peer->keepalive) * NSEC_PER_SEC;
	u64 last;

	if (!interval)
		return U64_MAX;
	last = max3(espudp_traffic_sum(peer->tx).last, peer->keepalive_sent,
		    READ_ONCE(peer->timer_base));
	if (last + interval <= now) {
		send_keepalive(peer);
		peer->keepalive_sent = now;
		last = now;
	}
	return last + interval;
}

/* Report idleness once for each last reception. Return when to look again. */
static u64 check_idle(struct espudp_peer *peer, u64 now)
{
	u64 interval = (u64)READ_ONCE(peer->idle) * NSEC_PER_SEC;
	u64 received, last;

	if (!interval)
		return U64_MAX;
	received = espudp_traffic_sum(peer->rx).last;
	last = max(received, READ_ONCE(peer->timer_base));
	if (last + interval > now)
		return last + interval;
	if (peer->idle_reported != last) {
		peer->idle_reported = last;
		espudp_event_peer_idle(peer, received ? now - received : 0);
	}
	return now + interval;
}

static void peer_work(struct work_struct *work)
{
	struct espudp_peer *peer = container_of(to_delayed_work(work), struct espudp_peer, work);
	u64 next, now = espudp_now();

	if (READ_ONCE(peer->dead))
		return;
	next = min(check_keepalive(peer, now), check_idle(peer, now));
	if (next != U64_MAX)
		queue_delayed_work(espudp_wq, &peer->work, nsecs_to_jiffies(next - now) + 1);
}

static void peer_free(struct espudp_peer *peer)
{
	struct espudp_transport *transport = rcu_dereference_protected(peer->transport, true);

	if (transport)
		espudp_transport_put(transport);
	espudp_endpoint_free(rcu_dereference_protected(peer->endpoint, true));
	free_percpu(peer->tx);
	free_percpu(peer->rx);
	kfree(peer);
}

static void peer_free_work(struct work_struct *work)
{
	struct espudp_peer *peer = container_of(to_rcu_work(work), struct espudp_peer, free_work);
	struct net_device *dev = peer->link->dev;
	netdevice_tracker tracker = peer->dev_tracker;

	cancel_delayed_work_sync(&peer->work);
	pr_debug("espudp: peer %u destroyed\n", peer->id);
	peer_free(peer);
	netdev_put(dev, &tracker);
}

static void peer_unreferenced(struct kref *refs)
{
	struct espudp_peer *peer = container_of(refs, struct espudp_peer, refs);

	queue_rcu_work(espudp_wq, &peer->free_work);
}

/**
 * espudp_peer_put() - drop a reference
 * @peer: what it is to
 *
 * Context: any
 */
void espudp_peer_put(struct espudp_peer *peer)
{
	kref_put(&peer->refs, peer_unreferenced);
}

static struct espudp_peer *peer_alloc(u32 id)
{
	struct espudp_peer *peer = kzalloc(sizeof(*peer), GFP_KERNEL);

	if (!peer)
		return NULL;
	peer->rx = espudp_traffic_alloc();
	if (!peer->rx)
		goto err_peer;
	peer->tx = espudp_traffic_alloc();
	if (!peer->tx)
		goto err_rx;
	spin_lock_init(&peer->lock);
	INIT_LIST_HEAD(&peer->children);
	kref_init(&peer->refs);
	INIT_DELAYED_WORK(&peer->work, peer_work);
	INIT_RCU_WORK(&peer->free_work, peer_free_work);
	peer->timer_base = espudp_now();
	peer->endpoint_reported = jiffies - HZ;
	peer->id = id;
	return peer;

err_rx:
	free_percpu(peer->rx);
err_peer:
	kfree(peer);
	return NULL;
}

static void set_transport(struct espudp_peer *peer, struct espudp_transport *transport)
{
	struct espudp_transport *old = espudp_dereference(peer->transport);

	kref_get(&transport->refs);
	rcu_assign_pointer(peer->transport, transport);
	if (old) {
		list_del(&peer->transport_node);
		old->n_peers--;
		espudp_transport_put(old);
	}
	list_add_tail(&peer->transport_node, &transport->peers);
	transport->n_peers++;
}

static void set_endpoint(struct espudp_peer *peer, struct espudp_endpoint *endpoint)
{
	struct espudp_endpoint *old;

	spin_lock_bh(&peer->lock);
	old = rcu_replace_pointer(peer->endpoint, endpoint, lockdep_is_held(&peer->lock));
	spin_unlock_bh(&peer->lock);
	espudp_endpoint_free(old);
}

/**
 * espudp_peer_new() - make a peer
 * @home: the namespace
 * @link: whose home it is
 * @id: of the peer
 * @config: with a transport and an endpoint; the latter is taken on success
 * @extack: why it failed
 *
 * Context: process, espudp_mutex held
 * Return: 0, or -EEXIST or -ENOMEM
 */
int espudp_peer_new(struct espudp_net *home, struct espudp_link *link, u32 id,
		    struct espudp_peer_config *config, struct netlink_ext_ack *extack)
{
	struct espudp_peer *peer = peer_alloc(id);
	int err;

	if (!peer)
		return -ENOMEM;
	err = xa_insert(&home->peers, id, peer, GFP_KERNEL);
	if (err) {
		peer_free(peer);
		if (err != -EBUSY)
			return err;
		NL_SET_ERR_MSG(extack, "a peer with this id exists");
		return -EEXIST;
	}
	peer->link = link;
	netdev_hold(link->dev, &peer->dev_tracker, GFP_KERNEL);
	list_add_tail(&peer->link_node, &link->peers);
	link->n_peers++;
	espudp_peer_set(home, peer, config);
	pr_debug("espudp: peer %u created\n", id);
	return 0;
}

/**
 * espudp_peer_set() - change a peer
 * @home: the namespace
 * @peer: the peer
 * @config: what to change; its endpoint is taken
 *
 * Context: process, espudp_mutex held
 */
void espudp_peer_set(struct espudp_net *home, struct espudp_peer *peer,
		     struct espudp_peer_config *config)
{
	if (config->transport)
		set_transport(peer, config->transport);
	if (config->endpoint)
		set_endpoint(peer, config->endpoint);
	config->endpoint = NULL;
	if (config->has_policy)
		WRITE_ONCE(peer->policy, config->policy);
	if (config->has_keepalive)
		WRITE_ONCE(peer->keepalive, config->keepalive);
	if (config->has_idle)
		WRITE_ONCE(peer->idle, config->idle);
	if (config->has_keepalive || config->has_idle) {
		WRITE_ONCE(peer->timer_base, espudp_now());
		mod_delayed_work(espudp_wq, &peer->work, 0);
	}
	home->generation++;
}

/**
 * espudp_peer_del() - delete a peer with its children
 * @home: the namespace
 * @peer: the peer
 * @reason: for the events
 *
 * Context: process, espudp_mutex held
 */
void espudp_peer_del(struct espudp_net *home, struct espudp_peer *peer,
		     enum espudp_delete_reason reason)
{
	struct espudp_child *child, *next;

	list_for_each_entry_safe(child, next, &peer->children, peer_node)
		espudp_child_del(home, child, espudp_reason_below(reason));
	WRITE_ONCE(peer->dead, true);
	list_del(&peer->link_node);
	peer->link->n_peers--;
	list_del(&peer->transport_node);
	espudp_dereference(peer->transport)->n_peers--;
	xa_erase(&home->peers, peer->id);
	home->generation++;
	espudp_event_peer_del(peer, reason);
	espudp_peer_put(peer);
}

/**
 * espudp_peer_reset_routes() - forget the routes of all peers of a transport
 * @transport: its socket was replaced
 *
 * Context: process, espudp_mutex held
 */
void espudp_peer_reset_routes(struct espudp_transport *transport)
{
	struct espudp_peer *peer;

	/* A reader with the old socket may still be about to fill a cache. */
	synchronize_rcu();
	rcu_read_lock();
	list_for_each_entry(peer, &transport->peers, transport_node)
		dst_cache_reset(&rcu_dereference(peer->endpoint)->cache);
	rcu_read_unlock();
}

static struct espudp_endpoint *endpoint_from(const struct espudp_endpoint *old,
					     const struct espudp_outer *outer)
{
	struct espudp_endpoint *endpoint = espudp_endpoint_alloc(GFP_ATOMIC);

	if (!endpoint)
		return NULL;
	endpoint->version = outer->version;
	endpoint->remote = outer->src;
	endpoint->scope = outer->scope;
	endpoint->port = outer->src_port;
	/* What was asked for stays; else answer from the address that was addressed. */
	endpoint->local_learnt = !old->local_version || old->local_learnt ||
				 old->local_version != outer->version;
	endpoint->local = endpoint->local_learnt ? outer->dst : old->local;
	endpoint->local_version = outer->version;
	if (espudp_address_any(&endpoint->local, outer->version))
		endpoint->local_version = 0;
	/* Another address of ours does not make it another path to the peer. */
	if (espudp_endpoint_is(old, outer)) {
		endpoint->pmtu_learnt = READ_ONCE(old->pmtu_learnt);
		endpoint->pmtu = READ_ONCE(old->pmtu);
	}
	return endpoint;
}

static bool learn(struct espudp_peer *peer, const struct espudp_outer *outer)
{
	struct espudp_endpoint *old, *endpoint = NULL;

	spin_lock_bh(&peer->lock);
	old = rcu_dereference_protected(peer->endpoint, lockdep_is_held(&peer->lock));
	/* Another CPU may have been first. */
	if (!espudp_endpoint_is(old, outer) || !espudp_endpoint_local_is(old, outer))
		endpoint = endpoint_from(old, outer);
	if (endpoint)
		rcu_assign_pointer(peer->endpoint, endpoint);
	spin_unlock_bh(&peer->lock);

	if (endpoint)
		espudp_endpoint_free(old);
	return endpoint;
}

/**
 * espudp_peer_moved() - a packet came from elsewhere than the endpoint
 * @peer: that sent it
 * @transport_id: by which it came
 * @outer: where from
 *
 * Only for packets that are authenticated and newer than all before. An endpoint is not learnt
 * from a packet that came by another transport than that which we would send by.
 *
 * Context: softirq, RCU read side
 */
void espudp_peer_moved(struct espudp_peer *peer, u32 transport_id,
		       const struct espudp_outer *outer)
{
	u32 policy = READ_ONCE(peer->policy);
	unsigned long last;

	if (policy == ESPUDP_ENDPOINT_POLICY_FIXED)
		return;
	if (policy == ESPUDP_ENDPOINT_POLICY_LEARN &&
	    rcu_dereference(peer->transport)->id == transport_id) {
		if (learn(peer, outer))
			espudp_event_peer_endpoint(peer, transport_id, outer, policy);
		return;
	}
	last = READ_ONCE(peer->endpoint_reported);
	if (time_before(jiffies, last + HZ) ||
	    cmpxchg(&peer->endpoint_reported, last, jiffies) != last)
		return;
	espudp_event_peer_endpoint(peer, transport_id, outer, ESPUDP_ENDPOINT_POLICY_NOTIFY);
}

/**
 * espudp_peer_called() - a packet came to another address of ours than we send from
 * @peer: that sent it
 * @transport_id: by which it came
 * @outer: where it came to
 *
 * A peer that follows moves is then answered from that address, which the NAT or firewall on its
 * side waits for. Only for packets that are authenticated and newer than all before.
 *
 * Context: softirq, RCU read side
 */
void espudp_peer_called(struct espudp_peer *peer, u32 transport_id,
			const struct espudp_outer *outer)
{
	if (READ_ONCE(peer->policy) == ESPUDP_ENDPOINT_POLICY_LEARN &&
	    rcu_dereference(peer->transport)->id == transport_id)
		learn(peer, outer);
}
