/* orchestrator.lanes._lanes: see __init__.py of this package. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "calls.h"
#include "counts.h"
#include "in_lane.h"
#include "message_view.h"
#include "out_lane.h"
#include "records.h"
#include "resting.h"
#include "traced.h"

#ifndef DIGEST
#define DIGEST "" /* of these files, where building.py compiles them: a test sees that it is not an old build */
#endif
#define REVISION 6 /* __init__.py: what it expects */

static PyObject *load(PyObject *Py_UNUSED(module), PyObject *path)
{
    PyObject *bytes;
    if (!PyUnicode_FSConverter(path, &bytes))
        return NULL;
    int failed = calls_load(PyBytes_AS_STRING(bytes));
    Py_DECREF(bytes);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *seed(PyObject *Py_UNUSED(module), PyObject *number)
{
    uint64_t value = PyLong_AsUnsignedLongLongMask(number);
    if (PyErr_Occurred())
        return NULL;
    traced_seed(value);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"seed", seed, METH_O, NULL},
    {"load", load, METH_O, NULL},
    {"join", records_join, METH_O, NULL},
    {"split", records_split, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_lanes",
    .m_size = -1,
    .m_methods = functions,
};

static int add(PyObject *module, const char *name, PyTypeObject *type)
{
    if (PyType_Ready(type) < 0)
        return -1;
    return PyModule_AddObjectRef(module, name, (PyObject *)type);
}

PyMODINIT_FUNC PyInit__lanes(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL)
        return NULL;
    if (add(module, "Tally", &TallyType) < 0 || add(module, "Row", &RowType) < 0 ||
        add(module, "Steps", &StepsType) < 0 || add(module, "Last", &LastType) < 0 ||
        add(module, "OutLane", &OutLaneType) < 0 || add(module, "InLane", &InLaneType) < 0 ||
        add(module, "Traced", &TracedType) < 0 || add(module, "Rest", &RestType) < 0 ||
        PyType_Ready(&MessagesType) < 0 || PyType_Ready(&MessageViewType) < 0 ||
        PyModule_AddIntConstant(module, "REVISION", REVISION) < 0 ||
        PyModule_AddStringConstant(module, "DIGEST", DIGEST) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
