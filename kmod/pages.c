// SPDX-License-Identifier: GPL-2.0
/* A CPU's stock of pages */

#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "pages.h"

#define SLOTS		32
#define IDLE_SECONDS	5
/* Two packets do not share a cache line. */
#define STEP		64

/**
 * struct stock - pages of one CPU
 * @lock: protects all of it
 * @pages: each held by one reference of the stock; NULL where there is none
 * @slot: the page in use
 * @used: bytes of it
 * @size: its bytes, 0 if there is none
 * @filled: there may be pages
 * @idle: none was asked for since somebody looked
 */
struct stock {
	spinlock_t	lock;
	struct page	*pages[SLOTS];
	unsigned int	slot;
	unsigned int	used;
	unsigned int	size;
	bool		filled;
	bool		idle;
};

static struct stock __percpu *stocks;

static void trim(struct work_struct *work);
static DECLARE_DELAYED_WORK(trim_work, trim);

static struct page *page_new(void)
{
	struct page *page;

	page = alloc_pages(GFP_ATOMIC | __GFP_COMP | __GFP_NOWARN | __GFP_NORETRY,
			   ESPUDP_PAGES_ORDER);
	return page ?: alloc_page(GFP_ATOMIC | __GFP_NOWARN);
}

static void empty(struct stock *stock)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		if (stock->pages[i])
			put_page(stock->pages[i]);
		stock->pages[i] = NULL;
	}
	stock->size = 0;
	stock->used = 0;
	stock->filled = false;
}

/* Give back what nobody has used of late; go on until nothing is left. */
static void trim(struct work_struct *work)
{
	struct stock *stock;
	bool more = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		stock = per_cpu_ptr(stocks, cpu);
		spin_lock_bh(&stock->lock);
		if (stock->idle)
			empty(stock);
		stock->idle = true;
		more |= stock->filled;
		spin_unlock_bh(&stock->lock);
	}
	if (more)
		schedule_delayed_work(&trim_work, IDLE_SECONDS * HZ);
}

/* Go on to a page that no packet refers to; the lock is held. */
static bool next_page(struct stock *stock)
{
	struct page *page;

	stock->slot = (stock->slot + 1) % SLOTS;
	page = stock->pages[stock->slot];
	if (!page || page_ref_count(page) != 1) {
		if (page)
			put_page(page);
		page = page_new();
		stock->pages[stock->slot] = page;
	}
	stock->used = 0;
	stock->size = page ? page_size(page) : 0;
	if (!stock->filled) {
		stock->filled = true;
		schedule_delayed_work(&trim_work, IDLE_SECONDS * HZ);
	}
	return page;
}

/**
 * espudp_pages_take() - find room for pieces of one size, one behind the other
 * @len: bytes of each, at most %ESPUDP_PAGES_MAX
 * @count: how many are wanted
 * @room: set; there may be fewer
 *
 * Context: softirq, or BH off
 * Return: false if there is no memory, not even for one
 */
bool espudp_pages_take(unsigned int len, unsigned int count, struct espudp_room *room)
{
	struct stock *stock = this_cpu_ptr(stocks);
	bool found;

	spin_lock(&stock->lock);
	stock->idle = false;
	found = stock->size - stock->used >= len || (next_page(stock) && stock->size >= len);
	if (found) {
		room->page = stock->pages[stock->slot];
		get_page(room->page);
		room->offset = stock->used;
		room->count = min(count, (stock->size - stock->used) / len);
		stock->used = min(stock->size, stock->used + ALIGN(room->count * len, STEP));
	}
	spin_unlock(&stock->lock);
	return found;
}

/**
 * espudp_pages_init() - make the stocks, which are empty
 *
 * Context: module init
 * Return: 0 or -ENOMEM
 */
int espudp_pages_init(void)
{
	int cpu;

	stocks = alloc_percpu(struct stock);
	if (!stocks)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		spin_lock_init(&per_cpu_ptr(stocks, cpu)->lock);
	return 0;
}

/**
 * espudp_pages_exit() - let go of all pages
 *
 * Context: module exit, when no packet is made any more
 */
void espudp_pages_exit(void)
{
	int cpu;

	cancel_delayed_work_sync(&trim_work);
	for_each_possible_cpu(cpu)
		empty(per_cpu_ptr(stocks, cpu));
	free_percpu(stocks);
}
