/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work on packets that is done by whatever CPU has time for it
 *
 * Each CPU has a lane, in which the jobs wait that it has handed out, and a worker. The workers
 * take jobs out of all lanes, each in its turn, the oldest of a lane first. A lane is short: who
 * would make it longer does its oldest job itself, so that nothing is ever refused, and the one who
 * hands out is slowed down to what all CPUs do together. If the worker that is woken for a job does
 * not come, that of the CPU itself is woken for the next one.
 *
 * A job that is bound waits for the worker of one CPU instead. It can be taken back until that has
 * begun it. A worker of a CPU that goes away does what is left on another.
 *
 * The order in which jobs end is nobody's business here; see order.h.
 */
#ifndef ESPUDP_PARALLEL_H
#define ESPUDP_PARALLEL_H

#include <linux/list.h>
#include <linux/types.h>

/**
 * struct espudp_job - something to be done
 * @node: in a lane; empty if it waits in none, and was once bound
 * @run: does it; the job may be gone when this returns. In softirq, or BH off
 */
struct espudp_job {
	struct list_head	node;
	void			(*run)(struct espudp_job *job);
};

int espudp_parallel_init(void);
void espudp_parallel_exit(void);
void espudp_parallel_flush(void);

bool espudp_parallel_possible(void);
int espudp_parallel_other_cpu(void);
void espudp_parallel_post(struct espudp_job *job);
void espudp_parallel_post_on(int cpu, struct espudp_job *job);
bool espudp_parallel_take_back(int cpu, struct espudp_job *job);
void espudp_parallel_help(void);

#endif
