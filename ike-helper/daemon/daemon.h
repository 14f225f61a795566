/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon: owner of the loop, the sockets, the engine and the tunnels.
 *
 * This room joins the others: it fills the engine's table with sockets and netlink (world.c), makes
 * links (tunnel.c, routing.c), and answers the control socket (methods.c, status.c). It is the only
 * one that knows them all, and nothing but main.c knows it.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "control/control.h"
#include "daemon/object.h"
#include "engine/engine.h"
#include "engine/list.h"
#include "system/kernel.h"
#include "system/loop.h"
#include "system/rtnl.h"
#include "system/udp.h"
#include "system/watch.h"

#define DAEMON_WHY_MAX	ENGINE_TEXT_MAX
#define DAEMON_CALLS	8	/* that may wait for the same thing */

/**
 * struct daemon_options - what the command line says
 * @socket: path of the control socket
 * @port: of IKE, host byte order
 * @natt_port: of NAT traversal and ESP
 * @exit_when_idle: end when nothing is left to do and nobody asks
 * @keep: a signal to end leaves all tunnels in the kernel, for another process to take over
 */
struct daemon_options {
	const char *socket;
	uint16_t port;
	uint16_t natt_port;
	bool exit_when_idle;
	bool keep;
};

/* Calls of the control socket that are answered when something is done. */
struct waiting_calls {
	control_call calls[DAEMON_CALLS];
	size_t count;
};

/**
 * struct daemon - everything
 * @wake: of the engine
 * @idle: see daemon_options.exit_when_idle
 * @deadline: after which a stop no longer waits
 * @watchdog: to tell the service manager that the loop runs
 * @tunnels: struct tunnel
 * @fetches: struct fetch, see fetch.c
 * @objects: of all tunnels
 * @connected: the module's family and the UDP sockets are open (daemon_connect())
 * @transports: which of the two the module has
 * @stopping: no new tunnels; the loop ends when the last one is gone
 * @stop_calls: who asked for it
 */
struct daemon {
	struct daemon_options options;
	struct loop loop;
	struct rtnl rtnl;
	struct kernel kernel;
	struct udp udp;
	struct watch watch;
	struct engine *engine;
	struct control *control;
	struct timer wake;
	struct timer idle;
	struct timer deadline;
	struct timer watchdog;
	struct list tunnels;
	struct objects objects;
	struct list fetches;
	bool connected;
	bool transports[2];
	bool stopping;
	bool failed;			/* something that it cannot do without has gone */
	struct waiting_calls stop_calls;
};

/**
 * daemon_open() - make the parts and listen on the control socket
 * @why: set to one line on error
 *
 * Return: 0 or a negative errno; then nothing is left behind.
 */
int daemon_open(struct daemon *d, const struct daemon_options *options, char why[DAEMON_WHY_MAX]);

/* Undo daemon_open(); tunnels that are left keep their objects in the kernel. */
void daemon_close(struct daemon *d);

/**
 * daemon_run() - handle events until the daemon is stopped
 *
 * Return: 0 or a negative errno.
 */
int daemon_run(struct daemon *d);

/**
 * daemon_connect() - open the ports and hand them to the kernel module, unless that is done
 * @why: set to one line on error
 *
 * Done for the first tunnel and undone after the last, so that an idle daemon neither holds the
 * ports nor the module.
 *
 * Return: 0 or a negative errno.
 */
int daemon_connect(struct daemon *d, char why[DAEMON_WHY_MAX]);

/*
 * The id of the module's transport for an address family, the same for every process of these
 * ports.
 */
uint32_t daemon_transport(const struct daemon *d, uint16_t family);

/* Take all tunnels down, then end the loop. */
void daemon_stop(struct daemon *d);

/* End the loop without a word to the peers; the kernel forwards on until another process takes over. */
void daemon_leave(struct daemon *d);

/* To be called when a tunnel has gone, or did not come. */
void daemon_tunnel_gone(struct daemon *d);

/* Remember a call. Return: false if there is no room, then it was refused. */
bool calls_add(struct daemon *d, struct waiting_calls *waiting, control_call call);

/* Answer all of them with an empty object. */
void calls_reply(struct daemon *d, struct waiting_calls *waiting);

/* methods.c: the methods of the control socket. */
extern const struct control_method daemon_methods[];

#endif
