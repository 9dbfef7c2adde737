"""The recipe of the MESTI-MEGANet study, which its networks share, with what may vary around it.

Source  "MESTI-MEGANet" (arXiv 2509.00056), section III-C.4: Adam at 1e-3 with weight decay 1e-4, 50 epochs,
        focal loss, horizontal flips and rotations by 5 and 10 degrees, both clockwise and counterclockwise.
        Section III-B.2: faces are cropped, their histogram is equalised, the picture resized. The paper gives
        these values for the whole study.
Differs The paper names no batch size, focal gamma, schedule or normalisation: batches of 32, gamma 2 as in
        the focal loss's own paper and a constant learning rate are our choice. Its loss is "focal, to address
        class imbalance"; whether classes are weighted too (the loss's alpha) is not said. Ours are not: gamma
        alone, and the search tries both. Its networks read "an RGB image", and no more is said of its values;
        ours are standardised by the training clips, which keeps a motion's size, where scaling each picture
        to 0..255 by itself (recipe.normalise = minmax255) would lose it. Histograms are equalised by one
        table a clip (preprocessing/inputs/settings.py). The paper enlarges the data set by the flipped and
        the turned clips, and does not say whether a flipped one is turned as well; here a clip shows in each
        epoch one of its 10 views, upright or turned by one of 4 angles, flipped or not, all equally often.
"""

from search_spaces.parameters import Choice, Extraction, Fixed, Float, Int, Parameters

RECIPE: Parameters = {
    # key: published value, then the range
    "recipe.epochs": Fixed(50),
    "recipe.lr": Float(1e-3, 3e-5, 3e-3, log=True),
    "recipe.batch_size": Choice(32, (16, 32, 64)),
    "recipe.optimiser": Fixed("adam"),
    "recipe.weight_decay": Float(1e-4, 1e-6, 1e-2, log=True),
    "recipe.schedule": Choice("constant", ("constant", "cosine")),
    "recipe.warmup_epochs": Int(0, 0, 5, only_if=("recipe.schedule", "cosine")),
    "recipe.focal_gamma": Float(2.0, 0.0, 3.0),
    "recipe.class_balance": Choice(False, (False, True)),
    "recipe.label_smoothing": Float(0.0, 0.0, 0.2),
    "recipe.mirror": Fixed(0.5),
    "recipe.rotate": Fixed(0.8),
    "recipe.normalise": Fixed("standardise"),
}
EQUALISED: Extraction = {"equalise": True}
