"""STAG: a graph of facial regions that evolves over time beside a transformer over frames, coupled by
cross-attention.

Source  Sharma, Sharma, Singh: "STAG: Spatio-temporal Evolving Structural Representation of Action Units for
        Micro-expression Recognition", sections 3.4-3.9, equations 12-33; the ablations of its Table 5 are
        constructor arguments.
Input   x float32 (B, T, N, 2): motion (u, v) of N facial regions at T steps, 1 <= T <= max_frames, N =
        n_rois. aus float32 (B, n_aus) or None: 1 active, 0 not, in between after MixUp; a row of -1 means "no
        annotation".
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The text that we have lost most symbols, so we chose: all sizes (the defaults below; depths 3 and 5
        are Table 5's), GELU as activation; dropout in the transformer blocks, on the graph vector and before
        the head;
        eq 13   row softmax of the mean cosine over the first K = 4 frames of the clip, divided by tau = 0.2;
        eq 14   LeakyReLU(0.2) on the additive term, as in GAT, else a_src cancels in its row; a_src and a_dst
                read all of q and k;
        eq 15   "row-normalised" is a softmax, as raw scores may be negative; eq 18 reads a frame's salience
                from its mean node;
        eq 29   the pooled tokens are added to the branch's own vector (eq 21, 25), or those would have no way
                to the logits;
        AUs     the prose speaks of "AU-modulated graph attention", but no equation has AUs in the graph. They
                act where eq 32-33 put them, at the head; a clip without annotation gets a zero embedding.
                ``au_connectivity=True`` is our reading of the prose: a linear map of the embedding adds a
                number to each edge's scores before the softmax, in eq 13 (A_0) and eq 14 (every frame and
                layer), and so modulates all of A_t; 0 at the start, and for clips without AUs.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mer_models.shapes import Takes


class STAG(nn.Module):
    """``graph_layers=0`` is the transformer alone, ``transformer_layers=0`` the graph alone; cross-attention
    needs both."""

    paper, n_parameters = "Sharma et al. 2026", 272_669
    takes: ClassVar[Takes] = {"roi_flow": ((1, None), None, 2)}
    default_features = "roi_flow14"
    uses_aus = True

    def __init__(
        self,
        n_classes: int,
        *,
        n_rois: int = 14,
        n_aus: int = 0,  # 0: no AU branch
        graph_layers: int = 3,
        transformer_layers: int = 5,
        cross_attention: bool = True,
        embed_dim: int = 24,
        hidden_dim: int = 32,  # of the ROI embedding, the salience and the AU embedding
        heads: int = 4,
        graph_dim: int = 64,
        d_model: int = 64,
        mlp_dim: int = 128,  # inside a transformer block
        fusion_dim: int = 64,
        au_dim: int = 32,
        au_connectivity: bool = False,  # AUs modulate the graph; without an AU branch or a graph: nothing
        init_frames: int = 4,  # K of eq 13
        temperature: float = 0.2,  # tau of eq 13
        max_frames: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if min(graph_layers, transformer_layers) < 0 or graph_layers + transformer_layers == 0:
            raise ValueError(
                f"STAG needs a graph or a transformer layer: {graph_layers=}, {transformer_layers=}"
            )
        if heads < 1 or any(size < 1 or size % heads for size in (embed_dim, d_model, fusion_dim)):
            raise ValueError(
                f"sizes must be multiples of the heads: {embed_dim=}, {d_model=}, {fusion_dim=}, {heads=}"
            )
        if not 0 <= dropout < 1 or temperature <= 0 or min(init_frames, max_frames) < 1:
            raise ValueError(
                f"out of range: {dropout=} in [0, 1), {temperature=} > 0, {init_frames=}, {max_frames=} >= 1"
            )
        self.n_rois, self.n_aus, self.max_frames, self.init_frames = n_rois, n_aus, max_frames, init_frames
        self.temperature = temperature
        self.embed = _mlp(2, hidden_dim, embed_dim)
        self.graph = nn.ModuleList(EGATLayer(embed_dim, heads, n_rois) for _ in range(graph_layers))
        if graph_layers:
            self.salience = nn.Sequential(
                nn.Linear(embed_dim, hidden_dim), nn.Tanh(), nn.Linear(hidden_dim, 1, bias=False)
            )
            self.graph_vector = nn.Sequential(
                nn.Linear(n_rois * embed_dim, graph_dim), nn.GELU(), nn.Dropout(dropout)
            )
        self.transformer = nn.ModuleList(
            Block(d_model, heads, mlp_dim, dropout) for _ in range(transformer_layers)
        )
        if transformer_layers:
            self.frame_token = nn.Linear(n_rois * embed_dim, d_model)
            self.class_token = nn.Parameter(0.02 * torch.randn(1, 1, d_model))
            self.positions = nn.Parameter(0.02 * torch.randn(max_frames + 1, d_model))
            self.norm = nn.LayerNorm(d_model)
        self.fused = cross_attention and graph_layers > 0 and transformer_layers > 0
        if self.fused:
            self.from_graph = nn.Linear(embed_dim, fusion_dim)
            self.from_frames = nn.Linear(d_model, fusion_dim)
            self.graph_looks, self.frames_look = Attention(fusion_dim, heads), Attention(fusion_dim, heads)
            self.to_graph, self.to_frames = nn.Linear(fusion_dim, graph_dim), nn.Linear(fusion_dim, d_model)
        self.au_embed = _mlp(n_aus, hidden_dim, au_dim) if n_aus else None
        guided = au_connectivity and n_aus > 0 and graph_layers > 0
        self.au_edges = nn.Parameter(torch.zeros(n_rois, n_rois, au_dim)) if guided else None
        width = graph_dim * (graph_layers > 0) + d_model * (transformer_layers > 0) + au_dim * (n_aus > 0)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, n_classes))

    def forward(self, x: Tensor, aus: Tensor | None = None) -> Tensor:
        if x.ndim != 4 or x.shape[2:] != (self.n_rois, 2) or not 1 <= x.shape[1] <= self.max_frames:
            raise ValueError(f"STAG reads (B, 1..{self.max_frames}, {self.n_rois}, 2), got {tuple(x.shape)}")
        nodes = self.embed(x)  # (B, T, N, D)  eq 12
        parts: dict[str, Tensor] = {}
        au_vector = self._embed_aus(x, aus)  # (B, A)
        if len(self.graph):
            graph_tokens, parts["graph"] = self._relate(nodes, au_vector)  # (B, N, D), (B, G)
        if len(self.transformer):
            frame_tokens, parts["frames"] = self._encode(nodes)  # (B, T, M), (B, M)
        if self.fused:
            # (B, N, S), (B, T, S)  eq 26
            space, time = self.from_graph(graph_tokens), self.from_frames(frame_tokens)
            seen_space = space + self.graph_looks(space, time)  # eq 27
            seen_time = time + self.frames_look(time, space)  # eq 28
            parts["graph"] = parts["graph"] + self.to_graph(seen_space.mean(1))  # eq 29
            parts["frames"] = parts["frames"] + self.to_frames(seen_time.mean(1))  # eq 30
        if au_vector is not None:
            parts["aus"] = au_vector
        return self.head(torch.cat(list(parts.values()), -1))  # eq 31, 33

    def _embed_aus(self, x: Tensor, aus: Tensor | None) -> Tensor | None:
        """(B, A) of eq 32, zeros for a clip without annotation; None without an AU branch."""
        if self.au_embed is None:
            if aus is not None:
                raise ValueError("this STAG has no AU branch (n_aus=0); pass no AUs, or build it with n_aus")
            return None
        aus = x.new_full((len(x), self.n_aus), -1.0) if aus is None else aus
        return (aus >= 0).all(1, keepdim=True) * self.au_embed(aus.clamp(min=0))

    def _relate(self, nodes: Tensor, au_vector: Tensor | None) -> tuple[Tensor, Tensor]:
        """Graph branch: nodes (B, T, N, D), AUs (B, A) or None -> tokens (B, N, D), vector (B, G)."""
        edges = None if self.au_edges is None else torch.einsum("ijd,bd->bij", self.au_edges, au_vector)
        start = similarity(nodes[:, : self.init_frames], self.temperature, edges)
        for layer in self.graph:
            nodes, _ = layer(nodes, start, edges)
        weights = torch.softmax(self.salience(nodes.mean(2)), 1).squeeze(-1)  # (B, T)  eq 18
        tokens = torch.einsum("bt,btnd->bnd", weights, nodes)  # eq 19
        return tokens, self.graph_vector(tokens.flatten(1))  # eq 20-21: pooling over time and vec commute

    def _encode(self, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """Transformer branch (eq 22-25): nodes (B, T, N, D) -> frame tokens (B, T, M), normalised class token
        (B, M)."""
        frames = self.frame_token(nodes.flatten(2))
        tokens = torch.cat([self.class_token.expand(len(frames), -1, -1), frames], 1)
        tokens = tokens + self.positions[: frames.shape[1] + 1]
        for block in self.transformer:
            tokens = block(tokens)
        return tokens[:, 1:], self.norm(tokens[:, 0])


def similarity(nodes: Tensor, temperature: float, edges: Tensor | None = None) -> Tensor:
    """A_0 of eq 13 from nodes (B, K, N, D): (B, N, N), rows sum to 1; the lower the temperature, the sharper.
    ``edges`` (B, N, N) is what action units add to the scores."""
    unit = F.normalize(nodes, dim=-1)
    scores = (unit @ unit.mT).mean(1) / temperature
    return row_softmax(scores if edges is None else scores + edges)


def row_softmax(scores: Tensor) -> Tensor:
    """Softmax over the last axis. For one as short as ours, torch takes a third of the time on the axis
    before."""
    return torch.softmax(scores.mT.contiguous(), -2).mT


def smoothed(start: Tensor, current: Tensor, memory: Tensor) -> Tensor:
    """A_t = g A_(t-1) + (1-g) P_t for all t at once, g = sigmoid(memory), eq 16: start (B, N, N), current (B,
    T, N, N).

    That is g^t A_0 + sum_s (1-g) g^(t-s) P_s: one product with a lower-triangular matrix of powers, taken in
    log space.
    """
    step = torch.arange(current.shape[1] + 1, device=current.device)
    lag = step[1:, None] - step  # (T, 1+T): t - s; s = 0 is the start, whose share is not multiplied by 1-g
    log_power = lag.clamp(min=0) * F.logsigmoid(memory) + (step > 0) * F.logsigmoid(-memory)
    return torch.einsum(
        "ts,bsij->btij", log_power.exp() * (lag >= 0), torch.cat([start.unsqueeze(1), current], 1)
    )


class EGATLayer(nn.Module):
    """Attention over regions whose adjacency remembers the frames before (eq 14-17)."""

    def __init__(self, dim: int, heads: int, n_rois: int) -> None:
        super().__init__()
        self.heads, self.norm = heads, nn.LayerNorm(dim)
        self.query_key_value = nn.Linear(dim, 3 * dim, bias=False)
        self.source, self.target = nn.Linear(dim, heads, bias=False), nn.Linear(dim, heads, bias=False)
        self.structure = nn.Parameter(torch.zeros(n_rois, n_rois))
        # g = 0.5 at the start
        self.self_loop, self.memory = nn.Parameter(torch.ones(())), nn.Parameter(torch.zeros(()))

    def forward(self, nodes: Tensor, start: Tensor, edges: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """nodes (B, T, N, D), start (B, N, N) -> nodes (B, T, N, D), adjacency (B, T, N, N) with rows that
        sum to 1. ``edges`` (B, N, N) is what action units add to the scores of every frame."""
        query, key, value = self.query_key_value(nodes).chunk(3, -1)
        scores = self.scores(query, key)
        scores = scores if edges is None else scores + edges.unsqueeze(1)
        adjacency = smoothed(start, row_softmax(scores), self.memory)
        return self.norm(nodes + adjacency @ value), adjacency

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Raw scores averaged over the heads (B, T, N, N), eq 14-15. The mean of the heads' products is one
        long product."""
        # of j for i; = / (heads * sqrt(D / heads))
        product = key @ query.mT / math.sqrt(query.shape[-1] * self.heads)
        # all heads at once are slower
        ends = zip(self.source(query).unbind(-1), self.target(key).unbind(-1), strict=True)
        additive = sum(F.leaky_relu(i.unsqueeze(-2) + j.unsqueeze(-1), 0.2) for i, j in ends) / self.heads
        return (product + additive).mT + (
            self.structure + self.self_loop * torch.eye(len(self.structure), device=key.device)
        )


class Attention(nn.Module):
    """Multi-head attention of ``queries`` (B, I, D) over ``keys`` (B, J, D) -> (B, I, D)."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key_value = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        q = self.query(queries).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, H, I, d)
        # (B, H, J, d) each
        k, v = self.key_value(keys).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Pre-LN transformer block (eq 23-24)."""

    def __init__(self, dim: int, heads: int, mlp_dim: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(dim), Attention(dim, heads)
        self.norm2, self.mlp, self.dropout = nn.LayerNorm(dim), _mlp(dim, mlp_dim, dim), nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.dropout(self.attention(normed := self.norm1(tokens), normed))
        return tokens + self.dropout(self.mlp(self.norm2(tokens)))


def _mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Linear(hidden, outputs))
