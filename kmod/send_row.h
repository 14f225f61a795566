/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets in a row on their way out: those of one flow and length that come right one after another
 * become a train (train.h)
 *
 * Alike are packets whose headers differ in nothing that selectors, outer headers or lengths depend
 * on; what is behind the ports is theirs. The last may be shorter than the others.
 */
#ifndef ESPUDP_SEND_ROW_H
#define ESPUDP_SEND_ROW_H

#include <linux/types.h>

#include "train.h"

/**
 * struct espudp_row - packets in a row
 * @train: of them
 * @packets: they
 */
struct espudp_row {
	struct espudp_train	train;
	struct sk_buff		**packets;
};

unsigned int espudp_row_count(struct sk_buff **packets, unsigned int n);
bool espudp_row_plan(struct sk_buff **packets, unsigned int n,
		     const struct espudp_esp_layout *layout, unsigned int max,
		     unsigned int tfc_pad, struct espudp_row *row);

#endif
