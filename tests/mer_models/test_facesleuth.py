"""FaceSleuth: its switches, the maps passed between the modules, picture sizes, missing AUs and weights of
the user's own."""

import pytest
import safetensors.torch
import torch
from torch import nn

from mer_models.facesleuth import FaceSleuth, averaged
from mer_models.orientation import VERTICAL
from orchestrator.testing.models import unreached
from tests.mer_models.contract import ModelContract

SMALL = {"embed_dim": 8, "hidden_dim": 16, "au_dim": 8, "grid": 4}


class TestFaceSleuth(ModelContract):
    name = "facesleuth"
    shape = (2, 3, 32, 32)
    parameters = 9_311_569  # the paper's 8.79 M cannot hold, see the module
    quick = {"orientation": "independent", **SMALL}  # noqa: RUF012
    steps = 40

    def test_gradient_reaches_every_parameter(self):
        """But for the biases of the Swin's keys, which shift all scores of a query alike and drop out of the
        softmax."""
        model = self.build()
        nn.functional.cross_entropy(model(*self.inputs(16)), torch.arange(16) % 3).backward()
        assert unreached(model) == {
            name for name, _ in model.named_parameters() if name.endswith("k_proj.bias")
        }


def small(**arguments) -> FaceSleuth:
    """In training mode, with nothing left to chance: batch statistics make the motion stream as loud as it is
    in training."""
    torch.manual_seed(0)
    return FaceSleuth(3, **{"drop_path": 0.0, **SMALL, **arguments})


def clips(n: int, size: int = 32) -> torch.Tensor:
    return torch.randn(n, 2, 3, size, size, generator=torch.Generator().manual_seed(1))


def test_each_orientation_has_its_number_of_axes():
    def axes(orientation):
        model = small(orientation=orientation)
        safetensors.torch.save(model.state_dict())  # refuses an axis that is listed four times
        return sum(p.numel() for p in model.axes.parameters()), model.thetas()

    assert axes("cva") == (0, [None] * 4)
    for orientation, parameters, theta in (
        ("shared", 2, 0.8 * VERTICAL),
        ("independent", 8, 0.8 * VERTICAL),
        ("frozen", 0, 0.0),
    ):
        counted, thetas = axes(orientation)
        assert counted == parameters and [t.item() for t in thetas] == pytest.approx([theta] * 4)
    with pytest.raises(ValueError, match="orientation='diagonal'"):
        FaceSleuth(3, orientation="diagonal")


@pytest.mark.parametrize("start", [0.0, 45.0, 72.0, 90.0])
def test_learnt_axes_start_where_asked_and_are_reported_in_degrees(start):
    for orientation, axes in (("shared", 1), ("independent", 4)):
        outputs = small(orientation=orientation, start=start).outputs()
        assert list(outputs) == [f"theta_{n + 1}_degrees" for n in range(axes)]
        assert list(outputs.values()) == pytest.approx([start] * axes, abs=1e-4)
    assert small(start=start).outputs() == {}
    assert small(orientation="frozen", start=start).outputs() == {"theta_1_degrees": 0.0}


def test_an_axis_has_no_sense_and_a_start_beyond_half_a_turn_is_refused():
    model = small(orientation="shared")
    with torch.no_grad():
        model.axes[0].direction.copy_(torch.tensor([1.0, -1.0]))  # -45 degrees
    assert model.outputs() == {"theta_1_degrees": pytest.approx(135)}
    for wrong in (180.0, -1.0):
        with pytest.raises(ValueError, match=f"start={wrong}"):
            small(orientation="shared", start=wrong)


def test_the_code_s_width_gives_the_code_s_stem():
    model = FaceSleuth(3, embed_dim=128, hidden_dim=8, streams="motion")
    sizes = [(layer.in_channels, layer.out_channels) for layer in model.stem if isinstance(layer, nn.Conv2d)]
    assert sizes == [(3, 180), (180, 128)]


@pytest.mark.parametrize("orientation", ["shared", "independent"])
def test_with_vertical_axes_it_is_the_cva_model_on_the_same_weights(orientation):
    cva, soa, x = small(), small(orientation=orientation), clips(3)
    soa.load_state_dict(cva.state_dict(), strict=False)
    assert not torch.allclose(soa(x), cva(x), atol=1e-4)
    with torch.no_grad():
        for axis in soa.axes:
            axis.direction.copy_(torch.tensor([0.0, 0.16]))
    torch.testing.assert_close(soa(x), cva(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("orientation", ["cva", "independent"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_module_passes_its_attention_map_on(orientation, number):
    model, x = small(orientation=orientation), clips(2)
    straight = model(x)
    hook = model.motion[number].register_forward_hook(lambda _, __, out: (out[0], torch.zeros_like(out[1])))
    seen = []
    model.motion[number + 1].register_forward_hook(lambda _, __, out: seen.append(out))
    assert not torch.allclose(model(x), straight, atol=1e-4)
    assert seen[0][0].abs().max() == 0 and seen[0][1].abs().max() == 0
    hook.remove()
    assert torch.equal(model(x), straight)


def test_the_motion_stream_sees_the_difference_and_the_face_stream_both_frames():
    model, x = small(), clips(2)
    motion, faces = [], []
    model.stem.register_forward_hook(lambda _, given, __: motion.append(given[0]))
    model.face.register_forward_hook(lambda _, given, __: faces.append(given[0]))
    model(x)
    assert torch.equal(motion[0], x[:, 1] - x[:, 0]) and torch.equal(faces[0], torch.cat([x[:, 0], x[:, 1]]))
    still = x[:, :1].expand(-1, 2, -1, -1, -1)
    shifted = torch.cat([still[:, :1], still[:, 1:] + 1], 1)
    assert not torch.allclose(model(still), model(shifted), atol=1e-3)


@pytest.mark.parametrize("size", [32, 64, 70, 97])
def test_other_picture_sizes_and_they_leave_no_trace(size):
    model, x = small(), clips(2, 48)
    before = model(x)
    assert model(clips(2, size)).shape == (2, 3)
    assert torch.equal(model(x), before)  # the Swin would shrink its windows for good


def test_a_picture_too_small_is_refused():
    with pytest.raises(ValueError, match=r"got \(1, 2, 3, 28, 28\)"):
        small()(clips(1, 28))


def test_a_clip_without_annotation_gets_a_zero_au_embedding_whatever_the_branch_has_learnt():
    model, x = small(n_aus=21), clips(3)
    before = model(x)
    with torch.no_grad():
        model.au_embed[0].bias += 100
    torch.testing.assert_close(model(x), before)


def test_aus_for_a_model_without_the_branch_are_refused():
    with pytest.raises(ValueError, match="n_aus=0"):
        small()(clips(2), torch.ones(2, 21))


def test_weights_of_the_users_own_fit_wholly_or_are_refused_by_name(tmp_path):
    file = tmp_path / "swin.safetensors"
    torch.manual_seed(7)
    own = {key: torch.randn_like(value) for key, value in small().face.state_dict().items()}
    safetensors.torch.save_file(own, file)
    read = small(weights=str(file))
    assert all(torch.equal(value, own[key]) for key, value in read.face.state_dict().items())

    safetensors.torch.save_file({**own, "head.weight": torch.zeros(3)}, file)
    with pytest.raises(ValueError, match=r": 1 unexpected: head\.weight$"):
        small(weights=str(file))
    table = own.pop("layernorm.weight")
    own["norm.weight"], own["layernorm.bias"] = table, torch.zeros(3)
    safetensors.torch.save_file(own, file)
    with pytest.raises(
        ValueError,
        match=(
            r"1 missing: layernorm\.weight; 1 unexpected: norm\.weight; .*layernorm\.bias \(3,\) for \(32,\)"
        ),
    ):
        small(weights=str(file))
    with pytest.raises(ValueError, match=r"nowhere\.safetensors"):
        small(weights=str(tmp_path / "nowhere.safetensors"))


def test_dropout_and_drop_path_each_change_a_clip_in_training():
    x = clips(4)
    assert torch.equal((still := small())(x), still(x))
    for arguments in ({"dropout": 0.5}, {"drop_path": 0.5}):
        model = small(**arguments)
        assert not torch.equal(model(x), model(x)), arguments


@pytest.mark.parametrize(
    ("arguments", "value"), [({"embed_dim": 48}, "embed_dim=48"), ({"drop_path": 1.0}, r"drop_path=1\.0")]
)
def test_impossible_sizes_are_refused_by_value(arguments, value):
    with pytest.raises(ValueError, match=value):
        FaceSleuth(3, **arguments)


def test_a_stream_alone_is_that_stream():
    """Motion alone sees the difference of the frames only; faces alone give up none of it and change with
    both frames."""
    x = clips(2)
    lighter = x + 0.3  # both frames alike: no motion in it
    motion, faces = small(streams="motion").eval(), small(streams="faces").eval()
    torch.testing.assert_close(motion(x), motion(lighter), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(faces(x), faces(lighter), atol=1e-4)
    names = {name.split(".")[0] for name, _ in faces.named_parameters()}
    assert "stem" not in names and "face" in names and motion.face is None
    # they are added: their order is lost
    torch.testing.assert_close(faces(x), faces(x.flip(1)), atol=1e-5, rtol=1e-5)
    for wrong in ({"streams": "au"}, {"streams": "faces", "orientation": "shared"}):
        with pytest.raises(ValueError, match="streams="):
            small(**wrong)


@pytest.mark.parametrize(("rows", "columns", "side"), [(14, 14, 14), (3, 5, 4), (28, 21, 14), (9, 4, 3)])
def test_maps_are_averaged_as_by_torch(rows, columns, side):
    x = torch.randn(2, 3, rows, columns)
    torch.testing.assert_close(averaged(x, side), nn.functional.adaptive_avg_pool2d(x, side))
