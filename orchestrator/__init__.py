"""4. Trials x folds -> metrics -> MLflow. Imports mer_models, search_spaces and preprocessing's schema."""
