// SPDX-License-Identifier: GPL-2.0
/* Trains: inner packets that leave as one UDP GSO packet */

#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>

#include "esp.h"
#include "pages.h"
#include "sa.h"
#include "suite.h"
#include "train.h"

/* What an IP packet holds, less the larger of the outer headers. */
#define UDP_GSO_BYTES	(65535 - sizeof(struct ipv6hdr) - sizeof(struct udphdr))

static unsigned int padded(const struct espudp_train *train, unsigned int len)
{
	return max(len, train->pad_to);
}

static unsigned int esp_len(const struct espudp_train *train, unsigned int payload_len)
{
	return espudp_esp_head_len(train->layout) + payload_len +
	       espudp_esp_trailer_len(train->layout, payload_len) + train->layout->icv_len;
}

/**
 * espudp_train_plan() - compute what follows from the rest
 * @train: all filled in but for @train->stride and @train->per_skb, which are set
 *
 * Context: any
 * Return: false if such packets are too long for trains
 */
bool espudp_train_plan(struct espudp_train *train)
{
	train->stride = esp_len(train, padded(train, train->inner_len));
	if (train->stride > ESPUDP_PAGES_MAX)
		return false;
	train->per_skb = clamp_t(unsigned int, UDP_GSO_BYTES / train->stride, 1,
				 ESPUDP_TRAIN_PACKETS);
	return true;
}

/* Write one ESP packet but for header, IV and ICV; return its length with all of them. */
static unsigned int write_packet(const struct espudp_train *train, unsigned int index, u8 *to)
{
	unsigned int len = espudp_train_inner_len(train, index);
	unsigned int text_len = padded(train, len), trailer_len;
	u8 *ip = to + espudp_esp_head_len(train->layout);

	train->write(train, index, ip);
	if (text_len > len)
		memset(ip + len, 0, text_len - len);
	trailer_len = espudp_esp_trailer_len(train->layout, text_len);
	espudp_esp_trailer_build(ip + text_len, trailer_len, train->next_header);
	return ip + text_len + trailer_len + train->layout->icv_len - to;
}

/* Write as many of @count packets as fit into one page; return how many, 0 without memory. */
static unsigned int write_page(const struct espudp_train *train, unsigned int first,
			       unsigned int count, struct sk_buff *outer)
{
	struct espudp_room room;
	unsigned int i, len = 0;
	u8 *to;

	if (skb_shinfo(outer)->nr_frags == MAX_SKB_FRAGS ||
	    !espudp_pages_take(train->stride, count, &room))
		return 0;
	to = espudp_room_address(&room);
	for (i = 0; i < room.count; i++)
		len += write_packet(train, first + i, to + len);
	skb_add_rx_frag(outer, skb_shinfo(outer)->nr_frags, room.page, room.offset, len, len);
	return room.count;
}

/**
 * espudp_train_build() - make ESP packets of inner ones
 * @train: after espudp_train_plan()
 * @first: number of the first packet
 * @count: how many, at most @train->per_skb
 * @model: an inner packet, from which protocol, priority and hash are taken
 * @headroom: for the outer headers, bytes
 *
 * What is still to be done to them is to write headers and IVs, and to encrypt.
 *
 * Context: softirq, or BH off
 * Return: a packet that begins with the first ESP header, to be given to espudp_train_limit(); each
 * of its fragments holds whole ESP packets. NULL if there is no memory.
 */
struct sk_buff *espudp_train_build(const struct espudp_train *train, unsigned int first,
				   unsigned int count, const struct sk_buff *model,
				   unsigned int headroom)
{
	struct sk_buff *outer = alloc_skb(headroom, GFP_ATOMIC);
	unsigned int done, n;

	if (!outer)
		return NULL;
	skb_reserve(outer, headroom);
	for (done = 0; done < count; done += n) {
		n = write_page(train, first + done, count - done, outer);
		if (!n) {
			kfree_skb(outer);
			return NULL;
		}
	}
	outer->protocol = model->protocol;
	outer->priority = model->priority;
	skb_copy_hash(outer, model);
	return outer;
}

/**
 * espudp_train_limit() - let a packet have no more than so many ESP packets
 * @train: from espudp_train_plan()
 * @outer: from espudp_train_build(); becomes a UDP GSO packet if there is more than one
 * @count: at least 1
 *
 * Context: any
 */
void espudp_train_limit(const struct espudp_train *train, struct sk_buff *outer,
			unsigned int count)
{
	/* It has no linear part, and nobody else has it: that cannot fail. */
	if (outer->len > count * train->stride)
		WARN_ON_ONCE(pskb_trim(outer, count * train->stride));
	if (count == 1)
		return;
	skb_shinfo(outer)->gso_type = SKB_GSO_UDP_L4;
	skb_shinfo(outer)->gso_size = train->stride;
	skb_shinfo(outer)->gso_segs = count;
}

/* A transform that was counted has ended. Return whether it is the last. */
static bool ended(struct sk_buff *outer, int err)
{
	if (err)
		WRITE_ONCE(espudp_train_cb(outer)->err, err);
	return atomic_dec_and_test(&espudp_train_cb(outer)->pending);
}

static void sealed_late(struct espudp_crypt *crypt, int err)
{
	struct espudp_sa *sa = crypt->owner;
	struct sk_buff *outer = crypt->skb;

	espudp_crypt_free(crypt);
	local_bh_disable();
	rcu_read_lock();
	if (ended(outer, err))
		espudp_train_cb(outer)->end->late(sa, outer);
	rcu_read_unlock();
	local_bh_enable();
	espudp_sa_put(sa);
}

/* A train at work. */
struct sealing {
	struct espudp_sa	*sa;
	struct sk_buff		*outer;
	struct espudp_crypt	*crypt;	/* for the next transform, or NULL */
	bool			held;	/* so are a reference to @sa, and one more pending */
};

/* For the completion, which may be sooner than the transform returns. Most need it not. */
static void hold(struct sealing *sealing)
{
	if (sealing->held)
		return;
	atomic_inc(&espudp_train_cb(sealing->outer)->pending);
	espudp_sa_get(sealing->sa);
	sealing->held = true;
}

static void give_back(struct sealing *sealing)
{
	if (sealing->crypt)
		espudp_crypt_free(sealing->crypt);
	if (!sealing->held)
		return;
	espudp_sa_put(sealing->sa);
	atomic_dec(&espudp_train_cb(sealing->outer)->pending);
}

/* Encrypt one packet. Return 0, -EINPROGRESS if it will be done later, or another error. */
static int seal_one(struct sealing *sealing, u8 *data, unsigned int len, u64 seq)
{
	struct espudp_crypt *crypt = sealing->crypt;
	struct espudp_sa *sa = sealing->sa;
	int err;

	espudp_esp_header_build((struct espudp_esp_header *)data, sa->spi.spi, seq);
	espudp_suite_iv(sa->suite, data + ESPUDP_ESP_HEADER_LEN, seq);
	crypt->skb = sealing->outer;
	crypt->owner = sa;
	crypt->seq = seq;
	crypt->done = sealed_late;
	crypt->is_part = espudp_train_cb(sealing->outer)->end->whole;
	hold(sealing);
	err = espudp_crypt_run(crypt, &sa->order, sa->suite, true, sa->spi.spi, sa->esn, data, len);
	if (err == -EINPROGRESS) {
		sealing->crypt = NULL;
		sealing->held = false;
	}
	return err;
}

/* Encrypt the packets of one fragment. One request serves all of them that end at once. */
static int seal_part(struct sealing *sealing, const skb_frag_t *part, unsigned int stride, u64 *seq)
{
	unsigned int offset, len;
	int err;

	for (offset = 0; offset < skb_frag_size(part); offset += len) {
		len = min(stride, skb_frag_size(part) - offset);
		if (!sealing->crypt)
			sealing->crypt = espudp_crypt_alloc(sealing->sa->tfm);
		if (!sealing->crypt)
			return -ENOMEM;
		err = seal_one(sealing, skb_frag_address(part) + offset, len, (*seq)++);
		if (err && err != -EINPROGRESS)
			return err;
	}
	return 0;
}

/**
 * espudp_train_seal() - write headers and IVs, and encrypt
 * @sa: that the packets go through
 * @outer: after espudp_train_limit(), its &struct espudp_train_cb filled in but for @pending and
 *	@err
 * @stride: from espudp_train_plan()
 *
 * Context: softirq, or BH off; RCU read side
 * Return: true if all is done, and then &espudp_train_cb.err says how; false if the packet is not
 * the caller's any more: &espudp_train_end.late gets it when the last transform has ended, behind
 * what the SA has begun before
 */
bool espudp_train_seal(struct espudp_sa *sa, struct sk_buff *outer, unsigned int stride)
{
	const struct skb_shared_info *shinfo = skb_shinfo(outer);
	struct sealing sealing = { .sa = sa, .outer = outer };
	u64 seq = espudp_train_cb(outer)->seq;
	unsigned int i;
	int err = 0;

	atomic_set(&espudp_train_cb(outer)->pending, 1);
	for (i = 0; !err && i < shinfo->nr_frags; i++)
		err = seal_part(&sealing, &shinfo->frags[i], stride, &seq);
	give_back(&sealing);
	return ended(outer, err);
}
