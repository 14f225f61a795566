// SPDX-License-Identifier: GPL-2.0
/* Security associations: their life, limits and sequence numbers */

#include <crypto/aead.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "event.h"
#include "netns.h"
#include "sa.h"
#include "suite.h"

/*
 * Closer than this to the end of the numbers they are given out one by one, so that additions on
 * all CPUs together cannot run over the end.
 */
#define SEQUENCE_MARGIN		(1ULL << 30)
/* So long after the last packet that another CPU has sent does one believe to be alone; jiffies. */
#define ALONE_AFTER		(HZ / 20 + 1)

static struct kmem_cache *sa_cache;

/**
 * espudp_sa_cache_init() - prepare for espudp_sa_alloc()
 *
 * Context: module init
 * Return: 0 or -ENOMEM
 */
int espudp_sa_cache_init(void)
{
	sa_cache = KMEM_CACHE(espudp_sa, 0);
	return sa_cache ? 0 : -ENOMEM;
}

/**
 * espudp_sa_cache_exit() - undo espudp_sa_cache_init()
 *
 * Context: module exit, when the last SA is freed
 */
void espudp_sa_cache_exit(void)
{
	kmem_cache_destroy(sa_cache);
}

static u64 sequence_end(const struct espudp_sa *sa)
{
	return sa->esn ? U64_MAX : U32_MAX;
}

/* Seconds from the SA's making to nanoseconds from now; 0 if that is past. */
static u64 time_left(const struct espudp_sa *sa, u64 seconds, u64 now)
{
	u64 age = now - sa->made;
	u64 due;

	if (seconds > div_u64(U64_MAX, NSEC_PER_SEC))
		return U64_MAX;
	due = seconds * NSEC_PER_SEC;
	return due > age ? due - age : 0;
}

static void reach(struct espudp_sa *sa, int *cause_of, enum espudp_expire_cause cause)
{
	if (!READ_ONCE(*cause_of) && !cmpxchg(cause_of, 0, (int)cause))
		mod_delayed_work(espudp_wq, &sa->work, 0);
}

/* Look at the clock, and come back when the next limit is due. */
static void check_time(struct espudp_sa *sa)
{
	const struct espudp_sa_limits *limits;
	u64 left, next = U64_MAX, now = espudp_now();

	rcu_read_lock();
	limits = rcu_dereference(sa->limits);
	if (limits && limits->soft_time && !READ_ONCE(sa->soft_cause)) {
		left = time_left(sa, limits->soft_time, now);
		if (left)
			next = left;
		else
			cmpxchg(&sa->soft_cause, 0, (int)ESPUDP_EXPIRE_CAUSE_TIME);
	}
	if (limits && limits->hard_time && !READ_ONCE(sa->hard_cause)) {
		left = time_left(sa, limits->hard_time, now);
		if (left)
			next = min(next, left);
		else
			cmpxchg(&sa->hard_cause, 0, (int)ESPUDP_EXPIRE_CAUSE_TIME);
	}
	rcu_read_unlock();

	if (next == U64_MAX)
		return;
	/* An hour at most, so that no conversion overflows; one jiffy more than due. */
	next = min_t(u64, next, 3600ULL * NSEC_PER_SEC);
	queue_delayed_work(espudp_wq, &sa->work, nsecs_to_jiffies(next) + 1);
}

static void sa_work(struct work_struct *work)
{
	struct espudp_sa *sa = container_of(to_delayed_work(work), struct espudp_sa, work);
	int soft = 0, hard;

	if (READ_ONCE(sa->dead))
		return;
	check_time(sa);

	spin_lock_bh(&sa->lock);
	if (sa->soft_cause && !sa->soft_reported) {
		sa->soft_reported = true;
		soft = sa->soft_cause;
	}
	spin_unlock_bh(&sa->lock);
	if (soft)
		espudp_event_sa_expire(sa, false, soft);

	hard = READ_ONCE(sa->hard_cause);
	if (!hard || sa->hard_reported)
		return;
	sa->hard_reported = true;
	espudp_event_sa_expire(sa, true, hard);
	sa->owner->expired(sa);
}

static void sa_free(struct espudp_sa *sa)
{
	kfree(rcu_dereference_protected(sa->limits, true));
	percpu_ref_exit(&sa->refs);
	free_percpu(sa->meter);
	free_percpu(sa->traffic);
	kfree(sa->replay);
	crypto_free_aead(sa->tfm);
	kmem_cache_free(sa_cache, sa);
}

static void sa_free_work(struct work_struct *work)
{
	struct espudp_sa *sa = container_of(work, struct espudp_sa, free_work);

	cancel_delayed_work_sync(&sa->work);
	sa->owner->released(sa);
	pr_debug("espudp: sa %u destroyed\n", sa->id);
	sa_free(sa);
}

/* Nobody can see it any more: percpu_ref_kill() came after the tables and waits for RCU. */
static void sa_unreferenced(struct percpu_ref *ref)
{
	struct espudp_sa *sa = container_of(ref, struct espudp_sa, refs);

	queue_work(espudp_wq, &sa->free_work);
}

static struct espudp_replay *replay_alloc(const struct espudp_sa_config *config)
{
	struct espudp_replay *replay;
	u32 words = espudp_replay_words(config->window);

	replay = kmalloc(struct_size(replay, bitmap, words), GFP_KERNEL);
	if (replay)
		espudp_replay_init(replay, config->window, config->esn, config->sequence);
	return replay;
}

/**
 * espudp_sa_alloc() - make an SA that is in no table yet
 * @config: valid in itself
 * @extack: why it failed
 *
 * Context: process, without espudp_mutex, since the transform may load modules
 * Return: the SA, or an ERR_PTR
 */
struct espudp_sa *espudp_sa_alloc(const struct espudp_sa_config *config,
				  struct netlink_ext_ack *extack)
{
	struct espudp_sa *sa;
	int err = -ENOMEM;

	sa = kmem_cache_zalloc(sa_cache, GFP_KERNEL);
	if (!sa)
		return ERR_PTR(-ENOMEM);
	sa->spi.spi = config->spi;
	sa->suite = config->suite;
	sa->owner = config->owner;
	sa->inbound = config->inbound;
	sa->esn = config->esn;
	sa->tfc_pad = config->tfc_pad;
	sa->has_cpu = config->has_cpu;
	sa->cpu = config->cpu;
	sa->id = config->id;
	sa->made = espudp_now();
	spin_lock_init(&sa->lock);
	INIT_LIST_HEAD(&sa->child_node);
	INIT_DELAYED_WORK(&sa->work, sa_work);
	INIT_WORK(&sa->free_work, sa_free_work);
	espudp_order_init(&sa->order, &sa->refs);
	atomic64_set(&sa->sequence, config->sequence);

	sa->tfm = espudp_suite_key(config->suite, config->esn, config->driver, config->key, extack);
	if (IS_ERR(sa->tfm)) {
		err = PTR_ERR(sa->tfm);
		goto err_cache;
	}
	sa->traffic = espudp_traffic_alloc();
	if (!sa->traffic)
		goto err_tfm;
	if (config->inbound) {
		sa->replay = replay_alloc(config);
		if (!sa->replay)
			goto err_traffic;
	}
	err = percpu_ref_init(&sa->refs, sa_unreferenced, 0, GFP_KERNEL);
	if (err)
		goto err_replay;
	err = espudp_sa_set_limits(sa, &config->limits);
	if (err)
		goto err_refs;
	return sa;

err_refs:
	free_percpu(sa->meter);
	percpu_ref_exit(&sa->refs);
err_replay:
	kfree(sa->replay);
err_traffic:
	free_percpu(sa->traffic);
err_tfm:
	crypto_free_aead(sa->tfm);
err_cache:
	kmem_cache_free(sa_cache, sa);
	return ERR_PTR(err);
}

/**
 * espudp_sa_discard() - free an SA that was never inserted
 * @sa: from espudp_sa_alloc()
 *
 * Context: process
 */
void espudp_sa_discard(struct espudp_sa *sa)
{
	cancel_delayed_work_sync(&sa->work);
	sa_free(sa);
}

static bool has_volume_limit(const struct espudp_sa_limits *limits)
{
	return limits->soft_bytes || limits->hard_bytes ||
	       limits->soft_packets || limits->hard_packets;
}

/*
 * The meter is made with the first limit of volume, and then stays. Packets that are under way at
 * that moment may be missing.
 */
static int start_meter(struct espudp_sa *sa)
{
	struct espudp_meter __percpu *meter;
	struct espudp_traffic_sum sum;

	if (sa->meter)
		return 0;
	meter = espudp_meter_alloc();
	if (!meter)
		return -ENOMEM;
	sum = espudp_traffic_sum(sa->traffic);
	sa->carried = (struct espudp_volume){ .packets = sum.packets, .bytes = sum.bytes };
	/* With READ_ONCE() in espudp_sa_unlimited(): who sees it also sees that it is empty. */
	smp_store_release(&sa->meter, meter);
	return 0;
}

/**
 * espudp_sa_set_limits() - replace the limits
 * @sa: whose
 * @limits: the new ones, soft_sequence included; a soft limit that was reported may be again
 *
 * Context: process, espudp_mutex held once the SA is inserted
 * Return: 0 or -ENOMEM
 */
int espudp_sa_set_limits(struct espudp_sa *sa, const struct espudp_sa_limits *limits)
{
	struct espudp_sa_limits *new = NULL, *old = rcu_dereference_protected(sa->limits, true);

	if (has_volume_limit(limits) && start_meter(sa))
		return -ENOMEM;
	if (has_volume_limit(limits) || limits->soft_time || limits->hard_time) {
		new = kmemdup(limits, sizeof(*limits), GFP_KERNEL);
		if (!new)
			return -ENOMEM;
	}
	rcu_assign_pointer(sa->limits, new);

	spin_lock_bh(&sa->lock);
	sa->soft_reported = false;
	WRITE_ONCE(sa->soft_cause, 0);
	WRITE_ONCE(sa->soft_sequence, limits->soft_sequence);
	/* What was granted was so by the old ones; from here on all look at the new ones. */
	if (sa->meter)
		espudp_meter_revoke(sa->meter);
	spin_unlock_bh(&sa->lock);

	if (old)
		kfree_rcu(old, rcu);
	if (new && !list_empty(&sa->child_node))
		mod_delayed_work(espudp_wq, &sa->work, 0);
	return 0;
}

/**
 * espudp_sa_get_limits() - copy the limits
 * @sa: whose
 * @limits: where to
 *
 * Context: any
 */
void espudp_sa_get_limits(struct espudp_sa *sa, struct espudp_sa_limits *limits)
{
	const struct espudp_sa_limits *now;

	memset(limits, 0, sizeof(*limits));
	rcu_read_lock();
	now = rcu_dereference(sa->limits);
	if (now)
		*limits = *now;
	rcu_read_unlock();
	limits->soft_sequence = READ_ONCE(sa->soft_sequence);
}

static void report_reached(struct espudp_sa *sa, const struct espudp_sa_limits *limits,
			   const struct espudp_volume *total)
{
	if (limits->soft_packets && total->packets >= limits->soft_packets)
		reach(sa, &sa->soft_cause, ESPUDP_EXPIRE_CAUSE_PACKETS);
	if (limits->soft_bytes && total->bytes >= limits->soft_bytes)
		reach(sa, &sa->soft_cause, ESPUDP_EXPIRE_CAUSE_BYTES);
	if (limits->hard_packets && total->packets >= limits->hard_packets)
		reach(sa, &sa->hard_cause, ESPUDP_EXPIRE_CAUSE_PACKETS);
	if (limits->hard_bytes && total->bytes >= limits->hard_bytes)
		reach(sa, &sa->hard_cause, ESPUDP_EXPIRE_CAUSE_BYTES);
}

/* To the nearest limit that was not reached yet. */
static u64 left_of(u64 total, u64 soft, bool soft_open, u64 hard)
{
	u64 left = U64_MAX;

	if (soft && soft_open)
		left = soft > total ? soft - total : 0;
	if (hard)
		left = min(left, hard > total ? hard - total : 0);
	return left;
}

/* Judge a packet by what all CPUs have carried. @lock is held. */
static bool judge(struct espudp_sa *sa, unsigned int bytes)
{
	static const struct espudp_sa_limits none;
	const struct espudp_sa_limits *limits = rcu_dereference(sa->limits) ?: &none;
	struct espudp_volume total = espudp_meter_sum(sa->meter), left;
	bool soft_open;

	total.packets += sa->carried.packets + 1;
	total.bytes += sa->carried.bytes + bytes;
	report_reached(sa, limits, &total);
	if ((limits->hard_packets && total.packets > limits->hard_packets) ||
	    (limits->hard_bytes && total.bytes > limits->hard_bytes))
		return false;

	espudp_meter_add(sa->meter, bytes);
	soft_open = !READ_ONCE(sa->soft_cause);
	left.packets = left_of(total.packets, limits->soft_packets, soft_open,
			       limits->hard_packets);
	left.bytes = left_of(total.bytes, limits->soft_bytes, soft_open, limits->hard_bytes);
	espudp_meter_grant(sa->meter, left);
	return true;
}

/**
 * espudp_sa_charge_limited() - espudp_sa_charge() for an SA that has limits, or had some
 * @sa: that carries it
 * @bytes: of the inner packet
 *
 * Context: softirq, or BH off; RCU read side
 * Return: whether it may pass
 */
bool espudp_sa_charge_limited(struct espudp_sa *sa, unsigned int bytes)
{
	bool passes;

	if (likely(espudp_meter_take(READ_ONCE(sa->meter), bytes)))
		return true;
	spin_lock_bh(&sa->lock);
	passes = judge(sa, bytes);
	spin_unlock_bh(&sa->lock);
	return passes;
}

/* Near the end: never beyond it. Return the last number taken. */
static u64 reserve_exactly(struct espudp_sa *sa, unsigned int *n)
{
	s64 last = atomic64_read(&sa->sequence);
	u64 left;

	do {
		left = sequence_end(sa) - (u64)last;
		*n = min_t(u64, *n, left);
	} while (!atomic64_try_cmpxchg(&sa->sequence, &last, last + *n));
	return (u64)last + *n;
}

/* Note which CPU sends; that is written only when it changes. */
static void note_sender(struct espudp_sa *sa)
{
	int cpu = raw_smp_processor_id();

	if (likely(READ_ONCE(sa->sender) == cpu))
		return;
	WRITE_ONCE(sa->sender, cpu);
	WRITE_ONCE(sa->sender_changed, jiffies);
}

/**
 * espudp_sa_sends_alone() - whether this CPU, and no other of late, takes sequence numbers
 * @sa: outbound
 *
 * Context: BH off; RCU read side
 */
bool espudp_sa_sends_alone(const struct espudp_sa *sa)
{
	return READ_ONCE(sa->sender) == smp_processor_id() &&
	       time_after(jiffies, READ_ONCE(sa->sender_changed) + ALONE_AFTER);
}

/**
 * espudp_sa_reserve() - take a block of sequence numbers
 * @sa: outbound
 * @n: how many are wanted
 * @first: set to the first of them
 *
 * No number is given out twice, and none beyond the end of the numbers (RFC 4303 3.3.3).
 *
 * Context: RCU read side
 * Return: how many there are, less than @n only at the end
 */
unsigned int espudp_sa_reserve(struct espudp_sa *sa, unsigned int n, u64 *first)
{
	u64 last, end = sequence_end(sa);

	note_sender(sa);
	if (likely((u64)atomic64_read(&sa->sequence) < end - SEQUENCE_MARGIN))
		last = atomic64_add_return(n, &sa->sequence);
	else
		last = reserve_exactly(sa, &n);

	if (unlikely(last >= READ_ONCE(sa->soft_sequence)))
		reach(sa, &sa->soft_cause, ESPUDP_EXPIRE_CAUSE_SEQUENCE);
	if (unlikely(last == end))
		reach(sa, &sa->hard_cause, ESPUDP_EXPIRE_CAUSE_SEQUENCE);
	*first = last - n + 1;
	return n;
}

/**
 * espudp_sa_insert() - let an SA be found
 * @home: the namespace
 * @sa: its child is set and referenced
 * @extack: why it failed
 *
 * Context: process, espudp_mutex held
 * Return: 0, or -EEXIST or another error, and then nothing has changed
 */
int espudp_sa_insert(struct espudp_net *home, struct espudp_sa *sa,
		     struct netlink_ext_ack *extack)
{
	int err;

	err = xa_insert(&home->sas, sa->id, sa, GFP_KERNEL);
	if (err == -EBUSY) {
		NL_SET_ERR_MSG(extack, "an SA with this id exists");
		return -EEXIST;
	}
	if (err)
		return err;

	err = sa->inbound ? espudp_spi_claim(home, &sa->spi) : espudp_spi_out_add(home, &sa->spi);
	if (err == -EEXIST)
		NL_SET_ERR_MSG(extack, "an inbound SA with this SPI exists");
	if (err) {
		xa_erase(&home->sas, sa->id);
		return err;
	}
	home->generation++;
	if (rcu_access_pointer(sa->limits))
		mod_delayed_work(espudp_wq, &sa->work, 0);
	pr_debug("espudp: sa %u created\n", sa->id);
	return 0;
}

/**
 * espudp_sa_kill() - take an SA out of the tables; it is freed when nobody uses it any more
 * @home: the namespace
 * @sa: inserted
 *
 * Context: process, espudp_mutex held
 */
void espudp_sa_kill(struct espudp_net *home, struct espudp_sa *sa)
{
	WRITE_ONCE(sa->dead, true);
	if (sa->inbound)
		espudp_spi_release(home, &sa->spi);
	else
		espudp_spi_out_remove(home, &sa->spi);
	xa_erase(&home->sas, sa->id);
	home->generation++;
	percpu_ref_kill(&sa->refs);
}

/**
 * espudp_sa_lookup() - the SA that an incoming packet names
 * @home: the namespace
 * @spi: network byte order
 *
 * Context: RCU read side
 * Return: the SA, or NULL
 */
struct espudp_sa *espudp_sa_lookup(struct espudp_net *home, __be32 spi)
{
	struct espudp_spi *entry = espudp_spi_lookup(home, spi);

	if (!entry || entry->reserved)
		return NULL;
	return container_of(entry, struct espudp_sa, spi);
}
