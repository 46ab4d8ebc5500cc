/* The short way out: a message of one payload frame, and a topic before it where there is one.
 *
 * What is not of this kind goes the long way (`aside`), as if there were no lane; what turns out so once it has
 * been encoded is handed on (`hand_on`): a large payload, one that finds no room, one that libzmq refuses.
 * Both are methods of orchestrator.sdk.outgoing's outlets, and raise what there is to raise. */

#define PY_SSIZE_T_CLEAN
#include "out_lane.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>
#include <time.h>

#include "calls.h"
#include "counts.h"
#include "traced.h"

#define CHANGES_AT 16 /* sequence, timestamp, fingerprint, count, plain size, number: docs/protocol.md */
#define FIXED 56

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

static PyObject *out_call(PyObject *object, PyObject *const *args, size_t flags, PyObject *names)
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

/* ---------------------------------------------------------------------------------------------- the type */

static PyObject *out_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"tally", "aside", "hand_on", "limit", "topical", NULL};
    PyObject *tally, *aside, *hand_on;
    Py_ssize_t limit;
    int topical;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!OOnp", names, &TallyType, &tally, &aside, &hand_on, &limit,
                                     &topical))
        return NULL;
    OutLane *self = (OutLane *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->call = out_call;
    Py_INCREF(tally);
    self->tally = (Tally *)tally;
    Py_INCREF(aside);
    self->aside = aside;
    Py_INCREF(hand_on);
    self->hand_on = hand_on;
    Py_INCREF(Py_None);
    self->encode = Py_None;
    Py_INCREF(Py_None);
    self->check = Py_None;
    Py_INCREF(Py_None);
    self->head = Py_None;
    self->limit = limit;
    self->topical = (char)topical;
    return (PyObject *)self;
}

static int out_traverse(OutLane *self, visitproc visit, void *arg)
{
    Py_VISIT(self->tally);
    Py_VISIT(self->aside);
    Py_VISIT(self->hand_on);
    Py_VISIT(self->encode);
    Py_VISIT(self->check);
    Py_VISIT(self->head);
    Py_VISIT(self->scopes);
    Py_VISIT(self->work);
    return 0;
}

static void set_none(PyObject **place)
{
    PyObject *before = *place;
    Py_INCREF(Py_None);
    *place = Py_None;
    Py_XDECREF(before);
}

/* What is cleared may still be called by who is cleared later: it then does nothing. The tally stays. */
static int out_clear(OutLane *self)
{
    self->handle = NULL;
    set_none(&self->aside);
    set_none(&self->hand_on);
    set_none(&self->encode);
    set_none(&self->check);
    set_none(&self->head);
    Py_CLEAR(self->scopes);
    Py_CLEAR(self->work);
    return 0;
}

static void out_dealloc(OutLane *self)
{
    PyObject_GC_UnTrack(self);
    if (self->weak != NULL)
        PyObject_ClearWeakRefs((PyObject *)self);
    out_clear(self);
    Py_CLEAR(self->aside);
    Py_CLEAR(self->hand_on);
    Py_CLEAR(self->encode);
    Py_CLEAR(self->check);
    Py_CLEAR(self->head);
    Py_CLEAR(self->tally);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *out_attach(OutLane *self, PyObject *address)
{
    void *handle = PyLong_AsVoidPtr(address);
    if (handle == NULL && PyErr_Occurred())
        return NULL;
    self->handle = handle;
    Py_RETURN_NONE;
}

static PyObject *out_meet_own_process(OutLane *self, PyObject *Py_UNUSED(ignored))
{
    self->careful = 1;
    Py_RETURN_NONE;
}

static PyObject *out_detach(OutLane *self, PyObject *Py_UNUSED(ignored))
{
    self->handle = NULL;
    Py_RETURN_NONE;
}

static bool set_template(Template *place, const Py_buffer *header)
{
    if (header->len < FIXED || header->len > LONGEST_HEADER)
        return false;
    memcpy(place->bytes, header->buf, (size_t)header->len);
    place->size = (size_t)header->len;
    return true;
}

static PyObject *out_envelope(OutLane *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"plain", "traced", "trace_at", "fingerprint", "counted", "scopes", "work", NULL};
    Py_buffer plain, traced;
    PyObject *scopes, *work;
    unsigned long long fingerprint;
    Py_ssize_t trace_at;
    int counted;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*nKpO!O", names, &plain, &traced, &trace_at, &fingerprint,
                                     &counted, &PyDict_Type, &scopes, &work))
        return NULL;
    bool fits = trace_at >= FIXED && trace_at + TRACE_BYTES <= traced.len && PyContextVar_CheckExact(work) &&
                set_template(&self->plain, &plain) && set_template(&self->traced, &traced);
    PyBuffer_Release(&plain);
    PyBuffer_Release(&traced);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "no headers, or no context variable");
        return NULL;
    }
    self->trace_at = (size_t)trace_at;
    self->fingerprint = fingerprint;
    self->counted = (char)counted;
    Py_INCREF(scopes);
    Py_XSETREF(self->scopes, scopes);
    Py_INCREF(work);
    Py_XSETREF(self->work, work);
    Py_RETURN_NONE;
}

static PyMethodDef out_methods[] = {
    {"attach", (PyCFunction)out_attach, METH_O, NULL},
    {"detach", (PyCFunction)out_detach, METH_NOARGS, NULL},
    {"meet_own_process", (PyCFunction)out_meet_own_process, METH_NOARGS, NULL},
    {"envelope", (PyCFunction)(void (*)(void))out_envelope, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

/* What a lane does not know of itself is that of the method in whose place it is: its name, its signature. */
static PyObject *out_getattro(PyObject *self, PyObject *name)
{
    PyObject *found = PyObject_GenericGetAttr(self, name);
    if (found == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        found = PyObject_GetAttr(((OutLane *)self)->aside, name);
    }
    return found;
}

static PyMemberDef out_members[] = {
    {"__wrapped__", T_OBJECT, offsetof(OutLane, aside), READONLY, NULL},
    {"quick", T_BOOL, offsetof(OutLane, quick), 0, NULL},
    {"encode", T_OBJECT, offsetof(OutLane, encode), 0, NULL},
    {"check", T_OBJECT, offsetof(OutLane, check), 0, NULL},
    {"head", T_OBJECT, offsetof(OutLane, head), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject OutLaneType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.OutLane",
    .tp_basicsize = sizeof(OutLane),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(OutLane, call),
    .tp_call = PyVectorcall_Call,
    .tp_getattro = out_getattro,
    .tp_weaklistoffset = offsetof(OutLane, weak),
    .tp_new = out_new,
    .tp_traverse = (traverseproc)out_traverse,
    .tp_clear = (inquiry)out_clear,
    .tp_dealloc = (destructor)out_dealloc,
    .tp_methods = out_methods,
    .tp_members = out_members,
};
