/* Messages to whom they are for: handlers, and loops of the node's own. */

#define PY_SSIZE_T_CLEAN
#include "in_lane.h"

#include <errno.h>
#include <poll.h>

#include "calls.h"
#include "resting.h"

static PyObject *stopping_name;

static bool name_stopping(void)
{
    return stopping_name != NULL || (stopping_name = PyUnicode_InternFromString("stopping")) != NULL;
}

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
    int stop = self->lane == NULL ? 1 : is_stopping(self->control);
    if (stop != 0)
        return NULL;
    InLane *lane = self->lane;
    Py_INCREF(lane);
    int found = in_next(lane, &message, &extra);
    Py_DECREF(lane);
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

/* Ends it, as that of a generator does. */
static PyObject *messages_close(Messages *self, PyObject *Py_UNUSED(ignored))
{
    Py_CLEAR(self->lane);
    Py_RETURN_NONE;
}

static PyMethodDef messages_methods[] = {
    {"close", (PyCFunction)messages_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

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
    .tp_methods = messages_methods,
};

PyObject *in_iterate(InLane *self, PyObject *args)
{
    PyObject *receive, *steps, *control;
    if (!PyArg_ParseTuple(args, "OO!O", &receive, &StepsType, &steps, &control) || !name_stopping())
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
        int found = in_next(self, &message, &extra);
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

PyObject *in_drain(InLane *self, PyObject *args)
{
    Handling way;
    if (!PyArg_ParseTuple(args, "OpOO!Oi", &way.call, &way.plain, &way.route, &StepsType, &way.steps, &way.control,
                          &way.limit) ||
        !name_stopping())
        return NULL;
    int more = drain(self, &way);
    return more < 0 ? NULL : PyBool_FromLong(more);
}

/* Whether there is something to take now. libzmq's descriptor tells only of what has come since it was asked, so
 * it is asked before each wait (zmq_getsockopt(3), ZMQ_FD). */
static bool is_ready(InLane *self, int *descriptor)
{
    int events = 0;
    size_t size = sizeof *descriptor;
    if (in_holds(self) != 0 || self->handle == NULL)
        return true;
    if (calls_events(self->handle, &events, self->careful) < 0 || events & LANES_POLLIN || self->handle == NULL)
        return true;
    return libzmq.getsockopt(self->handle, LANES_FD, descriptor, &size) < 0;
}

/* One turn of a loop with one socket: wait until it has something, `wake` is readable or the time is over, then
 * handle what has come. Whether `wake` was readable. */
PyObject *in_serve(InLane *self, PyObject *args)
{
    Handling way;
    int wake, timeout_ms, descriptor = -1, count;
    if (!PyArg_ParseTuple(args, "OpOO!Oiii", &way.call, &way.plain, &way.route, &StepsType, &way.steps, &way.control,
                          &way.limit, &wake, &timeout_ms) ||
        !name_stopping())
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
