// SPDX-License-Identifier: GPL-2.0
/* UDP GSO packets of ESP packets on their way in */

#include <linux/skbuff.h>
#include <net/inet_ecn.h>

#include "child.h"
#include "drop.h"
#include "esp.h"
#include "inner.h"
#include "link.h"
#include "merge.h"
#include "outer.h"
#include "pages.h"
#include "receive.h"
#include "receive_gso.h"
#include "sa.h"
#include "suite.h"
#include "transport.h"

/* Pieces of memory that a packet may stand in without being copied. */
#define PIECES		4
/* Packets in a superpacket that is handed out, at most. */
#define HANDED_MAX	128

/* Where a walk through a packet has got to: the linear part is piece -1. */
struct place {
	const struct sk_buff	*skb;
	int			piece;
	unsigned int		offset;		/* in the piece */
	unsigned int		at;		/* in the packet */
};

/* What was good, to be counted at once. */
struct tally {
	unsigned int	taken;
	unsigned int	packets;	/* without dummies */
	unsigned int	bytes;
};

static void tally_count(const struct tally *tally, struct espudp_sa *sa)
{
	if (tally->taken)
		espudp_receive_count(sa, tally->packets, tally->bytes);
}

/* A superpacket at work. */
struct superpacket {
	struct sk_buff		*skb;
	struct espudp_sa	*sa;
	struct espudp_crypt	*crypt;
	struct place		place;
	struct espudp_merge	merge;
	struct espudp_room	room;		/* what is left; referenced while there is any */
	struct espudp_seen	seen;
	struct tally		tally;
	bool			held;		/* so are @sa and @skb, for the next transform */
	struct handed		*handed;	/* if it is handed out */
};

/* A packet in a superpacket that is handed out. */
struct segment {
	struct handed		*handed;
	struct espudp_room	room;
	u64			seq;
	unsigned int		len;		/* of plaintext and ICV */
	int			err;		/* of the cipher */
};

/* A superpacket that is handed out: decrypted on any CPU, judged and merged in its turn. */
struct handed {
	struct espudp_job	job;
	struct espudp_turn	turn;
	struct superpacket	super;
	atomic_t		pending;	/* transforms, and one while they are begun */
	unsigned int		n;		/* that got as far as the cipher */
	struct segment		segments[];
};

/* What stands before the ciphertext. */
struct head {
	struct espudp_esp_header	esp;
	u8				iv[ESPUDP_ESP_IV_MAX];
};

static unsigned int piece_len(const struct place *place)
{
	return place->piece < 0 ? skb_headlen(place->skb)
				: skb_frag_size(&skb_shinfo(place->skb)->frags[place->piece]);
}

/* Skip @len bytes, which are there. */
static void place_skip(struct place *place, unsigned int len)
{
	place->at += len;
	place->offset += len;
	while (place->offset >= piece_len(place) &&
	       place->piece + 1 < skb_shinfo(place->skb)->nr_frags) {
		place->offset -= piece_len(place);
		place->piece++;
	}
}

static void map_piece(const struct place *place, unsigned int len, struct scatterlist *sg)
{
	const skb_frag_t *frag;

	if (place->piece < 0) {
		sg_set_buf(sg, place->skb->data + place->offset, len);
		return;
	}
	frag = &skb_shinfo(place->skb)->frags[place->piece];
	sg_set_page(sg, skb_frag_page(frag), len, skb_frag_off(frag) + place->offset);
}

/* Enter the next @len bytes into a table. Return false if they stand in too many pieces. */
static bool place_map(struct place place, unsigned int len, struct scatterlist *sg)
{
	unsigned int n, part;

	for (n = 0; len; n++) {
		if (n == PIECES)
			return false;
		sg_unmark_end(&sg[n]);
		part = min(len, piece_len(&place) - place.offset);
		map_piece(&place, part, &sg[n]);
		len -= part;
		place_skip(&place, part);
	}
	sg_mark_end(&sg[n - 1]);
	return true;
}

/* The next @len bytes where they stand if they do so in one piece, else copied to @buffer. */
static const void *place_peek(const struct place *place, unsigned int len, void *buffer)
{
	const skb_frag_t *frag;

	if (place->piece >= 0 && place->offset + len <= piece_len(place)) {
		frag = &skb_shinfo(place->skb)->frags[place->piece];
		if (!PageHighMem(skb_frag_page(frag)))
			return (u8 *)skb_frag_address(frag) + place->offset;
	}
	return skb_header_pointer(place->skb, place->at, len, buffer);
}

/* Judge what the cipher has made, and hand it on; the reference to the page is given away. */
static int take_opened(struct espudp_sa *sa, struct sk_buff *skb, u64 seq, int err,
		       const struct espudp_room *room, unsigned int len,
		       struct espudp_merge *merge, struct espudp_seen *seen, struct tally *tally)
{
	const struct espudp_origin *from = espudp_origin(skb);
	struct espudp_inner inner;
	int reason;

	reason = espudp_receive_judge(sa, seq, err, espudp_room_address(room),
				      len - sa->suite->layout.icv_len, from, seen, &inner);
	if (reason == ESPUDP_NOT_DROPPED) {
		espudp_receive_note(sa, skb, seq, from, &inner);
		tally->taken++;
		tally->packets += !!inner.len;
		tally->bytes += inner.len;
	}
	if (reason != ESPUDP_NOT_DROPPED || !inner.len) {
		put_page(room->page);
		return reason;
	}
	return espudp_merge_add(merge, room, &inner) ? reason : ESPUDP_DROP_REASON_RX_MEMORY;
}

/* A transform took its time: the packet goes to the stack alone. */
static void opened_late(struct espudp_crypt *crypt, int err)
{
	const struct scatterlist *to = &crypt->sg[1];
	struct espudp_room room = { .page = virt_to_head_page(sg_virt(&crypt->sg[1])) };
	struct espudp_sa *sa = crypt->owner;
	struct espudp_merge merge = { .link = sa->child->link };
	struct sk_buff *skb = crypt->skb;
	unsigned int len = to->length;
	struct tally tally = {};
	u64 seq = crypt->seq;
	int reason;

	room.offset = (u8 *)sg_virt(&crypt->sg[1]) - (u8 *)page_address(room.page);
	espudp_crypt_free(crypt);
	local_bh_disable();
	rcu_read_lock();
	reason = take_opened(sa, skb, seq, err, &room, len, &merge, NULL, &tally);
	tally_count(&tally, sa);
	espudp_merge_flush(&merge);
	if (reason != ESPUDP_NOT_DROPPED)
		espudp_drop_count(sa->child->link, sa, skb, reason);
	rcu_read_unlock();
	local_bh_enable();
	consume_skb(skb);
	espudp_sa_put(sa);
}

/* What is not done yet will come behind what was merged before it; so that must go first. */
static void flush_before(struct espudp_crypt *crypt)
{
	espudp_merge_flush(crypt->context);
}

/* A transform that was counted has ended. */
static void part_ended(struct handed *handed)
{
	if (atomic_dec_and_test(&handed->pending))
		espudp_order_done(&handed->super.sa->order, &handed->turn, 0);
}

/* A transform took its time; the superpacket as a whole has its turn. */
static void part_opened_late(struct espudp_crypt *crypt, int err)
{
	struct segment *segment = crypt->context;
	struct espudp_sa *sa = crypt->owner;
	struct sk_buff *skb = crypt->skb;

	espudp_crypt_free(crypt);
	segment->err = err;
	part_ended(segment->handed);
	consume_skb(skb);
	espudp_sa_put(sa);
}

/* Note what there is to know of a packet when its turn has come. */
static void note_segment(struct handed *handed, struct espudp_crypt *crypt, unsigned int len,
			 u64 seq, const struct espudp_room *room)
{
	struct segment *segment = &handed->segments[handed->n++];

	*segment = (struct segment) { .handed = handed, .room = *room, .seq = seq, .len = len };
	crypt->is_part = true;
	crypt->done = part_opened_late;
	crypt->context = segment;
}

/* For the completion, which may be sooner than the transform returns. */
static void hold(struct superpacket *super)
{
	if (super->held)
		return;
	espudp_sa_get(super->sa);
	skb_get(super->skb);
	if (super->handed)
		atomic_inc(&super->handed->pending);
	super->held = true;
}

/* Say where what stands behind the IV is to be read; in @room, if it stands in too many pieces. */
static bool map_text(struct superpacket *super, unsigned int len, const struct espudp_room *room)
{
	struct scatterlist *from = &super->crypt->from[1];
	struct place text = super->place;
	u8 *to = espudp_room_address(room);

	place_skip(&text, espudp_esp_head_len(&super->sa->suite->layout));
	if (place_map(text, len, from))
		return true;
	if (skb_copy_bits(super->skb, text.at, to, len))
		return false;
	sg_set_buf(from, to, len);
	sg_mark_end(from);
	return true;
}

/* Decrypt into @room what stands behind the IV. Return as espudp_crypt_run(). */
static int open_segment(struct superpacket *super, const struct head *head, unsigned int len,
			u64 seq, const struct espudp_room *room)
{
	struct espudp_crypt *crypt = super->crypt;
	struct espudp_sa *sa = super->sa;
	int err;

	crypt->seq = seq;
	crypt->owner = sa;
	crypt->skb = super->skb;
	crypt->done = opened_late;
	crypt->delayed = flush_before;
	crypt->context = &super->merge;
	if (super->handed)
		note_segment(super->handed, crypt, len, seq, room);
	hold(super);
	err = espudp_crypt_open_from(crypt, &sa->order, sa->suite, sa->spi.spi, sa->esn, head->iv,
				     espudp_room_address(room), len);
	if (err == -EINPROGRESS)
		super->held = false;
	return err;
}

/* Room for one more packet, which is no longer than the stride; asked for once for many. */
static bool take_room(struct superpacket *super, struct espudp_room *room)
{
	unsigned int stride = skb_shinfo(super->skb)->gso_size;
	unsigned int step = ALIGN(stride, SMP_CACHE_BYTES);
	unsigned int left = DIV_ROUND_UP(super->skb->len - super->place.at, stride);

	if (step > ESPUDP_PAGES_MAX)
		return false;
	if (!super->room.count && !espudp_pages_take(step, left, &super->room))
		return false;
	room->page = super->room.page;
	room->offset = super->room.offset;
	super->room.offset += step;
	/* The last piece takes the reference along. */
	if (--super->room.count)
		get_page(room->page);
	return true;
}

static int take_segment(struct superpacket *super, const struct head *head, unsigned int len)
{
	struct espudp_sa *sa = super->sa;
	unsigned int text_len;
	struct espudp_room room;
	int reason, err;
	u64 seq;

	reason = espudp_receive_check(sa, len, be32_to_cpu(head->esp.seq), &seq);
	if (reason != ESPUDP_NOT_DROPPED)
		return reason;
	text_len = len - espudp_esp_head_len(&sa->suite->layout);
	if (!super->crypt)
		super->crypt = espudp_crypt_alloc_from(sa->tfm, PIECES);
	if (!super->crypt || !take_room(super, &room))
		return ESPUDP_DROP_REASON_RX_MEMORY;

	if (!map_text(super, text_len, &room)) {
		put_page(room.page);
		return ESPUDP_DROP_REASON_RX_MEMORY;
	}
	err = open_segment(super, head, text_len, seq, &room);
	if (err == -EINPROGRESS) {
		super->crypt = NULL;
		return ESPUDP_NOT_DROPPED;
	}
	if (super->handed) {
		super->handed->segments[super->handed->n - 1].err = err;
		return ESPUDP_NOT_DROPPED;
	}
	return take_opened(sa, super->skb, seq, err, &room, text_len, &super->merge, &super->seen,
			   &super->tally);
}

/* From the first ESP header to the end, a stride at a time; the last one may be shorter. */
static void take_segments(struct superpacket *super)
{
	unsigned int stride = skb_shinfo(super->skb)->gso_size, len;
	const struct head *head;
	struct head buffer;
	int reason;

	for (; super->place.at < super->skb->len; place_skip(&super->place, len)) {
		len = min(stride, super->skb->len - super->place.at);
		reason = ESPUDP_DROP_REASON_RX_TRUNCATED;
		head = place_peek(&super->place,
				  espudp_esp_head_len(&super->sa->suite->layout), &buffer);
		if (head)
			reason = take_segment(super, head, len);
		if (reason != ESPUDP_NOT_DROPPED)
			espudp_drop_count(super->sa->child->link, super->sa, super->skb, reason);
	}
	tally_count(&super->tally, super->sa);
	espudp_merge_flush(&super->merge);
}

/* What was taken for a next packet that did not come. */
static void give_back(struct superpacket *super)
{
	if (super->crypt)
		espudp_crypt_free(super->crypt);
	if (super->room.count)
		put_page(super->room.page);
	if (!super->held)
		return;
	if (super->handed)
		atomic_dec(&super->handed->pending);
	consume_skb(super->skb);
	espudp_sa_put(super->sa);
}

/* On whatever CPU. */
static void handed_run(struct espudp_job *job)
{
	struct handed *handed = container_of(job, struct handed, job);

	rcu_read_lock();
	take_segments(&handed->super);
	give_back(&handed->super);
	part_ended(handed);
	rcu_read_unlock();
}

/* In its turn. */
static void handed_done(struct espudp_turn *turn, int err)
{
	struct handed *handed = container_of(turn, struct handed, turn);
	struct superpacket *super = &handed->super;
	struct espudp_sa *sa = super->sa;
	const struct segment *segment;
	int reason;

	local_bh_disable();
	rcu_read_lock();
	for (segment = handed->segments; segment < handed->segments + handed->n; segment++) {
		reason = take_opened(sa, super->skb, segment->seq, segment->err, &segment->room,
				     segment->len, &super->merge, &super->seen, &super->tally);
		if (reason != ESPUDP_NOT_DROPPED)
			espudp_drop_count(sa->child->link, sa, super->skb, reason);
	}
	tally_count(&super->tally, sa);
	espudp_merge_flush(&super->merge);
	rcu_read_unlock();
	local_bh_enable();
	consume_skb(super->skb);
	kfree(handed);
	espudp_sa_put(sa);
}

/* Let any CPU decrypt it. Return false if it has to be done here. */
static bool hand_out(const struct superpacket *super)
{
	unsigned int n = DIV_ROUND_UP(super->skb->len - super->place.at,
				      skb_shinfo(super->skb)->gso_size);
	struct espudp_sa *sa = super->sa;
	struct handed *handed;

	if (!espudp_link_spreads(sa->child->link, &sa->order) || n > HANDED_MAX)
		return false;
	handed = kmalloc(struct_size(handed, segments, n), GFP_ATOMIC | __GFP_NOWARN);
	if (!handed)
		return false;
	handed->job.run = handed_run;
	handed->turn.done = handed_done;
	handed->super = *super;
	handed->super.handed = handed;
	handed->n = 0;
	atomic_set(&handed->pending, 1);
	espudp_sa_get(sa);
	this_cpu_inc(sa->child->link->counters->rx_parallel);
	espudp_order_hand_out(&sa->order, &handed->turn, &handed->job);
	return true;
}

/* Whether all segments have the same SPI; none of them is IKE, then. */
static bool one_spi(struct place place, __be32 spi)
{
	unsigned int stride = skb_shinfo(place.skb)->gso_size;
	const __be32 *found;
	__be32 buffer;

	while (place.at < place.skb->len) {
		found = place_peek(&place, sizeof(buffer), &buffer);
		if (!found || *found != spi)
			return false;
		place_skip(&place, min(stride, place.skb->len - place.at));
	}
	return true;
}

/* Whether the outer ECN field changes nothing inside (RFC 6040 4.2). */
static bool ecn_is_plain(u8 tos)
{
	return !(tos & INET_ECN_ECT_1);
}

static struct espudp_sa *find_sa(struct espudp_transport *transport, const struct place *place)
{
	struct espudp_sa *sa;
	const __be32 *spi;
	__be32 buffer;

	spi = place_peek(place, sizeof(buffer), &buffer);
	if (!spi || !*spi)
		return NULL;
	sa = espudp_sa_lookup(transport->home, *spi);
	if (!sa || READ_ONCE(sa->child->link->config.batch) != ESPUDP_BATCH_ON ||
	    espudp_order_late(&sa->order) ||
	    !espudp_esp_len_valid(&sa->suite->layout, skb_shinfo(place->skb)->gso_size) ||
	    !one_spi(*place, *spi))
		return NULL;
	return sa;
}

/**
 * espudp_receive_gso() - take a UDP GSO packet of ESP packets from a transport
 * @transport: by which it came
 * @skb: from the IP header on; consumed if it is taken
 * @offset: of the first ESP header, bytes
 * @outer: where it came from
 *
 * Context: softirq, RCU read side
 * Return: false if it is not of a kind that is taken whole, and then it is as it was
 */
bool espudp_receive_gso(struct espudp_transport *transport, struct sk_buff *skb,
			unsigned int offset, const struct espudp_outer *outer)
{
	struct superpacket super = { .skb = skb, .place = { .skb = skb, .piece = -1 } };

	/* What somebody else may write meanwhile must be copied before it is authenticated. */
	if (skb_has_frag_list(skb) || skb_has_shared_frag(skb) || !ecn_is_plain(outer->tos) ||
	    skb->len <= offset)
		return false;
	place_skip(&super.place, offset);
	super.sa = find_sa(transport, &super.place);
	if (!super.sa)
		return false;

	*espudp_origin(skb) = (struct espudp_origin) {
		.outer = *outer,
		.transport_id = transport->id,
	};
	super.merge.link = super.sa->child->link;
	this_cpu_inc(super.merge.link->counters->rx_batches);
	if (hand_out(&super))
		return true;
	take_segments(&super);
	give_back(&super);
	consume_skb(skb);
	return true;
}
