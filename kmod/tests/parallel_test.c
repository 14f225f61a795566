// SPDX-License-Identifier: GPL-2.0
/* Jobs that are handed out: none is lost, none is done twice, and who hands out too many helps */

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/smp.h>

#include "parallel.h"

#define JOBS	100u
/* More than a lane has room for. */
#define MANY	40u

struct counted {
	struct espudp_job	job;
	atomic_t		runs;
};

static void count_run(struct espudp_job *job)
{
	atomic_inc(&container_of(job, struct counted, job)->runs);
}

static struct counted *new_jobs(struct kunit *test)
{
	struct counted *jobs = kunit_kcalloc(test, JOBS, sizeof(*jobs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, jobs);
	for (i = 0; i < JOBS; i++) {
		INIT_LIST_HEAD(&jobs[i].job.node);
		jobs[i].job.run = count_run;
	}
	return jobs;
}

static unsigned int total_runs(const struct counted *jobs)
{
	unsigned int i, runs = 0;

	for (i = 0; i < JOBS; i++)
		runs += atomic_read(&jobs[i].runs);
	return runs;
}

static void expect_each_once(struct kunit *test, const struct counted *jobs)
{
	unsigned int i;

	for (i = 0; i < JOBS; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&jobs[i].runs), 1);
}

/* A lane has an end; beyond it the oldest is done here, though no worker comes. */
static void who_hands_out_too_many_helps(struct kunit *test)
{
	struct counted *jobs = new_jobs(test);
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < JOBS; i++)
		espudp_parallel_post(&jobs[i].job);
	KUNIT_EXPECT_GE(test, total_runs(jobs), JOBS - MANY);
	KUNIT_EXPECT_EQ(test, atomic_read(&jobs[0].runs), 1);
	for (i = 0; i < JOBS; i++)
		espudp_parallel_help();
	local_bh_enable();
	/* Some may be in the hands of a worker. */
	espudp_parallel_flush();
	expect_each_once(test, jobs);
}

/* The worker of this CPU does what is bound to it, as soon as it can. */
static void what_is_bound_is_done_there(struct kunit *test)
{
	struct counted *jobs = new_jobs(test);
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < JOBS; i++)
		espudp_parallel_post_on(smp_processor_id(), &jobs[i].job);
	KUNIT_EXPECT_EQ(test, total_runs(jobs), 0U);
	local_bh_enable();
	espudp_parallel_flush();
	expect_each_once(test, jobs);
}

/* While the worker has not begun it. */
static void what_is_bound_can_be_taken_back(struct kunit *test)
{
	struct counted *jobs = new_jobs(test);
	int cpu;

	local_bh_disable();
	cpu = smp_processor_id();
	espudp_parallel_post_on(cpu, &jobs[0].job);
	espudp_parallel_post_on(cpu, &jobs[1].job);
	KUNIT_EXPECT_TRUE(test, espudp_parallel_take_back(cpu, &jobs[0].job));
	KUNIT_EXPECT_FALSE(test, espudp_parallel_take_back(cpu, &jobs[0].job));
	local_bh_enable();
	espudp_parallel_flush();
	KUNIT_EXPECT_EQ(test, atomic_read(&jobs[0].runs), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&jobs[1].runs), 1);
	local_bh_disable();
	KUNIT_EXPECT_FALSE(test, espudp_parallel_take_back(cpu, &jobs[1].job));
	local_bh_enable();
}

static void another_cpu_is_online(struct kunit *test)
{
	bool other, possible;
	int cpu;

	local_bh_disable();
	cpu = espudp_parallel_other_cpu();
	other = cpu != smp_processor_id();
	possible = espudp_parallel_possible();
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, other, num_online_cpus() > 1);
	KUNIT_EXPECT_EQ(test, possible, num_online_cpus() > 1);
	KUNIT_EXPECT_TRUE(test, cpu_online(cpu));
}

static struct kunit_case parallel_cases[] = {
	KUNIT_CASE(who_hands_out_too_many_helps),
	KUNIT_CASE(what_is_bound_is_done_there),
	KUNIT_CASE(what_is_bound_can_be_taken_back),
	KUNIT_CASE(another_cpu_is_online),
	{ }
};

static struct kunit_suite parallel_suite = {
	.name = "espudp_parallel",
	.test_cases = parallel_cases,
};

kunit_test_suite(parallel_suite);
