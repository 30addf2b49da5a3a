#include "ops/optimizer.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "autograd/mode.h"
#include "core/scratch.h"
#include "ops/copy.h"
#include "ops/inplace.h"
#include "ops/loop.h"
#include "ops/optimizer_rules.h"

namespace lamina {

namespace {

// Threads get whole cache lines of a parameter.
constexpr int64_t kUnit = 64;

template <class Rule>
using FactorsOf = decltype(Rule::factors(std::declval<typename Rule::Hyper>(),
                                         std::declval<Scalars<Rule::kScalars>&>()));

// One row as a running launch sees it.
template <class Rule, class T>
struct RowWork {
  int64_t count;
  Updated<T> at;
  FactorsOf<Rule> factors;

  int64_t units() const { return (count + kUnit - 1) / kUnit; }
  void run(int64_t begin, int64_t end) const {
    Updated<T> part = at;
    part.param += begin;
    part.grad += begin;
    for (T*& array : part.state)
      if (array) array += begin;
    Rule::template kernel<T>()(end - begin, factors, part);
  }
};

// What a launch writes is, row by row, the parameter, its arrays and its scalars; it reads these,
// then the gradients, then the hyper-parameters.
template <class Rule>
struct Layout {
  std::array<bool, Rule::kArrays> present;

  int stride() const {
    return 1 + static_cast<int>(std::ranges::count(present, true)) + Rule::kScalars;
  }

  // Takes the step of each row's scalars.
  template <class T>
  void prepare(exec::Buffers buffers, std::span<const int64_t> counts,
               RowWork<Rule, T>* work) const {
    const int rows = static_cast<int>(counts.size());
    const int grads = 2 * rows * stride();
    typename Rule::Hyper hyper;
    std::memcpy(&hyper, buffers.get<double>(grads + rows), sizeof hyper);
    Scalars<Rule::kScalars> before{}, after{};
    for (int r = 0; r < rows; ++r) {
      int next = r * stride();
      Updated<T> at{buffers.get<T>(next++), buffers.get<T>(grads + r), {}};
      for (size_t k = 0; k < present.size(); ++k)
        if (present[k]) at.state[k] = buffers.get<T>(next++);
      Scalars<Rule::kScalars> scalars;
      for (int k = 0; k < Rule::kScalars; ++k)
        scalars[static_cast<size_t>(k)] = *buffers.get<float>(next + k);
      // Most rows are at the same step, whose powers need not be computed again.
      const bool known = r > 0 && scalars == before;
      before = scalars;
      work[r] = {counts[static_cast<size_t>(r)], at,
                 known ? work[r - 1].factors : Rule::factors(hyper, after = scalars)};
      for (int k = 0; k < Rule::kScalars; ++k)
        *buffers.get<float>(next + k) = after[static_cast<size_t>(k)];
    }
  }
};

template <class Rule, class T>
void run_rows(std::span<const RowWork<Rule, T>> rows) {
  int64_t units = 0;
  for (const auto& row : rows) units += row.units();
  parallel_for(units, kCheapGrain / kUnit, [rows](int64_t begin, int64_t end) {
    for (const auto& row : rows) {
      if (begin < row.units() && end > 0)
        row.run(std::max<int64_t>(begin, 0) * kUnit, std::min(end * kUnit, row.count));
      begin -= row.units();
      end -= row.units();
    }
  });
}

void check_row(const UpdateRule& rule, const UpdateRow& row) {
  const Tensor& param = row.param;
  check<TypeError>(is_floating(param.dtype()), rule.name,
                   "expected parameters of floating type; got ", name(param.dtype()));
  check_inplace(rule.name, param);
  const auto check_like = [&](const Tensor& tensor, const char* what) {
    check(tensor.sizes() == param.sizes() && tensor.dtype() == param.dtype(), rule.name,
          "expected ", what, " of shape ", param.sizes(), " and type ", name(param.dtype()),
          "; got shape ", tensor.sizes(), " and type ", name(tensor.dtype()));
  };
  check_like(row.grad, "a gradient");
  for (int k = 0; k < rule.arrays + rule.scalars; ++k) {
    const Tensor& state = row.state[static_cast<size_t>(k)];
    if (!state) continue;
    check_inplace(rule.name, state);
    if (k < rule.arrays)
      check_like(state, "state");
    else
      check(state.count() == 1 && state.dtype() == DType::kFloat32, rule.name,
            "expected a step count or another scalar of type float32; got shape ", state.sizes(),
            " and type ", name(state.dtype()));
  }
}

// The operands of one launch: what tensors of a group are not contiguous take part as copies.
struct Operands {
  std::vector<Tensor> written, dense, grads;

  void add(const UpdateRow& row) {
    const auto add_written = [this](const Tensor& tensor) {
      if (!tensor) return;
      written.push_back(tensor);
      dense.push_back(contiguous(tensor));
    };
    add_written(row.param);
    for (const Tensor& state : row.state) add_written(state);
    grads.push_back(contiguous(row.grad));
  }
  void finish() const {
    for (size_t i = 0; i < written.size(); ++i)
      if (dense[i].same(written[i]))
        bump_version(written[i]);
      else
        copy_(written[i], dense[i]);
  }
};

template <class Rule, class T>
void launch_rows(std::span<const UpdateRow* const> rows, const Tensor& hyper) {
  Layout<Rule> layout;
  for (size_t k = 0; k < layout.present.size(); ++k)
    layout.present[k] = static_cast<bool>(rows[0]->state[k]);
  Operands operands;
  std::vector<int64_t> counts;
  for (const UpdateRow* row : rows) {
    operands.add(*row);
    counts.push_back(row->param.count());
  }
  std::vector<const Tensor*> pointers;
  for (const Tensor& tensor : operands.dense) pointers.push_back(&tensor);
  const std::vector<const Tensor*> writes = pointers;
  for (const Tensor& tensor : operands.grads) pointers.push_back(&tensor);
  pointers.push_back(&hyper);
  exec::launch(Rule::kName, writes, pointers,
               [layout, counts = std::move(counts)](exec::Buffers buffers) {
                 const Scratch<RowWork<Rule, T>> work(static_cast<int64_t>(counts.size()));
                 layout.prepare(buffers, counts, work.data());
                 run_rows<Rule, T>({work.data(), counts.size()});
               });
  operands.finish();
}

template <class Rule>
void launch_types(std::span<const UpdateRow> rows, const Tensor& hyper) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
    std::vector<const UpdateRow*> chosen;
    for (const UpdateRow& row : rows)
      if (row.param.dtype() == dtype) chosen.push_back(&row);
    if (!chosen.empty())
      visit_floating(dtype, [&]<class T>() { launch_rows<Rule, T>(chosen, hyper); });
  }
}

bool share_memory(std::span<const UpdateRow> rows) {
  std::vector<const Storage*> memory;
  for (const UpdateRow& row : rows) memory.push_back(row.param->storage.get());
  std::ranges::sort(memory);
  return std::ranges::adjacent_find(memory) != memory.end();
}

template <class Rule>
constexpr UpdateRule rule() {
  constexpr int kHypers = sizeof(typename Rule::Hyper) / sizeof(double);
  static_assert(Rule::kArrays <= kMaxUpdateArrays &&
                Rule::kArrays + Rule::kScalars <= kMaxUpdateState);
  return {Rule::kName, Rule::kArrays, Rule::kScalars, kHypers,
          [](std::span<const UpdateRow> rows, const Tensor& hyper) {
            const autograd::Scoped no_grad(autograd::grad_enabled, false);
            for (const UpdateRow& row : rows) check_row(rule<Rule>(), row);
            if (!share_memory(rows)) return launch_types<Rule>(rows, hyper);
            // Parameters given twice, or views of one memory, take turns.
            for (size_t r = 0; r < rows.size(); ++r) launch_types<Rule>(rows.subspan(r, 1), hyper);
          }};
}

constexpr UpdateRule kRules[] = {
    rule<AdadeltaRule>(), rule<AdagradRule>(), rule<AdamRule>(),  rule<AdamaxRule>(),
    rule<AsgdRule>(),     rule<LionRule>(),    rule<NadamRule>(), rule<RadamRule>(),
    rule<RmspropRule>(),  rule<RpropRule>(),   rule<SgdRule>(),
};

}  // namespace

std::span<const UpdateRule> update_rules() { return kRules; }

}  // namespace lamina
