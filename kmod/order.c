// SPDX-License-Identifier: GPL-2.0
/* Order behind transforms that end later than they were begun */

#include <linux/percpu-refcount.h>
#include <linux/smp.h>

#include "order.h"

/* Packets that are finished in a row before others get their turn on the CPU. */
#define FINISH_BUDGET		64
/* A CPU that takes nothing out for so long does not get its turn; jiffies. */
#define STUCK			(HZ / 50 + 1)
/* For being slow it is replaced no sooner than so long after the last time; jiffies. */
#define MOVE_PAUSE		(HZ / 10 + 1)

/*
 * Whether turns are to be taken out on another CPU than this. If that has gone, its worker may be
 * here. The lock is held.
 */
static bool is_elsewhere(const struct espudp_order *order)
{
	return order->cpu >= 0 && order->cpu != smp_processor_id() && cpu_online(order->cpu);
}

/* The first turn if it has ended; else nobody finishes any more, or another CPU goes on. */
static struct espudp_turn *take(struct espudp_order *order)
{
	struct espudp_turn *turn;
	bool ends = false;

	spin_lock_bh(&order->lock);
	turn = list_first_entry_or_null(&order->queue, struct espudp_turn, node);
	if (!turn || turn->state != ESPUDP_TURN_ENDED) {
		WRITE_ONCE(order->busy, !!turn);
		order->finishing = false;
		ends = true;
		turn = NULL;
	} else if (is_elsewhere(order)) {
		espudp_parallel_post_on(order->cpu, &order->job);
		turn = NULL;
	} else {
		list_del(&turn->node);
		WRITE_ONCE(order->len, order->len - 1);
		order->taken = jiffies;
	}
	spin_unlock_bh(&order->lock);
	if (ends)
		percpu_ref_put(order->owner);
	return turn;
}

/* By the one who has set @finishing, and has a reference to the owner, which is given back. */
static void finish(struct espudp_order *order)
{
	struct espudp_turn *turn;
	unsigned int i;

	for (i = 0; i < FINISH_BUDGET; i++) {
		turn = take(order);
		if (!turn)
			return;
		turn->done(turn, turn->err);
	}
	spin_lock_bh(&order->lock);
	espudp_parallel_post_on(order->cpu < 0 ? smp_processor_id() : order->cpu, &order->job);
	spin_unlock_bh(&order->lock);
}

static void order_job(struct espudp_job *job)
{
	finish(container_of(job, struct espudp_order, job));
}

/* Whether the caller has become the one who finishes. The lock is held. */
static bool begin_finishing(struct espudp_order *order)
{
	struct espudp_turn *first;

	lockdep_assert_held(&order->lock);
	/* On this CPU there is no need to wait for the worker. */
	if (order->finishing)
		return order->cpu == smp_processor_id() &&
		       espudp_parallel_take_back(order->cpu, &order->job);
	first = list_first_entry(&order->queue, struct espudp_turn, node);
	if (first->state != ESPUDP_TURN_ENDED)
		return false;
	/* That of the turn, which is there, makes this one possible. */
	percpu_ref_get(order->owner);
	order->finishing = true;
	order->taken = jiffies;
	if (!is_elsewhere(order))
		return true;
	espudp_parallel_post_on(order->cpu, &order->job);
	return false;
}

/* Whether another CPU would be better for what is handed out here. The lock is held. */
static bool is_ill_placed(const struct espudp_order *order, bool paused)
{
	return order->cpu < 0 || !cpu_online(order->cpu) ||
	       (paused && order->cpu == smp_processor_id());
}

/* Where turns are taken out may change only when none is there. The lock is held. */
static void choose_cpu(struct espudp_order *order, bool handed_out)
{
	bool paused = time_after(jiffies, order->handed_out + ESPUDP_ORDER_PAUSE);

	if (handed_out)
		WRITE_ONCE(order->handed_out, jiffies);
	if (order->len || order->finishing)
		return;
	if (handed_out && is_ill_placed(order, paused))
		WRITE_ONCE(order->cpu, espudp_parallel_other_cpu());
	else if (!handed_out && paused)
		WRITE_ONCE(order->cpu, -1);
}

/*
 * Whether the CPU that takes turns out does not get its turn, or does not keep up. With the latter
 * there is patience: what that CPU has finished may still be in its queues, and be overtaken by
 * what another finishes.
 */
static bool is_too_slow(const struct espudp_order *order)
{
	if (order->finishing && time_after(jiffies, order->taken + STUCK))
		return true;
	return order->len > ESPUDP_ORDER_SPREAD &&
	       time_after(jiffies, order->moved + MOVE_PAUSE);
}

/*
 * Take its place, which slows down the one who enters more. If that CPU is at it, it will stop; if
 * it has not begun, that may take for ever. The lock is held. Return whether the caller is now the
 * one who finishes.
 */
static bool take_over(struct espudp_order *order)
{
	int cpu = order->cpu;

	if (!is_elsewhere(order) || !is_too_slow(order))
		return false;
	WRITE_ONCE(order->cpu, smp_processor_id());
	order->moved = jiffies;
	return order->finishing && espudp_parallel_take_back(cpu, &order->job);
}

/* Put a turn at the end. The lock is held. Return whether the caller must finish. */
static bool enter(struct espudp_order *order, struct espudp_turn *turn)
{
	list_add_tail(&turn->node, &order->queue);
	WRITE_ONCE(order->len, order->len + 1);
	WRITE_ONCE(order->busy, true);
	return take_over(order) || begin_finishing(order);
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
	INIT_LIST_HEAD(&order->job.node);
	order->job.run = order_job;
	order->cpu = -1;
	order->moved = jiffies;
	order->owner = owner;
}

/**
 * espudp_order_add() - put something behind what was begun before it
 * @order: of its SA, to which it has a reference
 * @turn: of it; &espudp_turn.done is called when it is its turn, perhaps at once
 * @err: how it has ended; with -EINPROGRESS espudp_order_done() is called, or was, when it ends
 *
 * Context: softirq, or BH off; without locks
 */
void espudp_order_add(struct espudp_order *order, struct espudp_turn *turn, int err)
{
	bool ours, many;

	spin_lock_bh(&order->lock);
	choose_cpu(order, false);
	if (err != -EINPROGRESS) {
		turn->state = ESPUDP_TURN_ENDED;
		turn->err = err;
	} else if (turn->state == ESPUDP_TURN_BEGUN) {
		turn->state = ESPUDP_TURN_QUEUED;
	}
	ours = enter(order, turn);
	many = order->len > ESPUDP_ORDER_SPREAD;
	spin_unlock_bh(&order->lock);
	/* Perhaps the first has been handed out, and waits for somebody who has time. */
	if (many)
		espudp_parallel_help();
	if (ours)
		finish(order);
}

/**
 * espudp_order_done() - something in the queue, or about to enter it, has ended
 * @order: of its SA
 * @turn: of it; if espudp_order_add() is still to come, that will find that it has ended
 * @err: how it ended
 *
 * Context: softirq, or BH off; without locks
 */
void espudp_order_done(struct espudp_order *order, struct espudp_turn *turn, int err)
{
	bool ours;

	spin_lock_bh(&order->lock);
	ours = turn->state == ESPUDP_TURN_QUEUED;
	turn->state = ESPUDP_TURN_ENDED;
	turn->err = err;
	ours = ours && begin_finishing(order);
	spin_unlock_bh(&order->lock);
	if (ours)
		finish(order);
}

/**
 * espudp_order_hand_out() - let any CPU do something, and put it behind what was begun before it
 * @order: of its SA, to which it has a reference
 * @turn: of it, as with espudp_order_add()
 * @job: does it; espudp_order_done() is called when it has ended, by @job or later
 *
 * Context: softirq, or BH off; without locks; espudp_order_spreads() has said yes
 */
void espudp_order_hand_out(struct espudp_order *order, struct espudp_turn *turn,
			   struct espudp_job *job)
{
	bool ours;

	turn->state = ESPUDP_TURN_QUEUED;
	spin_lock_bh(&order->lock);
	choose_cpu(order, true);
	ours = enter(order, turn);
	spin_unlock_bh(&order->lock);
	espudp_parallel_post(job);
	if (ours)
		finish(order);
}
