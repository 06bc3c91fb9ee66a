//===- agc.h - All of agc -------------------------------------------------===//
//
// A program for libtorch's C++ frontend compiles against this header with
// `namespace torch = agc;`.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_AGC_H
#define AGC_AGC_H

#include <agc/Autograd.h>
#include <agc/Check.h>
#include <agc/Control.h>
#include <agc/Error.h>
#include <agc/Function.h>
#include <agc/Functions.h>
#include <agc/Indexing.h>
#include <agc/Tensor.h>
#include <agc/StrictFp.h>
#include <agc/Threads.h>
#include <agc/Transforms.h>
#include <agc/Types.h>
#include <agc/Serialize.h>
#include <agc/Step.h>
#include <agc/models.h>
#include <agc/nn/Functional.h>
#include <agc/nn/Init.h>
#include <agc/nn/Module.h>
#include <agc/nn/Modules.h>
#include <agc/nn/Utils.h>
#include <agc/optim/Adam.h>
#include <agc/optim/Schedulers.h>
#include <agc/optim/SGD.h>

#endif
