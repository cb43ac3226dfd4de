"""`nst-lessons video`: turn a clip into a moving painting."""

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from nst_lessons.files import place_for
from nst_lessons.images import load_image, shape_of
from nst_lessons.machine import check_memory, device_named
from nst_lessons.settings import coarse_to_fine
from nst_lessons.sizes import fit
from nst_lessons.vgg import default_vgg

if TYPE_CHECKING:
    from nst_lessons.moving.frames import Frame

BAR = "{desc} {n_fmt}/{total_fmt}|{bar}| {elapsed}{postfix}"


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    run = commands.add_parser(
        "video",
        help="turn a clip into a moving painting",
        description="Turn a clip into a moving painting. The finished frames are kept in the folder OUT_frames: if "
        "interrupted, run the same command again, and it continues. An MP4 keeps the sound of IN.",
        epilog="example: nst-lessons video walk.mp4 painted.mp4 --style swirls --frames 24",
    )
    run.add_argument("clip", metavar="IN", help="the clip: GIF, MP4, or anything else that ffmpeg reads")
    run.add_argument("output", metavar="OUT", help="the clip to write: .mp4 or .gif")
    run.add_argument("--style", required=True, help="a picture: a file, or a name that `nst-lessons samples` lists")
    run.add_argument(
        "--method",
        choices=("optimise", "keyframe", "frame"),
        default="optimise",
        help="optimise (default): each frame starts from the painted frame before it, moved along with the motion, so nothing "
        "flickers; keyframe: a small network learns from one painted frame, and paints the others at once; frame: each frame "
        "independently, which flickers",
    )
    run.add_argument("--size", type=int, default=256, help="the long side in pixels (default 256)")
    run.add_argument("--steps", type=int, help="steps for the first frame; with --method frame, for each (default 93)")
    run.add_argument("--frames", type=int, metavar="N", help="paint only the first N frames, to try it out")
    run.add_argument("--fps", type=float, metavar="N", help="paint at most N frames per second (default: all frames)")
    run.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the best there is)")
    run.set_defaults(run=_video)


def _video(args: argparse.Namespace) -> int:
    from nst_lessons.moving.clips import read_clip, save_clip, writable_clip  # here, so that the other commands start quickly
    from nst_lessons.moving.video import transfer_video

    output = writable_clip(args.output, args.clip, args.style)
    folder, device = _frames_folder(output), device_named(args.device)
    # checked before the clip is read, which may take minutes
    coarse_to_fine(args.size, args.steps)
    vgg = default_vgg(device)
    check_memory([fit(shape_of(args.style), args.size)], vgg.device, vgg.dtype)
    style = load_image(args.style, args.size)
    bar = partial(tqdm, desc="reading", bar_format=BAR)
    clip = read_clip(args.clip, args.size, args.frames, fps=args.fps, progress=bar)
    if clip.note:
        print(f"nst-lessons: {clip.note}", file=sys.stderr)
    keeps = clip.sound and output.suffix.lower() == ".mp4"
    options = {"method": args.method, "size": args.size, "steps": args.steps, "folder": folder, "vgg": vgg}
    frames = []
    try:
        _collect(transfer_video(clip.frames, style, **options), frames, len(clip.frames))
        paths = [frame.path for frame in frames]
        print(save_clip(paths, output, sound=args.clip if keeps else None, times=clip.times).absolute())
    except KeyboardInterrupt:
        print(f"\nnst-lessons: stopped. {_kept(frames, folder)}", file=sys.stderr)
        return 130
    except OSError as error:
        raise OSError(f"{error.strerror or error}\n  {_kept(frames, folder)} Make room first.") from None
    if clip.sound and not keeps:
        print("The sound is left out, because a GIF cannot have any: end OUT in .mp4 to keep it.")
    return 0


def _frames_folder(output: Path) -> Path:
    """Return the folder for the frames of `output`, not yet made; raise ValueError if it cannot be made."""
    folder = output.with_name(f"{output.stem}_frames")
    try:
        if not folder.is_dir():
            folder.mkdir()
            folder.rmdir()
        place_for(folder / "frame.png" if folder.is_dir() else output)
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"The frames cannot be kept in {folder} ({reason}): choose another name for the clip.") from None
    return folder


def _collect(painted: Iterator["Frame"], frames: list["Frame"], total: int) -> None:
    """Put each frame into `frames`, with a progress bar that counts the frames of an earlier run, too."""
    with tqdm(total=total, desc="painting", bar_format=BAR) as bar:
        for frame in painted:
            frames.append(frame)
            bar.n = frame.finished
            bar.set_postfix_str(f"{frame.remaining:.0f} s to go" if frame.seconds else "painted before")


def _kept(frames: list["Frame"], folder: Path) -> str:
    """Say what remains of a run that ended early, with the frames of earlier runs."""
    last = frames[-1] if frames else None
    count = f"{last.finished} of {last.total} frames are finished and" if last else "Finished frames"
    return f"{count} stay in {folder}; run the same command again, and it continues."
