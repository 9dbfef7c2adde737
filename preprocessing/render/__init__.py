"""A seeded synthetic micro-expression corpus, rendered from scikit-image's public-domain portrait.

Use it to try the whole way from frames to a leaderboard without a licensed corpus, and to test feature
extraction against a known displacement field. Scores on it say nothing about real faces.
"""

from preprocessing.render.config import RenderConfig
from preprocessing.render.corpus import render_corpus
from preprocessing.render.motion import true_flow, true_landmarks
from preprocessing.render.plan import ClipPlan, clip_plan

__all__ = ["ClipPlan", "RenderConfig", "clip_plan", "render_corpus", "true_flow", "true_landmarks"]
