"""`nst-lessons video`: a clip in the style of a painting."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from nst_lessons.machine import device_named
from nst_lessons.vgg import default_vgg

BAR = "{desc} {n_fmt}/{total_fmt}|{bar}| {elapsed}{postfix}"


def add(commands: argparse._SubParsersAction) -> None:
    """Tell argparse of it."""
    run = commands.add_parser(
        "video",
        help="turn a clip into a moving painting",
        description="Turn a clip into a moving painting. The finished frames are kept in the folder OUT_frames; broken off, "
        "the same line goes on from there. An MP4 keeps the sound of IN.",
        epilog="example: nst-lessons video walk.mp4 painted.mp4 --style swirls --frames 24",
    )
    run.add_argument("clip", metavar="IN", help="the clip: GIF, MP4 or what else ffmpeg reads")
    run.add_argument("output", metavar="OUT", help="the clip to write: .mp4 or .gif")
    run.add_argument("--style", required=True, help="the painting: a file, or a name that `nst-lessons samples` lists")
    run.add_argument(
        "--method",
        choices=("optimise", "keyframe", "frame"),
        default="optimise",
        help="optimise (default): each frame goes on from the one before, moved along, so that nothing flickers; keyframe: a "
        "small network learns from one painted frame and paints the others at once; frame: each for itself, which flickers",
    )
    run.add_argument("--size", type=int, default=256, help="the long side in pixels (default 256)")
    run.add_argument("--steps", type=int, help="how many steps a frame painted for itself takes (default 120)")
    run.add_argument("--frames", type=int, metavar="N", help="the first N frames only, to try it out")
    run.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the best there is)")
    run.set_defaults(run=_video)


def _video(args: argparse.Namespace) -> int:
    from nst_lessons.moving.clips import read_clip, save_clip, writable_clip  # here, so that the other commands start quickly
    from nst_lessons.moving.video import transfer_video

    output = writable_clip(args.output)
    clip = read_clip(args.clip, args.size, args.frames)
    if clip.note:
        print(f"nst-lessons: {clip.note}", file=sys.stderr)
    folder, images, device = output.with_name(f"{output.stem}_frames"), [], device_named(args.device)
    keeps = clip.sound and output.suffix.lower() == ".mp4"
    options = {"method": args.method, "size": args.size, "steps": args.steps, "folder": folder}
    painted = transfer_video(clip.frames, args.style, vgg=default_vgg(device), **options)
    try:
        _collect(painted, images, len(clip.frames))
        print(save_clip(images, output, clip.fps, sound=args.clip if keeps else None))
    except KeyboardInterrupt:
        print(f"\nnst-lessons: stopped. {_kept(images, clip.frames, folder)}", file=sys.stderr)
        return 130
    except OSError as error:
        raise OSError(f"{error.strerror or error}\n  {_kept(images, clip.frames, folder)} Make room first.") from None
    if clip.sound and not keeps:
        print("without its sound, which a GIF cannot have: end OUT in .mp4 to keep it")
    return 0


def _collect(painted: Iterator, images: list, total: int) -> None:
    """Put each frame's picture into `images`, under a progress bar."""
    with tqdm(total=total, desc="painting", bar_format=BAR) as bar:
        for frame in painted:
            images.append(frame.image)
            bar.set_postfix_str(f"{frame.remaining:.0f} s to go", refresh=False)
            bar.update()


def _kept(images: list, frames: list, folder: Path) -> str:
    return f"{len(images)} of {len(frames)} frames are finished and stay in {folder}; the same line goes on from there."
