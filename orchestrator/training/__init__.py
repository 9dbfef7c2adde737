"""Training of one fold: ``loop.train_fold(job, data) -> FoldResult``. Knows neither Ray nor MLflow, uses one
thread."""
