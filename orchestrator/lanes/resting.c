/* A node's sleep, where nothing is due meanwhile: what a node does between its last message and its sleep is what the
 * threads of libzmq that it has just woken wait for, where they run on the same processor. */

#define PY_SSIZE_T_CLEAN
#include "resting.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "counts.h"

#define LONGEST_S 86400.0
#define LEAST_S 1e-6 /* more than nothing: who sleeps does what is to be done first */

#ifdef CLOCK_UPTIME_RAW /* macOS: what Python's time.monotonic() reads there */
#define MONOTONIC CLOCK_UPTIME_RAW
#else
#define MONOTONIC CLOCK_MONOTONIC
#endif

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    Steps *steps;
    PyObject *control;
    PyObject *aside; /* (seconds) -> whether the node may go on */
} Rest;

static PyObject *stopping_name, *drain_name, *chores_name, *timers_name, *next_at_name, *wake_name, *fd_name;

double monotonic(void)
{
    struct timespec now;
    clock_gettime(MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Whether these timers have nothing to do, ever. -1: an error is set. */
static int is_idle(PyObject *control, PyObject *name)
{
    PyObject *timers = PyObject_GetAttr(control, name);
    PyObject *next_at = timers == NULL ? NULL : PyObject_GetAttr(timers, next_at_name);
    double when = next_at == NULL ? -1 : PyFloat_AsDouble(next_at);
    Py_XDECREF(timers);
    Py_XDECREF(next_at);
    return PyErr_Occurred() ? -1 : isinf(when);
}

/* Whether an attribute is one of the two. -1: an error is set. */
static int is_one_of(PyObject *control, PyObject *name, PyObject *one, PyObject *other)
{
    PyObject *value = PyObject_GetAttr(control, name);
    Py_XDECREF(value); /* compared alone: both are singletons */
    return value == NULL ? -1 : value == one || value == other;
}

/* Whether the sleep can be slept here: nothing is due, and nobody wants the node to end. -1: an error is set. */
static int is_plain(PyObject *control)
{
    int plain = is_one_of(control, stopping_name, Py_False, Py_False);
    if (plain > 0)
        plain = is_one_of(control, drain_name, Py_None, Py_None);
    if (plain > 0)
        plain = is_idle(control, chores_name);
    if (plain > 0)
        plain = is_idle(control, timers_name);
    return plain;
}

/* The descriptor by which the node is woken. -1 with an error set. */
static long wake_of(PyObject *control)
{
    PyObject *wake = PyObject_GetAttr(control, wake_name);
    PyObject *fd = wake == NULL ? NULL : PyObject_GetAttr(wake, fd_name);
    long descriptor = fd == NULL ? -1 : PyLong_AsLong(fd);
    Py_XDECREF(wake);
    Py_XDECREF(fd);
    return descriptor;
}

/* Wait without the interpreter's lock. As poll(2). */
static int wait_for(int descriptor, double seconds)
{
    struct pollfd waited = {.fd = descriptor, .events = POLLIN};
    int count, why;
    Py_BEGIN_ALLOW_THREADS
#ifdef __linux__
    struct timespec timeout = {.tv_sec = (time_t)seconds};
    timeout.tv_nsec = (long)((seconds - (double)timeout.tv_sec) * 1e9);
    count = ppoll(&waited, 1, &timeout, NULL);
#else
    count = poll(&waited, 1, (int)ceil(seconds * 1000));
#endif
    why = errno;
    Py_END_ALLOW_THREADS
    errno = why;
    return count;
}

static PyObject *rest_call(PyObject *object, PyObject *const *args, size_t flags, PyObject *names)
{
    Rest *self = (Rest *)object;
    double seconds = -1;
    if (PyVectorcall_NARGS(flags) == 1 && names == NULL && PyFloat_CheckExact(args[0]))
        seconds = PyFloat_AS_DOUBLE(args[0]);
    int plain = seconds > 0 && seconds < LONGEST_S ? is_plain(self->control) : 0;
    if (plain < 0)
        return NULL;
    if (plain == 0)
        return PyObject_Vectorcall(self->aside, args, flags, names);
    long descriptor = wake_of(self->control);
    if (descriptor < 0)
        return PyErr_Occurred() ? NULL : PyObject_Vectorcall(self->aside, args, flags, names);
    double until = monotonic() + seconds;
    self->steps->busy_since = 0;
    int count = wait_for((int)descriptor, seconds);
    if (count < 0 && errno == EINTR && PyErr_CheckSignals() < 0)
        return NULL;
    double now = monotonic();
    if (count != 0) { /* woken, or interrupted: what is to be done, and the rest of the time */
        PyObject *left = PyFloat_FromDouble(fmax(until - now, LEAST_S)), *result = NULL;
        if (left != NULL)
            result = PyObject_CallOneArg(self->aside, left);
        Py_XDECREF(left);
        return result;
    }
    self->steps->steps++;
    self->steps->busy_since = now;
    plain = is_one_of(self->control, stopping_name, Py_False, Py_False);
    return plain < 0 ? NULL : PyBool_FromLong(plain);
}

/* ---------------------------------------------------------------------------------------------- the type */

static bool name(PyObject **place, const char *text)
{
    return *place != NULL || (*place = PyUnicode_InternFromString(text)) != NULL;
}

static PyObject *rest_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"steps", "control", "aside", NULL};
    PyObject *steps, *control, *aside;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!OO", names, &StepsType, &steps, &control, &aside))
        return NULL;
    if (!name(&stopping_name, "stopping") || !name(&drain_name, "drain") || !name(&chores_name, "chores") ||
        !name(&timers_name, "timers") || !name(&next_at_name, "next_at") || !name(&wake_name, "wake") ||
        !name(&fd_name, "fd"))
        return NULL;
    Rest *self = (Rest *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->call = rest_call;
    Py_INCREF(steps);
    self->steps = (Steps *)steps;
    Py_INCREF(control);
    self->control = control;
    Py_INCREF(aside);
    self->aside = aside;
    return (PyObject *)self;
}

static int rest_traverse(Rest *self, visitproc visit, void *arg)
{
    Py_VISIT(self->steps);
    Py_VISIT(self->control);
    Py_VISIT(self->aside);
    return 0;
}

static int rest_clear(Rest *self)
{
    Py_CLEAR(self->steps);
    Py_CLEAR(self->control);
    Py_CLEAR(self->aside);
    return 0;
}

static void rest_dealloc(Rest *self)
{
    PyObject_GC_UnTrack(self);
    rest_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

PyTypeObject RestType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.Rest",
    .tp_basicsize = sizeof(Rest),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Rest, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = rest_new,
    .tp_traverse = (traverseproc)rest_traverse,
    .tp_clear = (inquiry)rest_clear,
    .tp_dealloc = (destructor)rest_dealloc,
};
