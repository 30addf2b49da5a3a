// Runs the plans of convolutions on plain memory, over threads; tensors and gradients are
// conv.cpp's. The bits of a result depend on the plan and the values alone.
#pragma once

#include "ops/conv_plan.h"

namespace lamina {

// The weights in panels of channels: for each group, pass and panel, a row a summand.
int64_t count_panels(const ConvPlan& plan);
template <class T>
void arrange_panels(const ConvPlan& plan, const T* weight, T* panels);

// to = bias + from * panels, as a plan_forward or plan_input_grad says; bias may be null.
template <class T>
void run_conv(const ConvPlan& plan, const T* from, const T* panels, const T* bias, T* to);

// grad_weight from x and the gradient of y, by a plan_weight_grad.
template <class T>
void run_weight_grad(const ConvPlan& plan, const T* x, const T* grad, T* grad_weight);

}  // namespace lamina
