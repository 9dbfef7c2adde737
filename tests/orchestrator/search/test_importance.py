"""Optuna's importance on a sweep's trials: it names what moved the score, and says nothing of too little."""

from orchestrator.search.importance import importance


def row(index, uf1, settings, state="complete"):
    return {"trial": index, "state": state, "validation_uf1": uf1, "settings": settings}


def trials(n=24):
    """The score is the first parameter's; the second and a word only vary."""
    return [
        row(i, (i % 6) / 6, {"lr": 10.0 ** -(i % 6), "dropout": (i * 7 % 11) / 11, "loss": "ab"[i // 2 % 2]})
        for i in range(n)
    ]


def test_the_parameter_that_decides_the_score_comes_first():
    shares, figure = importance(trials())
    assert next(iter(shares)) == "lr" and shares["lr"] > 0.7
    assert set(shares) == {"lr", "dropout", "loss"}
    assert abs(sum(shares.values()) - 1) < 1e-6
    assert len(figure["data"]) >= 24
    assert importance(trials())[0] == shares  # its forest has a seed


def test_stopped_trials_and_those_without_a_score_do_not_count():
    more = [row(90, 5.0, {"lr": 1.0, "dropout": 0.0, "loss": "a"}, "stopped"), row(91, None, {}, "failed")]
    assert importance([*trials(), *more])[0] == importance(trials())[0]


def test_nothing_is_said_where_there_is_nothing_to_say():
    assert importance([]) == ({}, {})
    assert importance(trials(1)) == ({}, {})
    assert importance([row(i, 0.5, {"lr": i / 10}) for i in range(9)]) == ({}, {})
    assert importance([row(i, i / 9, {"lr": 0.1}) for i in range(9)]) == ({}, {})
    assert importance([row(i, i / 2, {"lr": i / 10}) for i in range(2)])[0] in ({}, {"lr": 1.0})


def test_words_of_a_users_own_space_do_not_act_in_the_figure():
    made = importance(
        [
            one | {"settings": one["settings"] | {"loss": f"<img src=x>{i % 2}"}}
            for i, one in enumerate(trials())
        ]
    )
    assert "<img" not in str(made[1])
