// SPDX-License-Identifier: GPL-2.0
/* The tables of SPIs, and reservations */

#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "netns.h"
#include "spi.h"

/* Random draws before a range is searched from one end to the other. */
#define DRAWS			64
/* Largest range that is worth a search; a larger one that is full is hardly possible. */
#define SEARCH_MAX		65536

/* An SPI that is kept free for an SA to come; expires in jiffies. */
struct espudp_reservation {
	struct espudp_spi	entry;
	struct list_head	list;
	unsigned long		expires;
	struct rcu_head		rcu;
};

static const struct rhashtable_params spi_params = {
	.head_offset		= offsetof(struct espudp_spi, node),
	.key_offset		= offsetof(struct espudp_spi, spi),
	.key_len		= sizeof(__be32),
	.automatic_shrinking	= true,
};

static const struct rhashtable_params spi_out_params = {
	.head_offset		= offsetof(struct espudp_spi, out),
	.key_offset		= offsetof(struct espudp_spi, spi),
	.key_len		= sizeof(__be32),
	.automatic_shrinking	= true,
};

static struct espudp_reservation *reservation_of(struct espudp_spi *entry)
{
	return container_of(entry, struct espudp_reservation, entry);
}

/* Out of the table already. */
static void reservation_drop(struct espudp_reservation *reservation)
{
	list_del(&reservation->list);
	kfree_rcu(reservation, rcu);
}

static void reservation_work(struct work_struct *work)
{
	struct espudp_net *home = container_of(to_delayed_work(work), struct espudp_net,
					       reservation_work);
	struct espudp_reservation *reservation, *next;
	unsigned long soonest = 0;

	mutex_lock(&espudp_mutex);
	list_for_each_entry_safe(reservation, next, &home->reservations, list) {
		if (time_after_eq(jiffies, reservation->expires)) {
			rhashtable_remove_fast(&home->spis, &reservation->entry.node, spi_params);
			reservation_drop(reservation);
		} else if (!soonest || time_before(reservation->expires, soonest)) {
			soonest = reservation->expires;
		}
	}
	/* A second at least, so that many of them cost few rounds. */
	if (soonest && !home->dying)
		queue_delayed_work(espudp_wq, &home->reservation_work,
				   max_t(long, soonest - jiffies, HZ));
	mutex_unlock(&espudp_mutex);
}

/**
 * espudp_spi_table_init() - make the tables of a namespace
 * @home: the namespace
 *
 * Context: process
 * Return: 0 or a negative error
 */
int espudp_spi_table_init(struct espudp_net *home)
{
	int err;

	INIT_LIST_HEAD(&home->reservations);
	INIT_DELAYED_WORK(&home->reservation_work, reservation_work);
	err = rhashtable_init(&home->spis, &spi_params);
	if (err)
		return err;
	err = rhltable_init(&home->spis_out, &spi_out_params);
	if (err)
		rhashtable_destroy(&home->spis);
	return err;
}

/**
 * espudp_spi_table_stop() - give up all reservations
 * @home: dying
 *
 * Context: process, without espudp_mutex
 */
void espudp_spi_table_stop(struct espudp_net *home)
{
	struct espudp_reservation *reservation, *next;

	cancel_delayed_work_sync(&home->reservation_work);
	mutex_lock(&espudp_mutex);
	list_for_each_entry_safe(reservation, next, &home->reservations, list) {
		rhashtable_remove_fast(&home->spis, &reservation->entry.node, spi_params);
		reservation_drop(reservation);
	}
	mutex_unlock(&espudp_mutex);
}

/**
 * espudp_spi_table_exit() - free the tables, which are empty
 * @home: has no readers any more
 *
 * Context: process
 */
void espudp_spi_table_exit(struct espudp_net *home)
{
	rhltable_destroy(&home->spis_out);
	rhashtable_destroy(&home->spis);
}

/**
 * espudp_spi_lookup() - find an SPI
 * @home: the namespace
 * @spi: network byte order
 *
 * Context: RCU read side
 * Return: the entry, or NULL
 */
struct espudp_spi *espudp_spi_lookup(struct espudp_net *home, __be32 spi)
{
	return rhashtable_lookup(&home->spis, &spi, spi_params);
}

static struct espudp_spi *find(struct espudp_net *home, __be32 spi)
{
	lockdep_assert_held(&espudp_mutex);
	return rhashtable_lookup_fast(&home->spis, &spi, spi_params);
}

/**
 * espudp_spi_claim() - enter the SPI of an SA, which may have been reserved
 * @home: the namespace
 * @entry: of the SA
 *
 * Context: process, espudp_mutex held
 * Return: 0, -EEXIST if another SA has it, or another error
 */
int espudp_spi_claim(struct espudp_net *home, struct espudp_spi *entry)
{
	struct espudp_spi *old = find(home, entry->spi);
	int err;

	if (!old)
		return rhashtable_insert_fast(&home->spis, &entry->node, spi_params);
	if (!old->reserved)
		return -EEXIST;
	err = rhashtable_replace_fast(&home->spis, &old->node, &entry->node, spi_params);
	if (!err)
		reservation_drop(reservation_of(old));
	return err;
}

/**
 * espudp_spi_release() - take the SPI of an SA out
 * @home: the namespace
 * @entry: of the SA; readers may see it until the end of the grace period
 *
 * Context: process, espudp_mutex held
 */
void espudp_spi_release(struct espudp_net *home, struct espudp_spi *entry)
{
	rhashtable_remove_fast(&home->spis, &entry->node, spi_params);
}

/**
 * espudp_spi_out_lookup() - find the outbound SAs with an SPI
 * @home: the namespace
 * @spi: network byte order
 *
 * Context: RCU read side
 * Return: their list, or NULL
 */
struct rhlist_head *espudp_spi_out_lookup(struct espudp_net *home, __be32 spi)
{
	return rhltable_lookup(&home->spis_out, &spi, spi_out_params);
}

/**
 * espudp_spi_out_add() - enter the SPI of an outbound SA
 * @home: the namespace
 * @entry: of the SA
 *
 * Context: process, espudp_mutex held
 * Return: 0 or a negative error
 */
int espudp_spi_out_add(struct espudp_net *home, struct espudp_spi *entry)
{
	return rhltable_insert(&home->spis_out, &entry->out, spi_out_params);
}

/**
 * espudp_spi_out_remove() - take the SPI of an outbound SA out
 * @home: the namespace
 * @entry: of the SA; readers may see it until the end of the grace period
 *
 * Context: process, espudp_mutex held
 */
void espudp_spi_out_remove(struct espudp_net *home, struct espudp_spi *entry)
{
	rhltable_remove(&home->spis_out, &entry->out, spi_out_params);
}

/* Find a number in the range that is in no entry. */
static bool draw(struct espudp_net *home, u32 first, u32 last, __be32 *spi)
{
	u32 span = last - first, offset;
	unsigned int i;

	for (i = 0; i < DRAWS; i++) {
		offset = span == U32_MAX ? get_random_u32() : get_random_u32_below(span + 1);
		*spi = cpu_to_be32(first + offset);
		if (!find(home, *spi))
			return true;
	}
	if (span >= SEARCH_MAX)
		return false;
	for (i = 0; i <= span; i++) {
		*spi = cpu_to_be32(first + i);
		if (!find(home, *spi))
			return true;
	}
	return false;
}

/**
 * espudp_spi_reserve() - reserve a random SPI
 * @home: the namespace
 * @first: least, host byte order
 * @last: greatest, not less than @first
 * @lifetime: seconds after which it is given up
 * @spi: set to it, network byte order
 *
 * Context: process, espudp_mutex held
 * Return: 0, -ENOSPC if the range is full, or another error
 */
int espudp_spi_reserve(struct espudp_net *home, u32 first, u32 last, u32 lifetime, __be32 *spi)
{
	struct espudp_reservation *reservation;
	int err;

	reservation = kzalloc(sizeof(*reservation), GFP_KERNEL);
	if (!reservation)
		return -ENOMEM;
	if (!draw(home, first, last, spi)) {
		kfree(reservation);
		return -ENOSPC;
	}
	reservation->entry.spi = *spi;
	reservation->entry.reserved = true;
	reservation->expires = jiffies + lifetime * HZ;
	err = rhashtable_insert_fast(&home->spis, &reservation->entry.node, spi_params);
	if (err) {
		kfree(reservation);
		return err;
	}
	list_add_tail(&reservation->list, &home->reservations);
	if (!delayed_work_pending(&home->reservation_work) ||
	    time_before(reservation->expires, home->reservation_work.timer.expires))
		mod_delayed_work(espudp_wq, &home->reservation_work, lifetime * HZ);
	return 0;
}

/**
 * espudp_spi_free() - give up a reservation
 * @home: the namespace
 * @spi: network byte order
 *
 * Context: process, espudp_mutex held
 * Return: 0, -ENOENT if there is none, or -EBUSY if an SA has come for it
 */
int espudp_spi_free(struct espudp_net *home, __be32 spi)
{
	struct espudp_spi *entry = find(home, spi);

	if (!entry)
		return -ENOENT;
	if (!entry->reserved)
		return -EBUSY;
	rhashtable_remove_fast(&home->spis, &entry->node, spi_params);
	reservation_drop(reservation_of(entry));
	return 0;
}
