/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables of SPIs of a namespace. The inbound one has those of SAs, and reservations that user
 * space has made by SPI_ALLOC for SAs which it is still negotiating. The outbound one, by which
 * ICMP errors find the SA whose packet they quote, has what peers chose: one may be there twice.
 *
 * An SA takes its reservation's place in one step. A reservation that no SA comes for is given up
 * after its lifetime. Changes are under espudp_mutex, lookups under RCU.
 */
#ifndef ESPUDP_SPI_H
#define ESPUDP_SPI_H

#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct espudp_net;

/**
 * struct espudp_spi - an entry of one of the tables
 * @node: in espudp_net.spis
 * @out: in espudp_net.spis_out
 * @spi: the key
 * @reserved: no SA has come for it yet
 */
struct espudp_spi {
	union {
		struct rhash_head	node;
		struct rhlist_head	out;
	};
	__be32			spi;
	bool			reserved;
};

int espudp_spi_table_init(struct espudp_net *home);
void espudp_spi_table_stop(struct espudp_net *home);
void espudp_spi_table_exit(struct espudp_net *home);

struct espudp_spi *espudp_spi_lookup(struct espudp_net *home, __be32 spi);
int espudp_spi_claim(struct espudp_net *home, struct espudp_spi *entry);
void espudp_spi_release(struct espudp_net *home, struct espudp_spi *entry);

struct rhlist_head *espudp_spi_out_lookup(struct espudp_net *home, __be32 spi);
int espudp_spi_out_add(struct espudp_net *home, struct espudp_spi *entry);
void espudp_spi_out_remove(struct espudp_net *home, struct espudp_spi *entry);

int espudp_spi_reserve(struct espudp_net *home, u32 first, u32 last, u32 lifetime, __be32 *spi);
int espudp_spi_free(struct espudp_net *home, __be32 spi);

#endif
