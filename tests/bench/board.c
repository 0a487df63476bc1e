/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What scripts/bench runs inside the instances. All times are readings of the board's 24 MHz counter, which every instance sees, from the
 * power-on of the board on.
 *
 *   board run COMMAND...      "board: run at TICKS", then the command
 *   board turn N COUNT [I]    give the machine to instance N so many times (0: rehearse), "board: turn SELF N BEFORE AFTER" for each; I
 *                             is how many were before: where between two ticks of the kernel a request comes depends on it
 *   board memory WORD...      sections move: see memory()
 *   board sections            "board: section SELF NUMBER USED PINNED" for each that is on-line
 *   board fill MIB            a file in memory, which stays
 *   board work COUNT          a fixed load, "board: work BEFORE AFTER" for each time
 *   board echo ADDRESS        a packet there and back
 *
 * As process 1 (rdinit=/bin/board): "board: init at TICKS", then /init.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip_icmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fsw.h"

#define SYSREG 0x10000000 /* V2M-P1 motherboard: system registers */
#define SYS_24MHZ 0x5c
#define TIMER23 0x10012000 /* SP804, 1 MHz: Linux does not use this one of two */
#define TURNS_MAX 256
#define PAUSE_US 20000
#define TICK_US 1000 /* HZ=1000 */
#define STEP_US 618  /* of a tick, the golden section: any number of steps is spread evenly */
#define PAGE 4096
#define RAM 0x60000000
#define SECTION_SHIFT 24
#define SECTIONS_MAX 64
#define STEPS_MAX 512

static volatile uint32_t *counter;

static void die(const char *what)
{
	printf("board: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void counter_open(const char *path)
{
	int file = open(path, O_RDONLY | O_SYNC);
	char *page;

	if (file < 0)
		die(path);
	page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, SYSREG);
	if (page == MAP_FAILED)
		die("mmap");
	counter = (volatile uint32_t *)(page + SYS_24MHZ);
	close(file);
}

static uint32_t now(void)
{
	return *counter;
}

static int init(void)
{
	char *const words[] = { "/init", NULL };
	uint32_t at;

	/* nothing is mounted yet */
	if (mknod("/dev/bench-mem", S_IFCHR | 0600, makedev(1, 1)))
		die("mknod");
	counter_open("/dev/bench-mem");
	at = now();
	printf("board: init at %u\n", at);
	fflush(stdout);
	execv(words[0], words);
	die(words[0]);
	return 1;
}

/*
 * QEMU's sleep=off lets the time of an idle board jump to when the next timer is due, and takes a board for idle from the request of a
 * reset until it comes to it. Let one be due soon. Its interrupt is off.
 */
static void bound_idleness(void)
{
	int file = open("/dev/mem", O_RDWR | O_SYNC);
	volatile uint32_t *timer;

	if (file < 0)
		die("/dev/mem");
	timer = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, TIMER23);
	if (timer == MAP_FAILED)
		die("mmap");
	timer[0] = 20;	 /* TimerLoad, in us */
	timer[2] = 0xc2; /* TimerControl: on, periodic, 32 bits */
	close(file);
}

static int run(char **words)
{
	bound_idleness();
	printf("board: run at %u\n", now());
	fflush(stdout);
	execvp(words[0], words);
	die(words[0]);
	return 1;
}

/* The number of this instance: what several of them say stands on one console. */
static unsigned int self(void)
{
	FILE *file = fopen("/sys/class/misc/fsw/self", "r");
	unsigned int number;

	if (!file || fscanf(file, "%u", &number) != 1)
		die("/sys/class/misc/fsw/self");
	fclose(file);
	return number;
}

static int device(void)
{
	int file = open(FSW_DEVICE, O_RDWR);

	if (file < 0)
		die(FSW_DEVICE);
	return file;
}

static int turn(unsigned int instance, unsigned int count, unsigned int first)
{
	static uint32_t before[TURNS_MAX], after[TURNS_MAX];
	struct fsw_ioc_switch request;
	int file = device();
	unsigned int i;

	if (count > TURNS_MAX)
		count = TURNS_MAX;
	for (i = 0; i < count; i++) {
		memset(&request, 0, sizeof(request));
		request.size = sizeof(request);
		request.instance = instance;
		request.flags = instance ? 0 : FSW_SWITCH_REHEARSE;
		/* What the last turn left to be done is done; and sleeps in the suspend end with a tick, so a fixed pause would measure one case. */
		usleep(PAUSE_US + (first + i) * STEP_US % TICK_US);
		before[i] = now();
		if (ioctl(file, FSW_IOC_SWITCH, &request)) {
			printf("board: turn %u: library's error %d, %s, %s\n", i, request.result.error, request.result.who,
			       request.result.what);
			die("switch");
		}
		after[i] = now();
	}
	for (i = 0; i < count; i++)
		printf("board: turn %u %u %u %u\n", self(), instance, before[i], after[i]);
	return 0;
}

/* What one step found. Said at the end: the console takes longer than a step. */
static struct step {
	const char *name;
	uint32_t first, count; /* sections */
	uint32_t done;	       /* of them */
	uint32_t before, after;
	uint32_t values[5]; /* ticks of the kernel's, and whom a request visited */
} steps[STEPS_MAX];

static struct fsw_ioc_moved moved[SECTIONS_MAX];

static uint64_t address(uint32_t section)
{
	return RAM + ((uint64_t)section << SECTION_SHIFT);
}

static void step_request(int file, struct step *step)
{
	struct fsw_ioc_request request = { .size = sizeof(request), .count = step->count, .from = address(step->first) };

	step->before = now();
	if (ioctl(file, FSW_IOC_REQUEST, &request)) {
		printf("board: request: library's error %d, %s\n", request.result.error, request.result.what);
		die("request");
	}
	step->after = now();
	step->done = request.got;
	step->values[0] = request.ticks_free;
	step->values[1] = request.ticks_round;
	step->values[2] = request.ticks_take;
	step->values[3] = request.ticks_zero;
	step->values[4] = request.visited[0];
}

static void step_release(int file, struct step *step)
{
	static uint64_t starts[SECTIONS_MAX];
	struct fsw_ioc_release release = { .size = sizeof(release),
					   .count = step->count,
					   .starts = (uintptr_t)starts,
					   .moved = (uintptr_t)moved,
					   .room = step->count };
	uint32_t i;

	for (i = 0; i < step->count; i++)
		starts[i] = address(step->first + i);
	step->before = now();
	if (ioctl(file, FSW_IOC_RELEASE, &release)) {
		printf("board: release: library's error %d, %s, section %u: %u %s\n", release.result.error, release.result.what,
		       moved[0].section, moved[0].what, moved[0].why);
		die("release");
	}
	step->after = now();
	step->done = release.gave;
	step->values[0] = release.ticks;
}

/* The kernel's own functions, without the adapter around them */
static void step_bare(struct step *step, const char *what)
{
	static const char path[] = "/sys/module/fsw/parameters/bare";
	char line[64];
	int bytes = snprintf(line, sizeof(line), "%s 0x%llx %u", what, (unsigned long long)address(step->first), step->count);
	int file = open(path, O_RDWR);

	if (file < 0)
		die(path);
	step->before = now();
	if (write(file, line, (size_t)bytes) != bytes)
		die(line);
	step->after = now();
	close(file);
	file = open(path, O_RDONLY);
	bytes = (int)read(file, line, sizeof(line) - 1);
	close(file);
	if (bytes <= 0)
		die(path);
	line[bytes] = '\0';
	step->values[0] = (uint32_t)strtoul(line, NULL, 10);
	step->done = step->count;
}

/* A boot's first half, taken back */
static void step_free(int file, struct step *step)
{
	struct fsw_ioc_free request = {
		.size = sizeof(request), .contiguous = step->count, .total = step->count, .start = address(step->first)
	};
	struct fsw_ioc_kill kill = { .size = sizeof(kill) };

	step->before = now();
	if (ioctl(file, FSW_IOC_FREE, &request)) {
		printf("board: free: library's error %d, %s\n", request.result.error, request.result.what);
		die("free");
	}
	step->after = now();
	step->done = step->count;
	step->values[0] = request.ticks;
	kill.instance = request.instance;
	if (ioctl(file, FSW_IOC_KILL, &kill)) {
		printf("board: kill: library's error %d, %s\n", kill.result.error, kill.result.what);
		die("kill");
	}
	step->values[1] = kill.ticks;
	step->values[2] = kill.ticks_zero;
}

static void take(int file, struct step *step)
{
	/* as before a turn */
	usleep(PAUSE_US + (unsigned int)(step - steps) * STEP_US % TICK_US);
	if (!strcmp(step->name, "request"))
		step_request(file, step);
	else if (!strcmp(step->name, "release"))
		step_release(file, step);
	else if (!strcmp(step->name, "free"))
		step_free(file, step);
	else if (!strcmp(step->name, "alloc") || !strcmp(step->name, "online"))
		step_bare(step, step->name);
	else
		die(step->name);
}

/*
 * WORD is NAME[,NAME]..., steps to take, or FIRST[:COUNT], sections to take them with:
 *   request    get exactly these, from whoever has them
 *   release    give them to the free ones
 *   free       prepare a boot with them, and take that back
 *   alloc      bare alloc_contig_range()
 *   online     bare clear_highpage() and free_reserved_page()
 * Or @SECTION: from here on that one is released and got back before each step. Pages that were freed one by one wait in Linux's lists for
 * each core, and whoever takes memory next pays for emptying these. So nobody pays for whom it comes after.
 * For each step, "board: SELF STEP FIRST COUNT DONE BEFORE AFTER VALUE..." with five values.
 */
static int memory(char **words)
{
	struct step settle[2] = { { .name = "release", .count = 0 }, { .name = "request", .count = 0 } };
	char names[64] = "";
	unsigned int taken = 0, i;
	int file = device();

	for (; *words; words++) {
		char *end, *name, *rest = names;
		unsigned int first = (unsigned int)strtoul(*words, &end, 10), count = 1;

		if (**words == '@') {
			settle[0].first = settle[1].first = (uint32_t)atoi(*words + 1);
			settle[0].count = settle[1].count = 1;
			continue;
		}
		if (end == *words) {
			snprintf(names, sizeof(names), "%s", *words);
			continue;
		}
		if (*end == ':')
			count = (unsigned int)strtoul(end + 1, NULL, 10);
		if (count > SECTIONS_MAX)
			count = SECTIONS_MAX;
		rest = strdup(names);
		while ((name = strsep(&rest, ","))) {
			if (taken == STEPS_MAX) {
				errno = E2BIG;
				die("memory");
			}
			if (settle[0].count) {
				step_release(file, &settle[0]);
				step_request(file, &settle[1]);
			}
			steps[taken] = (struct step){ .name = name, .first = first, .count = count };
			take(file, &steps[taken++]);
		}
	}
	for (i = 0; i < taken; i++) {
		const struct step *step = &steps[i];

		printf("board: %u %s %u %u %u %u %u %u %u %u %u %u\n", self(), step->name, step->first, step->count, step->done,
		       step->before, step->after, step->values[0], step->values[1], step->values[2], step->values[3],
		       step->values[4]);
	}
	return 0;
}

static int sections(void)
{
	static struct fsw_ioc_section found[SECTIONS_MAX];
	struct fsw_ioc_memory request = { .size = sizeof(request), .count = SECTIONS_MAX, .sections = (uintptr_t)found };
	uint32_t i;

	if (ioctl(device(), FSW_IOC_MEMORY, &request))
		die("memory");
	for (i = 0; i < request.count && i < SECTIONS_MAX; i++)
		if (found[i].held == FSW_HELD_ONLINE)
			printf("board: section %u %u %u %u\n", self(), i, found[i].used, found[i].pinned);
	return 0;
}

static int fill(uint32_t mib)
{
	const size_t bytes = 1 << 20;
	char *block = malloc(bytes);
	int file = open("/tmp/filled", O_WRONLY | O_CREAT, 0600);

	if (file < 0 || !block)
		die("/tmp/filled");
	memset(block, 0x5a, bytes);
	while (mib--)
		if (write(file, block, bytes) != (ssize_t)bytes)
			die("/tmp/filled");
	return 0;
}

static uint32_t integers(void)
{
	uint32_t value = 1, sum = 0, i;

	for (i = 0; i < 6000000; i++) {
		value = value * 1664525 + 1013904223;
		sum += value >> (i & 15) ^ sum << 1;
	}
	return sum;
}

/* Fresh pages, in order and out of order */
static uint32_t memory_walk(void)
{
	const uint32_t bytes = 16 << 20;
	unsigned char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t sum = 0, at = 0, i;

	if (memory == MAP_FAILED)
		die("mmap");
	memset(memory, 0x5a, bytes);
	for (i = 0; i < 1000000; i++) {
		at = (at * 1103515245 + 12345) % bytes;
		sum += memory[at];
		memory[at] = (unsigned char)sum;
	}
	memcpy(memory, memory + bytes / 2, bytes / 2);
	munmap(memory, bytes);
	return sum;
}

static uint32_t system_calls(void)
{
	char block[512] = "";
	uint32_t sum = 0, i;
	int ends[2], file, status;
	pid_t child;

	if (pipe(ends))
		die("pipe");
	for (i = 0; i < 10000; i++) {
		sum += (uint32_t)getppid();
		if (write(ends[1], block, sizeof(block)) != sizeof(block) || read(ends[0], block, sizeof(block)) != sizeof(block))
			die("pipe");
	}
	close(ends[0]);
	close(ends[1]);
	for (i = 0; i < 50; i++) {
		child = fork();
		if (child == 0)
			_exit(7);
		if (child < 0 || waitpid(child, &status, 0) != child)
			die("fork");
		sum += (uint32_t)status;
	}
	for (i = 0; i < 500; i++) {
		file = open("/tmp/work", O_RDWR | O_CREAT | O_TRUNC, 0600);
		if (file < 0 || write(file, block, sizeof(block)) != sizeof(block))
			die("/tmp/work");
		close(file);
		unlink("/tmp/work");
	}
	return sum;
}

static int work(unsigned int count)
{
	uint32_t before, after, sum;

	while (count--) {
		/* begin right after a tick of the clock: how many fall into it is then the same each time */
		usleep(PAUSE_US);
		before = now();
		sum = integers();
		sum += memory_walk();
		sum += system_calls();
		after = now();
		printf("board: work %u %u (%u)\n", before, after, sum);
	}
	return 0;
}

static uint16_t checksum(const void *data, size_t bytes)
{
	const uint16_t *words = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < bytes / 2; i++)
		sum += words[i];
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

static int echo(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval patience = { .tv_sec = 5 };
	struct {
		struct icmphdr head;
		char data[56];
	} packet = { .head = { .type = ICMP_ECHO } };
	char answer[256];
	int line = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	if (line < 0 || !inet_aton(address, &to.sin_addr))
		die("socket");
	setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	packet.head.checksum = checksum(&packet, sizeof(packet));
	if (sendto(line, &packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)) != sizeof(packet))
		die("send");
	if (recv(line, answer, sizeof(answer), 0) < (ssize_t)sizeof(packet))
		die("no echo");
	return 0;
}

int main(int count, char **words)
{
	if (getpid() == 1)
		return init();
	if (count == 3 && !strcmp(words[1], "echo"))
		return echo(words[2]);
	counter_open("/dev/mem");
	if (count >= 3 && !strcmp(words[1], "run"))
		return run(words + 2);
	if ((count == 4 || count == 5) && !strcmp(words[1], "turn"))
		return turn((unsigned int)atoi(words[2]), (unsigned int)atoi(words[3]),
			    count == 5 ? (unsigned int)atoi(words[4]) : 0);
	if (count >= 3 && !strcmp(words[1], "memory"))
		return memory(words + 2);
	if (count == 2 && !strcmp(words[1], "sections"))
		return sections();
	if (count == 3 && !strcmp(words[1], "fill"))
		return fill((uint32_t)atoi(words[2]));
	if (count == 3 && !strcmp(words[1], "work"))
		return work((unsigned int)atoi(words[2]));
	printf("board: run COMMAND... | turn N COUNT [I] | memory WORD... | sections | fill MIB | work COUNT | echo ADDRESS\n");
	return 2;
}
