"""`nst-lessons train`: the models that ship with the project, trained anew."""

import argparse
import hashlib
from pathlib import Path

from tqdm import tqdm

from nst_lessons import samples
from nst_lessons.files import place_for


def add(commands: argparse._SubParsersAction) -> None:
    """Tell argparse of it."""
    run = commands.add_parser(
        "train",
        help="train a model of lesson 07 or 08 anew (an hour; for authors)",
        description="Train the decoders of lesson 07 or the network of lesson 08, as they ship. Broken off, the same line "
        "goes on from the checkpoint; the model appears when all is done, and its card tells how good it is.",
    )
    run.add_argument("model", choices=("decoders", "stylizer"))
    run.add_argument("-o", "--output", metavar="OUT", type=Path, help="the file to write (default: where the project has it)")
    run.add_argument("--checkpoint", metavar="FILE", type=Path, help="(default: out/MODEL.pt)")
    run.add_argument("--seed", type=int, default=0)
    run.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> int:
    from nst_lessons.one_pass.training.decoders import train_decoders  # here, so that the other commands start quickly
    from nst_lessons.one_pass.training.stylizer import train_shipped

    train, what = {
        "decoders": (train_decoders, lambda step: f"relu{step.level}_1, loss {step.loss:.4f}"),
        "stylizer": (train_shipped, lambda step: f"content {step.content:.3f}, style {step.style:.4f}"),
    }[args.model]
    output = args.output or samples.data_dir() / "models" / f"{args.model}.safetensors"
    output.parent.mkdir(parents=True, exist_ok=True)
    place_for(output)
    checkpoint = args.checkpoint or Path("out") / f"{args.model}.pt"
    with tqdm(desc=args.model, unit="step") as bar:
        for step in train(output, checkpoint=checkpoint, seed=args.seed):
            bar.total, bar.n = step.total, step.index
            bar.set_postfix_str(what(step))
    print(output)
    if args.output is None:
        print(f"its SHA-256, for SHIPPED in one_pass/models.py: {hashlib.sha256(output.read_bytes()).hexdigest()}")
    return 0
