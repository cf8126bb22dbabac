"""Writes test/golden/<cell>-<layers>.json: what PyTorch says about our recurrent networks.

Run with Debian's python3-torch: `/usr/bin/python3 scripts/golden/recurrent.py`.

The weights are one flat vector in our canonical order (src/numerics/recurrent-kernel.ts), and
torch's own RNN, GRU and LSTM read slices of it, so that its gradient and its Adam steps are those
of the flat vector. Where torch has two biases that only act as a sum, the second is held at zero.
"""

import json
import pathlib

import torch

SEED = 20260
ADAM_STEPS = 10
CLIP_NORM = 0.1
LEARNING_RATE = 0.01
BETAS = (0.9, 0.99)
EPSILON = 1e-8
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
FUNCTIONS = {"rnn": torch._VF.rnn_tanh, "gru": torch._VF.gru, "lstm": torch._VF.lstm}
CASES = [
    ("rnn", 1, dict(inputs=5, hidden=7, outputs=3, windows=3, steps=6)),
    ("rnn", 2, dict(inputs=3, hidden=5, outputs=2, windows=2, steps=7)),
    ("gru", 1, dict(inputs=5, hidden=7, outputs=3, windows=3, steps=6)),
    ("gru", 2, dict(inputs=3, hidden=5, outputs=2, windows=2, steps=7)),
    ("lstm", 1, dict(inputs=5, hidden=7, outputs=3, windows=3, steps=6)),
    ("lstm", 2, dict(inputs=3, hidden=5, outputs=2, windows=2, steps=7)),
    ("lstm", 1, dict(inputs=13, hidden=11, outputs=9, windows=2, steps=5)),
]


def layout(cell, layers, inputs, hidden, outputs):
    """Names and shapes of the parts of the flat vector, in order."""
    parts = []
    rows = GATES[cell] * hidden
    for layer in range(layers):
        width = inputs if layer == 0 else hidden
        parts += [(f"wx{layer}", (rows, width)), (f"wh{layer}", (rows, hidden))]
        parts.append((f"b{layer}", (rows,)))
        if cell == "gru":
            parts.append((f"bn{layer}", (hidden,)))
    return parts + [("wo", (outputs, hidden)), ("ws", (outputs, inputs)), ("bo", (outputs,))]


def slices(parts, flat):
    """The parts of `flat` by name."""
    named, at = {}, 0
    for name, shape in parts:
        count = torch.Size(shape).numel()
        named[name] = flat[at : at + count].view(shape)
        at += count
    assert at == flat.numel()
    return named


def torch_weights(cell, layers, p):
    """What torch's function takes: w_ih, w_hh, b_ih, b_hh of each layer."""
    weights = []
    for layer in range(layers):
        second = torch.zeros_like(p[f"b{layer}"])
        if cell == "gru":
            bn = p[f"bn{layer}"]
            second = torch.cat([torch.zeros(2 * bn.numel()), bn])
        weights += [p[f"wx{layer}"], p[f"wh{layer}"], p[f"b{layer}"], second]
    return weights


def run(cell, layers, p, x, h, c):
    """x (T, B, X), h and c (L, B, H): the top layer's h (T, B, H), and the last h and c."""
    state = (h, c) if cell == "lstm" else h
    weights = torch_weights(cell, layers, p)
    results = FUNCTIONS[cell](x, state, weights, True, layers, 0.0, False, False, False)
    return results if cell == "lstm" else (*results, c)


def head(p, top, x):
    return top @ p["wo"].T + x @ p["ws"].T + p["bo"]


def window_loss(cell, layers, parts, flat, data):
    p = slices(parts, flat)
    top, _, _ = run(cell, layers, p, data["x"], data["h0"], data["c0"])
    y = head(p, top, data["x"])
    losses = torch.nn.functional.huber_loss(y, data["target"], reduction="none", delta=1.0)
    return (losses * data["weight"]).sum() / data["weight"].sum(), y


def stream_major(state):
    """(L, B, H) to our (B, L·H)."""
    return state.transpose(0, 1).reshape(state.shape[1], -1)


def numbers(tensor):
    """Nine significant digits: a float32 comes back exactly."""
    return [float(f"{value:.9g}") for value in tensor.detach().reshape(-1).tolist()]


def step_by_step(cell, layers, parts, flat, data):
    """h and c of every layer after each step, from calls of one step each."""
    p, h, c = slices(parts, flat), data["h0"], data["c0"]
    hs, cs = [], []
    for x in data["x"]:
        _, h, c = run(cell, layers, p, x.unsqueeze(0), h, c)
        hs.append(stream_major(h))
        cs.append(stream_major(c))
    return torch.stack(hs), torch.stack(cs)


def adam_losses(cell, layers, parts, flat, data):
    """The loss before each of ten updates and after the last, the norms, and the last weights."""
    trained = flat.detach().clone().requires_grad_(True)
    adam = torch.optim.Adam([trained], lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)
    losses, norms = [], []
    for _ in range(ADAM_STEPS):
        adam.zero_grad()
        loss, _ = window_loss(cell, layers, parts, trained, data)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_([trained], CLIP_NORM))
        losses.append(loss)
        adam.step()
    losses.append(window_loss(cell, layers, parts, trained, data)[0])
    return torch.stack(losses), torch.stack(norms), trained


def make_data(layers, inputs, hidden, outputs, windows, steps):
    weight = torch.rand(steps, windows, outputs)
    return {
        "x": torch.randn(steps, windows, inputs),
        "h0": torch.tanh(torch.randn(layers, windows, hidden)),
        "c0": torch.randn(layers, windows, hidden),
        "target": 2 * torch.randn(steps, windows, outputs),
        "weight": torch.where(weight < 0.3, torch.zeros_like(weight), weight),
    }


def golden(cell, layers, sizes):
    windows, steps = sizes["windows"], sizes["steps"]
    shape = {key: sizes[key] for key in ("inputs", "hidden", "outputs")}
    data = make_data(layers, **sizes)
    if cell != "lstm":
        data["c0"].zero_()
    parts = layout(cell, layers, **shape)
    count = sum(torch.Size(size).numel() for _, size in parts)
    flat = (0.4 * torch.randn(count)).requires_grad_(True)
    loss, y = window_loss(cell, layers, parts, flat, data)
    loss.backward()
    hs, cs = step_by_step(cell, layers, parts, flat, data)
    losses, norms, trained = adam_losses(cell, layers, parts, flat, data)
    return {
        "seed": SEED,
        "torch": torch.__version__,
        "shape": {"cell": cell, "layers": layers, **shape},
        "windows": windows,
        "steps": steps,
        "parts": [[name, torch.Size(size).numel()] for name, size in parts],
        "weights": numbers(flat),
        "x": numbers(data["x"]),
        "h0": numbers(stream_major(data["h0"])),
        "c0": numbers(stream_major(data["c0"])),
        "target": numbers(data["target"]),
        "weight": numbers(data["weight"]),
        "h": numbers(hs),
        "c": numbers(cs),
        "y": numbers(y),
        "loss": float(loss),
        "gradient": numbers(flat.grad),
        "adam": {
            "learningRate": LEARNING_RATE,
            "beta1": BETAS[0],
            "beta2": BETAS[1],
            "epsilon": EPSILON,
            "clipNorm": CLIP_NORM,
            "losses": numbers(losses),
            "norms": numbers(norms),
            "weights": numbers(trained),
        },
    }


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    folder = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    for cell, layers, sizes in CASES:
        name = f"{cell}-{layers}-layer-hidden-{sizes['hidden']}.json"
        text = json.dumps(golden(cell, layers, sizes), separators=(",", ":"))
        (folder / name).write_text(text + "\n")
        print(f"{name}: {len(text)} bytes")


if __name__ == "__main__":
    main()
