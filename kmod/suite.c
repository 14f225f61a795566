// SPDX-License-Identifier: GPL-2.0
/* Cipher suites and their transforms */

#include <crypto/authenc.h>
#include <linux/espudp.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "order.h"
#include "suite.h"

#define AEAD(template)	{ .name = template, .missing = "the kernel has no " template }

/* A cipher that authenticates itself; the same with extended sequence numbers and without. */
#define COMBINED(label, template, bits, salt_len, icv) {				\
	.name		= label,							\
	.aead		= AEAD(template),						\
	.aead_esn	= AEAD(template),						\
	.key_len	= (bits) / 8 + (salt_len),					\
	.layout		= { .iv_len = 8, .icv_len = icv, .align = 4 },			\
}

#define GCM(icv, bits)									\
	COMBINED("aes-gcm-" #icv "-" #bits, "rfc4106(gcm(aes))", bits, 4, icv)
#define CCM(icv, bits)									\
	COMBINED("aes-ccm-" #icv "-" #bits, "rfc4309(ccm(aes))", bits, 3, icv)

/* The upper half of an extended sequence number is not in the header (RFC 4303 2.2.1). */
#define CBC(bits, hash) {								\
	.name		= "aes-cbc-" #bits "-sha" #hash,				\
	.aead		= AEAD("authenc(hmac(sha" #hash "),cbc(aes))"),			\
	.aead_esn	= AEAD("authencesn(hmac(sha" #hash "),cbc(aes))"),		\
	.key_len	= (bits) / 8 + (hash) / 8,					\
	.auth_key_len	= (hash) / 8,							\
	.random_iv	= true,								\
	.layout		= { .iv_len = 16, .icv_len = (hash) / 16, .align = 16 },	\
}

static const struct espudp_suite_info suites[ESPUDP_SUITES] = {
	[ESPUDP_SUITE_AES_GCM_16_128]		= GCM(16, 128),
	[ESPUDP_SUITE_AES_GCM_16_192]		= GCM(16, 192),
	[ESPUDP_SUITE_AES_GCM_16_256]		= GCM(16, 256),
	[ESPUDP_SUITE_AES_GCM_12_128]		= GCM(12, 128),
	[ESPUDP_SUITE_AES_GCM_12_192]		= GCM(12, 192),
	[ESPUDP_SUITE_AES_GCM_12_256]		= GCM(12, 256),
	[ESPUDP_SUITE_AES_GCM_8_128]		= GCM(8, 128),
	[ESPUDP_SUITE_AES_GCM_8_192]		= GCM(8, 192),
	[ESPUDP_SUITE_AES_GCM_8_256]		= GCM(8, 256),
	[ESPUDP_SUITE_AES_CCM_16_128]		= CCM(16, 128),
	[ESPUDP_SUITE_AES_CCM_16_192]		= CCM(16, 192),
	[ESPUDP_SUITE_AES_CCM_16_256]		= CCM(16, 256),
	[ESPUDP_SUITE_AES_CCM_12_128]		= CCM(12, 128),
	[ESPUDP_SUITE_AES_CCM_12_192]		= CCM(12, 192),
	[ESPUDP_SUITE_AES_CCM_12_256]		= CCM(12, 256),
	[ESPUDP_SUITE_AES_CCM_8_128]		= CCM(8, 128),
	[ESPUDP_SUITE_AES_CCM_8_192]		= CCM(8, 192),
	[ESPUDP_SUITE_AES_CCM_8_256]		= CCM(8, 256),
	[ESPUDP_SUITE_AES_CBC_128_SHA256]	= CBC(128, 256),
	[ESPUDP_SUITE_AES_CBC_128_SHA384]	= CBC(128, 384),
	[ESPUDP_SUITE_AES_CBC_128_SHA512]	= CBC(128, 512),
	[ESPUDP_SUITE_AES_CBC_192_SHA256]	= CBC(192, 256),
	[ESPUDP_SUITE_AES_CBC_192_SHA384]	= CBC(192, 384),
	[ESPUDP_SUITE_AES_CBC_192_SHA512]	= CBC(192, 512),
	[ESPUDP_SUITE_AES_CBC_256_SHA256]	= CBC(256, 256),
	[ESPUDP_SUITE_AES_CBC_256_SHA384]	= CBC(256, 384),
	[ESPUDP_SUITE_AES_CBC_256_SHA512]	= CBC(256, 512),
	[ESPUDP_SUITE_CHACHA20_POLY1305] =
		COMBINED("chacha20-poly1305", "rfc7539esp(chacha20,poly1305)", 256, 4, 16),
};

/**
 * espudp_suite_find() - a row of the table
 * @id: an &enum espudp_suite
 *
 * Return: the suite, or NULL
 */
const struct espudp_suite_info *espudp_suite_find(unsigned int id)
{
	if (id >= ARRAY_SIZE(suites) || !suites[id].name)
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

/* Cipher and HMAC keys are told apart by a header of the transform's own. */
static int set_split_key(struct crypto_aead *tfm, const struct espudp_suite_info *suite,
			 const u8 *key)
{
	unsigned int cipher_len = suite->key_len - suite->auth_key_len;
	struct {
		struct rtattr			attr;
		struct crypto_authenc_key_param	param;
		u8				keys[ESPUDP_MAX_KEY_LEN];
	} both = {
		.attr = { .rta_len = RTA_LENGTH(sizeof(both.param)),
			  .rta_type = CRYPTO_AUTHENC_KEYA_PARAM },
		.param = { .enckeylen = cpu_to_be32(cipher_len) },
	};
	int err;

	BUILD_BUG_ON(offsetof(typeof(both), param) != RTA_LENGTH(0));
	memcpy(both.keys, key + cipher_len, suite->auth_key_len);
	memcpy(both.keys + suite->auth_key_len, key, cipher_len);
	err = crypto_aead_setkey(tfm, (u8 *)&both,
				 offsetof(typeof(both), keys) + suite->key_len);
	memzero_explicit(&both, sizeof(both));
	return err;
}

/* By the name of the driver if there is one, which must then be one of the right algorithm. */
static struct crypto_aead *find_transform(const struct espudp_suite_aead *aead,
					  const char *driver, struct netlink_ext_ack *extack)
{
	struct crypto_aead *tfm = crypto_alloc_aead(driver ?: aead->name, 0, 0);

	if (PTR_ERR(tfm) == -ENOENT) {
		if (driver)
			NL_SET_ERR_MSG(extack, "the kernel has no such driver");
		else if (extack)
			extack->_msg = aead->missing;
		return ERR_PTR(-EOPNOTSUPP);
	}
	if (IS_ERR(tfm)) {
		NL_SET_ERR_MSG(extack, "the transform cannot be made");
		return tfm;
	}
	if (driver && strcmp(crypto_tfm_alg_name(crypto_aead_tfm(tfm)), aead->name)) {
		NL_SET_ERR_MSG(extack, "the driver is for another algorithm than the suite's");
		crypto_free_aead(tfm);
		return ERR_PTR(-EINVAL);
	}
	return tfm;
}

/**
 * espudp_suite_key() - make a transform with a key
 * @suite: which
 * @esn: for extended sequence numbers
 * @driver: the implementation that is wanted, NULL for the best
 * @key: of the suite's length
 * @extack: says what the kernel lacks
 *
 * Context: process; loads modules
 * Return: to be freed by crypto_free_aead(), which wipes the key; or an ERR_PTR: -EOPNOTSUPP if the
 * kernel does not have it, -EINVAL if the driver is one of something else
 */
struct crypto_aead *espudp_suite_key(const struct espudp_suite_info *suite, bool esn,
				     const char *driver, const u8 *key,
				     struct netlink_ext_ack *extack)
{
	struct crypto_aead *tfm;
	int err;

	tfm = find_transform(esn ? &suite->aead_esn : &suite->aead, driver, extack);
	if (IS_ERR(tfm))
		return tfm;
	if (suite->auth_key_len)
		err = set_split_key(tfm, suite, key);
	else
		err = crypto_aead_setkey(tfm, key, suite->key_len);
	if (!err)
		err = crypto_aead_setauthsize(tfm, suite->layout.icv_len);
	if (err) {
		NL_SET_ERR_MSG(extack, "the transform refuses the key");
		crypto_free_aead(tfm);
		return ERR_PTR(err);
	}
	return tfm;
}

/**
 * espudp_suite_driver() - the name of an implementation
 * @tfm: from espudp_suite_key()
 */
const char *espudp_suite_driver(struct crypto_aead *tfm)
{
	return crypto_tfm_alg_driver_name(crypto_aead_tfm(tfm));
}

/**
 * espudp_suite_iv() - write the IV of a packet to be encrypted
 * @suite: whose
 * @iv: room for its length
 * @seq: the whole sequence number
 *
 * Context: any
 */
void espudp_suite_iv(const struct espudp_suite_info *suite, u8 *iv, u64 seq)
{
	__be64 number = cpu_to_be64(seq);

	if (suite->random_iv)
		get_random_bytes(iv, suite->layout.iv_len);
	else
		memcpy(iv, &number, sizeof(number));
}

/*
 * The request that was given back last, on each CPU. Nearly every packet finds one there, since one
 * that ends at once has given it back before the next one comes.
 */
static DEFINE_PER_CPU(struct espudp_crypt *, spare);

static struct espudp_crypt *crypt_memory(size_t size)
{
	struct espudp_crypt *crypt = this_cpu_xchg(spare, NULL);

	if (crypt && crypt->size >= size)
		return crypt;
	kfree(crypt);
	crypt = kmalloc(size, GFP_ATOMIC);
	if (crypt)
		crypt->size = size;
	return crypt;
}

/* What is the same each time that the request is used is set here. */
static struct espudp_crypt *crypt_new(struct crypto_aead *tfm, size_t size)
{
	struct espudp_crypt *crypt = crypt_memory(size);

	if (!crypt)
		return NULL;
	crypt->delayed = NULL;
	crypt->spread = false;
	crypt->is_part = false;
	sg_init_table(crypt->sg, ARRAY_SIZE(crypt->sg));
	aead_request_set_tfm(&crypt->request, tfm);
	return crypt;
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
	return crypt_new(tfm, sizeof(struct espudp_crypt) + crypto_aead_reqsize(tfm));
}

/**
 * espudp_crypt_alloc_from() - make a request that decrypts from other memory
 * @tfm: of the SA
 * @pieces: that a packet may stand in
 *
 * Context: softirq
 * Return: to be freed by espudp_crypt_free(), or NULL
 */
struct espudp_crypt *espudp_crypt_alloc_from(struct crypto_aead *tfm, unsigned int pieces)
{
	size_t size = ALIGN(sizeof(struct espudp_crypt) + crypto_aead_reqsize(tfm),
			    __alignof__(struct scatterlist));
	struct espudp_crypt *crypt;

	crypt = crypt_new(tfm, size + (1 + pieces) * sizeof(struct scatterlist));
	if (!crypt)
		return NULL;
	crypt->from = (struct scatterlist *)((u8 *)crypt + size);
	sg_init_table(crypt->from, 1 + pieces);
	return crypt;
}

/**
 * espudp_crypt_free() - give back a request that is done
 * @crypt: what espudp_crypt_alloc() returned
 *
 * Context: any
 */
void espudp_crypt_free(struct espudp_crypt *crypt)
{
	if (this_cpu_cmpxchg(spare, NULL, crypt))
		kfree(crypt);
}

/**
 * espudp_crypt_exit() - free what is kept
 *
 * Context: module exit, when no request is in use
 */
void espudp_crypt_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(per_cpu(spare, cpu));
}

static void crypt_turn(struct espudp_turn *turn, int err)
{
	struct espudp_crypt *crypt = container_of(turn, struct espudp_crypt, turn);

	crypt->done(crypt, err);
}

/* It has ended, at once or late. */
static void crypt_ended(struct espudp_crypt *crypt, int err)
{
	if (crypt->is_part)
		crypt->done(crypt, err);
	else
		espudp_order_done(crypt->order, &crypt->turn, err);
}

static void crypt_done(espudp_compat_completion_t *arg, int err)
{
	struct espudp_crypt *crypt = espudp_compat_completion_data(arg);

	/* Off the backlog, which is not asked for; the request goes on. */
	if (err == -EINPROGRESS)
		return;
	espudp_order_note_late(crypt->order);
	crypt_ended(crypt, err);
}

/* Begin it; the request may be gone when this returns -EINPROGRESS. */
static int transform(struct espudp_crypt *crypt)
{
	return crypt->seal ? crypto_aead_encrypt(&crypt->request)
			   : crypto_aead_decrypt(&crypt->request);
}

static void crypt_job(struct espudp_job *job)
{
	struct espudp_crypt *crypt = container_of(job, struct espudp_crypt, job);
	int err = transform(crypt);

	if (err != -EINPROGRESS)
		crypt_ended(crypt, err);
}

/* All is set; behind what the SA has begun before. */
static int begin(struct espudp_crypt *crypt, struct espudp_order *order, bool seal)
{
	bool is_part = crypt->is_part;
	int err;

	crypt->order = order;
	crypt->seal = seal;
	crypt->turn.state = ESPUDP_TURN_BEGUN;
	crypt->turn.done = crypt_turn;
	aead_request_set_callback(&crypt->request, 0, crypt_done, crypt);
	if (crypt->spread) {
		crypt->job.run = crypt_job;
		espudp_order_hand_out(order, &crypt->turn, &crypt->job);
		return -EINPROGRESS;
	}
	err = transform(crypt);
	if (err == -EINPROGRESS)
		espudp_order_note_late(order);
	/* Any other error, -EBUSY too without the wish for a backlog, leaves the request to us. */
	if (is_part || (err != -EINPROGRESS && !espudp_order_busy(order)))
		return err;
	/* Until it is in the queue nobody finishes it, however soon it ends. */
	if (crypt->delayed)
		crypt->delayed(crypt);
	espudp_order_add(order, &crypt->turn, err);
	return -EINPROGRESS;
}

/**
 * espudp_crypt_run() - encrypt or decrypt a packet in place
 * @crypt: with all that is for the caller filled in, and @seq
 * @order: of the SA
 * @suite: of the SA
 * @seal: encrypt, or else decrypt
 * @spi: of the packet
 * @esn: whether the upper half of the number is authenticated
 * @data: the ESP header in private linear memory, the rest of the packet behind it
 * @len: from there to the end of the ICV
 *
 * Context: softirq, or BH off
 * Return: 0; -EINPROGRESS if the packet is not the caller's any more: @crypt->done() is called in
 * its turn, or at once if it is a part of something, perhaps before this returns; -EBADMSG if the
 * ICV is wrong; -ENOSPC if too many are under way; or another error
 */
int espudp_crypt_run(struct espudp_crypt *crypt, struct espudp_order *order,
		     const struct espudp_suite_info *suite, bool seal, __be32 spi, bool esn,
		     u8 *data, unsigned int len)
{
	unsigned int head_len = espudp_esp_head_len(&suite->layout);
	unsigned int aad_len, text_len = len - head_len;
	struct aead_request *request = &crypt->request;

	if (!crypt->is_part && espudp_order_full(order))
		return -ENOSPC;
	memcpy(crypt->iv, data + ESPUDP_ESP_HEADER_LEN, suite->layout.iv_len);
	aad_len = espudp_esp_aad_build(crypt->aad, spi, crypt->seq, esn, crypt->iv,
				       suite->layout.iv_len);
	sg_set_buf(&crypt->sg[0], crypt->aad, aad_len);
	sg_set_buf(&crypt->sg[1], data + head_len, text_len);

	/* What is sealed grows by the ICV, what is opened loses it. */
	if (seal)
		text_len -= suite->layout.icv_len;
	aead_request_set_crypt(request, crypt->sg, crypt->sg, text_len, crypt->iv);
	aead_request_set_ad(request, aad_len);
	return begin(crypt, order, seal);
}

/**
 * espudp_crypt_open_from() - decrypt a packet into other memory
 * @crypt: from espudp_crypt_alloc_from(), with all that is for the caller filled in, and @seq; in
 * @crypt->from, behind the first entry, what stands behind the packet's IV, the last one marked
 * @order: of the SA
 * @suite: of the SA
 * @spi: of the packet
 * @esn: whether the upper half of the number is authenticated
 * @iv: of the packet
 * @to: where the plaintext goes, @len bytes less the ICV; in private linear memory of @len bytes
 * @len: of ciphertext and ICV
 *
 * Context: softirq, or BH off
 * Return: as of espudp_crypt_run()
 */
int espudp_crypt_open_from(struct espudp_crypt *crypt, struct espudp_order *order,
			   const struct espudp_suite_info *suite, __be32 spi, bool esn,
			   const u8 *iv, u8 *to, unsigned int len)
{
	struct aead_request *request = &crypt->request;
	unsigned int aad_len;

	if (!crypt->is_part && espudp_order_full(order))
		return -ENOSPC;
	memcpy(crypt->iv, iv, suite->layout.iv_len);
	aad_len = espudp_esp_aad_build(crypt->aad, spi, crypt->seq, esn, crypt->iv,
				       suite->layout.iv_len);
	sg_set_buf(&crypt->sg[0], crypt->aad, aad_len);
	sg_set_buf(&crypt->sg[1], to, len);
	sg_set_buf(&crypt->from[0], crypt->aad, aad_len);
	aead_request_set_crypt(request, crypt->from, crypt->sg, len, crypt->iv);
	aead_request_set_ad(request, aad_len);
	return begin(crypt, order, false);
}
