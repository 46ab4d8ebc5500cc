/* From libzmq's frames to messages. */

#define PY_SSIZE_T_CLEAN
#include "in_lane.h"

#include <errno.h>
#include <string.h>

#include "calls.h"
#include "message_view.h"
#include "records.h"

#define VIEW_FROM 16384 /* bytes from which on a payload is decoded where it lies */
#define MOST_FRAMES 3   /* topic, header, payload */

static PyObject *popleft_name;

static PyObject *bytes_of(message_t *message)
{
    return PyBytes_FromStringAndSize(libzmq.msg_data(message), (Py_ssize_t)libzmq.msg_size(message));
}

static PyObject *address_of(const message_t *message)
{
    const char *address = libzmq.msg_gets(message, "Peer-Address");
    return address == NULL ? PyUnicode_FromString("") : PyUnicode_DecodeUTF8(address, (Py_ssize_t)strlen(address), "replace");
}

/* The frames of a message, of which the first `count` are there and the last of those says whether more follow.
 * Where there is an envelope, large ones are views. */
static PyObject *frames_of(InLane *self, message_t *first, size_t count)
{
    PyObject *frames = PyList_New(0);
    bool more = true;
    for (size_t i = 0; frames != NULL && (i < count || more); i++) {
        message_t next, *frame = i < count ? &first[i] : &next;
        if (i >= count) {
            libzmq.msg_init(&next);
            if (calls_receive(&next, self->handle, self->careful) < 0) {
                libzmq.msg_close(&next);
                break; /* a message comes whole or not at all; this is for a socket that has been closed */
            }
            self->tally->received_bytes += libzmq.msg_size(&next);
        }
        more = libzmq.msg_more(frame);
        PyObject *data = self->enveloped && libzmq.msg_size(frame) >= VIEW_FROM ? message_view(frame, 0)
                                                                                 : bytes_of(frame);
        if (data == NULL || PyList_Append(frames, data) < 0)
            Py_CLEAR(frames);
        Py_XDECREF(data);
        if (i >= count)
            calls_close(&next, self->careful);
    }
    return frames;
}

/* 0, or -1 with an error set. */
static int tell_unusual(InLane *self, message_t *first, size_t count)
{
    PyObject *frames = frames_of(self, first, count), *address = NULL, *result = NULL;
    if (frames != NULL && (address = address_of(&first[0])) != NULL)
        result = PyObject_CallFunctionObjArgs(self->unusual, frames, address, NULL);
    Py_XDECREF(frames);
    Py_XDECREF(address);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* A message cannot be used: tell so, if the error that is set means that. 0, or -1 with an error set. */
static int tell_misread(InLane *self, message_t *first, size_t count, PyObject *account)
{
    PyObject *type, *error, *trace, *frames, *address = NULL, *result = NULL;
    if (!PyErr_ExceptionMatches(PyExc_ValueError))
        return -1;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    frames = frames_of(self, first, count);
    if (frames != NULL && (address = address_of(&first[0])) != NULL)
        result = PyObject_CallFunctionObjArgs(self->misread, error, frames, address, account, NULL);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    Py_XDECREF(frames);
    Py_XDECREF(address);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* The same of something that is no message by itself. */
static int tell_misread_record(InLane *self, PyObject *record, PyObject *account)
{
    PyObject *type, *error, *trace, *result;
    if (!PyErr_ExceptionMatches(PyExc_ValueError))
        return -1;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    result = PyObject_CallFunction(self->misread, "O[O]sO", error, record, "", account);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* --------------------------------------------------------------------------------------------- a message */

/* Whether a frame is no topic: a header may have a frame of its own. */
static bool is_enveloped(message_t *frame)
{
    return libzmq.msg_size(frame) >= 2 && memcmp(libzmq.msg_data(frame), "\xc1Z", 2) == 0;
}

static PyObject *topic_of(InLane *self, message_t *frame)
{
    const char *data = libzmq.msg_data(frame);
    Py_ssize_t size = (Py_ssize_t)libzmq.msg_size(frame);
    if (self->topic == NULL || PyBytes_GET_SIZE(self->topic_bytes) != size ||
        memcmp(PyBytes_AS_STRING(self->topic_bytes), data, (size_t)size) != 0) {
        PyObject *text = PyUnicode_DecodeUTF8(data, size, "surrogateescape");
        PyObject *bytes = text == NULL ? NULL : PyBytes_FromStringAndSize(data, size);
        if (bytes == NULL) {
            Py_XDECREF(text);
            return NULL;
        }
        Py_XSETREF(self->topic, text);
        Py_XSETREF(self->topic_bytes, bytes);
    }
    Py_INCREF(self->topic);
    return self->topic;
}

/* What a payload holds, which is stolen; NULL with an error set. */
static PyObject *decoded(PyObject *decode, PyObject *check, PyObject *payload)
{
    PyObject *message = payload;
    if (payload == NULL || decode == Py_None)
        return payload;
    Py_INCREF(decode); /* the node's code may give the socket another codec meanwhile */
    Py_INCREF(check);
    message = PyObject_CallOneArg(decode, payload);
    Py_DECREF(payload);
    if (message != NULL && check != Py_None) {
        PyObject *passed = PyObject_CallOneArg(check, message);
        if (passed == NULL)
            Py_CLEAR(message);
        Py_XDECREF(passed);
    }
    Py_DECREF(decode);
    Py_DECREF(check);
    return message;
}

/* What is in a frame behind so many bytes of header; NULL with an error set. */
static PyObject *message_of(InLane *self, message_t *frame, size_t header)
{
    size_t size = libzmq.msg_size(frame) - header;
    if (self->decode != Py_None && size >= VIEW_FROM)
        return decoded(self->decode, self->check, message_view(frame, header));
    return decoded(self->decode, self->check, PyBytes_FromStringAndSize((char *)libzmq.msg_data(frame) + header, (Py_ssize_t)size));
}

/* Where the parts of a message with an envelope are. False: its header is not the known one. */
typedef struct {
    const unsigned char *header;
    message_t *topic; /* NULL: it has none */
    message_t *payload;
    size_t offset; /* of the payload in its frame */
} Parts;

static bool find_parts(InLane *self, message_t *first, size_t count, Parts *parts)
{
    size_t behind = self->detached ? 1 : 0;
    if (self->account == NULL || count < 1 + behind || count > 2 + behind)
        return false;
    message_t *head = &first[count - 1 - behind];
    parts->header = libzmq.msg_data(head);
    parts->payload = &first[count - 1];
    parts->offset = behind ? 0 : self->known_size;
    parts->topic = head == first ? NULL : first;
    if (parts->topic != NULL && is_enveloped(parts->topic))
        return false;
    size_t size = libzmq.msg_size(head);
    return in_knows(self, parts->header, size) && (!behind || size == self->known_size);
}

static void keep(PyObject **place, PyObject *value)
{
    Py_INCREF(value);
    Py_XSETREF(*place, value);
}

/* The records of a batch wait in the lane from now on, with all that they came with. */
static void keep_batch(InLane *self, PyObject *records, PyObject *topic, Row *account)
{
    Py_XSETREF(self->batch, records);
    keep(&self->batch_extra, topic);
    keep(&self->batch_decode, self->decode);
    keep(&self->batch_check, self->check);
    keep(&self->batch_account, (PyObject *)account);
    self->batch_at = 0;
}

/* Read a message with an envelope. As `read_message`. */
static int read_enveloped(InLane *self, message_t *first, size_t count, PyObject **message, PyObject **extra)
{
    Parts parts;
    PyObject *topic = Py_None, *records = NULL;
    uint32_t found = 1;
    if (!find_parts(self, first, count, &parts))
        return tell_unusual(self, first, count);
    if (self->batched) {
        const unsigned char *payload = libzmq.msg_data(parts.payload);
        found = get_u32(parts.header + COUNT_AT);
        records = records_of(payload + parts.offset, libzmq.msg_size(parts.payload) - parts.offset, found);
        if (records == NULL)
            return -1;
        if (records == Py_None) {
            Py_DECREF(records);
            return tell_unusual(self, first, count);
        }
    }
    Row *account = self->account;
    Py_INCREF(account);
    Py_INCREF(topic);
    if (parts.topic != NULL)
        Py_SETREF(topic, topic_of(self, parts.topic));
    int result = -1;
    if (topic == NULL || in_count(self, account, topic, parts.header, found) < 0 ||
        in_begin_work(self, parts.header, self->known_size) < 0) {
        Py_XDECREF(records);
    } else if (records != NULL) {
        keep_batch(self, records, topic, account);
        result = 0;
    } else if ((*message = message_of(self, parts.payload, parts.offset)) == NULL) {
        result = tell_misread(self, first, count, (PyObject *)account);
    } else {
        *extra = topic;
        Py_INCREF(topic);
        result = 1;
    }
    Py_XDECREF(topic);
    Py_DECREF(account);
    return result;
}

/* Read a message of `count` frames that have come. 1: `*message` and `*extra` are new references; 0: it was
 * something else, and has been told, or its records wait; -1: an error is set. */
static int read_message(InLane *self, message_t *first, size_t count, PyObject **message, PyObject **extra)
{
    PyObject *topic = Py_None;
    if (self->enveloped)
        return read_enveloped(self, first, count, message, extra);
    self->tally->received++;
    if (count == 1)
        Py_INCREF(topic);
    else if ((topic = topic_of(self, &first[0])) == NULL)
        return -1;
    *message = message_of(self, &first[count - 1], 0);
    if (*message == NULL) {
        Py_DECREF(topic);
        return tell_misread(self, first, count, Py_None);
    }
    *extra = topic;
    return 1;
}

/* The next record of a batch. As `in_next`. */
static int next_record(InLane *self, PyObject **message, PyObject **extra)
{
    while (self->batch != NULL && self->batch_at < PyList_GET_SIZE(self->batch)) {
        PyObject *record = PyList_GET_ITEM(self->batch, self->batch_at++), *topic = self->batch_extra;
        Py_INCREF(record);
        Py_INCREF(record); /* `decoded` takes one */
        Py_INCREF(topic);
        PyObject *account = self->batch_account;
        Py_INCREF(account);
        if (in_resume_work(self) < 0)
            *message = NULL;
        else
            *message = decoded(self->batch_decode, self->batch_check, record);
        int told = *message == NULL ? tell_misread_record(self, record, account) : 1;
        Py_DECREF(account);
        Py_DECREF(record);
        if (told > 0) {
            *extra = topic;
            return 1;
        }
        Py_DECREF(topic);
        if (told < 0)
            return -1;
    }
    Py_CLEAR(self->batch);
    return 0;
}

static int pop_pending(InLane *self, PyObject **message, PyObject **extra)
{
    PyObject *found = PyObject_CallMethodNoArgs(self->pending, popleft_name);
    if (found == NULL)
        return -1;
    if (!PyTuple_Check(found) || PyTuple_GET_SIZE(found) != 2) {
        Py_DECREF(found);
        PyErr_SetString(PyExc_TypeError, "what is pending is a message and its topic or peer");
        return -1;
    }
    *message = PyTuple_GET_ITEM(found, 0);
    *extra = PyTuple_GET_ITEM(found, 1);
    Py_INCREF(*message);
    Py_INCREF(*extra);
    Py_DECREF(found);
    return 1;
}

static int take_aside(InLane *self, PyObject **message, PyObject **extra)
{
    PyObject *found = PyObject_CallNoArgs(self->aside);
    if (found == NULL)
        return -1;
    if (!PyTuple_Check(found) || PyTuple_GET_SIZE(found) != 2) {
        Py_DECREF(found);
        return 0;
    }
    *message = PyTuple_GET_ITEM(found, 0);
    *extra = PyTuple_GET_ITEM(found, 1);
    Py_INCREF(*message);
    Py_INCREF(*extra);
    Py_DECREF(found);
    return 1;
}

/* 1: a message has been received, to be closed; 0: none is there; -1: libzmq reports an error, in `errno`. */
static int receive(InLane *self, message_t *message)
{
    libzmq.msg_init(message);
    if (calls_receive(message, self->handle, self->careful) >= 0) {
        self->tally->received_bytes += libzmq.msg_size(message);
        return 1;
    }
    int why = errno;
    libzmq.msg_close(message);
    errno = why;
    return why == EAGAIN ? 0 : -1;
}

/* Receive a message, as far as it may be one for the lane: `*count` frames, to be closed. Whether that is all of
 * it. */
static bool receive_rest(InLane *self, message_t *frames, size_t *count)
{
    size_t most = 1 + (self->topical ? 1 : 0) + (self->enveloped && self->account != NULL && self->detached ? 1 : 0);
    bool more = libzmq.msg_more(&frames[*count - 1]);
    while (more && *count < most && receive(self, &frames[*count]) > 0)
        more = libzmq.msg_more(&frames[(*count)++]);
    return !more;
}

int in_holds(InLane *self)
{
    if (self->batch != NULL && self->batch_at < PyList_GET_SIZE(self->batch))
        return 1;
    Py_ssize_t pending = PyObject_Size(self->pending);
    return pending < 0 ? -1 : pending > 0;
}

int in_next(InLane *self, PyObject **message, PyObject **extra)
{
    if (popleft_name == NULL && (popleft_name = PyUnicode_InternFromString("popleft")) == NULL)
        return -1;
    for (;;) {
        int found = self->batch == NULL ? 0 : next_record(self, message, extra);
        if (found != 0)
            return found;
        Py_ssize_t waiting = PyObject_Size(self->pending);
        if (waiting < 0 || (waiting > 0 && self->enveloped && in_resume_work(self) < 0))
            return -1;
        if (waiting > 0)
            return pop_pending(self, message, extra);
        if (!self->quick || self->handle == NULL)
            return take_aside(self, message, extra);
        message_t frames[MOST_FRAMES];
        size_t count = 1;
        found = receive(self, &frames[0]);
        if (found <= 0)
            return found == 0 ? 0 : take_aside(self, message, extra);
        if (receive_rest(self, frames, &count)) {
            found = read_message(self, frames, count, message, extra);
        } else {
            self->tally->received += self->enveloped ? 0 : 1;
            found = tell_unusual(self, frames, count);
        }
        while (count > 0)
            calls_close(&frames[--count], self->careful);
        if (found != 0)
            return found;
    }
}
