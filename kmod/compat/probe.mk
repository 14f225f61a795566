# SPDX-License-Identifier: GPL-2.0
# What the headers of the kernel at hand have, by looking at them: stable trees and distributions
# carry changes to older version numbers. compat.h and include/ use the results.

# $(call probe,MACRO,HEADER,BASIC REGULAR EXPRESSION)
probe = $(if $(shell grep -qs -e '$(3)' $(srctree)/include/$(2) && echo y),-DHAVE_$(1))

ccflags-y += $(call probe,NETDEV_LLTX,linux/netdevice.h,lltx:1)
ccflags-y += $(call probe,RTNL_NEWLINK_PARAMS,net/rtnetlink.h,struct rtnl_newlink_params)
ccflags-y += $(call probe,CRYPTO_COMPLETION_DATA,linux/crypto.h,crypto_completion_t..void)
ccflags-y += $(call probe,NLA_CONST_RANGE,net/netlink.h,const struct netlink_range_validation .range)
ccflags-y += $(call probe,NET_PASSIVE_INC,net/net_namespace.h,net_passive_inc)
ccflags-y += $(call probe,NETNS_TRACKER_UNCOUNTED,net/net_namespace.h,void __netns_tracker_alloc)
ccflags-y += $(call probe,UDP_TUNNEL_SOCK_IS_SK,net/udp_tunnel.h,setup_udp_tunnel_sock.struct net .net. struct sock .sk)
ccflags-y += $(call probe,UDP_TUNNEL_XMIT_IPCB,net/udp_tunnel.h,ipcb_flags)
ccflags-y += $(call probe,DROP_IP_TUNNEL_ECN,net/dropreason-core.h,SKB_DROP_REASON_IP_TUNNEL_ECN)
ccflags-y += $(call probe,DROP_NO_TX_TARGET,net/dropreason-core.h,SKB_DROP_REASON_NO_TX_TARGET)
ccflags-y += $(call probe,DROP_RECURSION_LIMIT,net/dropreason-core.h,SKB_DROP_REASON_RECURSION_LIMIT)
ccflags-y += $(call probe,IPV6_STUB,net/ipv6_stubs.h,ipv6_dst_lookup_flow)

# Headers that are younger than the oldest kernel; the kernel's own come first.
ccflags-y += -I$(espudp-dir)/include
ccflags-y += -include $(espudp-dir)/compat.h
