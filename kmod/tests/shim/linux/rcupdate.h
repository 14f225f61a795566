/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_RCUPDATE_H
#define SHIM_LINUX_RCUPDATE_H

#include <linux/types.h>

#define rcu_read_lock()				do { } while (0)
#define rcu_read_unlock()			do { } while (0)
#define rcu_access_pointer(p)			(p)
#define rcu_dereference(p)			(p)
#define rcu_dereference_protected(p, condition)	(p)
#define rcu_assign_pointer(p, value)		((p) = (value))
#define RCU_INIT_POINTER(p, value)		((p) = (value))

#endif
