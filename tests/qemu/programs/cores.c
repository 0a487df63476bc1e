/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A load on each core of an instance, and what must be so of each core, whoever ran in between.
 *
 *   cores start               a worker for each core, pinned to it, which changes and checks memory of its own all the time; in the background
 *   cores look CORES          once: see look(). CORES, a mask: those that must be on-line, and all others not; +CORES: of others nothing is
 *                             known. Says what it saw as JSON
 *   cores turns N COUNT CORES PART    give the machine to instance N so many times, and look after each return; at each PARTth at all
 *   cores flap CORE           take this core off-line and on-line, again and again, in the background
 *   cores calm                it is on-line, and stays so. Says as JSON how often it came
 *
 * Memory that all of them share is /tmp/cores.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CORES 4u
#define PAGE 4096u
#define WORDS (1u << 18) /* of each worker: 1 MiB */
#define CHUNK 1024u
#define STILL_MS 20000 /* so long, in the time of its instance, a worker waits at most while the kernel zeroes memory for others */
#define SLEEP_MS 10
#define SLEEPS 3	  /* of them are to take about as long as they should */
#define TRIES 100	  /* the host may have others to run */
#define SYSREG 0x10000000 /* V2M-P1 motherboard: system registers */
#define SYS_24MHZ 0x5c
#define SYSTEM "/sys/devices/system/cpu"
#define SAID 65536

struct worker {
	pid_t process;
	atomic_uint steps;
	atomic_uint added;
	atomic_uint paused;
	atomic_uint longest_ms;
	atomic_uint elsewhere; /* its core is off */
	char error[256];
};

struct shared {
	struct worker workers[CORES];
	atomic_uint total; /* what all of them added */
	atomic_uint pause;
	pid_t flapper;
	atomic_uint flaps;
};

static struct shared *shared;
static volatile uint32_t *counter;
static int kernel_log = -1;

static void die(const char *what)
{
	fprintf(stderr, "cores: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void failed(const char *format, ...)
{
	va_list words;

	printf("cores: FAILED: ");
	va_start(words, format);
	vprintf(format, words);
	va_end(words);
	printf("\n");
	fflush(stdout);
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ull + now.tv_nsec / 1000;
}

static const char *text_of(const char *path, char *text, size_t room)
{
	int file = open(path, O_RDONLY);
	ssize_t count = 0, part;

	if (file < 0)
		failed("%s: %s", path, strerror(errno));
	while ((part = read(file, text + count, room - 1 - count)) > 0)
		count += part;
	close(file);
	text[count] = 0;
	return text;
}

/* A list as Linux prints it: 0-1,3 */
static unsigned mask_of(const char *name)
{
	char path[128], line[128], *at = line;
	unsigned mask = 0;

	snprintf(path, sizeof(path), SYSTEM "/%s", name);
	text_of(path, line, sizeof(line));
	while (*at >= '0' && *at <= '9') {
		unsigned long first = strtoul(at, &at, 10), last = first;

		if (*at == '-')
			last = strtoul(at + 1, &at, 10);
		for (; first <= last; first++)
			mask |= 1u << first;
		at += *at == ',';
	}
	return mask;
}

static int pin(unsigned core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* In front of the workers */
static void first_of_all(void)
{
	const struct sched_param param = { .sched_priority = 10 };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		failed("no real-time priority: %s", strerror(errno));
}

static void open_shared(int create)
{
	int file = open("/tmp/cores", O_RDWR | (create ? O_CREAT | O_TRUNC : 0), 0600);

	if (file < 0)
		die("/tmp/cores");
	if (create && ftruncate(file, sizeof(*shared)))
		die("ftruncate");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	close(file);
}

/* -- the load ---------------------------------------------------------------------------------------------------------------- */

static uint32_t word_of(unsigned core, uint32_t index, uint32_t generation)
{
	uint32_t word = (core + 1) * 0x9e3779b9u ^ index * 0x85ebca6bu ^ generation * 0xc2b2ae35u;

	return word ^ word >> 15;
}

static void wrong(struct worker *worker, const char *format, ...)
{
	va_list words;

	va_start(words, format);
	vsnprintf(worker->error, sizeof(worker->error), format, words);
	va_end(words);
	exit(1);
}

static void work(unsigned core)
{
	struct worker *worker = &shared->workers[core];
	uint32_t *words = mmap(NULL, WORDS * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static uint32_t generations[WORDS / CHUNK];
	uint32_t at, chunk = 0;
	uint64_t before, now;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpriority(PRIO_PROCESS, 0, 10); /* the shell comes through */
	if (words == MAP_FAILED)
		wrong(worker, "no memory");
	for (at = 0; at < WORDS; at++)
		words[at] = word_of(core, at, 0);
	before = now_us();
	for (;; chunk = (chunk + 1) % (WORDS / CHUNK)) {
		uint32_t *generation = &generations[chunk];

		for (at = chunk * CHUNK; at < (chunk + 1) * CHUNK; at++) {
			if (words[at] != word_of(core, at, *generation))
				wrong(worker, "word %u is 0x%x, not 0x%x", at, words[at], word_of(core, at, *generation));
			words[at] = word_of(core, at, *generation + 1);
		}
		(*generation)++;
		/* of memory that all cores change at once */
		for (at = 0; at < 16; at++)
			atomic_fetch_add(&shared->total, 1);
		atomic_fetch_add_explicit(&worker->added, 16, memory_order_relaxed);
		atomic_fetch_add_explicit(&worker->steps, 1, memory_order_relaxed);
		if (atomic_load(&shared->pause)) {
			atomic_store(&worker->paused, 1);
			while (atomic_load(&shared->pause))
				usleep(500);
			atomic_store(&worker->paused, 0);
			before = now_us();
		}
		if (sched_getcpu() != (int)core)
			atomic_store(&worker->elsewhere, pin(core) != 0);
		else
			atomic_store(&worker->elsewhere, 0);
		now = now_us();
		if (now < before)
			wrong(worker, "the clock went back from %llu to %llu us", (unsigned long long)before,
			      (unsigned long long)now);
		if ((now - before) / 1000 > atomic_load(&worker->longest_ms))
			atomic_store(&worker->longest_ms, (now - before) / 1000);
		before = now;
	}
}

static int start(void)
{
	unsigned core, possible = mask_of("possible");
	pid_t keeper;

	open_shared(1);
	keeper = fork();
	if (keeper < 0)
		die("fork");
	if (keeper) {
		for (core = 0; core < CORES; core++)
			while (possible & 1u << core && !atomic_load(&shared->workers[core].steps) &&
			       !shared->workers[core].error[0])
				usleep(1000);
		printf("cores: started\n");
		return 0;
	}
	setsid();
	close(0);
	for (core = 0; core < CORES; core++) {
		pid_t process;

		if (!(possible & 1u << core))
			continue;
		process = fork();
		if (!process)
			work(core);
		shared->workers[core].process = process;
	}
	while (wait(NULL) > 0)
		;
	exit(0);
}

static void set_online(unsigned core, int on, int must)
{
	char path[128];
	int file;

	snprintf(path, sizeof(path), SYSTEM "/cpu%u/online", core);
	file = open(path, O_WRONLY);
	/* no core comes or goes in a suspend */
	while (write(file, on ? "1" : "0", 1) != 1) {
		if (errno != EBUSY || !must)
			failed("core %u does not go %s: %s", core, on ? "on-line" : "off-line", strerror(errno));
		usleep(1000);
	}
	close(file);
}

static volatile sig_atomic_t ends;

static void end(int number)
{
	(void)number;
	ends = 1;
}

static int flap(unsigned core)
{
	open_shared(0);
	if (fork())
		return 0;
	setsid();
	close(0);
	signal(SIGTERM, end);
	shared->flapper = getpid();
	while (!ends) {
		set_online(core, 0, 1);
		usleep(5000);
		set_online(core, 1, 1);
		atomic_fetch_add(&shared->flaps, 1);
		usleep(5000);
	}
	shared->flapper = 0;
	exit(0);
}

static int calm(void)
{
	open_shared(0);
	kill(shared->flapper, SIGTERM);
	while (shared->flapper)
		usleep(1000);
	printf("{\n\"flaps\": %u\n}\n", atomic_load(&shared->flaps));
	return 0;
}

/* -- what must be so --------------------------------------------------------------------------------------------------------- */

/* What Linux says must be true of all that it said since the last time */
static void read_log(void)
{
	static const char *const bad[] = { "WARNING:",	       "BUG:",	       "Oops",	    "Internal error", "stall",
					   "blocked for more", "stays off",    "is lost",   "failed",	      "Error taking",
					   "error bringing",   "error taking", "unexpected" };
	char line[2048];
	ssize_t count;
	unsigned i;

	if (kernel_log < 0) {
		kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
		if (kernel_log < 0)
			failed("/dev/kmsg: %s", strerror(errno));
		lseek(kernel_log, 0, SEEK_END);
	}
	while ((count = read(kernel_log, line, sizeof(line) - 1)) > 0 || (count < 0 && errno == EPIPE)) {
		if (count < 0)
			continue;
		line[count] = 0;
		for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
			if (strstr(line, bad[i]))
				failed("the kernel says: %s", line);
	}
}

static void is(unsigned core, const char *name, long wanted)
{
	char path[128], text[64];
	long found;

	snprintf(path, sizeof(path), SYSTEM "/cpu%u/hotplug/%s", core, name);
	text_of(path, text, sizeof(text));
	found = strtol(text, NULL, 10);
	if (found != wanted)
		failed("core %u: hotplug/%s is %ld, not %ld", core, name, found, wanted);
}

/* The step at which a core is all there: the last that Linux knows */
static long last_step(void)
{
	static char states[SAID];
	char *line, *next;
	long last = -1;

	text_of(SYSTEM "/hotplug/states", states, sizeof(states));
	for (line = states; *line; line = next) {
		next = strchr(line, '\n');
		if (!next)
			break;
		next++;
		last = strtol(line, NULL, 10);
	}
	if (last <= 0)
		failed("the kernel lists no step of its hotplug");
	return last;
}

struct interrupts {
	unsigned long timer[CORES], ipi[CORES];
	unsigned timers; /* lines */
};

static void interrupts_get(struct interrupts *found)
{
	static char text[SAID];
	unsigned online = 0;
	char *line, *next;

	memset(found, 0, sizeof(*found));
	text_of("/proc/interrupts", text, sizeof(text));
	/* the first line tells whose the columns are */
	for (line = text; *line && *line != '\n'; line++)
		if (!strncmp(line, "CPU", 3))
			online |= 1u << strtoul(line + 3, NULL, 10);
	for (; *line; line = next) {
		char *at;
		unsigned long counts[CORES] = { 0 };
		unsigned core;
		int timer, ipi;

		next = strchr(line, '\n');
		if (!next)
			break;
		*next++ = 0;
		at = strchr(line, ':');
		if (!at)
			continue;
		at++;
		for (core = 0; core < CORES; core++)
			if (online & 1u << core)
				counts[core] = strtoul(at, &at, 10);
		ipi = strstr(line, "IPI") && strstr(line, "IPI") < at;
		timer = strstr(at, "twd") != NULL;
		found->timers += timer;
		for (core = 0; core < CORES; core++) {
			found->timer[core] += timer ? counts[core] : 0;
			found->ipi[core] += ipi ? counts[core] : 0;
		}
	}
	if (found->timers != 1)
		failed("/proc/interrupts has %u lines of the cores' own timers", found->timers);
}

struct sleeper {
	pthread_t thread;
	unsigned core;
	int wrong; /* errno */
	unsigned good, tries;
	uint64_t least_us, most_us, board_least_us, board_most_us;
};

static void *sleep_there(void *argument)
{
	struct sleeper *sleeper = argument;
	const struct timespec wanted = { .tv_nsec = SLEEP_MS * 1000000 };
	uint64_t before, took, on_board;
	uint32_t ticks;

	if (pin(sleeper->core)) {
		sleeper->wrong = errno;
		return NULL;
	}
	first_of_all();
	sleeper->least_us = sleeper->board_least_us = ~0ull;
	while (sleeper->good < SLEEPS && sleeper->tries < TRIES) {
		sleeper->tries++;
		ticks = *counter;
		before = now_us();
		clock_nanosleep(CLOCK_MONOTONIC, 0, &wanted, NULL);
		took = now_us() - before;
		on_board = (uint32_t)(*counter - ticks) / 24;
		if (sched_getcpu() != (int)sleeper->core) {
			sleeper->wrong = EXDEV;
			return NULL;
		}
		if (took < sleeper->least_us)
			sleeper->least_us = took;
		if (took > sleeper->most_us)
			sleeper->most_us = took;
		if (on_board < sleeper->board_least_us)
			sleeper->board_least_us = on_board;
		if (on_board > sleeper->board_most_us)
			sleeper->board_most_us = on_board;
		sleeper->good += took < 2 * SLEEP_MS * 1000 && on_board < 2 * SLEEP_MS * 1000;
	}
	return NULL;
}

/* A sleep ends on each core when it should, by its own clock and by the board's */
static void timers_fire(unsigned online, uint64_t *most)
{
	struct sleeper sleepers[CORES] = { 0 };
	unsigned core;

	for (core = 0; core < CORES; core++) {
		sleepers[core].core = core;
		if (online & 1u << core && pthread_create(&sleepers[core].thread, NULL, sleep_there, &sleepers[core]))
			failed("no thread");
	}
	for (core = 0; core < CORES; core++) {
		struct sleeper *sleeper = &sleepers[core];

		if (!(online & 1u << core))
			continue;
		pthread_join(sleeper->thread, NULL);
		if (sleeper->wrong)
			failed("core %u: nothing can be pinned to it: %s", core, strerror(sleeper->wrong));
		if (sleeper->least_us < SLEEP_MS * 1000 || sleeper->board_least_us < SLEEP_MS * 1000 - 100 ||
		    sleeper->good < SLEEPS)
			failed("core %u: of %u sleeps of %u ms %u took about that: %llu to %llu us, by the board's clock %llu to %llu us",
			       core, sleeper->tries, SLEEP_MS, sleeper->good, (unsigned long long)sleeper->least_us,
			       (unsigned long long)sleeper->most_us, (unsigned long long)sleeper->board_least_us,
			       (unsigned long long)sleeper->board_most_us);
		*most = sleeper->most_us > *most ? sleeper->most_us : *most;
	}
}

struct listener {
	pthread_t thread;
	unsigned core;
	int ask[2], answer[2];
};

static void *listen_there(void *argument)
{
	struct listener *listener = argument;
	char byte;

	byte = pin(listener->core) ? 'n' : 'y';
	first_of_all();
	if (write(listener->answer[1], &byte, 1) != 1)
		failed("pipe");
	while (read(listener->ask[0], &byte, 1) == 1)
		if (sched_getcpu() != (int)listener->core || write(listener->answer[1], "y", 1) != 1)
			break;
	return NULL;
}

/* Each core wakes each other: by an interrupt that it sends. In a thread of its own: what comes later is neither pinned nor first of all. */
static void *cores_call(void *argument)
{
	const unsigned online = *(const unsigned *)argument;
	struct listener listeners[CORES] = { 0 };
	unsigned core, from;
	char byte;

	for (core = 0; core < CORES; core++) {
		struct listener *listener = &listeners[core];

		listener->core = core;
		if (!(online & 1u << core))
			continue;
		if (pipe(listener->ask) || pipe(listener->answer) ||
		    pthread_create(&listener->thread, NULL, listen_there, listener))
			failed("no pipe or thread");
		if (read(listener->answer[0], &byte, 1) != 1 || byte != 'y')
			failed("core %u: nothing can be pinned to it", core);
	}
	first_of_all();
	for (from = 0; from < CORES; from++) {
		if (!(online & 1u << from))
			continue;
		if (pin(from))
			failed("core %u: nothing can be pinned to it: %s", from, strerror(errno));
		for (core = 0; core < CORES; core++)
			if (core != from && online & 1u << core &&
			    (write(listeners[core].ask[1], "?", 1) != 1 || read(listeners[core].answer[0], &byte, 1) != 1 ||
			     byte != 'y'))
				failed("core %u does not answer core %u", core, from);
	}
	for (core = 0; core < CORES; core++) {
		struct listener *listener = &listeners[core];

		if (!(online & 1u << core))
			continue;
		close(listener->ask[1]);
		pthread_join(listener->thread, NULL);
		close(listener->ask[0]);
		close(listener->answer[0]);
		close(listener->answer[1]);
	}
	return NULL;
}

static void workers_pause(unsigned on)
{
	uint64_t since = now_us();
	unsigned core;

	atomic_store(&shared->pause, on);
	for (core = 0; core < CORES; core++)
		while (shared->workers[core].process && atomic_load(&shared->workers[core].paused) != on) {
			if (now_us() - since > STILL_MS * 1000ull)
				failed("the worker of core %u does not come to its %s", core, on ? "pause" : "work");
			usleep(200);
		}
}

/* Workers: nobody found a wrong word, stood still, or stands still now; and what all of them added up is the sum */
static unsigned workers_sound(unsigned online, unsigned known)
{
	unsigned before[CORES], core, sum = 0, longest = 0;
	uint64_t since = now_us();

	for (core = 0; core < CORES; core++)
		before[core] = atomic_load(&shared->workers[core].steps);
	for (core = 0; core < CORES; core++) {
		struct worker *worker = &shared->workers[core];

		if (!worker->process)
			continue;
		while (!worker->error[0] && (atomic_load(&worker->steps) - before[core] < 2 ||
					     (online & 1u << core && atomic_load(&worker->elsewhere)))) {
			if (now_us() - since > STILL_MS * 1000ull)
				failed("the worker of core %u stands still%s", core,
				       atomic_load(&worker->elsewhere) ? ", not on its core" : "");
			usleep(1000);
		}
		if (worker->error[0])
			failed("the worker of core %u: %s", core, worker->error);
		if (kill(worker->process, 0))
			failed("the worker of core %u is gone", core);
		if (atomic_load(&worker->longest_ms) > STILL_MS)
			failed("the worker of core %u stood still for %u ms", core, atomic_load(&worker->longest_ms));
		if (known & ~online & 1u << core && !atomic_load(&worker->elsewhere))
			failed("core %u is off-line, and its worker is on it", core);
		longest = atomic_load(&worker->longest_ms) > longest ? atomic_load(&worker->longest_ms) : longest;
	}
	workers_pause(1);
	for (core = 0; core < CORES; core++)
		sum += atomic_load(&shared->workers[core].added);
	if (sum != atomic_load(&shared->total))
		failed("the workers added %u to what they share, and it is %u", sum, atomic_load(&shared->total));
	workers_pause(0);
	return longest;
}

static void look(const char *wanted, int all, int tell)
{
	const int some = *wanted == '+';
	const unsigned said = strtoul(wanted + some, NULL, 0), present = mask_of("present");
	unsigned online = mask_of("online"), core, longest;
	struct interrupts before, after;
	uint64_t most = 0;
	pthread_t caller;
	long last;

	if (some ? said & ~online : said != online)
		failed("cores 0x%x are on-line, not %s", online, wanted);
	if (some)
		online = said;
	longest = workers_sound(online, some ? said : present);
	read_log();
	if (!all)
		return;
	last = last_step();
	for (core = 0; core < CORES; core++) {
		const long step = online & 1u << core ? last : 0;

		if (!((some ? said : present) & 1u << core))
			continue;
		is(core, "state", step);
		/* the first one came by no steps */
		if (core)
			is(core, "target", step);
		is(core, "fail", -1);
	}
	interrupts_get(&before);
	timers_fire(online, &most);
	if (pthread_create(&caller, NULL, cores_call, &online) || pthread_join(caller, NULL))
		failed("no thread");
	interrupts_get(&after);
	for (core = 0; core < CORES; core++) {
		if (!(online & 1u << core))
			continue;
		if (after.timer[core] <= before.timer[core])
			failed("the timer of core %u does not count on from %lu", core, before.timer[core]);
		/* with one core nobody sends any */
		if (online & (online - 1) && after.ipi[core] <= before.ipi[core])
			failed("core %u gets no interrupts of other cores, of which it had %lu", core, before.ipi[core]);
	}
	if (tell)
		printf("{\n\"online\": %u, \"longest_ms\": %u, \"most_us\": %llu, \"timers\": [%lu, %lu, %lu, %lu],"
		       " \"ipi\": [%lu, %lu, %lu, %lu]\n}\n",
		       online, longest, (unsigned long long)most, after.timer[0], after.timer[1], after.timer[2], after.timer[3],
		       after.ipi[0], after.ipi[1], after.ipi[2], after.ipi[3]);
}

/* To the other instance and back */
static void give(const char *other)
{
	char said[4096] = "";
	int ends[2], status;
	size_t count = 0;
	ssize_t part;
	pid_t process;

	if (pipe(ends))
		die("pipe");
	process = fork();
	if (!process) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		execlp("fswctl", "fswctl", "switch", other, NULL);
		die("fswctl");
	}
	close(ends[1]);
	while ((part = read(ends[0], said + count, sizeof(said) - 1 - count)) > 0)
		count += part;
	close(ends[0]);
	if (waitpid(process, &status, 0) != process || status)
		failed("switch to %s: %s", other, said);
}

static int turns(const char *other, unsigned count, const char *wanted, unsigned part)
{
	char self[16];
	unsigned turn;

	text_of("/sys/class/misc/fsw/self", self, sizeof(self));
	self[strcspn(self, "\n")] = 0;
	read_log();
	for (turn = 1; turn <= count; turn++) {
		give(other);
		look(wanted, turn % part == 0 || turn == count, 0);
		printf("turn %u of %u in instance %s\n", turn, count, self);
		fflush(stdout);
	}
	look(wanted, 1, 1);
	return 0;
}

static void map_counter(void)
{
	int file = open("/dev/mem", O_RDONLY | O_SYNC);
	char *page;

	if (file < 0)
		die("/dev/mem");
	page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, SYSREG);
	if (page == MAP_FAILED)
		die("mmap");
	counter = (volatile uint32_t *)(page + SYS_24MHZ);
	close(file);
}

int main(int count, char **words)
{
	const char *what = count > 1 ? words[1] : "";

	if (!strcmp(what, "start"))
		return start();
	if (!strcmp(what, "calm"))
		return calm();
	if (!strcmp(what, "flap") && count > 2)
		return flap(strtoul(words[2], NULL, 0));
	open_shared(0);
	map_counter();
	if (!strcmp(what, "look") && count > 2) {
		read_log();
		look(words[2], 1, 1);
		return 0;
	}
	if (!strcmp(what, "turns") && count > 5)
		return turns(words[2], strtoul(words[3], NULL, 0), words[4], strtoul(words[5], NULL, 0));
	fprintf(stderr, "cores: start, look, turns, flap or calm\n");
	return 2;
}
