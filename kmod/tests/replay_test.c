// SPDX-License-Identifier: GPL-2.0
/* The replay window against a model that remembers every number */

#include <kunit/test.h>

#include "helper.h"
#include "replay.h"

#define WALKS	40
#define STEPS	4000

/* What a receiver may accept: every number received lately, in a ring far wider than a window. */
#define MEMORY	32768

struct model {
	u64 seen[MEMORY];
	u64 start;
	u64 top;
	u32 window;
};

static const u32 windows[] = { 64, 128, 192, 1024, 4096, 16384 };

static void describe_window(const u32 *window, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "window %u", *window);
}

KUNIT_ARRAY_PARAM(window, windows, describe_window);

/* Numbers to start from: the edges of words, of the 32-bit spaces, and of the rings. */
static const u64 starts[] = {
	0, 1, 62, 63, 64, 1000, 0xffffff00, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001,
	0x1ffffffff, 0x5fffffff0, 0xfffffffeffffffff,
};

static struct espudp_replay *make(struct kunit *test, u32 window, bool esn, u64 top)
{
	struct espudp_replay *replay;
	size_t words = espudp_replay_words(window);

	replay = kunit_kzalloc(test, sizeof(*replay) + words * sizeof(replay->bitmap[0]),
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, replay);
	espudp_replay_init(replay, window, esn, top);
	return replay;
}

static enum espudp_replay_verdict model_check(const struct model *model, u64 seq)
{
	if (!seq)
		return ESPUDP_REPLAY_SEEN;
	if (seq > model->top)
		return ESPUDP_REPLAY_FRESH;
	if (model->top - seq >= model->window)
		return ESPUDP_REPLAY_LATE;
	if (seq <= model->start || model->seen[seq % MEMORY] == seq)
		return ESPUDP_REPLAY_SEEN;
	return ESPUDP_REPLAY_FRESH;
}

static void model_update(struct model *model, u64 seq)
{
	model->seen[seq % MEMORY] = seq;
	if (seq > model->top)
		model->top = seq;
}

/* A number near the window: mostly a little ahead, often inside, sometimes far off. */
static u64 pick(const struct model *model)
{
	u64 back;

	switch (test_below(16)) {
	case 0:
		return model->top + 1 + test_below(4 * model->window);
	case 1:
		return model->top + 1 + test_below(65);
	case 2:
		back = test_below(3) + model->window - 1;
		break;
	case 3:
		back = test_below(3 * model->window);
		break;
	case 4:
	case 5:
	case 6:
		back = test_below(model->window);
		break;
	case 7:
		return model->top;
	default:
		return model->top + 1;
	}
	return back <= model->top ? model->top - back : 0;
}

/* One number through the window and the model. Return whether they agree. */
static bool step(struct kunit *test, struct espudp_replay *replay, struct model *model)
{
	u64 seq = pick(model), inferred = espudp_replay_infer(replay, (u32)seq);
	enum espudp_replay_verdict expected = model_check(model, seq);
	enum espudp_replay_verdict got = espudp_replay_check(replay, seq);

	/* What lies left of the window is taken for the next space, and fails there. */
	KUNIT_EXPECT_TRUE_MSG(test, expected == ESPUDP_REPLAY_LATE || !seq || inferred == seq,
			      "inferred %#llx for %#llx, top %#llx", inferred, seq, model->top);
	KUNIT_EXPECT_TRUE_MSG(test, got == expected, "verdict %d, not %d, for %#llx, top %#llx",
			      got, expected, seq, model->top);
	if (got != expected)
		return false;
	if (expected == ESPUDP_REPLAY_FRESH && test_below(8)) {
		espudp_replay_update(replay, seq);
		model_update(model, seq);
		KUNIT_EXPECT_EQ(test, replay->top, model->top);
	}
	return true;
}

static void walks_like_the_model(struct kunit *test)
{
	u32 window = *(const u32 *)test->param_value;
	struct model *model;
	struct espudp_replay *replay;
	unsigned int i, j;
	u64 start;

	for (i = 0; i < WALKS && test_more(); i++) {
		start = starts[test_below(ARRAY_SIZE(starts))];
		replay = make(test, window, true, start);
		model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, model);
		model->start = start;
		model->top = start;
		model->window = window;
		for (j = 0; j < STEPS && test_more() && step(test, replay, model); j++)
			;
	}
}

/* ---- every order of a few numbers at the edges of words and window -------------------------- */

#define DEPTH		4

static const u64 edges[] = {
	1, 2, 62, 63, 64, 65, 66, 126, 127, 128, 129, 191, 192, 193, 255, 256,
};

/* The last step is one before 2^64 - 1, so that the end is among them. */
static const u64 bases[] = {
	0, 0x7fffff80, 0xffffff80, 0xffffffc0, 0x1ffffff7f, 0xfffffffffffffeff,
};

struct few {
	struct espudp_replay	*replay[DEPTH + 1];
	size_t			size;
	u64			base;
	u64			received[DEPTH];
	u32			window;
	unsigned long		differences;
	unsigned long		checks;
};

static enum espudp_replay_verdict few_check(const struct few *few, unsigned int depth, u64 seq)
{
	u64 top = few->base;
	unsigned int i;

	for (i = 0; i < depth; i++) {
		if (few->received[i] > top)
			top = few->received[i];
	}
	if (seq > top)
		return ESPUDP_REPLAY_FRESH;
	if (top - seq >= few->window)
		return ESPUDP_REPLAY_LATE;
	for (i = 0; i < depth; i++) {
		if (few->received[i] == seq)
			return ESPUDP_REPLAY_SEEN;
	}
	return seq <= few->base ? ESPUDP_REPLAY_SEEN : ESPUDP_REPLAY_FRESH;
}

/* All numbers are tried in this state; each that is fresh leads to another one. */
static void try_all(struct few *few, unsigned int depth)
{
	struct espudp_replay *replay = few->replay[depth];
	enum espudp_replay_verdict verdict;
	unsigned int i;
	u64 seq;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		seq = few->base + edges[i];
		verdict = few_check(few, depth, seq);
		few->checks++;
		few->differences += espudp_replay_check(replay, seq) != verdict;
		few->differences += verdict != ESPUDP_REPLAY_LATE &&
				    espudp_replay_infer(replay, (u32)seq) != seq;
		if (verdict != ESPUDP_REPLAY_FRESH || depth == DEPTH)
			continue;
		memcpy(few->replay[depth + 1], replay, few->size);
		espudp_replay_update(few->replay[depth + 1], seq);
		few->received[depth] = seq;
		try_all(few, depth + 1);
	}
}

static void every_order_of_a_few(struct kunit *test)
{
	struct few few = { .window = 64 };
	unsigned int base, depth;

	for (few.window = 64; few.window <= 192; few.window += 64) {
		few.size = sizeof(*few.replay[0]) +
			   espudp_replay_words(few.window) * sizeof(few.replay[0]->bitmap[0]);
		for (base = 0; base < ARRAY_SIZE(bases); base++) {
			few.base = bases[base];
			for (depth = 0; depth <= DEPTH; depth++)
				few.replay[depth] = make(test, few.window, true, few.base);
			try_all(&few, 0);
			KUNIT_EXPECT_EQ_MSG(test, few.differences, 0UL, "window %u from %llx",
					    few.window, (unsigned long long)few.base);
		}
	}
	/* As many as there would be at least if each order were tried. */
	KUNIT_EXPECT_TRUE(test, few.checks > 1000000);
}

/* RFC 4303 A2.2: the window decides the upper half, exactly at its left edge. */
static void infers_at_both_edges(struct kunit *test)
{
	static const u64 tops[] = {
		63, 64, 0x7fffffff, 0xffffffff, 0x100000000, 0x10000003e, 0x10000003f,
		0x100000040, 0x2ffffffff, 0x300000005,
	};
	struct espudp_replay *replay;
	u64 left, right;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tops); i++) {
		replay = make(test, 64, true, tops[i]);
		left = tops[i] - 63;
		/* The last number that is not beyond the reach of 32 bits. */
		right = left + 0xffffffff;
		KUNIT_EXPECT_EQ(test, espudp_replay_infer(replay, (u32)left), left);
		KUNIT_EXPECT_EQ(test, espudp_replay_infer(replay, (u32)tops[i]), tops[i]);
		KUNIT_EXPECT_EQ(test, espudp_replay_infer(replay, (u32)(tops[i] + 1)), tops[i] + 1);
		KUNIT_EXPECT_EQ(test, espudp_replay_infer(replay, (u32)right), right);
	}
}

static void infers_nothing_outside(struct kunit *test)
{
	struct espudp_replay *replay = make(test, 64, true, 5);

	KUNIT_EXPECT_EQ(test, espudp_replay_infer(replay, 0xfffffff0), 0ULL);
	replay = make(test, 64, true, 0xfffffffffffffff0);
	KUNIT_EXPECT_EQ(test, espudp_replay_infer(replay, 3), 0ULL);
}

/* Without ESN a number is what it is; the space ends and does not wrap. */
static void ends_at_32_bits(struct kunit *test)
{
	struct espudp_replay *replay = make(test, 64, false, 0xfffffff0);

	KUNIT_EXPECT_EQ(test, espudp_replay_infer(replay, 3), 3ULL);
	KUNIT_EXPECT_EQ(test, (int)espudp_replay_check(replay, 3), (int)ESPUDP_REPLAY_LATE);
	espudp_replay_update(replay, 0xffffffff);
	KUNIT_EXPECT_EQ(test, (int)espudp_replay_check(replay, 0xffffffff),
			(int)ESPUDP_REPLAY_SEEN);
}

static void window_0_takes_everything(struct kunit *test)
{
	struct espudp_replay *replay = make(test, 0, false, 0);

	espudp_replay_update(replay, 7);
	KUNIT_EXPECT_EQ(test, (int)espudp_replay_check(replay, 7), (int)ESPUDP_REPLAY_FRESH);
	KUNIT_EXPECT_EQ(test, replay->top, 7ULL);
}

static void long_jump_leaves_nothing(struct kunit *test)
{
	struct espudp_replay *replay = make(test, 1024, true, 0);
	unsigned int i, left = 0;

	for (i = 1; i <= 1024; i++)
		espudp_replay_update(replay, i);
	espudp_replay_update(replay, 1ULL << 40);
	for (i = 1; i < 1024; i++)
		left += espudp_replay_check(replay, (1ULL << 40) - i) != ESPUDP_REPLAY_FRESH;
	KUNIT_EXPECT_EQ_MSG(test, left, 0U, "old numbers that are still there");
	/* The window promises what was asked for and no more. */
	KUNIT_EXPECT_EQ(test, (int)espudp_replay_check(replay, (1ULL << 40) - 1024),
			(int)ESPUDP_REPLAY_LATE);
}

static struct kunit_case replay_cases[] = {
	TEST_RANDOM_PARAM(walks_like_the_model, window_gen_params),
	KUNIT_CASE(every_order_of_a_few),
	KUNIT_CASE(infers_at_both_edges),
	KUNIT_CASE(infers_nothing_outside),
	KUNIT_CASE(ends_at_32_bits),
	KUNIT_CASE(window_0_takes_everything),
	KUNIT_CASE(long_jump_leaves_nothing),
	{ }
};

static struct kunit_suite replay_suite = {
	.name = "espudp_replay",
	.test_cases = replay_cases,
};

kunit_test_suite(replay_suite);
