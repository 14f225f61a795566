/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `espudp monitor`: the events of helper and kernel as they come.
 */
#ifndef TOOLS_MONITOR_H
#define TOOLS_MONITOR_H

#include "options.h"

/**
 * monitor - print events until the output is closed or a signal comes
 * @options: JSON or text; path of the control socket
 *
 * Either source may be absent, go away and come back; the other goes on.
 *
 * Return: exit status.
 */
int monitor(const struct options *options);

#endif
