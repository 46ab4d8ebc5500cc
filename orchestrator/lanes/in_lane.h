#ifndef ORCHESTRATOR_LANES_IN_LANE_H
#define ORCHESTRATOR_LANES_IN_LANE_H

#include <Python.h>

extern PyTypeObject InLaneType, MessagesType;

#endif
