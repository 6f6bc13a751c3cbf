"""PyTorch as a rival: `pytorch_peer.py BENCH`, with the threads of OMP_NUM_THREADS."""

import os

import torch
from torch.nn import functional as F

import peer
import pytorch_codec
import pytorch_networks as networks
import pytorch_sae
import pytorch_text

THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))
torch.set_num_threads(THREADS)
torch.manual_seed(0)


def pictures(*shape):
    return (torch.rand(*shape) < 0.2).float()


def training(model, data, batch):
    """The usual loop: a shuffled batch, the loss, its gradients, fused Adam, one read."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    state = {"order": torch.randperm(len(data)), "next": 0}

    def step():
        if state["next"] + batch > len(data):
            state.update(order=torch.randperm(len(data)), next=0)
        x = data[state["order"][state["next"] : state["next"] + batch]]
        state["next"] += batch
        optimizer.zero_grad()
        loss = model.loss(x)
        loss.backward()
        if hasattr(model, "constrain"):
            model.constrain()
        optimizer.step()
        return loss.item()

    return step


def kernels(bench):
    def call(function, *shapes):
        inputs = [torch.randn(*shape) for shape in shapes]

        def step():
            function(*inputs)

        return step

    square = (1024, 1024)
    if bench == "matmul":
        return {
            "128x784x512": call(torch.matmul, (128, 784), (784, 512)),
            "1024": call(torch.matmul, square, square),
            "1024-left-transposed": call(lambda a, b: a.T @ b, square, square),
            "1024-right-transposed": call(lambda a, b: a @ b.T, square, square),
            "batched-256x64x64x64": call(
                lambda a, b: a @ b.transpose(1, 2), (256, 64, 64), (256, 64, 64)
            ),
        }
    if bench == "convolution":
        x, weight, dy = torch.randn(64, 64, 32, 32), torch.randn(64, 64, 3, 3), torch.randn(64, 64, 32, 32)
        ask = torch.ops.aten.convolution_backward

        def backward(mask):
            ask(dy, x, weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, mask)

        return {
            "forward": call(lambda a, b: F.conv2d(a, b, padding=1), x.shape, weight.shape),
            "input-gradient": lambda: backward([True, False, False]),
            "filter-gradient": lambda: backward([False, True, False]),
        }
    if bench == "elementwise":
        return {
            "add": call(torch.add, square, square),
            "add-broadcast": call(torch.add, square, (1024,)),
            "exp": call(torch.exp, square),
            "tanh": call(torch.tanh, square),
            "softplus": call(F.softplus, square),
            "gelu": call(F.gelu, square),
            "transpose": call(lambda x: x.transpose(1, 2).contiguous(), (64, 64, 4, 64)),
        }
    if bench == "reduce":
        return {
            "sum-all": call(torch.sum, square),
            "sum-rows": call(lambda x: x.sum(1), square),
            "sum-columns": call(lambda x: x.sum(0), square),
            "max-rows": call(lambda x: x.amax(1), square),
            "argmax-rows": call(lambda x: x.argmax(1), square),
            "softmax": call(lambda x: x.softmax(-1), square),
        }
    if bench == "gather-scatter":
        rows, segments = torch.randint(10_000, (8192,)), torch.randint(100, (20_000,))
        dy = torch.randn(8192, 256)

        def scatter():
            torch.zeros(10_000, 256).index_add_(0, rows, dy)

        return {
            "gather": call(lambda table: table[rows], (10_000, 256)),
            "gather-gradient": scatter,
            "few-segments": call(
                lambda x: torch.zeros(100, 512).index_add_(0, segments, x), (20_000, 512)
            ),
        }
    raise ValueError(f"no bench named '{bench}' here")


def build(bench):
    label = f"PyTorch {torch.__version__.split('+')[0]}, {THREADS} thread{'s' if THREADS > 1 else ''}"
    if bench == "vae-mlp":
        return label, {"": training(networks.vae_mlp(), pictures(16 * 128, 784), 128)}
    if bench == "vae-conv":
        return label, {"": training(networks.vae_conv(), pictures(16 * 64, 3, 32, 32), 64)}
    if bench == "transformer":
        model = networks.Transformer(4, 256, 4)
        return label, {"": training(model, torch.randn(4 * 64, 64, 256), 64)}
    if bench == "vit":
        return label, {"": training(networks.Classifier(), torch.randn(4 * 64, 3, 28, 28), 64)}
    if bench in ("mae-32", "mae-96"):
        side, patch = (32, 4) if bench == "mae-32" else (96, 8)
        model = networks.MAE(side, patch)
        return label, {"": training(model, torch.randn(4 * 64, 3, side, side), 64)}
    if bench == "codec":
        model = pytorch_codec.HyperpriorCodec()
        return label, {"": training(model, torch.rand(4 * 8, 3, 128, 128), 8)}
    if bench == "mlm":
        return label, {"": training(*pytorch_text.training())}
    if bench == "encode":
        return label, {"": pytorch_text.encoding()}
    if bench in pytorch_sae.BENCHES:
        return label, {"": training(*pytorch_sae.build(bench))}
    return label, kernels(bench)


def profile(step, count):
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as recorded:
        for _ in range(count):
            step()
    lines = [
        {
            "name": event.key,
            "milliseconds": event.self_cpu_time_total / 1000 / count,
            "calls": event.count / count,
        }
        for event in recorded.key_averages()
    ]
    return sorted(lines, key=lambda line: -line["milliseconds"])[:15]


if __name__ == "__main__":
    peer.serve(build, profile)
