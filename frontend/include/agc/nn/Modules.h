//===- Modules.h - The layers that models are made of ---------------------===//
//
// Each has its options, its function in nn::functional and its module.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_NN_MODULES_H
#define AGC_NN_MODULES_H

#include <agc/nn/Activations.h>
#include <agc/nn/Attention.h>
#include <agc/nn/Containers.h>
#include <agc/nn/Convolution.h>
#include <agc/nn/Distance.h>
#include <agc/nn/Dropout.h>
#include <agc/nn/Embedding.h>
#include <agc/nn/Linear.h>
#include <agc/nn/Losses.h>
#include <agc/nn/Module.h>
#include <agc/nn/Normalization.h>
#include <agc/nn/Pooling.h>
#include <agc/nn/Recurrent.h>
#include <agc/nn/Transformer.h>
#include <agc/nn/Vision.h>

#endif
