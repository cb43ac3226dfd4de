"""The exercises of 11_blank_page."""

from functools import partial

from nst_lessons.checks.blank_page import missing, painted
from nst_lessons.checks.examine import EqualTo, OneOf
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.question import Question
from nst_lessons.checks.staged import Stage, Staged

__all__ = ["hand_in", "own_style", "paint", "painted", "passes"]

passes = Question(
    EqualTo(
        1,
        {
            "in every step? What does the network say about a painting that never changes?": 60,
            "count the painting's passes only: the canvas is another picture.": 61,
            "the canvas and the painting in every step? Which of the two changes?": 120,
            "without a pass of the painting, where does the style's target come from?": 0,
            "one pass gives the features of all layers at once.": 5,
            "the photo has its own pass: count the painting's.": 2,
        },
        least=0,
        most=120,
        outside="that is more than twice for every step: count again.",
    ),
    hints=[
        "Which of the three pictures changes during the run, and which stay as they are?",
        "What the network says about a picture that stays the same can be kept. Count the passes that you cannot avoid.",
        "The painting's Gram matrices are ____, computed before the loop. So the painting needs ____ pass.",
    ],
    code="my_passes = 1",
    why="The targets never change, so they are computed once. Only the canvas needs the network in every step.",
)

_STAGES = (
    Stage(
        "features",
        "a deep layer for the content, Gram matrices of several layers for the style",
        [
            "What does a deep layer remember of a photo, and what do Gram matrices of many layers remember of a painting?",
            "Ask the network for one deep layer and about five others, from fine to coarse. For the style, turn the features "
            "(1, C, H, W) of each of those into a matrix (1, C, C).",
            '`features = vgg(picture, ["relu1_1", ____, "relu5_1", "____"])`, and for the style `F = x.flatten(____)`, '
            "`G = F @ F.____ / F.numel()`.",
        ],
    ),
    Stage(
        "targets",
        "from the photo and the painting, computed once, without a graph",
        [
            "Which two things should the canvas come close to, and when do they change?",
            "Before the loop, and without a gradient: keep the photo's features of the content layer, and the painting's Gram "
            "matrices of the style layers.",
            '`with torch.____():` `P = vgg(____, [...])["relu4_2"]` and `A = {name: gram(F) for name, F in vgg(____, '
            "[...]).items()}`.",
        ],
    ),
    Stage(
        "gradient",
        "both losses reach the pixels, and the optimiser moves them",
        [
            "What changes here: the network, or something else? What must torch know about it?",
            "The tensor that changes must be a copy that requires a gradient. Give it to an optimiser, in a list. In each "
            "step: clear the gradients, compute the loss from that tensor, go backward, take the step.",
            "`canvas = photo.____().requires_grad_(____)`, `optimizer = torch.optim.Adam([____], lr=0.05)`, and in the loop "
            "`optimizer.____()`, `loss.____()`, `optimizer.____()`.",
        ],
    ),
    Stage(
        "descent",
        "it begins sensibly, the loss falls, and `steps` decides how far",
        [
            "Print the loss of every step. Where does it begin, and which way does it go?",
            "Begin with a copy of the photo. Add the two losses with a weight for each. Repeat one step as often as `steps` "
            "says, with fresh gradients each time. If the loss jumps, take smaller steps.",
            "`for _ in range(____):` and in it `loss = alpha * ((____ - P) ** 2).mean() + beta * ____`.",
        ],
    ),
    Stage(
        "picture",
        "(1, 3, H, W) in [0, 1], and saved in a file",
        [
            "Which values may a pixel have, and what would a file do with the others?",
            "Either compute the pixels from a free u by a function that stays in [0, 1], or clamp after each step, outside of "
            "the graph. Return the picture without its graph, and save it.",
            "`u = (2 * photo.clamp(0.02, 0.98) - 1).____().requires_grad_(True)`, pixels `(1 + u.____()) / 2`; at the end "
            '`picture.____()` and `nst.save_image(____, "blank_page.png")`.',
        ],
    ),
)

paint = Staged(
    missing,
    _STAGES,
    code="""
    def paint(photo, painting, steps):
        import torch

        import nst_lessons as nst

        vgg = nst.VGG()
        styles, deep = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"], "relu4_2"

        def gram(x):
            F = x.flatten(2)  # (1, C, H*W)
            return F @ F.mT / x[0].numel()

        def distance(value, target):
            return (value - target).square().sum() / target.square().sum()

        with torch.no_grad():
            P = vgg(photo, [deep])[deep]
            A = {name: gram(x) for name, x in vgg(painting, styles).items()}

        u = (2 * photo.clamp(0.02, 0.98) - 1).asin().requires_grad_(True)
        optimizer = torch.optim.Adam([u], lr=0.1)
        for _ in range(steps):
            features = vgg((1 + u.sin()) / 2, [*styles, deep])
            style = sum(distance(gram(features[name]), A[name]) for name in styles) / len(styles)
            loss = distance(features[deep], P) + 10 * style
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        picture = ((1 + u.sin()) / 2).detach()
        nst.save_image(picture, "blank_page.png")
        return picture
    """,
    why="All five stages stand: you have written style transfer from nothing.",
)

own_style = Question(
    OneOf(
        "stays",
        {
            "sharper": "which Gram matrices does the photo have, and which should it get? Nothing asks for more detail.",
            "abstract": "the photo's content is a target, too. How far is the canvas from both targets at the start?",
            "noise": "what would have to push the pixels apart? Look at both losses at the start.",
        },
    ),
    hints=[
        "The canvas begins as the photo. How large are its two losses if the photo is the painting, too?",
        "Content: the canvas has the photo's features. Style: it has the photo's Gram matrices. A gradient that is nearly 0 "
        "moves nothing far.",
        "Both losses begin near ____, so the picture ____.",
    ],
    code='my_guess = "stays"',
    why="Both targets are nearly met at the start, so nothing pulls the picture away. Adam may leave grain: its steps are as "
    "large for a small gradient as for a large one.",
)

hand_in = partial(write_counts, globals())
