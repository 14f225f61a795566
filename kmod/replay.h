/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Anti-replay window and extended sequence numbers (RFC 4303 3.4.3, appendix A; RFC 6479)
 *
 * The window is a ring of 64-bit words, always one word larger than what is promised, so that it
 * moves by clearing whole words and never by shifting. A number counts as received from
 * espudp_replay_update() on, which is called only for packets that have been authenticated.
 *
 * The owner (an inbound SA) serialises every call with its own lock.
 *
 * This file and replay.c are pure: they are also built in user space by tests/.
 */
#ifndef ESPUDP_REPLAY_H
#define ESPUDP_REPLAY_H

#include <linux/types.h>

/* The verdicts of espudp_replay_check(). */
enum espudp_replay_verdict {
	ESPUDP_REPLAY_FRESH,
	ESPUDP_REPLAY_SEEN,
	ESPUDP_REPLAY_LATE,
};

/**
 * struct espudp_replay - the receive window of one SA
 * @top: highest number received, 64 bits wide with ESN
 * @window: how many numbers up to @top are told apart; a multiple of 64, 0 is no check
 * @mask: words in @bitmap less one; their number is a power of two
 * @esn: the packet carries only the low half of the number
 * @bitmap: bit n % 64 of word n / 64, both modulo the ring, says that n was received
 */
struct espudp_replay {
	u64	top;
	u32	window;
	u32	mask;
	bool	esn;
	u64	bitmap[];
};

u32 espudp_replay_words(u32 window);
void espudp_replay_init(struct espudp_replay *replay, u32 window, bool esn, u64 top);
u64 espudp_replay_infer(const struct espudp_replay *replay, u32 seq_low);
enum espudp_replay_verdict espudp_replay_check(const struct espudp_replay *replay, u64 seq);
void espudp_replay_update(struct espudp_replay *replay, u64 seq);

#endif
