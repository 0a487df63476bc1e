/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory in use whose every word is known, held by one process of an instance.
 *
 *   ballast start INSTANCE [KIND=MIB]... [tmpfs@FILE] [cache@FILE]    hold so much of each kind; goes to the background
 *   ballast check [PART]          is each page its own? Then one of PART pages (64) moves to its next generation; 0: none
 *   ballast full [PART]           the same, every word
 *   ballast look [PART] [N]       check (PART: 256; full if N is 4096), then as "books {JSON}" what Linux says: MemTotal in KiB, pages that its zones manage,
 *                                 taints; and of N (128) pages in a row of each section, how many it uses or may use, by their flags
 *   ballast size KIND MIB         hold so much of it from now on
 *   ballast level MIB             as much anon as leaves about so much available
 *   ballast where                 in which sections the pages of each kind lie: KIND SECTION:PAGES...
 *   ballast pin SECTION           a page of anon that lies there is in a pipe, and can not move until "unpin"
 *   ballast direct SECTION DISK   one is written to a disk past the page cache, again and again, until "unpin"
 *   ballast unpin
 *   ballast stop
 *
 * Kinds: anon, locked (mlock), tmpfs and cache (FILE on a tmpfs, on a disk; both mapped), busy (another process changes it all the time).
 * The first word of a page says whose it is, so that a page which is not what it should be tells where it comes from; the others follow from it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u
#define WORDS (PAGE / 4)
#define PAGES_OF_MIB 256u
#define SECTION_PAGES 4096u
#define FIRST_PAGE 0x60000u /* of RAM */
#define SECTIONS 64u
#define PINS 256u
/* of /proc/kpageflags: on an LRU list, slab, free, mapped, anonymous */
#define IN_HANDS (1u << 5 | 1u << 7 | 1u << 10 | 1u << 11 | 1u << 12)

enum kind { ANON, LOCKED, TMPFS, CACHE, BUSY, KINDS };

/* Room in the address space, all of it below 2 GiB */
static const struct {
	const char *name;
	unsigned mib;
} kinds[KINDS] = { { "anon", 800 }, { "locked", 128 }, { "tmpfs", 320 }, { "cache", 192 }, { "busy", 64 } };

struct holding {
	uint32_t *base;
	unsigned pages;
	int file;
	const char *path;
	uint8_t *generation; /* of each page */
};

/* What the process that keeps its memory busy says */
struct busy_state {
	volatile uint32_t done;
	char error[256];
};

static struct holding holdings[KINDS];
static struct busy_state *busy_state;
static pid_t busy_process;
static unsigned instance;
static pthread_t writer;
static const char *volatile written_to;
static volatile unsigned written_page;
static int pipe_ends[2] = { -1, -1 };
static unsigned pinned;
static uint32_t random_state;
static FILE *out; /* to whoever asked */
static unsigned errors;

static void die(const char *what)
{
	fprintf(stderr, "ballast: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static uint32_t header(enum kind kind, unsigned page, unsigned generation)
{
	return (uint32_t)instance << 28 | (uint32_t)kind << 25 | (generation & 0x7f) << 18 | page;
}

static uint32_t *page_of(const struct holding *holding, unsigned page)
{
	return holding->base + (size_t)page * WORDS;
}

static void write_page(struct holding *holding, enum kind kind, unsigned page)
{
	uint32_t *words = page_of(holding, page), first = header(kind, page, holding->generation[page]);
	uint32_t word = first, step = 2 * first + 1;

	for (unsigned i = 0; i < WORDS; i++, word += step)
		words[i] = word;
}

static const char *kind_name(unsigned kind)
{
	return kind < KINDS ? kinds[kind].name : "?";
}

static void differs(enum kind kind, unsigned page, unsigned index, uint32_t expected, uint32_t found)
{
	const uint32_t first = *page_of(&holdings[kind], page);

	if (errors++ < 8)
		fprintf(out,
			"ballast: FAILED: %s page %u, word %u: 0x%08x, not 0x%08x; the page says it is %s page %u of instance %u, "
			"generation %u; it was generation %u\n",
			kinds[kind].name, page, index, found, expected, kind_name(first >> 25 & 7), first & 0x3ffff, first >> 28,
			first >> 18 & 0x7f, holdings[kind].generation[page]);
}

static int look_at_page(enum kind kind, unsigned page, int full)
{
	const struct holding *holding = &holdings[kind];
	const uint32_t *words = page_of(holding, page), first = header(kind, page, holding->generation[page]);
	const uint32_t step = 2 * first + 1;
	uint32_t word = first, wrong = 0;
	unsigned i;

	if (!full) {
		i = random_word() % WORDS;
		wrong = (words[0] ^ first) | (words[i] ^ (first + i * step));
	} else {
		for (i = 0; i < WORDS; i++, word += step)
			wrong |= words[i] ^ word;
	}
	if (!wrong)
		return 0;
	for (i = 0, word = first; i < WORDS; i++, word += step) {
		if (words[i] != word) {
			differs(kind, page, i, word, words[i]);
			break;
		}
	}
	return 1;
}

/* A new generation; half of the pages are given back first, so that it comes to lie elsewhere. */
static void move_on(enum kind kind, unsigned page)
{
	struct holding *holding = &holdings[kind];

	holding->generation[page]++;
	if (random_word() & 1) {
		if (kind == ANON && !(written_to && page == written_page))
			madvise(page_of(holding, page), PAGE, MADV_DONTNEED);
		else if (kind == TMPFS)
			fallocate(holding->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)page * PAGE, PAGE);
	}
	write_page(holding, kind, page);
}

/* It does not stand still for seconds in which this instance runs. */
static void check_busy(void)
{
	static uint32_t done;
	static time_t since;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (busy_state->done != done || !since)
		since = now.tv_sec;
	done = busy_state->done;
	fprintf(out, " busy %u (%u done)", holdings[BUSY].pages, done);
	if (busy_state->error[0] || waitpid(busy_process, NULL, WNOHANG) || now.tv_sec - since > 20) {
		errors++;
		fprintf(out, "\nballast: FAILED: who keeps busy is gone or stands still\n%s", busy_state->error);
	}
}

static int check(int full, unsigned part)
{
	unsigned moved = 0;

	errors = 0;
	fprintf(out, "ballast:");
	for (unsigned kind = 0; kind < BUSY; kind++) {
		for (unsigned page = 0; page < holdings[kind].pages; page++)
			look_at_page(kind, page, full);
		if (holdings[kind].base)
			fprintf(out, " %s %u", kinds[kind].name, holdings[kind].pages);
	}
	if (busy_process)
		check_busy();
	for (unsigned kind = 0; kind < BUSY && part && !errors; kind++) {
		if (!holdings[kind].pages)
			continue;
		for (unsigned i = 0; i < holdings[kind].pages / part; i++, moved++)
			move_on(kind, random_word() % holdings[kind].pages);
	}
	fprintf(out, errors ? "\nballast: %u pages differ\n" : " pages are as they were\n", errors);
	return !!errors;
}

static void busy(void)
{
	struct holding *holding = &holdings[BUSY];
	FILE *said;

	/* whoever asked waits until the last one that has the line closes it */
	for (int file = 3; file < 64; file++)
		close(file);
	said = fmemopen(busy_state->error, sizeof(busy_state->error), "w");

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	out = said;
	for (unsigned page = 0; page < holding->pages; page++)
		write_page(holding, BUSY, page);
	for (;;) {
		for (unsigned i = 0; i < 16; i++) {
			const unsigned page = random_word() % holding->pages;

			if (look_at_page(BUSY, page, 1)) {
				fflush(said);
				_exit(1);
			}
			holding->generation[page]++;
			write_page(holding, BUSY, page);
			busy_state->done++;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
}

static int resize(enum kind kind, unsigned mib)
{
	struct holding *holding = &holdings[kind];
	const unsigned before = holding->pages, pages = mib * PAGES_OF_MIB;
	const size_t most = (size_t)kinds[kind].mib << 20;

	if (mib > kinds[kind].mib) {
		fprintf(out, "ballast: at most %u MiB of %s\n", kinds[kind].mib, kinds[kind].name);
		return 1;
	}
	if (!holding->base) {
		void *base;

		if (kind == TMPFS || kind == CACHE) {
			holding->file = open(holding->path ? holding->path : "", O_RDWR | O_CREAT | O_TRUNC, 0600);
			if (holding->file < 0) {
				fprintf(out, "ballast: %s: %s\n", holding->path ? holding->path : "no file was named",
					strerror(errno));
				return 1;
			}
			base = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_SHARED, holding->file, 0);
		} else {
			base = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		}
		holding->generation = calloc(1, most / PAGE);
		if (base == MAP_FAILED || !holding->generation) {
			fprintf(out, "ballast: no room for %s: %s\n", kinds[kind].name, strerror(errno));
			return 1;
		}
		/* a child would keep the pages that change here */
		if (kind != BUSY)
			madvise(base, most, MADV_DONTFORK);
		holding->base = base;
	}
	if ((kind == TMPFS || kind == CACHE) && ftruncate(holding->file, (off_t)pages * PAGE)) {
		fprintf(out, "ballast: %s: %s\n", holding->path, strerror(errno));
		return 1;
	}
	if (pages < before && (kind == ANON || kind == LOCKED)) {
		munlock(page_of(holding, pages), (size_t)(before - pages) * PAGE);
		madvise(page_of(holding, pages), (size_t)(before - pages) * PAGE, MADV_DONTNEED);
	}
	for (unsigned page = before; page < pages && kind != BUSY; page++)
		write_page(holding, kind, page);
	holding->pages = pages;
	if (kind == LOCKED && pages > before && mlock(page_of(holding, before), (size_t)(pages - before) * PAGE)) {
		fprintf(out, "ballast: mlock: %s\n", strerror(errno));
		return 1;
	}
	if (kind == BUSY && pages && !busy_process) {
		busy_process = fork();
		if (!busy_process)
			busy();
	}
	return 0;
}

static long available_mib(void)
{
	char line[128];
	long kib = -1;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib / 1024;
}

static int level(long mib)
{
	const long had = (long)(holdings[ANON].pages / PAGES_OF_MIB);
	long want = had + available_mib() - mib;

	want = want < 0 ? 0 : want > (long)kinds[ANON].mib ? (long)kinds[ANON].mib : want;
	if (resize(ANON, (unsigned)want))
		return 1;
	fprintf(out, "ballast: anon %ld MiB, %ld MiB are available\n", want, available_mib());
	return 0;
}

static unsigned long long sum_of(const char *path, const char *format)
{
	char line[256];
	unsigned long long sum = 0, value;
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &value) == 1)
			sum += value;
	if (file)
		fclose(file);
	return sum;
}

/* What the kernel itself says, not what the adapter believes */
static int books(unsigned sample)
{
	static uint64_t flags[SECTION_PAGES];
	const int file = open("/proc/kpageflags", O_RDONLY);

	sample = !sample || sample > SECTION_PAGES ? SECTION_PAGES : sample;
	fprintf(out, "books {\"total\": %llu, \"managed\": %llu, \"tainted\": %llu, \"sample\": %u, \"hands\": [",
		sum_of("/proc/meminfo", "MemTotal: %llu"), sum_of("/proc/zoneinfo", " managed %llu"),
		sum_of("/proc/sys/kernel/tainted", "%llu"), sample);
	for (unsigned section = 0; section < SECTIONS; section++) {
		const unsigned first = FIRST_PAGE + section * SECTION_PAGES + random_word() % (SECTION_PAGES - sample + 1);
		const ssize_t got = pread(file, flags, sample * sizeof(flags[0]), (off_t)first * (off_t)sizeof(flags[0]));
		unsigned count = 0;

		for (ssize_t i = 0; i < got / (ssize_t)sizeof(flags[0]); i++)
			count += !!(flags[i] & IN_HANDS);
		fprintf(out, "%s%u", section ? "," : "", count);
	}
	fprintf(out, "]}\n");
	close(file);
	return file < 0;
}

/* The physical page, 0: none. */
static unsigned physical(int map, const void *address)
{
	uint64_t entry = 0;

	if (pread(map, &entry, sizeof(entry), (off_t)((uintptr_t)address / PAGE * sizeof(entry))) != sizeof(entry) ||
	    !(entry >> 63))
		return 0;
	return (unsigned)(entry & ((1ull << 55) - 1));
}

static int where(void)
{
	static unsigned counts[KINDS][256];
	const int map = open("/proc/self/pagemap", O_RDONLY);

	memset(counts, 0, sizeof(counts));
	for (unsigned kind = 0; kind < BUSY; kind++) {
		if (!holdings[kind].pages)
			continue;
		for (unsigned page = 0; page < holdings[kind].pages; page++) {
			const unsigned number = physical(map, page_of(&holdings[kind], page));

			if (number >= FIRST_PAGE && (number - FIRST_PAGE) / SECTION_PAGES < 256)
				counts[kind][(number - FIRST_PAGE) / SECTION_PAGES]++;
		}
		fprintf(out, "%s", kinds[kind].name);
		for (unsigned section = 0; section < 256; section++)
			if (counts[kind][section])
				fprintf(out, " %u:%u", section, counts[kind][section]);
		fprintf(out, "\n");
	}
	close(map);
	return 0;
}

/* A page of anon that lies there, or none: negative */
static int page_in(unsigned section)
{
	const int map = open("/proc/self/pagemap", O_RDONLY);
	int found = -1;

	for (unsigned page = 0; page < holdings[ANON].pages && found < 0; page++)
		if ((physical(map, page_of(&holdings[ANON], page)) - FIRST_PAGE) / SECTION_PAGES == section)
			found = (int)page;
	close(map);
	if (found < 0)
		fprintf(out, "ballast: no page lies in section %u\n", section);
	return found;
}

static int pin(unsigned section)
{
	const int page = page_in(section);
	struct iovec part = { .iov_len = PAGE };

	if (page < 0)
		return 1;
	if (pipe_ends[0] < 0 && (pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC) || fcntl(pipe_ends[1], F_SETPIPE_SZ, PINS * PAGE) < 0))
		die("pipe");
	part.iov_base = page_of(&holdings[ANON], (unsigned)page);
	if (vmsplice(pipe_ends[1], &part, 1, SPLICE_F_NONBLOCK) != (ssize_t)PAGE) {
		fprintf(out, "ballast: vmsplice: %s\n", strerror(errno));
		return 1;
	}
	pinned++;
	fprintf(out, "ballast: anon page %d in section %u is pinned, %u in all\n", page, section, pinned);
	return 0;
}

static void *write_on(void *disk)
{
	const int file = open(disk, O_WRONLY | O_DIRECT);

	for (unsigned i = 0; written_to; i++)
		if (pwrite(file, page_of(&holdings[ANON], written_page), PAGE, (off_t)(i % 16) * PAGE) != (ssize_t)PAGE)
			break;
	close(file);
	return NULL;
}

/* Its page is held by the disk's driver nearly all the time, if the disk is slow. */
static int direct(unsigned section, const char *disk)
{
	static char name[64];
	const int page = page_in(section);

	if (page < 0 || written_to || access(disk, W_OK)) {
		fprintf(out, "ballast: %s\n", written_to ? "one is being written" : disk);
		return 1;
	}
	snprintf(name, sizeof(name), "%s", disk);
	written_page = (unsigned)page;
	written_to = name;
	if (pthread_create(&writer, NULL, write_on, name))
		die("thread");
	fprintf(out, "ballast: anon page %d in section %u is being written to %s\n", page, section, disk);
	return 0;
}

static void unpin(void)
{
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	pipe_ends[0] = pipe_ends[1] = -1;
	pinned = 0;
	if (written_to) {
		written_to = NULL;
		pthread_join(writer, NULL);
	}
}

static int kind_of(const char *name)
{
	for (int kind = 0; kind < KINDS; kind++)
		if (!strcmp(name, kinds[kind].name))
			return kind;
	return -1;
}

/* One command; its status, negative: the end */
static int answer(char *line)
{
	char *words[4] = { line, NULL, NULL, NULL };
	int kind;

	for (unsigned i = 0; i < 3 && words[i]; i++) {
		words[i + 1] = strchr(words[i], ' ');
		if (words[i + 1])
			*words[i + 1]++ = 0;
	}
	if (!strcmp(words[0], "check") || !strcmp(words[0], "full"))
		return check(words[0][0] == 'f', words[1] ? (unsigned)atoi(words[1]) : 64);
	if (!strcmp(words[0], "look")) {
		const unsigned sample = words[2] ? (unsigned)atoi(words[2]) : 128;
		const int status = check(sample == SECTION_PAGES, words[1] ? (unsigned)atoi(words[1]) : 256);

		return books(sample) || status;
	}
	if (!strcmp(words[0], "level") && words[1])
		return level(atol(words[1]));
	if (!strcmp(words[0], "where"))
		return where();
	if (!strcmp(words[0], "pin") && words[1])
		return pin((unsigned)atoi(words[1]));
	if (!strcmp(words[0], "direct") && words[1] && words[2])
		return direct((unsigned)atoi(words[1]), words[2]);
	if (!strcmp(words[0], "unpin")) {
		unpin();
		return 0;
	}
	if (!strcmp(words[0], "size") && words[1] && words[2]) {
		kind = kind_of(words[1]);
		if (kind >= 0)
			return resize((enum kind)kind, (unsigned)atoi(words[2]));
	}
	if (!strcmp(words[0], "stop")) {
		if (busy_process)
			kill(busy_process, SIGKILL);
		return -1;
	}
	fprintf(out, "ballast: no such command: %s\n", words[0]);
	return 2;
}

static int connection(int listening)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0ballast" };
	const socklen_t size = offsetof(struct sockaddr_un, sun_path) + 8;
	const int line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (line < 0)
		die("socket");
	if (listening ? bind(line, (void *)&address, size) || listen(line, 4) : connect(line, (void *)&address, size))
		die(listening ? "another one runs" : "none runs: ballast start INSTANCE starts one");
	return line;
}

static void serve(int line)
{
	int status = 0;

	while (status >= 0) {
		char text[256];
		size_t have = 0;
		ssize_t got;
		const int asker = accept(line, NULL, NULL);

		if (asker < 0)
			continue;
		while (have < sizeof(text) - 1 && (got = read(asker, text + have, sizeof(text) - 1 - have)) > 0)
			have += (size_t)got;
		text[have] = 0;
		out = fdopen(asker, "w");
		status = answer(text);
		/* the last byte is the status */
		fputc(status < 0 ? 0 : status, out);
		fclose(out);
	}
}

static int ask(char *const *words)
{
	char text[4096];
	const int line = connection(0);
	int last = -1;
	ssize_t got;

	for (; *words; words++)
		dprintf(line, "%s%s", *words, words[1] ? " " : "");
	shutdown(line, SHUT_WR);
	while ((got = read(line, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			if (last >= 0)
				putchar(last);
			last = (unsigned char)text[i];
		}
	}
	if (last < 0) {
		puts("ballast: FAILED: the process that holds the memory is gone");
		return 1;
	}
	return last;
}

static int start(int count, char **words)
{
	int ready[2], status, line;
	char done = 1;
	FILE *score;

	if (pipe(ready))
		die("pipe");
	fflush(NULL);
	if (fork()) {
		close(ready[1]);
		return read(ready[0], &done, 1) == 1 ? done : 1;
	}
	setsid();
	close(ready[0]);
	/* what goes wrong here is to be seen, not to be killed */
	score = fopen("/proc/self/oom_score_adj", "w");
	if (score) {
		fprintf(score, "-1000");
		fclose(score);
	}
	line = connection(1);
	instance = (unsigned)atoi(words[0]) & 15;
	random_state = 2463534242u ^ instance << 16 ^ (uint32_t)time(NULL);
	busy_state = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	out = stdout;
	status = 0;
	for (int i = 1; i < count; i++)
		for (char *at = strchr(words[i], '@'); at; at = NULL) {
			*at = 0;
			if (kind_of(words[i]) >= 0)
				holdings[kind_of(words[i])].path = at + 1;
		}
	for (int i = 1; i < count && !status; i++) {
		char *value = strchr(words[i], '=');
		int kind;

		if (!value)
			continue;
		*value++ = 0;
		kind = kind_of(words[i]);
		status = kind < 0 ? 2 : resize((enum kind)kind, (unsigned)atoi(value));
	}
	fflush(out);
	done = (char)status;
	if (write(ready[1], &done, 1) != 1 || status)
		exit(1);
	close(ready[1]);
	for (int file = 0; file < 3; file++) {
		close(file);
		open("/dev/null", O_RDWR);
	}
	serve(line);
	exit(0);
}

int main(int count, char **words)
{
	if (count < 2 || (!strcmp(words[1], "start") && count < 3)) {
		fprintf(stderr, "usage: ballast start INSTANCE [KIND=MIB]... [KIND@FILE]...\n"
				"       ballast check|full|look|size|level|where|pin|direct|unpin|stop [WORD]...\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(words[1], "start"))
		return start(count - 2, words + 2);
	return ask(words + 1);
}
