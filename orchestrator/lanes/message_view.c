#define PY_SSIZE_T_CLEAN
#include "message_view.h"

typedef struct {
    PyObject_HEAD
    message_t message;
    size_t offset;
} MessageView;

PyObject *message_view(message_t *message, size_t offset)
{
    MessageView *self = PyObject_New(MessageView, &MessageViewType);
    if (self == NULL)
        return NULL;
    self->offset = offset;
    libzmq.msg_init(&self->message);
    if (libzmq.msg_copy(&self->message, message) < 0) { /* both share what is in it */
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    PyObject *view = PyMemoryView_FromObject((PyObject *)self);
    Py_DECREF(self);
    return view;
}

static int view_get_buffer(PyObject *object, Py_buffer *view, int flags)
{
    MessageView *self = (MessageView *)object;
    char *data = libzmq.msg_data(&self->message);
    size_t size = libzmq.msg_size(&self->message);
    return PyBuffer_FillInfo(view, object, data + self->offset, (Py_ssize_t)(size - self->offset), 1, flags);
}

static void view_dealloc(PyObject *object)
{
    calls_close(&((MessageView *)object)->message, true);
    PyObject_Free(object);
}

static PyBufferProcs view_as_buffer = {.bf_getbuffer = view_get_buffer};

PyTypeObject MessageViewType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "orchestrator.lanes._lanes.MessageView",
    .tp_basicsize = sizeof(MessageView),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = view_dealloc,
    .tp_as_buffer = &view_as_buffer,
};
