// SPDX-License-Identifier: GPL-2.0
#include "system/udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/log.h"
#include "system/notify.h"

#define MARKER_SIZE	4	/* non-ESP marker, RFC 3948 2.2 */
#define DATAGRAM_MAX	65535
#define BATCH		8	/* datagrams a system call */
#define BATCHES		8	/* before other sources have their turn */
#define RECEIVE_BUFFER	(1 << 20)

/* Room for the packet information of either family and a mark. */
union control {
	struct cmsghdr align;
	uint8_t space[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t))];
};

void udp_init(struct udp *udp)
{
	*udp = (struct udp){ 0 };
	for (size_t i = 0; i < 4; i++)
		udp->sockets[i].source.fd = -1;
}

static bool take_pktinfo(struct address *local, struct msghdr *message)
{
	const struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, (struct cmsghdr *)c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			return address_from_bytes(local, bytes_make(&info.ipi_spec_dst, 4));
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			if (!address_from_bytes(local, bytes_make(&info.ipi6_addr, 16)))
				return false;
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				local->scope = info.ipi6_ifindex;
			return true;
		}
	}
	return false;
}

static void take_datagram(const struct udp_socket *s, struct msghdr *message, size_t len)
{
	static const uint8_t marker[MARKER_SIZE];
	const uint8_t *data = message->msg_iov->iov_base;
	struct path path = { .natt = s->natt };

	if (message->msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return;
	if (!address_from_sockaddr(&path.remote, message->msg_name, message->msg_namelen) ||
	    !take_pktinfo(&path.local, message))
		return;
	path.local.port = s->port;
	if (s->natt) {
		/*
		 * ESP and keepalives come here only while no transport of the module has the
		 * socket.
		 */
		if (len <= MARKER_SIZE || memcmp(data, marker, MARKER_SIZE))
			return;
		data += MARKER_SIZE;
		len -= MARKER_SIZE;
	}
	s->udp->received(s->udp->arg, &path, bytes_make(data, len));
}

struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage names[BATCH];
	union control control[BATCH];
	uint8_t data[BATCH][DATAGRAM_MAX];
};

static void prepare_batch(struct batch *b)
{
	for (size_t i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){ .iov_base = b->data[i], .iov_len = DATAGRAM_MAX };
		b->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &b->names[i],
			.msg_namelen = sizeof(b->names[i]),
			.msg_iov = &b->iov[i],
			.msg_iovlen = 1,
			.msg_control = &b->control[i],
			.msg_controllen = sizeof(b->control[i]),
		};
	}
}

static void on_readable(void *arg, uint32_t events)
{
	static struct batch batch;
	const struct udp_socket *s = arg;
	int n = BATCH;

	/* A handler may close the sockets. */
	for (int i = 0; i < BATCHES && n == BATCH && s->source.fd >= 0; i++) {
		prepare_batch(&batch);
		n = recvmmsg(s->source.fd, batch.messages, BATCH, MSG_DONTWAIT, NULL);
		for (int k = 0; k < n && s->source.fd >= 0; k++)
			take_datagram(s, &batch.messages[k].msg_hdr, batch.messages[k].msg_len);
	}
}

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int set_options(int fd, uint16_t family)
{
	bool v6 = family == AF_INET6;
	int err = set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);

	if (!err && v6)
		err = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!err)
		err = v6 ? set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) :
			   set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
	/* A message with certificates is larger than a packet: let it be fragmented. */
	if (!err)
		err = v6 ? set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT) :
			   set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	return err;
}

/*
 * Of the sockets of a port the oldest gets everything. So the one that the module has kept of an
 * earlier process goes on taking ESP until its successor can: without this the kernel would spread
 * packets over both as soon as the second is bound.
 */
static int prefer_oldest(int fd)
{
	struct sock_filter first = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &first };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
			  sizeof(program)) < 0 ? -errno : 0;
}

static int bind_any(int fd, uint16_t family, uint16_t port)
{
	struct address any = { .family = family, .port = port };
	struct sockaddr_storage name;
	socklen_t len = address_to_sockaddr(&any, &name);

	return bind(fd, (struct sockaddr *)&name, len) < 0 ? -errno : 0;
}

#define STORED_NAME	32

static void stored_name(char name[STORED_NAME], const struct udp_socket *s)
{
	snprintf(name, STORED_NAME, "udp%c-%u", s->family == AF_INET6 ? '6' : '4', s->port);
}

/* Whether a descriptor is what its name says. */
static bool is_bound(int fd, const struct udp_socket *s)
{
	struct sockaddr_storage name;
	socklen_t name_len = sizeof(name), type_len = sizeof(int);
	struct address address;
	int type;

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) && type == SOCK_DGRAM &&
	       !getsockname(fd, (struct sockaddr *)&name, &name_len) &&
	       address_from_sockaddr(&address, (struct sockaddr *)&name, name_len) &&
	       address.family == s->family && address.port == s->port;
}

/* The socket that the service manager has kept, or -1. */
static int take_kept(const struct udp_socket *s)
{
	char name[STORED_NAME];
	int fd;

	stored_name(name, s);
	fd = notify_stored(name);
	if (fd < 0 || is_bound(fd, s))
		return fd;
	log_warning(NULL, "what the service manager kept as %s is something else", name);
	close(fd);
	return -1;
}

/* Return: the descriptor or a negative errno. */
static int make_socket(const struct udp_socket *s)
{
	int fd = socket(s->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	int err;

	if (fd < 0)
		return -errno;
	err = set_options(fd, s->family);
	if (!err)
		err = bind_any(fd, s->family, s->port);
	if (!err)
		err = prefer_oldest(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Return: 0, also if the machine has no such family, or a negative errno. */
static int open_socket(struct udp_socket *s, char why[UDP_WHY_MAX])
{
	bool v6 = s->family == AF_INET6;
	int fd = take_kept(s), err = 0;
	char name[STORED_NAME];

	s->kept = fd >= 0;
	if (fd < 0)
		fd = make_socket(s);
	if (fd < 0) {
		err = fd;
	} else {
		s->source.fd = fd;
		err = loop_add(s->udp->loop, &s->source, EPOLLIN);
	}
	if (!err) {
		stored_name(name, s);
		if (!s->kept)
			notify_store(name, fd);
		return 0;
	}
	if (fd >= 0)
		close(fd);
	s->source.fd = -1;
	if (v6 && (err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL))
		return 0;
	snprintf(why, UDP_WHY_MAX, "cannot use UDP port %u of %s: %s%s", s->port,
		 v6 ? "IPv6" : "IPv4", strerror(-err),
		 err == -EADDRINUSE ? "; is another IKE daemon running?" : "");
	return err;
}

int udp_open(struct udp *udp, struct loop *loop, uint16_t port, uint16_t natt_port,
	     void (*received)(void *arg, const struct path *path, struct bytes datagram), void *arg,
	     char why[UDP_WHY_MAX])
{
	int err = 0;

	udp_init(udp);
	udp->loop = loop;
	udp->received = received;
	udp->arg = arg;
	for (size_t i = 0; i < 4 && !err; i++) {
		struct udp_socket *s = &udp->sockets[i];

		s->udp = udp;
		s->family = i & 1 ? AF_INET6 : AF_INET;
		s->natt = i & 2;
		s->port = s->natt ? natt_port : port;
		s->source.ready = on_readable;
		s->source.arg = s;
		err = open_socket(s, why);
	}
	if (err)
		udp_close(udp, true);
	return err;
}

void udp_close(struct udp *udp, bool forget)
{
	char name[STORED_NAME];

	for (size_t i = 0; i < 4; i++) {
		struct udp_socket *s = &udp->sockets[i];

		if (s->source.fd < 0)
			continue;
		loop_remove(udp->loop, &s->source);
		close(s->source.fd);
		s->source.fd = -1;
		stored_name(name, s);
		if (forget)
			notify_forget(name);
	}
}

static const struct udp_socket *find(const struct udp *udp, uint16_t family, bool natt)
{
	for (size_t i = 0; i < 4; i++) {
		const struct udp_socket *s = &udp->sockets[i];

		if (s->source.fd >= 0 && s->family == family && s->natt == natt)
			return s;
	}
	return NULL;
}

int udp_natt_fd(const struct udp *udp, uint16_t family)
{
	const struct udp_socket *s = find(udp, family, true);

	return s ? s->source.fd : -1;
}

bool udp_natt_kept(const struct udp *udp, uint16_t family)
{
	const struct udp_socket *s = find(udp, family, true);

	return s && s->kept;
}

static void put_control(struct msghdr *message, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (void *)((uint8_t *)message->msg_control + message->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	message->msg_controllen += CMSG_SPACE(len);
}

static void put_source(struct msghdr *message, const struct address *local)
{
	struct in_pktinfo v4 = { 0 };
	struct in6_pktinfo v6 = { .ipi6_ifindex = local->scope };

	if (local->family == AF_INET) {
		memcpy(&v4.ipi_spec_dst, local->ip, 4);
		put_control(message, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
	} else {
		memcpy(&v6.ipi6_addr, local->ip, 16);
		put_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof(v6));
	}
}

static int send_once(const struct udp_socket *s, const struct path *path, bool with_source,
		     uint32_t mark, struct bytes datagram)
{
	static const uint8_t marker[MARKER_SIZE];
	struct iovec iov[2] = {
		{ .iov_base = (void *)marker, .iov_len = s->natt ? MARKER_SIZE : 0 },
		{ .iov_base = (void *)datagram.data, .iov_len = datagram.len },
	};
	struct sockaddr_storage name;
	union control control = { 0 };
	struct msghdr message = {
		.msg_name = &name,
		.msg_namelen = address_to_sockaddr(&path->remote, &name),
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = &control,
	};

	if (with_source)
		put_source(&message, &path->local);
	if (mark)
		put_control(&message, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	return sendmsg(s->source.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int udp_send(const struct udp *udp, const struct path *path, uint32_t mark, struct bytes datagram)
{
	const struct udp_socket *s = find(udp, path->remote.family, path->natt);
	bool with_source = path->local.family == path->remote.family &&
			   !address_is_any(&path->local);
	int err;

	if (!s)
		return -EAFNOSUPPORT;
	err = send_once(s, path, with_source, mark, datagram);
	/* What the kernel says of a source address that is not ours, it depends on the version. */
	if (with_source && (err == -EINVAL || err == -EADDRNOTAVAIL || err == -ENETUNREACH))
		err = send_once(s, path, false, mark, datagram);
	return err;
}

int udp_source(struct address *local, const struct address *remote, uint32_t mark)
{
	struct sockaddr_storage name;
	socklen_t len = address_to_sockaddr(remote, &name);
	int fd = socket(remote->family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (mark)
		err = set_int(fd, SOL_SOCKET, SO_MARK, (int)mark);
	if (!err && connect(fd, (struct sockaddr *)&name, len) < 0)
		err = -errno;
	len = sizeof(name);
	if (!err && getsockname(fd, (struct sockaddr *)&name, &len) < 0)
		err = -errno;
	if (!err && !address_from_sockaddr(local, (struct sockaddr *)&name, len))
		err = -EAFNOSUPPORT;
	local->port = 0;
	close(fd);
	return err;
}
