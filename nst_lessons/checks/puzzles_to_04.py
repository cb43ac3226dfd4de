"""The Parsons problems of lessons 01 to 04."""

from nst_lessons.checks.parsons import Above, Parsons

RETURN = "`return` ends the function, so no line below it is run"
LOOP = "what is done only once must be done before the loop begins"
REPEATED = "it has to be repeated, so it belongs below `for`"

# Lesson 01

extractor_order = Parsons(
    "def extract(image, steps, wanted):  # steps: {name: layer}, in the network's order",
    lines={
        "start": ("    x, features = image, {}", "starts with the picture and an empty dictionary"),
        "loop": ("    for name, step in steps.items():", "goes through the layers"),
        "step": ("        x = step(x)", "applies the next layer"),
        "if": ("        if name in wanted:", "asks whether this layer is wanted"),
        "keep": ("            features[name] = x", "keeps the features of a wanted layer"),
        "return": ("    return features", "returns what was kept"),
    },
    too_many={
        "        x = step(image)": "each layer would see the picture, but a layer sees what the layer before it made",
        "            return {name: x}": "the function would end at the first layer that is wanted, and the others would be "
        "missing",
    },
    rules=[
        Above("start", "loop", LOOP),
        Above("loop", "step if keep", REPEATED),
        Above("step", "if keep", "a layer has no features before it is applied"),
        Above("if", "keep", "only layers that are wanted are kept, so ask first"),
        Above("start loop step if keep", "return", RETURN),
    ],
    hints=[
        "What does the second layer get as its input? And when do you know whether to keep what it makes?",
        "Start with the picture and nothing kept. For each layer: apply it, ask whether it is wanted, keep its features. "
        "Return at the very end.",
    ],
    why="Each layer works on what the layer before it made. One pass through the network gives the features of all wanted "
    "layers.",
)

# Lesson 02

variation_order = Parsons(
    "def total_variation(image):  # (1, 3, H, W)",
    lines={
        "down": ("    down = image[..., 1:, :] - image[..., :-1, :]", "subtracts each pixel from the one below it"),
        "downs": ("    down = down.square().mean()", "takes the mean square of the steps downwards"),
        "across": ("    across = image[..., 1:] - image[..., :-1]", "subtracts each pixel from its right neighbour"),
        "acrosses": ("    across = across.square().mean()", "takes the mean square of the steps to the right"),
        "return": ("    return down + across", "adds the two numbers"),
    },
    too_many={
        "    across = across.mean().square()": "in a mean of plain differences, a rise cancels a fall: square first",
        "    return (down + across).square().mean()": "each direction is squared and averaged by itself, before the sum",
    },
    rules=[
        Above("down", "downs", "there is nothing to square before the differences are computed"),
        Above("across", "acrosses", "there is nothing to square before the differences are computed"),
        Above("down downs across acrosses", "return", RETURN),
    ],
    hints=[
        "A photo has two directions. What has to happen to the differences before you may take their mean?",
        "For each direction: subtract neighbours, square, take the mean. At the end, add the two numbers.",
    ],
    why="Squares do not cancel, and a mean does not depend on the picture's size. The two directions do not depend on each "
    "other.",
)

# Lesson 03

style_order = Parsons(
    "def style_loss_of(features, targets):  # {layer: (C, H, W)}, {layer: (C, C)}",
    lines={
        "start": ("    total = 0", "starts the sum"),
        "loop": ("    for name, A in targets.items():", "goes through the layers"),
        "rows": ("        F = features[name].flatten(1)", "makes one row for each channel"),
        "gram": ("        G = F @ F.T / F.numel()", "computes the Gram matrix"),
        "add": ("        total = total + (G - A).square().sum() / A.square().sum()", "adds a layer's loss to the sum"),
        "return": ("    return total / len(targets)", "divides the sum by the number of layers"),
    },
    too_many={
        "        G = F.T @ F / F.numel()": "that compares positions, (H*W, H*W), but the style compares channels, (C, C)",
        "        return total / len(targets)": "it stands inside the loop, so the function would end after the first layer",
    },
    rules=[
        Above("start", "loop", LOOP),
        Above("loop", "rows gram add", REPEATED),
        Above("rows", "gram", "the Gram matrix is a product of the rows in F"),
        Above("rows gram", "add", "a layer's loss needs its Gram matrix G"),
        Above("start loop rows gram add", "return", RETURN),
    ],
    hints=[
        "What is done once for each layer, what once before all of them, and what once after them?",
        "Start the sum. For each layer: rows of channels, the Gram matrix, its loss, which is added. Then divide by the "
        "number of layers.",
    ],
    why="One Gram matrix and one loss for each layer, and then their mean. The sum starts once and is returned once.",
)

STEP_FIRST = "the optimiser moves along the gradient, and `backward()` computes it"
LOSS_FIRST = "`backward()` computes the gradient of this loss"
CLEAR = "then `zero_grad()` deletes the gradient before `step()` has used it"

texture_order = Parsons(
    "def texture(u, loss_of, steps):  # u: numbers that require a gradient",
    lines={
        "optimizer": ("    optimizer = torch.optim.Adam([u], lr=0.1)", "makes the optimiser"),
        "loop": ("    for _ in range(steps):", "repeats"),
        "loss": ("        loss = loss_of((1 + u.sin()) / 2)", "computes the loss of the current picture"),
        "clear": ("        optimizer.zero_grad()", "clears the old gradient"),
        "backward": ("        loss.backward()", "computes the gradient"),
        "step": ("        optimizer.step()", "changes u"),
        "return": ("    return (1 + u.sin().detach()) / 2", "returns the picture"),
    },
    too_many={
        "        optimizer = torch.optim.Adam([u], lr=0.1)": "a new optimiser in each step forgets what the old one has "
        "learned about the gradients",
        "        loss = loss_of((1 + u.sin().detach()) / 2)": "`detach()` cuts the path from the loss back to u, so there is "
        "no gradient",
    },
    rules=[
        Above("optimizer", "loop", LOOP),
        Above("loop", "loss clear backward step", REPEATED),
        Above("loss", "backward", LOSS_FIRST),
        Above("clear", "backward", CLEAR, or_below="step"),
        Above("backward", "step", STEP_FIRST),
        Above("optimizer loop loss clear backward step", "return", RETURN),
    ],
    hints=[
        "Which line is run once before the steps, and which line is run once after them? What has to be known before u can "
        "change?",
        "Make the optimiser. Then repeat: the loss of the current picture, its gradient, a change of u. An old gradient must "
        "be gone before a new one is computed. At the end, return the picture.",
    ],
    why="Loss, gradient, step: `backward()` adds to the old gradient, so it is cleared at any place but between `backward()` "
    "and `step()`.",
)

# Lesson 04

closure_order = Parsons(
    "def closure():",
    lines={
        "clear": ("    optimizer.zero_grad()", "clears the old gradient"),
        "loss": ("    loss = loss_of(canvas)", "computes the loss of the canvas"),
        "backward": ("    loss.backward()", "computes the gradient"),
        "return": ("    return loss", "gives the loss to the optimiser"),
    },
    too_many={
        "    loss = loss_of(photo)": "the photo never changes, so neither would the loss, and the canvas would get no gradient",
        "    return canvas": "the optimiser asks how good the canvas is. It has the canvas already, and needs the loss",
    },
    rules=[
        Above("clear", "backward", "then `zero_grad()` deletes the gradient that `backward()` has just computed"),
        Above("loss", "backward", LOSS_FIRST),
        Above("clear loss backward", "return", RETURN),
    ],
    hints=[
        "L-BFGS calls this function and asks: how good is the canvas, and which way is downhill? Which line answers what?",
        "The loss comes before its gradient, and the old gradient must be gone before the new one is computed. The answer is "
        "returned at the end.",
    ],
    why="`backward()` adds to the gradient that is there, so it is cleared before. The optimiser reads the gradient from the "
    "canvas and the loss from `return`.",
)

sizes_order = Parsons(
    "def coarse_to_fine(photo, painting, sizes):  # sizes: the smallest first",
    lines={
        "start": ("    canvas = photo", "starts from the photo"),
        "loop": ("    for size in sizes:", "goes through the sizes"),
        "loss": (
            "        loss_of = loss_between(resize(photo, size), resize(painting, size))",
            "makes the loss at this size",
        ),
        "resize": ("        canvas = resize(canvas, size)", "brings the canvas to this size"),
        "minimise": ("        canvas = minimise(canvas, loss_of)", "paints at this size"),
        "return": ("    return canvas", "returns the canvas"),
    },
    too_many={
        "        canvas = resize(photo, size)": "each size would start from the photo again and throw away the large strokes",
        "    for size in reversed(sizes):": "that goes from fine to coarse, but the large strokes come first",
    },
    rules=[
        Above("start", "loop", LOOP),
        Above("loop", "loss resize minimise", REPEATED),
        Above("loss", "minimise", "the targets of a size must be known before the canvas is painted at that size"),
        Above("resize", "minimise", "the canvas must have the size of the targets before it is painted"),
        Above("start loop loss resize minimise", "return", RETURN),
    ],
    hints=[
        "What passes from one size to the next? And what is made anew at each size?",
        "The canvas starts as the photo. For each size: bring the canvas and the targets to that size, in any order, then "
        "paint. Return after the last size.",
    ],
    why="Only the canvas passes from size to size: the strokes of the small picture become the start of the larger one.",
)
