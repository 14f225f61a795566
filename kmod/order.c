// SPDX-License-Identifier: GPL-2.0
/* Order behind transforms that end later than they were begun */

#include <linux/percpu-refcount.h>

#include "netns.h"
#include "order.h"
#include "suite.h"

/* Packets that are finished in a row before others get their turn on the CPU. */
#define FINISH_BUDGET		64

/* The first packet if it has ended; else nobody finishes any more. */
static struct espudp_crypt *take(struct espudp_order *order)
{
	struct espudp_crypt *crypt;

	spin_lock_bh(&order->lock);
	crypt = list_first_entry_or_null(&order->queue, struct espudp_crypt, node);
	if (crypt && crypt->state == ESPUDP_CRYPT_ENDED) {
		list_del(&crypt->node);
		WRITE_ONCE(order->len, order->len - 1);
	} else {
		WRITE_ONCE(order->busy, !!crypt);
		order->finishing = false;
		crypt = NULL;
	}
	spin_unlock_bh(&order->lock);
	return crypt;
}

/* By the one who has set @finishing, and has a reference to the owner, which is given back. */
static void finish(struct espudp_order *order)
{
	struct espudp_crypt *crypt;
	unsigned int i;

	for (i = 0; i < FINISH_BUDGET; i++) {
		crypt = take(order);
		if (!crypt) {
			percpu_ref_put(order->owner);
			return;
		}
		crypt->done(crypt, crypt->err);
	}
	queue_work(espudp_wq, &order->work);
}

static void order_work(struct work_struct *work)
{
	local_bh_disable();
	finish(container_of(work, struct espudp_order, work));
	local_bh_enable();
}

/* Whether the caller has become the one who finishes. The lock is held. */
static bool begin_finishing(struct espudp_order *order)
{
	struct espudp_crypt *first;

	lockdep_assert_held(&order->lock);
	if (order->finishing)
		return false;
	first = list_first_entry(&order->queue, struct espudp_crypt, node);
	if (first->state != ESPUDP_CRYPT_ENDED)
		return false;
	/* That of the packet, which is there, makes this one possible. */
	percpu_ref_get(order->owner);
	order->finishing = true;
	return true;
}

/**
 * espudp_order_init() - make an empty queue
 * @order: the queue
 * @owner: reference count of the object that it lies in
 */
void espudp_order_init(struct espudp_order *order, struct percpu_ref *owner)
{
	spin_lock_init(&order->lock);
	INIT_LIST_HEAD(&order->queue);
	INIT_WORK(&order->work, order_work);
	order->owner = owner;
}

/**
 * espudp_order_add() - put a packet behind those that were begun before it
 * @order: of its SA, to which the packet has a reference
 * @crypt: the packet; &espudp_crypt.done is called when it is its turn, perhaps at once
 * @err: what espudp_crypt_run() has returned; with -EINPROGRESS espudp_order_done() is called, or
 * was, when the transform ends
 *
 * Context: softirq, or BH off; without locks
 */
void espudp_order_add(struct espudp_order *order, struct espudp_crypt *crypt, int err)
{
	bool first;

	spin_lock_bh(&order->lock);
	if (err != -EINPROGRESS) {
		crypt->state = ESPUDP_CRYPT_ENDED;
		crypt->err = err;
	} else if (crypt->state == ESPUDP_CRYPT_BEGUN) {
		crypt->state = ESPUDP_CRYPT_QUEUED;
	}
	list_add_tail(&crypt->node, &order->queue);
	WRITE_ONCE(order->len, order->len + 1);
	WRITE_ONCE(order->busy, true);
	WRITE_ONCE(order->entered, jiffies ?: 1);
	first = begin_finishing(order);
	spin_unlock_bh(&order->lock);
	if (first)
		finish(order);
}

/**
 * espudp_order_done() - a transform that had returned -EINPROGRESS has ended
 * @order: of its SA
 * @crypt: the packet; if espudp_order_add() is still to come, it will find that it has ended
 * @err: how it ended
 *
 * Context: softirq, or BH off; without locks
 */
void espudp_order_done(struct espudp_order *order, struct espudp_crypt *crypt, int err)
{
	bool first;

	spin_lock_bh(&order->lock);
	first = crypt->state == ESPUDP_CRYPT_QUEUED;
	crypt->state = ESPUDP_CRYPT_ENDED;
	crypt->err = err;
	first = first && begin_finishing(order);
	spin_unlock_bh(&order->lock);
	if (first)
		finish(order);
}
