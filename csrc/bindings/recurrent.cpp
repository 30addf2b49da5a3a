// Recurrent networks and their cells in lamina._core._nn.
#include "ops/recurrent.h"
#include "bindings/bind.h"

namespace lamina::bindings {

namespace {

using MaybeTensor = std::optional<Tensor>;
using Weights = std::vector<Tensor>;

Tensor or_empty(const MaybeTensor& tensor) { return tensor ? *tensor : Tensor(); }

// (output, h_n), and c_n for the LSTM.
void bind_net(py::module_& nn, CellKind kind, const char* name) {
  function(
      nn, name,
      [=](const Tensor& input, const MaybeTensor& batch_sizes, const MaybeTensor& h0,
          const MaybeTensor& c0, const Weights& weights, bool has_biases, int64_t num_layers,
          double dropout, bool bidirectional, bool batch_first) -> py::tuple {
        const RecurrentNet net{kind,          name,        num_layers, has_biases,
                               bidirectional, batch_first, dropout};
        const RecurrentOutput result = recurrent(net, input, or_empty(batch_sizes), or_empty(h0),
                                                 or_empty(c0), weights, default_generator());
        if (kind == CellKind::kLstm) return py::make_tuple(result.out, result.h, result.c);
        return py::make_tuple(result.out, result.h);
      },
      py::arg("input"), py::arg("batch_sizes"), py::arg("h0"), py::arg("c0"), py::arg("weights"),
      py::arg("has_biases"), py::arg("num_layers"), py::arg("dropout"), py::arg("bidirectional"),
      py::arg("batch_first"));
}

// One step: the state after it.
void bind_cell(py::module_& nn, CellKind kind, const char* name) {
  function(
      nn, name,
      [=](const Tensor& input, const MaybeTensor& h, const Weights& weights) {
        return recurrent_cell(kind, name, input, or_empty(h), {}, weights).out;
      },
      py::arg("input"), py::arg("h"), py::arg("weights"));
}

// One step of an LSTM: the state and the cell after it.
void bind_lstm_cell(py::module_& nn) {
  function(
      nn, "lstm_cell",
      [](const Tensor& input, const MaybeTensor& h, const MaybeTensor& c, const Weights& weights) {
        const RecurrentOutput after =
            recurrent_cell(CellKind::kLstm, "lstm_cell", input, or_empty(h), or_empty(c), weights);
        return std::pair(after.out, after.c);
      },
      py::arg("input"), py::arg("h"), py::arg("c"), py::arg("weights"));
}

}  // namespace

void bind_recurrent(py::module_& nn) {
  bind_net(nn, CellKind::kTanh, "rnn_tanh");
  bind_net(nn, CellKind::kRelu, "rnn_relu");
  bind_net(nn, CellKind::kLstm, "lstm");
  bind_net(nn, CellKind::kGru, "gru");
  bind_cell(nn, CellKind::kTanh, "rnn_tanh_cell");
  bind_cell(nn, CellKind::kRelu, "rnn_relu_cell");
  bind_lstm_cell(nn);
  bind_cell(nn, CellKind::kGru, "gru_cell");
}

}  // namespace lamina::bindings
