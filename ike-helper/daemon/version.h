/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DAEMON_VERSION_H
#define DAEMON_VERSION_H

/* The build may know better. */
#ifndef ESPUDP_VERSION
#define ESPUDP_VERSION "0.1"
#endif

#endif
