// SPDX-License-Identifier: GPL-2.0
/* The replay window against a model that remembers every number */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "replay.h"
#include "test.h"

#define STEPS	200000

/* What a receiver may accept: every number received lately, in a ring far wider than a window. */
#define MEMORY	65536

struct model {
	u64 seen[MEMORY];
	u64 start;
	u64 top;
	u32 window;
};

static const u32 windows[] = { 64, 128, 192, 1024, 4096, 16384 };

/* Numbers to start from: the edges of words, of the 32-bit spaces, and of the rings. */
static const u64 starts[] = {
	0, 1, 62, 63, 64, 1000, 0xffffff00, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001,
	0x1ffffffff, 0x5fffffff0, 0xfffffffeffffffff,
};

static struct espudp_replay *make(u32 window, bool esn, u64 top)
{
	struct espudp_replay *replay;
	size_t words = espudp_replay_words(window);

	replay = malloc(sizeof(*replay) + words * sizeof(replay->bitmap[0]));
	if (!replay)
		abort();
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

static bool walk(u32 window, u64 start)
{
	struct espudp_replay *replay = make(window, true, start);
	struct model *model = calloc(1, sizeof(*model));
	enum espudp_replay_verdict got, expected;
	u64 seq, inferred;
	bool good = true;
	unsigned int i;

	if (!model)
		abort();
	model->start = start;
	model->top = start;
	model->window = window;
	for (i = 0; good && i < STEPS / 20; i++) {
		seq = pick(model);
		expected = model_check(model, seq);
		inferred = espudp_replay_infer(replay, (u32)seq);
		/* What lies left of the window is taken for the next space, and fails there. */
		if (expected != ESPUDP_REPLAY_LATE && seq && inferred != seq) {
			printf("# inferred %#jx for %#jx, top %#jx, window %u\n",
			       (uintmax_t)inferred, (uintmax_t)seq, (uintmax_t)model->top, window);
			good = false;
		}
		got = espudp_replay_check(replay, seq);
		if (got != expected) {
			printf("# verdict %d, not %d, for %#jx, top %#jx, window %u\n", got,
			       expected, (uintmax_t)seq, (uintmax_t)model->top, window);
			good = false;
		}
		if (expected == ESPUDP_REPLAY_FRESH && test_below(8)) {
			espudp_replay_update(replay, seq);
			model_update(model, seq);
			good = good && replay->top == model->top;
		}
	}
	free(model);
	free(replay);
	return good;
}

static void test_walks(void)
{
	char name[80];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		for (j = 0; j < ARRAY_SIZE(starts); j++) {
			snprintf(name, sizeof(name), "window %u from %#jx", windows[i],
				 (uintmax_t)starts[j]);
			test_check(walk(windows[i], starts[j]), name, "differs from the model");
		}
	}
}

/* RFC 4303 A2.2: the window decides the upper half, exactly at its left edge. */
static void test_infer_edges(void)
{
	static const u64 tops[] = {
		63, 64, 0x7fffffff, 0xffffffff, 0x100000000, 0x10000003e, 0x10000003f,
		0x100000040, 0x2ffffffff, 0x300000005,
	};
	struct espudp_replay *replay;
	u64 left, right;
	unsigned int i;
	bool good = true;

	for (i = 0; i < ARRAY_SIZE(tops); i++) {
		replay = make(64, true, tops[i]);
		left = tops[i] - 63;
		/* The last number that is not beyond the reach of 32 bits. */
		right = left + 0xffffffff;
		good = good && espudp_replay_infer(replay, (u32)left) == left;
		good = good && espudp_replay_infer(replay, (u32)tops[i]) == tops[i];
		good = good && espudp_replay_infer(replay, (u32)(tops[i] + 1)) == tops[i] + 1;
		good = good && espudp_replay_infer(replay, (u32)right) == right;
		free(replay);
	}
	test_check(good, "the upper half is inferred at both edges of the window", "not so");

	replay = make(64, true, 5);
	test_check(espudp_replay_infer(replay, 0xfffffff0) == 0,
		   "before the first number there is none", "%#jx",
		   (uintmax_t)espudp_replay_infer(replay, 0xfffffff0));
	free(replay);
	replay = make(64, true, 0xfffffffffffffff0);
	test_check(espudp_replay_infer(replay, 3) == 0, "behind the last number there is none",
		   "%#jx", (uintmax_t)espudp_replay_infer(replay, 3));
	free(replay);
}

static void test_32_bits(void)
{
	struct espudp_replay *replay = make(64, false, 0xfffffff0);

	test_check(espudp_replay_infer(replay, 3) == 3, "without ESN a number is what it is", "-");
	test_check(espudp_replay_check(replay, 3) == ESPUDP_REPLAY_LATE, "and does not wrap", "-");
	espudp_replay_update(replay, 0xffffffff);
	test_check(espudp_replay_check(replay, 0xffffffff) == ESPUDP_REPLAY_SEEN,
		   "the last number is taken once", "-");
	free(replay);

	replay = make(0, false, 0);
	espudp_replay_update(replay, 7);
	test_check(espudp_replay_check(replay, 7) == ESPUDP_REPLAY_FRESH && replay->top == 7,
		   "window 0 takes everything", "-");
	free(replay);
}

static void test_jumps(void)
{
	struct espudp_replay *replay = make(1024, true, 0);
	unsigned int i;
	bool good = true;

	for (i = 1; i <= 1024; i++)
		espudp_replay_update(replay, i);
	espudp_replay_update(replay, 1ULL << 40);
	for (i = 1; i < 1024; i++)
		good = good && espudp_replay_check(replay, (1ULL << 40) - i) == ESPUDP_REPLAY_FRESH;
	test_check(good, "a long jump leaves nothing behind", "an old number is still there");
	test_check(espudp_replay_check(replay, (1ULL << 40) - 1024) == ESPUDP_REPLAY_LATE,
		   "the window promises what was asked for and no more", "-");
	free(replay);
}

int main(void)
{
	test_walks();
	test_infer_edges();
	test_32_bits();
	test_jumps();
	return test_end();
}
