"""The recipe that all rows of the ROI ladder share, with what may vary around it.

Source  outline of "ROI-Attention Enhanced Multi-Temporal Micro-Expression Recognition", sections 3.4 and 4.2
        (batch 16, Adam at 3e-4, weight decay 5e-5, patience 10, focal loss with gamma 2 and label smoothing
        0.1, cosine annealing); the configuration that its trainer loads, which repeats these and has 40
        epochs, over which the cosine runs (config/config_optimized.yaml, 8059835); the training code itself
        (production_loso_training.py: loss weighted by inverse class frequency, gradient norm of at most 5).
        The README's 60 epochs, batch 32 and 1e-4 are of an earlier configuration.
Differs the focal loss's alpha 0.25 scales the whole loss, which Adam does not see: left out. Mixed precision
        is off, for CPUs. The code standardises every clip by itself, so that the size of a motion is lost;
        here flow is divided by the training clips' RMS and RGB standardised by their statistics. The code
        stops on validation UAR, ours on validation loss; its cosine ends at 1e-6, ours at 0; its optimiser
        leaves out the weight decay that outline and configuration name.
"""

from search_spaces.parameters import Choice, Fixed, Float, Parameters

RECIPE: Parameters = {
    # key: published value, then the range
    "recipe.epochs": Fixed(40),
    "recipe.lr": Float(3e-4, 5e-5, 2e-3, log=True),
    "recipe.batch_size": Choice(16, (8, 16, 32)),
    "recipe.optimiser": Fixed("adam"),
    "recipe.weight_decay": Float(5e-5, 1e-6, 1e-2, log=True),
    "recipe.schedule": Fixed("cosine"),
    "recipe.patience": Fixed(10),
    "recipe.grad_clip": Fixed(5.0),
    "recipe.focal_gamma": Float(2.0, 0.0, 3.0),
    "recipe.label_smoothing": Float(0.1, 0.0, 0.2),
    "recipe.class_balance": Fixed(True),
    "recipe.mirror": Choice(0.0, (0.0, 0.5)),
}
