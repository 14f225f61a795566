// SPDX-License-Identifier: GPL-2.0
/* Cipher suites and their transforms */

#include <linux/espudp.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "suite.h"

static const struct espudp_suite_info suites[] = {
	[ESPUDP_SUITE_AES_GCM_16_128] = {
		.name		= "aes-gcm-16-128",
		.aead		= "rfc4106(gcm(aes))",
		.missing	= "the kernel has no rfc4106(gcm(aes))",
		.key_len	= 16 + 4,
		.icv_len	= 16,
	},
	[ESPUDP_SUITE_AES_GCM_16_256] = {
		.name		= "aes-gcm-16-256",
		.aead		= "rfc4106(gcm(aes))",
		.missing	= "the kernel has no rfc4106(gcm(aes))",
		.key_len	= 32 + 4,
		.icv_len	= 16,
	},
	[ESPUDP_SUITE_CHACHA20_POLY1305] = {
		.name		= "chacha20-poly1305",
		.aead		= "rfc7539esp(chacha20,poly1305)",
		.missing	= "the kernel has no rfc7539esp(chacha20,poly1305)",
		.key_len	= 32 + 4,
		.icv_len	= 16,
	},
};

/**
 * espudp_suite_find() - a row of the table
 * @id: an &enum espudp_suite
 *
 * Return: the suite, or NULL
 */
const struct espudp_suite_info *espudp_suite_find(unsigned int id)
{
	if (id >= ARRAY_SIZE(suites) || !suites[id].aead)
		return NULL;
	return &suites[id];
}

/**
 * espudp_suite_id() - the number of a row
 * @suite: from espudp_suite_find()
 */
unsigned int espudp_suite_id(const struct espudp_suite_info *suite)
{
	return suite - suites;
}

/**
 * espudp_suite_key() - make a transform with a key
 * @suite: which
 * @key: of the suite's length
 * @extack: says what the kernel lacks
 *
 * Context: process; loads modules
 * Return: to be freed by crypto_free_aead(), which wipes the key; or an ERR_PTR
 */
struct crypto_aead *espudp_suite_key(const struct espudp_suite_info *suite, const u8 *key,
				     struct netlink_ext_ack *extack)
{
	struct crypto_aead *tfm;
	int err;

	tfm = crypto_alloc_aead(suite->aead, 0, 0);
	if (IS_ERR(tfm)) {
		if (extack)
			extack->_msg = suite->missing;
		return PTR_ERR(tfm) == -ENOENT ? ERR_PTR(-EOPNOTSUPP) : tfm;
	}
	err = crypto_aead_setkey(tfm, key, suite->key_len);
	if (!err)
		err = crypto_aead_setauthsize(tfm, suite->icv_len);
	if (err) {
		NL_SET_ERR_MSG(extack, "the transform refuses the key");
		crypto_free_aead(tfm);
		return ERR_PTR(err);
	}
	return tfm;
}

/**
 * espudp_crypt_alloc() - make a request
 * @tfm: of the SA
 *
 * Context: softirq
 * Return: to be freed by espudp_crypt_free(), or NULL
 */
struct espudp_crypt *espudp_crypt_alloc(struct crypto_aead *tfm)
{
	struct espudp_crypt *crypt;

	crypt = kmalloc(sizeof(*crypt) + crypto_aead_reqsize(tfm), GFP_ATOMIC);
	if (crypt)
		aead_request_set_tfm(&crypt->request, tfm);
	return crypt;
}

/**
 * espudp_crypt_free() - free a request that is done
 * @crypt: what espudp_crypt_alloc() returned
 */
void espudp_crypt_free(struct espudp_crypt *crypt)
{
	kfree(crypt);
}

static void crypt_done(espudp_compat_completion_t *arg, int err)
{
	struct espudp_crypt *crypt = espudp_compat_completion_data(arg);

	/* Off the backlog, which is not asked for; the request goes on. */
	if (err == -EINPROGRESS)
		return;
	crypt->done(crypt, err);
}

/**
 * espudp_crypt_run() - encrypt or decrypt a packet in place
 * @crypt: with all that is for the caller filled in, and @seq
 * @seal: encrypt, or else decrypt
 * @spi: of the packet
 * @esn: whether the upper half of the number is authenticated
 * @data: the ESP header in private linear memory, the rest of the packet behind it
 * @len: from there to the end of the ICV
 *
 * Context: softirq, or BH off
 * Return: 0; -EINPROGRESS if @crypt->done() is called later; -EBADMSG if the ICV is wrong; or
 * another error
 */
int espudp_crypt_run(struct espudp_crypt *crypt, bool seal, __be32 spi, bool esn, u8 *data,
		     unsigned int len)
{
	const struct espudp_esp_header *header = (void *)data;
	struct aead_request *request = &crypt->request;
	unsigned int aad_len, text_len = len - ESPUDP_ESP_HEADER_LEN;
	int err;

	crypt->iv = header->iv;
	aad_len = espudp_esp_aad_build(crypt->aad, spi, crypt->seq, esn, crypt->iv);
	sg_init_table(crypt->sg, ARRAY_SIZE(crypt->sg));
	sg_set_buf(&crypt->sg[0], crypt->aad, aad_len);
	sg_set_buf(&crypt->sg[1], data + ESPUDP_ESP_HEADER_LEN, text_len);

	/* What is sealed grows by the ICV, what is opened loses it. */
	if (seal)
		text_len -= crypto_aead_authsize(crypto_aead_reqtfm(request));
	aead_request_set_callback(request, 0, crypt_done, crypt);
	aead_request_set_crypt(request, crypt->sg, crypt->sg, text_len, (u8 *)&crypt->iv);
	aead_request_set_ad(request, aad_len);
	err = seal ? crypto_aead_encrypt(request) : crypto_aead_decrypt(request);
	/* Without the wish for a backlog a full queue is -ENOSPC; -EBUSY cannot be ours to free. */
	return err == -EBUSY ? -EINPROGRESS : err;
}
