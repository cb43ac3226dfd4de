"""Films, such as MP4, MOV and WebM, read and written by the program ffmpeg, which the wheel `imageio-ffmpeg` carries."""

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

INSTALL = 'pip install "imageio-ffmpeg>=0.6"'
IN_MP4 = {"aac", "mp3", "ac3", "alac"}  # kinds of sound that an MP4 takes as they are
USUAL_FPS = 25.0  # of a film that has no times
EXACT = "bicubic+accurate_rnd+full_chroma_int"  # without these, greys come out darker by up to 3 of 255
# An HDR film becomes sRGB: reference white, 203 nits (ITU-R BT.2408), becomes white; up to 0.6 of it nothing is changed,
# and what is brighter, up to five times white, is compressed.
TO_SRGB = (
    "format=yuv444p10le,zscale=rin={range}:min={matrix}:pin={primaries}:tin={transfer}:t=linear:npl=203:agamma=0,format=gbrpf32le,"
    "zscale=p=bt709,tonemap=mobius:param=0.6:peak=5:desat=0,zscale=t=iec61966-2-1:m=gbr:r=pc,format=gbrp,"
)
VIDEO, AUDIO = r"Stream #0:.*: Video: (?!.*\(attached pic\)).*", r"Stream #0:.*: Audio: (\w+)"


@dataclass(frozen=True)
class Film:
    """What is known of a film before a frame of it is decoded."""

    path: Path
    count: int  # of its frames, about
    seconds: float  # its length, about; 0 if unknown
    fps: float  # frames per second, about
    pixels: int  # of a frame
    sound: str | None  # the kind of its sound, such as aac
    hdr: dict[str, str] | None  # how its colours are coded, if it is HDR

    def shots(self, size: int | None, errors: list[str]) -> Iterator[Shot]:
        """Its frames in 8 bits, upright, with square pixels; what is wrong with the file is added to `errors`.

        size: the long side that they are resized to.
        """
        side = f"*{size}/max(iw*sar,ih)" if size else ""
        filters = f"scale=w='max(1,round(iw*sar{side}))':h='max(1,round(ih{side}))':flags={EXACT},"
        filters += TO_SRGB.format(**self.hdr) if self.hdr and can_convert_hdr() else "format=rgb24,"
        filters += "setsar=1,showinfo,setpts=N"  # says when each frame is shown, and then numbers them: no two are at a time
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
                    begin, length = told.get(timeout=60)  # was said before the frame was written
                    last = last + 1 / self.fps if begin is None else begin
                    yield last, length, pixels
                listener.join()
                if run.wait() and not found:
                    found = [f"ffmpeg ended with code {run.returncode}"]
                errors.extend(found)
            finally:
                run.kill()  # where nobody wants the rest
                listener.join()


def film(path: Path) -> Film:
    """The film in a file. Raises ValueError with the reason, and no more, if ffmpeg finds no pictures in it."""
    command = [*_reading(path), "-stats", "-map", "0:V:0", "-c", "copy", "-f", "null", "-"]  # goes through it, decodes nothing
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
    """Write an MP4 as every browser plays it. An odd last row or column is left out, since yuv420p has even sides.

    picture: the frame of a number, from 0 up.
    sound: a file whose sound is put under the frames, as it is if an MP4 takes it, for as long as the frames last.
    """
    rate, shown = constant_rate(times)
    rate = max(Fraction(rate).limit_denominator(1001), Fraction(1, 1001))
    width, height = (side // 2 * 2 for side in picture(0).size)
    command = [ffmpeg(), "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    with_sound, beside = _sound(sound) if sound else ([], [])
    command += ["-r", str(rate), "-i", "-", *with_sound, "-t", f"{times[-1]:.6f}", "-c:v", "libx264", "-crf", "18"]
    command += ["-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path.resolve()), *beside]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors) as run:
            try:
                for number, again in enumerate(shown):
                    pixels = picture(number).crop((0, 0, width, height)).tobytes()
                    with suppress(OSError):  # of a pipe whose reader has ended, and says why
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
    """ffmpeg's arguments, before and after the name of the output, that put a file's sound under the frames, in step."""
    header = subprocess.run(_reading(sound), stdin=subprocess.DEVNULL, capture_output=True).stderr.decode(errors="replace")
    kind = re.search(AUDIO, header)
    coded = ["-c:a", "copy"] if kind and kind[1] in IN_MP4 else ["-c:a", "aac", "-af", "aresample=async=1:first_pts=0"]
    beside = _beside("1:V:0") if re.search(VIDEO, header) else []
    return ["-i", str(sound.resolve()), "-map", "0:v", "-map", "1:a:0?", *coded], beside


def ffmpeg() -> str:
    """The program ffmpeg. Raises FileNotFoundError, with the line that installs it, without the extra."""
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        raise FileNotFoundError(f"Video files other than GIF need ffmpeg, an extra: run `{INSTALL}` and try again.")
    from imageio_ffmpeg import get_ffmpeg_exe

    return get_ffmpeg_exe()


@cache
def can_convert_hdr() -> bool:
    """Whether this ffmpeg has the filters that turn the colours of an HDR film into sRGB."""
    told = subprocess.run([ffmpeg(), "-hide_banner", "-filters"], stdin=subprocess.DEVNULL, capture_output=True).stdout
    return {b"zscale", b"tonemap"} <= set(told.split())


def _reading(path: Path) -> list[str]:
    """ffmpeg's first arguments; what looks like a playlist must not open other addresses."""
    return [ffmpeg(), "-hide_banner", "-v", "level+info", "-protocol_whitelist", "file,pipe", "-i", str(path.resolve())]


def _beside(stream: str) -> list[str]:
    """A second output, which goes nowhere: times count from the first of the streams that are in use, so use both."""
    return ["-map", stream, "-c", "copy", "-f", "null", "-"]


def _hdr(line: str) -> dict[str, str] | None:
    found = re.search(r"\((?:(tv|pc), )?(?:([\w-]+)/([\w-]+)/)?(smpte2084|arib-std-b67)", line)
    if found is None:
        return None
    usual = {"range": "tv", "matrix": "bt2020nc", "primaries": "bt2020", "transfer": ""}
    return {
        name: given if given and given != "unknown" else usual[name] for name, given in zip(usual, found.groups(), strict=True)
    }


def _listen(stream: Iterable[bytes], told: Queue, errors: list[str]) -> None:
    """Put when each frame begins, None if that is unknown, and how long it is shown, else 0, into `told`."""
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
    """The pictures (H, W, 3) in a stream of PPM files, as long as they are whole."""
    while stream.readline() == b"P6\n":
        width, height = map(int, stream.readline().split())
        stream.readline()  # the largest value, 255
        pixels = stream.read(3 * width * height)
        if len(pixels) == 3 * width * height:
            yield np.frombuffer(bytearray(pixels), np.uint8).reshape(height, width, 3)


def _first_error(text: str) -> str:
    """The first of ffmpeg's messages of what went wrong, without the address in front of it."""
    lines = [line for line in text.splitlines() if line.strip()]
    wrong = [line for line in lines if re.search(r"\[(error|fatal)\]", line)] or lines or ["no reason was given"]
    return re.sub(r"^(\[[^\]]*\] )+", "", wrong[0]).strip()
