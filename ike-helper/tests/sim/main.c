// SPDX-License-Identifier: GPL-2.0
/* The simulator as a program: all interleavings to a depth, and random runs. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "tests/sim/chance.h"
#include "tests/sim/explore.h"

static int usage(void)
{
	fprintf(stderr,
		"usage: sim [-q] [-n RUNS] [-s SEED] [-o SCRIPT] [-b LIMITS] [-v]\n"
		"       sim -r SCRIPT:CHOICES\n"
		"  -q  the short depth;  -n  random runs (0: none);  -s  first seed\n"
		"  -b  DEPTH,LOSSES,COPIES,TIMERS instead of the scripts' own\n"
		"  -o  only one script, or \"none\";  -v  tell all of a random run;  -r  repeat a run\n");
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long runs = 1000;
	unsigned int scale = 1, failures = 0;
	const char *only = NULL, *repeat = NULL, *limits = NULL;
	uint64_t seed = 1;
	bool tell = false, failed;
	int option;

	while ((option = getopt(argc, argv, "qn:s:o:b:vr:")) != -1) {
		switch (option) {
		case 'q':
			scale = 0;
			break;
		case 'n':
			runs = strtoul(optarg, NULL, 10);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 10);
			break;
		case 'o':
			only = optarg;
			break;
		case 'b':
			limits = optarg;
			break;
		case 'v':
			tell = true;
			break;
		case 'r':
			repeat = optarg;
			break;
		default:
			return usage();
		}
	}
	/* Engines come and go by the thousand: keep their memory. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	if (repeat)
		return explore_repeat(repeat, &failed) ? failed : usage();
	if (!tell)
		failures += explore_all(scale, only, limits);
	failures += chance_runs(runs, seed, tell);
	crypto_exit();
	return failures ? 1 : 0;
}
