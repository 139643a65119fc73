"""Guide 001 in its second style, as a torchbearer script but for its imports: mean and variance travel in the state."""

import os

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data.dataset import Dataset

from subsong.interop import torchbearer
from subsong.interop.torchbearer import Model
from subsong.interop.torchbearer import vision as torchvision
from subsong.interop.torchbearer.vision import transforms
from subsong.interop.torchbearer.vision.utils import save_image


class PictureAsLabel(Dataset):
    def __init__(self, labelled):
        super().__init__()
        self.labelled = labelled

    def __getitem__(self, index):
        picture, _ = self.labelled[index]
        return picture, picture

    def __len__(self):
        return len(self.labelled)


to_tensor = transforms.Compose([transforms.ToTensor()])
train_digits = torchvision.datasets.MNIST("./data/mnist", train=True, download=True, transform=to_tensor)
test_digits = torchvision.datasets.MNIST("./data/mnist", train=False, download=True, transform=to_tensor)
train_loader = torch.utils.data.DataLoader(PictureAsLabel(train_digits), batch_size=128, shuffle=True, num_workers=8)
test_loader = torch.utils.data.DataLoader(PictureAsLabel(test_digits), batch_size=128, shuffle=True, num_workers=8)


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc21 = nn.Linear(400, 20)
        self.fc22 = nn.Linear(400, 20)
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)

    def sample(self, mu, logvar):
        if not self.training:
            return mu
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)

    def forward(self, x, state):
        hidden = F.relu(self.fc1(x.view(-1, 784)))
        mu, logvar = self.fc21(hidden), self.fc22(hidden)
        z = self.sample(mu, logvar)
        state["mu"] = mu
        state["logvar"] = logvar
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))


def reconstruction_loss(y_pred, y_true):
    return F.binary_cross_entropy(y_pred, y_true.view(-1, 784), reduction="sum")


@torchbearer.callbacks.add_to_loss
def add_kl(state):
    mu, logvar = state["mu"], state["logvar"]
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


def save_reconstructions(num_images=8, folder="results/"):
    os.makedirs(os.path.dirname(folder), exist_ok=True)

    @torchbearer.callbacks.on_step_validation
    def save(state):
        if state[torchbearer.BATCH] == 0:
            pictures = state[torchbearer.X]
            reconstructed = state[torchbearer.Y_PRED].view(128, 1, 28, 28)
            both = torch.cat([pictures[:num_images], reconstructed[:num_images]])
            name = folder + "reconstruction_" + str(state[torchbearer.EPOCH]) + ".png"
            save_image(both.cpu(), name, nrow=num_images)

    return save


torch.manual_seed(SEED)  # noqa: F821  the one line of ours, given by the test
model = Vae()
optimizer = optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=0.001)
torchbearer_model = Model(model, optimizer, reconstruction_loss, metrics=["loss"]).to("cuda")
state = torchbearer_model.fit_generator(
    train_loader,
    epochs=EPOCHS,  # noqa: F821
    validation_generator=test_loader,
    callbacks=[add_kl, save_reconstructions()],
    pass_state=True,
)
