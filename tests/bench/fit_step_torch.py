"""Times fit steps of the same network in PyTorch on the CPU, and prints the seconds of each step as JSON.

    python3 fit_step_torch.py WIDTHS STEM BATCH CROP STEPS      # fit_step_torch.py 16,32,64,128,256 2 16 192 5

The network, the loss and the optimiser are those of `fit_step.py`. Each step is timed in float32 and with autocast to bfloat16.
Channels last: PyTorch's convolutions on a CPU take less time in this layout.
"""
import json
import os
import sys
import time

import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

widths = [int(width) for width in sys.argv[1].split(",")]
stem, batch, crop, steps = (int(argument) for argument in sys.argv[2:])
WARM_UP = 2


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        inputs = [3 * stem**2, *widths]
        self.down = nn.ModuleList(pair(inputs[depth], width) for depth, width in enumerate(widths))
        rises = range(len(widths) - 1)
        self.up = nn.ModuleList(nn.ConvTranspose2d(widths[depth + 1], widths[depth], 2, stride=2) for depth in rises)
        self.merge = nn.ModuleList(pair(2 * widths[depth], widths[depth]) for depth in rises)
        self.head = nn.Conv2d(widths[0], stem**2, 1)

    def forward(self, x):
        x = functional.pixel_unshuffle(x, stem)
        skips = []
        for depth, block in enumerate(self.down):
            x = block(x if depth == 0 else functional.max_pool2d(x, 2))
            skips.append(x)
        for depth in reversed(range(len(self.up))):
            x = self.merge[depth](torch.cat([skips[depth], self.up[depth](x)], 1))
        return functional.pixel_shuffle(self.head(x), stem)


def pair(inputs, width):
    blocks = []
    for size in (inputs, width):
        conv = nn.Conv2d(size, width, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(conv.weight)
        blocks += [conv, nn.BatchNorm2d(width, eps=1e-5, momentum=0.1), nn.ReLU(inplace=True)]
    return nn.Sequential(*blocks)


def loss_of(logits, references):
    entropy = functional.binary_cross_entropy_with_logits(logits, references)
    probability = torch.sigmoid(logits)
    overlap, total = (probability * references).sum(), probability.sum() + references.sum()
    return entropy - (2.0 * overlap + 1.0) / (total + 1.0) + 1.0


def seconds_of(precision):
    torch.manual_seed(1)
    model = UNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-2, fused=True)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.998))
    images = torch.randn(batch, 3, crop, crop).to(memory_format=torch.channels_last)
    references = (torch.rand(batch, 1, crop, crop) < 0.1).float()
    seconds = []
    for _ in range(WARM_UP + steps):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits = model(images)
        loss = loss_of(logits.float(), references)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(model)
        loss.item()
        seconds.append(time.perf_counter() - start)
    return seconds[WARM_UP:]


# PyTorch counts two hardware threads of a core as one.
torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
parameters = sum(parameter.numel() for parameter in UNet().parameters())
found = {precision: {"step_s": seconds_of(precision)} for precision in ("float32", "bfloat16")}
print(json.dumps({**found, "parameters": parameters, "versions": f"PyTorch {torch.__version__}"}))
