// The scalar arithmetic of each optimizer: from its hyper-parameters and the scalars that it keeps
// for a parameter (the step count first) to the factors of its kernel. The arithmetic on elements
// is in kernels/isa/optimizer.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/dispatch.h"
#include "kernels/optimizer.h"

namespace lamina {

// A rule's Hyper is what lamina.optim writes, in this order, into the tensor that a step reads;
// flags are 0 or 1. kArrays are the state arrays that some variant of it has.

inline Decay coupled(double maximize, double weight_decay) {
  return {maximize != 0, weight_decay, 1};
}
inline Decay decoupled(double maximize, double shrink) { return {maximize != 0, 0, shrink}; }
inline Decay decay_of(double maximize, double weight_decay, double is_decoupled, double lr) {
  return is_decoupled != 0 ? decoupled(maximize, 1 - lr * weight_decay)
                           : coupled(maximize, weight_decay);
}

template <int kCount>
using Scalars = std::array<float, kCount>;

// Counts a step and returns its number.
template <size_t kCount>
double next_step(std::array<float, kCount>& scalars) {
  return scalars[0] += 1;
}

#define LAMINA_OPTIMIZER_KERNEL(kernel_name)         \
  static constexpr const char* kName = #kernel_name; \
  template <class T>                                 \
  static auto kernel() {                             \
    return kernels().optimizer<T>().kernel_name;     \
  }

struct AdadeltaRule {
  LAMINA_OPTIMIZER_KERNEL(adadelta)
  static constexpr int kArrays = 2, kScalars = 1;
  struct Hyper {
    double lr, rho, eps, weight_decay, maximize;
  };
  static AdadeltaFactors factors(const Hyper& h, Scalars<1>& scalars) {
    next_step(scalars);
    return {coupled(h.maximize, h.weight_decay), h.lr, h.rho, h.eps};
  }
};

struct AdagradRule {
  LAMINA_OPTIMIZER_KERNEL(adagrad)
  static constexpr int kArrays = 1, kScalars = 1;
  struct Hyper {
    double lr, lr_decay, eps, weight_decay, maximize;
  };
  static AdagradFactors factors(const Hyper& h, Scalars<1>& scalars) {
    const double step = next_step(scalars);
    return {coupled(h.maximize, h.weight_decay), h.lr / (1 + (step - 1) * h.lr_decay), h.eps};
  }
};

struct AdamRule {
  LAMINA_OPTIMIZER_KERNEL(adam)
  static constexpr int kArrays = 3, kScalars = 1;
  struct Hyper {
    double lr, beta1, beta2, eps, weight_decay, is_decoupled, maximize;
  };
  static AdamFactors factors(const Hyper& h, Scalars<1>& scalars) {
    const double step = next_step(scalars);
    return {decay_of(h.maximize, h.weight_decay, h.is_decoupled, h.lr),
            h.beta1,
            h.beta2,
            h.eps,
            h.lr / (1 - std::pow(h.beta1, step)),
            1 / std::sqrt(1 - std::pow(h.beta2, step))};
  }
};

struct AdamaxRule {
  LAMINA_OPTIMIZER_KERNEL(adamax)
  static constexpr int kArrays = 2, kScalars = 1;
  struct Hyper {
    double lr, beta1, beta2, eps, weight_decay, maximize;
  };
  static AdamaxFactors factors(const Hyper& h, Scalars<1>& scalars) {
    const double step = next_step(scalars);
    return {coupled(h.maximize, h.weight_decay), h.beta1, h.beta2, h.eps,
            h.lr / (1 - std::pow(h.beta1, step))};
  }
};

struct AsgdRule {
  LAMINA_OPTIMIZER_KERNEL(asgd)
  static constexpr int kArrays = 1, kScalars = 3;  // step, eta, mu
  struct Hyper {
    double lr, lambd, alpha, t0, weight_decay, maximize;
  };
  static AsgdFactors factors(const Hyper& h, Scalars<3>& scalars) {
    const double step = next_step(scalars);
    const double eta = scalars[1], mu = scalars[2];
    scalars[1] = static_cast<float>(h.lr / std::pow(1 + h.lambd * h.lr * step, h.alpha));
    scalars[2] = static_cast<float>(1 / std::max(1.0, step - h.t0));
    return {{h.maximize != 0, h.weight_decay, 1 - h.lambd * eta}, eta, mu};
  }
};

struct LionRule {
  LAMINA_OPTIMIZER_KERNEL(lion)
  static constexpr int kArrays = 1, kScalars = 0;
  struct Hyper {
    double lr, beta1, beta2, weight_decay, maximize;
  };
  static LionFactors factors(const Hyper& h, Scalars<0>&) {
    return {decoupled(h.maximize, 1 - h.lr * h.weight_decay), h.lr, h.beta1, h.beta2};
  }
};

struct NadamRule {
  LAMINA_OPTIMIZER_KERNEL(nadam)
  static constexpr int kArrays = 2, kScalars = 2;  // step, mu_product
  struct Hyper {
    double lr, beta1, beta2, eps, weight_decay, momentum_decay, is_decoupled, maximize;
  };
  static NadamFactors factors(const Hyper& h, Scalars<2>& scalars) {
    const double step = next_step(scalars);
    const auto mu_at = [&h](double t) {
      return h.beta1 * (1 - 0.5 * std::pow(0.96, t * h.momentum_decay));
    };
    const double mu = mu_at(step), mu_next = mu_at(step + 1);
    scalars[1] *= static_cast<float>(mu);
    const double product = scalars[1];
    return {decay_of(h.maximize, h.weight_decay, h.is_decoupled, h.lr),
            h.beta1,
            h.beta2,
            h.eps,
            1 / (1 - std::pow(h.beta2, step)),
            h.lr * (1 - mu) / (1 - product),
            h.lr * mu_next / (1 - product * mu_next)};
  }
};

struct RadamRule {
  LAMINA_OPTIMIZER_KERNEL(radam)
  static constexpr int kArrays = 2, kScalars = 1;
  struct Hyper {
    double lr, beta1, beta2, eps, weight_decay, is_decoupled, maximize;
  };
  static RadamFactors factors(const Hyper& h, Scalars<1>& scalars) {
    const double step = next_step(scalars);
    const double power = std::pow(h.beta2, step);
    const double rho_inf = 2 / (1 - h.beta2) - 1;
    const double rho = rho_inf - 2 * step * power / (1 - power);
    const double rectified = std::sqrt((rho - 4) * (rho - 2) * rho_inf /
                                       ((rho_inf - 4) * (rho_inf - 2) * rho) * (1 - power));
    return {decay_of(h.maximize, h.weight_decay, h.is_decoupled, h.lr),
            h.beta1,
            h.beta2,
            h.eps,
            h.lr / (1 - std::pow(h.beta1, step)),
            rho > 5 ? rectified : 0};
  }
};

struct RmspropRule {
  LAMINA_OPTIMIZER_KERNEL(rmsprop)
  static constexpr int kArrays = 3, kScalars = 1;
  struct Hyper {
    double lr, alpha, eps, weight_decay, momentum, nesterov, maximize;
  };
  static RmspropFactors factors(const Hyper& h, Scalars<1>& scalars) {
    next_step(scalars);
    return {coupled(h.maximize, h.weight_decay), h.lr, h.alpha, h.eps, h.momentum, h.nesterov != 0};
  }
};

struct RpropRule {
  LAMINA_OPTIMIZER_KERNEL(rprop)
  static constexpr int kArrays = 2, kScalars = 1;
  struct Hyper {
    double eta_minus, eta_plus, smallest, largest, maximize;
  };
  static RpropFactors factors(const Hyper& h, Scalars<1>& scalars) {
    next_step(scalars);
    return {coupled(h.maximize, 0), h.eta_minus, h.eta_plus, h.smallest, h.largest};
  }
};

struct SgdRule {
  LAMINA_OPTIMIZER_KERNEL(sgd)
  static constexpr int kArrays = 1, kScalars = 0;
  struct Hyper {
    double lr, momentum, dampening, weight_decay, nesterov, maximize;
  };
  static SgdFactors factors(const Hyper& h, Scalars<0>&) {
    return {coupled(h.maximize, h.weight_decay), h.lr, h.momentum, h.dampening, h.nesterov != 0};
  }
};

#undef LAMINA_OPTIMIZER_KERNEL

}  // namespace lamina
