"""One base for all that a command tells in a line and ends with status 2. Everything may use it."""


class BadInput(ValueError):
    """What the user gave cannot be used: a name, a file, a value, or several that do not go together.

    Its text says what, where, the rule and the next step. Any other exception is a fault of the program, and
    keeps its traceback.
    """
