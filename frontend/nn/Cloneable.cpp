//===- Cloneable.cpp - The clones of all modules, compiled once -------------===//
#define AGC_EXTERN // What the headers declare is defined here.
#include "agc/nn/Modules.h"
