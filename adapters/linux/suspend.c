// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way out and the way back: Linux's own suspend, with libfsw's request before it, its
 * pre-operation and hand-over as the last step, its post-operation as the first of the resume.
 */
#define pr_fmt(fmt) "fsw: " fmt

#include <asm/cputype.h>
#include <asm/io.h>
#include <asm/proc-fns.h>
#include <linux/clocksource.h>
#include <linux/hrtimer.h>
#include <linux/suspend.h>
#include <linux/timekeeping.h>

#include "adapter.h"
#define CREATE_TRACE_POINTS
#include "trace.h"

enum phase { FREEZE, DEVICES, CORE, HANDOVER, RESUME, THAW };

#define LOG_ENTRIES 256

/* Readings of the shared clock at the seams between the phases */
static struct {
	u32 seam;    /* where the current phase began */
	u32 left[3]; /* freeze, devices, core of our own leaving */
	u32 ticks[FSW_TIMINGS_PHASES];
	bool back; /* the machine was away and came back */
} times;

static struct fsw_ioc_entry entries[LOG_ENTRIES];
static u32 logged;

static u32 phase_over(enum phase phase, u32 now)
{
	u32 ticks = now - times.seam;

	times.seam = now;
	trace_fsw_phase(phase, ticks, now);
	return ticks;
}

/*
 * The clock wraps (24 MHz: every 179 s), and a sleep may be longer. A clock of seconds says how
 * often it did. Counts since the first reading.
 */
static u64 clock_long(void)
{
	static u32 first_ticks, first_seconds;
	static bool begun;
	u32 ticks = fsw_now();
	u64 rough;

	if (!fsw.board->seconds)
		return ticks;
	if (!begun) {
		first_seconds = fsw.board->seconds();
		first_ticks = ticks;
		begun = true;
	}
	rough = (u64)(fsw.board->seconds() - first_seconds) * fsw.board->clock_hz;
	ticks -= first_ticks;
	/* the number nearest to the rough one that ends in these 32 bits */
	return rough + (s32)(ticks - (u32)rough);
}

static u64 clock_read(struct clocksource *source)
{
	return clock_long();
}

/* Too slow to be Linux's clock, but it goes on in its sleep: how long that was is taken from it. */
static struct clocksource clock_source = {
	.name = "fsw-shared",
	.rating = 1,
	.read = clock_read,
	.mask = CLOCKSOURCE_MASK(62),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_SUSPEND_NONSTOP,
};

static bool pending(void)
{
	struct fsw_status status;

	return fsw_status(&fsw.area, &status) == 0 && status.phase == FSW_PHASE_REQUESTED;
}

static void manifest_put(void)
{
	static struct fsw_manifest now, last;
	static bool put;

	fsw_manifest_make(&now);
	/* nearly always as before: the area is not fast */
	if (put && !memcmp(&now, &last, sizeof(now)))
		return;
	if (fsw_manifest_set(&fsw.area, fsw.self, &now) == 0) {
		last = now;
		put = true;
	}
}

/*
 * Between two looks at whom it freezes, Linux sleeps for half a millisecond to a whole one, and
 * wakes with the first interrupt in that time. On an idle machine there is none: make some.
 */
#define PACE_NS 50000

static struct hrtimer pacer;

static enum hrtimer_restart pace(struct hrtimer *timer)
{
	hrtimer_forward_now(timer, PACE_NS);
	return HRTIMER_RESTART;
}

/* Everyone is frozen. */
static int begin(suspend_state_t state)
{
	/* someone else's suspend has carried our operation out */
	if (fsw.going && !fsw.rehearse && !pending())
		return -ECANCELED;
	hrtimer_cancel(&pacer);
	times.left[FREEZE] = phase_over(FREEZE, fsw_now());
	manifest_put();
	return 0;
}

/* All devices are down. */
static int prepare_late(void)
{
	times.left[DEVICES] = phase_over(DEVICES, fsw_now());
	return 0;
}

/* Whom a switch leaves behind sees what it took; the rest is filled in by who comes. */
static void timings_put(u32 handover, u32 resume, u32 thaw, const u32 *left)
{
	struct fsw_timings timings = { .hz = fsw.board->clock_hz };

	memcpy(timings.ticks, left, sizeof(times.left));
	timings.ticks[HANDOVER] = handover;
	timings.ticks[RESUME] = resume;
	timings.ticks[THAW] = thaw;
	fsw_timings_set(&fsw.area, fsw.self, &timings);
}

/* The machine is back: whose phases were the ones before? */
static void came_back(void)
{
	struct fsw_timings timings;
	u32 came = fsw.board->came();
	u32 other = fsw.outcome.other;
	bool given =
		fsw.outcome.result == FSW_RESULT_DONE || fsw.outcome.result == FSW_RESULT_INHERIT;

	times.back = true;
	memcpy(times.ticks, times.left, sizeof(times.left));
	times.seam = *fsw_stamp(&fsw.area, given ? other : fsw.self);
	/* nobody handed it over: there is no time that it took */
	if (fsw.outcome.result == FSW_RESULT_SURVIVED)
		times.seam = came;
	if (given && fsw_timings_get(&fsw.area, other, &timings) == 0)
		memcpy(times.ticks, timings.ticks, sizeof(times.left));
	times.ticks[HANDOVER] = phase_over(HANDOVER, came);
}

/* A plain suspend: this board has nothing deeper than to wait. */
static void wait(void)
{
	cpu_do_idle();
}

/* The last step, on the boot core, interrupts off */
static int enter(suspend_state_t state)
{
	phys_addr_t stamp;
	int due;
	int error;

	if (fsw_fault_core())
		return -EBUSY;
	times.left[CORE] = phase_over(CORE, fsw_now());
	/* a core that is still here would run what is no kernel any more, or lose its cache */
	due = fsw.rehearse ? fsw_cores_parked() : 0;
	if (!due && fsw.probe)
		fsw_probe_leave();
	if (!due)
		due = fsw_arm(&fsw.area, fsw.self, MPIDR_AFFINITY_LEVEL(read_cpuid_mpidr(), 0),
			      fsw.board->resume, 0);
	if (due < 0) {
		fsw.error = due;
		return -EIO;
	}
	if (!due && !fsw.rehearse) {
		wait();
		times.seam = fsw_now();
		return 0;
	}
	*fsw_stamp(&fsw.area, fsw.self) = times.seam; /* a hand-over takes it later */
	stamp = fsw.at + ((void *)fsw_stamp(&fsw.area, fsw.self) - fsw.memory);
	if (due) {
		timings_put(0, 0, 0, times.left);
		fsw_fault_spoil();
	}
	error = fsw.board->leave(due ? FSW_LEAVE_HANDOVER : FSW_LEAVE_REHEARSE, fsw.at, stamp);
	fsw.error = fsw_acknowledge(&fsw.area, fsw.self, &fsw.outcome);
	if (error)
		return error;
	came_back();
	return 0;
}

/*
 * The machine was here for a moment, devices still down: a claim round takes its memory and goes
 * on, or one of ours goes on to the next.
 */
static bool suspend_again(void)
{
	enum fsw_result result = fsw.outcome.result;

	if (fsw.error || (result != FSW_RESULT_VISIT && result != FSW_RESULT_PASS))
		return false;
	if (result == FSW_RESULT_VISIT)
		fsw_give();
	times.seam = fsw_now();
	fsw.visited = true;
	if (fsw_pass(&fsw.area, fsw.self) == 1)
		return true;
	/* all were tried: the round is ours, and over */
	fsw.error = fsw_acknowledge(&fsw.area, fsw.self, &fsw.outcome);
	return false;
}

/* All devices are up. */
static void end(void)
{
	times.ticks[RESUME] = phase_over(RESUME, fsw_now());
}

static const struct platform_suspend_ops ops = {
	.valid = suspend_valid_only_mem,
	.begin = begin,
	.prepare_late = prepare_late,
	.enter = enter,
	.suspend_again = suspend_again,
	.end = end,
};

static void log_it(u32 mode, int error)
{
	struct fsw_ioc_entry *entry = &entries[logged % LOG_ENTRIES];

	memset(entry, 0, sizeof(*entry));
	entry->number = ++logged;
	entry->wall = ktime_get_real_ns();
	entry->mode = mode;
	entry->other = fsw.outcome.other;
	entry->outcome = fsw.outcome.result;
	entry->error = error;
	entry->hz = fsw.board->clock_hz;
	memcpy(entry->left, times.left, sizeof(entry->left));
	memcpy(entry->ticks, times.ticks, sizeof(entry->ticks));
}

/**
 * fsw_log_copy - the last switches, oldest first
 * @to: takes them
 * @most: how many at most
 *
 * Return: how many there were.
 */
u32 fsw_log_copy(struct fsw_ioc_entry *to, u32 most)
{
	u32 count = min3(logged, most, (u32)LOG_ENTRIES);
	u32 i;

	for (i = 0; i < count; i++)
		to[i] = entries[(logged - count + i) % LOG_ENTRIES];
	return count;
}

/* Wake-up sources are heard: a suspend that one of them forbids does not begin; but on a visit. */
static int suspend_now(bool visit, struct fsw_ioc_result *result)
{
	unsigned int wakeups;
	int error;

	if (visit) {
		/* events are counted no more since the last try */
	} else if (!pm_get_wakeup_count(&wakeups, false) || !pm_save_wakeup_count(wakeups)) {
		fsw_witness_wakeups(result->who, sizeof(result->who));
		result->error = FSW_ERR(INTERRUPTED);
		return fsw_refuse(result, -EBUSY, "a wake-up source is active: no suspend");
	}
	fsw_witness_begin();
	/* a rehearsal is what Linux does by itself */
	if (!fsw.rehearse)
		hrtimer_start(&pacer, PACE_NS, HRTIMER_MODE_REL_HARD);
	error = pm_suspend(PM_SUSPEND_MEM);
	hrtimer_cancel(&pacer);
	if (error) {
		fsw_witness_name(error, result->who, sizeof(result->who));
		result->error = FSW_ERR(INTERRUPTED);
		fsw_refuse(result, error, "Linux could not suspend (error %d)", error);
	}
	return error;
}

static const char *mode_name(u32 mode)
{
	static const char *const names[] = { "plain suspend", "switch", "boot", "claim",
					     "exit",	      "kill",	"free", "recovery" };

	return mode < ARRAY_SIZE(names) ? names[mode] : "operation";
}

/* A word of another's page, read as it is: it only says whether something changed. */
static u32 manifest_crc(u32 id)
{
	return *(u32 *)(fsw.area.pages + (id - 1) * fsw.area.page_size + FSW_PAGE_MANIFEST +
			FSW_MANIFEST_CRC);
}

/*
 * Devices are resumed by one instance as the other leaves them. A difference is said, not refused:
 * Linux resumes most devices from any state. Comparing takes long and manifests rarely change:
 * their CRCs say whether this was looked at before.
 */
static void compare_devices(u32 other, struct fsw_ioc_result *result)
{
	static struct {
		u32 ours, theirs;
		struct fsw_device device;
		int error;
	} known[FSW_INSTANCES_MAX + 1];
	u32 ours = manifest_crc(fsw.self);
	u32 theirs = manifest_crc(other);

	if (known[other].ours != ours || known[other].theirs != theirs) {
		known[other].ours = ours;
		known[other].theirs = theirs;
		known[other].error =
			fsw_manifest_compare(&fsw.area, fsw.self, other, &known[other].device);
		if (known[other].error == FSW_ERR(DEVICES))
			pr_warn("device %s: this instance leaves it in state %u, instance %u in another\n",
				known[other].device.name, known[other].device.state, other);
	}
	if (known[other].error == FSW_ERR(DEVICES))
		strscpy(result->who, known[other].device.name, sizeof(result->who));
}

/* What the resume was told. */
static int outcome_of(u32 mode, u32 target, struct fsw_ioc_result *result)
{
	const struct fsw_outcome *outcome = &fsw.outcome;

	if (fsw.error) {
		pr_err("resumed, and not known to the area: %s\n", fsw_error_text(fsw.error));
		return fsw_report_error(result, fsw.error);
	}
	result->outcome = outcome->result;
	result->other = outcome->other;
	result->undone = outcome->undone;
	switch (outcome->result) {
	case FSW_RESULT_UNDONE:
		/* ours took place; a round that came since ends here */
		if (outcome->undone == FSW_MODE_CLAIM && mode != FSW_MODE_CLAIM) {
			result->outcome = FSW_RESULT_VISIT;
			result->error = FSW_ERR(UNREACHABLE);
			fsw_refuse(result, 0,
				   "instance %u asked for memory and can not be resumed: %s",
				   outcome->other, fsw_error_text(outcome->error));
			pr_warn("%s\n", result->what);
			return 0;
		}
		pr_warn("%s to instance %u did not take place: %s\n", mode_name(mode), target,
			fsw_error_text(outcome->error));
		return fsw_report_error(result, outcome->error);
	case FSW_RESULT_SURVIVED:
		if (outcome->other)
			pr_warn("the board was reset: instance %u died, this one survived\n",
				outcome->other);
		else
			pr_warn("the board was reset: nobody died\n");
		if (outcome->undone)
			pr_warn("a %s was interrupted and undone\n", mode_name(outcome->undone));
		fsw_take_claimed();
		return 0;
	case FSW_RESULT_INHERIT:
		pr_info("instance %u ended, its memory is ours\n", outcome->other);
		fsw_take_claimed();
		return 0;
	case FSW_RESULT_COLLECT:
		if (outcome->other)
			pr_warn("the board was reset in a claim round: instance %u died\n",
				outcome->other);
		return 0;
	case FSW_RESULT_DONE:
		compare_devices(outcome->other, result);
		return 0;
	default:
		return 0;
	}
}

/* Awake in the middle of another's claim round? Then the machine is not its own. */
static bool in_anothers_round(u32 *source)
{
	struct fsw_status status;

	if (fsw_status(&fsw.area, &status) || status.running != fsw.self ||
	    status.phase == FSW_PHASE_IDLE || status.operation->mode != FSW_MODE_CLAIM)
		return false;
	*source = status.operation->source;
	return *source != fsw.self;
}

#define ROUND_TRIES 3

/* It fell asleep, was visited, and could not fall asleep again. Who asked must not pay for that. */
static int back_to_sleep(int error, struct fsw_ioc_result *result)
{
	u32 source, came;
	int tries;

	for (tries = 0; in_anothers_round(&source);) {
		if (tries++ == ROUND_TRIES) {
			fsw_cancel(&fsw.area, fsw.self);
			fsw.outcome.result = FSW_RESULT_VISIT;
			fsw.outcome.other = source;
			pr_warn("gave memory to instance %u, and can not fall asleep again: %s\n",
				source, result->who);
			return 0;
		}
		memset(result, 0, sizeof(*result));
		/* was it for a core that came late? */
		fsw_cores_check(result);
		came = fsw.board->came();
		error = suspend_now(true, result);
		/* it slept, and is visited by another round */
		if (fsw.board->came() != came)
			tries = 0;
	}
	return error;
}

/* Linux says that it suspended, and it never came to the last step. */
static int turned_round(struct fsw_ioc_result *result)
{
	result->error = FSW_ERR(INTERRUPTED);
	return fsw_refuse(result, -ECANCELED, "suspend: cut short, see /sys/power/pm_test");
}

/**
 * fsw_go - suspend for an operation that was asked of libfsw, or for a rehearsal
 * @mode: FSW_MODE_*, NONE for a rehearsal
 * @target: whom it is about
 * @asked: fsw_now() when the user asked
 * @result: takes what came of it
 *
 * Whatever goes wrong, the operation is taken back and this instance goes on.
 *
 * Return: 0 once the machine is back, or a negative errno.
 */
int fsw_go(u32 mode, u32 target, u32 asked, struct fsw_ioc_result *result)
{
	int error;

	memset(&fsw.outcome, 0, sizeof(fsw.outcome));
	memset(&times, 0, sizeof(times));
	fsw.error = 0;
	times.seam = asked;
	fsw.rehearse = mode == FSW_MODE_NONE;
	fsw.going = true;
	fsw.visited = false;
	error = fsw_cores_check(result);
	if (!error)
		error = back_to_sleep(suspend_now(false, result), result);
	if (!error && !fsw.error && (!fsw.outcome.result || fsw.outcome.result == FSW_RESULT_PASS))
		error = turned_round(result);
	/* it is more to the point than that Linux could not suspend */
	if (error && fsw.error) {
		memset(result, 0, sizeof(*result));
		error = fsw_report_error(result, fsw.error);
	}
	fsw.going = false;
	fsw.rehearse = false;
	if (error && mode != FSW_MODE_NONE)
		fsw_cancel(&fsw.area, fsw.self);
	if (!error)
		error = outcome_of(mode, target, result);
	if (times.back) {
		times.ticks[THAW] = phase_over(THAW, fsw_now());
		timings_put(times.ticks[HANDOVER], times.ticks[RESUME], times.ticks[THAW],
			    times.ticks);
		log_it(mode, result->error);
	}
	trace_fsw_outcome(fsw.outcome.result, fsw.outcome.other, error);
	return error;
}

/**
 * fsw_request_switch - FSW_IOC_SWITCH
 * @request: what is asked; its result is filled
 */
int fsw_request_switch(struct fsw_ioc_switch *request)
{
	struct fsw_ioc_result *result = &request->result;
	u32 asked = fsw_now();
	int error;

	if (request->flags == FSW_SWITCH_REHEARSE && !request->instance)
		return fsw_go(FSW_MODE_NONE, 0, asked, result);
	if (request->flags & ~FSW_SWITCH_DRY_RUN)
		return fsw_refuse(result, -EINVAL, "unknown flags 0x%x", request->flags);
	error = fsw_switch(&fsw.area, fsw.self, request->instance);
	trace_fsw_request(FSW_MODE_SWITCH, request->instance, error);
	if (error)
		return fsw_report_error(result, error);
	manifest_put();
	compare_devices(request->instance, result);
	if (request->flags & FSW_SWITCH_DRY_RUN) {
		fsw_cancel(&fsw.area, fsw.self);
		return 0;
	}
	return fsw_go(FSW_MODE_SWITCH, request->instance, asked, result);
}

int __init fsw_suspend_init(void)
{
	/* of another clock than the sleeps, or it would always stand before them in their queue */
	hrtimer_init(&pacer, CLOCK_BOOTTIME, HRTIMER_MODE_REL_HARD);
	pacer.function = pace;
	manifest_put();
	suspend_set_ops(&ops);
	return clocksource_register_hz(&clock_source, fsw.board->clock_hz);
}
