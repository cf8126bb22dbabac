"""The kernel bench's process for PyTorch: `pytorch_worker.py FOLDER`.

Serves the lines of test/bench/kernels/worker-protocol.ts for the workloads whose data lie in
FOLDER (test/bench/kernels/workload-data.ts says how). Of the ways that PyTorch has of doing a
step, the one that is faster for the workload is measured.
"""

import array
import os
import pathlib
import re
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import torch  # noqa: E402 (the threads must be set before)

INPUTS, OUTPUTS, STEPS = 16, 32, 48
CLIP_NORM, LEARNING_RATE, BETAS, EPSILON = 0.05, 0.01, (0.9, 0.99), 1e-8
FEW = 8
TRIALS = 5
linear = torch.nn.functional.linear


def blas():
    """The files of the linear algebra library that is loaded."""
    maps = pathlib.Path("/proc/self/maps")
    if not maps.exists():
        return "unknown BLAS"
    found = re.findall(r"/\S*(?:blas|mkl_rt|blis)[^\s/]*\.so\S*", maps.read_text())
    return " ".join(sorted(set(found))) or "no BLAS"


class Workload:
    def __init__(self, folder, name):
        kind, *sizes = re.fullmatch(r"(infer|train)-(\d+)-(\d+)-(\d+)", name).groups()
        self.kind = kind
        self.S, self.H, self.L = map(int, sizes)
        numbers = array.array("f", (pathlib.Path(folder) / name).read_bytes())
        self.flat = torch.tensor(numbers)
        self.at = 0
        self.layers = []
        for layer in range(self.L):
            width = INPUTS if layer == 0 else self.H
            rows = 4 * self.H
            parts = [self.take(rows, width), self.take(rows, self.H), self.take(rows)]
            self.layers.append(parts + [torch.zeros(rows)])
        self.wo = self.take(OUTPUTS, self.H)
        self.ws = self.take(OUTPUTS, INPUTS)
        self.bo = self.take(OUTPUTS)
        steps = 1 if kind == "infer" else STEPS
        self.x = self.take(steps, self.S, INPUTS)
        states = [self.take(self.S, self.L, self.H) for _ in "hc"]
        self.h, self.c = (state.transpose(0, 1).contiguous() for state in states)
        if kind == "train":
            self.target = self.take(steps, self.S, OUTPUTS)
        assert self.at == self.flat.numel()

    def take(self, *shape):
        count = torch.Size(shape).numel()
        self.at += count
        return self.flat[self.at - count : self.at].view(shape).clone()


def sequence(w, layers, x, h, c):
    """torch's own network over all steps of x: the top h of each step, and the last h and c."""
    weights = [part for parts in layers for part in parts]
    return torch._VF.lstm(x, (h, c), weights, True, w.L, 0.0, False, False, False)


class Inference:
    def __init__(self, w):
        self.w = w
        self.woT = w.wo.t()
        self.h, self.c = w.h, w.c
        self.hs, self.cs = list(w.h.unbind()), list(w.c.unbind())
        self.step = None

    def head(self, top):
        return torch.addmm(linear(self.w.x[0], self.w.ws, self.w.bo), top, self.woT)

    def by_sequence(self):
        tops, self.h, self.c = sequence(self.w, self.w.layers, self.w.x, self.h, self.c)
        return self.head(tops[0])

    def by_cells(self):
        below = self.w.x[0]
        for layer, parts in enumerate(self.w.layers):
            below, self.cs[layer] = torch.lstm_cell(below, (self.hs[layer], self.cs[layer]), *parts)
            self.hs[layer] = below
        return self.head(below)

    def choose(self):
        """The faster of the two ways; the states that the trials change are put back."""
        ways = (self.by_cells, self.by_sequence)
        with torch.inference_mode():
            best = [min(timed(way) for _ in range(TRIALS)) for way in ways]
        self.__init__(self.w)
        self.step = (self.by_cells, self.by_sequence)[best.index(min(best))]

    def run(self, iterations):
        if self.step is None:
            self.choose()
        with torch.inference_mode():
            for _ in range(iterations):
                self.y = self.step()

    def outcome(self):
        S = self.w.S
        rows = range(S) if S <= 2 * FEW else [*range(FEW), *range(S - FEW, S)]
        return [value for row in rows for value in self.y[row].tolist()]


class Training:
    def __init__(self, w):
        self.w = w
        self.parts = [part for parts in w.layers for part in parts[:3]] + [w.wo, w.ws, w.bo]
        for part in self.parts:
            part.requires_grad_(True)
        self.adam = torch.optim.Adam(self.parts, lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)

    def run(self, iterations):
        w = self.w
        for _ in range(iterations):
            self.adam.zero_grad(set_to_none=True)
            tops, _, _ = sequence(w, w.layers, w.x, w.h, w.c)
            y = linear(tops, w.wo) + linear(w.x, w.ws, w.bo)
            loss = torch.nn.functional.huber_loss(y, w.target)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(self.parts, CLIP_NORM)
            self.adam.step()
        self.last = [loss.item(), norm.item()]

    def outcome(self):
        return self.last


def timed(work, *arguments):
    before = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - before) * 1e6


def answer(folder, tasks, verb, name, *counts):
    if verb == "forget":
        tasks.pop(name, None)
        return []
    if verb == "check" or name not in tasks:
        w = Workload(folder, name)
        tasks[name] = Inference(w) if w.kind == "infer" else Training(w)
    task = tasks[name]
    first, *others = map(int, counts)
    if verb == "run":
        return [timed(task.run, others[0]) / others[0] for _ in range(first)]
    numbers = []
    for _ in range(first):
        task.run(1)
        numbers += task.outcome()
    return numbers


def main():
    torch.set_num_threads(1)
    torch.ones(2, 2) @ torch.ones(2, 2)
    print(f"ready PyTorch {torch.__version__}, one thread, {blas()}", flush=True)
    tasks = {}
    for line in sys.stdin:
        try:
            numbers = answer(sys.argv[1], tasks, *line.split())
            print("numbers", *(repr(number) for number in numbers), flush=True)
        except Exception as error:  # the bench decides what to do about it
            print("failed", repr(error).replace("\n", " "), flush=True)


if __name__ == "__main__":
    main()
