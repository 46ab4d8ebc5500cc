#ifndef ORCHESTRATOR_LANES_RESTING_H
#define ORCHESTRATOR_LANES_RESTING_H

#include <Python.h>

extern PyTypeObject RestType;

/* Seconds of the clock that Python's time.monotonic() reads. */
double monotonic(void);

#endif
