/* The short way in: a message of one payload frame, behind a topic where the socket has topics; with an envelope
 * only where its header is like the one before but for its numbers.
 *
 * All other messages are told to `unusual`, with their frames and the address of their peer; what is in them is
 * in `pending` afterwards. One that cannot be decoded is told to `misread`. While the lane is not to be used
 * (somebody taps the socket), and where libzmq reports an error, `aside` takes the message, as if there were no
 * lane. All three are methods of orchestrator.sdk.incoming's inlets. */

#ifndef ORCHESTRATOR_LANES_IN_LANE_H
#define ORCHESTRATOR_LANES_IN_LANE_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include "counts.h"
#include "traced.h"

/* Where the fields of a header lie: docs/protocol.md. */
#define FLAGS_AT 4
#define SOURCE_AT 8
#define SEQUENCE_AT 16
#define TIME_AT 24
#define SAME_AT 32 /* fingerprint, count, plain size */
#define COUNT_AT 40
#define NUMBER_AT 48
#define FIXED 56

typedef struct {
    PyObject_HEAD
    void *handle;
    Tally *tally;
    PyObject *pending; /* a deque of (message, topic or peer) */
    PyObject *aside;   /* () -> a message with its topic or peer, or None */
    PyObject *unusual; /* (frames, address) */
    PyObject *misread; /* (error, frames, address) */
    PyObject *decode;  /* None: the payload is the message */
    PyObject *check;   /* called with the decoded message, or None */
    PyObject *look;    /* (account, timestamp); NULL without an envelope */
    PyObject *work;    /* ContextVar */
    Traced *arrival;   /* what it is set to */
    Last *last;        /* where the arrival finds its header */
    Row *account;      /* of the known header; NULL: none is known */
    PyObject *topic;   /* the last one, as text */
    PyObject *topic_bytes;
    size_t known_size;
    size_t trace_at; /* in the known header; its size where it has no trace */
    PyObject *batch;       /* a list of records; NULL where none is left */
    PyObject *batch_extra; /* the topic of all of them; and what reads, judges and counts them */
    PyObject *batch_decode, *batch_check, *batch_account;
    Py_ssize_t batch_at;   /* the next one */
    char quick, topical, enveloped;
    char batched, detached; /* of the known header: its flags */
    char careful;           /* messages may come from this very process */
    unsigned char known[LONGEST_HEADER];
} InLane;

extern PyTypeObject InLaneType, MessagesType;

/* reading.c: the next message, as new references: 1 if there was one, 0 if not, -1 with an error set. libzmq is not
 * asked to wait, so the interpreter's lock is kept. */
int in_next(InLane *self, PyObject **message, PyObject **extra);
/* reading.c: whether something is held that has been received already. -1: an error is set. */
int in_holds(InLane *self);

/* knowing.c: whether a frame begins with the known header. */
bool in_knows(const InLane *self, const unsigned char *data, size_t size);
/* knowing.c: so many messages with the known header have come. 0, or -1 with an error set. */
int in_count(InLane *self, Row *account, PyObject *topic, const unsigned char *header, uint32_t records);
/* knowing.c: what runs from now on is the work of the message with this header. 0, or -1 with an error set. */
int in_begin_work(InLane *self, const unsigned char *header, size_t size);
/* knowing.c: the same, of the message that the last call was for. */
int in_resume_work(InLane *self);

/* serving.c: methods. */
PyObject *in_drain(InLane *self, PyObject *args);
PyObject *in_serve(InLane *self, PyObject *args);
PyObject *in_iterate(InLane *self, PyObject *args);

static inline uint64_t get_u64(const unsigned char *at)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static inline uint32_t get_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

#endif
