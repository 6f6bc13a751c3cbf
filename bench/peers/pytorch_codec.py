"""The codec of bench/training.ts in PyTorch: a mean-scale hyperprior with the same layers, reparameterisations and loss."""

import math

import torch
from torch import nn
from torch.nn import functional as F

LEAST_LIKELIHOOD = 1e-9
PEDESTAL = 2**-36
LEAST_SCALE, MOST_SCALE = 0.11, 256.0


class LowerBound(torch.autograd.Function):
    """max(x, bound), whose gradient also passes below where a step leads back."""

    @staticmethod
    def forward(ctx, x, bound):
        ctx.save_for_backward(x)
        ctx.bound = bound
        return x.clamp_min(bound)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * ((x >= ctx.bound) | (gradient < 0)), None


lower_bound = LowerBound.apply


def normal(layer, fan_in, gain):
    nn.init.normal_(layer.weight, 0.0, math.sqrt(gain / fan_in))
    nn.init.zeros_(layer.bias)
    return layer


def conv(inputs, outputs, kernel, stride=1, gain=2):
    # Of an even map with stride 2, `same` pads one more at the end: as much work as one less here.
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2)
    return normal(layer, kernel * kernel * inputs, gain)


def up(inputs, outputs):
    layer = nn.ConvTranspose2d(inputs, outputs, 5, 2, padding=2, output_padding=1)
    return normal(layer, 25 / 4 * inputs, 1)


class Gdn(nn.Module):
    def __init__(self, features, inverse=False):
        super().__init__()
        self.inverse = inverse
        self.beta = nn.Parameter(torch.full((features,), math.sqrt(1 + PEDESTAL)))
        self.gamma = nn.Parameter((0.1 * torch.eye(features) + PEDESTAL).sqrt())

    def forward(self, x):
        beta = lower_bound(self.beta, math.sqrt(1e-6 + PEDESTAL)).square() - PEDESTAL
        gamma = lower_bound(self.gamma, math.sqrt(PEDESTAL)).square() - PEDESTAL
        energy = F.conv2d(x.square(), gamma[:, :, None, None], beta)
        return x * (energy.sqrt() if self.inverse else energy.rsqrt())


class FactorizedEntropy(nn.Module):
    """Cumulatives of one hidden network a channel; `[batch, channels, height, width]`."""

    def __init__(self, channels, hidden=(3, 3, 3), scale=10.0):
        super().__init__()
        sizes = (1, *hidden, 1)
        share = scale ** (1 / (len(hidden) + 1))
        self.matrices, self.biases, self.factors = nn.ParameterList(), nn.ParameterList(), nn.ParameterList()
        for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            start = math.log(math.expm1(1 / share / outputs))
            self.matrices.append(nn.Parameter(torch.full((channels, outputs, inputs), start)))
            self.biases.append(nn.Parameter(torch.rand(channels, outputs, 1) - 0.5))
            if i < len(hidden):
                self.factors.append(nn.Parameter(torch.zeros(channels, outputs, 1)))

    def logits(self, x):
        for i, matrix in enumerate(self.matrices):
            x = F.softplus(matrix) @ x + self.biases[i]
            if i < len(self.factors):
                x = x + torch.tanh(self.factors[i]) * torch.tanh(x)
        return x

    def likelihood(self, values):
        batch, channels, height, width = values.shape
        columns = values.permute(1, 0, 2, 3).reshape(channels, 1, -1)
        lower, upper = self.logits(columns - 0.5), self.logits(columns + 0.5)
        side = -torch.sign(lower + upper).detach()
        share = (torch.sigmoid(side * upper) - torch.sigmoid(side * lower)).abs()
        share = share.reshape(channels, batch, height, width).permute(1, 0, 2, 3)
        return lower_bound(share, LEAST_LIKELIHOOD)


def cumulative(x):
    return 0.5 * (1 + torch.erf(x * math.sqrt(0.5)))


def gaussian_likelihood(values, means, scales):
    distance = (values - means).abs()
    share = cumulative((0.5 - distance) / scales) - cumulative((-0.5 - distance) / scales)
    return lower_bound(share, LEAST_LIKELIHOOD)


def noisy(x):
    return x + torch.rand_like(x) - 0.5


def bits(likelihood):
    return -likelihood.log().sum((1, 2, 3)) / math.log(2)


class HyperpriorCodec(nn.Module):
    def __init__(self, channels=128, latents=192, weight=0.013):
        super().__init__()
        self.weight = weight
        n, m = channels, latents
        self.analysis = nn.Sequential(
            conv(3, n, 5, 2, 1), Gdn(n), conv(n, n, 5, 2, 1), Gdn(n), conv(n, n, 5, 2, 1), Gdn(n), conv(n, m, 5, 2, 1)
        )
        self.synthesis = nn.Sequential(
            up(m, n), Gdn(n, True), up(n, n), Gdn(n, True), up(n, n), Gdn(n, True), up(n, 3)
        )
        self.hyper_analysis = nn.Sequential(
            conv(m, n, 3), nn.ReLU(), conv(n, n, 5, 2), nn.ReLU(), conv(n, n, 5, 2, 1)
        )
        self.entropy = FactorizedEntropy(n)
        self.hyper_decoder = nn.Sequential(
            conv(n, 4 * n, 1), nn.ReLU(), nn.PixelShuffle(2), conv(n, 4 * n, 3), nn.ReLU(), nn.PixelShuffle(2)
        )
        self.head = nn.Sequential(conv(n, n, 3), nn.ReLU(), conv(n, 2 * m, 1, 1, 1))

    def loss(self, x):
        latents = self.analysis(x - 0.5)
        summary = noisy(self.hyper_analysis(latents))
        rate = bits(self.entropy.likelihood(summary))
        means, logs = self.head(self.hyper_decoder(summary)).chunk(2, 1)
        scales = lower_bound(logs, math.log(LEAST_SCALE)).clamp_max(math.log(MOST_SCALE)).exp()
        rate = rate + bits(gaussian_likelihood(noisy(latents), means, scales))
        offset = latents - means
        rounded = latents + (offset.round() - offset).detach()
        errors = (self.synthesis(rounded) + 0.5 - x).square().mean((1, 2, 3))
        return (rate / (x.shape[2] * x.shape[3]) + self.weight * 255**2 * errors).mean()
