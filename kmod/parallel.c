// SPDX-License-Identifier: GPL-2.0
/* Work on packets that is done by whatever CPU has time for it */

#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/sched/isolation.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "parallel.h"

/* Jobs that wait in a lane, at most: enough for the time that a worker takes to wake up. */
#define LANE_MAX	16
/* Jobs that a worker does before softirqs get their turn on its CPU. */
#define BURST		8
/* Bursts after which it queues up behind other work. */
#define BURSTS		64

/**
 * struct lane - what waits at one CPU
 * @lock: protects @jobs, @len and @bound
 * @jobs: handed out by this CPU, for any
 * @len: how many these are
 * @bound: for the worker of this CPU alone
 * @awake: the worker will look at all lanes before it sleeps
 * @cpu: the CPU
 * @next: CPU whose worker is woken next; belongs to this CPU, BH off
 * @from: lane that this CPU looks at first; belongs to it, BH off
 * @busy: this CPU is at a job; belongs to it, BH off
 * @work: the worker
 */
struct lane {
	spinlock_t		lock;
	struct list_head	jobs;
	unsigned int		len;
	struct list_head	bound;
	atomic_t		awake;
	int			cpu;
	int			next;
	int			from;
	bool			busy;
	struct work_struct	work;
};

static struct lane __percpu *lanes;
static struct workqueue_struct *workers;
/* Lanes that have @jobs. */
static struct cpumask waiting;
/* Where espudp_parallel_other_cpu() goes on. Races do no harm. */
static int rotor;

/* The online CPU that follows, or -1 if there is none but @self. Isolated ones are let alone. */
static int next_cpu(int cpu, int self)
{
	const struct cpumask *allowed = housekeeping_cpumask(HK_TYPE_DOMAIN);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		cpu = cpumask_next_and(cpu, cpu_online_mask, allowed);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_next_and(-1, cpu_online_mask, allowed);
		if (cpu < nr_cpu_ids && cpu != self)
			return cpu;
	}
	return -1;
}

/* Return false if it is awake already, or has been woken and does not get its turn. */
static bool wake(int cpu)
{
	struct lane *lane = per_cpu_ptr(lanes, cpu);

	/* What was put into a lane is seen by who clears @awake after this has read it. */
	smp_mb();
	if (atomic_read(&lane->awake) || atomic_xchg(&lane->awake, 1))
		return false;
	queue_work_on(cpu, workers, &lane->work);
	return true;
}

/* Take the oldest out; the lock is held. */
static struct espudp_job *pop(struct lane *lane)
{
	struct espudp_job *job = list_first_entry_or_null(&lane->jobs, struct espudp_job, node);

	lockdep_assert_held(&lane->lock);
	if (!job)
		return NULL;
	list_del_init(&job->node);
	if (!--lane->len)
		cpumask_clear_cpu(lane->cpu, &waiting);
	return job;
}

static struct espudp_job *take_bound(struct lane *lane)
{
	struct espudp_job *job;

	if (list_empty_careful(&lane->bound))
		return NULL;
	spin_lock(&lane->lock);
	job = list_first_entry_or_null(&lane->bound, struct espudp_job, node);
	if (job)
		list_del_init(&job->node);
	spin_unlock(&lane->lock);
	return job;
}

/* The oldest of a lane that has one; each lane in its turn, however fast another is filled. */
static struct espudp_job *take_any(void)
{
	struct lane *here = this_cpu_ptr(lanes), *lane;
	struct espudp_job *job;
	int cpu;

	for_each_cpu_wrap(cpu, &waiting, here->from) {
		lane = per_cpu_ptr(lanes, cpu);
		spin_lock(&lane->lock);
		job = pop(lane);
		spin_unlock(&lane->lock);
		if (job) {
			here->from = (cpu + 1) % nr_cpu_ids;
			return job;
		}
	}
	return NULL;
}

/* What a job sends may come back here by another tunnel; that must not do jobs within jobs. */
static void run(struct espudp_job *job)
{
	struct lane *here = this_cpu_ptr(lanes);
	bool was_busy = here->busy;

	here->busy = true;
	job->run(job);
	here->busy = was_busy;
}

/* Return false when there is nothing left to do. What is bound may be a burst in itself. */
static bool run_burst(struct lane *lane)
{
	struct espudp_job *job, *bound;
	unsigned int i;

	local_bh_disable();
	bound = take_bound(lane);
	job = bound ?: take_any();
	for (i = 1; job; i++) {
		run(job);
		if (bound || i == BURST)
			break;
		job = take_any();
	}
	local_bh_enable();
	return job;
}

static bool anything_left(const struct lane *lane)
{
	return !cpumask_empty(&waiting) || !list_empty_careful(&lane->bound);
}

static void lane_work(struct work_struct *work)
{
	struct lane *lane = container_of(work, struct lane, work);
	unsigned int i;

	for (i = 0; i < BURSTS; i++) {
		if (run_burst(lane)) {
			cond_resched();
			continue;
		}
		atomic_set(&lane->awake, 0);
		/* Who comes with a job now sees that it has to wake somebody, or we see the job. */
		smp_mb();
		if (!anything_left(lane) || atomic_xchg(&lane->awake, 1))
			return;
	}
	queue_work_on(lane->cpu, workers, &lane->work);
}

/**
 * espudp_parallel_possible() - whether a job can be handed out
 *
 * If not, it has to be done at once: there is nobody else, or no place for it in the lane of a CPU
 * that is itself at a job. What is said holds until BH are on.
 *
 * Context: softirq, or BH off
 */
bool espudp_parallel_possible(void)
{
	const struct lane *lane = this_cpu_ptr(lanes);
	int self = smp_processor_id();

	return num_online_cpus() > 1 && next_cpu(self, self) >= 0 &&
	       (!lane->busy || READ_ONCE(lane->len) < LANE_MAX);
}

/**
 * espudp_parallel_other_cpu() - a CPU to which a job may be bound
 *
 * Context: softirq, or BH off
 * Return: one that is online, each in its turn, but this one only if there is no other
 */
int espudp_parallel_other_cpu(void)
{
	int self = smp_processor_id(), cpu = next_cpu(READ_ONCE(rotor), self);

	if (cpu < 0)
		return self;
	WRITE_ONCE(rotor, cpu);
	return cpu;
}

/**
 * espudp_parallel_post() - hand out a job
 * @job: to be run once, on any CPU, perhaps on this one before this returns
 *
 * Context: softirq, or BH off; without locks; espudp_parallel_possible() has said yes
 */
void espudp_parallel_post(struct espudp_job *job)
{
	int self = smp_processor_id(), cpu;
	struct lane *lane = this_cpu_ptr(lanes);
	struct espudp_job *oldest = NULL;

	spin_lock(&lane->lock);
	list_add_tail(&job->node, &lane->jobs);
	if (!lane->len++)
		cpumask_set_cpu(self, &waiting);
	if (lane->len > LANE_MAX)
		oldest = pop(lane);
	spin_unlock(&lane->lock);

	cpu = next_cpu(lane->next, self);
	if (cpu >= 0)
		lane->next = cpu;
	/* One that was woken before may not get its turn for long; then it is for our own. */
	if (cpu < 0 || !wake(cpu))
		wake(self);
	if (oldest)
		run(oldest);
}

/**
 * espudp_parallel_post_on() - hand a job to one CPU
 * @cpu: which; if it has gone, another takes its place
 * @job: to be run once, never before this returns; it waits nowhere yet
 *
 * Context: softirq, or BH off
 */
void espudp_parallel_post_on(int cpu, struct espudp_job *job)
{
	struct lane *lane = per_cpu_ptr(lanes, cpu);

	spin_lock(&lane->lock);
	list_add_tail(&job->node, &lane->bound);
	spin_unlock(&lane->lock);
	wake(cpu);
}

/**
 * espudp_parallel_take_back() - do not wait for a CPU any longer
 * @cpu: the last that espudp_parallel_post_on() was given for it
 * @job: the job, which cannot vanish meanwhile
 *
 * Context: softirq, or BH off
 * Return: false if it does not wait any more, because it runs or has run
 */
bool espudp_parallel_take_back(int cpu, struct espudp_job *job)
{
	struct lane *lane = per_cpu_ptr(lanes, cpu);
	bool waits;

	spin_lock(&lane->lock);
	waits = !list_empty(&job->node);
	list_del_init(&job->node);
	spin_unlock(&lane->lock);
	return waits;
}

/**
 * espudp_parallel_help() - do a job that waits, if there is one
 *
 * For who sees that the workers do not keep up. Within a job it does nothing.
 *
 * Context: softirq, or BH off; without locks
 */
void espudp_parallel_help(void)
{
	struct espudp_job *job;

	if (this_cpu_ptr(lanes)->busy)
		return;
	job = take_any();
	if (job)
		run(job);
}

/**
 * espudp_parallel_flush() - wait until the workers have done what waits now
 *
 * Context: process
 */
void espudp_parallel_flush(void)
{
	flush_workqueue(workers);
}

static void lane_init(struct lane *lane, int cpu)
{
	spin_lock_init(&lane->lock);
	INIT_LIST_HEAD(&lane->jobs);
	INIT_LIST_HEAD(&lane->bound);
	INIT_WORK(&lane->work, lane_work);
	lane->cpu = cpu;
	lane->next = cpu;
}

/**
 * espudp_parallel_init() - make lanes and workers
 *
 * Context: module init
 * Return: 0 or -ENOMEM
 */
int espudp_parallel_init(void)
{
	int cpu;

	lanes = alloc_percpu(struct lane);
	if (!lanes)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		lane_init(per_cpu_ptr(lanes, cpu), cpu);
	/* Softirqs that are left to their thread must get their turn: no better than that. */
	workers = alloc_workqueue("espudp-lanes", WQ_CPU_INTENSIVE | WQ_MEM_RECLAIM, 0);
	if (workers)
		return 0;
	free_percpu(lanes);
	return -ENOMEM;
}

/**
 * espudp_parallel_exit() - undo espudp_parallel_init()
 *
 * Context: module exit, when there are no jobs any more
 */
void espudp_parallel_exit(void)
{
	destroy_workqueue(workers);
	free_percpu(lanes);
}
