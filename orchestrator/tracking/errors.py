"""MLflow cannot be written, told in one line."""


class TrackingError(RuntimeError):
    """MLflow cannot be written: names the address, without its password, and MLflow's own words or the way
    out. Who catches it says what is kept."""
