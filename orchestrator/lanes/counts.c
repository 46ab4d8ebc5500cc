#define PY_SSIZE_T_CLEAN
#include "counts.h"

#include <string.h>
#include <structmember.h>

static PyMemberDef tally_members[] = {
    {"sent", T_ULONGLONG, offsetof(Tally, sent), 0, NULL},
    {"sent_bytes", T_ULONGLONG, offsetof(Tally, sent_bytes), 0, NULL},
    {"received", T_ULONGLONG, offsetof(Tally, received), 0, NULL},
    {"received_bytes", T_ULONGLONG, offsetof(Tally, received_bytes), 0, NULL},
    {"number", T_ULONGLONG, offsetof(Tally, number), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject TallyType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.Tally",
    .tp_basicsize = sizeof(Tally),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_members = tally_members,
    .tp_new = PyType_GenericNew,
};

static PyMemberDef steps_members[] = {
    {"steps", T_ULONGLONG, offsetof(Steps, steps), 0, NULL},
    {"busy_since", T_DOUBLE, offsetof(Steps, busy_since), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject StepsType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.Steps",
    .tp_basicsize = sizeof(Steps),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_members = steps_members,
    .tp_new = PyType_GenericNew,
};

/* ------------------------------------------------------------------------------------------------ Row */

static PyObject *row_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Row *self = (Row *)type->tp_alloc(type, 0);
    if (self != NULL && (self->topics = PyDict_New()) == NULL)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static int row_traverse(Row *self, visitproc visit, void *arg)
{
    Py_VISIT(self->topics);
    return 0;
}

static int row_clear(Row *self)
{
    Py_CLEAR(self->topics);
    return 0;
}

static void row_dealloc(Row *self)
{
    PyObject_GC_UnTrack(self);
    row_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMemberDef row_members[] = {
    {"next", T_ULONGLONG, offsetof(Row, next), 0, NULL},
    {"received", T_ULONGLONG, offsetof(Row, received), 0, NULL},
    {"topics", T_OBJECT_EX, offsetof(Row, topics), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject RowType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.Row",
    .tp_basicsize = sizeof(Row),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_members = row_members,
    .tp_new = row_new,
    .tp_traverse = (traverseproc)row_traverse,
    .tp_clear = (inquiry)row_clear,
    .tp_dealloc = (destructor)row_dealloc,
};

/* ----------------------------------------------------------------------------------------------- Last */

void last_set(Last *self, const unsigned char *header, size_t size)
{
    memcpy(self->header, header, size);
    self->size = size;
    Py_CLEAR(self->data);
}

static PyObject *last_get_data(Last *self, void *Py_UNUSED(closure))
{
    if (self->data == NULL) {
        self->data = PyBytes_FromStringAndSize((char *)self->header, (Py_ssize_t)self->size);
        if (self->data == NULL)
            return NULL;
    }
    Py_INCREF(self->data);
    return self->data;
}

static int last_set_data(Last *self, PyObject *data, void *Py_UNUSED(closure))
{
    if (data == NULL) {
        PyErr_SetString(PyExc_AttributeError, "data cannot be deleted");
        return -1;
    }
    Py_INCREF(data);
    Py_XSETREF(self->data, data);
    return 0;
}

static int last_traverse(Last *self, visitproc visit, void *arg)
{
    Py_VISIT(self->data);
    return 0;
}

static int last_clear(Last *self)
{
    Py_CLEAR(self->data);
    return 0;
}

static void last_dealloc(Last *self)
{
    PyObject_GC_UnTrack(self);
    last_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyGetSetDef last_getset[] = {
    {"data", (getter)last_get_data, (setter)last_set_data, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject LastType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.Last",
    .tp_basicsize = sizeof(Last),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_getset = last_getset,
    .tp_new = PyType_GenericNew,
    .tp_traverse = (traverseproc)last_traverse,
    .tp_clear = (inquiry)last_clear,
    .tp_dealloc = (destructor)last_dealloc,
};
