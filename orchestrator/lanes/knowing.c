/* Headers like one that is known: what they count, and whose work begins with them. */

#define PY_SSIZE_T_CLEAN
#include "in_lane.h"

#include <string.h>

#define LOOK_EVERY 15 /* the lag of every sixteenth message is looked at */

static size_t after_trace(const InLane *self)
{
    return self->trace_at == self->known_size ? self->known_size : self->trace_at + TRACE_BYTES;
}

bool in_knows(const InLane *self, const unsigned char *data, size_t size)
{
    return self->account != NULL && size >= self->known_size && memcmp(data, self->known, SEQUENCE_AT) == 0 &&
           memcmp(data + SAME_AT, self->known + SAME_AT, NUMBER_AT - SAME_AT) == 0 &&
           memcmp(data + FIXED, self->known + FIXED, self->trace_at - FIXED) == 0 &&
           memcmp(data + after_trace(self), self->known + after_trace(self), self->known_size - after_trace(self)) == 0;
}

/* Whether the message of this topic has the number that comes next, which is then moved on. -1: an error. */
static int follows_in_topic(Row *account, PyObject *topic, uint64_t sequence, uint32_t records)
{
    PyObject *expected = PyDict_GetItemWithError(account->topics, topic), *next;
    if (expected == NULL)
        return PyErr_Occurred() ? -1 : 0;
    if (PyLong_AsUnsignedLongLong(expected) != sequence) {
        PyErr_Clear();
        return 0;
    }
    next = PyLong_FromUnsignedLongLong(sequence + records);
    if (next == NULL)
        return -1;
    int result = PyDict_SetItem(account->topics, topic, next);
    Py_DECREF(next);
    return result < 0 ? -1 : 1;
}

int in_count(InLane *self, Row *account, PyObject *topic, const unsigned char *header, uint32_t records)
{
    uint64_t sequence = get_u64(header + SEQUENCE_AT);
    int follows = 0;
    PyObject *result;
    if (sequence != 0 && sequence <= UINT64_MAX - records) {
        if (topic != Py_None)
            follows = follows_in_topic(account, topic, sequence, records);
        else if ((follows = sequence == account->next))
            account->next = sequence + records;
    }
    if (follows < 0)
        return -1;
    self->tally->received += records;
    if (follows) {
        account->received += records;
    } else {
        result = PyObject_CallMethod((PyObject *)account, "follow", "KIO", (unsigned long long)sequence, records, topic);
        if (result == NULL)
            return -1;
        Py_DECREF(result);
    }
    if (records > 1 || (account->received & LOOK_EVERY) == 0) {
        result = PyObject_CallFunction(self->look, "OL", account, (long long)get_u64(header + TIME_AT));
        if (result == NULL)
            return -1;
        Py_DECREF(result);
    }
    return 0;
}

int in_resume_work(InLane *self)
{
    PyObject *present = NULL;
    if (PyContextVar_Get(self->work, Py_None, &present) < 0)
        return -1;
    bool same = present == (PyObject *)self->arrival;
    Py_DECREF(present);
    if (same)
        return 0;
    PyObject *token = PyContextVar_Set(self->work, (PyObject *)self->arrival);
    Py_XDECREF(token);
    return token == NULL ? -1 : 0;
}

int in_begin_work(InLane *self, const unsigned char *header, size_t size)
{
    last_set(self->last, header, size);
    if (self->trace_at + TRACE_BYTES <= size)
        traced_begin(self->arrival, header + self->trace_at);
    else
        traced_begin_anew(self->arrival, get_u64(header + SOURCE_AT), get_u64(header + NUMBER_AT));
    return in_resume_work(self);
}
