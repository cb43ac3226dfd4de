"""Reads films such as MP4, MOV and WebM, and writes MP4, with the program ffmpeg from the wheel `imageio-ffmpeg`."""

import importlib.util
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from queue import Queue
from threading import Thread

import numpy as np
from PIL import Image

from nst_lessons.moving.times import Shot, constant_rate

INSTALL = 'pip install "imageio-ffmpeg>=0.8"'
IN_MP4 = {"aac", "mp3", "ac3", "alac"}  # sound codecs that an MP4 can hold unchanged
USUAL_FPS = 25.0  # for a film without times
EXACT = "bicubic+accurate_rnd+full_chroma_int"  # without these flags, greys come out darker by up to 3 of 255
# An HDR film becomes sRGB. Reference white, 203 nits (ITU-R BT.2408), becomes white. Values up to 0.6 of it stay as they are;
# brighter ones, up to five times white, are compressed.
TO_SRGB = (
    "format=yuv444p10le,zscale=rin={range}:min={matrix}:pin={primaries}:tin={transfer}:t=linear:npl=203:agamma=0,format=gbrpf32le,"
    "zscale=p=bt709,tonemap=mobius:param=0.6:peak=5:desat=0,zscale=t=iec61966-2-1:m=gbr:r=pc,format=gbrp,"
)
# Without a tag, players take a large film for BT.709 and a small one for BT.601: an MP4 is written in BT.709 and says so.
TO_BT709 = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setparams=color_primaries=bt709:color_trc=bt709"
VIDEO, AUDIO = r"Stream #0:.*: Video: (?!.*\(attached pic\)).*", r"Stream #0:.*: Audio: (\w+)"


@dataclass(frozen=True)
class Film:
    """What is known about a film before any frame is decoded."""

    path: Path
    count: int  # frames, about
    seconds: float  # length, about; 0 if unknown
    fps: float  # frames per second, about
    pixels: int  # per frame
    sound: str | None  # the codec, such as aac
    hdr: dict[str, str] | None  # the coding of its colours, if it is HDR

    def shots(self, size: int | None, errors: list[str]) -> Iterator[Shot]:
        """Decode the frames in 8 bits, upright, with square pixels, and with long side `size`; yields a `Shot` each.

        Appends to `errors` what is wrong with the file.
        """
        side = f"*{size}/max(iw*sar,ih)" if size else ""
        filters = f"scale=w='max(1,round(iw*sar{side}))':h='max(1,round(ih{side}))':flags={EXACT},"
        filters += TO_SRGB.format(**self.hdr) if self.hdr and can_convert_hdr() else "format=rgb24,"
        filters += (
            "setsar=1,showinfo=checksum=0,setpts=N"  # prints each frame's time, then numbers frames: no two have one time
        )
        command = [*_reading(self.path), "-nostats", "-map", "0:V:0", "-fps_mode", "passthrough", "-vf", filters]
        command += ["-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "-"]
        command += _beside("0:a:0") if self.sound else []
        told, found = Queue(), []
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            listener = Thread(target=_listen, args=(run.stderr, told, found), daemon=True)
            listener.start()
            try:
                last = -1 / self.fps
                for pixels in _ppm(run.stdout):
                    begin, length = told.get(timeout=60)  # ffmpeg prints it before it writes the frame
                    last = last + 1 / self.fps if begin is None else begin
                    yield last, length, pixels
                listener.join()
                if run.wait() and not found:
                    found = [f"ffmpeg ended with code {run.returncode}"]
                errors.extend(found or _damage(self.path))
            finally:
                run.kill()  # in case nobody wants the rest
                listener.join()


def film(path: Path) -> Film:
    """Examine a film. Raises ValueError, with the bare reason as its message, if ffmpeg finds no pictures in the file."""
    command = [*_reading(path), "-stats", "-map", "0:V:0", "-c", "copy", "-f", "null", "-"]  # counts frames, decodes none
    text = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).stderr.decode(errors="replace")
    header = text.partition("Output #0")[0]
    picture, sound = re.search(VIDEO, header), re.search(AUDIO, header)
    counted = re.findall(r"frame= *([1-9]\d*).*? time=(?:(\d+):(\d+):([\d.]+))?", text)
    if not picture or not counted:
        raise ValueError("it has no pictures" if sound else _first_error(text))
    *_, (count, hours, minutes, seconds) = counted
    sides, rate = re.search(r", (\d+)x(\d+)", picture[0]), re.search(r"([\d.]*[1-9][\d.]*) fps", picture[0])
    return Film(
        path=path,
        count=int(count),
        seconds=3600 * float(hours or 0) + 60 * float(minutes or 0) + float(seconds or 0),
        fps=float(rate[1]) if rate else USUAL_FPS,
        pixels=int(sides[1]) * int(sides[2]) if sides else 0,
        sound=sound[1] if sound else None,
        hdr=_hdr(picture[0]),
    )


def write_film(picture: Callable[[int], Image.Image], times: Sequence[float], path: Path, sound: Path | None) -> None:
    """Write an MP4 that every browser plays. An odd last row or column is cut off, because yuv420p needs even sides.

    picture: a function that returns a frame by its number, from 0 up.
    times: in seconds, when each frame begins, and when the last one ends.
    path: the file.
    sound: a file whose sound is added for the length of the frames, unchanged if an MP4 can hold it.
    Raises OSError, with ffmpeg's reason, if the file cannot be written.
    """
    rate, shown = constant_rate(times)
    rate = max(Fraction(rate).limit_denominator(1001), Fraction(1, 1001))
    width, height = (side // 2 * 2 for side in picture(0).size)
    command = [ffmpeg(), "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    with_sound, beside = _sound(sound) if sound else ([], [])
    command += ["-r", str(rate), "-i", "-", *with_sound, "-t", f"{times[-1]:.6f}", "-c:v", "libx264", "-crf", "18"]
    command += ["-vf", TO_BT709, "-movflags", "+faststart", str(path.resolve()), *beside]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors) as run:
            try:
                for number, again in enumerate(shown):
                    pixels = picture(number).crop((0, 0, width, height)).tobytes()
                    with suppress(OSError):  # a broken pipe: ffmpeg has ended and printed the reason
                        for _ in range(again):
                            run.stdin.write(pixels)
                    if run.poll() is not None:
                        break
                with suppress(OSError):
                    run.stdin.close()
            except BaseException:
                run.kill()
                raise
        errors.seek(0)
        if run.returncode:
            reason = _first_error(errors.read().decode(errors="replace"))
            raise OSError(f"The clip could not be written ({reason}): is there room on the disk?")


def _sound(sound: Path) -> tuple[list[str], list[str]]:
    """Return ffmpeg's arguments before and after the output's name that add a file's sound, in step with the frames."""
    header = subprocess.run(_reading(sound), stdin=subprocess.DEVNULL, capture_output=True).stderr.decode(errors="replace")
    kind = re.search(AUDIO, header)
    coded = ["-c:a", "copy"] if kind and kind[1] in IN_MP4 else ["-c:a", "aac", "-af", "aresample=async=1:first_pts=0"]
    beside = _beside("1:V:0") if re.search(VIDEO, header) else []
    return ["-i", str(sound.resolve()), "-map", "0:v", "-map", "1:a:0?", *coded], beside


def ffmpeg() -> str:
    """Return ffmpeg's path. Raises FileNotFoundError, with the command that installs it, if the extra is missing."""
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        raise FileNotFoundError(f"Video files other than GIF need ffmpeg, an extra: run `{INSTALL}` and try again.")
    from imageio_ffmpeg import get_ffmpeg_exe

    return get_ffmpeg_exe()


@cache
def can_convert_hdr() -> bool:
    """Whether this ffmpeg has the filters that convert HDR colours to sRGB."""
    told = subprocess.run([ffmpeg(), "-hide_banner", "-filters"], stdin=subprocess.DEVNULL, capture_output=True).stdout
    return {b"zscale", b"tonemap"} <= set(told.split())


def _reading(path: Path) -> list[str]:
    """Return ffmpeg's first arguments; the whitelist keeps a playlist in disguise from opening other addresses."""
    return [ffmpeg(), "-hide_banner", "-v", "level+info", "-protocol_whitelist", "file,pipe", "-i", str(path.resolve())]


def _beside(stream: str) -> list[str]:
    """Return arguments for a second output that goes nowhere: ffmpeg counts times from the first stream in use, so use both."""
    return ["-map", stream, "-c", "copy", "-f", "null", "-"]


def _hdr(line: str) -> dict[str, str] | None:
    found = re.search(r"\((?:(tv|pc), )?(?:([\w-]+)/([\w-]+)/)?(smpte2084|arib-std-b67)", line)
    if found is None:
        return None
    usual = {"range": "tv", "matrix": "bt2020nc", "primaries": "bt2020", "transfer": ""}
    return {
        name: given if given and given != "unknown" else usual[name] for name, given in zip(usual, found.groups(), strict=True)
    }


def _damage(path: Path) -> list[str]:
    """Return what ffmpeg says is wrong while it reads a file to its end without decoding.

    While it decodes, its threads print into each other's lines, and then the word "error" may be left out.
    """
    command, errors = [*_reading(path), "-map", "0:V:0", "-map", "0:a:0?", "-c", "copy", "-f", "null", "-"], []
    text = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).stderr
    _listen(text.splitlines(), Queue(), errors)
    return errors


def _listen(stream: Iterable[bytes], told: Queue, errors: list[str]) -> None:
    """Read ffmpeg's messages: put each frame's start (None if unknown) and length (0 if unknown) into `told`."""
    unit = Fraction(0)
    for line in stream:
        if (found := re.search(rb"config in time_base: (\d+/\d+)", line)) is not None:
            unit = Fraction(found[1].decode())
        elif (found := re.search(rb"\bn: *\d+ pts: *(-?\w+)(?:.* duration: *(\d+))?", line)) is not None:
            begin, length = found.groups()
            told.put((None if b"NOPTS" in begin else float(int(begin) * unit), float(int(length or 0) * unit)))
        elif re.search(rb"\[(error|fatal)\]", line) and not re.match(rb"\[(null|image2pipe|out#)", line):
            errors.append(_first_error(line.decode(errors="replace")))


def _ppm(stream) -> Iterator[np.ndarray]:
    """Yield the complete pictures (H, W, 3) in a stream of PPM files."""
    while stream.readline() == b"P6\n":
        width, height = map(int, stream.readline().split())
        stream.readline()  # the largest value, 255
        pixels = stream.read(3 * width * height)
        if len(pixels) == 3 * width * height:
            yield np.frombuffer(bytearray(pixels), np.uint8).reshape(height, width, 3)


def _first_error(text: str) -> str:
    """Return ffmpeg's first error message, without the memory addresses in front of it."""
    lines = [line for line in text.splitlines() if line.strip()]
    wrong = [line for line in lines if re.search(r"\[(error|fatal)\]", line)] or lines or ["no reason was given"]
    return re.sub(r"^(\[[^\]]*\] )+", "", wrong[0]).strip()
