/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "text.h"

#define PERIOD_NS 50000000
#define BAR 40
#define WIDTH (BAR + 38)

static struct {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int running;
	int stop;
	int terminal;
	int drawn; /* a bar stands there */
	char label[TEXT_ROOM];
} progress = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* "LABEL DONE TOTAL" */
static int parse(char *text, uint64_t *done, uint64_t *total)
{
	char *last = strrchr(text, ' ');
	char *before;
	int suffixed;

	if (!last)
		return 0;
	*last = '\0';
	before = strrchr(text, ' ');
	if (!before || before == text)
		return 0;
	*before = '\0';
	return text_number(before + 1, done, &suffixed) == 0 && text_number(last + 1, total, &suffixed) == 0 && *total != 0 &&
	       *done <= *total;
}

/* Labels that count sections; all others are images, in bytes */
static const struct {
	const char *label, *doing;
} moves[] = {
	{ "memory", "freeing" }, { "zero", "loading: zeroing," }, { "request", "requesting" }, { "release", "releasing" },
	{ "take", "taking" },
};

#define MOVES (sizeof(moves) / sizeof(moves[0]))

/* One line for each label, where no bar can be drawn */
static void draw_line(const char *label, size_t move, uint64_t total)
{
	if (strcmp(label, progress.label) == 0)
		return;
	snprintf(progress.label, sizeof(progress.label), "%s", label);
	if (move < MOVES)
		fprintf(stderr, "%s %" PRIu64 " section%s\n", moves[move].doing, total, total == 1 ? "" : "s");
	else
		fprintf(stderr, "loading: %s, %" PRIu64 " bytes\n", label, total);
}

static void draw(const char *label, uint64_t done, uint64_t total)
{
	int filled = (int)((double)done / (double)total * BAR);
	size_t move = 0;
	int i;

	while (move < MOVES && strcmp(label, moves[move].label) != 0)
		move++;
	if (!progress.terminal) {
		draw_line(label, move, total);
		return;
	}
	fprintf(stderr, "\r%-12.12s [", label);
	for (i = 0; i < BAR; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, "] %3d %%", (int)((double)done / (double)total * 100));
	if (move < MOVES)
		fprintf(stderr, "  %" PRIu64 " of %" PRIu64 " sections", done, total);
	fflush(stderr);
	progress.drawn = 1;
}

static void look(void)
{
	char text[TEXT_ROOM];
	char label[TEXT_ROOM];
	uint64_t done, total;

	if (device_text(DEVICE_PROGRESS, text, sizeof(text)) > 0 && parse(text, &done, &total)) {
		draw(text_safe(label, text, sizeof(text)), done, total);
	} else if (progress.drawn) {
		/* all is loaded: what others write next starts on a line of its own */
		fprintf(stderr, "\r%*s\r", WIDTH, "");
		fflush(stderr);
		progress.drawn = 0;
	}
}

static void *watch(void *nothing)
{
	struct timespec until;

	(void)nothing;
	pthread_mutex_lock(&progress.lock);
	while (!progress.stop) {
		look();
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += PERIOD_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&progress.wake, &progress.lock, &until);
	}
	if (progress.drawn)
		fprintf(stderr, "\r%*s\r", WIDTH, "");
	pthread_mutex_unlock(&progress.lock);
	return NULL;
}

void progress_start(void)
{
	const char *terminal = getenv("TERM");
	pthread_condattr_t attributes;

	progress.terminal = isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&progress.wake, &attributes);
	pthread_condattr_destroy(&attributes);
	/* without it, all else works */
	progress.running = pthread_create(&progress.thread, NULL, watch, NULL) == 0;
}

void progress_stop(void)
{
	if (!progress.running)
		return;
	pthread_mutex_lock(&progress.lock);
	progress.stop = 1;
	pthread_cond_signal(&progress.wake);
	pthread_mutex_unlock(&progress.lock);
	pthread_join(progress.thread, NULL);
	progress.running = 0;
}
