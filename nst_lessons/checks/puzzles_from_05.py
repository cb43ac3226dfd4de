"""The Parsons problems of lessons 05 to 09."""

from nst_lessons.checks.parsons import Above, Parsons
from nst_lessons.checks.puzzles_to_04 import CLEAR, LOOP, LOSS_FIRST, REPEATED, RETURN, STEP_FIRST

# Lesson 05

mixed_order = Parsons(
    "def mixed_target(styles, weights):  # features (C, H*W) of each style, and one number for each style",
    lines={
        "total": ("    total = sum(weights)", "adds up the weights"),
        "start": ("    A = 0", "starts the mixed target"),
        "loop": ("    for F, weight in zip(styles, weights):", "goes through the styles"),
        "gram": ("        G = F @ F.T / F.numel()", "computes the Gram matrix of a style"),
        "add": ("        A = A + weight / total * G", "adds a style's share"),
        "return": ("    return A", "returns the mixed target"),
    },
    too_many={
        "    total = len(weights)": "that is the number of styles, but the shares add up to 1 only if you divide by the sum "
        "of the weights",
        "        F = weight * F": "a Gram matrix holds products of features, so it would change with the square of the weight",
    },
    rules=[
        Above("total start", "loop", LOOP),
        Above("loop", "gram add", REPEATED),
        Above("gram", "add", "a style's share is a part of its Gram matrix G"),
        Above("total start loop gram add", "return", RETURN),
    ],
    hints=[
        "Weights 1 and 3 are shares of 1/4 and 3/4. What must you know before you can compute the first share?",
        "Before the loop: the sum of the weights, and a target to start from. For each style: its Gram matrix, then its "
        "share of the target. Return at the end.",
    ],
    why="The mixed target is a mean of the styles' Gram matrices, and its shares add up to 1. Which of the first two lines "
    "comes first does not matter.",
)

# Lesson 06

prepare_order = Parsons(
    "def prepare(pixels, mean, std):  # uint8 (H, W, 3), as in a file; (3, 1, 1) each",
    lines={
        "tensor": ("    x = torch.as_tensor(pixels)", "makes a tensor"),
        "range": ("    x = x.float() / 255", "brings the values to [0, 1]"),
        "axes": ("    x = x.permute(2, 0, 1)", "puts the colours first"),
        "normalise": ("    x = (x - mean) / std", "normalises each colour"),
        "return": ("    return x[None]", "adds the axis of the batch"),
    },
    too_many={
        "    x = x.float()": "the values would stay between 0 and 255, as in bed 3",
        "    x = x.reshape(3, *x.shape[:2])": "`reshape` has the right shape but mixes colours and places, as in bed 5",
    },
    rules=[
        Above("tensor", "range axes normalise", "numpy's arrays have neither `float()` nor `permute()`"),
        Above("range", "normalise", "mean and std are those of values in [0, 1]"),
        Above("axes", "normalise", "mean and std have the shape (3, 1, 1), so the colours must come first"),
        Above("tensor range axes normalise", "return", RETURN),
    ],
    hints=[
        "What are the shape and the range of the pixels in a file? And which shape and range do mean and std belong to?",
        "Make a tensor. Bring range and axes to what the network expects, in any order. Then normalise. The axis of the "
        "batch comes last.",
    ],
    why="Mean and std belong to values in [0, 1] with the colours first. So range and axes come before the normalisation.",
)

# Lesson 07

whiten_order = Parsons(
    "def whitened(x):  # points (C, N)",
    lines={
        "centre": ("    f = x - x.mean(1, keepdim=True)", "subtracts the mean"),
        "covariance": ("    covariance = f @ f.T / f.shape[1]", "computes the covariance"),
        "axes": ("    D, E = torch.linalg.eigh(covariance)", "finds the cloud's own axes and the variances along them"),
        "turn": ("    turned = E.T @ f", "turns the cloud's axes onto the coordinate axes"),
        "even": ("    even = torch.diag(D**-0.5) @ turned", "makes all axes equally long"),
        "return": ("    return E @ even", "turns the cloud back"),
    },
    too_many={
        "    turned = E @ f": "the columns of E are the cloud's axes, and only E^T turns them onto the coordinate axes",
        "    covariance = x @ x.T / x.shape[1]": "the mean is still in x, but a covariance is that of centred points",
    },
    rules=[
        Above("centre", "covariance turn", "the mean must be subtracted first"),
        Above("covariance", "axes", "D and E are the eigenvalues and eigenvectors of the covariance"),
        Above("axes", "turn even", "D and E must be known first"),
        Above("turn", "even", "the axes can be made equal only after they lie along the coordinates"),
        Above("centre covariance axes turn even", "return", RETURN),
    ],
    hints=[
        "Look at the four clouds above: what was done between one and the next? And what had to be known for it?",
        "Centre the cloud. Find its axes, from the covariance. Then turn, make even, turn back.",
    ],
    why="E^T turns the cloud's axes onto the coordinate axes, D^-1/2 makes them equally long, and E turns the cloud back.",
)

levels_order = Parsons(
    "def universal(photo, painting, encode, transform, decode):",
    lines={
        "start": ("    image = photo", "starts from the photo"),
        "loop": ("    for level in (4, 3, 2, 1):", "goes through the levels, from coarse to fine"),
        "content": ("        content = encode(image, level)", "computes the features of the current picture"),
        "style": ("        style = encode(painting, level)", "computes the features of the painting"),
        "transform": ("        mixed = transform(content, style)", "whitens and colours the content's features"),
        "decode": ("        image = decode(mixed, level)", "turns features back into a picture"),
        "return": ("    return image", "returns the picture"),
    },
    too_many={
        "        content = encode(photo, level)": "each level would start from the photo again, and what the deeper levels "
        "made would be lost",
        "    for level in (1, 2, 3, 4):": "that goes from fine to coarse, so the deep levels would blur the fine grain at "
        "the end",
    },
    rules=[
        Above("start", "loop", LOOP),
        Above("loop", "content style transform decode", REPEATED),
        Above("content style", "transform", "the features of both pictures must be known before the transform"),
        Above("transform", "decode", "there are no new features to decode before the transform"),
        Above("start loop content style transform decode", "return", RETURN),
    ],
    hints=[
        "Which picture goes into the next level: the photo, or what the level before has made?",
        "The picture starts as the photo. At each level: the features of the picture and of the painting, in any order, the "
        "transform, and back to a picture.",
    ],
    why="Each level works on the picture that the level before it made, and begins with the large shapes. So colour and "
    "grain are put right at the end.",
)

# Lesson 08

training_order = Parsons(
    "def train(painter, optimizer, batches):  # optimizer: Adam of the painter's weights",
    lines={
        "loop": ("    for photos in batches:", "goes through the batches"),
        "paint": ("        pictures = painter(photos)", "paints a batch"),
        "loss": ("        loss = loss_of(pictures, photos)", "computes the loss of the painted pictures"),
        "clear": ("        optimizer.zero_grad()", "clears the old gradient"),
        "backward": ("        loss.backward()", "computes the gradient"),
        "step": ("        optimizer.step()", "changes the weights"),
        "return": ("    return painter", "returns the painter"),
    },
    too_many={
        "        pictures = painter(photos).detach()": "`detach()` cuts the path from the loss back to the weights, so there "
        "is no gradient",
        "        optimizer = torch.optim.Adam([pictures])": "that would change the pictures, but the weights are to learn",
    },
    rules=[
        Above("loop", "paint loss clear backward step", REPEATED),
        Above("paint", "loss", "there is no picture to judge before the network has painted it"),
        Above("loss", "backward", LOSS_FIRST),
        Above("clear", "backward", CLEAR, or_below="step"),
        Above("backward", "step", STEP_FIRST),
        Above("loop paint loss clear backward step", "return", RETURN),
    ],
    hints=[
        "What differs from the loop of lesson 03? There, u was changed. What is changed here, and how does the loss depend "
        "on it?",
        "For each batch: paint, judge, compute the gradient, change the weights. An old gradient must be gone before a new "
        "one is computed.",
    ],
    why="It is the old loop. But the gradient goes on through the pictures to the weights of the network that painted them.",
)

# Lesson 09

warp_order = Parsons(
    "def warped(image, u, v):  # (3, H, W); whole numbers (H, W): where each pixel comes from",
    lines={
        "size": ("    H, W = image.shape[1:]", "reads the picture's height and width"),
        "places": (
            '    ys, xs = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")',
            "makes the tables of each place's own row and column",
        ),
        "rows": ("    rows = (ys + v).clamp(0, H - 1)", "finds the row to fetch from"),
        "columns": ("    columns = (xs + u).clamp(0, W - 1)", "finds the column to fetch from"),
        "return": ("    return image[:, rows, columns]", "fetches the pixels"),
    },
    too_many={
        "    columns = (xs - u).clamp(0, W - 1)": "the flow points to where the pixel comes from, so add it",
        "    return image[:, columns, rows]": "in a tensor (3, H, W) the row comes before the column",
    },
    rules=[
        Above("size", "places rows columns", "H and W must be known first"),
        Above("places", "rows columns", "ys and xs must be known first"),
        Above("size places rows columns", "return", RETURN),
    ],
    hints=[
        "From which row and which column does a pixel come? What do you need to know to compute them?",
        "The size, then the tables of rows and columns. Add the flow to each, in any order, and keep it inside. Fetch at the "
        "end.",
    ],
    why="Every place fetches its pixel: its own row plus v, its own column plus u. Which of the two is computed first does "
    "not matter.",
)
