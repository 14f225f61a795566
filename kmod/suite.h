/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cipher suites: AEADs only (RFC 4106, RFC 7634), all with an explicit 8-octet IV, a 4-octet salt
 * behind the key, and a 16-octet ICV. One row of the table in suite.c is one suite.
 *
 * Transforms are asked for without a wish for synchronous ones: on x86 up to 6.15 that wish selects
 * the C implementation. A transform may hence return before it is done, and a request owns its
 * memory.
 */
#ifndef ESPUDP_SUITE_H
#define ESPUDP_SUITE_H

#include <crypto/aead.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

#include "esp.h"

struct netlink_ext_ack;
struct sk_buff;

/**
 * struct espudp_suite_info - one suite
 * @name: as in the netlink specification
 * @aead: the kernel's template
 * @missing: what is said if the kernel does not have it
 * @key_len: cipher key and salt, bytes
 * @icv_len: bytes
 */
struct espudp_suite_info {
	const char	*name;
	const char	*aead;
	const char	*missing;
	u8		key_len;
	u8		icv_len;
};

/**
 * struct espudp_crypt - one packet on its way through a transform
 * @skb: the packet
 * @owner: for the caller
 * @seq: its sequence number, for the caller
 * @done: called if the transform did not end at once; in softirq
 * @sg: associated data, packet
 * @iv: for the transform
 * @aad: associated data
 * @request: for the transform, its own context behind it
 */
struct espudp_crypt {
	struct sk_buff		*skb;
	void			*owner;
	u64			seq;
	void			(*done)(struct espudp_crypt *crypt, int err);
	struct scatterlist	sg[2];
	__be64			iv;
	u8			aad[ESPUDP_ESP_AAD_MAX];
	struct aead_request	request CRYPTO_MINALIGN_ATTR;
};

const struct espudp_suite_info *espudp_suite_find(unsigned int id);
unsigned int espudp_suite_id(const struct espudp_suite_info *suite);
struct crypto_aead *espudp_suite_key(const struct espudp_suite_info *suite, const u8 *key,
				     struct netlink_ext_ack *extack);
struct espudp_crypt *espudp_crypt_alloc(struct crypto_aead *tfm);
void espudp_crypt_free(struct espudp_crypt *crypt);
int espudp_crypt_run(struct espudp_crypt *crypt, bool seal, __be32 spi, bool esn, u8 *data,
		     unsigned int len);

#endif
