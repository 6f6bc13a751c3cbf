"""The passage encoder of bench/text.ts in PyTorch: the same layers, first scales and loss."""

import torch
from torch import nn
from torch.nn import functional as F

from pytorch_networks import Block, linear

VOCABULARY, TOKENS, WIDTH, DEPTH, HEADS, BATCH = 8192, 128, 256, 4, 4, 32
HIDDEN = TOKENS - int(TOKENS * 0.7)
SPECIAL, MASK = 4, 3


class Encoder(nn.Module):
    """Every token sees every one: the passages of the bench have no padding, but the mask is looked at as ours is."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Parameter(torch.randn(TOKENS, WIDTH) * 0.02)
        nn.init.trunc_normal_(self.embedding.weight, 0.0, 0.02, -0.04, 0.04)
        self.embedding_norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.blocks = nn.Sequential(*(Block(WIDTH, HEADS) for _ in range(DEPTH)))
        for block in self.blocks:
            for layer in (block.query_key_value, block.projection, block.widen, block.narrow):
                nn.init.trunc_normal_(layer.weight, 0.0, 0.02, -0.04, 0.04)
            for layer in (block.projection, block.narrow):
                layer.weight.data /= (2 * DEPTH) ** 0.5
        self.norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.head = linear(WIDTH, WIDTH)
        self.head_norm = nn.LayerNorm(WIDTH, eps=1e-6)

    def forward(self, ids):
        return self.norm(self.blocks(self.embedding_norm(self.embedding(ids) + self.positions)))

    def loss(self, ids):
        """Three tenths of the words are hidden, drawn anew; only their logits are made."""
        hidden = torch.rand(len(ids), TOKENS - 2).argsort(1)[:, :HIDDEN] + 1
        targets = ids.gather(1, hidden)
        kind = torch.rand(hidden.shape)
        other = torch.randint(SPECIAL, VOCABULARY, hidden.shape)
        shown = torch.where(kind < 0.8, MASK, torch.where(kind < 0.9, other, targets))
        tokens = self.forward(ids.scatter(1, hidden, shown))
        rows = tokens.gather(1, hidden.unsqueeze(-1).expand(-1, -1, WIDTH))
        rows = self.head_norm(F.gelu(self.head(rows)))
        logits = F.linear(rows, self.embedding.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def passages(count):
    ids = torch.randint(SPECIAL, VOCABULARY, (count, TOKENS))
    ids[:, 0], ids[:, -1] = 1, 2
    return ids


def training():
    return Encoder(), passages(8 * BATCH), BATCH


def encoding():
    """One call encodes a batch of passages; their vectors are read."""
    model, ids = Encoder().eval(), passages(BATCH)

    def step():
        with torch.inference_mode():
            model(ids)[:, 0].numpy()

    return step
