#!/usr/bin/env python3
"""Trains the int8 network of the demonstration on the 1,797 handwritten digits and writes it to data/digits/.

    pip install numpy && scripts/digits/train.py

Run once; its output is committed. Two layers, 64 -> 64 -> 10:

    hidden = requantise(pixels . W1 + b1)    int8, after ReLU     kernels matmul_i8, pack_i8
    scores = hidden . W2 + b2                int32                kernel  matmul_i8 (raw)
    digit  = argmax(scores)                                       kernel  argmax

The split is random, with a fixed seed: 1,347 digits train, 450 are held out. Training is in floats; what is written, and
what the accuracy is measured on, is integers alone, computed exactly as the kernels compute it.
"""

import argparse
import csv
import gzip
import json
import math
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SEED = 2609
TRAIN = 1347
HIDDEN = 64
CLASSES = 10


def load_digits(path):
    """Pixels [1797, 64] of 0..16 and labels [1797]."""
    with gzip.open(path, "rt") as lines:
        table = np.array([[int(cell) for cell in row] for row in csv.reader(lines)])
    return table[:, :64], table[:, 64]


def train(x, y, random, epochs=400, rate=2e-3, decay=2e-3, batch=64):
    """Adam on the cross entropy of a ReLU network, with decay of the weights; returns W1 [64, H], b1, W2 [H, 10], b2."""
    parameters = [
        random.normal(0, math.sqrt(2 / 64), (64, HIDDEN)),
        np.zeros(HIDDEN),
        random.normal(0, math.sqrt(2 / HIDDEN), (HIDDEN, CLASSES)),
        np.zeros(CLASSES),
    ]
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    step = 0
    for epoch in range(epochs):
        current_rate = rate * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
        order = random.permutation(len(x))
        for start in range(0, len(x), batch):
            xb, yb = x[order[start : start + batch]], y[order[start : start + batch]]
            w1, b1, w2, b2 = parameters
            hidden = np.maximum(xb @ w1 + b1, 0)
            scores = hidden @ w2 + b2
            scores -= scores.max(axis=1, keepdims=True)
            p = np.exp(scores)
            p /= p.sum(axis=1, keepdims=True)
            p[np.arange(len(yb)), yb] -= 1
            p /= len(yb)
            back = (p @ w2.T) * (hidden > 0)
            gradients = [xb.T @ back, back.sum(axis=0), hidden.T @ p, p.sum(axis=0)]
            step += 1
            for i, gradient in enumerate(gradients):
                first[i] = 0.9 * first[i] + 0.1 * gradient
                second[i] = 0.999 * second[i] + 0.001 * gradient**2
                m = first[i] / (1 - 0.9**step)
                v = second[i] / (1 - 0.999**step)
                wanted = decay * parameters[i] if parameters[i].ndim == 2 else 0
                parameters[i] = parameters[i] - current_rate * (m / (np.sqrt(v) + 1e-8) + wanted * 10)
    return parameters


def to_int8(weights):
    """Symmetric, one scale for the tensor."""
    scale = np.abs(weights).max() / 127
    return np.clip(np.rint(weights / scale), -127, 127).astype(np.int64), scale


def fixed_point(factor):
    """`factor` < 1 as (multiplier, shift): factor = multiplier / 2^(32 + shift), the multiplier below 2^31."""
    shift = 0
    while factor * 2 ** (32 + shift + 1) < 2**31 and shift < 30:
        shift += 1
    multiplier = round(factor * 2 ** (32 + shift))
    assert 0 < multiplier < 2**31
    return multiplier, shift


def requantise(acc, multiplier, shift, relu):
    """As `matmul_i8` does it: see kernels/wgsl/matmul_i8.wgsl."""
    high = (acc * multiplier) >> 32
    if shift:
        high = (high + (1 << (shift - 1))) >> shift
    return np.clip(high, 0 if relu else -128, 127)


def classify(net, x):
    """The digits, in integers."""
    hidden = requantise(x @ net["w1"] + net["b1"], net["multiplier"], net["shift"], relu=True)
    return np.argmax(hidden @ net["w2"] + net["b2"], axis=1)


def quantise(parameters, x):
    """The integer network of a float one; `x` calibrates the range of the hidden layer."""
    w1, b1, w2, b2 = parameters
    hidden = np.maximum(x @ w1 + b1, 0)
    hidden_scale = np.percentile(hidden, 99.95) / 127
    q1, s1 = to_int8(w1)
    q2, s2 = to_int8(w2)
    multiplier, shift = fixed_point(s1 / hidden_scale)
    return {
        "w1": q1,
        "b1": np.rint(b1 / s1).astype(np.int64),
        "w2": q2,
        "b2": np.rint(b2 / (s2 * hidden_scale)).astype(np.int64),
        "multiplier": multiplier,
        "shift": shift,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digits", type=Path, default=ROOT / "data" / "digits.csv.gz")
    parser.add_argument("--out", type=Path, default=ROOT / "data" / "digits")
    args = parser.parse_args()

    pixels, labels = load_digits(args.digits)
    random = np.random.default_rng(SEED)
    order = random.permutation(len(pixels))
    training, held_out = np.sort(order[:TRAIN]), np.sort(order[TRAIN:])
    parameters = train(pixels[training].astype(float), labels[training], random)
    net = quantise(parameters, pixels[training])

    right = classify(net, pixels) == labels
    for name, part in (("training", training), ("held-out", held_out)):
        print(f"{name}: {right[part].sum()} of {len(part)} right, {right[part].mean():.2%}")

    args.out.mkdir(parents=True, exist_ok=True)
    net["w1"].T.astype("<i1").tofile(args.out / "w1t.bin")
    net["b1"].astype("<i4").tofile(args.out / "b1.bin")
    net["w2"].T.astype("<i1").tofile(args.out / "w2t.bin")
    net["b2"].astype("<i4").tofile(args.out / "b2.bin")
    description = {
        "about": "int8 network 64 -> 64 -> 10 for data/digits.csv.gz, made by scripts/digits/train.py",
        "seed": SEED,
        "layers": [
            {
                "weights": "w1t.bin",
                "weights_layout": f"i8 [{HIDDEN}][64], transposed: one row per output",
                "bias": "b1.bin",
                "bias_layout": f"i32 [{HIDDEN}]",
                "k": 64,
                "n": HIDDEN,
                "multiplier": net["multiplier"],
                "shift": net["shift"],
                "relu": True,
            },
            {
                "weights": "w2t.bin",
                "weights_layout": f"i8 [{CLASSES}][{HIDDEN}], transposed: one row per output",
                "bias": "b2.bin",
                "bias_layout": f"i32 [{CLASSES}]",
                "k": HIDDEN,
                "n": CLASSES,
                "raw": True,
            },
        ],
        "split": {
            "train": TRAIN,
            "held_out": len(held_out),
            "held_out_lines": held_out.tolist(),
        },
        "held_out_right": int(right[held_out].sum()),
    }
    text = json.dumps(description, indent=2)
    lines = ", ".join(str(i) for i in held_out.tolist())
    before, after = text.split('"held_out_lines": [')
    text = before + f'"held_out_lines": [{lines}]' + after[after.index("]") + 1 :]
    (args.out / "network.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
