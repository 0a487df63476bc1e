/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: /sys/kernel/tracing/events/fsw. Times are in ticks of the clock all share. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM fsw

#if !defined(FSW_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define FSW_TRACE_H

#include <linux/tracepoint.h>

#define fsw_show_phase(phase)                                                     \
	__print_symbolic(phase, { 0, "freeze" }, { 1, "devices" }, { 2, "core" }, \
			 { 3, "hand-over" }, { 4, "resume" }, { 5, "thaw" })

/* A phase of a switch is over. */
TRACE_EVENT(fsw_phase, TP_PROTO(unsigned int phase, u32 ticks, u32 now), TP_ARGS(phase, ticks, now),
	    TP_STRUCT__entry(__field(unsigned int, phase) __field(u32, ticks) __field(u32, now)),
	    TP_fast_assign(__entry->phase = phase; __entry->ticks = ticks; __entry->now = now;),
	    TP_printk("%s took %u ticks, now %u", fsw_show_phase(__entry->phase), __entry->ticks,
		      __entry->now));

/* Something was asked for. */
TRACE_EVENT(fsw_request, TP_PROTO(u32 mode, u32 target, int error), TP_ARGS(mode, target, error),
	    TP_STRUCT__entry(__field(u32, mode) __field(u32, target) __field(int, error)),
	    TP_fast_assign(__entry->mode = mode; __entry->target = target; __entry->error = error;),
	    TP_printk("mode %u target %u error %d", __entry->mode, __entry->target,
		      __entry->error));

/* The machine is back. */
TRACE_EVENT(fsw_outcome, TP_PROTO(u32 result, u32 other, int error), TP_ARGS(result, other, error),
	    TP_STRUCT__entry(__field(u32, result) __field(u32, other) __field(int, error)),
	    TP_fast_assign(__entry->result = result; __entry->other = other;
			   __entry->error = error;),
	    TP_printk("result %u other %u error %d", __entry->result, __entry->other,
		      __entry->error));

/* A section went off-line or came on-line. */
TRACE_EVENT(fsw_section, TP_PROTO(u32 section, bool online, int error),
	    TP_ARGS(section, online, error),
	    TP_STRUCT__entry(__field(u32, section) __field(bool, online) __field(int, error)),
	    TP_fast_assign(__entry->section = section; __entry->online = online;
			   __entry->error = error;),
	    TP_printk("section %u %s error %d", __entry->section,
		      __entry->online ? "on-line" : "off-line", __entry->error));

/* libfsw stored the switch word. */
TRACE_EVENT(fsw_owner, TP_PROTO(u32 owner, u32 phase), TP_ARGS(owner, phase),
	    TP_STRUCT__entry(__field(u32, owner) __field(u32, phase)),
	    TP_fast_assign(__entry->owner = owner; __entry->phase = phase;),
	    TP_printk("owner %u phase %u", __entry->owner, __entry->phase));

/* libfsw stored an instance's state. */
TRACE_EVENT(fsw_state, TP_PROTO(u32 instance, u32 state, u32 cause),
	    TP_ARGS(instance, state, cause),
	    TP_STRUCT__entry(__field(u32, instance) __field(u32, state) __field(u32, cause)),
	    TP_fast_assign(__entry->instance = instance; __entry->state = state;
			   __entry->cause = cause;),
	    TP_printk("instance %u state %u cause %u", __entry->instance, __entry->state,
		      __entry->cause));

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
