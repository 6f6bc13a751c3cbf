"""The TopK sparse autoencoder of bench/sae.ts in PyTorch, dense: what one writes without kernels of one's own."""

import torch
from torch import nn
from torch.nn import functional as F

INPUTS = 512
K = 32

# name: latents, batch
BENCHES = {
    "sae": (16384, 1024),
    "sae-4096": (16384, 4096),
    "sae-scaling-4k": (4096, 1024),
    "sae-scaling-16k": (16384, 1024),
    "sae-scaling-64k": (65536, 1024),
}


class SparseAutoencoder(nn.Module):
    """AuxK is left out, which costs nothing where no latent is dead."""

    def __init__(self, latents):
        super().__init__()
        directions = F.normalize(torch.randn(latents, INPUTS), dim=1)
        self.encoder = nn.Parameter(directions.clone())
        self.decoder = nn.Parameter(directions.clone())
        self.latent_bias = nn.Parameter(torch.zeros(latents))
        self.bias = nn.Parameter(torch.zeros(INPUTS))

    def loss(self, x):
        before = F.linear(x - self.bias, self.encoder, self.latent_bias)
        values, indices = before.topk(K, dim=-1)
        code = torch.zeros_like(before).scatter_(-1, indices, values.relu())
        return (code @ self.decoder + self.bias - x).square().mean()

    @torch.no_grad()
    def constrain(self):
        """Directions of unit norm, and gradients across them."""
        self.decoder /= self.decoder.norm(dim=1, keepdim=True)
        gradient = self.decoder.grad
        gradient -= self.decoder * (self.decoder * gradient).sum(1, keepdim=True)


def build(bench):
    latents, batch = BENCHES[bench]
    return SparseAutoencoder(latents), torch.randn(4 * batch, INPUTS), batch
