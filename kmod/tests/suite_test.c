// SPDX-License-Identifier: GPL-2.0
/* The suites: known packets, every row of the table, and everything that is forged */

#include <crypto/internal/aead.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/hex.h>
#include <linux/percpu-refcount.h>

#include "order.h"
#include "suite.h"
#include "suite_vectors.h"

#define PACKET_MAX	512
#define PATIENCE	(10 * HZ)

/* In place of an SA, which is kept until its last packet is finished. */
struct owner {
	struct espudp_order	order;
	struct percpu_ref	refs;
	struct completion	released;
};

/* One packet and the transform that it goes through. */
struct crypt_scene {
	const struct espudp_suite_info	*suite;
	struct crypto_aead		*tfm;
	struct owner			owner;
	__be32				spi;
	u64				seq;
	bool				esn;
	u8				packet[PACKET_MAX];
	unsigned int			len;
	u8				text[PACKET_MAX];
	unsigned int			text_len;
	u8				sealed[PACKET_MAX];
	unsigned int			sealed_len;
};

struct wait {
	struct completion	done;
	int			err;
};

static void note_done(struct espudp_crypt *crypt, int err)
{
	struct wait *wait = crypt->owner;

	wait->err = err;
	complete(&wait->done);
}

static void note_released(struct percpu_ref *refs)
{
	complete(&container_of(refs, struct owner, refs)->released);
}

static int crypt_run(struct kunit *test, struct crypt_scene *scene, bool seal)
{
	struct espudp_crypt *crypt = espudp_crypt_alloc(scene->tfm);
	struct wait wait = {};
	int err;

	KUNIT_ASSERT_NOT_NULL(test, crypt);
	init_completion(&wait.done);
	crypt->owner = &wait;
	crypt->done = note_done;
	crypt->seq = scene->seq;
	err = espudp_crypt_run(crypt, &scene->owner.order, scene->suite, seal, scene->spi,
			       scene->esn, scene->packet, scene->len);
	if (err == -EINPROGRESS) {
		KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&wait.done, PATIENCE), 0UL);
		err = wait.err;
	}
	espudp_crypt_free(crypt);
	return err;
}

static unsigned int unhex(struct kunit *test, u8 *to, const char *hex)
{
	unsigned int len = strlen(hex) / 2;

	KUNIT_ASSERT_EQ(test, hex2bin(to, hex, len), 0);
	return len;
}

static struct crypto_aead *transform(struct kunit *test, const struct espudp_suite_info *suite,
				     bool esn, const u8 *key)
{
	struct netlink_ext_ack extack = {};
	struct crypto_aead *tfm = espudp_suite_key(suite, esn, NULL, key, &extack);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(tfm), "%s: %pe, %s", suite->name, tfm,
			       extack._msg ?: "");
	return tfm;
}

/* Not on the stack: the queue is worked off elsewhere. */
static void owner_init(struct kunit *test, struct owner *owner)
{
	init_completion(&owner->released);
	KUNIT_ASSERT_EQ(test, percpu_ref_init(&owner->refs, note_released, 0, GFP_KERNEL), 0);
	espudp_order_init(&owner->order, &owner->refs);
}

static void scene_end(struct crypt_scene *scene)
{
	percpu_ref_kill(&scene->owner.refs);
	wait_for_completion(&scene->owner.released);
	percpu_ref_exit(&scene->owner.refs);
	crypto_free_aead(scene->tfm);
}

/* Header and IV of a packet as the vector has it; the rest follows. */
static struct crypt_scene *scene_of(struct kunit *test, const struct suite_vector *vector)
{
	struct crypt_scene *scene = kunit_kzalloc(test, sizeof(*scene), GFP_KERNEL);
	u8 key[ESPUDP_MAX_KEY_LEN];

	KUNIT_ASSERT_NOT_NULL(test, scene);
	scene->suite = espudp_suite_find(vector->suite);
	KUNIT_ASSERT_NOT_NULL(test, scene->suite);
	scene->spi = cpu_to_be32(vector->spi);
	scene->seq = vector->seq;
	scene->esn = vector->esn;
	KUNIT_ASSERT_EQ(test, unhex(test, key, vector->key), (unsigned int)scene->suite->key_len);
	scene->tfm = transform(test, scene->suite, vector->esn, key);
	owner_init(test, &scene->owner);
	espudp_esp_header_build((void *)scene->packet, scene->spi, scene->seq);
	unhex(test, scene->packet + ESPUDP_ESP_HEADER_LEN, vector->iv);
	scene->text_len = unhex(test, scene->text, vector->text);
	scene->sealed_len = unhex(test, scene->sealed, vector->sealed);
	scene->len = espudp_esp_head_len(&scene->suite->layout) + scene->sealed_len;
	return scene;
}

static void describe_vector(const struct suite_vector *vector, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s%s, %s", espudp_suite_find(vector->suite)->name,
		 vector->esn ? " ESN" : "", vector->source);
}

KUNIT_ARRAY_PARAM(vector, suite_vectors, describe_vector);

static u8 *payload(struct crypt_scene *scene)
{
	return scene->packet + espudp_esp_head_len(&scene->suite->layout);
}

static void seals_and_opens(struct kunit *test)
{
	struct crypt_scene *scene = scene_of(test, test->param_value);
	const struct espudp_esp_layout *layout = &scene->suite->layout;

	KUNIT_EXPECT_EQ(test, scene->sealed_len, scene->text_len + layout->icv_len);
	KUNIT_EXPECT_TRUE(test, espudp_esp_len_valid(layout, scene->len));
	memcpy(payload(scene), scene->text, scene->text_len);
	KUNIT_EXPECT_EQ(test, crypt_run(test, scene, true), 0);
	KUNIT_EXPECT_MEMEQ(test, payload(scene), scene->sealed, scene->sealed_len);
	KUNIT_EXPECT_EQ(test, crypt_run(test, scene, false), 0);
	KUNIT_EXPECT_MEMEQ(test, payload(scene), scene->text, scene->text_len);
	scene_end(scene);
}

/* Open the packet as it was sealed. */
static int open_again(struct kunit *test, struct crypt_scene *scene)
{
	memcpy(payload(scene), scene->sealed, scene->sealed_len);
	return crypt_run(test, scene, false);
}

/* Each octet counts, the IV's and the ICV's too. */
static void a_changed_octet_is_refused(struct kunit *test)
{
	struct crypt_scene *scene = scene_of(test, test->param_value);
	unsigned int head = espudp_esp_head_len(&scene->suite->layout), i;
	u8 bit;

	for (i = ESPUDP_ESP_HEADER_LEN; i < scene->len; i++) {
		bit = 1 << i % 8;
		if (i < head)
			scene->packet[i] ^= bit;
		else
			scene->sealed[i - head] ^= bit;
		KUNIT_EXPECT_EQ_MSG(test, open_again(test, scene), -EBADMSG, "octet %u", i);
		if (i < head)
			scene->packet[i] ^= bit;
		else
			scene->sealed[i - head] ^= bit;
	}
	KUNIT_EXPECT_EQ(test, open_again(test, scene), 0);
	scene_end(scene);
}

/* The header counts, and with ESN the half of the number that is not sent. */
static void another_header_is_refused(struct kunit *test)
{
	struct crypt_scene *scene = scene_of(test, test->param_value);

	scene->spi ^= cpu_to_be32(1);
	KUNIT_EXPECT_EQ(test, open_again(test, scene), -EBADMSG);
	scene->spi ^= cpu_to_be32(1);
	scene->seq ^= 1;
	KUNIT_EXPECT_EQ(test, open_again(test, scene), -EBADMSG);
	scene->seq ^= 1;
	scene->seq += 1ULL << 32;
	KUNIT_EXPECT_EQ(test, open_again(test, scene), scene->esn ? -EBADMSG : 0);
	scene_end(scene);
}

/* A row that no vector covers would be one that nothing proves. */
static void every_suite_has_a_vector(struct kunit *test)
{
	const struct espudp_suite_info *suite;
	unsigned int id, i, n = 0;

	for (id = 0; id < 256; id++) {
		suite = espudp_suite_find(id);
		if (!suite)
			continue;
		n++;
		KUNIT_EXPECT_EQ(test, espudp_suite_id(suite), id);
		KUNIT_EXPECT_LE(test, (int)suite->key_len, ESPUDP_MAX_KEY_LEN);
		for (i = 0; i < ARRAY_SIZE(suite_vectors) && suite_vectors[i].suite != id; i++)
			;
		KUNIT_EXPECT_LT_MSG(test, i, (unsigned int)ARRAY_SIZE(suite_vectors), "%s",
				    suite->name);
	}
	KUNIT_EXPECT_GT(test, n, 0U);
	KUNIT_EXPECT_NULL(test, espudp_suite_find(U32_MAX));
}

/* A counter never repeats; what must not be foretold is not a counter. */
static void ivs_do_not_repeat(struct kunit *test)
{
	const struct espudp_suite_info *gcm = espudp_suite_find(ESPUDP_SUITE_AES_GCM_16_128);
	const struct espudp_suite_info *cbc = espudp_suite_find(ESPUDP_SUITE_AES_CBC_128_SHA256);
	u8 one[ESPUDP_ESP_IV_MAX] = {}, other[ESPUDP_ESP_IV_MAX] = {};
	__be64 seq = cpu_to_be64(0x123456789abcdef0);

	espudp_suite_iv(gcm, one, 0x123456789abcdef0);
	KUNIT_EXPECT_MEMEQ(test, one, &seq, sizeof(seq));
	espudp_suite_iv(cbc, one, 1);
	espudp_suite_iv(cbc, other, 1);
	KUNIT_EXPECT_MEMNEQ(test, one, other, sizeof(one));
}

static void unknown_driver_is_named(struct kunit *test)
{
	const struct espudp_suite_info *gcm = espudp_suite_find(ESPUDP_SUITE_AES_GCM_16_128);
	struct netlink_ext_ack extack = {};
	u8 key[ESPUDP_MAX_KEY_LEN] = {};
	struct crypto_aead *tfm;

	tfm = espudp_suite_key(gcm, false, "no-such-driver", key, &extack);
	KUNIT_EXPECT_TRUE(test, IS_ERR(tfm));
	KUNIT_EXPECT_NOT_NULL(test, extack._msg);
}

/* A transform that has ended before it says that it will take its time. */
static int late_crypt(struct aead_request *request)
{
	local_bh_disable();
	aead_request_complete(request, 0);
	local_bh_enable();
	return -EINPROGRESS;
}

static int late_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int len)
{
	return 0;
}

static struct aead_alg late_alg = {
	.base = {
		.cra_name		= "espudp-late",
		.cra_driver_name	= "espudp-late",
		.cra_flags		= CRYPTO_ALG_ASYNC,
		.cra_blocksize		= 1,
		.cra_module		= THIS_MODULE,
	},
	.setkey		= late_setkey,
	.encrypt	= late_crypt,
	.decrypt	= late_crypt,
	.ivsize		= 8,
	.maxauthsize	= 16,
};

struct late_scene {
	struct owner	owner;
	unsigned int	delayed;
	unsigned int	done;
	unsigned int	done_when_delayed;
};

static void note_delayed(struct espudp_crypt *crypt)
{
	struct late_scene *scene = crypt->context;

	scene->delayed++;
	scene->done_when_delayed = scene->done;
}

static void note_late_done(struct espudp_crypt *crypt, int err)
{
	struct late_scene *scene = crypt->owner;

	scene->done++;
}

/* What must go before a packet that is not done at once has its time, however soon that ends. */
static void delay_is_told_first(struct kunit *test)
{
	const struct espudp_suite_info *gcm = espudp_suite_find(ESPUDP_SUITE_AES_GCM_16_128);
	struct late_scene *scene = kunit_kzalloc(test, sizeof(*scene), GFP_KERNEL);
	struct espudp_crypt *crypt;
	struct crypto_aead *tfm;
	u8 *text;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, scene);
	text = kunit_kzalloc(test, 32, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_EQ(test, crypto_register_aead(&late_alg), 0);
	tfm = crypto_alloc_aead("espudp-late", 0, 0);
	if (IS_ERR(tfm)) {
		crypto_unregister_aead(&late_alg);
		KUNIT_FAIL(test, "no transform: %pe", tfm);
		return;
	}
	KUNIT_EXPECT_EQ(test, crypto_aead_setkey(tfm, text, 16), 0);
	KUNIT_EXPECT_EQ(test, crypto_aead_setauthsize(tfm, 16), 0);
	owner_init(test, &scene->owner);
	crypt = espudp_crypt_alloc_from(tfm, 1);
	KUNIT_EXPECT_NOT_NULL(test, crypt);
	if (crypt) {
		crypt->owner = scene;
		crypt->context = scene;
		crypt->done = note_late_done;
		crypt->delayed = note_delayed;
		crypt->seq = 1;
		sg_set_buf(&crypt->from[1], text, 32);
		local_bh_disable();
		err = espudp_crypt_open_from(crypt, &scene->owner.order, gcm, cpu_to_be32(1), false,
					     text, text, 32);
		local_bh_enable();
		KUNIT_EXPECT_EQ(test, err, -EINPROGRESS);
		KUNIT_EXPECT_EQ(test, scene->delayed, 1U);
		KUNIT_EXPECT_EQ(test, scene->done_when_delayed, 0U);
		KUNIT_EXPECT_EQ(test, scene->done, 1U);
		espudp_crypt_free(crypt);
	}
	percpu_ref_kill(&scene->owner.refs);
	wait_for_completion(&scene->owner.released);
	percpu_ref_exit(&scene->owner.refs);
	crypto_free_aead(tfm);
	crypto_unregister_aead(&late_alg);
}

static struct kunit_case suite_cases[] = {
	KUNIT_CASE_PARAM(seals_and_opens, vector_gen_params),
	KUNIT_CASE_PARAM(a_changed_octet_is_refused, vector_gen_params),
	KUNIT_CASE_PARAM(another_header_is_refused, vector_gen_params),
	KUNIT_CASE(every_suite_has_a_vector),
	KUNIT_CASE(ivs_do_not_repeat),
	KUNIT_CASE(unknown_driver_is_named),
	KUNIT_CASE(delay_is_told_first),
	{ }
};

static struct kunit_suite suite_suite = {
	.name = "espudp_suite",
	.test_cases = suite_cases,
};

kunit_test_suite(suite_suite);
