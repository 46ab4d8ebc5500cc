/* The type: what a lane is made of, and what it is told. */

#define PY_SSIZE_T_CLEAN
#include "in_lane.h"

#include <string.h>
#include <structmember.h>

#define FLAG_BATCH 1
#define FLAG_DETACHED 2

static PyObject *in_take(InLane *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *message, *extra, *pair;
    int found = in_next(self, &message, &extra);
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

/* ---------------------------------------------------------------------------------------------- the type */

static PyObject *in_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"tally", "pending", "aside", "unusual", "misread", "topical", NULL};
    PyObject *tally, *pending, *aside, *unusual, *misread;
    int topical;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!OOOOp", names, &TallyType, &tally, &pending, &aside, &unusual,
                                     &misread, &topical))
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
    Py_VISIT(self->batch);
    Py_VISIT(self->batch_decode);
    Py_VISIT(self->batch_check);
    Py_VISIT(self->batch_account);
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
    Py_CLEAR(self->batch);
    Py_CLEAR(self->batch_decode);
    Py_CLEAR(self->batch_check);
    Py_CLEAR(self->batch_account);
    return 0;
}

static void in_dealloc(InLane *self)
{
    PyObject_GC_UnTrack(self);
    in_clear(self);
    Py_CLEAR(self->tally);
    Py_CLEAR(self->batch_extra);
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

static PyObject *in_meet_own_process(InLane *self, PyObject *Py_UNUSED(ignored))
{
    self->careful = 1;
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
    self->batched = (self->known[FLAGS_AT] & FLAG_BATCH) != 0;
    self->detached = (self->known[FLAGS_AT] & FLAG_DETACHED) != 0;
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
    {"meet_own_process", (PyCFunction)in_meet_own_process, METH_NOARGS, NULL},
    {"envelope", (PyCFunction)(void (*)(void))in_envelope, METH_VARARGS | METH_KEYWORDS, NULL},
    {"know", (PyCFunction)in_know, METH_VARARGS, NULL},
    {"forget", (PyCFunction)in_forget, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyObject *in_get_holds(InLane *self, void *Py_UNUSED(closure))
{
    int holds = in_holds(self);
    return holds < 0 ? NULL : PyBool_FromLong(holds);
}

static PyGetSetDef in_getset[] = {
    {"holds", (getter)in_get_holds, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
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
    .tp_getset = in_getset,
};
