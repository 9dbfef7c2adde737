"""OFF-ApexNet: u and v each through conv 5 x 5 (6), pooling, conv 5 x 5 (16), pooling; side by side through
three linear layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.off_apexnet import OFFApexNet


class Stream(nn.Module):
    def __init__(self, ours: nn.Sequential) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5, padding=2)
        self.pool = nn.MaxPool2d(2)
        load_in_order(self, ours.state_dict().values())

    def forward(self, component: Tensor) -> Tensor:
        maps = self.pool(torch.relu(self.conv1(component)))  # (B, 6, 14, 14)
        return self.pool(torch.relu(self.conv2(maps))).flatten(1)  # (B, 16 * 7 * 7)


class OFFApex(nn.Module):
    def __init__(self, ours: OFFApexNet) -> None:
        super().__init__()
        first, second, third = ours.head[0], ours.head[3], ours.head[6]
        self.u, self.v = Stream(ours.horizontal), Stream(ours.vertical)
        self.fc1 = nn.Linear(2 * 784, first.out_features)
        self.fc2 = nn.Linear(first.out_features, second.out_features)
        self.fc3 = nn.Linear(second.out_features, third.out_features)
        self.dropout = nn.Dropout(ours.head[2].p)
        for own, their in ((self.fc1, first), (self.fc2, second), (self.fc3, third)):
            load_in_order(own, their.state_dict().values())

    def forward(self, x: Tensor) -> Tensor:
        h = torch.cat([self.u(x[:, 0:1]), self.v(x[:, 1:2])], 1)
        h = self.dropout(torch.relu(self.fc1(h)))
        h = self.dropout(torch.relu(self.fc2(h)))
        return self.fc3(h)


def transcribe(model: OFFApexNet) -> nn.Module:
    return OFFApex(model)
