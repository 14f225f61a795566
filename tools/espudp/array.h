/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TOOLS_ARRAY_H
#define TOOLS_ARRAY_H

/* Elements of an array; not to be used on a pointer. */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
