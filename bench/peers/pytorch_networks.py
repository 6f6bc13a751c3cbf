"""The networks of bench/training.ts in PyTorch: the same layers, first scales and loss."""

import math

import torch
from torch import nn
from torch.nn import functional as F


def he_normal(layer, fan_in):
    nn.init.normal_(layer.weight, 0.0, math.sqrt(2 / fan_in))
    nn.init.zeros_(layer.bias)
    return layer


def xavier_uniform(layer, fan_in, fan_out):
    limit = math.sqrt(6 / (fan_in + fan_out))
    nn.init.uniform_(layer.weight, -limit, limit)
    nn.init.zeros_(layer.bias)
    return layer


def hidden(inputs, outputs):
    return he_normal(nn.Linear(inputs, outputs), inputs)


def linear(inputs, outputs):
    return xavier_uniform(nn.Linear(inputs, outputs), inputs, outputs)


def soft_bound(x, low=-20.0, high=20.0):
    below = high - F.softplus(high - x)
    return low + F.softplus(below - low)


class VAE(nn.Module):
    """Bernoulli likelihood, diagonal Gaussian posterior, loss in nats per example."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def loss(self, x):
        mean, log_variance = self.encoder(x).chunk(2, -1)
        log_variance = soft_bound(log_variance)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        logits = self.decoder(z)
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = 0.5 * torch.sum(mean.square() + log_variance.exp() - log_variance - 1)
        return (reconstruction + kl) / x.shape[0]


def vae_mlp():
    return VAE(
        nn.Sequential(
            hidden(784, 512), nn.ReLU(), hidden(512, 512), nn.ReLU(), linear(512, 40)
        ),
        nn.Sequential(
            hidden(20, 512), nn.ReLU(), hidden(512, 512), nn.ReLU(), linear(512, 784)
        ),
    )


def down(inputs, outputs):
    return he_normal(nn.Conv2d(inputs, outputs, 4, 2, padding=1), 16 * inputs)


def up(inputs, outputs):
    return nn.ConvTranspose2d(inputs, outputs, 4, 2, padding=1)


def vae_conv():
    encoder, channels = [], [3, 32, 64, 128, 128]
    for inputs, outputs in zip(channels, channels[1:]):
        encoder += [down(inputs, outputs), nn.ReLU()]
    encoder += [nn.Flatten(), linear(512, 128)]
    decoder, channels = [hidden(64, 512), nn.ReLU(), nn.Unflatten(1, (128, 2, 2))], [128, 128, 64, 32]
    for inputs, outputs in zip(channels, channels[1:]):
        decoder += [he_normal(up(inputs, outputs), 4 * inputs), nn.ReLU()]
    decoder += [xavier_uniform(up(32, 3), 4 * 32, 16 * 3)]
    return VAE(nn.Sequential(*encoder), nn.Sequential(*decoder))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = linear(width, 3 * width)
        self.projection = linear(width, width)
        self.mlp_norm = nn.LayerNorm(width)
        self.widen = linear(width, 4 * width)
        self.narrow = linear(4 * width, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        parts = self.query_key_value(self.attention_norm(x)).chunk(3, -1)
        query, key, value = (
            part.view(batch, tokens, self.heads, -1).transpose(1, 2) for part in parts
        )
        mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2)
        x = x + self.projection(mixed.reshape(batch, tokens, width))
        return x + self.narrow(F.gelu(self.widen(self.mlp_norm(x))))


class Transformer(nn.Module):
    def __init__(self, blocks, width, heads):
        super().__init__()
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)

    def loss(self, x):
        return F.mse_loss(self.norm(self.blocks(x)), x)
