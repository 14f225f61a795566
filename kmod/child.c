// SPDX-License-Identifier: GPL-2.0
/* Children: their life, selectors and SAs */

#include <linux/netlink.h>
#include <linux/slab.h>

#include "child.h"
#include "event.h"
#include "link.h"
#include "netns.h"
#include "peer.h"
#include "trace.h"

static void child_free_work(struct work_struct *work)
{
	struct espudp_child *child = container_of(to_rcu_work(work), struct espudp_child,
						  free_work);

	pr_debug("espudp: child %u destroyed\n", child->id);
	espudp_peer_put(rcu_dereference_protected(child->peer, true));
	espudp_child_discard(child);
}

static void child_unreferenced(struct kref *refs)
{
	struct espudp_child *child = container_of(refs, struct espudp_child, refs);

	queue_rcu_work(espudp_wq, &child->free_work);
}

/**
 * espudp_child_put() - drop a reference
 * @child: what it is to
 *
 * Context: any
 */
void espudp_child_put(struct espudp_child *child)
{
	kref_put(&child->refs, child_unreferenced);
}

/**
 * espudp_child_alloc() - make a child that is in no table yet
 * @id: chosen by user space
 * @ops: what becomes of packets that have waited for an SA
 *
 * Context: process
 * Return: the child, or NULL
 */
struct espudp_child *espudp_child_alloc(u32 id, const struct espudp_acquire_ops *ops)
{
	struct espudp_child *child = kzalloc(sizeof(*child), GFP_KERNEL);

	if (!child)
		return NULL;
	INIT_LIST_HEAD(&child->sas);
	kref_init(&child->refs);
	INIT_RCU_WORK(&child->free_work, child_free_work);
	espudp_acquire_init(&child->acquire, ops);
	child->id = id;
	return child;
}

/**
 * espudp_child_discard() - free a child that was never inserted
 * @child: from espudp_child_alloc(); NULL is allowed
 */
void espudp_child_discard(struct espudp_child *child)
{
	if (!child)
		return;
	kfree(rcu_dereference_protected(child->selectors, true));
	kfree(rcu_dereference_protected(child->cpus, true));
	kfree(child);
}

static void attach_peer(struct espudp_child *child, struct espudp_peer *peer)
{
	kref_get(&peer->refs);
	rcu_assign_pointer(child->peer, peer);
	list_add_tail(&child->peer_node, &peer->children);
	peer->n_children++;
}

/**
 * espudp_child_insert() - let a child be found
 * @home: the namespace
 * @peer: its peer
 * @child: from espudp_child_alloc()
 * @selectors: valid ones, owned by @child; taken on success
 * @extack: why it failed
 * @clash: with -EEXIST the remote selector that another child has, or -1 if it is the id
 *
 * Context: process, espudp_mutex held
 * Return: 0, or -EEXIST or -ENOMEM, and then nothing has changed
 */
int espudp_child_insert(struct espudp_net *home, struct espudp_peer *peer,
			struct espudp_child *child, struct espudp_selectors *selectors,
			struct netlink_ext_ack *extack, unsigned int *clash)
{
	struct espudp_link *link = peer->link;
	int err;

	*clash = -1;
	err = xa_insert(&home->children, child->id, child, GFP_KERNEL);
	if (err == -EBUSY) {
		NL_SET_ERR_MSG(extack, "a child with this id exists");
		return -EEXIST;
	}
	if (err)
		return err;

	child->link = link;
	attach_peer(child, peer);
	rcu_assign_pointer(child->selectors, selectors);
	err = espudp_selector_table_add(&link->selectors, selectors, clash);
	if (err)
		goto err_erase;
	link->n_children++;
	home->generation++;
	pr_debug("espudp: child %u created\n", child->id);
	return 0;

err_erase:
	/* A packet may have found the child by those of its selectors that went in. */
	synchronize_rcu();
	RCU_INIT_POINTER(child->selectors, NULL);
	list_del(&child->peer_node);
	peer->n_children--;
	espudp_peer_put(peer);
	xa_erase(&home->children, child->id);
	return err;
}

/**
 * espudp_child_set_selectors() - replace the selectors
 * @home: the namespace
 * @child: whose
 * @selectors: valid ones, owned by @child; taken on success
 * @clash: with -EEXIST the remote selector that another child has
 *
 * Context: process, espudp_mutex held
 * Return: 0, or -EEXIST or -ENOMEM, and then nothing has changed
 */
int espudp_child_set_selectors(struct espudp_net *home, struct espudp_child *child,
			       struct espudp_selectors *selectors, unsigned int *clash)
{
	struct espudp_selectors *old = espudp_dereference(child->selectors);
	int err;

	err = espudp_selector_table_add(&child->link->selectors, selectors, clash);
	if (err)
		return err;
	rcu_assign_pointer(child->selectors, selectors);
	espudp_selector_table_remove(&child->link->selectors, old);
	espudp_selectors_free(old);
	home->generation++;
	return 0;
}

/**
 * espudp_child_set_peer() - hand a child with its SAs to another peer
 * @home: the namespace
 * @child: the child
 * @peer: of the same link
 *
 * Context: process, espudp_mutex held
 */
void espudp_child_set_peer(struct espudp_net *home, struct espudp_child *child,
			   struct espudp_peer *peer)
{
	struct espudp_peer *old = espudp_dereference(child->peer);

	list_del(&child->peer_node);
	old->n_children--;
	attach_peer(child, peer);
	espudp_peer_put(old);
	home->generation++;
}

/**
 * espudp_child_del() - delete a child with its SAs
 * @home: the namespace
 * @child: the child
 * @reason: for the events
 *
 * Context: process, espudp_mutex held
 */
void espudp_child_del(struct espudp_net *home, struct espudp_child *child,
		      enum espudp_delete_reason reason)
{
	struct espudp_sa *sa, *next;

	espudp_selector_table_remove(&child->link->selectors,
				     espudp_dereference(child->selectors));
	list_for_each_entry_safe(sa, next, &child->sas, child_node)
		espudp_child_del_sa(home, sa, espudp_reason_below(reason));
	list_del(&child->peer_node);
	espudp_dereference(child->peer)->n_children--;
	child->link->n_children--;
	xa_erase(&home->children, child->id);
	home->generation++;
	espudp_acquire_close(child);
	espudp_event_child_del(child, reason);
	espudp_child_put(child);
}

/**
 * espudp_child_sa() - the SA that a packet is sent with
 * @child: of the packet
 *
 * That of this CPU, if it has one that has not expired, else that of all (RFC 9611 section 4).
 *
 * Context: any, under RCU; another CPU than expected does no harm
 * Return: the SA, which may have expired, or NULL
 */
struct espudp_sa *espudp_child_sa(const struct espudp_child *child)
{
	const struct espudp_child_cpus *cpus = rcu_dereference(child->cpus);
	struct espudp_sa *sa;

	if (unlikely(cpus)) {
		sa = rcu_dereference(cpus->sas[raw_smp_processor_id()]);
		if (sa && !espudp_sa_expired(sa))
			return sa;
	}
	return rcu_dereference(child->sa_out);
}

/* Where a pointer to the SA is while it is in use. */
static struct espudp_sa __rcu **place(const struct espudp_child *child, const struct espudp_sa *sa)
{
	struct espudp_child_cpus *cpus = rcu_dereference_protected(child->cpus, true);

	if (sa->has_cpu)
		return cpus ? &cpus->sas[sa->cpu] : NULL;
	return (struct espudp_sa __rcu **)&child->sa_out;
}

/**
 * espudp_child_uses() - whether an SA is in use, on its CPU or all
 * @child: what it belongs to
 * @sa: the SA
 *
 * Context: process, espudp_mutex held
 * Return: whether packets are sent with it
 */
bool espudp_child_uses(const struct espudp_child *child, const struct espudp_sa *sa)
{
	struct espudp_sa __rcu **at = place(child, sa);

	return at && rcu_access_pointer(*at) == sa;
}

/* Let no packet be sent with @sa any more. */
static void unset_current(struct espudp_child *child, const struct espudp_sa *sa)
{
	if (!espudp_child_uses(child, sa))
		return;
	RCU_INIT_POINTER(*place(child, sa), NULL);
	if (!sa->has_cpu)
		espudp_link_count_sending(child->link, -1);
}

/* Send with @sa from now on. */
static void set_current(struct espudp_child *child, struct espudp_sa *sa)
{
	if (!sa->has_cpu && !rcu_access_pointer(child->sa_out))
		espudp_link_count_sending(child->link, 1);
	rcu_assign_pointer(*place(child, sa), sa);
	trace_espudp_sa_switch(sa);
	espudp_acquire_wake(child);
}

/* Make the places for SAs of single CPUs. */
static int make_cpus(struct espudp_child *child)
{
	struct espudp_child_cpus *cpus;

	if (rcu_access_pointer(child->cpus))
		return 0;
	cpus = kcalloc(nr_cpu_ids, sizeof(cpus->sas[0]), GFP_KERNEL);
	if (!cpus)
		return -ENOMEM;
	rcu_assign_pointer(child->cpus, cpus);
	return 0;
}

/**
 * espudp_child_add_sa() - insert an SA
 * @home: the namespace
 * @child: what it serves
 * @sa: from espudp_sa_alloc()
 * @current_sa: send with it from now on
 * @extack: why it failed
 *
 * Context: process, espudp_mutex held
 * Return: 0, -ENOMEM, or the error of espudp_sa_insert()
 */
int espudp_child_add_sa(struct espudp_net *home, struct espudp_child *child, struct espudp_sa *sa,
			bool current_sa, struct netlink_ext_ack *extack)
{
	int err;

	err = sa->has_cpu ? make_cpus(child) : 0;
	if (err)
		return err;
	sa->child = child;
	err = espudp_sa_insert(home, sa, extack);
	if (err)
		return err;
	kref_get(&child->refs);
	list_add_tail(&sa->child_node, &child->sas);
	trace_espudp_sa_install(sa);
	if (!sa->inbound)
		espudp_link_sa_added(child->link, sa->suite);
	if (current_sa)
		set_current(child, sa);
	return 0;
}

/**
 * espudp_child_del_sa() - delete an SA
 * @home: the namespace
 * @sa: the SA
 * @reason: for the event
 *
 * Context: process, espudp_mutex held
 */
void espudp_child_del_sa(struct espudp_net *home, struct espudp_sa *sa,
			 enum espudp_delete_reason reason)
{
	struct espudp_child *child = sa->child;

	unset_current(child, sa);
	list_del_init(&sa->child_node);
	if (!sa->inbound)
		espudp_link_sa_deleted(child->link, sa->suite);
	espudp_event_sa_del(sa, reason);
	espudp_sa_kill(home, sa);
}

/**
 * espudp_child_switch() - send with another SA from now on, if it is one of a CPU, there
 * @home: the namespace
 * @sa: outbound
 *
 * Context: process, espudp_mutex held
 */
void espudp_child_switch(struct espudp_net *home, struct espudp_sa *sa)
{
	set_current(sa->child, sa);
	home->generation++;
}

static void sa_expired(struct espudp_sa *sa)
{
	struct espudp_net *home;

	mutex_lock(&espudp_mutex);
	home = espudp_dereference(sa->child->link->home);
	if (!sa->dead && home)
		espudp_child_del_sa(home, sa, ESPUDP_DELETE_REASON_EXPIRED);
	mutex_unlock(&espudp_mutex);
}

static void sa_released(struct espudp_sa *sa)
{
	espudp_child_put(sa->child);
}

/* For espudp_sa_alloc() of SAs that go to espudp_child_add_sa(). */
const struct espudp_sa_owner espudp_child_sa_owner = {
	.expired	= sa_expired,
	.released	= sa_released,
};
