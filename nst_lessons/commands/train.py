"""`nst-lessons train`: train the models that ship with the project again."""

import argparse
import hashlib
from pathlib import Path

from tqdm import tqdm

from nst_lessons import samples
from nst_lessons.files import place_for


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    run = commands.add_parser(
        "train",
        help="train a model of lesson 07 or 08 again (an hour or two; for authors)",
        description="Train the decoders of lesson 07 or the stylizer of lesson 08, with the settings of the shipped models. If "
        "interrupted, run the same command again: it continues from the checkpoint. The model is written at the end, with a "
        "card that says how good it is.",
        epilog="example: nst-lessons train stylizer -o stylizer.safetensors",
    )
    run.add_argument("model", choices=("decoders", "stylizer"), help="which model")
    run.add_argument("-o", "--output", metavar="OUT", type=Path, help="the file to write (default: replace the shipped model)")
    run.add_argument(
        "--checkpoint", metavar="FILE", type=Path, help="the file for what was trained so far (default: out/MODEL.pt)"
    )
    run.add_argument("--seed", type=int, default=0, help="seed of the random numbers (default 0)")
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
    print(output.absolute())
    if args.output is None:
        print(f"Its SHA-256, for SHIPPED in one_pass/models.py: {hashlib.sha256(output.read_bytes()).hexdigest()}")
    return 0
