"""Draw the style pictures that travel with the package, so that style transfer works without a network.

    python data/draw_styles.py [NAME ...] [--out FOLDER]

Every picture is computed from a seeded random generator: the same machine draws the same bytes again.
All of them are drawn at twice their final size (lengths below are in those pixels) and then reduced,
which gives clean edges. Points are (x, y); arrays are indexed [y, x] and hold colours from 0 to 255.
"""

import argparse
import io
import itertools
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageColor, ImageDraw
from scipy.interpolate import CubicSpline
from scipy.ndimage import distance_transform_edt, gaussian_filter, maximum_filter, shift
from scipy.spatial import cKDTree
from skimage import color, data

SIZE = (640, 512)
SUPERSAMPLING = 2
MAX_BYTES = 112_000  # of one JPEG file: all eight have to fit into one notebook, in 900 kB

# ------------------------------------------------------------------------------------------------
# Shared tools: coordinates, noise, colour ramps, flow lines, brush strokes, paper


def grid(size):
    """Return x and y of every pixel, in units of the picture's height (so that circles stay round)."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width] / height
    return x, y


def noise(rng, size, cells, octaves=4, stretch=1.0):
    """Return fractal noise in -1..1: enlarged random grids, each twice as fine and half as strong as the last.

    `cells` is the number of blobs along the height; `stretch` > 1 draws them out horizontally.
    """
    width, height = size
    total = np.zeros((height, width))
    for octave in range(octaves):
        rows = cells * 2**octave
        columns = rows * width / height / stretch
        small = rng.uniform(-1, 1, (int(rows) + 2, int(columns) + 2)).astype(np.float32)
        total += np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)) / 2**octave
    return total / np.abs(total).max()


def ridge(rng, size, level, amplitude, cells):
    """Return the y of a hilly horizon at every x, in units of the picture's height."""
    return level + amplitude * noise(rng, size, cells, 4)[0]


def ramp(colours, t):
    """Look up `t` (0..1, any shape) in a smooth ramp through the given hexadecimal colours."""
    stops = np.array([ImageColor.getrgb(f"#{code}") for code in colours.split()], float)
    position = np.clip(t, 0, 1) * (len(stops) - 1)
    return np.stack([np.interp(position, np.arange(len(stops)), channel) for channel in stops.T], axis=-1)


def sample(field, points):
    """Read an array indexed [y, x] at (x, y) points, which may lie outside the picture."""
    height, width = field.shape[:2]
    x = np.clip(points[..., 0].astype(int), 0, width - 1)
    y = np.clip(points[..., 1].astype(int), 0, height - 1)
    return field[y, x]


def scatter(rng, size, spacing):
    """Return points on a jittered grid in random order: as irregular as a hand, yet without holes."""
    width, height = size
    x, y = np.meshgrid(np.arange(0, width + spacing, spacing), np.arange(0, height + spacing, spacing))
    points = np.stack([x.ravel(), y.ravel()], axis=-1) + rng.uniform(-0.6, 0.6, (x.size, 2)) * spacing
    return rng.permutation(points)


def trace(angle, seeds, length, steps=7):
    """Follow the direction field `angle` (radians) both ways from every seed: an array of (steps, 2) paths."""
    half = []
    for sign in (-1, 1):
        points = [seeds.astype(float)]
        for _ in range(steps // 2):
            direction = sample(angle, points[-1])
            move = np.stack([np.cos(direction), np.sin(direction)], axis=-1)
            points.append(points[-1] + sign * move * np.reshape(length, (-1, 1)) / (steps - 1))
        half.append(points)
    return np.stack(half[0][:0:-1] + half[1], axis=1)


def normals(paths):
    """Return the unit normal at every point of the paths."""
    tangent = np.gradient(paths, axis=-2)
    tangent /= np.linalg.norm(tangent, axis=-1, keepdims=True) + 1e-9
    return np.stack([-tangent[..., 1], tangent[..., 0]], axis=-1)


def to_image(array):
    """Turn a float array of colours into a PIL image."""
    return Image.fromarray(np.clip(array, 0, 255).astype(np.uint8))


def relief(height, strength):
    """Light a height map from the top left: above 1 on slopes towards the light, below 1 on the others."""
    slope_y, slope_x = np.gradient(height)
    return 1 + np.clip(strength * (-slope_x - slope_y), -0.45, 0.6)


def paper(rng, size, strength):
    """Return a multiplier around 1 that looks like paper: blotches, long fibres and fine grain."""
    grain = gaussian_filter(rng.normal(size=size[::-1]), 0.9)
    fibres = noise(rng, size, 90, 2, stretch=6) + noise(rng, size, 8, 3)
    return 1 + strength * (grain + 0.6 * fibres)[..., None]


class Canvas:
    """Wet oil paint: every stroke leaves colour and also thickness, which catches the light at the end."""

    def __init__(self, ground):
        """Start from an array of colours, the ground that shows through between the strokes."""
        self.colour = to_image(ground)
        self.thickness = Image.new("L", self.colour.size, 60)

    def paint(self, rng, paths, widths, colours, variation=14):
        """Paint a stroke along each path, as a bundle of bristles that differ in tone, reach and load of paint."""
        colour_pen, thickness_pen = ImageDraw.Draw(self.colour), ImageDraw.Draw(self.thickness)
        steps = paths.shape[1]
        # A round brush: narrow where it lands and where it lifts.
        profile = (1 - np.linspace(-0.92, 0.92, steps) ** 4)[:, None]
        for path, normal, width, colour in zip(paths, normals(paths), widths, colours, strict=True):
            count = max(3, int(width / 2.2))
            line = int(np.ceil(width / count)) + 1
            load = rng.uniform(90, 160)
            tones = colour + variation * rng.normal(size=(count, 1)) + 0.4 * variation * rng.normal(size=(count, 3))
            tones = np.clip(tones, 0, 255).astype(int)
            starts = rng.integers(0, 2, count)
            ends = steps - rng.integers(0, 2, count)
            offsets = np.linspace(-0.5, 0.5, count)
            # Bristles squeeze the paint outwards: the edges of a stroke stand higher than its middle.
            thickness = load + 60 * (2 * offsets) ** 2 + rng.uniform(-35, 35, count)
            for bristle in rng.permutation(count):
                points = (path + normal * profile * offsets[bristle] * width)[starts[bristle] : ends[bristle]]
                points = points.ravel().tolist()
                colour_pen.line(points, tuple(tones[bristle].tolist()), line)
                thickness_pen.line(points, int(thickness[bristle]), line)

    def brush(self, rng, seeds, colours, angle, width, length, mixing=8):
        """Paint strokes through the seeds, coloured after an array of colours and following a direction field."""
        count = len(seeds)
        shades = sample(colours, seeds) * rng.uniform(0.85, 1.16, (count, 1)) + rng.normal(0, mixing, (count, 3))
        self.paint(rng, trace(angle, seeds, length), width * rng.uniform(0.65, 1.1, count), shades)

    def dab(self, rng, points, radii, colours):
        """Set a round, slightly flattened dot of paint on every point."""
        colour_pen, thickness_pen = ImageDraw.Draw(self.colour), ImageDraw.Draw(self.thickness)
        stretch = rng.uniform(0.8, 1.2, len(points))
        boxes = np.concatenate([points, points], axis=1)
        boxes += np.stack([-radii * stretch, -radii / stretch, radii * stretch, radii / stretch], axis=1)
        for box, colour, load in zip(boxes.tolist(), colours, rng.integers(90, 190, len(points)), strict=True):
            colour_pen.ellipse(box, tuple(np.clip(colour, 0, 255).astype(int).tolist()))
            thickness_pen.ellipse(box, int(load))

    def finish(self, strength=0.012):
        """Return the painting as an array, its impasto lit from the top left."""
        height = gaussian_filter(np.asarray(self.thickness, float), 1.0)
        return np.asarray(self.colour, float) * relief(height, strength)[..., None]


# ------------------------------------------------------------------------------------------------
# The pictures. Each function takes a generator and a size, and returns an array of colours.


def night_sky(rng, size):
    """Return colours and stroke directions of a windy sky with three spirals and five lamps."""
    x, y = grid(size)
    flow_x, flow_y = np.ones_like(x), 0.5 * noise(rng, size, 3, 2)
    light = 0.30 + 0.22 * noise(rng, size, 5, 3, stretch=2.5)
    whirls = [(0.50, 0.30, 0.20, 1), (0.90, 0.44, 0.13, -1), (0.12, 0.47, 0.12, -1)]
    lamps = [(1.06, 0.16, 0.13), (0.15, 0.16, 0.09), (0.74, 0.09, 0.05), (0.35, 0.06, 0.045), (1.2, 0.42, 0.05)]
    for cx, cy, radius, turn in whirls + [(*lamp, 1) for lamp in lamps]:
        dx, dy = x - cx, y - cy
        distance = np.hypot(dx, dy) + 1e-6
        weight = 6 * np.exp(-((distance / radius) ** 2) / 1.4)
        flow_x += weight * (-turn * dy + 0.25 * dx) / distance
        flow_y += weight * (turn * dx + 0.25 * dy) / distance
        # Spiral arms wind with the logarithm of the distance, at the same pitch as the strokes.
        arms = np.cos(2 * np.arctan2(dy, dx) - turn * 8 * np.log(distance))
        light += 0.30 * np.exp(-((distance / radius) ** 2)) * arms * (radius > 0.11)
    for cx, cy, radius in lamps:
        distance = np.hypot(x - cx, y - cy) / radius
        light = np.maximum(light, 1.02 - 0.36 * distance + 0.09 * np.cos(distance * 7) * (distance < 2))
    colours = ramp("0b1640 15296f 1f4fa3 3f86c2 8fc3c4 e8dc8a f7c62f f2a31b fbe9a0", light)
    return colours, np.arctan2(flow_y, flow_x)


def swirls(rng, size):
    """Oil paint: a night sky of spirals and lamps over rolling fields, in strokes that follow the wind."""
    y = grid(size)[1]
    colours, angle = night_sky(rng, size)
    fields = (
        (0.58, 0.00, "2a2f7a 3f5fb0 8f8fd0"),
        (0.66, 0.25, "0d3a4a 1f7068 5fae8a"),
        (0.75, -0.9, "8a5a14 d89a1e f8d04a"),
        (0.87, 0.20, "0b2338 1a5a4a 8fae3a"),
    )
    for level, lean, ramp_colours in fields:
        top = ridge(rng, size, level, 0.085, 1.4)
        inside = y > top
        furrows = 0.55 + 0.35 * np.sin((y - top) * 120 + 5 * noise(rng, size, 4, 2)) + 0.3 * noise(rng, size, 12)
        # A dark contour sets every hill off against the one behind it.
        furrows -= 0.9 * np.exp(-(((y - top) / 0.009) ** 2))
        colours = np.where(inside[..., None], ramp(ramp_colours, furrows), colours)
        along = np.arctan(np.gradient(top) * size[1]) + lean
        angle = np.where(inside, along + 0.35 * noise(rng, size, 5, 2), angle)
    canvas = Canvas(ramp("101a3c 23305a", noise(rng, size, 20) / 2 + 0.5))
    for spacing, width, length in ((17, 23, 120), (13, 14, 85), (11, 8, 60)):
        seeds = scatter(rng, size, spacing)
        reach = length * np.where(seeds[:, 1] > 0.62 * size[1], 0.5, 1)
        canvas.brush(rng, seeds, colours, angle, width, reach)
    return canvas.finish()


def river_valley(rng, size):
    """Return the colours of an invented landscape: a river at sunset between meadows and trees."""
    x, y = grid(size)
    scene = ramp("2f62c8 6f9fe0 c9b2dc ffb890 ffd76a", y / 0.48 + 0.14 * noise(rng, size, 4, 3, stretch=3))
    sun = np.hypot(x - 0.80, y - 0.33)
    scene += (ramp("fffbd8 ffdc4a ff8a4a", sun / 0.26) - scene) * np.exp(-((sun / 0.16) ** 2))[..., None]
    for level, colours in ((0.41, "7f78d0 b08ad0"), (0.47, "4a50b8 8a60c0 e08a9a"), (0.51, "1f4f9f 2f8f7a a8c060")):
        top = ridge(rng, size, level, 0.06, 2)
        scene = np.where((y > top)[..., None], ramp(colours, (y - top) * 8 + 0.3 * noise(rng, size, 9)), scene)
    ripples = noise(rng, size, 16, 3, stretch=8)
    water = ramp("ffc07a f58fa0 7f7fdc 2f62c8 1a3f9a", (y - 0.53) / 0.36 + 0.3 * ripples)
    path = (x - 0.80 + 0.05 * ripples) / (0.03 + 0.3 * (y - 0.5))
    glitter = np.exp(-(path**2)) * np.clip(0.6 + 1.5 * ripples, 0, 0.9)
    water += ([255, 222, 96] - water) * glitter[..., None]
    scene = np.where((y > 0.54)[..., None], water, scene)
    wobble = 0.035 * noise(rng, size, 6, 3)
    banks = [0.56 + 1.3 * np.clip(distance, 0, 1) ** 1.5 for distance in (x - 0.30, 1.10 - x)]
    bank = np.minimum(np.minimum(*banks), 0.91) + wobble
    glade = 0.55 + 0.55 * noise(rng, size, 8, 4, stretch=2) + 0.4 * (y - 0.75)
    # Long violet shadows fall from the trees towards us, away from the sun.
    for root, lean in ((0.15, -0.5), (0.38, -0.35), (1.17, 0.3)):
        glade -= 0.55 * (np.abs(x - root - lean * (y - 0.62)) < 0.035 + 0.10 * (y - 0.6) + wobble)
    meadow = ramp("3a2a9a 3a58b8 1f8a72 b8b84a ffd24a ff9a5a f47a8a", glade)
    scene = np.where((y > bank)[..., None], meadow, scene)
    for cx, cy, radius in ((0.13, 0.26, 0.20), (0.37, 0.40, 0.11), (1.17, 0.36, 0.14)):
        crown = np.hypot(x - cx, (y - cy) * 0.85) + 0.09 * noise(rng, size, 9, 3) < radius
        trunk = (np.abs(x - cx - 0.02 * np.sin(y * 14)) < 0.1 * radius) & (y > cy) & (y < cy + 2.1 * radius)
        sunlit = 0.4 + (x - cx + cy - y) * 1.7 + 0.5 * noise(rng, size, 12)
        leaves = ramp("24207a 1f4f8f 1a8a78 c8b040 ffc84a ff7a4a", sunlit)
        scene = np.where(trunk[..., None], ramp("3a1f6f 9f3f4f", 0.5 + noise(rng, size, 30)), scene)
        scene = np.where(crown[..., None], leaves, scene)
    return scene


def pointillism(rng, size):
    """Dots of pure colour over a river valley, its hues set beside their neighbours and their opposites."""
    scene = river_valley(rng, size)
    canvas = Canvas(ramp("cdbb98 eadbb8", noise(rng, size, 30) / 2 + 0.5))
    for spacing, radius in ((16, 13), (15, 10.5), (14, 7.5)):
        seeds = scatter(rng, size, spacing)
        hsv = color.rgb2hsv(np.clip(sample(scene, seeds) / 255, 0, 1)[None])[0]
        opposite = rng.random(len(seeds)) < 0.10
        hsv[:, 0] = (hsv[:, 0] + rng.normal(0, 0.05, len(seeds)) + 0.5 * opposite) % 1
        hsv[:, 1] = np.clip(hsv[:, 1] * 1.2 + 0.10, 0, 1)
        hsv[:, 2] = np.clip(hsv[:, 2] * rng.uniform(0.75, 1.25, len(seeds)), 0, 1)
        canvas.dab(rng, seeds, radius * rng.uniform(0.75, 1.15, len(seeds)), color.hsv2rgb(hsv[None])[0] * 255)
    return canvas.finish(0.005)


def painterly(rng, size):
    """Layers of ever finer strokes over a photograph (after Hertzmann 1998), in the colours of the Fauves."""
    photo = Image.fromarray(data.chelsea()).crop((45, 0, 420, 300)).resize(size, Image.Resampling.BICUBIC)
    lab = color.rgb2lab(np.asarray(photo))
    light = lab[..., 0]
    light = np.clip(0.5 + 0.27 * (light - light.mean()) / light.std() + 0.15 * noise(rng, size, 4, 3), 0, 1)
    warm = ramp("1b1250 5a1a6e b3204a e8432a f98a1e ffc93c fff2c0", light)
    cool = ramp("14103f 1d3f8f 0f7f8a 2fae7a 9fd08a f2e08a fff6d8", light)
    warmth = (lab[..., 2] - lab[..., 2].mean()) / lab[..., 2].std() + 3 * noise(rng, size, 3, 3)
    mix = 1 / (1 + np.exp(-2 * warmth - 1))[..., None]
    target = warm * mix + cool * (1 - mix)
    canvas = Canvas(ramp("7a1f3f c8502a", noise(rng, size, 10) / 2 + 0.5))
    for width, length in ((44, 170), (24, 110), (12, 64), (6, 36)):
        reference = gaussian_filter(target, (width / 3, width / 3, 0))
        slope_y, slope_x = np.gradient(gaussian_filter(lab[..., 0], width / 2))
        # Strokes run along the edges; where the photograph is flat they follow a slow noise instead.
        strength = np.hypot(slope_x, slope_y)
        wander = 2.2 * noise(rng, size, 2, 2)
        angle = np.where(strength > 0.12, np.arctan2(slope_x, -slope_y), wander)
        seeds = scatter(rng, size, width * 0.62)
        error = np.abs(np.asarray(canvas.colour, float) - reference).sum(axis=-1)
        seeds = seeds[sample(gaussian_filter(error, width / 4), seeds) > (0 if width > 20 else 60)]
        canvas.brush(rng, seeds, reference, angle, width, length, mixing=12)
    return canvas.finish()


SUN_RINGS = ((0.10, 9), (0.17, 16), (0.25, 22), (0.34, 26), (0.45, 30), (0.58, 34), (0.72, 38), (0.88, 42))


def glass_panes(rng, size):
    """Return the number of the pane at every pixel, and per pane its kind (sky, river, land) and place in its ramp."""
    x, y = grid(size)
    warp_x, warp_y = 0.03 * noise(rng, size, 3, 2), 0.03 * noise(rng, size, 3, 2)
    sun = np.array([0.80, 0.34])
    rings, depth = [sun[None]], [[0]]
    for ring, (distance, count) in enumerate(SUN_RINGS):
        turn = np.linspace(0, 2 * np.pi, count, endpoint=False) + 0.5 * ring + rng.uniform(-0.06, 0.06, count)
        reach = distance + rng.uniform(-0.012, 0.035, count) * (1 + ring / 2)
        rings.append(sun + reach[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
        depth.append(np.full(count, (ring + 1) / len(SUN_RINGS)))
    land = scatter(rng, (130, 60), 7.0) * [0.01, 0.0075] + [0, 0.62]
    horizon = 0.64 + 0.06 * np.sin(5 * x + 0.6) + warp_y
    river = np.abs(x - 0.66 - 0.14 * np.sin(9 * (y - 0.6))) < 0.04 + 0.5 * (y - 0.64)
    kind = np.where(y < horizon, 0, np.where(river, 1, 2))
    here = np.stack([x + warp_x, y + warp_y], axis=-1)
    fall = (land[:, 1] - 0.6) / 0.4
    layouts = ((np.concatenate(rings), np.concatenate(depth), (1, 1)), (land, fall, (0.55, 2)), (land, fall, (1, 1)))
    panes, kinds, places = np.zeros(kind.shape, int), [], []
    for number, (sites, place, stretch) in enumerate(layouts):
        nearest = cKDTree(sites * stretch).query(here * stretch)[1]
        panes = np.where(kind == number, nearest + len(kinds), panes)
        kinds += [number] * len(sites)
        places += list(place)
    return panes, np.array(kinds), np.array(places)


def stained_glass(rng, size):
    """A sun in rings and rays over hills and a river: glowing rippled panes, set in bevelled lead."""
    panes, kinds, places = glass_panes(rng, size)
    places = places + rng.normal(0, 0.09, len(places))
    sky, river = "fff3b0 ffc21f ff8a12 e8301f c21a6a 6a22b0 2438c8", "9ff0e8 22b8d8 1478d0 1a3fae"
    land = "d8e03a 5fb82a 0f9a5a 0a6a6a 8a2f8f"
    colours = np.choose(kinds[:, None], [ramp(sky, places), ramp(river, places), ramp(land, places)])
    accents = rng.random(len(places)) < 0.13
    colours[accents] = ramp("e01f3a ffb01f 12a88a 2a50e0 c02fa0", rng.random(accents.sum()))
    colours *= rng.uniform(0.75, 1.12, (len(places), 1))
    edges = np.zeros(panes.shape, bool)
    edges[1:, 1:] = (panes[1:, 1:] != panes[:-1, 1:]) | (panes[1:, 1:] != panes[1:, :-1])
    inwards = distance_transform_edt(~edges)
    # Antique glass: streaks along or across, ripples, and a dark rim where dirt gathers at the lead.
    streaks = np.where(panes % 2, noise(rng, size, 16, 3, stretch=5), noise(rng, size, 40, 3, stretch=0.15))
    ripple = relief(gaussian_filter(noise(rng, size, 26, 3), 1.5), 6)
    # Grisaille: on some panes the painter has drawn fine curved lines.
    lines = (np.sin(150 * noise(rng, size, 3, 2)) > 0.45) & (panes % 3 == 0) & (inwards > 9)
    glow = 0.52 + 0.62 * (1 - np.exp(-inwards / 16)) + 0.30 * streaks - 0.28 * lines
    glass = colours[panes] * (glow * ripple)[..., None]
    glass += 70 * np.clip(1.5 * streaks + 0.2 * noise(rng, size, 60, 2), 0, 1)[..., None] ** 2
    width = 6.5 + 1.5 * noise(rng, size, 6, 2)
    bead = np.sqrt(np.clip(1 - (inwards / width) ** 2, 0, 1))
    lead = [40, 38, 48] * (relief(gaussian_filter(bead, 1), 3.2) ** 2.2 + 0.15 * noise(rng, size, 90, 2))[..., None]
    cover = np.clip(width - inwards, 0, 1)[..., None]
    return glass * (1 - cover) + lead * cover


def crest(rng, scale, place, mirror):
    """Return the back and the face of a breaking wave: two curves from its foot to its curled tip."""
    back = [(-1.7, 0), (-1.0, 0.12), (-0.5, 0.52), (-0.15, 0.92), (0.25, 1.04), (0.6, 0.84), (0.66, 0.50)]
    face = [(1.7, 0), (0.8, 0.03), (0.28, 0.22), (0.10, 0.55), (0.26, 0.80), (0.50, 0.74), (0.66, 0.50)]
    for points in (back, face):
        points = np.array(points) + rng.normal(0, 0.025, (7, 2)) * np.array([0, 1, 1, 1, 1, 0.5, 0])[:, None]
        yield CubicSpline(np.linspace(0, 1, 7), points)(np.linspace(0, 1, 80)) * [mirror * scale, -scale] + place


def foam_fingers(rng, edge, size, side):
    """Return discs (x, y, radius) that form curling, tapering fingers along a curve."""
    discs = []
    for point, normal in zip(edge, normals(edge) * side, strict=True):
        heading = np.arctan2(normal[1], normal[0]) + rng.normal(0, 0.25)
        radius, here = size * rng.uniform(0.55, 1.0), point
        for _ in range(rng.integers(2, 9)):
            discs.append((*here, radius))
            here = here + 0.9 * radius * np.array([np.cos(heading), np.sin(heading)])
            heading += 0.28 * side
            radius *= 0.84
    return discs


class Woodblock:
    """A print from two blocks: flat colours, and the key block with the dark outlines."""

    def __init__(self, ground):
        """Start from an array of colours, here the sky."""
        self.colour, self.key = to_image(ground), Image.new("L", (ground.shape[1], ground.shape[0]), 0)
        self.pen, self.key_pen = ImageDraw.Draw(self.colour), ImageDraw.Draw(self.key)

    def area(self, points, colour, line):
        """Print an area with its outline, which hides whatever lay behind it."""
        flat = points.ravel().tolist()
        self.pen.polygon(flat, colour)
        self.key_pen.polygon(flat, 0)
        self.key_pen.line(flat, 255, line, "curve")

    def discs(self, discs, colour, line):
        """Print overlapping discs as one shape with one outline round all of them."""
        for pen, fill, extra in ((self.key_pen, 255, line), (self.key_pen, 0, 0), (self.pen, colour, 0)):
            for x, y, radius in discs:
                reach = radius + extra
                pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill)

    def wave(self, rng, scale, place, mirror):
        """Print one wave: stripes that run up from its foot to its tip, foam fingers along the crest, spray."""
        back, face = crest(rng, scale, place, mirror)
        inks = ("#e9e2c8", "#12305c", "#5f93ad", "#12305c", "#a9c6c4", "#1b4a80", "#e4dec4", "#12305c", "#3d7497")
        cuts = np.concatenate([[0], (np.arange(19) + rng.uniform(0.3, 1.2, 19)) / 20, [1]])
        line = max(2, int(scale / 70))
        for number, (start, end) in enumerate(itertools.pairwise(cuts)):
            edges = [back + (face - back) * cut for cut in (start, end)]
            self.area(np.concatenate([edges[0], edges[1][::-1]]), inks[number % len(inks)], line)
        fingers = foam_fingers(rng, face[56::3], 0.035 * scale, mirror)
        fingers += foam_fingers(rng, back[36::2], 0.05 * scale, -mirror)
        self.discs(fingers, "#f1ead2", line)
        spray = back[rng.integers(40, 80, 40)] + rng.normal(0, 0.16, (40, 2)) * scale - [0, 0.1 * scale]
        self.discs([(*dot, scale * rng.uniform(0.006, 0.02)) for dot in spray], "#f1ead2", 1)

    def finish(self, rng, size):
        """Ink both blocks unevenly, with the grain of the wood, and press them a little out of register."""
        sheet = np.array([238, 226, 196.0])
        wear = 0.12 + 0.22 * noise(rng, size, 40, 3, stretch=14) + 0.22 * np.clip(noise(rng, size, 120, 2), 0, 1)
        colour = np.asarray(self.colour, float)
        colour += (sheet - colour) * np.clip(wear, 0, 1)[..., None]
        key = shift(np.asarray(self.key, float) / 255, (-2, 3), order=0)[..., None]
        key = key * np.clip(1 - 1.2 * wear, 0.4, 1)[..., None]
        return (colour * (1 - key) + np.array([16, 26, 58]) * key) * paper(rng, size, 0.05)


def wave(rng, size):
    """A woodblock print: rows of breaking waves with foam fingers under a banded sunset sky."""
    width, height = size
    x, y = grid(size)
    bands = y * 9 + 1.1 * noise(rng, size, 3, 2, stretch=5)
    sky = ramp("3f6f94 93b3b4 e6d9b4 f0c79a e89a78", y / 0.5)
    sky *= (1 - 0.13 * (bands % 1 > 0.55) - 0.08 * (bands % 0.5 > 0.4))[..., None]
    sky = np.where((np.hypot(x - 0.98, y - 0.23) < 0.125)[..., None], ramp("c8362c e0602f", y / 0.4), sky)
    block = Woodblock(sky)
    edges = np.abs(np.diff(np.floor(bands), axis=0, prepend=0)) > 0
    block.key.paste(255, mask=to_image(255 * maximum_filter(edges, 3)))
    across = np.linspace(-20, width + 20, 120)
    for row, (level, scale) in enumerate(((0.36, 0.09), (0.44, 0.16), (0.56, 0.26), (0.76, 0.42), (1.0, 0.30))):
        inks = ("#1b4a80", "#9fc0c0", "#12305c", "#5f93ad", "#e4dec4", "#12305c")
        for stripe in range(14):
            swell = np.sin(across / height * (9 - row) + row * 2 + 0.25 * stripe) * (0.025 + 0.004 * stripe)
            top = (level + swell + 0.013 * stripe * (1 + row / 3)) * height
            outline = np.stack([across, top], axis=-1)
            corners = np.array([[width + 20, height + 40], [-20, height + 40]])
            block.area(np.concatenate([outline, corners]), inks[(stripe + row) % len(inks)], 2)
        mirror = 1 if row % 2 else -1
        for left in np.arange(0.1 + 0.27 * (row % 3), 1.5, 2.1 * scale + 0.1):
            place = np.array([left + rng.uniform(-0.03, 0.03), level + 0.05]) * height
            block.wave(rng, scale * height * rng.uniform(0.85, 1.2), place, mirror)
    return block.finish(rng, size)


def engraved_land(rng, size):
    """Return the darkness (0..1) and the line direction of clouds over mountain ranges and a lake."""
    x, y = grid(size)
    form = noise(rng, size, 3, 3, stretch=1.8)
    slope_y, slope_x = np.gradient(gaussian_filter(form, 8))
    shade = slope_x + slope_y
    tone = 0.38 + 0.13 * shade / shade.std() - 0.25 * y
    angle = np.arctan2(slope_x, -slope_y)
    for layer in range(4):
        top = ridge(rng, size, 0.36 + 0.13 * layer, 0.20 - 0.03 * layer, 3)
        # Folds of rock: the crests of |noise| divide faces lit from the left from faces in shadow.
        folds = -np.abs(noise(rng, size, 3 + layer, 2, stretch=0.7) + 0.3 * (x % 0.5 - 0.25))
        slope = gaussian_filter(np.gradient(folds, axis=1), 5)
        face = np.tanh(1.5 * slope / slope.std())
        depth = y - top
        # Light from the left, a dark skyline, and mist in the valleys.
        rock = 0.36 + 0.05 * layer - 0.20 * face - 1.3 * np.clip(depth, 0, 1) + 0.30 * np.exp(-np.abs(depth) / 0.02)
        tone = np.where(depth > 0, rock, tone)
        angle = np.where(depth > 0, np.pi / 2 + 0.75 * face + 0.25 * noise(rng, size, 6, 2), angle)
    lake = 0.86 + 0.02 * np.sin(7 * x)
    ripples = noise(rng, size, 24, 3, stretch=9)
    tone = np.where(y > lake, 0.30 + 0.45 * ripples + 0.8 * (y - lake), tone)
    return np.clip(tone, 0, 1), np.where(y > lake, 0.15 * ripples, angle)


def ink_hatching(rng, size):
    """Hatching in sepia and sanguine, heightened with white on warm paper, that bends round clouds and mountains."""
    tone, angle = engraved_land(rng, size)
    stain = 0.12 + 0.60 * gaussian_filter(tone, 10) + 0.25 * noise(rng, size, 4)
    picture = to_image(ramp("f6e2b4 eec88a e0a45c c47a3c 8f4a2a", stain))
    pen = ImageDraw.Draw(picture)
    swell = np.cos(np.linspace(-1.5, 1.5, 9))
    # Each layer: how far its lines turn from the form's own direction, between which tones, and in which chalk.
    layers = (
        (0.0, -0.1, 0.24, "#fff6da"),
        (0.0, 0.18, 0.75, "#a53c1a"),
        (0.0, 0.33, 1.0, "#2a1914"),
        (0.9, 0.50, 1.0, "#54200f"),
        (-0.7, 0.66, 1.0, "#1c1014"),
    )
    for turn, above, limit, chalk in layers:
        seeds = scatter(rng, size, 23)
        here = sample(tone, seeds) + rng.normal(0, 0.03, len(seeds))
        paths = trace(angle + turn, seeds[(here > above) & (here <= limit)], 130 if turn == 0 else 80, 9)
        # The hand presses harder where the tone is darker.
        widths = 1.5 + 3.4 * np.clip(sample(tone, paths) - above, 0, 0.6)
        sides = normals(paths) * (swell * widths)[..., None]
        for outline in np.concatenate([paths + sides, (paths - sides)[:, ::-1]], axis=1):
            pen.polygon(outline.ravel().tolist(), chalk)
    return np.asarray(picture, float) * paper(rng, size, 0.04)


def facets(rng, size):
    """Return colours, brush directions and outlines of translucent facets heaped about the middle."""
    x, y = grid(size)
    height = size[1]
    colours = ramp("4f5a64 8d8266 c0a060", 0.5 + 0.6 * noise(rng, size, 3))
    angle, outlines = np.full(x.shape, 0.6), []
    inks = ramp("1c2230 33465c 56788e 9fb6bf e6dfc6 edc67a d0912f a85c24 6e3a20 2c1f1c", rng.random(150))
    for number, ink in enumerate(inks):
        radius = 0.40 * 0.987**number * rng.uniform(0.8, 1.3)
        centre = np.array([0.62, 0.5]) + rng.uniform(-1, 1, 2) * [0.66, 0.52]
        lean = rng.choice([-1.0, -0.55, 0.5, 0.95, 1.45]) + rng.normal(0, 0.07)
        corners = np.arange(0.25, 2, 0.5) * np.pi + rng.uniform(-0.45, 0.45, 4)
        if number % 4 == 3:
            corners = np.linspace(0, np.pi * rng.uniform(0.7, 1.3), 20)
        shape = np.stack([np.cos(corners), rng.uniform(0.35, 0.9) * np.sin(corners)], axis=-1) * radius
        shape = (shape @ [[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]] + centre) * height
        mask = Image.new("1", size, 0)
        ImageDraw.Draw(mask).polygon(shape.ravel().tolist(), 1)
        inside = np.asarray(mask)
        # Opaque at one edge and fading into the neighbours at the other: the passage of the cubists.
        fade = (x[inside] - centre[0]) * np.cos(lean + 0.9) + (y[inside] - centre[1]) * np.sin(lean + 0.9)
        fade = fade[:, None] / radius
        cover = np.clip(0.55 + 0.7 * fade, 0.06, 0.96)
        colours[inside] += (ink * (1 + 0.3 * fade) - colours[inside]) * cover
        angle[inside] = lean
        outlines.append(np.concatenate([shape, shape[:1]])[: rng.integers(3, 24)])
    return colours, angle, outlines


def cubist(rng, size):
    """Overlapping translucent facets in ochre, umber and grey-blue, brushed each in its own direction."""
    colours, angle, outlines = facets(rng, size)
    canvas = Canvas(colours)
    for spacing, thick, length in ((14, 18, 54), (10, 9, 36)):
        canvas.brush(rng, scatter(rng, size, spacing), colours, angle, thick, length)
    for outline in outlines[30:]:
        for start, end in itertools.pairwise(outline):
            line = start + (end - start) * np.linspace(0, 1, 9)[:, None] + rng.normal(0, 0.8, (9, 2))
            canvas.paint(rng, line[None], [rng.uniform(2, 6)], 0.3 * sample(colours, start[None]), 8)
    return canvas.finish()


def feather(rng, u, v):
    """Colour a peacock's feather at `u` along and `v` across it (the eye at 0, 0; about 1 wide), and its cover."""
    eye = np.hypot(u * 0.85 + 0.12 * np.abs(v), v * 1.15)
    # Barbs leave the shaft at a slant and lie side by side: thin lines of light and dark.
    barbs = np.sin(120 * (0.6 * u - np.abs(v) * 0.8 + 0.05 * np.sin(7 * v)) + 2 * np.sin(5 * u) + rng.uniform(0, 6))
    inks = "0a0f48 1f2fc0 0f96d8 10c0b0 a8601c f0b040 f4dc7a 2f9a5a 0f7f78 0a5078 0a3058 081c3c"
    rings = ramp(inks, eye + 0.03 * barbs + rng.normal(0, 0.03))
    heart = np.hypot((u + 0.05) * 1.3, v) - 0.12 * np.abs(np.cos(np.arctan2(v, u + 0.01)))
    rings[heart < 0.10] = (22, 10, 58)
    rings *= (0.88 + 0.24 * barbs * np.clip(eye * 2, 0.2, 1))[..., None]
    rings *= rng.uniform(0.8, 1.15)
    rings[np.abs(v) < 0.018 - 0.012 * np.clip(u, -0.6, 0.8)] = (226, 204, 130)
    stem = (u < 0) & (np.abs(v) < 0.75 * (1 + 0.18 * u)) & (u > -2.2)
    # A dark edge behind a gold one lifts every feather off the next.
    rings[(eye > 0.94) & (u > -0.2)] = (246, 206, 98)
    rings[(eye > 0.985) & (u > -0.2)] = (6, 24, 34)
    return rings, (eye < 1.03) | stem


def peacock(rng, size):
    """Art nouveau: a fan of overlapping peacock feathers, teal and ultramarine with bronze and gold."""
    x, y = grid(size)
    x, y = x + 0.018 * noise(rng, size, 3, 3), y + 0.018 * noise(rng, size, 3, 3)
    picture = ramp("062a30 0f4f55 1a6a5a", 0.5 + 0.5 * np.sin(40 * y + 9 * noise(rng, size, 3)))
    foot = np.array([0.42, 1.22])
    for row, reach in enumerate(1.62 * 0.885 ** np.arange(15)):
        count = 16 + row % 2
        for turn in np.linspace(-1.7, 1.7, count) + rng.normal(0, 0.02, count):
            along = np.array([np.sin(turn), -np.cos(turn)])
            eye = foot + along * (reach + rng.normal(0, 0.012))
            scale = 0.13 * reach * rng.uniform(0.85, 1.15)
            left, upper = ((eye - 2.6 * scale) * size[1]).astype(int).clip(0)
            right, lower = ((eye + 2.6 * scale) * size[1]).astype(int).clip(0)
            box = np.s_[upper:lower, left:right]
            dx, dy = x[box] - eye[0], y[box] - eye[1]
            u, v = (dx * along[0] + dy * along[1]) / scale, (dy * along[0] - dx * along[1]) / scale
            colours, cover = feather(rng, u, v)
            picture[box][cover] = colours[cover]
    shimmer = relief(gaussian_filter(noise(rng, size, 30, 3), 1), 4)[..., None]
    return picture * shimmer * paper(rng, size, 0.05)


PICTURES = (swirls, wave, stained_glass, pointillism, ink_hatching, cubist, painterly, peacock)


def save(picture, path):
    """Write a JPEG of the best quality that keeps within MAX_BYTES, under a temporary name first."""
    for quality in range(92, 40, -1):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= MAX_BYTES:
            break
    else:
        raise ValueError(f"{path.name} does not fit into {MAX_BYTES} bytes: draw it with less fine grain.")
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(buffer.getvalue())
    os.replace(temporary, path)
    return quality


def draw(function):
    """Draw one picture, large, and return it in its final size."""
    rng = np.random.default_rng(list(function.__name__.encode()))
    large = function(rng, (SIZE[0] * SUPERSAMPLING, SIZE[1] * SUPERSAMPLING))
    return to_image(large).resize(SIZE, Image.Resampling.LANCZOS)


def main():
    """Draw the pictures that the command line names, or all of them."""
    pictures = {function.__name__: function for function in PICTURES}
    parser = argparse.ArgumentParser(description="Draw the bundled style pictures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(pictures)} (default: all)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "styles", help="folder to write to")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(pictures):
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or pictures:
        path = arguments.out / f"{name}.jpg"
        quality = save(draw(pictures[name]), path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB (quality {quality})")


if __name__ == "__main__":
    main()
