"""Stacks of transformer layers, whose constructors take a module, beside PyTorch's; and masks."""

import math

import numpy as np
import pytest

import lamina as lm
from lamina import nn
from lamina.nn import functional as F

SIZES = {"d_model": 8, "nhead": 2, "dim_feedforward": 16, "dropout": 0.0}
SHORT, LONG = (lm.arange(2.0 * n * 8).square().cos().view(2, n, 8) for n in (3, 5))
PADDING = lm.tensor([[False] * 4 + [True], [False] * 3 + [True] * 2])


def stacks(library, **more):
    """An encoder and a decoder of two layers each."""
    sizes = SIZES | {"batch_first": True} | more
    norms = library.nn.LayerNorm(8), library.nn.LayerNorm(8)
    encoder = library.nn.TransformerEncoder(
        library.nn.TransformerEncoderLayer(**sizes), 2, norms[0], enable_nested_tensor=False
    )
    decoder = library.nn.TransformerDecoder(
        library.nn.TransformerDecoderLayer(**sizes), 2, norms[1]
    )
    return encoder, decoder


@pytest.mark.torch
@pytest.mark.parametrize("norm_first", [True, False])
def test_stacks_are_pytorchs(norm_first):
    torch = pytest.importorskip("torch")
    ours, theirs = stacks(lm, norm_first=norm_first), stacks(torch, norm_first=norm_first)
    for a, b in zip(ours, theirs, strict=True):
        assert repr(a) == repr(b)
        assert list(a.state_dict()) == list(b.state_dict())
        state = {k: lm.tensor(x.numpy()) for k, x in b.state_dict().items()}
        a.load_state_dict(state)
    results = []
    for library, (encoder, decoder) in ((lm, ours), (torch, theirs)):
        encoder, decoder = encoder.double(), decoder.double()
        src, tgt = (library.tensor(x.double().numpy()) for x in (LONG, SHORT))
        padding = library.tensor(PADDING.numpy())
        causal = library.nn.Transformer.generate_square_subsequent_mask(3, dtype=library.float64)
        memory = encoder(src, src_key_padding_mask=padding * library.tensor(-5.0, dtype=src.dtype))
        out = decoder(tgt, memory, tgt_mask=causal)
        out.pow(3).sum().backward()
        grads = [p.grad for m in (encoder, decoder) for p in m.parameters()]
        results.append([x.detach().numpy() for x in (memory, out, *grads)])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_layers_of_a_stack_are_copies():
    layer = nn.TransformerEncoderLayer(**SIZES)
    stack = nn.TransformerEncoder(layer, 3)
    values = {part.linear1.weight.data_ptr() for part in (layer, *stack.layers)}
    assert len(values) == 4
    assert all(lm.equal(part.linear1.weight, layer.linear1.weight) for part in stack.layers)
    assert stack.norm is None
    assert stack.num_layers == len(stack.layers) == 3


def test_a_stack_is_its_layers_in_turn():
    encoder, decoder = stacks(lm)
    memory = encoder(LONG, src_key_padding_mask=PADDING)
    x = LONG
    for layer in encoder.layers:
        x = layer(x, src_key_padding_mask=PADDING)
    assert lm.equal(memory, encoder.norm(x))
    x = SHORT
    for layer in decoder.layers:
        x = layer(x, memory)
    assert lm.equal(decoder(SHORT, memory), decoder.norm(x))


@pytest.mark.parametrize("mode", [True, False])
def test_hidden_positions_change_nothing_elsewhere(mode):
    encoder, _ = stacks(lm)
    encoder.train(mode)
    changed = lm.where(PADDING.unsqueeze(-1), lm.full_like(LONG, 3.0), LONG)
    seen = ~PADDING
    first, second = (encoder(x, src_key_padding_mask=PADDING) for x in (LONG, changed))
    assert lm.equal(first[seen], second[seen])


def test_causal_hint_and_mask_agree():
    encoder, decoder = stacks(lm)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    expected = encoder(LONG, mask)
    lm.testing.assert_close(encoder(LONG, mask, is_causal=True), expected)
    expected = decoder(LONG, SHORT, mask)
    lm.testing.assert_close(decoder(LONG, SHORT, mask, tgt_is_causal=True), expected)


def test_causal_mask():
    mask = nn.Transformer.generate_square_subsequent_mask(3, dtype=lm.float64)
    inf = math.inf
    assert mask.tolist() == [[0, -inf, -inf], [0, 0, -inf], [0, 0, 0]]
    assert mask.dtype == lm.float64


def test_a_stack_can_be_compiled():
    encoder, decoder = stacks(lm)
    mask = nn.Transformer.generate_square_subsequent_mask(3)

    def step(src, tgt):
        return decoder(tgt, encoder(src, src_key_padding_mask=PADDING), tgt_mask=mask)

    compiled = lm.compile(step)
    for _ in range(3):
        assert lm.equal(compiled(LONG, SHORT), step(LONG, SHORT))


def test_own_encoder_and_decoder():
    encoder, decoder = stacks(lm)
    model = nn.Transformer(8, 2, custom_encoder=encoder, custom_decoder=decoder, batch_first=True)
    assert model.encoder is encoder
    assert lm.equal(model(LONG, SHORT), decoder(SHORT, encoder(LONG)))


def test_activation_may_be_any_callable():
    layer = nn.TransformerEncoderLayer(**SIZES, activation=lm.tanh)
    expected = layer.linear2(lm.tanh(layer.linear1(SHORT)))
    assert lm.equal(layer._feed_forward(SHORT), expected)


# ---- scaled_dot_product_attention beyond its row ----


def test_dropped_weights_are_scaled():
    lm.manual_seed(0)
    x = lm.randn(2, 40, 8)
    value = lm.eye(40).expand(2, 40, 40)  # shows the weights
    whole = F.scaled_dot_product_attention(x, x, value)
    dropped = F.scaled_dot_product_attention(x, x, value, dropout_p=0.25)
    kept = dropped != 0
    lm.testing.assert_close(dropped[kept], whole[kept] / 0.75)
    assert 0.7 < kept.float().mean().item() < 0.8
    assert lm.equal(F.scaled_dot_product_attention(x, x, value, dropout_p=1.0), 0 * value)


def test_result_lies_as_the_query():
    heads = lm.randn(2, 5, 3, 4).transpose(1, 2)
    out = F.scaled_dot_product_attention(heads, heads, heads)
    assert out.stride() == heads.stride()
    assert out.transpose(1, 2).is_contiguous()


def test_blind_queries_learn_nothing():
    q, k, v = (lm.randn(3, 4).requires_grad_() for _ in range(3))
    mask = lm.tensor([[True, True, False], [False] * 3, [True] * 3])
    out = F.scaled_dot_product_attention(q, k, v, mask)
    out.sum().backward()
    assert out[1].tolist() == q.grad[1].tolist() == [0] * 4
    assert all(lm.isfinite(x.grad).all() for x in (q, k, v))


def test_nan_and_infinity_reach_the_result():
    q, k, v = (lm.ones(3, 4) for _ in range(3))
    k[1, 0] = math.nan
    assert lm.isnan(F.scaled_dot_product_attention(q, k, v)).all()
    assert lm.isfinite(F.scaled_dot_product_attention(q, k, v, is_causal=True)[0]).all()
