/* From a call to libzmq. */

#define PY_SSIZE_T_CLEAN
#include "out_lane.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "calls.h"
#include "traced.h"

#define CHANGES_AT 16 /* sequence, timestamp, fingerprint, count, plain size, number: docs/protocol.md */

/* What distinguishes a message of this lane from all others. */
typedef struct {
    uint64_t sequence, number;
    const Traced *work; /* NULL: it belongs to none */
} Own;

/* Values as docs/protocol.md has them: little-endian. */
static void put_u64(unsigned char *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static void put_u32(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The size of the header; 0 without an envelope. */
static size_t header_size(const OutLane *self, const Own *own)
{
    return self->scopes == NULL ? 0 : own->work == NULL ? self->plain.size : self->traced.size;
}

static void write_header(const OutLane *self, unsigned char *at, const Own *own)
{
    const Template *template = own->work == NULL ? &self->plain : &self->traced;
    memcpy(at, template->bytes, template->size);
    if (own->work != NULL)
        memcpy(at + self->trace_at, own->work->trace, TRACE_BYTES);
    put_u64(at + CHANGES_AT, own->sequence);
    put_u64(at + CHANGES_AT + 8, now_ns());
    put_u64(at + CHANGES_AT + 16, self->fingerprint);
    put_u32(at + CHANGES_AT + 24, 1);
    put_u32(at + CHANGES_AT + 28, 0);
    put_u64(at + CHANGES_AT + 32, own->number);
}

/* The work to which the message belongs, as a new reference, with a trace that is known; NULL where there is none.
 * 1 if so, 0 where the message has to go the long way, -1 with an error set. */
static int work_of(const OutLane *self, Traced **work)
{
    PyObject *found = NULL;
    *work = NULL;
    if (self->work == NULL)
        return 1;
    if (PyContextVar_Get(self->work, Py_None, &found) < 0)
        return -1;
    if (found == Py_None) {
        Py_DECREF(found);
        return 1;
    }
    if (!PyObject_TypeCheck(found, &TracedType)) {
        Py_DECREF(found);
        return 0;
    }
    if (!traced_fix((Traced *)found)) { /* its maker knows, and then it is known here */
        PyObject *span = PyObject_GetAttrString(found, "span");
        if (span == NULL) {
            Py_DECREF(found);
            return -1;
        }
        Py_DECREF(span);
    }
    *work = (Traced *)found;
    return traced_fix(*work);
}

/* The number of the topic's next message; 0 for a topic that is not known yet. -1 with an error set. */
static int next_in_scope(const OutLane *self, PyObject *topic, uint64_t *sequence)
{
    PyObject *last = PyDict_GetItemWithError(self->scopes, topic);
    *sequence = 0;
    if (last == NULL)
        return PyErr_Occurred() ? -1 : 0;
    *sequence = PyLong_AsUnsignedLongLong(last) + 1;
    return PyErr_Occurred() ? -1 : 0;
}

static int remember_scope(const OutLane *self, PyObject *topic, uint64_t sequence)
{
    PyObject *last = PyLong_FromUnsignedLongLong(sequence);
    if (last == NULL)
        return -1;
    int result = PyDict_SetItem(self->scopes, topic, last);
    Py_DECREF(last);
    return result;
}

static int send_topic(const OutLane *self, const char *topic, size_t size)
{
    message_t frame;
    if (libzmq.msg_init_size(&frame, size) < 0)
        return -1;
    memcpy(libzmq.msg_data(&frame), topic, size);
    int result = calls_send(&frame, self->handle, LANES_SNDMORE, self->careful), why = errno;
    if (result < 0)
        libzmq.msg_close(&frame);
    errno = why;
    return result;
}

/* Whether libzmq has taken it. It is not asked to wait, so the interpreter's lock is kept, but for
 * sockets with peers in this process. */
static bool leave(const OutLane *self, const char *topic, Py_ssize_t topic_size, const void *payload, size_t size,
                  const Own *own)
{
    message_t message;
    size_t header = header_size(self, own);
    if (libzmq.msg_init_size(&message, header + size) < 0)
        return false;
    unsigned char *at = libzmq.msg_data(&message);
    if (header)
        write_header(self, at, own);
    memcpy(at + header, payload, size);
    void *handle = self->handle;
    int result = 0;
    if (topic != NULL)
        do
            result = send_topic(self, topic, (size_t)topic_size);
        while (result < 0 && errno == EINTR);
    if (result >= 0)
        do
            result = calls_send(&message, handle, 0, self->careful);
        while (result < 0 && errno == EINTR);
    if (result < 0)
        libzmq.msg_close(&message);
    return result >= 0;
}

/* What is done with a payload: it leaves and is counted, or is handed on. */
static PyObject *deliver(OutLane *self, PyObject *payload, PyObject *topic, const Traced *work)
{
    const char *head = NULL;
    Py_ssize_t head_size = 0;
    Own own = {.sequence = 0, .number = self->tally->number + 1, .work = work};
    Py_buffer view;
    if (topic != Py_None && (head = PyUnicode_AsUTF8AndSize(topic, &head_size)) == NULL) {
        PyErr_Clear(); /* lone surrogates stand for bytes that are no UTF-8 */
        return PyObject_CallFunctionObjArgs(self->hand_on, payload, topic, NULL);
    }
    if (self->counted && topic != Py_None) {
        if (next_in_scope(self, topic, &own.sequence) < 0)
            return NULL;
        if (!own.sequence) /* whether there is room for one more topic is known elsewhere */
            return PyObject_CallFunctionObjArgs(self->hand_on, payload, topic, NULL);
    } else if (self->counted) {
        own.sequence = own.number;
    }
    if (PyObject_GetBuffer(payload, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    size_t size = (size_t)view.len;
    bool left = self->handle != NULL && self->quick && view.len < self->limit &&
                leave(self, head, head_size, view.buf, size, &own);
    PyBuffer_Release(&view);
    if (!left)
        return PyObject_CallFunctionObjArgs(self->hand_on, payload, topic, NULL);
    self->tally->sent++;
    self->tally->sent_bytes += (size_t)head_size + size;
    if (self->scopes != NULL) {
        self->tally->sent_bytes += header_size(self, &own);
        self->tally->number = own.number;
        if (self->counted && topic != Py_None && remember_scope(self, topic, own.sequence) < 0)
            return NULL;
    }
    Py_RETURN_NONE;
}

/* The topic of a call: that of its keyword, else the declared one, else None. NULL: it is no call for the lane. */
static PyObject *topic_of(const OutLane *self, PyObject *const *args, PyObject *names)
{
    PyObject *topic = Py_None;
    if (names != NULL && PyTuple_GET_SIZE(names) > 0) {
        if (PyTuple_GET_SIZE(names) != 1 || PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "topic") != 0)
            return NULL;
        topic = args[1];
    }
    if (topic == Py_None)
        return self->topical && self->head == Py_None ? NULL : self->head;
    return self->topical && PyUnicode_CheckExact(topic) ? topic : NULL;
}

/* The payload of a message, as a new reference; NULL with an error set. */
static PyObject *payload_of(const OutLane *self, PyObject *message)
{
    PyObject *encode = self->encode, *check = self->check, *payload = NULL, *passed = Py_None;
    Py_INCREF(encode); /* the node's code may give the socket another codec meanwhile */
    Py_INCREF(check);
    Py_INCREF(passed);
    if (check != Py_None)
        Py_SETREF(passed, PyObject_CallOneArg(check, message));
    if (passed != NULL && encode == Py_None) {
        payload = message;
        Py_INCREF(payload);
    } else if (passed != NULL) {
        payload = PyObject_CallOneArg(encode, message);
    }
    Py_XDECREF(passed);
    Py_DECREF(encode);
    Py_DECREF(check);
    return payload;
}

PyObject *out_call(PyObject *object, PyObject *const *args, size_t flags, PyObject *names)
{
    OutLane *self = (OutLane *)object;
    PyObject *topic = NULL, *payload, *result = NULL;
    Traced *work = NULL;
    int fits = 0;
    if (self->quick && self->handle != NULL && PyVectorcall_NARGS(flags) == 1 &&
        (topic = topic_of(self, args, names)) != NULL && (self->encode != Py_None || PyBytes_CheckExact(args[0])))
        fits = work_of(self, &work);
    if (fits < 0)
        return NULL;
    if (fits == 0) {
        Py_XDECREF(work);
        return PyObject_Vectorcall(self->aside, args, flags, names);
    }
    Py_INCREF(topic); /* `head` may be another one when the call is over */
    payload = payload_of(self, args[0]);
    if (payload != NULL)
        result = deliver(self, payload, topic, work);
    Py_XDECREF(payload);
    Py_DECREF(topic);
    Py_XDECREF(work);
    return result;
}
