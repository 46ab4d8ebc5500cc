#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "calls.h"

calls_t libzmq;

#define INSIDE 33   /* bytes that lie in a zmq_msg_t itself (libzmq's msg.hpp, max_vsm_size) */
#define LARGE 65536 /* from here on pyzmq lends memory unless it is told otherwise (Socket.copy_threshold) */

void calls_close(message_t *message, bool careful)
{
    size_t size = libzmq.msg_size(message);
    if (size < (careful ? INSIDE + 1 : LARGE)) {
        libzmq.msg_close(message);
        return;
    }
    Py_BEGIN_ALLOW_THREADS
    libzmq.msg_close(message);
    Py_END_ALLOW_THREADS
}

int calls_receive(message_t *message, void *handle, bool careful)
{
    int result, why;
    if (!careful)
        return libzmq.msg_recv(message, handle, LANES_DONTWAIT);
    Py_BEGIN_ALLOW_THREADS
    result = libzmq.msg_recv(message, handle, LANES_DONTWAIT);
    why = errno;
    Py_END_ALLOW_THREADS
    errno = why;
    return result;
}

int calls_send(message_t *message, void *handle, int flags, bool careful)
{
    int result, why;
    if (!careful)
        return libzmq.msg_send(message, handle, flags | LANES_DONTWAIT);
    Py_BEGIN_ALLOW_THREADS
    result = libzmq.msg_send(message, handle, flags | LANES_DONTWAIT);
    why = errno;
    Py_END_ALLOW_THREADS
    errno = why;
    return result;
}

int calls_events(void *handle, int *events, bool careful)
{
    size_t size = sizeof *events;
    int result;
    if (!careful)
        return libzmq.getsockopt(handle, LANES_EVENTS, events, &size);
    Py_BEGIN_ALLOW_THREADS
    result = libzmq.getsockopt(handle, LANES_EVENTS, events, &size);
    Py_END_ALLOW_THREADS
    return result;
}

static int find(void *library, const char *name, void *place)
{
    void *found = dlsym(library, name);
    if (found == NULL) {
        PyErr_Format(PyExc_OSError, "%s is not in the libzmq that pyzmq has loaded", name);
        return -1;
    }
    memcpy(place, &found, sizeof found); /* ISO C knows no cast from an object to a function */
    return 0;
}

int calls_load(const char *path)
{
    void *library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL) {
        PyErr_Format(PyExc_OSError, "%s is not loaded", path);
        return -1;
    }
    /* The handle is kept: what was found in it stays. */
    if (find(library, "zmq_msg_init", &libzmq.msg_init) < 0 ||
        find(library, "zmq_msg_init_size", &libzmq.msg_init_size) < 0 ||
        find(library, "zmq_msg_close", &libzmq.msg_close) < 0 ||
        find(library, "zmq_msg_copy", &libzmq.msg_copy) < 0 ||
        find(library, "zmq_msg_data", &libzmq.msg_data) < 0 ||
        find(library, "zmq_msg_size", &libzmq.msg_size) < 0 ||
        find(library, "zmq_msg_more", &libzmq.msg_more) < 0 ||
        find(library, "zmq_msg_send", &libzmq.msg_send) < 0 ||
        find(library, "zmq_msg_recv", &libzmq.msg_recv) < 0 ||
        find(library, "zmq_msg_gets", &libzmq.msg_gets) < 0 ||
        find(library, "zmq_getsockopt", &libzmq.getsockopt) < 0)
        return -1;
    return 0;
}
