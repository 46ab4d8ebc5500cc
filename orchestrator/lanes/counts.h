/* Numbers that the lanes write and Python reads: bases of the SDK's own classes. */
#ifndef ORCHESTRATOR_LANES_COUNTS_H
#define ORCHESTRATOR_LANES_COUNTS_H

#include <Python.h>

#include <stdint.h>

#define LONGEST_HEADER 2040 /* wire/envelope.py: MAX_LENGTH */

typedef struct {
    PyObject_HEAD
    unsigned long long sent, sent_bytes, received, received_bytes;
    unsigned long long number; /* of the last record that was given one */
} Tally;

typedef struct {
    PyObject_HEAD
    unsigned long long next;
    unsigned long long received;
    PyObject *topics;
} Row;

typedef struct {
    PyObject_HEAD
    unsigned long long steps;
    double busy_since;
} Steps;

typedef struct {
    PyObject_HEAD
    PyObject *data; /* NULL: what is in `header`, and nobody has asked for it yet */
    size_t size;
    unsigned char header[LONGEST_HEADER];
} Last;

extern PyTypeObject TallyType, RowType, StepsType, LastType;

/* A message with this header has come. */
void last_set(Last *self, const unsigned char *header, size_t size);

#endif
