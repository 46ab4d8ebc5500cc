#define PY_SSIZE_T_CLEAN
#include "traced.h"

#include <string.h>

#define SPAN_AT 16
#define FLAGS_AT 24
#define SAMPLED 1

static uint64_t spans_given;

void traced_seed(uint64_t seed)
{
    spans_given = seed;
}

/* The next of 2^64 different ids (splitmix64: Steele, Lea, Flood 2014); never zero, which W3C forbids. */
static uint64_t next_span(void)
{
    uint64_t mixed;
    do {
        mixed = spans_given += 0x9E3779B97F4A7C15u;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
        mixed ^= mixed >> 31;
    } while (mixed == 0);
    return mixed;
}

static void put_big_endian(unsigned char *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(value >> (56 - 8 * i));
}

void traced_begin(Traced *self, const unsigned char *trace)
{
    memcpy(self->trace, trace, TRACE_BYTES);
    self->state = TRACE_BEGUN;
}

void traced_begin_anew(Traced *self, uint64_t source, uint64_t number)
{
    put_big_endian(self->trace, source);
    put_big_endian(self->trace + 8, number);
    self->trace[FLAGS_AT] = SAMPLED;
    self->state = TRACE_BEGUN;
}

bool traced_fix(Traced *self)
{
    if (self->state == TRACE_BEGUN) {
        put_big_endian(self->trace + SPAN_AT, next_span());
        self->state = TRACE_FIXED;
    }
    return self->state == TRACE_FIXED;
}

/* fixed() -> (trace id, span id, flags), or None where they are not known here. */
static PyObject *traced_fixed(Traced *self, PyObject *Py_UNUSED(ignored))
{
    if (!traced_fix(self))
        Py_RETURN_NONE;
    return Py_BuildValue("y#y#i", (char *)self->trace, (Py_ssize_t)SPAN_AT, (char *)self->trace + SPAN_AT,
                         (Py_ssize_t)(FLAGS_AT - SPAN_AT), (int)self->trace[FLAGS_AT]);
}

/* fix(trace id, span id, flags) */
static PyObject *traced_take(Traced *self, PyObject *args)
{
    const char *trace, *span;
    Py_ssize_t trace_size, span_size;
    unsigned char flags;
    if (!PyArg_ParseTuple(args, "y#y#b", &trace, &trace_size, &span, &span_size, &flags))
        return NULL;
    if (trace_size != SPAN_AT || span_size != FLAGS_AT - SPAN_AT) {
        self->state = TRACE_UNKNOWN; /* no such trace can be sent, which who sends it says */
        Py_RETURN_NONE;
    }
    memcpy(self->trace, trace, SPAN_AT);
    memcpy(self->trace + SPAN_AT, span, FLAGS_AT - SPAN_AT);
    self->trace[FLAGS_AT] = flags;
    self->state = TRACE_FIXED;
    Py_RETURN_NONE;
}

static PyObject *traced_forget(Traced *self, PyObject *Py_UNUSED(ignored))
{
    self->state = TRACE_UNKNOWN;
    Py_RETURN_NONE;
}

static PyMethodDef traced_methods[] = {
    {"fixed", (PyCFunction)traced_fixed, METH_NOARGS, NULL},
    {"fix", (PyCFunction)traced_take, METH_VARARGS, NULL},
    {"forget", (PyCFunction)traced_forget, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject TracedType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.Traced",
    .tp_basicsize = sizeof(Traced),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_methods = traced_methods,
    .tp_new = PyType_GenericNew,
};
