"""The networks of bench/training.ts in JAX: the same layers, first scales and loss; parameters are nested lists."""

import math

import jax
import jax.numpy as jnp
from jax import lax, nn


class Keys:
    def __init__(self, seed):
        self.key = jax.random.key(seed)

    def normal(self, shape, fan_in):
        return math.sqrt(2 / fan_in) * jax.random.normal(self.next(), shape)

    def uniform(self, shape, fan_in, fan_out):
        limit = math.sqrt(6 / (fan_in + fan_out))
        return jax.random.uniform(self.next(), shape, minval=-limit, maxval=limit)

    def next(self):
        self.key, key = jax.random.split(self.key)
        return key


def hidden(keys, inputs, outputs):
    return [keys.normal((inputs, outputs), inputs), jnp.zeros(outputs)]


def linear(keys, inputs, outputs):
    return [keys.uniform((inputs, outputs), inputs, outputs), jnp.zeros(outputs)]


def affine(x, layer):
    return x @ layer[0] + layer[1]


def mlp(x, layers):
    for layer in layers[:-1]:
        x = nn.relu(affine(x, layer))
    return affine(x, layers[-1])


def soft_bound(x, low=-20.0, high=20.0):
    below = high - nn.softplus(high - x)
    return low + nn.softplus(below - low)


def vae_loss(encode, decode):
    def loss(parameters, x, key):
        mean, log_variance = jnp.split(encode(parameters[0], x), 2, -1)
        log_variance = soft_bound(log_variance)
        z = mean + jnp.exp(0.5 * log_variance) * jax.random.normal(key, mean.shape)
        logits = decode(parameters[1], z)
        reconstruction = jnp.sum(nn.softplus(logits) - x * logits)
        kl = 0.5 * jnp.sum(mean**2 + jnp.exp(log_variance) - log_variance - 1)
        return (reconstruction + kl) / x.shape[0]

    return loss


def vae_mlp(keys):
    parameters = [
        [hidden(keys, 784, 512), hidden(keys, 512, 512), linear(keys, 512, 40)],
        [hidden(keys, 20, 512), hidden(keys, 512, 512), linear(keys, 512, 784)],
    ]
    return parameters, vae_loss(lambda layers, x: mlp(x, layers), lambda layers, z: mlp(z, layers))


NHWC = ("NHWC", "HWIO", "NHWC")


def vae_conv(keys):
    down = [
        [keys.normal((4, 4, a, b), 16 * a), jnp.zeros(b)]
        for a, b in zip([3, 32, 64, 128], [32, 64, 128, 128])
    ]
    up = [
        [keys.normal((4, 4, a, b), 4 * a), jnp.zeros(b)]
        for a, b in zip([128, 128, 64], [128, 64, 32])
    ]
    up.append([keys.uniform((4, 4, 32, 3), 4 * 32, 16 * 3), jnp.zeros(3)])
    parameters = [[down, linear(keys, 512, 128)], [hidden(keys, 64, 512), up]]

    def encode(layers, x):
        for weight, bias in layers[0]:
            x = nn.relu(
                lax.conv_general_dilated(x, weight, (2, 2), "SAME", dimension_numbers=NHWC) + bias
            )
        return affine(x.reshape(x.shape[0], -1), layers[1])

    def decode(layers, z):
        x = nn.relu(affine(z, layers[0])).reshape(-1, 2, 2, 128)
        for index, (weight, bias) in enumerate(layers[1]):
            x = lax.conv_transpose(x, weight, (2, 2), "SAME", dimension_numbers=NHWC) + bias
            if index < 3:
                x = nn.relu(x)
        return x

    return parameters, vae_loss(encode, decode)


def layer_norm(x, scale, shift):
    mean = jnp.mean(x, -1, keepdims=True)
    variance = jnp.mean((x - mean) ** 2, -1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * scale + shift


def transformer(keys, blocks=4, width=256, heads=4):
    def block():
        return {
            "norms": [[jnp.ones(width), jnp.zeros(width)] for _ in range(2)],
            "query_key_value": linear(keys, width, 3 * width),
            "projection": linear(keys, width, width),
            "widen": linear(keys, width, 4 * width),
            "narrow": linear(keys, 4 * width, width),
        }

    parameters = [[block() for _ in range(blocks)], [jnp.ones(width), jnp.zeros(width)]]

    def attention(layer, x):
        batch, tokens, _ = x.shape
        parts = jnp.split(affine(x, layer["query_key_value"]), 3, -1)
        query, key, value = (
            part.reshape(batch, tokens, heads, -1).transpose(0, 2, 1, 3) for part in parts
        )
        scores = query @ key.swapaxes(-1, -2) / math.sqrt(width // heads)
        mixed = (nn.softmax(scores, -1) @ value).transpose(0, 2, 1, 3)
        return affine(mixed.reshape(batch, tokens, width), layer["projection"])

    def loss(parameters, x, key):
        y = x
        for layer in parameters[0]:
            y = y + attention(layer, layer_norm(y, *layer["norms"][0]))
            inner = affine(layer_norm(y, *layer["norms"][1]), layer["widen"])
            y = y + affine(nn.gelu(inner, approximate=False), layer["narrow"])
        return jnp.mean((layer_norm(y, *parameters[1]) - x) ** 2)

    return parameters, loss
