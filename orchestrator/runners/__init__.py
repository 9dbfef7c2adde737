"""Ways to run fold jobs. Every runner calls the same ``run_fold``; they differ in where."""
