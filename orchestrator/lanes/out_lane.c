/* The short way out: a message of one payload frame, and a topic before it where there is one.
 *
 * What is not of this kind goes the long way (`aside`), as if there were no lane; what turns out so once it has
 * been encoded is handed on (`hand_on`): a large payload, one that finds no room, one that libzmq refuses.
 * Both are methods of orchestrator.sdk.outgoing's outlets, and raise what there is to raise. */

#include "out_lane.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>
#include <time.h>

#include "calls.h"
#include "counts.h"

#define CHANGES_AT 16 /* sequence, timestamp, fingerprint, count, plain size, number: docs/protocol.md */
#define FIXED 56

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
    PyObject *work;    /* ContextVar; a message that belongs to some work goes the long way */
    Py_ssize_t limit;  /* bytes from which on a payload is not copied */
    size_t template_size;
    uint64_t fingerprint;
    char quick, topical, counted;
    unsigned char template[LONGEST_HEADER];
} OutLane;

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

static void write_header(const OutLane *self, unsigned char *at, uint64_t sequence, uint64_t number)
{
    memcpy(at, self->template, self->template_size);
    put_u64(at + CHANGES_AT, sequence);
    put_u64(at + CHANGES_AT + 8, now_ns());
    put_u64(at + CHANGES_AT + 16, self->fingerprint);
    put_u32(at + CHANGES_AT + 24, 1);
    put_u32(at + CHANGES_AT + 28, 0);
    put_u64(at + CHANGES_AT + 32, number);
}

/* Whether some work is under way, to which the message belongs. -1: an error is set. */
static int at_work(const OutLane *self)
{
    PyObject *work = NULL;
    if (self->work == NULL)
        return 0;
    if (PyContextVar_Get(self->work, Py_None, &work) < 0)
        return -1;
    int found = work != Py_None;
    Py_DECREF(work);
    return found;
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

/* Whether libzmq has taken it. It is not asked to wait, so the interpreter's lock is kept. */
static bool leave(const OutLane *self, const char *topic, Py_ssize_t topic_size, const void *payload, size_t size,
                  uint64_t sequence, uint64_t number)
{
    message_t message;
    size_t header = self->scopes == NULL ? 0 : self->template_size;
    if (libzmq.msg_init_size(&message, header + size) < 0)
        return false;
    unsigned char *at = libzmq.msg_data(&message);
    if (header)
        write_header(self, at, sequence, number);
    memcpy(at + header, payload, size);
    if (topic != NULL &&
        libzmq.send(self->handle, topic, (size_t)topic_size, LANES_DONTWAIT | LANES_SNDMORE) < 0) {
        libzmq.msg_close(&message);
        return false;
    }
    if (libzmq.msg_send(&message, self->handle, LANES_DONTWAIT) < 0) {
        libzmq.msg_close(&message);
        return false;
    }
    return true;
}

/* What is done with a payload: it leaves and is counted, or is handed on. */
static PyObject *deliver(OutLane *self, PyObject *payload, PyObject *topic)
{
    const char *head = NULL;
    Py_ssize_t head_size = 0;
    uint64_t sequence = 0, number = self->tally->number + 1;
    Py_buffer view;
    if (topic != Py_None && (head = PyUnicode_AsUTF8AndSize(topic, &head_size)) == NULL) {
        PyErr_Clear(); /* lone surrogates stand for bytes that are no UTF-8 */
        return PyObject_CallFunctionObjArgs(self->hand_on, payload, topic, NULL);
    }
    if (self->counted && topic != Py_None) {
        if (next_in_scope(self, topic, &sequence) < 0)
            return NULL;
        if (!sequence) /* whether there is room for one more topic is known elsewhere */
            return PyObject_CallFunctionObjArgs(self->hand_on, payload, topic, NULL);
    } else if (self->counted) {
        sequence = number;
    }
    if (PyObject_GetBuffer(payload, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    size_t size = (size_t)view.len;
    bool left = self->handle != NULL && self->quick && view.len < self->limit &&
                leave(self, head, head_size, view.buf, size, sequence, number);
    PyBuffer_Release(&view);
    if (!left)
        return PyObject_CallFunctionObjArgs(self->hand_on, payload, topic, NULL);
    self->tally->sent++;
    self->tally->sent_bytes += (size_t)head_size + size;
    if (self->scopes != NULL) {
        self->tally->sent_bytes += self->template_size;
        self->tally->number = number;
        if (self->counted && topic != Py_None && remember_scope(self, topic, sequence) < 0)
            return NULL;
    }
    Py_RETURN_NONE;
}

/* The topic of a call: that of its keyword, else the declared one, else None. NULL: it is no call for the lane. */
static PyObject *topic_of(const OutLane *self, PyObject *const *args, PyObject *names)
{
    if (names == NULL || PyTuple_GET_SIZE(names) == 0)
        return self->topical && self->head == Py_None ? NULL : self->head;
    if (!self->topical || PyTuple_GET_SIZE(names) != 1 ||
        PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "topic") != 0)
        return NULL;
    return PyUnicode_CheckExact(args[1]) ? args[1] : NULL;
}

static PyObject *out_call(PyObject *object, PyObject *const *args, size_t flags, PyObject *names)
{
    OutLane *self = (OutLane *)object;
    PyObject *topic, *payload, *result;
    if (!self->quick || self->handle == NULL || PyVectorcall_NARGS(flags) != 1)
        return PyObject_Vectorcall(self->aside, args, flags, names);
    topic = topic_of(self, args, names);
    if (topic == NULL || (self->encode == Py_None && !PyBytes_CheckExact(args[0])))
        return PyObject_Vectorcall(self->aside, args, flags, names);
    int working = at_work(self);
    if (working < 0)
        return NULL;
    if (working)
        return PyObject_Vectorcall(self->aside, args, flags, names);
    if (self->check != Py_None) {
        PyObject *passed = PyObject_CallOneArg(self->check, args[0]);
        if (passed == NULL)
            return NULL;
        Py_DECREF(passed);
    }
    if (self->encode == Py_None) {
        payload = args[0];
        Py_INCREF(payload);
    } else if ((payload = PyObject_CallOneArg(self->encode, args[0])) == NULL) {
        return NULL;
    }
    Py_INCREF(topic); /* `head` may be another one when the call is over */
    result = deliver(self, payload, topic);
    Py_DECREF(topic);
    Py_DECREF(payload);
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

static PyObject *out_detach(OutLane *self, PyObject *Py_UNUSED(ignored))
{
    self->handle = NULL;
    Py_RETURN_NONE;
}

static PyObject *out_envelope(OutLane *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"template", "fingerprint", "counted", "scopes", "work", NULL};
    Py_buffer template;
    PyObject *scopes, *work;
    unsigned long long fingerprint;
    int counted;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*KpO!O", names, &template, &fingerprint, &counted, &PyDict_Type,
                                     &scopes, &work))
        return NULL;
    if (template.len < FIXED || template.len > LONGEST_HEADER || !PyContextVar_CheckExact(work)) {
        PyBuffer_Release(&template);
        PyErr_SetString(PyExc_ValueError, "no header, or no context variable");
        return NULL;
    }
    memcpy(self->template, template.buf, (size_t)template.len);
    self->template_size = (size_t)template.len;
    PyBuffer_Release(&template);
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
    {"envelope", (PyCFunction)(void (*)(void))out_envelope, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef out_members[] = {
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
    .tp_new = out_new,
    .tp_traverse = (traverseproc)out_traverse,
    .tp_clear = (inquiry)out_clear,
    .tp_dealloc = (destructor)out_dealloc,
    .tp_methods = out_methods,
    .tp_members = out_members,
};
