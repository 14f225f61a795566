/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cipher suites: one row of the table in suite.c is one suite
 *
 * AES-GCM (RFC 4106), ChaCha20-Poly1305 (RFC 7634) and AES-CCM (RFC 4309) have an explicit 8-octet
 * IV, which is the 64-bit sequence number and so cannot repeat while the number does not, and a
 * salt behind the key. AES-CBC (RFC 3602) with HMAC-SHA-2 (RFC 4868) has an IV of one block, drawn
 * at random for each packet so that nobody can foretell it, and the key of the HMAC behind that of
 * the cipher (RFC 7296 2.17). The kernel's combined transforms check the ICV in constant time,
 * before they decrypt. There is no suite that does not encrypt.
 *
 * Transforms are asked for without a wish for synchronous ones: on x86 up to 6.15 that wish selects
 * the C implementation. A transform may hence return before it is done, and a request owns its
 * memory.
 */
#ifndef ESPUDP_SUITE_H
#define ESPUDP_SUITE_H

#include <crypto/aead.h>
#include <linux/espudp.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

#include "esp.h"
#include "order.h"

/* Rows of the table; that of number 0 is empty. */
#define ESPUDP_SUITES	(ESPUDP_SUITE_AES_CBC_256_SHA512 + 1)

struct netlink_ext_ack;
struct sk_buff;

/* What a transform is called in the kernel, and what is said if the kernel does not have it. */
struct espudp_suite_aead {
	const char	*name;
	const char	*missing;
};

/**
 * struct espudp_suite_info - one suite
 * @name: as in the netlink specification
 * @aead: the kernel's transform, for 32-bit sequence numbers
 * @aead_esn: for extended ones
 * @key_len: all key material, bytes
 * @auth_key_len: what of it, at its end, is the key of an HMAC; 0 with a combined cipher
 * @random_iv: the IV is drawn at random; else it is the sequence number
 * @layout: sizes of its packets
 */
struct espudp_suite_info {
	const char			*name;
	struct espudp_suite_aead	aead;
	struct espudp_suite_aead	aead_esn;
	u8				key_len;
	u8				auth_key_len;
	bool				random_iv;
	struct espudp_esp_layout	layout;
};

/**
 * struct espudp_crypt - one packet on its way through a transform
 * @skb: the packet
 * @owner: for the caller
 * @seq: its sequence number, for the caller
 * @done: called in its turn if espudp_crypt_run() returned -EINPROGRESS; in softirq, or BH off
 * @delayed: if it is not NULL, called before @done can be, by the one who begins, when the packet
 *	has to wait: for what must be handed on before it
 * @context: for @delayed
 * @spread: the transform is handed out to another CPU, as espudp_order_spreads() has allowed
 * @is_part: of something that has its turn as a whole: @done is called as soon as the transform
 *	has ended
 * @seal: encrypt, or else decrypt
 * @order: of the SA
 * @turn: in it
 * @job: the transform, if it is handed out
 * @sg: associated data, packet
 * @from: if it is not decrypted in place: associated data, and the packet as it came, in so many
 *	pieces as the request was made for
 * @iv: for the transform
 * @aad: associated data
 * @size: bytes that were allocated for it
 * @request: for the transform, its own context behind it
 */
struct espudp_crypt {
	struct sk_buff		*skb;
	void			*owner;
	u64			seq;
	void			(*done)(struct espudp_crypt *crypt, int err);
	void			(*delayed)(struct espudp_crypt *crypt);
	void			*context;
	bool			spread;
	bool			seal;
	bool			is_part;
	struct espudp_order	*order;
	struct espudp_turn	turn;
	struct espudp_job	job;
	struct scatterlist	sg[2];
	struct scatterlist	*from;
	u8			iv[ESPUDP_ESP_IV_MAX] __aligned(8);
	u8			aad[ESPUDP_ESP_AAD_MAX];
	size_t			size;
	struct aead_request	request CRYPTO_MINALIGN_ATTR;
};

const struct espudp_suite_info *espudp_suite_find(unsigned int id);
unsigned int espudp_suite_id(const struct espudp_suite_info *suite);
struct crypto_aead *espudp_suite_key(const struct espudp_suite_info *suite, bool esn,
				     const char *driver, const u8 *key,
				     struct netlink_ext_ack *extack);
const char *espudp_suite_driver(struct crypto_aead *tfm);
void espudp_suite_iv(const struct espudp_suite_info *suite, u8 *iv, u64 seq);

struct espudp_crypt *espudp_crypt_alloc(struct crypto_aead *tfm);
struct espudp_crypt *espudp_crypt_alloc_from(struct crypto_aead *tfm, unsigned int pieces);
void espudp_crypt_free(struct espudp_crypt *crypt);
void espudp_crypt_exit(void);
int espudp_crypt_run(struct espudp_crypt *crypt, struct espudp_order *order,
		     const struct espudp_suite_info *suite, bool seal, __be32 spi, bool esn,
		     u8 *data, unsigned int len);
int espudp_crypt_open_from(struct espudp_crypt *crypt, struct espudp_order *order,
			   const struct espudp_suite_info *suite, __be32 spi, bool esn,
			   const u8 *iv, u8 *to, unsigned int len);

#endif
