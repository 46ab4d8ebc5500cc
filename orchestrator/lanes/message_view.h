#ifndef ORCHESTRATOR_LANES_MESSAGE_VIEW_H
#define ORCHESTRATOR_LANES_MESSAGE_VIEW_H

#include <Python.h>

#include "calls.h"

extern PyTypeObject MessageViewType;

/* A memoryview of a message from `offset` on, in libzmq's own memory, which lives as long as the view. Whoever
 * has received the message closes it as ever. NULL with an error set. */
PyObject *message_view(message_t *message, size_t offset);

#endif
