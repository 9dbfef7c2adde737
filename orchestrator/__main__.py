"""``python -m orchestrator COMMAND``: the console script ``mer``, where it is not installed."""

from orchestrator.mer import app

if __name__ == "__main__":
    app(prog_name="python -m orchestrator")
