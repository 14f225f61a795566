// SPDX-License-Identifier: GPL-2.0
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "daemon/fetch.h"
#include "daemon/keylog.h"
#include "daemon/reload.h"
#include "daemon/tunnel.h"
#include "daemon/world.h"
#include "system/log.h"
#include "system/notify.h"
#include "system/random.h"
#include "system/signer.h"

#define STOP_TIME	5000	/* ms until the daemon ends whatever is not done */
#define IDLE_TIME	5000	/* ms without tunnels and clients */

bool calls_add(struct daemon *d, struct waiting_calls *waiting, control_call call)
{
	if (waiting->count < DAEMON_CALLS) {
		waiting->calls[waiting->count++] = call;
		return true;
	}
	control_error(d->control, call, "busy", "too many wait for this already");
	return false;
}

void calls_reply(struct daemon *d, struct waiting_calls *waiting)
{
	for (size_t i = 0; i < waiting->count; i++)
		control_reply(d->control, waiting->calls[i], NULL);
	waiting->count = 0;
}

static void on_wake(void *owner)
{
	struct daemon *d = owner;

	engine_run(d->engine);
}

/* See whether there is a reason to go on. */
static void check_idle(struct daemon *d)
{
	loop_cancel(&d->loop, &d->idle);
	if (d->options.exit_when_idle && list_empty(&d->tunnels) &&
	    !control_clients(d->control))
		loop_after(&d->loop, &d->idle, IDLE_TIME);
}

static void on_idle(void *owner)
{
	struct daemon *d = owner;

	if (!list_empty(&d->tunnels) || control_clients(d->control))
		return;
	log_debug(NULL, "nothing left to do");
	daemon_stop(d);
}

/* A loop that no longer comes here is one that the service manager should end. */
static void on_watchdog(void *owner)
{
	struct daemon *d = owner;

	notify_manager("WATCHDOG=1");
	loop_after(&d->loop, &d->watchdog, notify_watchdog());
}

static void on_last_client(void *arg)
{
	check_idle(arg);
}

static void on_deadline(void *owner)
{
	struct daemon *d = owner;

	log_warning(NULL, "not everything could be taken down in time");
	loop_stop(&d->loop);
}

/* As systemd's Type=notify-reload has it. */
static void reload_all(struct daemon *d)
{
	struct reload_outcome outcome;
	struct tunnel *t, *next;
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)loop_now() * 1000);
	notify_manager(text);
	list_for_each(t, next, &d->tunnels, struct tunnel, link)
		reload_tunnel(t, &outcome);
	notify_manager("READY=1");
}

static void on_signal(void *arg, int number)
{
	struct daemon *d = arg;

	if (number == SIGHUP) {
		reload_all(d);
		return;
	}
	if (number == SIGUSR2 || (d->options.keep && !d->stopping)) {
		log_info(NULL, "%s: leaving the tunnels to the kernel", strsignal(number));
		daemon_leave(d);
		return;
	}
	log_info(NULL, "%s: stopping", strsignal(number));
	daemon_stop(d);
}

static void on_departed(void *arg, const struct rtnl_departure *departure)
{
	struct daemon *d = arg;
	struct tunnel *t, *next;

	list_for_each(t, next, &d->tunnels, struct tunnel, link)
		tunnel_departed(t, departure);
}

static bool is_ours(void *arg, int ifindex)
{
	struct daemon *d = arg;
	struct tunnel *t, *next;

	/* 1 is the loopback interface of every namespace. */
	if (ifindex == 1)
		return true;
	list_for_each(t, next, &d->tunnels, struct tunnel, link)
		if (t->routing.netnsid == RTNL_HERE && t->routing.ifindex == ifindex)
			return true;
	return false;
}

static void tell_addresses(struct daemon *d)
{
	struct address own[ENGINE_ADDRESSES_MAX];

	engine_network_changed(d->engine, own,
			       watch_addresses(&d->watch, own, ENGINE_ADDRESSES_MAX));
}

static void on_network(void *arg)
{
	struct daemon *d = arg;
	struct tunnel *t, *next;

	tell_addresses(d);
	list_for_each(t, next, &d->tunnels, struct tunnel, link)
		tunnel_network_changed(t);
}

/* Without signatures no peer believes us any more. The next process finds the tunnels as they are. */
static void on_signer_gone(void *arg, const char *why)
{
	struct daemon *d = arg;

	log_error(NULL, "%s: no signature can be made any more; ending, with the tunnels left to the kernel", why);
	d->failed = true;
	daemon_leave(d);
}

static int catch_signals(struct daemon *d)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR2);
	return loop_catch(&d->loop, &signals, on_signal, d);
}

static int open_parts(struct daemon *d, char why[DAEMON_WHY_MAX])
{
	int err = catch_signals(d);

	if (err) {
		snprintf(why, DAEMON_WHY_MAX, "signals: %s", strerror(-err));
		return err;
	}
	err = signer_watch(&d->loop, on_signer_gone, d);
	if (err) {
		snprintf(why, DAEMON_WHY_MAX, "signing process: %s", strerror(-err));
		return err;
	}
	d->engine = engine_new(&world_ops, d);
	if (!d->engine) {
		snprintf(why, DAEMON_WHY_MAX, "no memory, or no working libcrypto");
		return -ENOMEM;
	}
	err = rtnl_open(&d->rtnl, &d->loop, on_departed, d);
	if (err) {
		snprintf(why, DAEMON_WHY_MAX, "rtnetlink: %s", strerror(-err));
		goto free_engine;
	}
	d->control = control_open(&d->loop, d->options.socket, daemon_methods, on_last_client, d,
				  why);
	if (d->control) {
		control_watch_streams(d->control, keylog_ended);
		return 0;
	}
	err = -EIO;
	rtnl_close(&d->rtnl, &d->loop);
free_engine:
	engine_free(d->engine);
	return err;
}

_Static_assert(CONTROL_WHY_MAX <= DAEMON_WHY_MAX && UDP_WHY_MAX <= DAEMON_WHY_MAX &&
	       KERNEL_WHY_MAX <= DAEMON_WHY_MAX, "reasons fit");

int daemon_open(struct daemon *d, const struct daemon_options *options, char why[DAEMON_WHY_MAX])
{
	uint64_t seed = 0;
	int err;

	random_octets(&seed, sizeof(seed));
	memset(d, 0, sizeof(*d));
	d->options = *options;
	list_init(&d->tunnels);
	objects_init(&d->objects, seed);
	list_init(&d->fetches);
	timer_init(&d->wake, on_wake, d);
	timer_init(&d->idle, on_idle, d);
	timer_init(&d->deadline, on_deadline, d);
	timer_init(&d->watchdog, on_watchdog, d);
	udp_init(&d->udp);
	err = loop_open(&d->loop);
	if (err) {
		snprintf(why, DAEMON_WHY_MAX, "event loop: %s", strerror(-err));
		return err;
	}
	err = open_parts(d, why);
	if (err) {
		loop_close(&d->loop);
		return err;
	}
	if (notify_watchdog())
		loop_after(&d->loop, &d->watchdog, 0);
	check_idle(d);
	return 0;
}

uint32_t daemon_transport(const struct daemon *d, uint16_t family)
{
	/* Named after the port, so that a new process finds what an earlier one left. */
	return d->options.natt_port + (family == AF_INET6 ? 0x10000u : 0);
}

static const uint16_t families[2] = { AF_INET, AF_INET6 };

static void drop_transports(struct daemon *d)
{
	for (size_t i = 0; i < 2; i++) {
		if (!d->transports[i])
			continue;
		if (kernel_transport_delete(&d->kernel, daemon_transport(d, families[i])))
			log_debug(NULL, "transport stays: %s", kernel_error(&d->kernel));
		d->transports[i] = false;
	}
}

static int add_transports(struct daemon *d, char why[DAEMON_WHY_MAX])
{
	int err, fd;

	for (size_t i = 0; i < 2; i++) {
		fd = udp_natt_fd(&d->udp, families[i]);
		if (fd < 0)
			continue;
		err = kernel_transport_add(&d->kernel, daemon_transport(d, families[i]), fd);
		/* The very socket that the module has of an earlier process. */
		if (err == -EBUSY && udp_natt_kept(&d->udp, families[i]))
			err = 0;
		if (err) {
			snprintf(why, DAEMON_WHY_MAX, "the kernel module refuses the socket: %s",
				 kernel_error(&d->kernel));
			drop_transports(d);
			return err;
		}
		d->transports[i] = true;
	}
	return 0;
}

int daemon_connect(struct daemon *d, char why[DAEMON_WHY_MAX])
{
	int err;

	if (d->connected)
		return 0;
	err = kernel_open(&d->kernel, &d->loop, &world_kernel_handlers, d, why);
	if (err)
		return err;
	err = udp_open(&d->udp, &d->loop, d->options.port, d->options.natt_port, world_received, d,
		       why);
	if (err)
		goto close_kernel;
	err = add_transports(d, why);
	if (err)
		goto close_udp;
	err = watch_open(&d->watch, &d->loop, is_ours, on_network, d);
	if (err) {
		snprintf(why, DAEMON_WHY_MAX, "cannot watch the network: %s", strerror(-err));
		goto drop;
	}
	tell_addresses(d);
	d->connected = true;
	return 0;

drop:
	drop_transports(d);
close_udp:
	udp_close(&d->udp, true);
close_kernel:
	kernel_close(&d->kernel);
	return err;
}

static void disconnect(struct daemon *d, bool take_away)
{
	if (!d->connected)
		return;
	watch_close(&d->watch);
	if (take_away)
		drop_transports(d);
	udp_close(&d->udp, take_away);
	kernel_close(&d->kernel);
	d->connected = false;
}

void daemon_tunnel_gone(struct daemon *d)
{
	if (!list_empty(&d->tunnels))
		return;
	disconnect(d, true);
	if (!d->stopping) {
		check_idle(d);
		return;
	}
	calls_reply(d, &d->stop_calls);
	loop_stop(&d->loop);
}

void daemon_stop(struct daemon *d)
{
	struct tunnel *t, *next;

	if (d->stopping)
		return;
	d->stopping = true;
	notify_manager("STOPPING=1");
	loop_after(&d->loop, &d->deadline, STOP_TIME);
	list_for_each(t, next, &d->tunnels, struct tunnel, link)
		tunnel_stop(t);
	daemon_tunnel_gone(d);
}

void daemon_leave(struct daemon *d)
{
	notify_manager("STOPPING=1");
	loop_stop(&d->loop);
}

int daemon_run(struct daemon *d)
{
	int err = loop_run(&d->loop);

	if (err)
		log_error(NULL, "event loop: %s", strerror(-err));
	return err ? err : d->failed ? -EPIPE : 0;
}

void daemon_close(struct daemon *d)
{
	struct tunnel *t;

	while ((t = list_first(&d->tunnels, struct tunnel, link)))
		tunnel_free(t);
	disconnect(d, false);
	control_close(d->control);
	rtnl_close(&d->rtnl, &d->loop);
	fetch_stop(d);
	engine_free(d->engine);
	objects_exit(&d->objects);
	signer_stop(&d->loop);
	crypto_exit();
	loop_close(&d->loop);
}
