# SPDX-License-Identifier: Apache-2.0
"""Recurrent networks, as modules and step by step. A recurrent module is two layers a direction: what multiplies the input,
and what the state."""
import torch
from torch import nn
from torch.nn import functional as F

from architecture import architecture, image, sequence, tokens


class Classifier(nn.Module):
    def __init__(self, recurrent, width, vocabulary=0, features=5):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, features) if vocabulary else nn.Identity()
        self.recurrent, self.head = recurrent, nn.Linear(width, 3)

    def forward(self, x):
        return self.head(self.recurrent(self.embedding(x))[0][:, -1])


# The dynamo exporter writes a plain recurrent module step by step: the input's map once, the state's from the second on.
@architecture(sequence(6, 5), layers=3, dynamo={"layers": 7, "nonlinearities": 6})
def rnn():
    return Classifier(nn.RNN(5, 8, batch_first=True), 8)


@architecture(sequence(6, 5), layers=5, dynamo={"layers": 13, "nonlinearities": 12})
def rnn_of_rectifiers():
    return Classifier(nn.RNN(5, 8, num_layers=2, nonlinearity="relu", batch_first=True), 8)


@architecture(tokens(6, 11), layers=5)
def gru():
    return Classifier(nn.GRU(5, 8, num_layers=2, batch_first=True), 8, vocabulary=11)


@architecture(tokens(6, 11), layers=5)
def lstm():
    return Classifier(nn.LSTM(5, 8, num_layers=2, batch_first=True), 8, vocabulary=11)


@architecture(sequence(6, 5), layers=5)
def lstm_bidirectional():
    return Classifier(nn.LSTM(5, 8, num_layers=2, batch_first=True, bidirectional=True), 16)


class ElmanSteps(nn.Module):
    def __init__(self):
        super().__init__()
        self.read, self.recur, self.head = nn.Linear(5, 8), nn.Linear(8, 8, bias=False), nn.Linear(8, 3)

    def forward(self, x):
        h = torch.tanh(self.read(x[:, 0]))
        for t in range(1, 4):
            h = torch.tanh(self.read(x[:, t]) + self.recur(h))
        return self.head(h)


@architecture(sequence(4, 5), layers=8, nonlinearities=4)
def elman_step_by_step():
    return ElmanSteps()


class GatedSteps(nn.Module):
    """Cho et al. 2014 by hand; the gate carries the state around the candidate's layers."""

    def __init__(self):
        super().__init__()
        self.start = nn.Linear(5, 8)
        self.reset, self.update, self.candidate = (nn.Linear(13, 8) for _ in range(3))
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        h = torch.tanh(self.start(x[:, 0]))
        for t in range(1, 3):
            both = torch.cat([x[:, t], h], 1)
            r, z = torch.sigmoid(self.reset(both)), torch.sigmoid(self.update(both))
            n = torch.tanh(self.candidate(torch.cat([x[:, t], r * h], 1)))
            h = (1 - z) * n + z * h
        return self.head(h)


@architecture(sequence(3, 5), layers=8, nonlinearities=7, sums=2)
def gated_step_by_step():
    return GatedSteps()


class CellSteps(nn.Module):
    """nn.GRUCell and nn.LSTMCell come out as what they compute."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(5, 8), nn.Linear(5, 8)
        self.cell, self.head = nn.LSTMCell(5, 8), nn.Linear(8, 3)

    def forward(self, x):
        h, c = torch.tanh(self.first(x[:, 0])), self.second(x[:, 0])
        for t in range(1, 3):
            h, c = self.cell(x[:, t], (h, c))
        return self.head(h)


# Three gates and two tanh a step; the cell's state goes around the layers that make what is added to it.
@architecture(sequence(3, 5), layers=7, nonlinearities=11, sums=1)
def lstm_cell_step_by_step():
    return CellSteps()


class Seq2Seq(nn.Module):
    """Bahdanau et al. 2015: additive scores, one step of the decoder."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.GRU(5, 8, batch_first=True)
        self.query, self.key, self.score = nn.Linear(8, 8), nn.Linear(8, 8, bias=False), nn.Linear(8, 1, bias=False)
        self.out = nn.Linear(16, 4)

    def forward(self, x):
        states, last = self.encoder(x)
        query = self.query(last[0]).unsqueeze(1)
        weights = torch.softmax(self.score(torch.tanh(query + self.key(states))).squeeze(-1), -1)
        context = torch.bmm(weights.unsqueeze(1), states).squeeze(1)
        return self.out(torch.cat([context, last[0]], -1))


@architecture(sequence(5, 5), layers=6, nonlinearities=1)
def additive_attention():
    return Seq2Seq()


class ConvolutionalRecurrent(nn.Module):
    """Shi et al. 2015: columns of features are read as a sequence."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                                      nn.Conv2d(4, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d((4, 1)))
        self.recurrent, self.head = nn.LSTM(8, 8, batch_first=True, bidirectional=True), nn.Linear(16, 6)

    def forward(self, x):
        x = self.features(x).squeeze(2).permute(0, 2, 1)
        return F.log_softmax(self.head(self.recurrent(x)[0]), -1)


@architecture(image(8, 1), layers=5, nonlinearities=2, norms=1)
def convolutional_recurrent():
    return ConvolutionalRecurrent()
