/* The short way out: a message of one payload frame, and a topic before it where there is one.
 *
 * What is not of this kind goes the long way (`aside`), as if there were no lane; what turns out so once it has
 * been encoded is handed on (`hand_on`): a large payload, one that finds no room, one that libzmq refuses.
 * Both are methods of orchestrator.sdk.outgoing's outlets, and raise what there is to raise. */

#ifndef ORCHESTRATOR_LANES_OUT_LANE_H
#define ORCHESTRATOR_LANES_OUT_LANE_H

#include <Python.h>

#include <stddef.h>
#include <stdint.h>

#include "counts.h"

typedef struct {
    size_t size;
    unsigned char bytes[LONGEST_HEADER];
} Template;

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    void *handle;
    Tally *tally;
    PyObject *aside;   /* called as the lane was */
    PyObject *hand_on; /* (payload, topic or None) */
    PyObject *encode;  /* None: bytes are payloads, and nothing else goes this way */
    PyObject *check;   /* called with the message before it is encoded, or None */
    PyObject *head;    /* the topic of messages that name none, or None */
    PyObject *scopes;  /* topic -> its last number; NULL without an envelope */
    PyObject *work;    /* ContextVar: the work that a message belongs to, whose trace it carries */
    PyObject *weak;    /* references */
    Py_ssize_t limit;  /* bytes from which on a payload is not copied */
    uint64_t fingerprint;
    char quick, topical, counted;
    char careful; /* there may be peers in this very process */
    Template plain, traced;
    size_t trace_at; /* in a traced header */
} OutLane;

extern PyTypeObject OutLaneType;

/* sending.c: what a lane is called for. */
PyObject *out_call(PyObject *object, PyObject *const *args, size_t flags, PyObject *names);

#endif
