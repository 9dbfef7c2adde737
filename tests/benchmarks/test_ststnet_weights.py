"""The authors' weights of STSTNet, in their names and order of channels, make our network theirs."""

from collections import Counter

import torch

from benchmarks.ststnet_weights import converted, logged
from benchmarks.transcriptions.ststnet import Streams
from mer_models.ststnet import STSTNet


def test_three_streams_that_read_strain_v_u_become_one_that_reads_u_v_strain():
    torch.manual_seed(0)
    x, theirs = torch.rand(4, 3, 28, 28), Streams(STSTNet(3))
    theirs.train()(torch.rand(16, 3, 28, 28))  # moves the running statistics
    state = {f"fc.{name}": value for name, value in theirs.out.state_dict().items()}
    for number, stream in enumerate(theirs.streams, 1):
        state |= {f"conv{number}.{name}": value for name, value in stream[0].state_dict().items()}
        state |= {f"bn{number}.{name}": value for name, value in stream[2].state_dict().items()}
    ours = STSTNet(3)
    ours.load_state_dict(converted(state))
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x.flip(1)))


def test_a_log_is_read_person_by_person():
    text = (
        "Subject: 006 \nPredicted   : [0, 1, 0] \nGround Truth: [0, 2, 0] \nUF1: 0.5185 | UAR: nan \n"
        "Subject: s03 \nPredicted   : [1] \nGround Truth: [1] \nUF1: 0.5 | UAR: 0.5 \nFinal Evaluation: \n"
    )
    assert logged(text) == {"006": Counter({(0, 0): 2, (2, 1): 1}), "s03": Counter({(1, 1): 1})}
