"""Damaged clips and weights through their readers, for as long as you like: `python -m tests.fuzzing MINUTES [SEED]`.

A reader may refuse a file with ValueError or FileNotFoundError, and take 5 seconds and 1 GB of memory. It prints nothing.
Anything else is a find: its file is kept in out/finds. Pictures are in `test_properties.py`.
"""

import os
import random
import resource
import struct
import sys
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from io import BytesIO
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from nst_lessons import vgg_weights
from nst_lessons.moving.clips import read_clip
from nst_lessons.one_pass.decoders import Decoder, load_decoders
from nst_lessons.one_pass.models import save_model
from nst_lessons.one_pass.realtime import Stylizer, load_stylizer, save_stylizer
from nst_lessons.tensor_files import load_checkpoint, load_optimizer
from tests.moving.test_films import ffmpeg

SECONDS, MEGABYTES, ROUND = 5, 1000, 100  # of a case; cases of one process
MEMORY = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
FILMS = {
    "h264.mp4": "-c:v libx264 -c:a aac",
    "hevc.mov": "-c:v libx265 -x265-params log-level=error -pix_fmt yuv420p10le -c:a pcm_s16le",
    "mpeg4.mkv": "-c:v mpeg4 -c:a libmp3lame",
    "vp8.webm": "-c:v libvpx -c:a libopus",
    "vp9.webm": "-c:v libvpx-vp9 -c:a libvorbis",
    "mjpeg.avi": "-c:v mjpeg -c:a pcm_s16le",
    "mpeg2.ts": "-c:v mpeg2video -c:a mp2",
    "flv.flv": "-c:v flv -an",
}
ANIMATIONS = ("a.gif", "a.png", "a.webp", "a.avif")
NUMBERS = [0, 1, 2, 127, 128, 255, 256, 65535, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1]


def checkpoint(path):
    """Go on from a training's file as `train` does."""
    net, optimizer = trained()
    load_checkpoint(path, lambda found: (net.load_state_dict(found["net"]), int(found["step"])))
    load_checkpoint(path, lambda found: load_optimizer(optimizer, found["optimizer"], path))


def trained():
    """A network and its optimiser after one step."""
    net = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return net, optimizer


def clip(path):
    """Read a clip; its times must be those of its frames."""
    found = read_clip(path, 64, most=200)
    assert len(found.times) == len(found.frames) + 1 and all(np.diff(found.times) > 0) and found.times[0] == 0
    assert found.frames[len(found.frames) - 1].shape == found.frames[0].shape


def networks(shape_of):
    """The tensors of a VGG: each is one number in the file."""
    one = {torch.uint8: torch.zeros(1, dtype=torch.uint8), torch.float32: torch.ones(1)}
    return {name: one[torch.uint8 if name.endswith("_q") else torch.float32].expand(shape) for name, shape in shape_of.items()}


def seeds(folder):
    """Small files that are right, each with its reader, under the kind that is reported."""
    sources = "-f lavfi -i testsrc=size=64x48:rate=10 -f lavfi -i sine -t 1"
    for name, options in FILMS.items():
        ffmpeg(*sources.split(), *options.split(), folder / name)
    frames = [Image.effect_noise((64, 48), 10 * number).convert("RGB") for number in range(1, 6)]
    for name in ANIMATIONS:
        frames[0].save(folder / name, save_all=True, append_images=frames[1:], duration=100)
    names = vgg_weights._shapes({"conv1_1.weight": 0}), vgg_weights._shapes({"block1_conv1_W_q": 0})
    for name, shapes in zip(("own.pt", "book.bin"), names, strict=True):
        torch.save(networks(shapes), folder / name)
    torch.save(networks(vgg_weights._shapes({})), folder / "old.pth", _use_new_zipfile_serialization=False)
    net, optimizer = trained()
    torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "step": 1}, folder / "training.ckpt")
    save_model(folder / "d.safetensors", "decoders", {f"1.{k}": v for k, v in Decoder(1).state_dict().items()}, {"levels": [1]})
    save_stylizer(Stylizer(["wave"], (4, 8), 1), folder / "s.safetensors")
    readers = dict.fromkeys([*FILMS, *ANIMATIONS], clip) | {"d.safetensors": load_decoders, "s.safetensors": load_stylizer}
    readers |= {"own.pt": lambda path: vgg_weights.read(path, "vgg16"), "old.pth": lambda path: vgg_weights.read(path, "vgg16")}
    readers |= {"book.bin": vgg_weights.read, "training.ckpt": checkpoint}
    return {name: ((folder / name).read_bytes(), reader) for name, reader in readers.items()}


def damaged(data, other, chance):
    """`data` with a few changes; other: a file to take parts of."""
    if data[:2] == b"PK":
        return in_zip(data, other, chance)
    if data[:4] == b"\x89PNG" and chance.random() < 0.8:
        return in_png(data, other, chance)
    if (
        data[:1] not in b"{\x80" and data[8:9] == b"{" and chance.random() < 0.8
    ):  # safetensors: the length of its header is kept right
        size = 8 + int.from_bytes(data[:8], "little")
        header = damaged(data[8:size], other, chance)
        return len(header).to_bytes(8, "little") + header + data[size:]
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        start = chance.randrange(len(data) + 1) if chance.random() < 0.5 else chance.randrange(min(len(data), 600) + 1)
        part = slice(start, start + chance.choice([1, 2, 4, 8, 64, 1000]))
        match chance.randrange(7):
            case 0:
                data[part] = b""
            case 1:
                data[part] = data[part] * 2
            case 2:
                del data[max(start, 8) :]
            case 3:
                place = chance.randrange(len(other))
                data[part] = other[place : place + part.stop - start]
            case 4 if start < len(data):
                data[start] ^= 1 << chance.randrange(8)
            case 5:
                width = chance.choice([1, 2, 4, 8])
                number = chance.choice(NUMBERS) & (256**width - 1)
                data[start : start + width] = number.to_bytes(width, chance.choice(["big", "little"]))
            case _:
                word = chance.choice(
                    [b"-1", b"null", b"[]", b"{}", b"1e999", b"99999999999", b"F8_E4M3", b"BOOL", b"C64", b"[" * 5000]
                )
                data[part] = word
    return bytes(data)


def in_zip(data, other, chance):
    """A zip whose sums are right, with changes in one of its files: torch checks the sums first."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as before, zipfile.ZipFile(made, "w") as after:
        names = before.namelist()
        changed = chance.choice([names[0], names[0], chance.choice(names)])  # names[0] is the pickle
        for name in names:
            inside = before.read(name)
            after.writestr(name, damaged(inside, other, chance) if name == changed else inside)
    return made.getvalue()


def in_png(data, other, chance):
    """A PNG whose sums are right, with changes in one of its chunks."""
    chunks, place = [], 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    number = chance.randrange(len(chunks))
    chunks[number] = chunks[number][0], damaged(chunks[number][1], other, chance)
    if chance.random() < 0.3:
        chunks.insert(chance.randrange(len(chunks)), chance.choice(chunks))
    parts = [struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks]
    return data[:8] + b"".join(parts)


def outcome(reader, path):
    """What reading a file comes to: "read", "refused", or what it may not come to."""
    printed = os.lseek(2, 0, os.SEEK_END)
    before, start = [resource.getrusage(who).ru_maxrss for who in MEMORY], time.perf_counter()
    try:
        reader(path)
        said = "read"
    except (ValueError, FileNotFoundError) as error:
        said = "refused" if str(path) in str(error) else f"a message without the file's name: {error}"
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
    grown = [resource.getrusage(who).ru_maxrss - size for who, size in zip(MEMORY, before, strict=True)]
    if time.perf_counter() - start > SECONDS:
        said = f"{time.perf_counter() - start:.1f} seconds ({said})"
    if os.lseek(2, 0, os.SEEK_END) > printed:
        said = f"it printed {os.pread(2, 200, printed)!r} ({said})"
    if max(grown) > MEGABYTES * 1024:
        said = f"{max(grown) // 1024} MB ({said})"
    return said


def work(known, folder, numbers, report):
    """Try cases in a process of its own, of which a crash or too much memory ends nothing else."""
    os.dup2(os.open(folder / "printed", os.O_RDWR | os.O_CREAT), 2)
    for number in numbers:
        chance = random.Random(number)
        name = chance.choice(list(known))
        data, reader = known[name]
        path = folder / f"case.{name.rpartition('.')[2]}"
        path.write_bytes(damaged(data, chance.choice(list(known.values()))[0], chance))
        report.send((name, "started"))
        report.send((name, said := outcome(reader, path)))
        if said not in ("read", "refused"):
            return  # its memory would hide that of the next ones


def fuzz(minutes, seed, finds):
    """Try cases until the time is over; returns how many of each kind were read, refused or found."""
    counts, end = Counter(), time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        known, numbers = seeds(folder), count(seed * 10**9)
        context = get_context("fork")
        while time.monotonic() < end:
            receiver, sender = context.Pipe(duplex=False)
            block = [next(numbers) for _ in range(ROUND)]
            process = context.Process(target=work, args=(known, folder, block, sender))
            process.start()
            sender.close()
            name = None
            try:
                while receiver.poll(12 * SECONDS):
                    name, said = receiver.recv()
                    if said != "started":
                        counts[name, said if said in ("read", "refused") else "find"] += 1
                    if said not in ("started", "read", "refused"):
                        keep(folder, name, said, finds)
                        name = None
                    elif said != "started":
                        name = None
            except EOFError:
                pass
            if name:
                counts[name, "find"] += 1
                keep(folder, name, "it hung or crashed", finds)
            process.kill()
            process.join()
    return counts


def keep(folder, name, said, finds):
    """Keep the file of a find, and say what it does."""
    finds.mkdir(parents=True, exist_ok=True)
    [path] = folder.glob(f"case.{name.rpartition('.')[2]}")
    target = finds / f"{time.time_ns()}-{name}"
    target.write_bytes(path.read_bytes())
    print(f"{target}: {said[:300]}", flush=True)


if __name__ == "__main__":
    found = fuzz(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6), Path("out/finds"))
    for name in sorted({name for name, _ in found}):
        print(name, {said: number for (kind, said), number in found.items() if kind == name})
    print(f"{sum(found.values())} cases, {sum(number for (_, said), number in found.items() if said == 'find')} finds")
    sys.exit(any(said == "find" for _, said in found))
