"""JAX on the CPU as a rival: `jax_peer.py BENCH`, with the threads that XLA takes (all cores)."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn

import jax_networks as networks
import peer


def adam(parameters, gradients, first, second, step, rate=1e-3, b1=0.9, b2=0.999, epsilon=1e-8):
    tree = jax.tree.map
    first = tree(lambda m, g: b1 * m + (1 - b1) * g, first, gradients)
    second = tree(lambda v, g: b2 * v + (1 - b2) * g * g, second, gradients)
    a, b = 1 / (1 - b1**step), 1 / (1 - b2**step)
    parameters = tree(
        lambda p, m, v: p - rate * (m * a) / (jnp.sqrt(v * b) + epsilon), parameters, first, second
    )
    return parameters, first, second


def training(network, data, batch):
    """One jitted step with donated state: loss, gradients and Adam; a shuffled batch before, one read after."""
    parameters, loss = network(networks.Keys(0))
    zeros = jax.tree.map(jnp.zeros_like, parameters)

    def update(state, x, key):
        parameters, first, second, step = state
        value, gradients = jax.value_and_grad(loss)(parameters, x, key)
        updated = adam(parameters, gradients, first, second, step + 1)
        return (*updated, step + 1), value

    compiled = jax.jit(update, donate_argnums=0)
    rng = np.random.default_rng(1)
    place = {"order": rng.permutation(len(data)), "next": 0, "steps": 0}
    place["state"] = (parameters, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0))
    root = jax.random.key(2)

    def step():
        if place["next"] + batch > len(data):
            place.update(order=rng.permutation(len(data)), next=0)
        x = data[place["order"][place["next"] : place["next"] + batch]]
        place["next"] += batch
        place["steps"] += 1
        key = jax.random.fold_in(root, place["steps"])
        place["state"], value = compiled(place["state"], x, key)
        return float(value)

    return step


def kernels(bench):
    rng = np.random.default_rng(0)

    def normal(shape):
        return jnp.asarray(rng.standard_normal(shape, dtype=np.float32))

    def call(function, *inputs):
        inputs = [normal(x) if isinstance(x, tuple) else x for x in inputs]
        compiled = jax.jit(function)

        def step():
            compiled(*inputs).block_until_ready()

        return step

    square = (1024, 1024)
    if bench == "matmul":
        return {
            "128x784x512": call(jnp.matmul, (128, 784), (784, 512)),
            "1024": call(jnp.matmul, square, square),
            "1024-left-transposed": call(lambda a, b: a.T @ b, square, square),
            "1024-right-transposed": call(lambda a, b: a @ b.T, square, square),
            "batched-256x64x64x64": call(
                lambda a, b: a @ b.swapaxes(1, 2), (256, 64, 64), (256, 64, 64)
            ),
        }
    if bench == "convolution":
        shape, filters = (64, 32, 32, 64), (3, 3, 64, 64)

        def convolve(x, weight):
            return lax.conv_general_dilated(
                x, weight, (1, 1), "SAME", dimension_numbers=networks.NHWC
            )

        return {
            "forward": call(convolve, shape, filters),
            "input-gradient": call(
                lambda x, w, dy: jax.vjp(lambda a: convolve(a, w), x)[1](dy)[0], shape, filters, shape
            ),
            "filter-gradient": call(
                lambda x, w, dy: jax.vjp(lambda a: convolve(x, a), w)[1](dy)[0], shape, filters, shape
            ),
        }
    if bench == "elementwise":
        return {
            "add": call(jnp.add, square, square),
            "add-broadcast": call(jnp.add, square, (1024,)),
            "exp": call(jnp.exp, square),
            "tanh": call(jnp.tanh, square),
            "softplus": call(nn.softplus, square),
            "gelu": call(lambda x: nn.gelu(x, approximate=False), square),
            "transpose": call(lambda x: x.transpose(0, 2, 1, 3), (64, 64, 4, 64)),
        }
    if bench == "reduce":
        return {
            "sum-all": call(jnp.sum, square),
            "sum-rows": call(lambda x: x.sum(1), square),
            "sum-columns": call(lambda x: x.sum(0), square),
            "max-rows": call(lambda x: x.max(1), square),
            "argmax-rows": call(lambda x: x.argmax(1), square),
            "softmax": call(lambda x: nn.softmax(x, -1), square),
        }
    if bench == "gather-scatter":
        rows = jnp.asarray(rng.integers(10_000, size=8192), dtype=jnp.int32)
        segments = jnp.asarray(rng.integers(100, size=20_000), dtype=jnp.int32)
        return {
            "gather": call(lambda table, i: table[i], (10_000, 256), rows),
            "gather-gradient": call(
                lambda i, dy: jnp.zeros((10_000, 256)).at[i].add(dy), rows, (8192, 256)
            ),
            "few-segments": call(
                lambda x, i: jax.ops.segment_sum(x, i, 100), (20_000, 512), segments
            ),
        }
    raise ValueError(f"no bench named '{bench}' here")


def pictures(*shape):
    return (np.random.default_rng(3).random(shape, dtype=np.float32) < 0.2).astype(np.float32)


def build(bench):
    label = f"JAX {jax.__version__}"
    if bench == "vae-mlp":
        return label, {"": training(networks.vae_mlp, pictures(16 * 128, 784), 128)}
    if bench == "vae-conv":
        return label, {"": training(networks.vae_conv, pictures(16 * 64, 32, 32, 3), 64)}
    if bench == "transformer":
        data = np.random.default_rng(3).standard_normal((4 * 64, 64, 256), dtype=np.float32)
        return label, {"": training(networks.transformer, data, 64)}
    return label, kernels(bench)


if __name__ == "__main__":
    peer.serve(build)
