#ifndef ORCHESTRATOR_LANES_RECORDS_H
#define ORCHESTRATOR_LANES_RECORDS_H

#include <Python.h>

/* join(records) -> the payload of a batch, or None where one of them is not bytes. */
PyObject *records_join(PyObject *module, PyObject *records);

/* split(payload, count) -> the records, or None where they do not fill the payload as they should. */
PyObject *records_split(PyObject *module, PyObject *args);

/* The same, of bytes in memory. */
PyObject *records_of(const unsigned char *table, size_t size, size_t count);

#endif
