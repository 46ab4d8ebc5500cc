/* The short way in: a message of one payload frame, behind a topic where the socket has topics; with an envelope
 * only where its header is like the one before but for its numbers.
 *
 * All other messages are told to `unusual`, with their frames and the address of their peer; what is in them is
 * in `pending` afterwards. One that cannot be decoded is told to `misread`. While the lane is not to be used
 * (somebody taps the socket), and where libzmq reports an error, `aside` takes the message, as if there were no
 * lane. All three are methods of orchestrator.sdk.incoming's inlets. */

#define PY_SSIZE_T_CLEAN
#include "in_lane.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>
#include <time.h>

#include "calls.h"
#include "counts.h"
#include "message_view.h"
#include "traced.h"

#define SOURCE_AT 8
#define SEQUENCE_AT 16
#define TIME_AT 24
#define SAME_AT 32 /* fingerprint, count, plain size */
#define NUMBER_AT 48
#define FIXED 56
#define VIEW_FROM 16384 /* bytes from which on a payload is decoded where it lies */
#define LOOK_EVERY 15 /* the lag of every sixteenth message is looked at */

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
    char quick, topical, enveloped;
    unsigned char known[LONGEST_HEADER];
} InLane;

static PyObject *popleft_name;

static uint64_t get_u64(const unsigned char *at)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static PyObject *bytes_of(message_t *message)
{
    return PyBytes_FromStringAndSize(libzmq.msg_data(message), (Py_ssize_t)libzmq.msg_size(message));
}

static PyObject *address_of(const message_t *message)
{
    const char *address = libzmq.msg_gets(message, "Peer-Address");
    return address == NULL ? PyUnicode_FromString("") : PyUnicode_DecodeUTF8(address, (Py_ssize_t)strlen(address), "replace");
}

/* The frames of a message, of which the first `count` are there and the last of those says whether more follow.
 * Where there is an envelope, large ones are views. */
static PyObject *frames_of(InLane *self, message_t *first, size_t count)
{
    PyObject *frames = PyList_New(0);
    bool more = true;
    for (size_t i = 0; frames != NULL && (i < count || more); i++) {
        message_t next, *frame = i < count ? &first[i] : &next;
        if (i >= count) {
            libzmq.msg_init(&next);
            if (libzmq.msg_recv(&next, self->handle, LANES_DONTWAIT) < 0) {
                libzmq.msg_close(&next);
                break; /* a message comes whole or not at all; this is for a socket that has been closed */
            }
            self->tally->received_bytes += libzmq.msg_size(&next);
        }
        more = libzmq.msg_more(frame);
        PyObject *data = self->enveloped && libzmq.msg_size(frame) >= VIEW_FROM ? message_view(frame, 0)
                                                                                 : bytes_of(frame);
        if (data == NULL || PyList_Append(frames, data) < 0)
            Py_CLEAR(frames);
        Py_XDECREF(data);
        if (i >= count)
            libzmq.msg_close(&next);
    }
    return frames;
}

/* 0, or -1 with an error set. */
static int tell_unusual(InLane *self, message_t *first, size_t count)
{
    PyObject *frames = frames_of(self, first, count), *address = NULL, *result = NULL;
    if (frames != NULL && (address = address_of(&first[0])) != NULL)
        result = PyObject_CallFunctionObjArgs(self->unusual, frames, address, NULL);
    Py_XDECREF(frames);
    Py_XDECREF(address);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* A message cannot be used: tell so, if the error that is set means that. 0, or -1 with an error set. */
static int tell_misread(InLane *self, message_t *first, size_t count)
{
    PyObject *type, *error, *trace, *frames, *address = NULL, *result = NULL;
    if (!PyErr_ExceptionMatches(PyExc_ValueError))
        return -1;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    frames = frames_of(self, first, count);
    if (frames != NULL && (address = address_of(&first[0])) != NULL)
        result = PyObject_CallFunctionObjArgs(self->misread, error, frames, address, NULL);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    Py_XDECREF(frames);
    Py_XDECREF(address);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* ------------------------------------------------------------------------------------------ the envelope */

static size_t after_trace(const InLane *self)
{
    return self->trace_at == self->known_size ? self->known_size : self->trace_at + TRACE_BYTES;
}

static bool is_known(const InLane *self, const unsigned char *data, size_t size)
{
    return self->account != NULL && size >= self->known_size && memcmp(data, self->known, SEQUENCE_AT) == 0 &&
           memcmp(data + SAME_AT, self->known + SAME_AT, NUMBER_AT - SAME_AT) == 0 &&
           memcmp(data + FIXED, self->known + FIXED, self->trace_at - FIXED) == 0 &&
           memcmp(data + after_trace(self), self->known + after_trace(self), self->known_size - after_trace(self)) == 0;
}

/* Whether a frame is no topic: a header may have a frame of its own. */
static bool is_enveloped(message_t *frame)
{
    return libzmq.msg_size(frame) >= 2 && memcmp(libzmq.msg_data(frame), "\xc1Z", 2) == 0;
}

/* Whether the message of this topic has the number that comes next, which is then moved on. -1: an error. */
static int follows_in_topic(Row *account, PyObject *topic, uint64_t sequence)
{
    PyObject *expected = PyDict_GetItemWithError(account->topics, topic), *next;
    if (expected == NULL)
        return PyErr_Occurred() ? -1 : 0;
    if (PyLong_AsUnsignedLongLong(expected) != sequence || sequence == UINT64_MAX) {
        PyErr_Clear();
        return 0;
    }
    next = PyLong_FromUnsignedLongLong(sequence + 1);
    if (next == NULL)
        return -1;
    int result = PyDict_SetItem(account->topics, topic, next);
    Py_DECREF(next);
    return result < 0 ? -1 : 1;
}

static int count_in_account(InLane *self, Row *account, PyObject *topic, const unsigned char *data)
{
    uint64_t sequence = get_u64(data + SEQUENCE_AT);
    int follows;
    PyObject *result;
    if (topic == Py_None)
        follows = sequence != 0 && sequence == account->next && sequence != UINT64_MAX;
    else
        follows = sequence == 0 ? 0 : follows_in_topic(account, topic, sequence);
    if (follows < 0)
        return -1;
    if (follows) {
        if (topic == Py_None)
            account->next = sequence + 1;
        account->received++;
    } else {
        result = PyObject_CallMethod((PyObject *)account, "follow", "KiO", (unsigned long long)sequence, 1, topic);
        if (result == NULL)
            return -1;
        Py_DECREF(result);
    }
    if ((account->received & LOOK_EVERY) == 0) {
        result = PyObject_CallFunction(self->look, "OL", account, (long long)get_u64(data + TIME_AT));
        if (result == NULL)
            return -1;
        Py_DECREF(result);
    }
    return 0;
}

/* The handler runs as the work of this message. */
static int begin_work(InLane *self, const unsigned char *header, size_t size)
{
    PyObject *present = NULL;
    last_set(self->last, header, size);
    if (self->trace_at + TRACE_BYTES <= size)
        traced_begin(self->arrival, header + self->trace_at);
    else
        traced_begin_anew(self->arrival, get_u64(header + SOURCE_AT), get_u64(header + NUMBER_AT));
    if (PyContextVar_Get(self->work, Py_None, &present) < 0)
        return -1;
    bool same = present == (PyObject *)self->arrival;
    Py_DECREF(present);
    if (same)
        return 0;
    PyObject *token = PyContextVar_Set(self->work, (PyObject *)self->arrival);
    Py_XDECREF(token);
    return token == NULL ? -1 : 0;
}

/* --------------------------------------------------------------------------------------------- a message */

static PyObject *topic_of(InLane *self, message_t *frame)
{
    const char *data = libzmq.msg_data(frame);
    Py_ssize_t size = (Py_ssize_t)libzmq.msg_size(frame);
    if (self->topic == NULL || PyBytes_GET_SIZE(self->topic_bytes) != size ||
        memcmp(PyBytes_AS_STRING(self->topic_bytes), data, (size_t)size) != 0) {
        PyObject *text = PyUnicode_DecodeUTF8(data, size, "surrogateescape");
        PyObject *bytes = text == NULL ? NULL : PyBytes_FromStringAndSize(data, size);
        if (bytes == NULL) {
            Py_XDECREF(text);
            return NULL;
        }
        Py_XSETREF(self->topic, text);
        Py_XSETREF(self->topic_bytes, bytes);
    }
    Py_INCREF(self->topic);
    return self->topic;
}

/* What is in a frame behind so many bytes of header; NULL with an error set. */
static PyObject *message_of(InLane *self, message_t *frame, size_t header)
{
    size_t size = libzmq.msg_size(frame) - header;
    PyObject *payload;
    if (self->decode != Py_None && size >= VIEW_FROM)
        payload = message_view(frame, header);
    else
        payload = PyBytes_FromStringAndSize((char *)libzmq.msg_data(frame) + header, (Py_ssize_t)size);
    if (payload == NULL || self->decode == Py_None)
        return payload;
    PyObject *message = PyObject_CallOneArg(self->decode, payload);
    Py_DECREF(payload);
    if (message != NULL && self->check != Py_None) {
        PyObject *passed = PyObject_CallOneArg(self->check, message);
        if (passed == NULL)
            Py_CLEAR(message);
        Py_XDECREF(passed);
    }
    return message;
}

/* Read a message of `count` frames that have come, the last of them its payload. 1: `*message` and `*extra` are
 * new references; 0: it was something else, and has been told; -1: an error is set. */
static int read_message(InLane *self, message_t *first, size_t count, PyObject **message, PyObject **extra)
{
    message_t *payload = &first[count - 1];
    const unsigned char *data = libzmq.msg_data(payload);
    size_t size = libzmq.msg_size(payload), header = 0;
    PyObject *topic;
    if (self->enveloped) {
        if (!is_known(self, data, size) || (count == 2 && is_enveloped(&first[0])))
            return tell_unusual(self, first, count);
        header = self->known_size;
    }
    if (count == 1) {
        topic = Py_None;
        Py_INCREF(topic);
    } else if ((topic = topic_of(self, &first[0])) == NULL) {
        return -1;
    }
    if (self->enveloped) {
        PyObject *account = (PyObject *)self->account;
        Py_INCREF(account);
        self->tally->received++;
        int failed = count_in_account(self, (Row *)account, topic, data) < 0 || begin_work(self, data, header) < 0;
        Py_DECREF(account);
        if (failed) {
            Py_DECREF(topic);
            return -1;
        }
    }
    *message = message_of(self, payload, header);
    if (*message == NULL) {
        Py_DECREF(topic);
        return tell_misread(self, first, count);
    }
    *extra = topic;
    return 1;
}

static int pop_pending(InLane *self, PyObject **message, PyObject **extra)
{
    PyObject *found = PyObject_CallMethodNoArgs(self->pending, popleft_name);
    if (found == NULL)
        return -1;
    if (!PyTuple_Check(found) || PyTuple_GET_SIZE(found) != 2) {
        Py_DECREF(found);
        PyErr_SetString(PyExc_TypeError, "what is pending is a message and its topic or peer");
        return -1;
    }
    *message = PyTuple_GET_ITEM(found, 0);
    *extra = PyTuple_GET_ITEM(found, 1);
    Py_INCREF(*message);
    Py_INCREF(*extra);
    Py_DECREF(found);
    return 1;
}

static int take_aside(InLane *self, PyObject **message, PyObject **extra)
{
    PyObject *found = PyObject_CallNoArgs(self->aside);
    if (found == NULL)
        return -1;
    if (!PyTuple_Check(found) || PyTuple_GET_SIZE(found) != 2) {
        Py_DECREF(found);
        return 0;
    }
    *message = PyTuple_GET_ITEM(found, 0);
    *extra = PyTuple_GET_ITEM(found, 1);
    Py_INCREF(*message);
    Py_INCREF(*extra);
    Py_DECREF(found);
    return 1;
}

/* 1: a message has been received, to be closed; 0: none is there; -1: libzmq reports an error, in `errno`. */
static int receive(InLane *self, message_t *message)
{
    libzmq.msg_init(message);
    if (libzmq.msg_recv(message, self->handle, LANES_DONTWAIT) >= 0) {
        self->tally->received_bytes += libzmq.msg_size(message);
        return 1;
    }
    int why = errno;
    libzmq.msg_close(message);
    errno = why;
    return why == EAGAIN ? 0 : -1;
}

/* The next message: 1 with new references; 0 when none is there; -1 with an error set. libzmq is not asked to
 * wait, so the interpreter's lock is kept. */
static int next_message(InLane *self, PyObject **message, PyObject **extra)
{
    for (;;) {
        Py_ssize_t waiting = PyObject_Size(self->pending);
        if (waiting != 0)
            return waiting < 0 ? -1 : pop_pending(self, message, extra);
        if (!self->quick || self->handle == NULL)
            return take_aside(self, message, extra);
        message_t frames[2];
        size_t count = 1;
        int found = receive(self, &frames[0]);
        if (found <= 0)
            return found == 0 ? 0 : take_aside(self, message, extra);
        if (!self->enveloped)
            self->tally->received++;
        bool more = libzmq.msg_more(&frames[0]);
        if (more && self->topical && receive(self, &frames[1]) > 0) {
            count = 2;
            more = libzmq.msg_more(&frames[1]);
        }
        found = more ? tell_unusual(self, frames, count) : read_message(self, frames, count, message, extra);
        while (count > 0)
            libzmq.msg_close(&frames[--count]);
        if (found != 0)
            return found;
    }
}

static PyObject *in_take(InLane *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *message, *extra, *pair;
    int found = next_message(self, &message, &extra);
    if (found < 0)
        return NULL;
    if (found == 0)
        Py_RETURN_NONE;
    pair = PyTuple_New(2);
    if (pair == NULL) {
        Py_DECREF(message);
        Py_DECREF(extra);
        return NULL;
    }
    PyTuple_SET_ITEM(pair, 0, message);
    PyTuple_SET_ITEM(pair, 1, extra);
    return pair;
}

/* --------------------------------------------------------------------------------------------- iterating */

static PyObject *stopping_name;

/* Whether the node is to stop. -1: an error is set. */
static int is_stopping(PyObject *control)
{
    PyObject *stopping = PyObject_GetAttr(control, stopping_name);
    int stop = stopping == NULL ? -1 : PyObject_IsTrue(stopping);
    Py_XDECREF(stopping);
    return stop;
}

typedef struct {
    PyObject_HEAD
    InLane *lane;
    PyObject *receive; /* () -> a message with its topic or peer, or None when the node is to stop */
    PyObject *steps;
    PyObject *control;
} Messages;

static PyObject *messages_next(Messages *self)
{
    PyObject *message, *extra;
    int stop = is_stopping(self->control);
    if (stop != 0)
        return NULL;
    int found = next_message(self->lane, &message, &extra);
    if (found < 0)
        return NULL;
    if (found > 0) {
        ((Steps *)self->steps)->steps++;
        Py_DECREF(extra);
        return message;
    }
    PyObject *pair = PyObject_CallNoArgs(self->receive);
    if (pair == NULL)
        return NULL;
    message = NULL;
    if (PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2) {
        message = PyTuple_GET_ITEM(pair, 0);
        Py_INCREF(message);
    }
    Py_DECREF(pair);
    return message;
}

static int messages_traverse(Messages *self, visitproc visit, void *arg)
{
    Py_VISIT(self->lane);
    Py_VISIT(self->receive);
    Py_VISIT(self->steps);
    Py_VISIT(self->control);
    return 0;
}

static void messages_dealloc(Messages *self)
{
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->lane);
    Py_CLEAR(self->receive);
    Py_CLEAR(self->steps);
    Py_CLEAR(self->control);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

PyTypeObject MessagesType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.Messages",
    .tp_basicsize = sizeof(Messages),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)messages_traverse,
    .tp_dealloc = (destructor)messages_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)messages_next,
};

static PyObject *in_iterate(InLane *self, PyObject *args)
{
    PyObject *receive, *steps, *control;
    if (!PyArg_ParseTuple(args, "OO!O", &receive, &StepsType, &steps, &control))
        return NULL;
    Messages *found = (Messages *)MessagesType.tp_alloc(&MessagesType, 0);
    if (found == NULL)
        return NULL;
    Py_INCREF(self);
    found->lane = self;
    Py_INCREF(receive);
    found->receive = receive;
    Py_INCREF(steps);
    found->steps = steps;
    Py_INCREF(control);
    found->control = control;
    return (PyObject *)found;
}

/* ---------------------------------------------------------------------------------------------- handlers */

typedef struct {
    PyObject *call, *route, *control;
    Steps *steps;
    int plain; /* the handler takes the message alone, and None as its result has no way to go */
    int limit;
} Handling;

/* Have the handler called with a message, and its result go its way. 0, or -1 with an error set. */
static int handle(const Handling *way, PyObject *message, PyObject *extra)
{
    PyObject *both[2] = {message, extra};
    PyObject *result = PyObject_Vectorcall(way->call, both, way->plain ? 1 : 2, NULL);
    if (result == NULL)
        return -1;
    if (!way->plain || result != Py_None) {
        PyObject *gone[2] = {result, extra};
        PyObject *none = PyObject_Vectorcall(way->route, gone, 2, NULL);
        Py_DECREF(result);
        result = none;
        if (result == NULL)
            return -1;
    }
    Py_DECREF(result);
    return 0;
}

/* Handle what is there, up to the limit. 1: there may be more; 0: there is none, or the node is to stop; -1: an
 * error is set. */
static int drain(InLane *self, const Handling *way)
{
    PyObject *message, *extra;
    for (int i = 0; i < way->limit; i++) {
        int found = next_message(self, &message, &extra);
        if (found <= 0)
            return found;
        int failed = handle(way, message, extra);
        Py_DECREF(message);
        Py_DECREF(extra);
        if (failed)
            return -1;
        way->steps->steps++;
        int stop = is_stopping(way->control);
        if (stop != 0)
            return stop < 0 ? -1 : 0;
    }
    return 1;
}

static PyObject *in_drain(InLane *self, PyObject *args)
{
    Handling way;
    if (!PyArg_ParseTuple(args, "OpOO!Oi", &way.call, &way.plain, &way.route, &StepsType, &way.steps, &way.control,
                          &way.limit))
        return NULL;
    int more = drain(self, &way);
    return more < 0 ? NULL : PyBool_FromLong(more);
}

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Whether there is something to take now. libzmq's descriptor tells only of what has come since it was asked, so
 * it is asked before each wait (zmq_getsockopt(3), ZMQ_FD). */
static bool is_ready(InLane *self, int *descriptor)
{
    int events = 0;
    size_t size = sizeof events;
    if (PyObject_Size(self->pending) != 0 || self->handle == NULL)
        return true;
    if (libzmq.getsockopt(self->handle, LANES_EVENTS, &events, &size) < 0 || events & LANES_POLLIN)
        return true;
    size = sizeof *descriptor;
    return libzmq.getsockopt(self->handle, LANES_FD, descriptor, &size) < 0;
}

/* One turn of a loop with one socket: wait until it has something, `wake` is readable or the time is over, then
 * handle what has come. Whether `wake` was readable. */
static PyObject *in_serve(InLane *self, PyObject *args)
{
    Handling way;
    int wake, timeout_ms, descriptor = -1, count;
    if (!PyArg_ParseTuple(args, "OpOO!Oiii", &way.call, &way.plain, &way.route, &StepsType, &way.steps, &way.control,
                          &way.limit, &wake, &timeout_ms))
        return NULL;
    bool ready = is_ready(self, &descriptor);
    struct pollfd waited[2] = {{.fd = wake, .events = POLLIN}, {.fd = descriptor, .events = POLLIN}};
    if (ready) {
        count = poll(waited, 1, 0);
    } else {
        way.steps->busy_since = 0;
        Py_BEGIN_ALLOW_THREADS
        count = poll(waited, 2, timeout_ms);
        Py_END_ALLOW_THREADS
    }
    if (count < 0 && errno == EINTR && PyErr_CheckSignals() < 0)
        return NULL;
    way.steps->busy_since = monotonic();
    bool woken = count > 0 && waited[0].revents != 0;
    if ((ready || (count > 0 && waited[1].revents != 0)) && drain(self, &way) < 0)
        return NULL;
    return PyBool_FromLong(woken);
}

/* ---------------------------------------------------------------------------------------------- the type */

static PyObject *in_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"tally", "pending", "aside", "unusual", "misread", "topical", NULL};
    PyObject *tally, *pending, *aside, *unusual, *misread;
    int topical;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!OOOOp", names, &TallyType, &tally, &pending, &aside, &unusual,
                                     &misread, &topical))
        return NULL;
    if (popleft_name == NULL && (popleft_name = PyUnicode_InternFromString("popleft")) == NULL)
        return NULL;
    if (stopping_name == NULL && (stopping_name = PyUnicode_InternFromString("stopping")) == NULL)
        return NULL;
    InLane *self = (InLane *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    Py_INCREF(tally);
    self->tally = (Tally *)tally;
    Py_INCREF(pending);
    self->pending = pending;
    Py_INCREF(aside);
    self->aside = aside;
    Py_INCREF(unusual);
    self->unusual = unusual;
    Py_INCREF(misread);
    self->misread = misread;
    Py_INCREF(Py_None);
    self->decode = Py_None;
    Py_INCREF(Py_None);
    self->check = Py_None;
    self->topical = (char)topical;
    return (PyObject *)self;
}

static int in_traverse(InLane *self, visitproc visit, void *arg)
{
    Py_VISIT(self->tally);
    Py_VISIT(self->pending);
    Py_VISIT(self->aside);
    Py_VISIT(self->unusual);
    Py_VISIT(self->misread);
    Py_VISIT(self->decode);
    Py_VISIT(self->check);
    Py_VISIT(self->look);
    Py_VISIT(self->work);
    Py_VISIT(self->arrival);
    Py_VISIT(self->last);
    Py_VISIT(self->account);
    return 0;
}

/* Breaks the cycles with the inlet, whose methods these are; nothing uses a lane whose inlet is gone. */
static int in_clear(InLane *self)
{
    self->handle = NULL;
    self->quick = 0;
    Py_CLEAR(self->pending);
    Py_CLEAR(self->aside);
    Py_CLEAR(self->unusual);
    Py_CLEAR(self->misread);
    Py_CLEAR(self->decode);
    Py_CLEAR(self->check);
    Py_CLEAR(self->look);
    Py_CLEAR(self->work);
    Py_CLEAR(self->arrival);
    Py_CLEAR(self->last);
    Py_CLEAR(self->account);
    return 0;
}

static void in_dealloc(InLane *self)
{
    PyObject_GC_UnTrack(self);
    in_clear(self);
    Py_CLEAR(self->tally);
    Py_CLEAR(self->topic);
    Py_CLEAR(self->topic_bytes);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *in_attach(InLane *self, PyObject *address)
{
    void *handle = PyLong_AsVoidPtr(address);
    if (handle == NULL && PyErr_Occurred())
        return NULL;
    self->handle = handle;
    Py_RETURN_NONE;
}

static PyObject *in_detach(InLane *self, PyObject *Py_UNUSED(ignored))
{
    self->handle = NULL;
    Py_RETURN_NONE;
}

static PyObject *in_envelope(InLane *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"look", "work", "arrival", "last", NULL};
    PyObject *look, *work, *arrival, *last;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO!O!", names, &look, &work, &TracedType, &arrival, &LastType,
                                     &last))
        return NULL;
    if (!PyContextVar_CheckExact(work)) {
        PyErr_SetString(PyExc_ValueError, "no context variable");
        return NULL;
    }
    Py_INCREF(look);
    Py_XSETREF(self->look, look);
    Py_INCREF(work);
    Py_XSETREF(self->work, work);
    Py_INCREF(arrival);
    Py_XSETREF(self->arrival, (Traced *)arrival);
    Py_INCREF(last);
    Py_XSETREF(self->last, (Last *)last);
    self->enveloped = 1;
    Py_RETURN_NONE;
}

static PyObject *in_know(InLane *self, PyObject *args)
{
    Py_buffer header;
    PyObject *account;
    Py_ssize_t trace_at;
    if (!PyArg_ParseTuple(args, "y*nO!", &header, &trace_at, &RowType, &account))
        return NULL;
    if (header.len < FIXED || header.len > LONGEST_HEADER || !self->enveloped ||
        (trace_at != header.len && (trace_at < FIXED || trace_at + TRACE_BYTES > header.len))) {
        PyBuffer_Release(&header);
        PyErr_SetString(PyExc_ValueError, "no header, or a lane without envelope");
        return NULL;
    }
    memcpy(self->known, header.buf, (size_t)header.len);
    self->known_size = (size_t)header.len;
    self->trace_at = (size_t)trace_at;
    PyBuffer_Release(&header);
    Py_INCREF(account);
    Py_XSETREF(self->account, (Row *)account);
    Py_RETURN_NONE;
}

static PyObject *in_forget(InLane *self, PyObject *Py_UNUSED(ignored))
{
    Py_CLEAR(self->account);
    Py_RETURN_NONE;
}

static PyMethodDef in_methods[] = {
    {"take", (PyCFunction)in_take, METH_NOARGS, NULL},
    {"drain", (PyCFunction)in_drain, METH_VARARGS, NULL},
    {"serve", (PyCFunction)in_serve, METH_VARARGS, NULL},
    {"iterate", (PyCFunction)in_iterate, METH_VARARGS, NULL},
    {"attach", (PyCFunction)in_attach, METH_O, NULL},
    {"detach", (PyCFunction)in_detach, METH_NOARGS, NULL},
    {"envelope", (PyCFunction)(void (*)(void))in_envelope, METH_VARARGS | METH_KEYWORDS, NULL},
    {"know", (PyCFunction)in_know, METH_VARARGS, NULL},
    {"forget", (PyCFunction)in_forget, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef in_members[] = {
    {"quick", T_BOOL, offsetof(InLane, quick), 0, NULL},
    {"decode", T_OBJECT, offsetof(InLane, decode), 0, NULL},
    {"check", T_OBJECT, offsetof(InLane, check), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject InLaneType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.InLane",
    .tp_basicsize = sizeof(InLane),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = in_new,
    .tp_traverse = (traverseproc)in_traverse,
    .tp_clear = (inquiry)in_clear,
    .tp_dealloc = (destructor)in_dealloc,
    .tp_methods = in_methods,
    .tp_members = in_members,
};
