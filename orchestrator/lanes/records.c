/* How records lie in the payload of a batch: orchestrator/wire/batch.py, and docs/protocol.md. */

#define PY_SSIZE_T_CLEAN
#include "records.h"

#include <stdint.h>
#include <string.h>

#define ENTRY 4 /* bytes of a length */

static void put_u32(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < ENTRY; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t get_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

PyObject *records_join(PyObject *Py_UNUSED(module), PyObject *records)
{
    if (!PyList_CheckExact(records))
        Py_RETURN_NONE;
    Py_ssize_t count = PyList_GET_SIZE(records), size = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *record = PyList_GET_ITEM(records, i);
        if (!PyBytes_CheckExact(record) || PyBytes_GET_SIZE(record) > UINT32_MAX)
            Py_RETURN_NONE;
        size += ENTRY + PyBytes_GET_SIZE(record);
    }
    PyObject *payload = PyBytes_FromStringAndSize(NULL, size);
    if (payload == NULL)
        return NULL;
    unsigned char *table = (unsigned char *)PyBytes_AS_STRING(payload), *at = table + ENTRY * count;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *record = PyList_GET_ITEM(records, i);
        size_t length = (size_t)PyBytes_GET_SIZE(record);
        put_u32(table + ENTRY * i, (uint32_t)length);
        memcpy(at, PyBytes_AS_STRING(record), length);
        at += length;
    }
    return payload;
}

PyObject *records_of(const unsigned char *table, size_t size, size_t count)
{
    if (count > size / ENTRY)
        Py_RETURN_NONE;
    const unsigned char *at = table + ENTRY * count, *end = table + size;
    PyObject *records = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; records != NULL && i < count; i++) {
        size_t length = get_u32(table + ENTRY * i);
        if (length > (size_t)(end - at)) {
            Py_DECREF(records);
            Py_RETURN_NONE;
        }
        PyObject *record = PyBytes_FromStringAndSize((const char *)at, (Py_ssize_t)length);
        if (record == NULL)
            Py_CLEAR(records);
        else
            PyList_SET_ITEM(records, (Py_ssize_t)i, record);
        at += length;
    }
    if (records != NULL && at != end) {
        Py_DECREF(records);
        Py_RETURN_NONE;
    }
    return records;
}

PyObject *records_split(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer payload;
    Py_ssize_t count;
    if (!PyArg_ParseTuple(args, "y*n", &payload, &count))
        return NULL;
    PyObject *records = NULL;
    if (count < 0) {
        Py_INCREF(Py_None);
        records = Py_None;
    } else {
        records = records_of(payload.buf, (size_t)payload.len, (size_t)count);
    }
    PyBuffer_Release(&payload);
    return records;
}
