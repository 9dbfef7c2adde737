"""STAG, equations 12-33 in their order; where the paper's text is silent, as the docstring of
mer_models/stag.py decides."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.stag import STAG, EGATLayer
from mer_models.stag import Attention as OurAttention
from mer_models.stag import Block as OurBlock


def copied(ours: nn.Linear | nn.LayerNorm) -> nn.Module:
    if isinstance(ours, nn.LayerNorm):
        own: nn.Module = nn.LayerNorm(ours.normalized_shape)
    else:
        own = nn.Linear(ours.in_features, ours.out_features, ours.bias is not None)
    load_in_order(own, ours.state_dict().values())
    return own


def split(weight: Tensor, bias: Tensor | None, parts: int) -> list[nn.Linear]:
    """One linear layer for each of the ``parts`` that ours computes at once."""
    layers = []
    for part in range(parts):
        layer = nn.Linear(weight.shape[1], len(weight) // parts, bias is not None)
        load_in_order(layer, [v.chunk(parts)[part] for v in (weight, bias) if v is not None])
        layers.append(layer)
    return layers


class MLP(nn.Module):
    """W_2 GELU(W_1 x + b_1) + b_2: eq 12 and 32, and the second half of a transformer block."""

    def __init__(self, ours: nn.Sequential) -> None:
        super().__init__()
        self.first, self.second = copied(ours[0]), copied(ours[2])

    def forward(self, x: Tensor) -> Tensor:
        return self.second(F.gelu(self.first(x)))


class EGAT(nn.Module):
    """One E-GAT layer, eq 14-17: nodes (B, T, N, D), A_0 (B, N, N), what the AUs add to each edge's scores
    (B, N, N) -> nodes (B, T, N, D)."""

    def __init__(self, ours: EGATLayer) -> None:
        super().__init__()
        self.heads = ours.heads
        self.query, self.key, self.value = split(ours.query_key_value.weight, None, 3)
        self.source, self.target, self.norm = copied(ours.source), copied(ours.target), copied(ours.norm)
        self.structure = nn.Parameter(ours.structure.detach().clone())
        self.self_loop = nn.Parameter(ours.self_loop.detach().clone())
        self.memory = nn.Parameter(ours.memory.detach().clone())

    def forward(self, nodes: Tensor, start: Tensor, from_aus: Tensor) -> Tensor:
        batch, steps, n_rois, dim = nodes.shape
        width = dim // self.heads
        g, delta = torch.sigmoid(self.memory), torch.eye(n_rois, dtype=nodes.dtype, device=nodes.device)
        adjacency, updated = start, []
        for t in range(steps):
            h = nodes[:, t]  # (B, N, D)
            query, key, value = self.query(h), self.key(h), self.value(h)
            q = query.reshape(batch, n_rois, self.heads, width).transpose(1, 2)  # (B, heads, N, d)
            k = key.reshape(batch, n_rois, self.heads, width).transpose(1, 2)
            # (B, heads, N)
            source, target = self.source(query).transpose(1, 2), self.target(key).transpose(1, 2)
            additive = F.leaky_relu(source[:, :, :, None] + target[:, :, None, :], 0.2)
            scores = (
                q @ k.transpose(2, 3) / math.sqrt(width) + additive + self.structure + self.self_loop * delta
            )  # eq 14
            scores = scores + from_aus[:, None]  # every head's
            current = torch.softmax(scores.mean(1), -1)  # eq 15
            adjacency = g * adjacency + (1 - g) * current  # eq 16
            updated.append(self.norm(h + adjacency @ value))  # eq 17
        return torch.stack(updated, 1)


class Attention(nn.Module):
    """concat_h(softmax(Q_h K_h^T / sqrt d) V_h) W_o: queries (B, I, D), keys (B, J, D) -> (B, I, D)."""

    def __init__(self, ours: OurAttention) -> None:
        super().__init__()
        self.heads = ours.heads
        self.query, self.out = copied(ours.query), copied(ours.out)
        self.key, self.value = split(ours.key_value.weight, ours.key_value.bias, 2)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        batch, dim = len(queries), queries.shape[-1]
        width = dim // self.heads
        query = self.query(queries).reshape(batch, -1, self.heads, width).transpose(1, 2)  # (B, heads, I, d)
        key = self.key(keys).reshape(batch, -1, self.heads, width).transpose(1, 2)
        value = self.value(keys).reshape(batch, -1, self.heads, width).transpose(1, 2)
        weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(width), -1)  # (B, heads, I, J)
        return self.out((weights @ value).transpose(1, 2).reshape(batch, -1, dim))


class Block(nn.Module):
    def __init__(self, ours: OurBlock) -> None:
        super().__init__()
        self.norm1, self.attention = copied(ours.norm1), Attention(ours.attention)
        self.norm2, self.mlp, self.dropout = copied(ours.norm2), MLP(ours.mlp), nn.Dropout(ours.dropout.p)

    def forward(self, tokens: Tensor) -> Tensor:
        normed = self.norm1(tokens)
        tokens = tokens + self.dropout(self.attention(normed, normed))  # eq 23
        return tokens + self.dropout(self.mlp(self.norm2(tokens)))  # eq 24


class Transcription(nn.Module):
    def __init__(self, ours: STAG) -> None:
        super().__init__()
        self.init_frames, self.temperature = ours.init_frames, ours.temperature
        self.embed, self.au_embed = MLP(ours.embed), MLP(ours.au_embed)
        self.graph = nn.ModuleList(EGAT(layer) for layer in ours.graph)
        self.salience, self.context = copied(ours.salience[0]), copied(ours.salience[2])
        self.graph_vector = copied(ours.graph_vector[0])
        self.frame_token, self.norm = copied(ours.frame_token), copied(ours.norm)
        self.class_token = nn.Parameter(ours.class_token.detach().clone())
        self.positions = nn.Parameter(ours.positions.detach().clone())
        self.transformer = nn.ModuleList(Block(block) for block in ours.transformer)
        self.from_graph, self.from_frames = copied(ours.from_graph), copied(ours.from_frames)
        self.graph_looks, self.frames_look = Attention(ours.graph_looks), Attention(ours.frames_look)
        self.to_graph, self.to_frames = copied(ours.to_graph), copied(ours.to_frames)
        self.dropout, self.head = nn.Dropout(ours.head[0].p), copied(ours.head[1])
        edges = torch.zeros(1) if ours.au_edges is None else ours.au_edges.detach().clone()
        self.au_edges = nn.Parameter(edges)  # (N, N, A); (1,) where AUs do not reach the graph

    def forward(self, x: Tensor, aus: Tensor) -> Tensor:
        """x (B, T, N, 2), aus (B, n_aus), every row annotated or every number of it -1 -> logits (B,
        n_classes)."""
        batch, steps, n_rois = x.shape[:3]
        nodes = self.embed(x)  # eq 12
        known = (aus[:, :1] >= 0).to(x.dtype)
        au_vector = known * self.au_embed(aus * known)  # eq 32
        # (B, N, N): the docstring's reading of the prose, one edge after the other
        from_aus = x.new_zeros(batch, n_rois, n_rois)
        if self.au_edges.ndim == 3:
            for i in range(n_rois):
                for j in range(n_rois):
                    from_aus[:, i, j] = au_vector @ self.au_edges[i, j]
        frames = self.frame_token(nodes.reshape(batch, steps, -1))

        first = nodes[:, : self.init_frames]
        norms = first.norm(dim=-1)
        total = x.new_zeros(batch, n_rois, n_rois)
        for k in range(first.shape[1]):
            dots = first[:, k] @ first[:, k].transpose(1, 2)
            total = total + dots / (norms[:, k, :, None] * norms[:, k, None, :])
        start = torch.softmax(total / first.shape[1] / self.temperature + from_aus, -1)  # eq 13
        for layer in self.graph:
            nodes = layer(nodes, start, from_aus)
        saliences = [self.context(torch.tanh(self.salience(nodes[:, t].mean(1)))) for t in range(steps)]
        weights = torch.softmax(torch.cat(saliences, 1), 1)  # (B, T)  eq 18
        graph_tokens = sum(weights[:, t, None, None] * nodes[:, t] for t in range(steps))  # eq 19
        pooled = sum(weights[:, t, None] * nodes[:, t].reshape(batch, -1) for t in range(steps))  # eq 20
        graph_vector = self.dropout(F.gelu(self.graph_vector(pooled)))  # eq 21

        # eq 22
        tokens = torch.cat([self.class_token.expand(batch, -1, -1), frames], 1) + self.positions[: steps + 1]
        for block in self.transformer:
            tokens = block(tokens)
        frame_tokens, frame_vector = tokens[:, 1:], self.norm(tokens[:, 0])  # eq 25

        space, time = self.from_graph(graph_tokens), self.from_frames(frame_tokens)  # eq 26
        seen_space = space + self.graph_looks(space, time)  # eq 27
        seen_time = time + self.frames_look(time, space)  # eq 28
        graph_vector = graph_vector + self.to_graph(seen_space.mean(1))  # eq 29
        frame_vector = frame_vector + self.to_frames(seen_time.mean(1))  # eq 30
        return self.head(self.dropout(torch.cat([graph_vector, frame_vector, au_vector], 1)))  # eq 31, 33


def transcribe(model: STAG) -> nn.Module:
    """Of the full model: both branches, cross-attention and AUs."""
    return Transcription(model)
