/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A CPU's stock of pages in which packets are made. A page stays in the stock while packets refer
 * to it, and is written again when the last of them is gone; so neither allocation nor the clearing
 * of fresh pages costs anything in the long run.
 *
 * A stock is bounded. What was not used for some seconds is given back. Each stock has a lock,
 * which only the CPU that it belongs to takes in the packet path.
 */
#ifndef ESPUDP_PAGES_H
#define ESPUDP_PAGES_H

#include <linux/mm.h>
#include <linux/types.h>

/* Of one piece of memory, if there is one of this size. */
#define ESPUDP_PAGES_ORDER	3
#define ESPUDP_PAGES_MAX	(PAGE_SIZE << ESPUDP_PAGES_ORDER)

/**
 * struct espudp_room - memory to write to
 * @page: referenced for the caller
 * @offset: in it
 * @count: how many pieces there are
 */
struct espudp_room {
	struct page	*page;
	unsigned int	offset;
	unsigned int	count;
};

static inline u8 *espudp_room_address(const struct espudp_room *room)
{
	return (u8 *)page_address(room->page) + room->offset;
}

int espudp_pages_init(void);
void espudp_pages_exit(void);
bool espudp_pages_take(unsigned int len, unsigned int count, struct espudp_room *room);

#endif
