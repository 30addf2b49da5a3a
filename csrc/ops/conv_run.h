// Runs the plans of convolutions on plain memory, over threads; tensors and gradients are
// conv.cpp's. The bits of a result depend on the plan and the values alone.
#pragma once

#include "ops/conv_plan.h"

namespace lamina {

// to = bias + from * weight, as a plan_forward or plan_input_grad says; bias may be null.
template <class T>
void run_conv(const ConvPlan& plan, const T* from, const T* weight, const T* bias, T* to);

// grad_weight from x and the gradient of y, by a plan_weight_grad.
template <class T>
void run_weight_grad(const ConvPlan& plan, const T* x, const T* grad, T* grad_weight);

}  // namespace lamina
