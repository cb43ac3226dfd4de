"""Convert colours to sRGB that a file describes by numbers instead of a profile.

HEIC, AVIF and PNG name primaries and a transfer function by their numbers in ITU-T H.273. Older PNGs give the primaries'
chromaticities and an exponent (gAMA, cHRM).
"""

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from PIL import Image

NOTED = "nst_codes"  # the key in a picture's `info` for codes that its copies keep
D65 = (0.3127, 0.3290)
SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *D65)
PRIMARIES = {  # x and y of red, green, blue and white (H.273, table 2); all others are taken for sRGB's
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65),  # BT.2020
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65),  # Display P3
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *D65),
}
POWERS = {4: 2.2, 5: 2.8, 8: 1.0}  # transfer functions that are powers (H.273, table 3)
PQ, HLG = 16, 18  # those of HDR (ITU-R BT.2100); all others are shown nearly as sRGB's, and are taken for it
WHITE = 203  # nits of reference white in HDR (ITU-R BT.2408)
BRIGHTEST = 1000  # nits of the display that HLG is meant for
KNEE, PEAK = 0.6, 5.0  # in HDR, light up to KNEE of white stays as it is; more, up to PEAK times white, is compressed
LUMA_2020 = np.array([0.2627, 0.6780, 0.0593], np.float32)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
STRIP = 2**18  # pixels that are converted at a time, to save memory


@dataclass(frozen=True)
class Colours:
    """Colours by the chromaticities of red, green, blue and white, and by a transfer function: H.273's number or a power."""

    primaries: tuple[float, ...]
    transfer: int | None = None
    power: float | None = None

    def to_srgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels (H, W, 3) in uint8, converted. HDR is compressed to the range of sRGB as in films (`moving.films`)."""
        matrix = (np.linalg.inv(_to_xyz(SRGB)) @ _to_xyz(self.primaries)).T.astype(np.float32)
        light = self._light(np.arange(256, dtype=np.float32) / 255)
        result = np.empty_like(pixels)
        rows = max(1, STRIP // pixels.shape[1])
        for top in range(0, len(pixels), rows):
            linear = light[pixels[top : top + rows]]
            if self.transfer == HLG:  # the display's system gamma, 1.2
                linear *= ((linear @ LUMA_2020) ** 0.2)[..., None] * (BRIGHTEST / WHITE)
            linear = linear @ matrix
            if self.transfer in (PQ, HLG):
                linear = _compressed(linear)
            result[top : top + rows] = _encoded(linear)
        return result

    def _light(self, values: np.ndarray) -> np.ndarray:
        """Return the light of each value in [0, 1], as a share of white; for HLG, as a share of the scene's brightest."""
        if self.power:
            return values**self.power
        if self.transfer == PQ:
            root = values ** (32 / 2523)
            return (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (16384 / 2610) * (10000 / WHITE)
        if self.transfer == HLG:
            return np.where(values <= 0.5, values**2 / 3, (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12)
        return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def colours_of(image: Image.Image) -> Colours | None:
    """Return the colours that a picture's file describes by numbers, or None if they are sRGB or a profile describes them.

    image: a picture that Pillow has opened and not yet decoded.
    """
    if (numbers := codes(image)) is not None:
        primaries, transfer = numbers
        found = Colours(PRIMARIES.get(primaries, SRGB), transfer, POWERS.get(transfer))
        plain = found.primaries == SRGB and not found.power and transfer not in (PQ, HLG)
        return None if plain else found
    gamma = image.info.get("gamma") if image.format == "PNG" else None
    if not gamma or {"srgb", "icc_profile"} & image.info.keys():
        return None
    white, rgb = np.split(np.array(image.info.get("chromaticity", (*D65, *SRGB[:6]))), [2])
    found = Colours((*rgb, *white), power=1 / gamma)
    near = abs(gamma - 0.45455) < 0.001 and np.allclose(found.primaries, SRGB, atol=0.001)  # how old files say sRGB
    return None if near or not _possible(found.primaries) else found


def codes(image: Image.Image) -> tuple[int, int] | None:
    """Return H.273's numbers of the primaries and of the transfer function, or None if they do not count or are not there."""
    if NOTED in image.info:
        return image.info[NOTED]
    read = {"PNG": _cicp, "AVIF": _nclx, "HEIF": _nclx}.get(image.format)
    if read is None or (read is _nclx and "icc_profile" in image.info):  # in a PNG, the numbers count more
        return None
    with suppress(Exception):  # a broken file is reported when it is decoded; a decoded one has no stream any more
        return read(image)
    return None


def _nclx(image: Image.Image) -> tuple[int, int]:
    """Return the numbers of the main picture in a HEIC or an AVIF."""
    profile = image.info.get("nclx_profile") or _at_start(image, _header_of_avif)
    return profile["color_primaries"], profile["transfer_characteristics"]


def _header_of_avif(stream) -> dict:
    import pillow_heif  # its library reads the boxes of an AVIF, too, though it decodes none

    return pillow_heif.open_heif(stream).info["nclx_profile"]


def _cicp(image: Image.Image) -> tuple[int, int] | None:
    """Return the numbers in a PNG's cICP chunk, which Pillow skips."""

    def look(stream) -> tuple[int, int] | None:
        stream.seek(8)
        while len(head := stream.read(8)) == 8 and head[4:] not in (b"IDAT", b"IEND"):
            length = struct.unpack(">I", head[:4])[0]
            if head[4:] == b"cICP":
                return tuple(stream.read(2))
            stream.seek(length + 4, 1)
        return None

    return _at_start(image, look)


def _at_start(image: Image.Image, look: Callable):
    """Return `look(stream)` for a picture's file, and put the stream back to where the decoder left it."""
    place = image.fp.tell()
    try:
        image.fp.seek(0)
        return look(image.fp)
    finally:
        image.fp.seek(place)


def _possible(primaries: tuple[float, ...]) -> bool:
    """Return whether a file's chromaticities are colours, and not all on one line."""
    ys = np.array(primaries[1::2])
    with np.errstate(all="ignore"):
        return bool((ys > 0).all()) and abs(np.linalg.det(_columns(primaries))) > 1e-3


def _columns(primaries: tuple[float, ...]) -> np.ndarray:
    """Return the XYZ of red, green and blue as columns, each with Y = 1."""
    return np.array([[x / y, 1, (1 - x - y) / y] for x, y in zip(primaries[:6:2], primaries[1:6:2], strict=True)]).T


def _to_xyz(primaries: tuple[float, ...]) -> np.ndarray:
    """Return the matrix from linear RGB to XYZ, with white adapted to D65 (Bradford)."""
    whites = [np.array([x / y, 1, (1 - x - y) / y]) for x, y in (primaries[6:], D65)]
    columns = _columns(primaries)
    own, wanted = (BRADFORD @ white for white in whites)
    adapted = np.linalg.inv(BRADFORD) @ np.diag(wanted / own) @ BRADFORD
    return adapted @ columns @ np.diag(np.linalg.solve(columns, whites[0]))


def _compressed(linear: np.ndarray) -> np.ndarray:
    """Compress light above KNEE by the curve that ffmpeg calls Mobius, at each pixel by its largest channel."""
    a = -(KNEE**2) * (PEAK - 1) / (KNEE**2 - 2 * KNEE + PEAK)
    b = (KNEE**2 - 2 * KNEE * PEAK + PEAK) / (PEAK - 1)
    most = linear.max(-1, keepdims=True).clip(KNEE)
    return linear * ((b * b + 2 * b * KNEE + KNEE**2) / (b - a) * (most + a) / (most + b) / most)


def _encoded(linear: np.ndarray) -> np.ndarray:
    """Return linear light as sRGB in 8 bits."""
    linear = linear.clip(0, 1)
    return np.rint(255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)).astype(np.uint8)
