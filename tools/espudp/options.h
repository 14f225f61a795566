/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is said to the whole command, before or behind its words.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>

/**
 * struct options - of the whole command
 * @json: -j: print JSON
 * @control: path of the helper's control socket
 */
struct options {
	bool json;
	const char *control;
};

#endif
