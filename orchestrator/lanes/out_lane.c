/* The type: what a lane is made of, and what it is told. */

#define PY_SSIZE_T_CLEAN
#include "out_lane.h"

#include <stdbool.h>
#include <string.h>
#include <structmember.h>

#include "traced.h"

#define FIXED 56 /* bytes of a header without extensions */

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
