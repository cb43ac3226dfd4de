"""The exercises of 09_moving_pictures."""

from functools import partial

from nst_lessons.checks import puzzles_from_05
from nst_lessons.checks.examine import OneOf
from nst_lessons.checks.frames import examine_flicker, examine_temporal_loss
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.motion import examine_visible, examine_warp
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.question import Question

shimmer = Guess(
    OneOf(
        "shimmers",
        {
            "still": "compare the two numbers that the cell printed: did the painting change as little as the photo?",
            "fades": "no frame knows the one before it: what could build up from frame to frame?",
            "moves": "nothing moved in front of the camera: only the places of the strokes differ.",
        },
    ),
    hints=[
        "Many paintings have nearly the same losses. What decides which one a run finds?",
        "Think of a ball on a ridge. What does a tiny difference at the start do to a run of a hundred steps? And what does "
        "the noise of the next frame do?",
        "Each frame has another ____, so each run ends in another ____ of the loss: from frame to frame the strokes ____.",
    ],
    code='my_guess = "shimmers"',
    why="Many paintings have the same losses. A little noise decides which one a run finds, and each frame has new noise.",
)


warp = Question(
    examine_warp,
    hints=[
        "Take one place in the new frame. From which row and which column of the old frame does its pixel come?",
        "Make two tables (H, W), one of rows and one of columns. Start with each place's own row and column. Add v to the rows "
        "and u to the columns, keep both inside the picture, and use them as indices.",
        'With `ys, xs = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")`: '
        "`image[:, (ys + ____).clamp(0, ____), (xs + ____).clamp(0, ____)]`",
    ],
    code="""
    def warp(image, u, v):
        H, W = image.shape[1:]
        ys, xs = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
        return image[:, (ys + v).clamp(0, H - 1), (xs + u).clamp(0, W - 1)]
    """,
    why="Fetching fills every place of the new frame exactly once. So the flow must point backwards in time.",
)


flicker = Question(
    examine_flicker,
    hints=[
        "A mean is a sum divided by a count. Which values go into the sum, and how many of them are there?",
        "Sum the absolute differences times the mask. Then divide by the number of visible values: the mask spreads over three "
        "colours, so each visible pixel counts three times.",
        "`return ((frame - before).____() * mask).____() / (____ * mask.sum())`",
    ],
    code="""
    def flicker(frame, before, mask):
        return ((frame - before).abs() * mask).sum() / (3 * mask.sum())
    """,
    why="0 means that every stroke moves with the object that it is painted on. The photo's own frames come close to that.",
)


visible = Question(
    examine_visible,
    hints=[
        "If you follow the flow to the frame before and back again, where do you arrive if nothing was hidden?",
        "Compute three squared lengths u² + v², each (1, 1, H, W): of the sum of both flows, and of each flow. Compare the "
        "first with the formula's right side; a pixel is visible where the formula does NOT hold.",
        "With `energy = lambda flow: flow.square().sum(____, keepdim=True)`: `(energy(there ____ back) ____ 0.01 * (____) + "
        "0.5).float()`",
    ],
    code="""
    def visible(back, there):
        def energy(flow):
            return flow.square().sum(1, keepdim=True)

        return (energy(there + back) <= 0.01 * (energy(there) + energy(back)) + 0.5).float()
    """,
    why="If you go there and back and do not arrive where you started, something was hidden.",
)


temporal_loss = Question(
    examine_temporal_loss,
    hints=[
        "Which pixels should cost nothing, however much they differ? And what do you divide the sum by?",
        "Multiply each squared difference by its pixel's c, and take the mean over ALL values. c spreads over the three "
        "colours by itself.",
        "`return (____ * (x - before).____()).____()`",
    ],
    code="""
    def temporal_loss(x, before, c):
        return (c * (x - before).square()).mean()
    """,
    why="With one more term, the loop of lesson 04 does the rest: it moves a stroke only where that lowers the total.",
)

depth = Guess(
    OneOf(
        "float",
        {
            "as before": "each run puts its strokes where it happens to, in each eye elsewhere: how could that show depth?",
            "flat": "flat would mean that every stroke is at the same place in both views. Is it?",
            "deeper": "nothing pushes the strokes apart in one direction: look at the two error maps.",
        },
    ),
    hints=[
        "Depth is a difference between the views. What decides here how far apart a stroke is in the two views?",
        "There are two runs, with two starts and two results. Compare with the first prediction of this lesson: what does the "
        "distance between the two positions of a stroke depend on?",
        "Each view's strokes end where its own ____ leads them, so their distance between the eyes is ____, and they ____.",
    ],
    code='my_depth = "float"',
    why="We see depth where left and right disagree. Strokes that are placed independently disagree at random.",
)

warp_order = puzzles_from_05.warp_order
predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
