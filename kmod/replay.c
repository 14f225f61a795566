// SPDX-License-Identifier: GPL-2.0
/* Anti-replay window and extended sequence numbers */

#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "replay.h"

#define WORD_SHIFT	6
#define WORD_BITS	(1U << WORD_SHIFT)

static u32 word_of(const struct espudp_replay *replay, u64 seq)
{
	return (u32)(seq >> WORD_SHIFT) & replay->mask;
}

static u64 bit_of(u64 seq)
{
	return 1ULL << (seq & (WORD_BITS - 1));
}

/**
 * espudp_replay_words() - words that a window needs
 * @window: packets, a multiple of 64
 *
 * Return: length of &struct espudp_replay.bitmap
 */
u32 espudp_replay_words(u32 window)
{
	return roundup_pow_of_two(window / WORD_BITS + 1);
}

/**
 * espudp_replay_init() - prepare a window
 * @replay: has room for espudp_replay_words() words
 * @window: packets, a multiple of 64; 0 turns the check off
 * @esn: extended sequence numbers
 * @top: number to start from; it and everything below count as received
 */
void espudp_replay_init(struct espudp_replay *replay, u32 window, bool esn, u64 top)
{
	u32 words = espudp_replay_words(window);

	replay->top = top;
	replay->window = window;
	replay->mask = words - 1;
	replay->esn = esn;
	memset(replay->bitmap, 0xff, words * sizeof(replay->bitmap[0]));
	replay->bitmap[word_of(replay, top)] = bit_of(top) | (bit_of(top) - 1);
}

/**
 * espudp_replay_infer() - the whole number of a packet
 * @replay: the window
 * @seq_low: what the packet carries, host byte order
 *
 * With ESN the upper half is that which puts the number into the window or, failing that, as
 * little to its right as possible (RFC 4303 A2.2).
 *
 * Return: the sequence number; 0, which is never valid, if it would lie before the first one
 */
u64 espudp_replay_infer(const struct espudp_replay *replay, u32 seq_low)
{
	u32 top_low = (u32)replay->top;
	u32 high = (u32)(replay->top >> 32);
	u32 bottom = top_low - replay->window + 1;

	if (!replay->esn)
		return seq_low;

	if (top_low >= replay->window - 1) {
		/* The window lies in one subspace: left of it must mean the next one. */
		if (seq_low < bottom)
			high++;
		if (!high && replay->top >> 32)
			return 0;
	} else if (seq_low >= bottom) {
		/* The window reaches back into the subspace before. */
		if (!high)
			return 0;
		high--;
	}
	return (u64)high << 32 | seq_low;
}

/**
 * espudp_replay_check() - whether a packet may be new
 * @replay: the window
 * @seq: from espudp_replay_infer()
 *
 * Return: %ESPUDP_REPLAY_FRESH if it is worth being authenticated
 */
enum espudp_replay_verdict espudp_replay_check(const struct espudp_replay *replay, u64 seq)
{
	if (!replay->window)
		return ESPUDP_REPLAY_FRESH;
	if (!seq)
		return ESPUDP_REPLAY_SEEN;
	if (seq > replay->top)
		return ESPUDP_REPLAY_FRESH;
	if (replay->top - seq >= replay->window)
		return ESPUDP_REPLAY_LATE;
	if (replay->bitmap[word_of(replay, seq)] & bit_of(seq))
		return ESPUDP_REPLAY_SEEN;
	return ESPUDP_REPLAY_FRESH;
}

/**
 * espudp_replay_update() - count an authenticated packet as received
 * @replay: the window
 * @seq: a number that espudp_replay_check() finds fresh under the same lock
 */
void espudp_replay_update(struct espudp_replay *replay, u64 seq)
{
	u64 word, first, last;

	if (seq > replay->top) {
		first = (replay->top >> WORD_SHIFT) + 1;
		last = seq >> WORD_SHIFT;
		/* A jump over the whole ring clears each word once. */
		if (last - first > replay->mask && last >= first)
			first = last - replay->mask;
		for (word = first; word <= last; word++)
			replay->bitmap[word & replay->mask] = 0;
		replay->top = seq;
	}
	replay->bitmap[word_of(replay, seq)] |= bit_of(seq);
}
