"""3. What may vary. One module per model: ``PUBLISHED`` (flat configuration keys -> value) and ``space(trial)``.

Imports nothing of ours outside this package and no library: a trial is any object with Optuna's ``suggest_*`` methods.
"""

from search_spaces import stag, ststnet

SPACES = {"stag": stag, "ststnet": ststnet}
