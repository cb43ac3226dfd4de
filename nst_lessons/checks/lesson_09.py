"""The exercises of 09_moving_pictures."""

from functools import partial

from nst_lessons.checks.examine import OneOf
from nst_lessons.checks.frames import examine_flicker, examine_temporal_loss
from nst_lessons.checks.motion import examine_visible, examine_warp
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.question import Question

shimmer = Guess(
    OneOf(
        "shimmers",
        {
            "still": "compare the two numbers that the cell printed: did the painting change as little as the photo?",
            "fades": "no frame knows of the one before: what could add up from frame to frame?",
            "moves": "nothing moved in front of the camera. What differs is where the strokes are.",
        },
    ),
    hints=[
        "Many paintings have nearly the same losses. What decides which one a run finds?",
        "Think of a ball on a ridge: follow what a tiny difference at the start does to a run of a hundred steps, and then "
        "ask what the next frame's noise does.",
        "Each frame has another ____, so each run ends in another ____ of the loss: from frame to frame the strokes ____.",
    ],
    code='my_guess = "shimmers"',
    why="Many paintings have the same losses. A grain of noise decides which of them is found, in every frame anew.",
)


warp = Question(
    examine_warp,
    hints=[
        "For each place of the new frame: from which row and which column of the old one does its pixel come?",
        "Two tables (H, W), one of rows and one of columns. Begin with each place's own row and column, add v to the rows and "
        "u to the columns, hold both inside the picture, and use them as indices.",
        'With `ys, xs = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")`: '
        "`image[:, (ys + ____).clamp(0, ____), (xs + ____).clamp(0, ____)]`",
    ],
    code="""
    def warp(image, u, v):
        H, W = image.shape[1:]
        ys, xs = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
        return image[:, (ys + v).clamp(0, H - 1), (xs + u).clamp(0, W - 1)]
    """,
    why="Fetching fills every place of the new frame exactly once; so the flow has to lead backwards in time.",
)


flicker = Question(
    examine_flicker,
    hints=[
        "A mean is a sum divided by a count. Which values go into the sum, and how many of them are there?",
        "Absolute differences, times the mask, added up. The mask spreads over three colours, so there are three values for "
        "each visible pixel: divide by so many.",
        "`return ((frame - before).____() * mask).____() / (____ * mask.sum())`",
    ],
    code="""
    def flicker(frame, before, mask):
        return ((frame - before).abs() * mask).sum() / (3 * mask.sum())
    """,
    why="0 means that every stroke has moved with what it is painted on; the photo's own frames come near to that.",
)


visible = Question(
    examine_visible,
    hints=[
        "If you walk along the flow to the frame before and back again, where do you arrive if nothing was hidden?",
        "You need three squared lengths, each u² + v², of shape (1, 1, H, W): of the sum of both flows, and of each flow. "
        "Compare the first with the formula's right side; visible is where the formula does NOT hold.",
        "With `energy = lambda flow: flow.square().sum(____, keepdim=True)`: `(energy(there ____ back) ____ 0.01 * (____) + "
        "0.5).float()`",
    ],
    code="""
    def visible(back, there):
        def energy(flow):
            return flow.square().sum(1, keepdim=True)

        return (energy(there + back) <= 0.01 * (energy(there) + energy(back)) + 0.5).float()
    """,
    why="Whoever walks there and back and does not arrive at home has met something that was hidden.",
)


temporal_loss = Question(
    examine_temporal_loss,
    hints=[
        "Which pixels should cost nothing, however much they differ? And by what is the sum divided?",
        "Squared differences, each times its pixel's c, and then a mean over ALL values. c spreads over the three colours by "
        "itself.",
        "`return (____ * (x - before).____()).____()`",
    ],
    code="""
    def temporal_loss(x, before, c):
        return (c * (x - before).square()).mean()
    """,
    why="One more term, and the engine of lesson 04 does the rest: it may move a stroke only where that costs less.",
)

depth = Guess(
    OneOf(
        "float",
        {
            "as before": "a stroke is where the optimiser happened to put it, in each eye elsewhere: what of that is depth?",
            "flat": "flat would be: every stroke at the same place in both views. Are they?",
            "deeper": "nothing pushes the strokes apart in one direction: look at the two error maps.",
        },
    ),
    hints=[
        "Depth is a difference between the views. Who decides now how far apart a stroke is in them?",
        "Two runs, two starts, two results: compare with the first prediction of this lesson, and ask what the difference "
        "between the two positions of a stroke is made of.",
        "Each view's strokes end where its own ____ leads them, so their distance between the eyes is ____, and they ____.",
    ],
    code='my_depth = "float"',
    why="Depth is where left and right disagree; strokes that were placed independently disagree at random.",
)

predictions = partial(tally, globals())
