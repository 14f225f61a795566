/* SPDX-License-Identifier: GPL-2.0 */
/* The life of an incoming packet */
#ifndef ESPUDP_RECEIVE_H
#define ESPUDP_RECEIVE_H

struct espudp_transport_ops;

extern const struct espudp_transport_ops espudp_receive_ops;

#endif
