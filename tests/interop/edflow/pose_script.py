"""A user's own script in the manner of VUNet's training page: dataset, network and iterator, knowing only edflow."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import nn

from subsong.interop.edflow import DatasetMixin, TemplateIterator, retrieve


class Figures(DatasetMixin):
    """Coloured bars: the pose says where, the appearance which colour."""

    first, num_examples = 0, 20

    def __init__(self, config):
        self.config, size = config, retrieve(config, "size", default=8)
        rng = np.random.default_rng(self.first)
        self.columns = rng.integers(0, size, self.num_examples)
        self.colours = rng.uniform(-1, 1, (self.num_examples, 3)).astype(np.float32)
        self.size = size
        self.labels = {"column": self.columns}

    def __len__(self):
        return self.num_examples

    def _draw(self, column, colour):
        picture = np.full((self.size, self.size, 3), -1, np.float32)
        picture[:, column] = colour
        return picture

    def get_example(self, i):
        column, colour = self.columns[i], self.colours[i]
        other = np.random.randint(self.size)  # noqa: NPY002  as users' scripts draw
        return {
            "stickman": self._draw(column, 1.0),
            "appearance": lambda: self._draw(other, colour),
            "target": self._draw(column, colour),
            "name": f"figure {i}",
        }


class HeldOut(Figures):
    first, num_examples = 1000, 7


class Network(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["model_pars"]["width"]
        self.posterior, self.prior = nn.Linear(3, width), nn.Linear(3, width)
        self.body, self.head = nn.Conv2d(3, width, 3, padding=1), nn.Conv2d(width, 3, 1)
        self.dropout = nn.Dropout(0.1)

    def forward(self, inputs):
        q = self.posterior(inputs["appearance"].mean((2, 3)))
        self.saved_tensors = {"q_means": [q], "p_means": [self.prior(inputs["pose"].mean((2, 3)))]}
        codes = q + torch.randn_like(q) if self.training else q
        return torch.tanh(self.head(self.dropout(torch.relu(self.body(inputs["pose"]) + codes[..., None, None]))))


def update_weights_inplace(losses, step):
    for loss in losses.values():
        if "start_ramp_it" in loss:
            share = (step - loss["start_ramp_it"]) / (loss["end_ramp_it"] - loss["start_ramp_it"])
            change = loss["end_ramp_val"] - loss["start_ramp_val"]
            loss["weight"] = loss["start_ramp_val"] + min(max(share, 0.0), 1.0) * change


class Iterator(TemplateIterator):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config["lr"])
        self.seen = []

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}, path)

    def restore(self, path):
        state = torch.load(path)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])

    @property
    def callbacks(self):
        return {"eval_op": {"count": count_outputs}}

    def criterion(self, inputs, predictions):
        update_weights_inplace(self.config["losses"], self.get_global_step())
        found = {}
        if "color_L1" in self.config["losses"]:
            found["color_L1"] = (predictions["image"] - inputs["target"]).abs().mean((1, 2, 3))
        if "KL" in self.config["losses"]:
            pairs = zip(predictions["q_means"], predictions["p_means"], strict=True)
            found["KL"] = sum(0.5 * ((q - p) ** 2).sum(1) for q, p in pairs)
        found["total"] = sum(self.config["losses"][key]["weight"] * value for key, value in found.items())
        return {"instances": found, "batch": {key: value.mean() for key, value in found.items()}}

    def prepare_logs(self, inputs, predictions, losses, granularity):
        images = {"target": inputs["target"], "prediction": predictions["image"]}
        return {
            "images": {name: value.permute(0, 2, 3, 1).numpy() for name, value in images.items()},
            "scalars": {name: value.numpy() for name, value in losses[granularity].items()},
        }

    def step_op(self, model, stickman, appearance, target, **kwargs):
        is_train = self.get_split() == "train"
        model.train(is_train)
        arrays = {"pose": stickman, "appearance": appearance, "target": target}
        inputs = {name: torch.from_numpy(array).permute(0, 3, 1, 2) for name, array in arrays.items()}
        predictions = {"image": model(inputs), **model.saved_tensors}
        losses = self.criterion(inputs, predictions)
        loss = losses["batch"]["total"]

        def train_op():
            before = time.time()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.seen.append(("train_op", self.get_split(), self.get_global_step(), len(target)))
            if retrieve(self.config, "debug_timing", default=False):
                self.logger.info(f"train step needed {time.time() - before} s")

        def log_op():
            with torch.no_grad():
                logs = self.prepare_logs(inputs, predictions, losses, "batch")
            self.seen.append(("log_op", self.get_split(), self.get_global_step(), len(target)))
            is_tracked = self.config["integrations"]["tensorboardX"]["active"]
            if is_tracked and self.get_global_step() == 0 and is_train:
                self.tensorboardX_writer.add_graph(model, inputs)
                self.logger.info("Added model graph to tensorboard")
            return logs

        def eval_op():
            with torch.no_grad():
                logs = self.prepare_logs(inputs, predictions, losses, "instances")
            self.seen.append(("eval_op", self.get_split(), self.get_global_step(), len(target)))
            assert not torch.is_grad_enabled()
            return {**logs["images"], "labels": {**logs["scalars"], "name": kwargs["name"]}}

        return {"train_op": train_op, "log_op": log_op, "eval_op": eval_op}


def count_outputs(root, data_in, data_out, config):
    return {"scalars": {"num_examples": len(data_out)}}


def squared_error(root, data_in, data_out, config, scale=1.0):
    errors = [
        np.mean((example["target"] - output["prediction"]) ** 2)
        for example, output in zip(data_in, data_out, strict=True)
    ]
    return {"scalars": {"mse": scale * float(np.mean(errors))}}
