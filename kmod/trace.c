// SPDX-License-Identifier: GPL-2.0
/* Where the tracepoints are defined */

#include <linux/netdevice.h>

#define CREATE_TRACE_POINTS
#include "trace.h"
