#ifndef ORCHESTRATOR_LANES_OUT_LANE_H
#define ORCHESTRATOR_LANES_OUT_LANE_H

#include <Python.h>

extern PyTypeObject OutLaneType;

#endif
