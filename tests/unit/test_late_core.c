/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Seed 001, 06/09: the mode is reset while a secondary core still comes. All ways in which the boot core's stores and the steps of a late
 * core can follow each other, in the right order (no hand-over before that core is in the pen), which has no bad one, and in reversed ones,
 * which have: that they are found shows that this test would find them.
 */
#include "support.h"

#define CORE 1u
#define KERNEL(instance) (0x80008000ull + (instance)*0x1000000ull)
#define ARGUMENT(instance) (0xa0ull + (instance))
#define DEPTH 512
#define SEEN (1u << 16)

/* What the boot core does about the late one before it gives the machine away */
enum order {
	WAITS,	  /* until fsw_core_park() says that it is there; or gives it up as lost */
	ASKS_NOT, /* arms at once */
	BELIEVES, /* that it is parked, as the prototype did: and the mode is reset while it still comes */
};

/* Where the late core is */
enum place {
	IN_PEN,	    /* an order of instance 1 is out, which it has not followed */
	IN_KERNEL,  /* in memory of the instance that it ran in */
	ON_ITS_WAY, /* the same; next it comes by the hand-over */
	ARRIVES,
	LOOKS,
	LEAVES,
	LOOKS_AGAIN,
	TAKES_ORDER,
	JUMPS,
	AT_HOME, /* in the kernel of who took it, after the switch */
};

struct late {
	enum place place;
	uint32_t instance; /* in whose memory it runs */
	uint32_t came;	   /* to the kernel of this one, by its order */
	uint64_t to, argument;
};

static struct {
	struct world world;
	unsigned char *start; /* the area as it was */
	enum order order;
	uint32_t armed_core;
	enum place first;
	struct late late;
	/* decisions: 1: the late core makes a step; 0: the boot core goes on */
	unsigned char decisions[DEPTH];
	unsigned int given, made;
	jmp_buf over;
	uint64_t seen[SEEN];
	unsigned int states, runs, done, undone, refused;
	const char *violation;
} x;

static void violated(const char *what)
{
	x.violation = what;
	longjmp(x.over, 1);
}

static uint32_t owner(void)
{
	return fsw__owner(fsw__switch(&x.world.area));
}

static void check(void)
{
	if (x.late.instance != 0 && x.late.instance != owner())
		violated("it runs in memory of an instance that sleeps");
}

/* -- the late core: Linux's way to the pen, and the pen's rules, an access at a time (docs/porting.md, section 13) -- */

static int can_step(void)
{
	return x.late.place != AT_HOME;
}

static void enters(uint64_t address)
{
	uint32_t instance;

	for (instance = 1; instance <= 2 && address != KERNEL(instance); instance++)
		;
	x.late.instance = instance;
	x.late.came |= 1u << instance;
	if (x.late.argument != ARGUMENT(instance))
		violated("it follows half of an order");
	/* of instance 1 it is told to go again */
	x.late.place = instance == 1 ? IN_KERNEL : AT_HOME;
}

static void step(void)
{
	struct world *world = &x.world;
	uint32_t *address = world_core(world, CORE, FSW_CORE_ADDRESS);
	uint32_t *argument = world_core(world, CORE, FSW_CORE_ARGUMENT);
	struct fsw_handover in = world->handover;
	struct fsw_jump jump;

	switch (x.late.place) {
	case ON_ITS_WAY:
		in.core = CORE;
		if (fsw_handover(world->memory, &in, &jump) != FSW_GO_ON)
			violated("it takes the hand-over");
		x.late.place = IN_KERNEL;
		break;
	case IN_KERNEL:
		x.late.instance = 0;
		x.late.place = ARRIVES;
		break;
	case ARRIVES:
		world_core_arrives(world, CORE);
		x.late.place = LOOKS;
		break;
	case IN_PEN:
	case LOOKS:
		if (address[0] != 0 && *world_core(world, CORE, FSW_CORE_WORD) != FSW_CORE_STAYS - CORE * FSW_CORE_STEP)
			x.late.place = LEAVES;
		break;
	case LEAVES:
		*world_core(world, CORE, FSW_CORE_ARRIVED) = 0;
		x.late.place = LOOKS_AGAIN;
		break;
	case LOOKS_AGAIN:
		x.late.to = address[0] | (uint64_t)address[1] << 32;
		x.late.place = address[0] != 0 ? TAKES_ORDER : ARRIVES;
		break;
	case TAKES_ORDER:
		x.late.argument = argument[0] | (uint64_t)argument[1] << 32;
		address[0] = 0;
		x.late.place = JUMPS;
		break;
	case JUMPS:
		enters(x.late.to);
		break;
	case AT_HOME:
		break;
	}
	check();
}

/* -- what follows what -- */

static uint64_t state_now(unsigned int boot)
{
	const unsigned char *late = (const unsigned char *)&x.late;
	uint64_t hash = 0xcbf29ce484222325ull + boot;
	uint32_t i;

	for (i = 0; i < x.world.size; i++)
		hash = (hash ^ x.world.memory[i]) * 0x100000001b3ull;
	for (i = 0; i < sizeof(x.late); i++)
		hash = (hash ^ late[i]) * 0x100000001b3ull;
	return hash | 1;
}

/* false: it was */
static int new_state(unsigned int boot)
{
	uint64_t hash = state_now(boot);
	uint32_t at;

	for (at = (uint32_t)hash % SEEN; x.seen[at] != 0; at = (at + 1) % SEEN)
		if (x.seen[at] == hash)
			return 0;
	assert_true(++x.states < SEEN / 2);
	x.seen[at] = hash;
	return 1;
}

static int decide(unsigned int boot)
{
	if (x.made < x.given)
		return x.decisions[x.made++];
	/* what follows from here is known */
	if (!new_state(boot))
		longjmp(x.over, 1);
	assert_true(x.made < DEPTH);
	x.decisions[x.made++] = 0;
	x.given = x.made;
	return 0;
}

/* The boot core is about to do something: what does the late one do before? `boot` tells where that is. */
static void others_run(unsigned int boot)
{
	while (can_step() && decide(boot))
		step();
}

static unsigned int boot_steps;

/* Its next call: with the stores since, where it is */
static void calls(unsigned int which)
{
	boot_steps = 1000 * which;
}

static void boot_stores(void *context, uint32_t *word, uint32_t value)
{
	(void)context;
	others_run(++boot_steps);
	*word = value;
	check();
}

static void boot_persists(void *context, const void *start, size_t size)
{
	(void)context;
	(void)start;
	(void)size;
	others_run(++boot_steps);
}

/* 1: the late core is parked; 0: it was given up */
static int parks(struct fsw_area *area)
{
	int error;

	for (;;) {
		calls(1);
		error = fsw_core_park(area, 1, CORE);
		if (error != FSW_ERR(CORE_AWAY))
			break;
		/* the boot core's patience ends, or that one makes a step */
		if (!decide(++boot_steps)) {
			calls(2);
			assert_int_equal(fsw_core_lost(area, 1, CORE), 0);
			return 0;
		}
		step();
	}
	assert_int_equal(error, 0);
	return 1;
}

static void believes(struct fsw_area *area)
{
	fsw__put(area->port, world_core(&x.world, CORE, FSW_CORE_WORD), FSW_CORE_PARKED << 8, FSW_TAG_CORE + CORE);
}

static void ends_in_the_pen(void)
{
	struct fsw_core now;
	unsigned int most;

	for (most = 0; most < 32; most++)
		step();
	assert_int_equal(fsw_core_get(&x.world.area, CORE, &now), 0);
	if (x.late.instance != 0 || !now.arrived)
		violated("it does not come to the pen");
}

/* One way of all this: from a request of instance 1 to instance 2 with all cores, or back in 1 without this one */
static void boot_core(struct fsw_area *area)
{
	struct fsw_handover in = x.world.handover;
	struct fsw_outcome outcome;
	struct fsw_core now;
	struct fsw_jump jump;
	unsigned int most;
	int parked = 0;
	int due;

	in.port = area->port;
	in.core = 0;
	assert_int_equal(fsw_switch(area, 1, 2), 0);
	if (x.order == WAITS)
		parked = parks(area);
	else if (x.order == BELIEVES)
		believes(area);
	calls(3);
	due = fsw_arm(area, 1, x.armed_core, 0x1004, 0xa1);
	if (due < 0) {
		assert_int_equal(due, x.order == WAITS ? FSW_ERR(CORE_LOST) : FSW_ERR(CORE_STATE));
		assert_false(parked);
		assert_int_equal(area->fault.index, CORE);
		calls(4);
		assert_int_equal(fsw_acknowledge(area, 1, &outcome), 0);
		assert_int_equal(outcome.result, FSW_RESULT_UNDONE);
		assert_int_equal(owner(), 1);
		/* it comes, however late */
		if (x.order == WAITS) {
			ends_in_the_pen();
			assert_int_equal(fsw_core_park(area, 1, CORE), 0);
			x.undone++;
		} else {
			x.refused++;
		}
		return;
	}
	assert_int_equal(due, 1);
	calls(5);
	assert_int_equal(fsw_handover(x.world.memory, &in, &jump), FSW_GO_JUMP);
	calls(6);
	assert_int_equal(fsw_acknowledge(area, 2, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_DONE);
	/* who runs now takes it */
	for (;;) {
		calls(7);
		due = fsw_core_take(area, 2, CORE, KERNEL(2), ARGUMENT(2));
		if (due != FSW_ERR(CORE_AWAY))
			break;
		/* an order was taken back that it was about to follow: it is in the pen, and its mark comes again */
		if (x.late.instance != 0)
			violated("its next owner was told that it is in the pen");
		step();
	}
	assert_int_equal(due, 0);
	for (most = 0; most < 32; most++)
		step();
	assert_int_equal(fsw_core_get(&x.world.area, CORE, &now), 0);
	if (x.late.instance != 2 || now.state != FSW_CORE_RUNNING || now.owner != 2 || now.arrived)
		violated("it does not come to its next owner");
	x.done++;
}

static void one_way(void)
{
	struct fsw_port port = { .store = boot_stores,
				 .persist = boot_persists,
				 .read = x.world.port.read,
				 .write = x.world.port.write,
				 .context = &x.world };
	struct fsw_area area = x.world.area;

	area.port = &port;
	memcpy(x.world.memory, x.start, x.world.size);
	x.late = (struct late){ .place = x.first, .instance = x.first == IN_PEN ? 0 : 1, .argument = ARGUMENT(1) };
	x.made = 0;
	boot_steps = 0;
	x.runs++;
	if (setjmp(x.over) == 0)
		boot_core(&area);
}

/* All ways, until one is bad. What it was, or NULL */
static const char *explore(enum order order, uint32_t armed_core, enum place first)
{
	struct world *world = &x.world;

	memset(&x, 0, sizeof(x));
	world_make_cores(world, 2, 16, 2);
	world_populate(world, 1);
	world_core_arrives(world, CORE);
	assert_int_equal(fsw_core_take(&world->area, 1, CORE, KERNEL(1), ARGUMENT(1)), 0);
	if (first != IN_PEN)
		assert_true(world_core_goes(world, CORE) == KERNEL(1));
	x.order = order;
	x.armed_core = armed_core;
	x.first = first;
	x.start = malloc(world->size);
	memcpy(x.start, world->memory, world->size);
	for (;;) {
		one_way();
		if (x.violation)
			break;
		/* the last of the decisions that could be another */
		while (x.given > 0 && x.decisions[x.given - 1] == 1)
			x.given--;
		if (x.given == 0)
			break;
		x.decisions[x.given - 1] = 1;
	}
	free(x.start);
	world_free(world);
	return x.violation;
}

static const enum place places[] = { IN_PEN, IN_KERNEL, ON_ITS_WAY };
static const uint32_t armed[] = { 0, FSW_CORE_ANY };

static void none_is_bad_if_it_waits(void **state)
{
	unsigned int i, j;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (j = 0; j < 2; j++) {
			const char *bad = explore(WAITS, armed[j], places[i]);

			if (bad)
				fail_msg("%s: place %u, armed for 0x%x, after %u ways", bad, places[i], armed[j], x.runs);
			print_message("from place %u, armed for 0x%x: %u ways, %u states; %u switches, %u undone\n", places[i],
				      armed[j], x.runs, x.states, x.done, x.undone);
			assert_true(x.done > 0 && x.undone > 0 && x.states > 100);
		}
	}
}

static void the_library_refuses_who_does_not_ask(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_null(explore(ASKS_NOT, 0, places[i]));
		assert_true(x.refused > 0 && x.done == 0);
	}
}

static void reversed_order_is_found(void **state)
{
	unsigned int i, j;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (j = 0; j < 2; j++) {
			const char *bad = explore(BELIEVES, armed[j], places[i]);

			assert_non_null(bad);
			print_message("reversed, from place %u, armed for 0x%x: %s, after %u ways\n", places[i], armed[j], bad,
				      x.runs);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_bad_if_it_waits),
		cmocka_unit_test(the_library_refuses_who_does_not_ask),
		cmocka_unit_test(reversed_order_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
