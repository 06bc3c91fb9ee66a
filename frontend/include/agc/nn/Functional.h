//===- Functional.h - Layers and losses as functions ----------------------===//
#ifndef AGC_NN_FUNCTIONAL_H
#define AGC_NN_FUNCTIONAL_H

#include <agc/nn/Modules.h>

#endif
