/* The trace of a piece of work, as what it sends carries it: W3C Trace Context, docs/protocol.md. */
#ifndef ORCHESTRATOR_LANES_TRACED_H
#define ORCHESTRATOR_LANES_TRACED_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#define TRACE_BYTES 25 /* trace id (16), span id (8), flags (1) */

typedef enum {
    TRACE_UNKNOWN, /* whoever made the work knows */
    TRACE_BEGUN,   /* trace id and flags are known; there is no span id yet, because nobody has asked */
    TRACE_FIXED,
} TraceState;

typedef struct {
    PyObject_HEAD
    TraceState state;
    unsigned char trace[TRACE_BYTES];
} Traced;

extern PyTypeObject TracedType;

/* It is the work of a message with this trace. */
void traced_begin(Traced *self, const unsigned char *trace);

/* It is the work of the message with this id, which has no trace and begins one: the trace id is its own id. */
void traced_begin_anew(Traced *self, uint64_t source, uint64_t number);

/* Give it a span of its own, if it has none. Whether its trace is known now. */
bool traced_fix(Traced *self);

/* Where span ids begin: random, and another number in each process. */
void traced_seed(uint64_t seed);

#endif
