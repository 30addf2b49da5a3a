// Random numbers: generators, random tensors, random changes in place.
#include "ops/random.h"

#include "bindings/factory.h"
#include "exec/launch.h"
#include "ops/copy.h"

PYBIND11_DECLARE_HOLDER_TYPE(T, lamina::Ref<T>, true)

namespace lamina::bindings {

namespace {

using MaybeDType = std::optional<DType>;
using MaybeSource = std::optional<Source>;

// ---- generators ----

const Source& or_default(const MaybeSource& source) {
  return source ? *source : default_generator();
}

// As PyTorch: a negative seed stands for that plus 2^64.
uint64_t seed_of(const py::int_& value) {
  const py::int_ range(py::module_::import("operator").attr("lshift")(1, 64));
  check(value >= py::int_(INT64_MIN) && value < range, "manual_seed",
        "expected a seed from -2^63 to 2^64 - 1; got ", py::str(value).cast<std::string>());
  return PyLong_AsUnsignedLongLongMask(value.ptr());
}

void plant(Generator& generator, uint64_t seed) {
  exec::value_read("manual_seed", "seed before the call");
  generator.seed(seed);
}

uint64_t reseed(Generator& generator) {
  const uint64_t seed = entropy();
  plant(generator, seed);
  return seed;
}

// Seed and position, byte by byte, the lowest first.
constexpr int kStateWords = 2;
constexpr int kStateBytes = kStateWords * 8;

Tensor get_state(const Generator& generator) {
  exec::value_read("get_state", "get it before the call");
  const Generator::State state = generator.state();
  const uint64_t words[kStateWords] = {state.seed, state.block};
  const Tensor bytes = empty({kStateBytes}, DType::kUInt8);
  for (int i = 0; i < kStateBytes; ++i)
    bytes.data<uint8_t>()[i] = static_cast<uint8_t>(words[i / 8] >> (8 * (i % 8)));
  return bytes;
}

void set_state(Generator& generator, const Tensor& given) {
  check(given.dtype() == DType::kUInt8 && given.sizes() == Dims{kStateBytes}, "set_state",
        "expected a state that get_state() returned, ", kStateBytes, " bytes of type uint8; got ",
        name(given.dtype()), " of shape ", given.sizes());
  exec::value_read("set_state", "set it before the call");
  const Tensor bytes = contiguous(given);
  uint64_t words[kStateWords] = {};
  for (int i = 0; i < kStateBytes; ++i)
    words[i / 8] |= uint64_t{bytes.data<uint8_t>()[i]} << (8 * (i % 8));
  generator.set_state({words[0], words[1]});
}

void bind_generators(py::module_& m) {
  py::class_<Generator, Ref<Generator>>(m, "Generator", "A sequence of random numbers.")
      .def(py::init([](const py::object& device) {
             check_device("Generator", device);
             exec::value_read("Generator", "make it before the call");
             return Ref<Generator>(new Generator(entropy()));
           }),
           py::arg("device") = "cpu")
      .def(
          "manual_seed",
          [](const Ref<Generator>& self, const py::int_& seed) {
            plant(*self, seed_of(seed));
            return self;
          },
          py::arg("seed"))
      .def("seed", &reseed, "Starts anew from a seed of the operating system, and returns it.")
      .def("initial_seed", [](const Generator& self) { return self.state().seed; })
      .def("get_state", &get_state)
      .def("set_state", &set_state, py::arg("new_state"))
      .def_property_readonly(
          "device",
          [](const Generator&) { return py::module_::import("lamina").attr("device")("cpu"); })
      .def(py::pickle(
          [](const Generator& self) {
            const Generator::State state = self.state();
            return std::pair(state.seed, state.block);
          },
          [](const std::pair<uint64_t, uint64_t>& state) {
            Ref<Generator> generator(new Generator(state.first));
            generator->set_state({state.first, state.second});
            return generator;
          }));
  m.attr("default_generator") = default_generator();
  function(
      m, "manual_seed",
      [](const py::int_& seed) {
        plant(*default_generator(), seed_of(seed));
        return default_generator();
      },
      py::arg("seed"), "Starts the default sequence of random numbers anew.");
  function(m, "seed", [] { return reseed(*default_generator()); });
  function(m, "initial_seed", [] { return default_generator()->state().seed; });
  function(m, "get_rng_state", [] { return get_state(*default_generator()); });
  function(
      m, "set_rng_state", [](const Tensor& state) { set_state(*default_generator(), state); },
      py::arg("new_state"));
}

// ---- new tensors ----

const auto kGenerator = [] { return py::arg("generator") = py::none(); };

using Make = Tensor (*)(const Dims&, DType, const Source&);

// rand() and rand_like(), randn() and randn_like().
void bind_family(py::module_& m, const char* plain, const char* like, Make make) {
  factory<py::args, py::object, MaybeSource>(
      m, plain,
      [=](const py::args& args, const py::object& size, const MaybeSource& source,
          MaybeDType dtype) {
        return make(new_sizes(plain, args, size), dtype.value_or(default_dtype()),
                    or_default(source));
      },
      py::arg("size") = py::none(), kGenerator());
  factory<Tensor, MaybeSource>(
      m, like,
      [=](const Tensor& input, const MaybeSource& source, MaybeDType dtype) {
        return make(input.sizes(), dtype.value_or(input.dtype()), or_default(source));
      },
      py::arg("input"), py::kw_only(), kGenerator());
}

void bind_integers(py::module_& m) {
  const auto between = [](int64_t low, int64_t high, const Dims& size, const MaybeSource& source,
                          MaybeDType dtype) {
    return randint(low, high, size, dtype.value_or(DType::kInt64), or_default(source));
  };
  factory<int64_t, Dims, MaybeSource>(
      m, "randint",
      [=](int64_t high, const Dims& size, const MaybeSource& source, MaybeDType dtype) {
        return between(0, high, size, source, dtype);
      },
      py::arg("high"), py::arg("size"), py::kw_only(), kGenerator());
  factory<int64_t, int64_t, Dims, MaybeSource>(m, "randint", between, py::arg("low"),
                                               py::arg("high"), py::arg("size"), py::kw_only(),
                                               kGenerator());
  const auto alike = [](const Tensor& input, int64_t low, int64_t high, const MaybeSource& source,
                        MaybeDType dtype) {
    return randint(low, high, input.sizes(), dtype.value_or(input.dtype()), or_default(source),
                   "randint_like");
  };
  factory<Tensor, int64_t, MaybeSource>(
      m, "randint_like",
      [=](const Tensor& input, int64_t high, const MaybeSource& source, MaybeDType dtype) {
        return alike(input, 0, high, source, dtype);
      },
      py::arg("input"), py::arg("high"), py::kw_only(), kGenerator());
  factory<Tensor, int64_t, int64_t, MaybeSource>(m, "randint_like", alike, py::arg("input"),
                                                 py::arg("low"), py::arg("high"), py::kw_only(),
                                                 kGenerator());
  factory<int64_t, MaybeSource>(
      m, "randperm",
      [](int64_t n, const MaybeSource& source, MaybeDType dtype) {
        return randperm(n, dtype.value_or(DType::kInt64), or_default(source));
      },
      py::arg("n"), py::kw_only(), kGenerator());
}

void bind_normal(py::module_& m) {
  const auto each = [](const Tensor& mean, const Tensor& std, const MaybeSource& source) {
    return normal(mean, std, or_default(source));
  };
  function(m, "normal", each, py::arg("mean"), py::arg("std"), py::kw_only(), kGenerator());
  function(
      m, "normal",
      [=](const Tensor& mean, double std, const MaybeSource& source) {
        return each(mean, full({}, std, mean.dtype()), source);
      },
      py::arg("mean"), py::arg("std") = 1.0, py::kw_only(), kGenerator());
  function(
      m, "normal",
      [=](double mean, const Tensor& std, const MaybeSource& source) {
        return each(full({}, mean, std.dtype()), std, source);
      },
      py::arg("mean"), py::arg("std"), py::kw_only(), kGenerator());
  factory<double, double, Dims, MaybeSource>(
      m, "normal",
      [](double mean, double std, const Dims& size, const MaybeSource& source, MaybeDType dtype) {
        const Tensor out = empty(size, dtype.value_or(default_dtype()));
        normal_(out, mean, std, or_default(source));
        return out;
      },
      py::arg("mean"), py::arg("std"), py::arg("size"), py::kw_only(), kGenerator());
}

void bind_choices(py::module_& m) {
  op(
      m, "bernoulli",
      [](const Tensor& input, const MaybeSource& source) {
        const Tensor out = empty_like(input);
        bernoulli_(out, input, or_default(source));
        return out;
      },
      py::arg("input"), py::kw_only(), kGenerator());
  op(
      m, "bernoulli",
      [](const Tensor& input, double p, const MaybeSource& source) {
        const Tensor out = empty_like(input);
        bernoulli_(out, p, or_default(source));
        return out;
      },
      py::arg("input"), py::arg("p"), py::kw_only(), kGenerator());
  op(
      m, "multinomial",
      [](const Tensor& input, int64_t count, bool replacement, const MaybeSource& source) {
        return multinomial(input, count, replacement, or_default(source));
      },
      py::arg("input"), py::arg("num_samples"), py::arg("replacement") = false, py::kw_only(),
      kGenerator());
  function(
      m, "poisson",
      [](const Tensor& input, const MaybeSource& source) {
        return poisson(input, or_default(source));
      },
      py::arg("input"), kGenerator());
  function(
      m, "binomial",
      [](const Tensor& count, const Tensor& prob, const MaybeSource& source) {
        return binomial(count, prob, or_default(source));
      },
      py::arg("count"), py::arg("prob"), kGenerator());
  function(
      m, "_log_gamma_variable",
      [](const Tensor& concentration, const MaybeSource& source) {
        return log_gamma_variable(concentration, or_default(source));
      },
      py::arg("concentration"), kGenerator());
  function(
      m, "dropout",
      [](const Tensor& input, double p, bool train, const MaybeSource& source) {
        return train ? dropout(input, p, or_default(source)) : input;
      },
      py::arg("input"), py::arg("p") = 0.5, py::arg("train") = true, py::kw_only(), kGenerator());
}

// ---- in place ----

// A method that changes the tensor by two numbers and returns it.
void bind_change(const char* op, const char* first, double first_value, const char* second,
                 double second_value,
                 void (*change)(const Tensor&, double, double, const Source&)) {
  method(
      op,
      [change](const py::object& self, double a, double b, const MaybeSource& source) {
        change(unwrap(self.ptr()), a, b, or_default(source));
        return self;
      },
      py::arg(first) = first_value, py::arg(second) = second_value, py::kw_only(), kGenerator());
}

template <class Value, class... Default>
void bind_change(const char* op, void (*change)(const Tensor&, Value, const Source&),
                 const Default&... parameter) {
  method(
      op,
      [change](const py::object& self, const std::decay_t<Value>& value,
               const MaybeSource& source) {
        change(unwrap(self.ptr()), value, or_default(source));
        return self;
      },
      parameter..., py::kw_only(), kGenerator());
}

// random_(): all integers of the type; random_(to): those in [0, to); random_(from, to).
py::object random_integers(const py::object& self, std::optional<int64_t> first,
                           std::optional<int64_t> second, const MaybeSource& source) {
  const Tensor target = unwrap(self.ptr());
  if (!first) {
    random_(target, 0, largest_integer(target.dtype()), or_default(source));
    return self;
  }
  const int64_t low = second ? *first : 0;
  const int64_t end = second ? *second : *first;
  check(low < end, "random_", "expected from < to; got ", low, " and ", end);
  random_(target, low, end - 1, or_default(source));
  return self;
}

}  // namespace

void bind_random(py::module_& m) {
  bind_generators(m);
  bind_family(m, "rand", "rand_like", &rand);
  bind_family(m, "randn", "randn_like", &randn);
  bind_integers(m);
  bind_normal(m);
  bind_choices(m);
  bind_change("uniform_", "from_", 0, "to", 1, &uniform_);
  bind_change("normal_", "mean", 0, "std", 1, &normal_);
  bind_change("cauchy_", "median", 0, "sigma", 1, &cauchy_);
  bind_change("log_normal_", "mean", 1, "std", 2, &log_normal_);
  bind_change<double>("exponential_", &exponential_, py::arg("lambd") = 1.0);
  bind_change<double>("geometric_", &geometric_, py::arg("p"));
  bind_change<const Tensor&>("bernoulli_", &bernoulli_, py::arg("p"));
  bind_change<double>("bernoulli_", &bernoulli_, py::arg("p") = 0.5);
  method("random_", &random_integers, py::arg("from_") = py::none(), py::arg("to") = py::none(),
         py::kw_only(), kGenerator());
}

}  // namespace lamina::bindings
