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


def patchify(images, patch):
    """`[batch, channels, side, side]` to `[batch, patches, values]`, a patch's values in rows, columns, channels."""
    batch, channels, side, _ = images.shape
    cut = images.view(batch, channels, side // patch, patch, side // patch, patch)
    return cut.permute(0, 2, 4, 3, 5, 1).reshape(batch, (side // patch) ** 2, -1)


def gather_rows(x, rows):
    return x.gather(1, rows.unsqueeze(-1).expand(-1, -1, x.shape[-1]))


class ViT(nn.Module):
    """ViT-Tiny; its positions are fixed, and here just numbers."""

    def __init__(self, side, patch, width=192, blocks=12, heads=3):
        super().__init__()
        self.patch, count = patch, (side // patch) ** 2
        self.embedding = linear(patch * patch * 3, width)
        self.class_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.register_buffer("positions", torch.rand(1, count + 1, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)

    def forward(self, patches, kept=None):
        positions = self.positions[:, 1:]
        if kept is not None:
            patches = gather_rows(patches, kept)
            positions = gather_rows(positions.expand(len(patches), -1, -1), kept)
        first = (self.class_token + self.positions[:, :1]).expand(len(patches), -1, -1)
        return self.norm(self.blocks(torch.cat([first, self.embedding(patches) + positions], 1)))


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = ViT(28, 4)
        self.head = nn.Linear(192, 10)
        nn.init.trunc_normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def loss(self, x):
        tokens = self.encoder(patchify(x, self.encoder.patch))
        labels = torch.arange(len(x)) % 10
        return F.cross_entropy(self.head(tokens[:, 0]), labels)


class MAE(nn.Module):
    """Three quarters of the patches are hidden; the loss is that of the hidden ones, each normalised."""

    def __init__(self, side, patch, width=128, blocks=4, heads=4):
        super().__init__()
        self.encoder = ViT(side, patch)
        self.count = (side // patch) ** 2
        self.kept = self.count // 4
        self.embedding = linear(192, width)
        self.mask_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.register_buffer("positions", torch.rand(1, self.count, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.head = linear(width, patch * patch * 3)

    def loss(self, x):
        patches = patchify(x, self.encoder.patch)
        order = torch.rand(len(x), self.count).argsort(1)
        kept, hidden = order[:, : self.kept], order[:, self.kept :]
        tokens = self.embedding(self.encoder(patches, kept))
        masks = self.mask_token.expand(len(x), self.count - self.kept, -1)
        restored = gather_rows(torch.cat([tokens[:, 1:], masks], 1), order.argsort(1))
        decoded = torch.cat([tokens[:, :1], restored + self.positions], 1)
        decoded = self.norm(self.blocks(decoded))[:, 1:]
        predicted = self.head(gather_rows(decoded, hidden))
        target = gather_rows(patches, hidden)
        variance, mean = torch.var_mean(target, -1, keepdim=True)
        return F.mse_loss(predicted, (target - mean) / (variance + 1e-6).sqrt())
